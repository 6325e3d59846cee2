"""Marks in nbgrader's gradebook: what is written when a notebook can't be graded, and what tables read.

A remark is the automatic comment on a notebook's solution cells, so formgrader and feedback show it too.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection
from dataclasses import dataclass

from nbgrader.api import (  # type: ignore[import-untyped]
    Gradebook,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)

UNFINISHED = "Grading did not finish; grade again."
_NO_RESPONSE = "No response."  # nbgrader's own comment on an untouched cell


@dataclass(frozen=True)
class Mark:
    """One student's marks for one assignment: `scores` by notebook, `total` less any penalty for lateness.

    `unfinished` names the notebooks whose grading was broken off; their zeros mean nothing yet.
    """

    student: str
    assignment: str
    scores: dict[str, float]
    total: float
    maximum: float
    remarks: tuple[str, ...]
    unfinished: tuple[str, ...] = ()


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


def begin(gradebook: Gradebook, assignment: str, student: str) -> None:
    """Set everything of a submission to zero before it is graded, so that only what passes ever counts."""
    gradebook.update_or_create_student(student)
    submission = gradebook.update_or_create_submission(assignment, student)
    for notebook in submission.notebooks:
        _zero(notebook, UNFINISHED)


def record_zero(gradebook: Gradebook, assignment: str, student: str, notebook: str, remark: str) -> None:
    """Record that a notebook could not be graded, and why. A mark given by hand stays, flagged for review."""
    _zero(gradebook.find_submission_notebook(notebook, assignment, student), remark)


def record_graded(
    gradebook: Gradebook, assignment: str, student: str, notebook: str, note: str | None
) -> None:
    """Close the grading of a notebook that nbgrader has marked, with a note on it or none."""
    comments = gradebook.find_submission_notebook(notebook, assignment, student).comments
    for comment in comments:
        if comment.auto_comment == UNFINISHED:
            comment.auto_comment = None
    if note and comments:
        min(comments, key=lambda comment: comment.name).auto_comment = note


def read_marks(gradebook: Gradebook, assignment: str, students: Collection[str] | None = None) -> list[Mark]:
    """Read the marks of those who handed in, or of the named students only, in the order of their ids."""
    submissions = gradebook.assignment_submissions(assignment)
    marks = [_mark(s) for s in submissions if students is None or s.student.id in students]
    return sorted(marks, key=lambda mark: mark.student)


def _zero(notebook: SubmittedNotebook, remark: str) -> None:
    for grade in notebook.grades:
        grade.auto_score = 0.0
        grade.needs_manual_grade = grade.manual_score is not None
    for comment in notebook.comments:
        comment.auto_comment = remark
    notebook.late_submission_penalty = None


def _mark(submission: SubmittedAssignment) -> Mark:
    notebooks = sorted(submission.notebooks, key=lambda notebook: notebook.name)
    penalty = sum(notebook.late_submission_penalty or 0.0 for notebook in notebooks)
    remarks: list[str] = []
    for notebook in notebooks:
        remarks += sorted({c.auto_comment for c in notebook.comments} - {None, _NO_RESPONSE, *remarks})
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
        unfinished=tuple(
            notebook.name
            for notebook in notebooks
            if any(comment.auto_comment == UNFINISHED for comment in notebook.comments)
        ),
    )
