"""The tidy table as a CSV or a Parquet file, written in parts: memory does not grow with the class."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.errors import AutograderError
from autograder.formulas import defused
from autograder.tidy import TidyRow
from autograder.whole_file import whole_file

_PART = 20_000  # rows that Parquet packs together


def write_tidy_csv(rows: Iterable[TidyRow], to: Path) -> int:
    """Write a table as CSV, and return how many rows it has.

    Times are in UTC, as in 2027-01-15T22:58:00Z; objectives are separated by spaces. A text that begins like
    a formula gets an apostrophe before it.

    Raises
    ------
    AutograderError
        If the file can't be written; an earlier one stays.
    """
    number = 0
    with whole_file(to) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(TidyRow._fields)
        for row in rows:
            writer.writerow([_cell(value) for value in row])
            number += 1
    return number


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, float):
        return f"{value:.10g}"
    return defused(" ".join(value) if isinstance(value, tuple) else str(value))


def write_tidy_parquet(rows: Iterable[TidyRow], to: Path) -> int:
    """Write a table as Parquet, and return how many rows it has; texts stand in it as they are.

    Raises
    ------
    AutograderError
        If pyarrow is not installed, or the file can't be written; an earlier one stays.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise AutograderError(
            "Parquet needs pyarrow, which is not installed: install the extra `parquet` of this project, or "
            "`pip install pyarrow`; --format csv writes the same table without it"
        ) from error
    schema = pyarrow.schema(_types(pyarrow))
    number = 0
    with whole_file(to) as draft, parquet.ParquetWriter(draft, schema) as writer:
        for part in _parts(rows):
            columns = dict(zip(TidyRow._fields, map(list, zip(*part, strict=True)), strict=True))
            writer.write_table(pyarrow.table(columns, schema=schema))
            number += len(part)
    return number


def _parts(rows: Iterable[TidyRow]) -> Iterator[list[TidyRow]]:
    remaining = iter(rows)
    while part := list(itertools.islice(remaining, _PART)):
        yield part


def _types(pyarrow: Any) -> dict[str, Any]:
    kinds = {
        "points": pyarrow.float64(),
        "maximum": pyarrow.float64(),
        "seconds": pyarrow.float64(),
        "submitted_at": pyarrow.timestamp("us", tz="UTC"),
        "late_seconds": pyarrow.float64(),
        "penalty": pyarrow.float64(),
        "objectives": pyarrow.list_(pyarrow.string()),
    }
    return {field: kinds.get(field, pyarrow.string()) for field in TidyRow._fields}
