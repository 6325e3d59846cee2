"""Any process may be killed at any moment of grading: in the end every mark is right, and nothing is stuck.

A normal test run kills 25 times; with AUTOGRADER_KILLS=200 in the environment it is 200 times.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from nbgrader.api import Gradebook, SubmittedNotebook  # type: ignore[import-untyped]
from sqlalchemy import MetaData, func, select

from autograder.cli import main
from autograder.course import Course

HandIn = Callable[..., Path]

KILLS = int(os.environ.get("AUTOGRADER_KILLS", "25"))
# Each is the parent of the next.
JAIL = (
    "bubblewrap",
    "bubblewrap inside",
    "zygote outside",
    "zygote",
    "candidate",
)
KINDS = ("coordinator", "foreman", "worker", *JAIL)
_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE = 120.0  # seconds after which a run counts as stuck

DOUBLE = "def double(x):\n    return 2 * x"
HALF = "def half(x):\n    return x / 2"
PAUSE = "import time\ntime.sleep(0.3)\n"
ANSWERS: tuple[dict[str, str], ...] = (
    {"double-code": DOUBLE, "half-code": HALF},
    {"double-code": PAUSE + DOUBLE, "half-code": PAUSE + HALF},
    {"double-code": "def double(x):\n    return x", "half-code": HALF},
    {"double-code": f"print('a word')\n{DOUBLE}"},
    {"double-code": f"{PAUSE}1 / 0", "half-code": HALF},
    {},
)


@pytest.fixture
def orphans() -> Iterator[Callable[[], list[psutil.Process]]]:
    """`orphans()` waits until all processes that were started since have ended; it gives those that don't."""
    # What loses its parent becomes a child of this process, so that nothing can hide.
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    this = psutil.Process()
    before = set(this.children(recursive=True))

    def _orphans() -> list[psutil.Process]:
        deadline = time.monotonic() + _PATIENCE
        while left := [process for process in this.children(recursive=True) if process not in before]:
            _, left = psutil.wait_procs(left, timeout=1)
            if left and time.monotonic() > deadline:
                return list(left)
        return []

    yield _orphans
    prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def start(course: Course, *options: str) -> subprocess.Popen[bytes]:
    """Start to grade, on two workers."""
    command = [sys.executable, "-m", "autograder", "grade", "tiny", "--course", str(course.root)]
    return subprocess.Popen(
        [*command, "--jobs", "2", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def family(run: subprocess.Popen[bytes]) -> dict[str, list[psutil.Process]]:
    """Find the processes of a run by their kind, which their place in the tree tells."""
    found = {"coordinator": [psutil.Process(run.pid)]}
    found["foreman"] = below(found["coordinator"])
    generation: list[psutil.Process] = []
    for process in below(found["foreman"]):
        with contextlib.suppress(psutil.NoSuchProcess):
            (generation if process.name() == "bwrap" else found.setdefault("worker", [])).append(process)
    for kind in JAIL:
        found[kind] = generation
        generation = below(generation)
    return {kind: processes for kind, processes in found.items() if processes}


def below(generation: list[psutil.Process]) -> list[psutil.Process]:
    children = []
    for process in generation:
        with contextlib.suppress(psutil.NoSuchProcess):
            children += process.children()
    return children


def kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):  # it was faster
        process.send_signal(signal.SIGKILL)


def rows(course: Course) -> dict[str, Any]:
    """All that the gradebook holds but random ids: every mark and comment, and how many rows."""
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as gradebook:
        tables = MetaData()
        tables.reflect(gradebook.db.get_bind())
        counts = {
            name: gradebook.db.execute(select(func.count()).select_from(table)).scalar()
            for name, table in tables.tables.items()
        }
        details = {}
        for notebook in gradebook.db.query(SubmittedNotebook):
            key = notebook.assignment.student.id, notebook.assignment.assignment.name, notebook.name
            details[key] = {
                "late": (notebook.late_submission_penalty, notebook.assignment.timestamp),
                "grades": sorted(
                    (g.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade)
                    for g in notebook.grades
                ),
                "comments": sorted((c.name, c.auto_comment, c.manual_comment) for c in notebook.comments),
            }
        return {"counts": counts, "details": details}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def marks(course: Course, capsys: pytest.CaptureFixture[str]) -> Any:
    """Grade in peace, and give what the command prints."""
    capsys.readouterr()
    assert main(["grade", "tiny", "--course", str(course.root), "--json"]) == 3
    return json.loads(capsys.readouterr().out)


def test_after_any_number_of_kills_the_gradebook_is_that_of_an_undisturbed_run(
    released: Course,
    hand_in: HandIn,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    orphans: Callable[[], list[psutil.Process]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    undisturbed = Course(Path(shutil.copytree(released.root, tmp_path / "undisturbed")))
    random = Random(20250825)
    students: list[str] = []

    def hand_in_some_work() -> None:
        for _ in range(2):
            students.append(f"student-{len(students):03}")
            hand_in(students[-1], random.choice(ANSWERS))
        hand_in(random.choice(students), random.choice(ANSWERS))

    hand_in_some_work()
    hand_in_some_work()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    started = time.monotonic()
    start(released).communicate()
    usual = time.monotonic() - started
    assert list((tmp_path / "temporary").iterdir()) == []

    killed: Counter[str] = Counter()
    while killed.total() < KILLS:
        hand_in_some_work()
        again = ["--force", "--student", random.choice(students)]
        run = start(released, *(again if random.random() < 0.2 else []))
        kind = ""
        try:
            run.wait(timeout=random.uniform(0, usual))
        except subprocess.TimeoutExpired:
            found = family(run)
            kind = random.choice([*found, "coordinator", *list(found)[-2:]])
            kill(random.choice(found[kind]))
            killed[kind] += 1
        _, said = run.communicate(timeout=_PATIENCE)
        # Only without the coordinator, the run itself can't go on.
        assert run.returncode in ((3, -signal.SIGKILL) if kind == "coordinator" else (3,)), (kind, said)
        assert orphans() == []

    ours = marks(released, capsys)
    shutil.copytree(released.submitted, undisturbed.submitted)
    assert ours == marks(undisturbed, capsys)
    assert rows(released) == rows(undisturbed)
    assert files(released.autograded) == files(undisturbed.autograded)
    assert main(["audit", "--course", str(released.root)]) == 0


@pytest.mark.parametrize("kind", KINDS[1:])
def test_what_ends_below_the_coordinator_is_replaced_and_its_work_done_again(
    kind: str,
    released: Course,
    hand_in: HandIn,
    orphans: Callable[[], list[psutil.Process]],
) -> None:
    hand_in("ada", {"double-code": f"import time\ntime.sleep(1)\n{DOUBLE}", "half-code": HALF})
    run = start(released)
    while len(found := family(run)) < len(KINDS):  # before there is a worker, the jail is tried out
        assert run.poll() is None
    kill(found[kind][0])
    _, said = run.communicate(timeout=_PATIENCE)
    assert run.returncode == 3
    assert said.decode() == "autograder: ada: quiz.ipynb was not handed in\n"
    assert rows(released)["details"]["ada", "tiny", "practice"]["grades"] == [
        ("double-values", 2.0, None, None, False),
        ("half-values", 3.0, None, None, False),
    ]
    assert orphans() == []
