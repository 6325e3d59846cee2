"""What stock nbgrader gives an attack: its own commands, its default settings, one attack at a time.

`python -m tests.redteam.stock` tries the whole catalogue, which takes half an hour, and writes the results to
`stock_marks.json`; with ids as arguments, it tries those and keeps the other results.

nbgrader runs students' code as whoever calls it. So that this can't do harm, the whole of nbgrader runs in
bubblewrap: it can write to a temporary folder only. What could hurt all the same is not run.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook  # type: ignore[import-untyped]

from tests.redteam.attack import Attack, hand_in
from tests.redteam.attacks import CATALOGUE
from tests.redteam.course import ASSIGNMENT, NOTEBOOK, RIGHT, make_stock_course, search_path
from tests.redteam.invariants import ALWAYS, Evidence, broken, digests, marks_in, shared_key, survivors
from tests.redteam.scene import scene

RESULTS = Path(__file__).with_name("stock_marks.json")
NEIGHBOURS = ("a-right", "zz-right")  # one is graded before the attack, one after it
_SECONDS = 200


@dataclass(frozen=True)
class StockResult:
    """What became of an attack under stock nbgrader.

    Attributes
    ----------
    mark
        What it got; None if it was not graded.
    broken
        The invariants that did not hold.
    not_run
        Why it was not tried; empty when it was.
    """

    mark: float | None = None
    broken: tuple[str, ...] = ()
    not_run: str = ""


def try_on_stock(attack: Attack, template: Path) -> StockResult:
    """Have stock nbgrader grade an attack between two right submissions.

    Parameters
    ----------
    attack
        The attack.
    template
        A course made by `make_stock_course`; it is copied.
    """
    if attack.unsafe_on_stock:
        return StockResult(not_run=attack.unsafe_on_stock)
    with tempfile.TemporaryDirectory(prefix="stock-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        course = Path(shutil.copytree(template, folder / "course"))
        for part in ("tmp", "shm", "home", "home/tmp"):
            (folder / part).mkdir()
        with scene(course, folder / "outside") as (targets, doors, process):
            for neighbour in NEIGHBOURS:
                hand_in(Attack(neighbour, "", "", answers=RIGHT), targets)
            hand_in(attack, targets)
            before = digests(targets)
            said = _nbgrader(folder, "autograde", ASSIGNMENT)
            if "no-script" in attack.holds:
                said += _nbgrader(folder, "generate_feedback", ASSIGNMENT)
            evidence = Evidence(
                scene=targets,
                before=before,
                heard=doors.heard,
                process=process,
                said=said,
                marks=_marks(course, [*NEIGHBOURS, attack.who]),
                honest=dict.fromkeys(NEIGHBOURS, 15.0),
                memory=0,
                places=(folder / "tmp", folder / "shm", folder / "home"),
            )
            names = ("batch-completed", "others-untouched", *ALWAYS, *attack.holds)
            wrong = broken(evidence, attack, names)
        _tidy(attack)
    return StockResult(evidence.marks[attack.who], tuple(wrong))


def _tidy(attack: Attack) -> None:
    """Remove what an attack may have left outside of the temporary folder."""
    for pid in survivors(attack):
        os.kill(pid, signal.SIGKILL)
    key = hex(shared_key(attack))
    subprocess.run(["ipcrm", "-M", key, "-S", key, "-Q", key], capture_output=True, check=False)


def _nbgrader(folder: Path, *arguments: str) -> str:
    """Run one of nbgrader's commands with everything but a folder read-only; return what it said."""
    inside = folder / "home"
    command = [
        "bwrap", "--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev",
        "--bind", str(folder / "shm"), "/dev/shm", "--bind", str(folder / "tmp"), "/tmp",
        *_below_tmp(),
        "--bind", str(folder), str(folder), "--cap-drop", "ALL", "--die-with-parent", "--new-session",
        "--chdir", str(folder / "course"),
        sys.executable, "-m", "nbgrader", *arguments,
    ]  # fmt: skip
    environment = {
        "PATH": search_path(),
        "HOME": str(inside),
        "TMPDIR": str(inside / "tmp"),
        "LANG": "C.UTF-8",
    }
    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as late:
        return (late.stderr or b"").decode(errors="replace")
    return (done.stdout + done.stderr).decode(errors="replace")


def _below_tmp() -> list[str]:
    """Show this checkout and its Python, should they lie below /tmp, which is covered."""
    shown = [path for path in (str(Path(__file__).parents[2]), sys.prefix) if path.startswith("/tmp/")]
    return [part for path in shown for part in ("--ro-bind", path, path)]


def _marks(course: Path, students: Sequence[str]) -> dict[str, float | None]:
    """Read the marks; who has no graded notebook was not graded."""
    try:
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "redteam") as gradebook:
            found = marks_in(gradebook, students)
    except Exception:  # whatever an attack has made of the gradebook
        return dict.fromkeys(students)
    for student in students:
        if not (course / "autograded" / student / ASSIGNMENT / f"{NOTEBOOK}.ipynb").is_file():
            found[student] = None
    return found


def load_results() -> dict[str, StockResult]:
    """Read what was written down about all attacks."""
    return {
        name: StockResult(found["mark"], tuple(found["broken"]), found["not_run"])
        for name, found in _written()["attacks"].items()
    }


def stock_version() -> str:
    """Say with which version of nbgrader the results were found."""
    return str(_written()["nbgrader"])


def _written() -> Any:
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def _write(results: Mapping[str, StockResult]) -> None:
    lines = [f'  "{name}": {json.dumps(asdict(results[name]))}' for name in CATALOGUE if name in results]
    text = f'{{"nbgrader": "{version("nbgrader")}", "attacks": {{\n' + ",\n".join(lines) + "\n}}\n"
    RESULTS.write_text(text, encoding="utf-8")


def main(names: Sequence[str]) -> None:
    """Try attacks, all by default, and write down what they get."""
    results = load_results() if names else {}
    with tempfile.TemporaryDirectory(prefix="stock-course-") as folder:
        template = make_stock_course(Path(folder) / "course").root
        for name in names or CATALOGUE:
            results[name] = try_on_stock(CATALOGUE[name], template)
            print(name, results[name], flush=True)
            _write(results)


if __name__ == "__main__":
    main(sys.argv[1:])
