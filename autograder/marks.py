"""Marks in nbgrader's gradebook, as tables and pages read them.

A remark is the automatic comment on a notebook's solution cells, so formgrader and feedback show it too.
"""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from nbgrader.api import (  # type: ignore[import-untyped]
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import case, func, select

NO_RESPONSE = "No response."  # nbgrader's own comment on an untouched cell


@dataclass(frozen=True)
class Mark:
    """One student's marks for one assignment.

    Attributes
    ----------
    student, assignment
        Whose marks.
    scores
        The points of each notebook.
    total, maximum
        All points, less any penalty for lateness, and what they could have been.
    remarks
        What the instructor should know.
    isolation
        The level at which each notebook's code ran, as far as that is known.
    """

    student: str
    assignment: str
    scores: dict[str, float]
    total: float
    maximum: float
    remarks: tuple[str, ...]
    isolation: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """What a step did.

    Attributes
    ----------
    marks
        The marks it gave.
    problems
        One line for each submission that needs attention.
    notes
        What else is to be known of all of it.
    """

    marks: tuple[Mark, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()


def grade_again(assignment: str, student: str) -> str:
    """Say how to have one student graded again."""
    return f"run `autograder grade {assignment} --student {shlex.quote(student)}`"


def test_cells(gradebook: Gradebook, assignment: str) -> dict[str, list[str]]:
    """Name the notebooks of an assignment, each with its test cells; empty if it was never released."""
    try:
        notebooks = gradebook.find_assignment(assignment).notebooks
    except MissingEntry:
        return {}
    return {
        notebook.name: [cell.name for cell in notebook.grade_cells]
        for notebook in sorted(notebooks, key=lambda notebook: notebook.name)
    }


def recorded_scores(
    gradebook: Gradebook, assignment: str, student: str | None = None
) -> dict[tuple[str, str], dict[str, float | None]]:
    """Read the automatic scores of everyone, or of one student, by cell, by student and notebook."""
    found = (
        select(SubmittedAssignment.student_id, Notebook.name, BaseCell.name, Grade.auto_score)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(Assignment, Notebook.assignment_id == Assignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .where(Assignment.name == assignment)
    )
    if student is not None:
        found = found.where(SubmittedAssignment.student_id == student)
    scores: dict[tuple[str, str], dict[str, float | None]] = {}
    for owner, notebook, cell, score in gradebook.db.execute(found):
        scores.setdefault((owner, notebook), {})[cell] = score
    return scores


def late_penalties(
    gradebook: Gradebook, assignment: str, students: Collection[str]
) -> dict[tuple[str, str], float]:
    """Look up what is taken off for being late, by student and notebook."""
    rows = gradebook.db.execute(
        select(SubmittedAssignment.student_id, Notebook.name, SubmittedNotebook.late_submission_penalty)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(Assignment, Notebook.assignment_id == Assignment.id)
        .where(Assignment.name == assignment, SubmittedAssignment.student_id.in_(students))
    )
    return {(student, notebook): penalty or 0.0 for student, notebook, penalty in rows}


def read_marks(gradebook: Gradebook, assignment: str, students: Collection[str] | None = None) -> list[Mark]:
    """Read the marks of those who handed in, or of the named students only, in the order of their ids."""
    found = gradebook.find_assignment(assignment)
    cells = [cell.id for notebook in found.notebooks for cell in notebook._base_cells]
    theirs = [
        SubmittedAssignment.assignment_id == found.id,
        SubmittedNotebook.assignment_id == SubmittedAssignment.id,
        SubmittedNotebook.notebook_id == Notebook.id,
        Notebook.assignment_id == found.id,
    ]
    if students is not None:
        theirs.append(SubmittedAssignment.student_id.in_(students))
    place = (SubmittedAssignment.student_id, Notebook.name)
    penalty = SubmittedNotebook.late_submission_penalty
    waiting = func.sum(case((Grade.needs_manual_grade, 1), else_=0))
    scores = (
        select(*place, func.sum(Grade.score), waiting, penalty)
        .where(Grade.notebook_id == SubmittedNotebook.id, Grade.cell_id.in_(cells), *theirs)
        .group_by(*place, penalty)
        .order_by(*place)
    )
    comments = (
        select(*place, Comment.auto_comment)
        .where(
            Comment.notebook_id == SubmittedNotebook.id,
            Comment.cell_id.in_(cells),
            Comment.auto_comment.is_not(None),
            Comment.auto_comment != NO_RESPONSE,
            *theirs,
        )
        .distinct()
        .order_by(*place, Comment.auto_comment)
    )
    said: dict[tuple[str, str], list[str]] = {}
    for student, notebook, text in gradebook.db.execute(comments):
        said.setdefault((student, notebook), []).append(text)
    marks = []
    for student, rows in itertools.groupby(gradebook.db.execute(scores), key=lambda row: row[0]):
        notebooks = [_Notebook(name, score or 0.0, wait, late or 0.0) for _, name, score, wait, late in rows]
        remarks = {name: said.get((student, name), []) for name, *_ in notebooks}
        marks.append(_mark(student, assignment, found.max_score, notebooks, remarks))
    return marks


class _Notebook(NamedTuple):
    """One notebook of a student; `waiting` counts the cells that are to be marked by hand."""

    name: str
    score: float
    waiting: int
    penalty: float


def _mark(
    student: str,
    assignment: str,
    maximum: float,
    notebooks: Sequence[_Notebook],
    said: Mapping[str, Sequence[str]],
) -> Mark:
    penalty = sum(notebook.penalty for notebook in notebooks)
    remarks: list[str] = []
    for notebook in notebooks:
        remarks += [remark for remark in said[notebook.name] if remark not in remarks]
        if notebook.waiting:
            remarks.append(f"{notebook.name}.ipynb: {notebook.waiting} to be marked by hand")
    if penalty:
        remarks.append(f"{penalty:g} taken off for being late")
    return Mark(
        student=student,
        assignment=assignment,
        scores={notebook.name: notebook.score for notebook in notebooks},
        total=max(0.0, sum(notebook.score for notebook in notebooks) - penalty),
        maximum=maximum,
        remarks=tuple(remarks),
    )
