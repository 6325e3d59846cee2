"""The marks of a whole class, with those who have none and why: what every export begins with."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from nbgrader.api import Gradebook  # type: ignore[import-untyped]

from autograder.assignment import unknown_name
from autograder.audit_log import AuditLog
from autograder.course import Course
from autograder.errors import AutograderError, UsageError
from autograder.marks import Mark, grade_again, read_marks
from autograder.nbgrader_session import NbGraderSession
from autograder.private import AUDIT, PRIVATE
from autograder.submission import find_submissions

State = Literal["graded", "not graded yet", "nothing handed in"]


@dataclass(frozen=True)
class Standing:
    """How a student stands in an assignment; without a mark, `mark` is of zeros and says why."""

    mark: Mark
    state: State

    def problem(self, so: str) -> str | None:
        """Say what the instructor has to do, and what is `so` until then; None if there is nothing to do."""
        if self.state != "not graded yet":
            return None
        student, assignment = self.mark.student, self.mark.assignment
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
    handed_in, _ = find_submissions(course.submitted, name, course.assignments())
    nothing = dict.fromkeys((notebook.name for notebook in assignment.notebooks), 0.0)
    for student in sorted(students | (set(handed_in) if students else set())):
        if student in marks:
            yield Standing(marks[student], "graded")
            continue
        state: State = "not graded yet" if student in handed_in else "nothing handed in"
        remark = "handed in, not graded yet" if student in handed_in else state
        yield Standing(Mark(student, name, nothing, 0.0, assignment.max_score, (remark,)), state)


def _isolation_levels(course: Course) -> dict[tuple[str, str], dict[str, str]]:
    """Find the level at which each notebook was graded last, by assignment and student."""
    levels: dict[tuple[str, str], dict[str, str]] = {}
    for logged in AuditLog(course.root / PRIVATE / AUDIT).events():
        event = logged.event
        levels.setdefault((event.assignment, event.student), {})[event.notebook] = event.isolation
    return levels
