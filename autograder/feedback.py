"""Feedback: a page per student and notebook, with the marks and what the tests had to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from autograder.authored import ASSIGNMENTS
from autograder.course import Course
from autograder.errors import AutograderError
from autograder.feedback_page.writer import FeedbackWriter
from autograder.marks import Mark, Report, read_marks, test_cells
from autograder.nbgrader_session import NbGraderSession
from autograder.wording import counted

Progress = Callable[[Sequence[str]], Iterable[str]]


def feedback(
    course: Course, name: str, *, progress: Progress = list, assignments: Path = ASSIGNMENTS
) -> Report:
    """Write a feedback page per student and notebook; a notebook that could not be graded gets the reason.

    Parameters
    ----------
    course, name
        The assignment.
    progress
        Wraps the list of students that is gone through, to show how far it is.
    assignments
        Where the course's own units are.

    Raises
    ------
    AutograderError
        If nobody's work is graded yet, or the assignment or the settings can't be read.
    """
    course.require_assignment(name)
    course.require_writable()
    marks = {mark.student: mark for mark in _marks(course, name)}
    if not marks:
        raise AutograderError(f"nobody's {name} is graded yet: run `autograder grade {name}` first")
    writer = FeedbackWriter(course, name, assignments=assignments)
    problems = []
    written = []
    for student in progress(list(marks)):
        try:
            writer.write(student)
        except OSError as error:
            problems.append(
                f"{student}: no feedback written, {error.filename} can't be used ({error.strerror})"
            )
        else:
            written.append(marks[student])
    return Report(tuple(written), tuple(problems))


def _marks(course: Course, name: str) -> list[Mark]:
    session = NbGraderSession(course)
    if not session.has_gradebook():
        return []
    with session.gradebook() as gradebook:
        return read_marks(gradebook, name) if test_cells(gradebook, name) else []


def outdated_feedback(course: Course, name: str, recorded_at: Mapping[str, float]) -> list[str]:
    """Say in a line how many students' feedback was written before their marks were; no line if nobody's.

    Parameters
    ----------
    course, name
        The assignment.
    recorded_at
        When marks were recorded, in seconds since the epoch, by student.
    """
    pages = {student: (course.feedback / student / name).glob("*.html") for student in recorded_at}
    outdated = sum(
        any(page.stat().st_mtime < recorded_at[student] for page in found) for student, found in pages.items()
    )
    if not outdated:
        return []
    whose = counted(outdated, "student")
    return [f"feedback is older than the marks of {whose}: run `autograder feedback {name}`"]
