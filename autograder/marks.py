"""Marks in nbgrader's gradebook, as tables and pages read them.

A remark is the automatic comment on a notebook's solution cells, so formgrader and feedback show it too.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection
from dataclasses import dataclass

from nbgrader.api import (  # type: ignore[import-untyped]
    Assignment,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import func, select

NO_RESPONSE = "No response."  # nbgrader's own comment on an untouched cell


@dataclass(frozen=True)
class Mark:
    """One student's marks for one assignment: `scores` by notebook, `total` less any penalty for lateness."""

    student: str
    assignment: str
    scores: dict[str, float]
    total: float
    maximum: float
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What a step did: the marks it gave, and one line for each submission that needs attention."""

    marks: tuple[Mark, ...]
    problems: tuple[str, ...]


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


def recorded_scores(gradebook: Gradebook, assignment: str) -> dict[tuple[str, str], float]:
    """Add up the automatic scores, by student and notebook; a cell without one counts nothing."""
    rows = gradebook.db.execute(
        select(SubmittedAssignment.student_id, Notebook.name, func.sum(Grade.auto_score))
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(Assignment, Notebook.assignment_id == Assignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .where(Assignment.name == assignment)
        .group_by(SubmittedAssignment.student_id, Notebook.name)
    )
    return {(student, notebook): score or 0.0 for student, notebook, score in rows}


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
    submissions = gradebook.assignment_submissions(assignment)
    marks = [_mark(s) for s in submissions if students is None or s.student.id in students]
    return sorted(marks, key=lambda mark: mark.student)


def _mark(submission: SubmittedAssignment) -> Mark:
    notebooks = sorted(submission.notebooks, key=lambda notebook: notebook.name)
    penalty = sum(notebook.late_submission_penalty or 0.0 for notebook in notebooks)
    remarks: list[str] = []
    for notebook in notebooks:
        remarks += sorted({c.auto_comment for c in notebook.comments} - {None, NO_RESPONSE, *remarks})
        if waiting := sum(grade.needs_manual_grade for grade in notebook.grades):
            remarks.append(f"{notebook.name}.ipynb: {waiting} to be marked by hand")
    if penalty:
        remarks.append(f"{penalty:g} taken off for being late")
    return Mark(
        student=submission.student.id,
        assignment=submission.assignment.name,
        scores={notebook.name: notebook.score for notebook in notebooks},
        total=max(0.0, submission.score - penalty),
        maximum=submission.max_score,
        remarks=tuple(remarks),
    )
