"""More time for one student, which may be given before anything is handed in.

nbgrader keeps an extension with the work of the student, in its gradebook, so it has none for who handed in
nothing yet. What is given here is kept in extensions.json too, and goes to the gradebook with the first work.
From then on the gradebook's holds, and so does one that nbgrader's own `Gradebook.grant_extension` gives.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.assignment import unknown_name
from autograder.course import Course
from autograder.errors import AutograderError, UsageError
from autograder.policy import Deadline, course_policy, time_zone
from autograder.settings import load_config
from autograder.submission import id_error
from autograder.whole_file import whole_file

if TYPE_CHECKING:
    from nbgrader.api import Gradebook  # type: ignore[import-untyped]

EXTENSIONS = "extensions.json"
_MOST = timedelta(days=366)


@dataclass(frozen=True)
class Given:
    """What became of the time of a student.

    Attributes
    ----------
    until
        When the work is due now, as it is told; None if the student has no extension.
    before, now
        How much more time the student had, and has; None is none.
    has_work
        Whether the gradebook holds work of the student, whose marks an extension may change.
    """

    until: str | None
    before: timedelta | None
    now: timedelta | None
    has_work: bool


def read_extensions(root: Path, assignment: str) -> dict[str, timedelta]:
    """Read how much more time the students of an assignment were given by `extend`.

    Raises
    ------
    AutograderError
        If the file can't be understood.
    """
    return {
        student: timedelta(seconds=seconds) for student, seconds in _read(root).get(assignment, {}).items()
    }


def extend(course: Course, assignment: str, student: str, more: timedelta | Deadline | None) -> Given:
    """Give a student more time than the others, in place of what was given before.

    Parameters
    ----------
    course, assignment, student
        Who, and for what.
    more
        How much; or until when; or None, to take the extension back.

    Raises
    ------
    UsageError
        If the assignment or the student is unknown, or that gives no more time.
    AutograderError
        If something can't be read or written.
    """
    from autograder.nbgrader_session import NbGraderSession

    course.require_assignment(assignment)
    course.require_writable()
    deadline = course_policy(load_config(course)).deadlines.get(assignment)
    due = deadline.utc if deadline else None
    zone = deadline.text.split()[-1] if deadline else "UTC"
    session = NbGraderSession(course)
    with session.gradebook() if session.has_gradebook() else nullcontext() as gradebook:
        _require_student(student, _known_students(course, gradebook))
        if due is None and gradebook is not None:
            due = _due_in(gradebook, assignment)
        now = _more_time(assignment, due, more)
        work = None if gradebook is None else _work(gradebook, assignment, student)
        before = work.extension if work else read_extensions(course.root, assignment).get(student)
        _keep(course.root, assignment, student, now)
        if work:
            work.extension = now
    until = f"{_local(due + now, zone)} {zone}" if due and now else None
    return Given(until, before, now, has_work=work is not None)


def add_submissions(
    gradebook: Gradebook, course: Course, assignment: str, pattern: str, *, enrol: bool
) -> None:
    """Put work that nbgrader is about to grade for the first time into its gradebook, with its extension.

    nbgrader would add the same rows, but without one.

    Parameters
    ----------
    gradebook, course, assignment
        What is graded.
    pattern
        Whose work, as `c.CourseDirectory.student_id` has it.
    enrol
        Whether nbgrader grades those too whom its gradebook does not know, and adds them.
    """
    from fnmatch import fnmatchcase

    from nbgrader.api import MissingEntry

    for student, more in read_extensions(course.root, assignment).items():
        handed_in = (course.submitted / student / assignment).is_dir()
        if not handed_in or not fnmatchcase(student, pattern) or _work(gradebook, assignment, student):
            continue
        if enrol:
            gradebook.update_or_create_student(student)
        try:
            gradebook.add_submission(assignment, student, extension=more)
        except MissingEntry:  # nbgrader will name who or what its gradebook does not know
            continue


def _read(root: Path) -> dict[str, dict[str, float]]:
    path = root / EXTENSIONS
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise AutograderError(f"{path}: can't be read ({error}); restore it from a backup") from error
    if not _is_table(found):
        raise AutograderError(
            f"{path}: must hold seconds by assignment and student, such as "
            '{"u2-regression": {"ada": 172800}}; mend it, or remove it and give each extension again'
        )
    return found  # type: ignore[no-any-return]


def _is_table(found: object) -> bool:
    return isinstance(found, dict) and all(
        isinstance(students, dict)
        and all(
            type(seconds) in (int, float) and 0 < seconds <= _MOST.total_seconds()
            for seconds in students.values()
        )
        for students in found.values()
    )


def _keep(root: Path, assignment: str, student: str, now: timedelta | None) -> None:
    kept = _read(root)
    theirs = kept.setdefault(assignment, {})
    theirs.pop(student, None)
    if now is not None:
        theirs[student] = now.total_seconds()
    filled = {name: students for name, students in sorted(kept.items()) if students}
    if filled or (root / EXTENSIONS).exists():
        with whole_file(root / EXTENSIONS) as draft:
            draft.write_text(json.dumps(filled, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _more_time(assignment: str, due: datetime | None, more: timedelta | Deadline | None) -> timedelta | None:
    if more is None:
        return None
    if due is None:
        raise UsageError(
            f"{assignment} has no deadline, so nobody needs more time; set one in c.Autograder.deadlines of "
            "nbgrader_config.py first"
        )
    if isinstance(more, Deadline):
        if more.utc <= due:
            raise UsageError(
                f"{more} is not after the deadline of {assignment}, {due:%Y-%m-%d %H:%M:%S} UTC; --none "
                "takes an extension back"
            )
        more = more.utc - due
    if more > _MOST:
        raise UsageError("more than a year is too much time; look at the numbers again")
    return more


def _known_students(course: Course, gradebook: Gradebook | None) -> set[str]:
    """Name who is in the class list or the gradebook, or handed in something."""
    from autograder.attempts import ATTEMPTS
    from autograder.roster import course_roster

    roster = course_roster(course)
    known = {student.id for student in roster.students} if roster else set()
    if gradebook is not None:
        known |= {student.id for student in gradebook.students}
    for folder in (course.submitted, course.root / ATTEMPTS):
        if folder.is_dir():
            known |= {path.name for path in folder.iterdir() if path.is_dir() and id_error(path.name) is None}
    return known


def _require_student(student: str, known: set[str]) -> None:
    if student in known:
        return
    if not known:
        raise UsageError(
            f"there is no student {student!r}: the course knows none yet. `autograder students --from FILE` "
            "takes over a class list"
        )
    raise UsageError(unknown_name("student", student, known))


def _due_in(gradebook: Gradebook, assignment: str) -> datetime | None:
    from nbgrader.api import Assignment
    from sqlalchemy import select

    found = select(Assignment.duedate).where(Assignment.name == assignment)
    due: datetime | None = gradebook.db.execute(found).scalar_one_or_none()
    return due


def _local(utc: datetime, zone: str) -> str:
    return f"{utc.replace(tzinfo=UTC).astimezone(time_zone(zone)):%Y-%m-%d %H:%M:%S}"


def _work(gradebook: Gradebook, assignment: str, student: str) -> Any:
    from nbgrader.api import MissingEntry

    try:
        return gradebook.find_submission(assignment, student)
    except MissingEntry:
        return None
