"""The audit: does the gradebook say what grading put there, and is the log of that whole?

The last scoring event of each notebook is compared with nbgrader's gradebook, cell by cell. What a person set
in formgrader is listed as well, marked as set by hand: the gradebook keeps neither who did it nor when.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from nbgrader.api import (  # type: ignore[import-untyped]
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select

from autograder.audit_log import AuditLog, Finding, Head, LoggedEvent
from autograder.course import Course
from autograder.nbgrader_session import NbGraderSession
from autograder.private import AUDIT, PRIVATE
from autograder.wording import counted


class Place(NamedTuple):
    """A notebook of a student."""

    assignment: str
    student: str
    notebook: str


@dataclass(frozen=True)
class HeldCell:
    """What the gradebook holds for a cell; `max_score` is None for a task, which has no tests."""

    auto_score: float | None
    manual_score: float | None
    extra_credit: float | None
    max_score: float | None

    @property
    def score(self) -> float:
        """The points that count, as nbgrader computes them."""
        given = self.auto_score if self.manual_score is None else self.manual_score
        return 0.0 if given is None else given + (self.extra_credit or 0.0)


@dataclass
class HeldNotebook:
    """What the gradebook holds for a notebook of a student."""

    late_penalty: float
    cells: dict[str, HeldCell] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditReport:
    """What an audit found.

    Attributes
    ----------
    findings
        Everything that is not as grading left it.
    events, marks
        How many scoring events the log holds, and how many marks of cells were compared.
    head
        The end of the log; who notes its hash elsewhere can tell later that the log was not rewritten.
    """

    findings: tuple[Finding, ...]
    events: int
    marks: int
    head: Head | None


def audit(course: Course) -> AuditReport:
    """Check the audit log of a course, and the gradebook against it.

    Raises
    ------
    AutograderError
        If the log or the gradebook can't be read.
    """
    log = AuditLog(course.root / PRIVATE / AUDIT)
    findings = log.verify()
    events = list(log.events())
    session = NbGraderSession(course)
    held: dict[Place, HeldNotebook] = {}
    if session.has_gradebook():
        with session.gradebook() as gradebook:
            held = held_notebooks(gradebook)
        findings += _findings(_last(events), held)
    elif events:
        findings.append(
            Finding(f"there is no gradebook, but the log holds {counted(len(events), 'scoring event')}")
        )
    marks = sum(len(notebook.cells) for notebook in held.values())
    return AuditReport(tuple(findings), len(events), marks, log.head())


def reconcile(
    log: AuditLog, gradebook: Gradebook, assignments: Collection[str] | None = None
) -> list[Finding]:
    """Find where the gradebook differs from what the last scoring event of each notebook put there.

    Parameters
    ----------
    log
        The log, which `verify` checks.
    gradebook
        nbgrader's gradebook.
    assignments
        Which assignments to compare; all of them if None.
    """
    last = _last(log.events(), assignments)
    return list(_findings(last, held_notebooks(gradebook, assignments)))


def held_notebooks(
    gradebook: Gradebook, assignments: Collection[str] | None = None
) -> dict[Place, HeldNotebook]:
    """Read all that the gradebook holds for students' notebooks, in two queries."""
    submission, notebook, cell = SubmittedNotebook.__table__, Notebook.__table__, BaseCell.__table__
    whole, assignment, grade = SubmittedAssignment.__table__, Assignment.__table__, Grade.__table__
    test = GradeCell.__table__
    submissions = (
        submission.join(whole, submission.c.assignment_id == whole.c.id)
        .join(assignment, whole.c.assignment_id == assignment.c.id)
        .join(notebook, submission.c.notebook_id == notebook.c.id)
    )
    grades = (
        submissions.join(grade, grade.c.notebook_id == submission.c.id)
        .join(cell, grade.c.cell_id == cell.c.id)
        .outerjoin(test, test.c.id == cell.c.id)
    )
    place = (assignment.c.name, whole.c.student_id, notebook.c.name)
    scores = (grade.c.auto_score, grade.c.manual_score, grade.c.extra_credit, test.c.max_score)
    penalties = select(*place, submission.c.late_submission_penalty).select_from(submissions)
    marks = select(*place, cell.c.name, *scores).select_from(grades)
    if assignments is not None:
        chosen = assignment.c.name.in_(list(assignments))
        penalties, marks = penalties.where(chosen), marks.where(chosen)
    held = {Place(*row[:3]): HeldNotebook(row[3] or 0.0) for row in gradebook.db.execute(penalties)}
    for row in gradebook.db.execute(marks):
        held[Place(*row[:3])].cells[row[3]] = HeldCell(*row[4:])
    return held


