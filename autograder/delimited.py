"""Tables as learning systems and spreadsheets write them: which encoding, and what between two cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import AutograderError

_DELIMITERS = ",;\t:"  # all that these systems offer
_MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8"))
_SEPARATOR = re.compile(r"sep=.[^\S\r\n]*(?:\r\n|\r|\n)", re.IGNORECASE)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how files of Excel start, the new and the old kind


@dataclass(frozen=True)
class Text:
    """The text of a file, its encoding, and whether the file begins with a byte order mark."""

    content: str
    encoding: str
    marked: bool


@dataclass(frozen=True)
class Table:
    """The cells of a table as they stand in the file, and what stands between them."""

    delimiter: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_text(path: Path) -> Text:
    """Read UTF-8, or what a Windows program writes: UTF-16 or its old code page.

    A first line such as `sep=;`, by which Excel knows what stands between two cells, is left out: Excel does
    not show it either, and the headings tell as much.

    Raises
    ------
    AutograderError
        If the file can't be read, or holds no text.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AutograderError(f"{path}: can't be read ({error.strerror})") from error
    if content.startswith(_WORKBOOKS):
        raise AutograderError(f"{path}: is a workbook of Excel; save the sheet as CSV (UTF-8)")
    mark, encoding = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", "utf-8"))
    for possible in (encoding,) if encoding != "utf-8" else (encoding, "cp1252"):
        try:
            text = content[len(mark) :].decode(possible)
        except UnicodeDecodeError:
            continue
        start = found.end() if (found := _SEPARATOR.match(text)) else 0
        return Text(text[start:], possible, bool(mark))
    raise AutograderError(f"{path}: is not text; save it as CSV in UTF-8")


def split(path: Path, text: str, is_known: Callable[[tuple[str, ...]], bool]) -> Table | None:
    """Cut the text of a file into cells, at what gives headings that are known; None if nothing does.

    Raises
    ------
    AutograderError
        If the headings are known, but a row below can't be read.
    """
    for delimiter in _DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        found = False
        try:
            headings = tuple(next(reader, []))
            if found := is_known(stripped(headings)):
                return Table(delimiter, headings, tuple(map(tuple, reader)))
        except csv.Error as error:
            if found:
                raise AutograderError(
                    f"{path}, line {reader.line_num}: {error}; is a quotation mark missing?"
                ) from error
    return None


def stripped(cells: Iterable[str]) -> tuple[str, ...]:
    """Take the spaces around cells off."""
    return tuple(cell.strip() for cell in cells)
