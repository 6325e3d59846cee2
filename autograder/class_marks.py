"""The marks of a whole class, with those who have none and why: what every export begins with."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from nbgrader.api import Gradebook, SubmittedAssignment  # type: ignore[import-untyped]
from sqlalchemy import select

from autograder.assignment import unknown_name
from autograder.attempts import attempted
from autograder.audit_log import AuditLog
from autograder.collecting.attempts import TIMESTAMP
from autograder.collecting.times import read_stamp
from autograder.course import Course
from autograder.errors import AutograderError, UsageError
from autograder.handed_in import handed_in_digest
from autograder.marks import Mark, grade_again, read_marks
from autograder.nbgrader_session import NbGraderSession
from autograder.policy import course_policy
from autograder.private import AUDIT, PRIVATE, VERDICTS
from autograder.settings import load_config
from autograder.submission import find_submissions
from autograder.verdict_cache import VerdictCache

State = Literal["graded", "not graded yet", "nothing handed in"]


@dataclass(frozen=True)
class Standing:
    """How a student stands in an assignment; without a mark, `mark` is of zeros and says why.

    `outdated` says that other work was handed in than that which the mark is for, or at another time.
    """

    mark: Mark
    state: State
    outdated: bool = False

    def problem(self, so: str) -> str | None:
        """Say what the instructor has to do, and what is `so` until then; None if there is nothing to do."""
        student, assignment = self.mark.student, self.mark.assignment
        if self.outdated:
            return (
                f"{student}: {assignment} was handed in again, or its time corrected, and the mark is of "
                f"before; {grade_again(assignment, student)}"
            )
        if self.state != "not graded yet":
            return None
        return f"{student}: {assignment} is not graded yet, and {so}; {grade_again(assignment, student)}"


def read_class_marks(course: Course, names: Collection[str] = ()) -> list[Standing]:
    """Read how every student that the gradebook knows stands, by assignment and student, in order of names.

    Parameters
    ----------
    course
        The course.
    names
        The assignments; none means all that are released.

    Raises
    ------
    AutograderError
        If an assignment is not released, or there is no student with a mark.
    """
    levels = _isolation_levels(course)
    found: list[Standing] = []
    session = NbGraderSession(course)
    if session.has_gradebook():
        with session.gradebook() as gradebook:
            students = {student.id for student in gradebook.students}
            for name in chosen_assignments(course, gradebook, names):
                for standing in _standings(course, gradebook, name, students):
                    isolation = levels.get((name, standing.mark.student), {})
                    found.append(replace(standing, mark=replace(standing.mark, isolation=isolation)))
    if not found:
        raise no_marks(course)
    return found


def no_marks(course: Course) -> AutograderError:
    """Word the error for a course in which there is nothing to export."""
    return AutograderError(f"{course.root} has no marks yet: release an assignment and grade it first")


def chosen_assignments(course: Course, gradebook: Gradebook, names: Collection[str]) -> list[str]:
    """Name the released assignments, or those of them that were asked for."""
    released = sorted(assignment.name for assignment in gradebook.assignments)
    for name in names:
        if name not in released:
            raise UsageError(unknown_name("released assignment", name, released, course.root))
    return [name for name in released if not names or name in names]


def _standings(course: Course, gradebook: Gradebook, name: str, students: set[str]) -> Iterator[Standing]:
    assignment = gradebook.find_assignment(name)
    marks = {mark.student: mark for mark in read_marks(gradebook, name)}
    policy = course_policy(load_config(course))
    found, _ = find_submissions(course.submitted, name, course.assignments())
    handed_in = {*found, *attempted(course, name)} if policy.attempts == "best" else set(found)
    graded_work = _graded_work(course, name)
    work = SubmittedAssignment
    rows = select(work.student_id, work.timestamp).where(work.assignment_id == assignment.id)
    graded_at = {row.student_id: row.timestamp for row in gradebook.db.execute(rows)}
    nothing = dict.fromkeys((notebook.name for notebook in assignment.notebooks), 0.0)
    for student in sorted(students | (handed_in if students else set())):
        if student in marks:
            outdated = False
            if student in handed_in and student in graded_work:
                outdated = handed_in_digest(course, name, student, policy) != graded_work[student]
            elif student in handed_in:  # graded by something else: the gradebook's time is all there is
                now = _handed_in_at(course, student, name)
                outdated = now is not None and now != graded_at.get(student)
            yield Standing(marks[student], "graded", outdated)
            continue
        state: State = "not graded yet" if student in handed_in else "nothing handed in"
        remark = "handed in, not graded yet" if student in handed_in else state
        yield Standing(Mark(student, name, nothing, 0.0, assignment.max_score, (remark,)), state)


def _graded_work(course: Course, name: str) -> dict[str, str]:
    """Look up the digest of the work that was graded, by student."""
    path = course.root / PRIVATE / VERDICTS
    if not path.exists():
        return {}
    with VerdictCache(path) as kept:
        return kept.graded_work(name)


def _handed_in_at(course: Course, student: str, name: str) -> datetime | None:
    """Read the time of what lies in submitted/, in UTC without a zone; None if it has none."""
    path = course.submitted / student / name / TIMESTAMP
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            time = read_stamp(file.read(200))
    except OSError:
        return None
    return time.replace(tzinfo=None) if time else None


def _isolation_levels(course: Course) -> dict[tuple[str, str], dict[str, str]]:
    """Find the level at which each notebook was graded last, by assignment and student."""
    levels: dict[tuple[str, str], dict[str, str]] = {}
    for logged in AuditLog(course.root / PRIVATE / AUDIT).events():
        event = logged.event
        levels.setdefault((event.assignment, event.student), {})[event.notebook] = event.isolation
    return levels
