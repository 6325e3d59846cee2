"""Spoils notebooks in many ways: the same seed always gives the same spoilt bytes, of bounded size."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

Change = Callable[[Random, dict[str, Any]], None]

_ODD: tuple[Any, ...] = (
    None, True, 0, -1, 10**400, 1e999, "", "x" * 100_000, [], [[]], {}, {"a": {"b": []}}, ["a", 1],
    "\ud800", "\0", "../../etc/passwd", "<script>alert(1)</script>", "\u202e\u2028", "é\N{SNOWMAN}🙂",
    "__class__", "nbgrader",
)  # fmt: skip
_CODE = (
    "x = 1", "raise SystemExit", "import os; os._exit(0)", "def f(:\n", "\ud83d", "a\0b", "1/0", "%timeit 1",
    "!ls", "print('y' * 1000)", "#" * 200_000, "\t\tif", "# -*- coding: rot13 -*-", "return 1", "await x",
    "raise NotImplementedError()", "assert False", "### BEGIN SOLUTION", "### END HIDDEN TESTS", "\x85\u2028",
)  # fmt: skip


def fuzzed(seed: int, notebook: bytes) -> bytes:
    """Spoil a notebook.

    Parameters
    ----------
    seed
        Chooses what is done to it.
    notebook
        The bytes of a whole notebook.
    """
    random = Random(seed)
    if seed % 50 == 0:
        return random.choice(_NOT_NOTEBOOKS)
    content: dict[str, Any] = json.loads(notebook)
    for _ in range(random.randint(1, 6)):
        change = random.choice(_CHANGES)
        change(random, content)
    text = json.dumps(content, indent=random.choice([None, 1]), ensure_ascii=random.random() < 0.8)
    spoilt = text.encode(random.choice(["utf-8"] * 8 + ["utf-16", "utf-8-sig"]), "surrogatepass")
    if random.random() < 0.4:
        spoilt = random.choice(_BYTE_CHANGES)(random, spoilt)
    return spoilt


_NOT_NOTEBOOKS = (
    b"", b" \n", b"\0" * 100, b"\xff\xfe", b"\xef\xbb\xbf", b"PK\x03\x04", b"null", b"[]", b'"text"', b"{}",
    b"NaN", b"1" * 10_000, b"[" * 50_000, b'{"a":' * 50_000, b'{"cells": {}}',
    b'{"cells": null, "nbformat": 4}',
    b'{"cells": [], "nbformat": 4}', b'{"worksheets": [], "nbformat": 3}', b'{"worksheets": 3}',
    b'{"cells": [], "nbformat": 99}', b'{"cells": [1, null, [], "a"], "nbformat": 4}', b"<html></html>",
)  # fmt: skip


# --- changes of the content


def _cell(random: Random, notebook: dict[str, Any]) -> Any:
    cells = notebook.get("cells")
    found = [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []
    return random.choice(found) if found else {}


def _cells(notebook: dict[str, Any]) -> list[Any]:
    cells = notebook.get("cells")
    return cells if isinstance(cells, list) else []


def _about(cell: dict[str, Any]) -> dict[str, Any]:
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return about if isinstance(about, dict) else {}


def _delete_cells(random: Random, notebook: dict[str, Any]) -> None:
    cells = _cells(notebook)
    for _ in range(random.randint(1, 4)):
        if cells:
            cells.pop(random.randrange(len(cells)))


def _duplicate_cells(random: Random, notebook: dict[str, Any]) -> None:
    cells = _cells(notebook)
    for _ in range(random.choice([1, 2, 30])):
        if cells:
            cells.insert(random.randrange(len(cells) + 1), copy.deepcopy(random.choice(cells)))


def _swap_cells(random: Random, notebook: dict[str, Any]) -> None:
    cells = _cells(notebook)
    if random.random() < 0.3:
        random.shuffle(cells)
    elif len(cells) > 1:
        one, other = random.sample(range(len(cells)), 2)
        cells[one], cells[other] = cells[other], cells[one]


def _nest_cells(random: Random, notebook: dict[str, Any]) -> None:
    cells = _cells(notebook)
    if cells:
        number = random.randrange(len(cells))
        cells[number] = random.choice([[cells[number]], {"cells": [cells[number]]}, {"cell": cells[number]}])


def _odd_cells(random: Random, notebook: dict[str, Any]) -> None:
    cells = _cells(notebook)
    cells.insert(random.randrange(len(cells) + 1), copy.deepcopy(random.choice(_ODD)))


def _own_cells(random: Random, notebook: dict[str, Any]) -> None:
    cells = _cells(notebook)
    for _ in range(random.choice([1, 1, 5, 100])):
        cell = {"cell_type": random.choice(["code", "markdown", "raw"]), "source": random.choice(_CODE)}
        cells.insert(random.randrange(len(cells) + 1), cell)


def _other_type(random: Random, notebook: dict[str, Any]) -> None:
    kinds = ["code", "markdown", "raw", "heading", "alien", "CODE", *_ODD]
    _cell(random, notebook)["cell_type"] = copy.deepcopy(random.choice(kinds))


def _other_source(random: Random, notebook: dict[str, Any]) -> None:
    source: Any = random.choice([*_CODE, *_ODD])
    _cell(random, notebook)["source"] = random.choice([source, [source, source]])


def _spoilt_source(random: Random, notebook: dict[str, Any]) -> None:
    cell = _cell(random, notebook)
    if isinstance(text := cell.get("source"), list) and all(isinstance(line, str) for line in text):
        text = "".join(text)
    if isinstance(text, str):
        place = random.randrange(len(text) + 1)
        cell["source"] = text[:place] + random.choice(_CODE) + text[place + random.randint(0, 20) :]


def _other_id(random: Random, notebook: dict[str, Any]) -> None:
    other = _cell(random, notebook).get("id")
    _cell(random, notebook)["id"] = random.choice([other, "submitted-1", "a b", "ä", *_ODD])


def _other_flags(random: Random, notebook: dict[str, Any]) -> None:
    about = _about(_cell(random, notebook))
    key = random.choice(
        ["grade", "solution", "locked", "task", "points", "schema_version", "checksum", "alien"]
    )
    about[key] = random.choice([True, False, 0, 1, 2, 4, 99, -5, "3", 1e308, *_ODD])


def _other_grade_id(random: Random, notebook: dict[str, Any]) -> None:
    other = _about(_cell(random, notebook)).get("grade_id")
    _about(_cell(random, notebook))["grade_id"] = random.choice([other, "unknown", *_ODD])


def _other_metadata(random: Random, notebook: dict[str, Any]) -> None:
    where = random.choice([notebook, _cell(random, notebook)])
    if random.random() < 0.5:
        where["metadata"] = copy.deepcopy(random.choice(_ODD))
    elif isinstance(where.get("metadata"), dict):
        keys = ["nbgrader", "tags", "kernelspec", "language_info", "deletable", "jupyter", "name"]
        value = random.choice([["skip-execution"], ["raises-exception", "raises-exception"], *_ODD])
        where["metadata"][random.choice(keys)] = copy.deepcopy(value)


def _no_metadata(random: Random, notebook: dict[str, Any]) -> None:
    for cell in _cells(notebook):
        if isinstance(cell, dict):
            cell["metadata"] = {}


def _other_keys(random: Random, notebook: dict[str, Any]) -> None:
    where = random.choice([notebook, _cell(random, notebook)])
    if where and random.random() < 0.5:
        where.pop(random.choice(sorted(where)))
    else:
        where[random.choice(["a", "", "outputs", "execution_count", "cells", "\ud800"])] = copy.deepcopy(
            random.choice(_ODD)
        )


def _other_version(random: Random, notebook: dict[str, Any]) -> None:
    key = random.choice(["nbformat", "nbformat_minor"])
    notebook[key] = random.choice([0, 1, 2, 3, 4, 5, 6, 99, 4.5, "4", *_ODD])


def _as_format_3(_: Random, notebook: dict[str, Any]) -> None:
    for cell in _cells(notebook):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            cell["input"] = cell.pop("source", "")
    notebook["worksheets"] = [{"cells": notebook.pop("cells", [])}]
    notebook["nbformat"] = 3


def _outputs(random: Random, notebook: dict[str, Any]) -> None:
    result = {
        "output_type": "execute_result",
        "data": {"text/plain": "15"},
        "execution_count": 1,
        "metadata": {},
    }
    _cell(random, notebook)["outputs"] = random.choice([[result], [result] * 1000, *_ODD])


def _attachments(random: Random, notebook: dict[str, Any]) -> None:
    picture: dict[str, Any] = {"image/png": "iVBORw0KGgo="}
    bundle = random.choice([picture, {"image/svg+xml": "<svg/>"}, {"image/png": "not base64!"}, *_ODD])
    _cell(random, notebook)["attachments"] = random.choice([{"a.png": bundle}, {"\ud800": bundle}, bundle])


def _deep(random: Random, notebook: dict[str, Any]) -> None:
    nested: Any = "end"
    for _ in range(random.choice([50, 400])):
        nested = [nested] if random.random() < 0.5 else {"a": nested}
    random.choice([notebook, _cell(random, notebook)])[random.choice(["metadata", "source", "deep"])] = nested


_CHANGES: tuple[Change, ...] = (
    _delete_cells, _duplicate_cells, _swap_cells, _nest_cells, _odd_cells, _own_cells, _other_type,
    _other_source, _spoilt_source, _spoilt_source, _other_id, _other_flags, _other_flags, _other_grade_id,
    _other_metadata, _other_metadata, _no_metadata, _other_keys, _other_version, _as_format_3, _outputs,
    _attachments, _deep,
)  # fmt: skip


# --- changes of the bytes


def _flip_bits(random: Random, content: bytes) -> bytes:
    flipped = bytearray(content)
    for _ in range(random.choice([1, 1, 1, 10])):
        flipped[random.randrange(len(flipped))] ^= 1 << random.randrange(8)
    return bytes(flipped)


def _truncate(random: Random, content: bytes) -> bytes:
    return content[: random.randrange(len(content))]


def _insert(random: Random, content: bytes) -> bytes:
    place = random.randrange(len(content))
    piece = random.choice(
        [random.randbytes(8), b"\0", b'"', b"\\", b"\\ud800", b"\xed\xa0\x80", b"NaN", b"[" * 2000]
    )
    return content[:place] + piece + content[place:]


def _double_key(random: Random, content: bytes) -> bytes:
    return content.replace(b'"source":', b'"source": 1, "source":', random.choice([1, 100]))


def _again(_: Random, content: bytes) -> bytes:
    return content + content


_BYTE_CHANGES: tuple[Callable[[Random, bytes], bytes], ...] = (
    _flip_bits, _flip_bits, _flip_bits, _truncate, _insert, _insert, _double_key, _again,
)  # fmt: skip
