"""The class list as a table: its rows as they stand in the file, and how the file is written.

`read_roster` tells who is in it; what goes back to an LMS needs the cells as they came, and in the same form.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.delimited import read_text, split
from autograder.roster import Roster, Student, read_roster


@dataclass(frozen=True)
class Form:
    """How the text of a table becomes bytes.

    Attributes
    ----------
    delimiter
        What stands between cells.
    encoding, marked
        The encoding, and whether the file begins with a byte order mark.
    line_end
        What ends a line.
    quotes_all
        Whether every cell stands in quotes, or only those that need them.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    marked: bool = False
    line_end: str = "\r\n"
    quotes_all: bool = False

    def write(self, rows: Iterable[Sequence[str]], to: Path) -> None:
        """Write a table."""
        with to.open("w", encoding=self.encoding, errors="replace", newline="") as file:
            if self.marked:
                file.write("\ufeff")
            writer = csv.writer(
                file,
                delimiter=self.delimiter,
                lineterminator=self.line_end,
                quoting=csv.QUOTE_ALL if self.quotes_all else csv.QUOTE_MINIMAL,
            )
            writer.writerows(rows)


@dataclass(frozen=True)
class Row:
    """A row as it stands in the file, and whom it is about; None for a row of the system's own."""

    cells: tuple[str, ...]
    student: Student | None


@dataclass(frozen=True)
class ClassTable:
    """A class list with its rows in their order; the row of headings is not among them."""

    roster: Roster
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    form: Form


def read_class_table(path: Path) -> ClassTable:
    """Read a class list.

    Raises
    ------
    AutograderError
        If it is no class list.
    """
    roster = read_roster(path)  # complains of whatever is no class list
    text = read_text(path)
    table = split(path, text.content, lambda headings: headings == roster.headings)
    assert table is not None  # it was read just now
    headings = table.headings
    waiting = list(reversed(roster.students))
    found = []
    for cells in filter(None, table.rows):
        padded = (*cells, *[""] * len(headings))[: len(headings)]
        student = waiting.pop() if waiting and _is_of(waiting[-1], roster.headings, padded) else None
        found.append(Row(padded, student))
    form = Form(
        delimiter=table.delimiter,
        encoding="utf-8" if text.encoding == "cp1252" else text.encoding,  # no LMS asks for Windows's own
        marked=text.marked,
        line_end="\r\n" if "\r\n" in text.content else "\n",
        quotes_all=text.content.startswith('"') and f'"{headings[-1]}"' in text.content,
    )
    return ClassTable(roster, headings, tuple(found), form)


def _is_of(student: Student, headings: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a row is the one from which a student was read; Canvas writes some names as `="name"`."""
    came: dict[str, str] = {}
    for heading, cell in zip(headings, cells, strict=True):
        came.setdefault(heading, cell.strip())
    return all(came[heading] in (read, f'="{read}"') for heading, read in student.columns.items())
