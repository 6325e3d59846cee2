"""Marks as a CSV file and as a table of text."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from autograder.audit_log import AuditLog
from autograder.course import Course
from autograder.errors import AutograderError
from autograder.isolation import isolation_notes, unusual
from autograder.marks import Mark, Report, grade_again, read_marks
from autograder.nbgrader_session import NbGraderSession
from autograder.private import AUDIT, PRIVATE
from autograder.submission import find_submissions


def export(course: Course, to: Path) -> Report:
    """Write one row per student and assignment; report them, and those that are not graded yet.

    The level of isolation of each mark is read from the audit log.

    Raises
    ------
    AutograderError
        If nothing is released, no student is known, or the file can't be written; an earlier file stays.
    """
    rows: list[Mark] = []
    problems: list[str] = []
    levels = _isolation_levels(course)
    session = NbGraderSession(course)
    if session.has_gradebook():
        with session.gradebook() as gradebook:
            students = {student.id for student in gradebook.students}
            for assignment in sorted(gradebook.assignments, key=lambda assignment: assignment.name):
                marks = {mark.student: mark for mark in read_marks(gradebook, assignment.name)}
                handed_in, _ = find_submissions(course.submitted, assignment.name, course.assignments())
                for student in sorted(students | (set(handed_in) if students else set())):
                    remark = "handed in, not graded yet" if student in handed_in else "nothing handed in"
                    nothing = dict.fromkeys((notebook.name for notebook in assignment.notebooks), 0.0)
                    absent = Mark(student, assignment.name, nothing, 0.0, assignment.max_score, (remark,))
                    mark = marks.get(student, absent)
                    rows.append(replace(mark, isolation=levels.get((assignment.name, student), {})))
                    if mark is absent and student in handed_in:
                        problems.append(
                            f"{student}: {assignment.name} is not graded yet, and its 0 means nothing; "
                            f"{grade_again(assignment.name, student)}"
                        )
    if not rows:
        raise AutograderError(f"{course.root} has no marks yet: release an assignment and grade it first")
    _write_whole(to, rows)
    notes = isolation_notes(
        {f"{row.assignment}, {row.student}": row.isolation.values() for row in rows if row.isolation}
    )
    return Report(tuple(rows), tuple(problems), tuple(notes))


def _isolation_levels(course: Course) -> dict[tuple[str, str], dict[str, str]]:
    """Find the level at which each notebook was graded last, by assignment and student."""
    levels: dict[tuple[str, str], dict[str, str]] = {}
    for logged in AuditLog(course.root / PRIVATE / AUDIT).events():
        event = logged.event
        levels.setdefault((event.assignment, event.student), {})[event.notebook] = event.isolation
    return levels


def table(marks: Sequence[Mark]) -> str:
    """Lay marks out in columns, a line per student; the level of isolation where it is not the usual one.

    Examples
    --------
    >>> print(table([Mark("ada", "u2", {"practice": 14.0, "quiz": 5.5}, 19.5, 20.0, ())]))
    student  practice  quiz  total  max
    ada            14   5.5   19.5   20
    """
    told = any(unusual(mark.isolation.values()) for mark in marks)
    lines = [["student", *_notebooks(marks), "total", "max", *(["isolation"] if told else [])]]
    for mark in marks:
        scores = [_number(mark.scores.get(notebook)) for notebook in _notebooks(marks)]
        cells = [mark.student, *scores, _number(mark.total), _number(mark.maximum)]
        lines.append([*cells, *([_isolation(mark)] if told else [])])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            [cells[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True))]
        )
        for cells in lines
    )


def _write_whole(to: Path, rows: Sequence[Mark]) -> None:
    """Write next to the target and move into place, so that a reader never sees half a file."""
    if to.is_dir():
        raise AutograderError(f"{to} is a directory; name a file")
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=to.parent, prefix=f".{to.name}-", delete=False
        ) as draft:
            try:
                csv.writer(draft).writerows(_csv_rows(rows))
                draft.flush()
                os.replace(draft.name, to)
            except BaseException:
                os.unlink(draft.name)
                raise
    except OSError as error:
        raise AutograderError(f"{to}: can't be written ({error.strerror}); nothing was changed") from error


def _csv_rows(marks: Sequence[Mark]) -> Iterator[list[str]]:
    notebooks = _notebooks(marks)
    yield ["student", "assignment", *notebooks, "total", "max", "isolation", "remarks"]
    for mark in marks:
        scores = [_number(mark.scores.get(notebook)) for notebook in notebooks]
        totals = [_number(mark.total), _number(mark.maximum)]
        yield [
            _defused(mark.student),
            _defused(mark.assignment),
            *scores,
            *totals,
            _isolation(mark),
            _defused(" | ".join(mark.remarks)),
        ]


def _isolation(mark: Mark) -> str:
    """Name the levels at which the student's code ran; none if none of it did."""
    return " | ".join(sorted(set(mark.isolation.values()) - {"none"}))


def _notebooks(marks: Iterable[Mark]) -> list[str]:
    return list(dict.fromkeys(notebook for mark in marks for notebook in sorted(mark.scores)))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"


def _defused(text: str) -> str:
    """Keep a spreadsheet from running a text as a formula: those that start like one get an apostrophe.

    Examples
    --------
    >>> _defused("=1+1"), _defused("ada")
    ("'=1+1", 'ada')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
