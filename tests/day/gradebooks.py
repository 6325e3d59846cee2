"""What a system reads when a gradebook file is given back to it: a mark for each student whom it finds."""

from __future__ import annotations

import csv
import io
from pathlib import Path


def canvas_import(path: Path, column: str) -> dict[str, str]:
    """Find marks as Canvas does: students by their number; above them stands the row of points."""
    rows = _rows(path.read_bytes().decode("utf-8"), ",")
    assert rows[1][rows[0].index("Student")].strip() == "Points Possible"
    return _column([rows[0], *rows[2:]], "ID", f"{column} (4711)")


def moodle_import(path: Path, column: str) -> dict[str, str]:
    """Find marks as Moodle does when students are mapped by their address."""
    rows = _rows(path.read_bytes().decode("utf-8"), ",")
    return _column(rows, "Email address", f"Assignment: {column} (Real)")


def blackboard_import(path: Path, column: str) -> dict[str, str]:
    """Find marks as Blackboard does: by user name, in UTF-16 with tabs, and the column by its number."""
    rows = _rows(path.read_bytes().decode("utf-16"), "\t")
    heading = next(heading for heading in rows[0] if heading.endswith("|664617"))
    assert heading.startswith(f"{column} [Total Pts: ")
    return _column(rows, "Username", heading)


def _rows(text: str, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def _column(rows: list[list[str]], key: str, value: str) -> dict[str, str]:
    who, mark = rows[0].index(key), rows[0].index(value)
    assert len({row[who] for row in rows[1:]}) == len(rows) - 1
    return {row[who]: row[mark] for row in rows[1:]}
