"""The steps of a course that follow a release: grade a class, and write feedback."""

from __future__ import annotations

import html
import shutil
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from autograder.assignment import unknown_name
from autograder.course import Course
from autograder.errors import AutograderError, shortened
from autograder.marks import (
    Mark,
    Report,
    begin,
    grade_again,
    read_marks,
    record_graded,
    record_zero,
    test_cells,
)
from autograder.nbgrader_session import NbGraderSession
from autograder.notebooks import read_notebook
from autograder.submission import Inspection, find_submissions, id_error, inspect_submission

Progress = Callable[[Sequence[str]], Iterable[str]]


def grade(
    course: Course,
    name: str,
    *,
    student: str | None = None,
    timeout: int | None = None,
    progress: Progress = list,
) -> Report:
    """Grade everyone who handed in an assignment, or one student, one after the other.

    A submission that can't be graded is recorded with zero and the reason; the others are graded as ever.

    Raises
    ------
    AutograderError
        If nobody can be graded: the assignment is unknown or not released, nothing is handed in, or the
        course can't be written to.
    KeyboardInterrupt
        If it was interrupted; the message names the students that are still to be graded.
    """
    course.require_assignment(name)
    course.require_writable()
    students, problems = _submitters(course, name, student)
    session = NbGraderSession(course, timeout)
    expected = _released(session, name)
    if not expected:
        raise AutograderError(f"{name} is not released yet: run `autograder release {name}` first")
    session.require_imports()
    graded = 0
    try:
        for current in progress(students):
            problems += [f"{current}: {said}" for said in _grade_one(session, name, current, expected)]
            graded += 1
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(
            f"{graded} of {len(students)} students were graded; grade these again: "
            f"{', '.join(students[graded:])}"
        ) from stop
    with session.gradebook() as gradebook:
        return Report(tuple(read_marks(gradebook, name, students)), tuple(problems))


def feedback(course: Course, name: str, *, progress: Progress = list) -> Report:
    """Write a feedback page per student and notebook; a notebook that could not be graded gets the reason.

    A student whose grading did not finish gets no page, and loses the pages of an earlier grading.
    """
    course.require_assignment(name)
    course.require_writable()
    session = NbGraderSession(course)
    marks: list[Mark] = []
    if _released(session, name):
        with session.gradebook() as gradebook:
            marks = read_marks(gradebook, name)
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


def _released(session: NbGraderSession, name: str) -> dict[str, list[str]]:
    """Name the notebooks of an assignment, each with its test cells; empty if it was never released."""
    if not session.has_gradebook():
        return {}
    with session.gradebook() as gradebook:
        return test_cells(gradebook, name)


def _submitters(course: Course, name: str, student: str | None) -> tuple[list[str], list[str]]:
    """Find who is to be graded, and one line for each entry of submitted/ that can't be."""
    if student is not None and (wrong := id_error(student)) is not None:
        raise AutograderError(f"{student!r} can't be a student id: {wrong}")
    students, problems = find_submissions(course.submitted, name, course.assignments())
    if student is None:
        if not students and not problems:
            raise AutograderError(
                f"{course.submitted} holds no submission of {name}. Put each in submitted/STUDENT/{name}/, "
                f"or make up a class with `autograder sample-class {name}`."
            )
        return students, problems
    if student not in students:
        own = [problem for problem in problems if problem.startswith(f"{student}: ")]
        unknown = f"{course.submitted}: " + unknown_name(f"submission of {name} by", student, students)
        raise AutograderError(own[0] if own else unknown)
    return [student], []


def _grade_one(
    session: NbGraderSession, name: str, student: str, expected: Mapping[str, Collection[str]]
) -> list[str]:
    """Grade one student; return what the instructor should know.

    Whatever goes wrong stays here, so that the next student is graded as if nothing had happened.
    """
    try:
        found = inspect_submission(session.course.submitted / student / name, expected)
    except Exception as error:  # the files are a student's
        found = Inspection(refused=f"it can't be looked at ({shortened(repr(error))})")
    try:
        _start(session, name, student)
    except Exception as error:
        return [f"not graded, an earlier mark stays: {_said(error)}"]
    try:
        return _grade_found(session, name, student, expected, found)
    except Exception as error:  # in recording the marks: the gradebook holds zero until they are there
        return [f"not graded: {_said(error)}; {grade_again(name, student)}"]


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, AutograderError) else shortened(repr(error))


def _start(session: NbGraderSession, name: str, student: str) -> None:
    """Set everything of a student to zero, once it is sure that the graded notebooks can be replaced."""
    course = session.course
    course.require_writable_for(student, name)
    graded = course.autograded / student / name
    earlier = graded.with_name(f".{name}-earlier")
    if earlier.exists():
        shutil.rmtree(earlier)
    if graded.exists():
        graded.rename(earlier)
    try:
        with session.gradebook() as gradebook:
            begin(gradebook, name, student)
    except BaseException:
        if earlier.exists():
            earlier.rename(graded)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def _grade_found(
    session: NbGraderSession,
    name: str,
    student: str,
    expected: Mapping[str, Collection[str]],
    found: Inspection,
) -> list[str]:
    failures = dict.fromkeys(expected, f"refused: {found.refused}") if found.refused else {}
    failures |= found.notebooks
    notes = {notebook: [*filter(None, [found.notes.get(notebook)])] for notebook in expected}
    for notebook in expected:
        if notebook in failures:
            continue
        try:
            reason = session.autograde(name, student, notebook, dated=found.dated)
            slow = (
                0 if reason else _timeouts(session.course.autograded / student / name / f"{notebook}.ipynb")
            )
        except Exception as error:  # whatever a student's notebook brings about costs that notebook only
            reason, slow = _said(error), 0
        if reason is not None:
            failures[notebook] = f"{notebook}.ipynb was not graded: {reason}"
        elif slow:
            notes[notebook].append(f"{notebook}.ipynb: cells that ran out of time: {slow}")
    remarks = list(found.remarks)
    with session.gradebook() as gradebook:
        for notebook in expected:
            if notebook in failures:
                record_zero(gradebook, name, student, notebook, failures[notebook])
            else:
                said = [*notes[notebook], *remarks]
                record_graded(gradebook, name, student, notebook, "; ".join(said))
                remarks = []  # once is enough
    noted = [note for said in notes.values() for note in said]
    return list(dict.fromkeys([*failures.values(), *noted, *found.remarks]))


def _timeouts(path: Path) -> int:
    cells = read_notebook(path).cells
    return sum(
        output.get("ename") == "CellTimeoutError" for cell in cells for output in cell.get("outputs", ())
    )


def _write_feedback(session: NbGraderSession, mark: Mark) -> str | None:
    """Write the pages of one student; return why that was not done, or None."""
    graded = session.course.autograded / mark.student / mark.assignment
    pages = session.course.feedback / mark.student / mark.assignment
    if mark.unfinished:
        for notebook in mark.scores:
            (pages / f"{notebook}.html").unlink(missing_ok=True)
        return f"because grading did not finish; {grade_again(mark.assignment, mark.student)}"
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
