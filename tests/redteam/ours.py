"""A class that is under attack, graded by our engine."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from autograder.feedback_page.writer import FeedbackWriter
from autograder.nbgrader_session import NbGraderSession
from tests.redteam.attack import Attack, hand_in
from tests.redteam.course import ASSIGNMENT, HONEST, make_course
from tests.redteam.invariants import Evidence, digests, marks_in
from tests.redteam.scene import scene

_CELL_SECONDS = "4"
_LARGEST = """
import pathlib, resource, subprocess, sys
status = subprocess.call(sys.argv[2:])
pathlib.Path(sys.argv[1]).write_text(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
sys.exit(status)
"""


def honest_class(each: int) -> dict[str, str]:
    """Name honest students, as many of each kind, spread over the alphabet; map them to their kind."""
    letters = "acegikmoqsuwz"
    kinds = [kind for _ in range(each) for kind in HONEST]
    return {f"{letters[n % len(letters)]}-{n}-{kind}": kind for n, kind in enumerate(kinds)}


@contextlib.contextmanager
def graded_class(folder: Path, attacks: Iterable[Attack], honest: Mapping[str, str]) -> Iterator[Evidence]:
    """Grade attacks with honest students between them.

    Parameters
    ----------
    folder
        A new folder for all of it.
    attacks
        One student each.
    honest
        Students, and what they hand in: a key of `HONEST`.
    """
    attacks = list(attacks)
    folder.mkdir(exist_ok=True)
    course = make_course(folder / "course")
    with scene(course.root, folder / "outside") as (targets, doors, process):
        for student, kind in honest.items():
            hand_in(Attack(student, "", "", answers=HONEST[kind][0]), targets)
        for attack in attacks:
            hand_in(attack, targets)
        before = digests(targets)
        said, memory = _grade(course.root, folder)
        session = NbGraderSession(course)
        for attack in attacks:
            if "no-script" in attack.holds:
                FeedbackWriter(course, ASSIGNMENT, [attack.who]).write(attack.who)
        with session.gradebook() as gradebook:
            marks = marks_in(gradebook, [*honest, *(attack.who for attack in attacks)])
        yield Evidence(
            scene=targets,
            before=before,
            heard=doors.heard,
            process=process,
            said=said,
            marks=marks,
            honest={student: HONEST[kind][1] for student, kind in honest.items()},
            memory=memory,
            places=(folder / "temporary",),
        )


def _grade(course: Path, folder: Path) -> tuple[str, int]:
    """Run the command; return what it printed, and the bytes of its largest process outside of the jail."""
    (folder / "temporary").mkdir()
    command = [sys.executable, "-m", "autograder", "grade", ASSIGNMENT, "--course", str(course)]
    # A small process in between: what is started by this one would be counted as large as this one ever was.
    between = [sys.executable, "-c", _LARGEST, str(folder / "largest.txt")]
    with (folder / "said.txt").open("wb") as said:
        status = subprocess.run(
            [*between, *command, "--timeout", _CELL_SECONDS],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            env=os.environ | {"TMPDIR": str(folder / "temporary")},
            check=False,
        ).returncode
    text = (folder / "said.txt").read_text(encoding="utf-8", errors="replace")
    # 3: graded, with submissions that need attention.
    assert status in (0, 3), text
    return text, int((folder / "largest.txt").read_text(encoding="ascii")) * 1024
