"""Feedback: a page per student and notebook, with the marks and what the tests had to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from autograder.authored import ASSIGNMENTS
from autograder.course import Course
from autograder.errors import AutograderError
from autograder.feedback_page.gradebook import read_marked
from autograder.feedback_page.shows import marks_digest, read_shown, work_digest
from autograder.feedback_page.writer import FeedbackWriter, graded_notebook
from autograder.lateness import told_owed
from autograder.marks import Mark, Report, read_marks, test_cells
from autograder.nbgrader_session import NbGraderSession
from autograder.private import PRIVATE, VERDICTS
from autograder.verdict_cache import VerdictCache
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
    return Report(tuple(written), (*problems, *told_owed(course, [name])))


def _marks(course: Course, name: str) -> list[Mark]:
    session = NbGraderSession(course)
    if not session.has_gradebook():
        return []
    with session.gradebook() as gradebook:
        return read_marks(gradebook, name) if test_cells(gradebook, name) else []


def outdated_feedback(course: Course, name: str, recorded_at: Mapping[str, float]) -> list[str]:
    """Say in a line of how many students the pages show other marks, comments or work than there are now.

    Parameters
    ----------
    course, name
        The assignment.
    recorded_at
        When verdicts were recorded, in seconds since the epoch, by student: pages that are newer show them.
    """
    session = NbGraderSession(course)
    if not (course.feedback.is_dir() and session.has_gradebook()):
        return []
    with session.gradebook() as gradebook:
        marked = read_marked(gradebook, name)
    outdated: set[str] = set()
    doubtful: dict[tuple[str, str], str] = {}  # recorded again since, with what the page shows of it
    for student, notebooks in marked.items():
        for notebook, now in notebooks.items():
            page = course.feedback / student / name / f"{notebook}.html"
            if not page.is_file():
                continue
            shown = read_shown(page)
            older = page.stat().st_mtime < recorded_at.get(student, 0.0)
            if older if shown is None else shown.marks != marks_digest(now):
                outdated.add(student)
            elif shown is not None and older:
                doubtful[student, notebook] = shown.work
    outdated |= _with_other_work(course, name, doubtful)
    if not outdated:
        return []
    whose = counted(len(outdated), "student")
    return [
        f"feedback pages of {whose} don't show the marks as they are now: run `autograder feedback {name}`"
    ]


def outdated_pages(course: Course, names: Iterable[str]) -> list[str]:
    """Say the same of several assignments, a line for each of which pages are out of date."""
    path = course.root / PRIVATE / VERDICTS
    if not path.exists():
        return []
    with VerdictCache(path) as kept:
        recorded_at = {name: kept.recorded_at(name) for name in names}
    return [line for name, times in recorded_at.items() for line in outdated_feedback(course, name, times)]


def _with_other_work(course: Course, name: str, shown: Mapping[tuple[str, str], str]) -> set[str]:
    """Name the students of whom a page shows other work, or other verdicts, than are recorded."""
    path = course.root / PRIVATE / VERDICTS
    if not shown or not path.exists():
        return set()
    with VerdictCache(path) as kept:
        keys = {place: key for place, key in kept.recorded(name).items() if place in shown}
        verdicts = kept.get_many(keys.values())
    other = set()
    for (student, notebook), before in shown.items():
        try:
            now = graded_notebook(course, student, name, notebook)
        except OSError:  # writing the page will say why
            other.add(student)
            continue
        if before != work_digest(now, verdicts.get(keys.get((student, notebook), ""))):
            other.add(student)
    return other
