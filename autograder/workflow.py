"""The steps of a course that nbgrader carries out: release an assignment, grade a class, write feedback."""

from __future__ import annotations

import html
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import ASSIGNMENTS, list_assignments, unknown_name
from autograder.convert import NOTEBOOKS
from autograder.course import Course
from autograder.errors import AutograderError
from autograder.marks import Mark, begin, read_marks, record_graded, record_zero, test_cells
from autograder.nbgrader_session import NbGraderSession
from autograder.notebooks import read_notebook
from autograder.regions import HIDDEN_TESTS, SOLUTION, has_region, region_error
from autograder.submission import id_error, inspect_submission

Progress = Callable[[Sequence[str]], Iterable[str]]


@dataclass(frozen=True)
class Report:
    """What a step did: the marks it gave, and one line for each submission that needs attention."""

    marks: tuple[Mark, ...]
    problems: tuple[str, ...]


def release(course: Course, name: str, assignments: Path = ASSIGNMENTS) -> Path:
    """Write the students' version of an assignment, in place of an earlier one only when it is complete.

    The source notebooks are run first: an assignment whose own solutions fail its tests is not released.

    Raises
    ------
    AutograderError
        If a source notebook is missing, broken or fails, or nbgrader refuses it; the earlier version stays.
    """
    course.require_assignment(name)
    course.require_writable()
    expected = _check_sources(
        course.source / name, NOTEBOOKS if name in list_assignments(assignments) else ()
    )
    session = NbGraderSession(course)
    session.require_imports()
    for notebook in expected:
        path = course.source / name / f"{notebook}.ipynb"
        if failures := session.reference_failures(path):
            raise AutograderError(
                f"{path}: not released, because its own solution fails {'; '.join(failures)}"
            )
    draft = Path(tempfile.mkdtemp(prefix=".release-", dir=course.root))
    try:
        if (reason := session.generate_assignment(name, draft.name)) is not None:
            raise AutograderError(
                f"{course.source / name}: not released, the earlier version stays: {_hint(name, reason)}"
            )
        _check_release(draft / name, expected)
        final = course.release / name
        final.parent.mkdir(exist_ok=True)
        if final.exists():
            final.rename(draft / "earlier")
        (draft / name).rename(final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return final


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
    """
    course.require_assignment(name)
    course.require_writable()
    students, problems = _submitters(course, name, student)
    session = NbGraderSession(course, timeout)
    with session.gradebook() as gradebook:
        expected = test_cells(gradebook, name)
    if not expected:
        raise AutograderError(f"{name} is not released yet: run `autograder release {name}` first")
    session.require_imports()
    for current in progress(students):
        try:
            problems += [f"{current}: {problem}" for problem in _grade_one(session, name, current, expected)]
        except OSError as error:
            problems.append(f"{current}: not graded, {error.filename} can't be used ({error.strerror})")
    with session.gradebook() as gradebook:
        return Report(tuple(read_marks(gradebook, name, students)), tuple(problems))


def feedback(course: Course, name: str, *, progress: Progress = list) -> Report:
    """Write a feedback page per student and notebook; a notebook that could not be graded gets the reason."""
    course.require_assignment(name)
    course.require_writable()
    session = NbGraderSession(course)
    with session.gradebook() as gradebook:
        marks = {
            mark.student: mark
            for mark in (read_marks(gradebook, name) if test_cells(gradebook, name) else ())
        }
    if not marks:
        raise AutograderError(f"nobody's {name} is graded yet: run `autograder grade {name}` first")
    problems = []
    for student in progress(list(marks)):
        graded = course.autograded / student / name
        if any(graded.glob("*.ipynb")) and (reason := session.generate_feedback(name, student)) is not None:
            problems.append(f"{student}: no feedback written, {reason}")
        for notebook, score in marks[student].scores.items():
            if not (graded / f"{notebook}.ipynb").exists():
                page = course.feedback / student / name / f"{notebook}.html"
                page.parent.mkdir(parents=True, exist_ok=True)
                page.write_text(_reason_page(notebook, score, marks[student].remarks), encoding="utf-8")
    return Report(tuple(marks.values()), tuple(problems))


def _check_sources(folder: Path, required: Collection[str]) -> list[str]:
    found = sorted(path.stem for path in folder.glob("*.ipynb"))
    for notebook in required:
        if notebook not in found:
            raise AutograderError(
                f"{folder / notebook}.ipynb is missing; put it back "
                "(`autograder init` in a new directory makes a fresh copy) and release again"
            )
    if not found:
        raise AutograderError(f"{folder} holds no notebook")
    for notebook in found:
        path = folder / f"{notebook}.ipynb"
        try:
            cells = read_notebook(path).cells
        except Exception as error:  # nbformat raises many kinds for a broken file
            raise AutograderError(f"{path}: not a notebook: {error!r}") from error
        for number, cell in enumerate(cells, start=1):
            if (wrong := region_error(cell.source)) is not None:
                raise AutograderError(f"{path}, cell {number}: {wrong}")
    return found


def _check_release(folder: Path, expected: Collection[str]) -> None:
    """Look once more for what students must not get, whatever nbgrader's settings are."""
    for notebook in expected:
        path = folder / f"{notebook}.ipynb"
        if not path.exists():
            raise AutograderError(f"nbgrader wrote no {path.name}; nothing was released")
        text = path.read_text(encoding="utf-8")
        if has_region(text, SOLUTION) or has_region(text, HIDDEN_TESTS):
            raise AutograderError(f"{path.name} would hold a solution or a hidden test; nothing was released")


def _hint(name: str, reason: str) -> str:
    if "submissions associated" in reason:
        return (
            "cells were added, removed or renamed after submissions were graded, which nbgrader's gradebook "
            f"does not allow. Undo that, or forget all marks: `nbgrader db assignment remove {name} --force`"
        )
    return reason


def _submitters(course: Course, name: str, student: str | None) -> tuple[list[str], list[str]]:
    """Find who handed in an assignment, and one line for each entry of submitted/ that can't be graded."""
    entries = sorted(os.listdir(course.submitted)) if course.submitted.is_dir() else []
    handed_in = [entry for entry in entries if os.path.lexists(course.submitted / entry / name)]
    if student is not None:
        if (wrong := id_error(student)) is not None:
            raise AutograderError(f"{student!r} can't be a student id: {wrong}")
        if student not in handed_in:
            raise AutograderError(
                f"{course.submitted}: " + unknown_name(f"submission of {name} by", student, handed_in)
            )
        return [student], []
    problems = []
    for entry in entries:
        if (wrong := id_error(entry)) is not None and not entry.startswith(
            "."
        ):  # the system's own files start so
            problems.append(f"{entry!r} in submitted/ can't be a student id: {wrong}; not graded")
        elif not (course.submitted / entry).is_dir():
            problems.append(f"{entry!r} in submitted/ is a file, not the folder of a student; not graded")
    students = [entry for entry in handed_in if id_error(entry) is None]
    if not students and not problems:
        raise AutograderError(
            f"{course.submitted} holds no submission of {name}. Put each in submitted/STUDENT/{name}/, "
            f"or make up a class with `autograder sample-class {name}`."
        )
    return students, problems


def _grade_one(
    session: NbGraderSession, name: str, student: str, expected: Mapping[str, Collection[str]]
) -> list[str]:
    with session.gradebook() as gradebook:
        begin(gradebook, name, student)
    graded = session.course.autograded / student / name
    if graded.exists():
        shutil.rmtree(graded)
    found = inspect_submission(session.course.submitted / student / name, expected)
    failures = dict.fromkeys(expected, f"refused: {found.refused}") if found.refused else {}
    failures |= found.notebooks
    notes = dict(found.notes)
    for notebook in expected:
        if notebook in failures:
            continue
        if (reason := session.autograde(name, student, notebook)) is not None:
            failures[notebook] = f"{notebook}.ipynb was not graded: {reason}"
        elif slow := _timeouts(graded / f"{notebook}.ipynb"):
            notes[notebook] = "; ".join(
                [
                    *filter(None, [notes.get(notebook)]),
                    f"{notebook}.ipynb: cells that ran out of time: {slow}",
                ]
            )
    with session.gradebook() as gradebook:
        for notebook in expected:
            if notebook in failures:
                record_zero(gradebook, name, student, notebook, failures[notebook])
            else:
                record_graded(gradebook, name, student, notebook, notes.get(notebook))
    return list(dict.fromkeys([*failures.values(), *notes.values()]))


def _timeouts(path: Path) -> int:
    cells = read_notebook(path).cells
    return sum(
        output.get("ename") == "CellTimeoutError" for cell in cells for output in cell.get("outputs", ())
    )


def _reason_page(notebook: str, score: float, remarks: Iterable[str]) -> str:
    reasons = "".join(f"<p>{html.escape(remark)}</p>" for remark in remarks)
    title = html.escape(notebook)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body><h1>{title} (Score: {score:g})</h1>{reasons}</body></html>\n"
    )
