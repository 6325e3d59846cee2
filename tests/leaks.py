"""What students must not find in anything that they are given, and how files are searched for it."""

from __future__ import annotations

import base64
import html
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jupytext  # type: ignore[import-untyped]
import yaml

from autograder.assignment import list_assignments, load_assignment
from autograder.authored import ASSIGNMENTS
from autograder.convert import quiz_notebook
from autograder.regions import HIDDEN_TESTS, SOLUTION

BOOK = Path(__file__).parents[1] / "book"
REGIONS = [rf"### {begin}\n(.*?)### {end}" for begin, end in (SOLUTION, HIDDEN_TESTS)]
SHORTEST = 24
"""Signs of a line, or of an expression, that can hardly stand somewhere by chance."""


def secrets() -> Iterator[tuple[str, str]]:
    """All that students of a graded assignment must not find, and where it is from."""
    for unit in list_assignments():
        for source in _sources(unit):
            for region in REGIONS:
                yield from ((unit, found) for found in re.findall(region, source, re.DOTALL))
        for question in load_assignment(unit).quiz:
            yield from ((f"{unit}, {question.id}", option.feedback) for option in question.options)
            yield from ((f"{unit}, {question.id}", mistake.feedback) for mistake in question.mistakes)
            yield from ((f"{unit}, {question.id}", feedback) for feedback in question.feedback.values())


def lines_and_keys() -> Iterator[tuple[str, str]]:
    """Each line of a solution or a hidden test that no chapter shows, each key and each named mistake."""
    chapters = dense("\n".join(path.read_text(encoding="utf-8") for path in sorted(BOOK.glob("*/*.md"))))
    for unit in list_assignments():
        sources = _sources(unit)
        shown = chapters + dense("".join(re.sub("|".join(REGIONS), "", s, flags=re.DOTALL) for s in sources))
        hidden = [found for s in sources for region in REGIONS for found in re.findall(region, s, re.DOTALL)]
        for line in {line for region in hidden for line in region.splitlines()}:
            if len(dense(line)) >= SHORTEST and dense(line) not in shown:
                yield f"{unit}, a line", line
        for name in ("quiz.yml", "mistakes.yml"):
            for key, text in _entries(
                yaml.safe_load((ASSIGNMENTS / unit / name).read_text(encoding="utf-8"))
            ):
                if key in ("answer", "holds", "message", "code") and len(dense(text)) >= SHORTEST:
                    yield f"{unit}, {name}, {key}", text


def _sources(unit: str) -> list[str]:
    practice = jupytext.read(ASSIGNMENTS / unit / "practice.md")
    cells = [*practice.cells, *quiz_notebook(unit, load_assignment(unit).quiz).cells]
    return [cell.source for cell in cells]


def _entries(data: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield from _entries(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from _entries(value, key)
    elif isinstance(data, str):
        yield key, data


def leaks(reading: str, hidden: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Find what a reading says that is hidden; `hidden` holds, by dense text, where it is from."""
    packed = dense(reading)
    yield from ((where, text) for text, where in hidden.items() if text in packed)
    yield from (("a marker", marker) for marker in map(dense, SOLUTION + HIDDEN_TESTS) if marker in packed)


def dense(text: str) -> str:
    """Drop all space, so that it does not matter how lines were broken and indented."""
    return re.sub(r"\s+", "", text)


def readings(name: str, content: bytes) -> Iterator[str]:
    """What a file says: as it is, as what it is read with shows it, and what is packed in it."""
    text = content.decode(errors="ignore")
    yield text
    if name.endswith(".html"):
        yield html.unescape(re.sub(r"<[^>]*>", "", text))
    if name.endswith((".json", ".ipynb")):
        said = list(strings(json.loads(text)))
        yield "\n".join(said)
        if name.endswith(".ipynb"):
            yield "\n".join(_decoded(one) for one in said)
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for inside in archive.namelist():
                yield inside
                yield from readings(inside, archive.read(inside))


def strings(data: Any) -> Iterator[str]:
    """All texts in data that were read from JSON."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for value in data.values() if isinstance(data, dict) else data:
            yield from strings(value)


def _decoded(text: str) -> str:
    """What an attached picture says; nothing if the text is none."""
    try:
        return base64.b64decode(text, validate=True).decode(errors="ignore") if len(text) > 100 else ""
    except ValueError:
        return ""
