"""Feedback: a page per student and notebook, with the marks and what the tests had to say."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence

from autograder.course import Course
from autograder.errors import AutograderError
from autograder.marks import Mark, Report, read_marks, test_cells
from autograder.nbgrader_session import NbGraderSession
from autograder.wording import counted

Progress = Callable[[Sequence[str]], Iterable[str]]


def feedback(course: Course, name: str, *, progress: Progress = list) -> Report:
    """Write a feedback page per student and notebook; a notebook that could not be graded gets the reason."""
    course.require_assignment(name)
    course.require_writable()
    session = NbGraderSession(course)
    marks: list[Mark] = []
    if session.has_gradebook():
        with session.gradebook() as gradebook:
            marks = read_marks(gradebook, name) if test_cells(gradebook, name) else []
    if not marks:
        raise AutograderError(f"nobody's {name} is graded yet: run `autograder grade {name}` first")
    by_student = {mark.student: mark for mark in marks}
    problems = []
    written = []
    for student in progress(list(by_student)):
        try:
            reason = _write_feedback(session, by_student[student])
        except OSError as error:
            reason = f"{error.filename} can't be used ({error.strerror})"
        if reason is None:
            written.append(by_student[student])
        else:
            problems.append(f"{student}: no feedback written, {reason}")
    return Report(tuple(written), tuple(problems))


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


def _write_feedback(session: NbGraderSession, mark: Mark) -> str | None:
    """Write the pages of one student; return why that was not done, or None."""
    graded = session.course.autograded / mark.student / mark.assignment
    pages = session.course.feedback / mark.student / mark.assignment
    reason = None
    if any(graded.glob("*.ipynb")):
        reason = session.generate_feedback(mark.assignment, mark.student)
    for notebook, score in mark.scores.items():
        if not (graded / f"{notebook}.ipynb").exists():
            pages.mkdir(parents=True, exist_ok=True)
            text = _reason_page(notebook, score, mark.remarks)
            (pages / f"{notebook}.html").write_text(text, encoding="utf-8")
    return reason


def _reason_page(notebook: str, score: float, remarks: Iterable[str]) -> str:
    reasons = "".join(f"<p>{html.escape(remark)}</p>" for remark in remarks)
    title = html.escape(notebook)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body><h1>{title} (Score: {score:g})</h1>{reasons}</body></html>\n"
    )
