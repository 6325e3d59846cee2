"""What must hold after grading besides the marks: each check says what is wrong, or None."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from nbgrader.api import Gradebook, MissingEntry  # type: ignore[import-untyped]

from tests.redteam.attack import SIGN, Attack, Scene
from tests.redteam.course import ASSIGNMENT, HIDDEN_WORD, NOTEBOOK

MOST_RECORD = 2_000_000  # bytes of a graded notebook
MOST_MEMORY = 700 * 2**20  # bytes of one trusted process; what the jail holds has a limit of its own
_TERMINAL = ("\x1b[2J", "\x1b]0;", "\x9b", "\u202e", "\x08")
_PLACES = (
    "/tmp",
    "/dev/shm",
    "/var/tmp",
    "/tmp/home",
    "/engine",
    "/engine/inside",
    "/usr/lib",
    "/usr/bin",
    "/etc",
    "/",
)


@dataclass(frozen=True)
class Evidence:
    """What is known after a class was graded.

    Attributes
    ----------
    before
        `digests` of the course and the folder outside, from before.
    heard
        What came in at the doors of the scene.
    process
        The process of the scene.
    said
        What the grading command printed.
    marks
        What students got; None for those without a mark.
    honest
        What honest students must have got.
    memory
        Bytes of the largest process outside of the jail.
    places
        Folders of this run in which something may have been left.
    """

    scene: Scene
    before: Mapping[str, str]
    heard: Iterable[bytes]
    process: subprocess.Popen[bytes]
    said: str
    marks: Mapping[str, float | None]
    honest: Mapping[str, float]
    memory: int
    places: tuple[Path, ...] = ()

    @cached_property
    def after(self) -> dict[str, str]:
        """`digests` from afterwards."""
        return digests(self.scene)

    @cached_property
    def marked(self) -> list[Path]:
        """All that has the sign of some attack in its name, wherever one may write."""
        packages = [Path(part) for part in sys.path if part]
        own = [Path(np.__file__).parent, Path(sys.executable).parent, Path.home(), self.scene.outside]
        places = {*map(Path, _PLACES), *packages, *own}
        found = [path for place in places if place.is_dir() for path in place.glob(f"*{SIGN}*")]
        for place in (self.scene.course, Path.home() / ".ipython", *self.places):
            found += place.rglob(f"*{SIGN}*")
        return found


def digests(scene: Scene) -> dict[str, str]:
    """Digest all files that grading must not change."""
    course = scene.course
    folders = (course / "source", course / "release", course / "submitted", scene.outside)
    paths = [course / "nbgrader_config.py", *(path for folder in folders for path in folder.rglob("*"))]
    return {str(path): _digest(path) for path in paths}


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"link to {os.readlink(path)}"
    if path.is_file() and path.stat().st_size < 2**30:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return "other"


def marks_in(gradebook: Gradebook, students: Iterable[str]) -> dict[str, float | None]:
    """Read the marks of students; None for those who have none."""
    found: dict[str, float | None] = {}
    for student in students:
        try:
            found[student] = float(gradebook.find_submission(ASSIGNMENT, student).score)
        except MissingEntry:
            found[student] = None
    return found


def _record(evidence: Evidence, attack: Attack) -> Path:
    return evidence.scene.course / "autograded" / attack.who / ASSIGNMENT / f"{NOTEBOOK}.ipynb"


def _shown(evidence: Evidence, attack: Attack) -> str:
    """Give all that the student's cells and tests showed, as text."""
    path = _record(evidence, attack)
    if not path.is_file():
        return ""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    texts: list[str] = []

    def gather(thing: object) -> None:
        if isinstance(thing, dict):
            for part in thing.values():
                gather(part)
        elif isinstance(thing, list):
            texts.append("".join(part for part in thing if isinstance(part, str)))
            for part in thing:
                gather(part)
        elif isinstance(thing, str):
            texts.append(thing)

    for cell in notebook["cells"]:
        gather(cell.get("outputs"))
    return "\n".join(texts)


def _batch_completed(evidence: Evidence, _: Attack) -> str | None:
    missing = [student for student in evidence.honest if evidence.marks.get(student) is None]
    return f"not graded: {', '.join(missing)}" if missing else None


def _others_untouched(evidence: Evidence, _: Attack) -> str | None:
    wrong = {
        who: evidence.marks.get(who)
        for who, mark in evidence.honest.items()
        if evidence.marks.get(who) != mark
    }
    return f"marks of others: {wrong}" if wrong else None


def _file_untouched(evidence: Evidence, _: Attack) -> str | None:
    before, after = evidence.before, evidence.after
    changed = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    return f"changed: {changed[:5]}" if changed else None


def _nothing_left(evidence: Evidence, attack: Attack) -> str | None:
    found = [path for path in evidence.marked if attack.sign in path.name and attack.who not in path.parts]
    key = str(shared_key(attack))
    for kind in ("shm", "sem", "msg"):
        table = Path(f"/proc/sysvipc/{kind}").read_text(encoding="ascii").splitlines()[1:]
        found += [Path(f"/proc/sysvipc/{kind}") for line in table if line.split()[0] == key]
    return f"left: {[str(path) for path in found]}" if found else None


