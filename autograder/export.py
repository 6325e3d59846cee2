"""Marks as a CSV file and as a table of text."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from autograder.class_marks import read_class_marks
from autograder.course import Course
from autograder.formulas import defused
from autograder.isolation import isolation_notes, unusual
from autograder.marks import Mark, Report
from autograder.whole_file import whole_file


def export(course: Course, to: Path, names: Collection[str] = ()) -> Report:
    """Write one row per student and assignment; report them, and those that are not graded yet.

    The level of isolation of each mark is read from the audit log. `names` are the assignments; none means
    all.

    Raises
    ------
    AutograderError
        If nothing is released, no student is known, or the file can't be written; an earlier file stays.
    """
    standings = read_class_marks(course, names)
    marks = [standing.mark for standing in standings]
    with whole_file(to) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(_csv_rows(marks))
    problems = [standing.problem("its 0 means nothing") for standing in standings]
    return Report(tuple(marks), tuple(filter(None, problems)), tuple(mark_notes(marks)))


def mark_notes(marks: Iterable[Mark]) -> list[str]:
    """Say what else is to be known of marks that are handed on: an unusual level of isolation."""
    return isolation_notes(
        {f"{mark.assignment}, {mark.student}": mark.isolation.values() for mark in marks if mark.isolation}
    )


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


def _csv_rows(marks: Sequence[Mark]) -> Iterator[list[str]]:
    notebooks = _notebooks(marks)
    yield ["student", "assignment", *notebooks, "total", "max", "isolation", "remarks"]
    for mark in marks:
        scores = [_number(mark.scores.get(notebook)) for notebook in notebooks]
        totals = [_number(mark.total), _number(mark.maximum)]
        yield [
            defused(mark.student),
            defused(mark.assignment),
            *scores,
            *totals,
            _isolation(mark),
            defused(" | ".join(mark.remarks)),
        ]


def _isolation(mark: Mark) -> str:
    """Name the levels at which the student's code ran; none if none of it did."""
    return " | ".join(sorted(set(mark.isolation.values()) - {"none"}))


def _notebooks(marks: Iterable[Mark]) -> list[str]:
    return list(dict.fromkeys(notebook for mark in marks for notebook in sorted(mark.scores)))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.10g}"
