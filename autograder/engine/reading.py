"""A student's notebook file, read tolerantly: bytes in, a list of plain cells out. Nothing in it is run.

What is broken is left out with a remark; only a file that holds no notebook at all is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from autograder.errors import shortened

LIMIT = 20 * 1024 * 1024  # bytes of a notebook file
MOST_CELLS = 10_000
MOST_REMARKS = 20
# Brackets of a notebook file: an empty list takes 2 bytes there and 30 times as much in memory.
_MOST_BRACKETS = 1_000_000
_ATTACHED = 5 * 1024 * 1024  # characters of all attachments of a notebook together
# Pictures that can't hold a script, as SVG can.
_PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}
_CELL_TYPES = ("code", "markdown", "raw")
_SAVE_AGAIN = "open it in JupyterLab, save it, and hand it in again"


class Refused(Exception):
    """There is no notebook in what was handed in; `reason` tells the student what is wrong and what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StudentCell:
    """One cell as it was handed in: `number` counts from 1, and `cell_type` is None when it is unknown."""

    number: int
    cell_type: str | None
    text: str
    grade_id: str | None
    id: str | None
    attachments: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Remarks:
    """Short lines for the instructor, of bounded length and number."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._left_out = 0

    def add(self, line: str) -> None:
        """Add a line, or count it when there are too many already."""
        if len(self._lines) < MOST_REMARKS - 1:
            self._lines.append(shortened(line))
        else:
            self._left_out += 1

    def lines(self) -> tuple[str, ...]:
        """Give the lines, the last of which may tell how many there are no room for."""
        more = [f"and {self._left_out} more remarks of this kind"] if self._left_out else []
        return (*self._lines, *more)


def quoted(text: object) -> str:
    """Quote a name that a student may have chosen, in a few characters."""
    return shortened(repr(text), limit=60)


def read_cells(submitted: bytes, remarks: Remarks) -> list[StudentCell]:
    """Read the cells of a notebook of nbformat 3 or 4.

    Parameters
    ----------
    submitted
        The bytes of the file.
    remarks
        Takes a line for each thing that had to be left out.

    Raises
    ------
    Refused
        If there is no notebook in the bytes. No other exception comes out.
    """
    notebook = _parsed(submitted, remarks)
    if not isinstance(notebook, dict):
        raise Refused(f"it is not a notebook: it holds {_named(notebook)} and no cells; {_SAVE_AGAIN}")
    raw = list(_raw_cells(notebook, remarks))
    if len(raw) > MOST_CELLS:
        raise Refused(f"it has {len(raw)} cells, more than {MOST_CELLS}; delete what was not asked for")
    room = _ATTACHED
    cells = []
    for number, cell in enumerate(raw, start=1):
        result = _student_cell(number, cell, room, remarks)
        if isinstance(result, str):
            remarks.add(f"cell {number} was left out: {result}")
            continue
        cells.append(result)
        room -= _size(result.attachments)
    return cells


def _parsed(submitted: bytes, remarks: Remarks) -> Any:
    if len(submitted) > LIMIT:
        raise Refused(
            f"it is larger than {LIMIT // 2**20} MB; clear the outputs of all cells, save it, "
            "and hand it in again"
        )
    if not submitted.strip(b" \t\r\n\0"):
        raise Refused("the file is empty; save the notebook in JupyterLab and hand it in again")
    if submitted.count(b"[") + submitted.count(b"{") > _MOST_BRACKETS:
        raise Refused(
            f"it holds more than {_MOST_BRACKETS} brackets; clear the outputs of all cells, save it, "
            "and hand it in again"
        )
    encoding = json.detect_encoding(submitted)
    try:
        text = submitted.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:
        text = submitted.decode(encoding, "replace")
        remarks.add("some characters are not UTF-8 and were replaced")
    try:
        # Only small integers are looked at below (versions, levels): no other number is even converted.
        return json.loads(text, strict=False, parse_int=_small, parse_float=_nothing, parse_constant=_nothing)
    except ValueError as error:
        raise Refused(
            f"it is not a notebook, because it is not JSON ({shortened(error, limit=80)}); {_SAVE_AGAIN}"
        ) from None
    except RecursionError:
        raise Refused(f"it is not a notebook, because it is nested too deeply; {_SAVE_AGAIN}") from None


def _small(digits: str) -> int | None:
    return int(digits) if len(digits) < 10 else None


def _nothing(_: str) -> None:
    return None


def _raw_cells(notebook: Mapping[str, Any], remarks: Remarks) -> Iterator[Any]:
    """Find the list of cells; those of nbformat 3 are in worksheets and look a little different."""
    version, cells = notebook.get("nbformat"), notebook.get("cells")
    if version == 3:
        sheets = notebook.get("worksheets")
        if not isinstance(sheets, list):
            raise Refused(f"it is a notebook of format 3 without worksheets; {_SAVE_AGAIN}")
        remarks.add("it is a notebook of format 3 and was converted")
        lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
        yield from (_converted(cell) for found in lists if isinstance(found, list) for cell in found)
        return
    if isinstance(version, int) and version != 4:
        raise Refused(f"it is of notebook format {version}, and only 3 and 4 can be read; {_SAVE_AGAIN}")
    if not isinstance(cells, list):
        raise Refused(f"it is not a notebook, because it has no list of cells; {_SAVE_AGAIN}")
    if version != 4:
        remarks.add("the version of its format is not stated; it was read as format 4")
    yield from cells


def _converted(cell: Any) -> Any:
    """Turn a cell of nbformat 3 into one of 4, if it is one."""
    if not isinstance(cell, dict):
        return cell
    if cell.get("cell_type") == "code":
        return {**cell, "source": cell.get("input")}
    if cell.get("cell_type") == "html":
        return {**cell, "cell_type": "markdown"}
    if cell.get("cell_type") == "heading":
        level = cell.get("level")
        marks = "#" * (level if isinstance(level, int) and 1 <= level <= 6 else 1)
        return {**cell, "cell_type": "markdown", "source": f"{marks} {_joined(cell.get('source')) or ''}"}
    return cell


def _student_cell(number: int, cell: Any, room: int, remarks: Remarks) -> StudentCell | str:
    """Read one cell; a string says why that is impossible."""
    if not isinstance(cell, dict):
        return f"it is {_named(cell)}, not a cell"
    text = _joined(cell.get("source"))
    if text is None:
        return f"its source is {_named(cell.get('source'))}, not text"
    kind = cell.get("cell_type")
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = about.get("grade_id") if isinstance(about, dict) else None
    identifier = cell.get("id")
    attachments: dict[str, dict[str, str]] = {}
    if cell.get("attachments"):
        attachments = _pictures(cell["attachments"])
        if not attachments or _size(attachments) > room:
            remarks.add(f"the attachments of cell {number} were left out: too large, or no pictures")
            attachments = {}
    return StudentCell(
        number=number,
        cell_type=kind if kind in _CELL_TYPES else None,
        text=text,
        grade_id=grade_id if isinstance(grade_id, str) else None,
        id=identifier if isinstance(identifier, str) else None,
        attachments=attachments,
    )


def _joined(source: Any) -> str | None:
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return _encodable(source) if isinstance(source, str) else None


def _encodable(text: str) -> str:
    """Replace lone surrogates, which no UTF-8 file can hold."""
    return text if text.isascii() else re.sub("[\ud800-\udfff]", "�", text)


def _pictures(attachments: Any) -> dict[str, dict[str, str]]:
    """Keep the pictures among a cell's attachments."""
    kept: dict[str, dict[str, str]] = {}
    for name, bundle in _items(attachments):
        for mime, value in _items(bundle):
            data = _joined(value)
            if mime in _PICTURES and data is not None and _is_base64(data):
                kept.setdefault(_encodable(name), {})[mime] = data
    return kept


def _is_base64(data: str) -> bool:
    try:
        base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _items(value: Any) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()


def _size(attachments: Mapping[str, Mapping[str, str]]) -> int:
    return sum(len(name) + len(data) for name, bundle in attachments.items() for data in bundle.values())


def _named(value: Any) -> str:
    """Name the kind of a JSON value."""
    kinds = {dict: "a table", list: "a list", str: "a text", bool: "a truth value", type(None): "nothing"}
    return kinds.get(type(value), "a number")