def shared_key(attack: Attack) -> int:
    """Give the number under which an attack leaves shared memory, semaphores and queues."""
    return int(attack.sign[3:10], 16)


def survivors(attack: Attack) -> list[int]:
    """Find processes that carry the sign of an attack."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            about = (folder / "cmdline").read_bytes() + (folder / "comm").read_bytes()
        except OSError:
            continue
        if attack.sign.encode() in about:
            found.append(int(folder.name))
    return found


def _no_survivor(_: Evidence, attack: Attack) -> str | None:
    found = survivors(attack)
    return f"processes outlived the grading: {found}" if found else None


def _no_connection(evidence: Evidence, attack: Attack) -> str | None:
    return (
        "a message came through" if any(attack.sign.encode() in heard for heard in evidence.heard) else None
    )


def _process_alive(evidence: Evidence, _: Attack) -> str | None:
    return "a process of the instructor's was ended" if evidence.process.poll() is not None else None


def _secret_unseen(evidence: Evidence, attack: Attack) -> str | None:
    graded = evidence.scene.course / "autograded" / attack.who
    copies = [
        path
        for path in graded.rglob("*")
        if path.is_file() and evidence.scene.secret.encode() in path.read_bytes()
    ]
    if copies or evidence.scene.secret in _shown(evidence, attack) + evidence.said:
        return "private text was read"
    return None


def _tests_unseen(evidence: Evidence, attack: Attack) -> str | None:
    return "hidden tests were read" if HIDDEN_WORD in _shown(evidence, attack) else None


def _small_record(evidence: Evidence, attack: Attack) -> str | None:
    path = _record(evidence, attack)
    size = path.stat().st_size if path.exists() else 0
    return f"the graded notebook has {size / 1e6:.1f} MB" if size > MOST_RECORD else None


def _clean_terminal(evidence: Evidence, _: Attack) -> str | None:
    found = [code for code in _TERMINAL if code in evidence.said]
    return f"the command printed {found}" if found else None


def _clean_record(evidence: Evidence, attack: Attack) -> str | None:
    shown = _shown(evidence, attack)
    found = [code for code in _TERMINAL if code in shown]
    return f"the graded notebook shows {found}" if found else None


def _named(evidence: Evidence, attack: Attack) -> str | None:
    shown = ascii(attack.who)[1:-1][:20], repr(attack.who)[1:-1][:20]
    return None if any(name in evidence.said for name in shown) else "the command did not name it"


def _mark_stands(evidence: Evidence, attack: Attack) -> str | None:
    mark = evidence.marks.get(attack.who)
    return None if mark == attack.mark else f"the gradebook says {mark}"


def _memory_bounded(evidence: Evidence, _: Attack) -> str | None:
    used = evidence.memory
    return f"a trusted process took {used / 2**20:.0f} MiB" if used > MOST_MEMORY else None


class _Live(HTMLParser):
    """Collects what a browser would run or fetch on behalf of a student."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._script = tag == "script"
        for name, value in attributes:
            value = (value or "").strip().lower()
            calls = "alert" in value and (name.startswith("on") or value.startswith("javascript:"))
            # A link is only followed by whoever clicks on it.
            asks = name in ("src", "action", "content") or (tag == "link" and name == "href")
            fetches = asks and "example.org" in value
            if calls or fetches or name == "srcdoc":
                self.found.append(f"<{tag} {name}>")

    def handle_data(self, data: str) -> None:
        if self._script and "alert(1)" in data:
            self.found.append("<script>")

    def handle_endtag(self, tag: str) -> None:
        self._script = False


def _no_script(evidence: Evidence, attack: Attack) -> str | None:
    live = _Live()
    for page in (evidence.scene.course / "feedback" / attack.who / ASSIGNMENT).glob("*.html"):
        live.feed(page.read_text(encoding="utf-8"))
    return f"the feedback page would run or fetch {live.found}" if live.found else None


Check = Callable[[Evidence, Attack], "str | None"]
INVARIANTS: dict[str, Check] = {
    "batch-completed": _batch_completed,
    "others-untouched": _others_untouched,
    "file-untouched": _file_untouched,
    "nothing-left": _nothing_left,
    "no-survivor": _no_survivor,
    "no-connection": _no_connection,
    "process-alive": _process_alive,
    "secret-unseen": _secret_unseen,
    "tests-unseen": _tests_unseen,
    "small-record": _small_record,
    "clean-terminal": _clean_terminal,
    "clean-record": _clean_record,
    "named": _named,
    "mark-stands": _mark_stands,
    "memory-bounded": _memory_bounded,
    "no-script": _no_script,
}
# These hold for every attack, whatever it is after.
ALWAYS = ("file-untouched", "nothing-left", "no-survivor", "no-connection", "process-alive", "secret-unseen")
# These are the same for a whole class, whichever attack they are asked for.
CLASS = (
    "batch-completed",
    "others-untouched",
    "file-untouched",
    "process-alive",
    "clean-terminal",
    "memory-bounded",
)


def broken(evidence: Evidence, attack: Attack, names: Iterable[str]) -> dict[str, str]:
    """Check invariants by name; return what is wrong with those that don't hold."""
    complaints = {name: INVARIANTS[name](evidence, attack) for name in dict.fromkeys(names)}
    return {name: said for name, said in complaints.items() if said is not None}
