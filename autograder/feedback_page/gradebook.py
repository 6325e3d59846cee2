"""What nbgrader's gradebook knows of the submissions of an assignment, in three queries for a class."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from nbgrader.api import (  # type: ignore[import-untyped]
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select

from autograder.marks import NO_RESPONSE


@dataclass(frozen=True)
class Given:
    """The points of one cell: by a test, by a person, on top; and whether a person must look at it."""

    auto: float | None
    manual: float | None
    extra: float
    waits: bool

    @property
    def points(self) -> float:
        """What counts, as nbgrader counts it."""
        return (self.auto if self.manual is None else self.manual) or 0.0


@dataclass
class Marked:
    """What is known of one notebook of a student.

    Attributes
    ----------
    given
        The points by cell.
    comments
        What people wrote, by cell.
    remarks
        What grading had to say of all of it.
    timestamp, due
        When it was handed in and when it was due, in UTC, as far as is known.
    penalty
        What is taken off for lateness.
    """

    given: dict[str, Given] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    timestamp: datetime | None = None
    due: datetime | None = None
    penalty: float = 0.0


def read_marked(
    gradebook: Gradebook, assignment: str, students: Collection[str] | None = None
) -> dict[str, dict[str, Marked]]:
    """Read what is known of everyone's submission, or of the named students', by student and notebook."""
    found: dict[str, dict[str, Marked]] = {}
    theirs = [Assignment.name == assignment]
    if students is not None:
        theirs.append(SubmittedAssignment.student_id.in_(students))
    place = (SubmittedAssignment.student_id, Notebook.name)
    submitted = (
        select(
            *place,
            SubmittedAssignment.timestamp,
            Assignment.duedate,
            SubmittedAssignment.extension,
            SubmittedNotebook.late_submission_penalty,
        )
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(Assignment, Notebook.assignment_id == Assignment.id)
        .where(*theirs)
        .order_by(*place)
    )
    for student, notebook, timestamp, due, extension, penalty in gradebook.db.execute(submitted):
        found.setdefault(student, {})[notebook] = Marked(
            timestamp=timestamp, due=due + extension if due and extension else due, penalty=penalty or 0.0
        )
    for table, columns in (
        (Grade, (Grade.auto_score, Grade.manual_score, Grade.extra_credit, Grade.needs_manual_grade)),
        (Comment, (Comment.auto_comment, Comment.manual_comment)),
    ):
        rows = (
            select(*place, BaseCell.name, *columns)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
            .join(Assignment, Notebook.assignment_id == Assignment.id)
            .join(table, table.notebook_id == SubmittedNotebook.id)
            .join(BaseCell, table.cell_id == BaseCell.id)
            .where(*theirs)
            .order_by(*place, BaseCell.name)
        )
        for student, notebook, cell, *values in gradebook.db.execute(rows):
            marked = found[student][notebook]
            if table is Grade:
                auto, manual, extra, waits = values
                marked.given[cell] = Given(auto, manual, extra or 0.0, bool(waits))
                continue
            remark, comment = values
            if remark and remark != NO_RESPONSE and remark not in marked.remarks:
                marked.remarks.append(remark)
            if comment:
                marked.comments[cell] = comment
    return found