def _last(
    events: Iterable[LoggedEvent], assignments: Collection[str] | None = None
) -> dict[Place, LoggedEvent]:
    last = {}
    for logged in events:
        event = logged.event
        if assignments is None or event.assignment in assignments:
            last[Place(event.assignment, event.student, event.notebook)] = logged
    return last


def _findings(last: Mapping[Place, LoggedEvent], held: Mapping[Place, HeldNotebook]) -> Iterator[Finding]:
    for place in sorted(last.keys() | held.keys()):
        logged, notebook = last.get(place), held.get(place)
        if logged is None:
            points = sum(cell.score for cell in held[place].cells.values())
            yield Finding(
                f"{counted(points, 'point')} in the gradebook, but no event in the log gave them", *place
            )
        elif notebook is None:
            points = sum(logged.event.scores.values())
            yield Finding(
                f"{_told(logged)} gave {counted(points, 'point')}, but the gradebook has no such row", *place
            )
        else:
            yield from _compared(place, logged, notebook)


def _compared(place: Place, logged: LoggedEvent, held: HeldNotebook) -> Iterator[Finding]:
    event = logged.event
    if not _same(held.late_penalty, event.late_penalty):
        yield Finding(
            f"{_told(logged)} took off {counted(event.late_penalty, 'point')} for being late, but the "
            f"gradebook takes off {held.late_penalty:g}",
            *place,
        )
    for name in sorted(event.scores.keys() - held.cells.keys()):
        points = event.scores[name]
        yield Finding(
            f"{_told(logged)} gave {counted(points, 'point')}, but the gradebook has no such row",
            *place,
            name,
        )
    for name, cell in sorted(held.cells.items()):
        if name in event.scores:
            yield from _compared_test(Place(*place), name, logged, cell)
        elif cell.auto_score:
            yield Finding(f"{counted(cell.auto_score, 'point')} given by no event in the log", *place, name)
        if cell.extra_credit:
            yield Finding(f"extra credit of {cell.extra_credit:g} set by hand", *place, name, by_hand=True)


def _compared_test(place: Place, name: str, logged: LoggedEvent, cell: HeldCell) -> Iterator[Finding]:
    points, most = logged.event.scores[name], logged.event.max_scores[name]
    if cell.auto_score is None or not _same(cell.auto_score, points):
        found = "no points" if cell.auto_score is None else counted(cell.auto_score, "point")
        yield Finding(f"{found} in the gradebook, but {_told(logged)} gave {points:g}", *place, name)
    if cell.max_score is None or not _same(cell.max_score, most):
        now = "no points" if cell.max_score is None else counted(cell.max_score, "point")
        yield Finding(f"is worth {now} now, but was worth {most:g} at {_told(logged)}", *place, name)
    if cell.manual_score is not None:
        what = f"{counted(cell.manual_score, 'point')} set by hand, where {_told(logged)} gave {points:g}"
        yield Finding(what, *place, name, by_hand=True)


def _told(logged: LoggedEvent) -> str:
    when = logged.time[:16].replace("T", " ")
    return f"event {logged.seq} ({logged.event.event} {when} UTC by {logged.who})"


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)  # a database may keep fewer digits
