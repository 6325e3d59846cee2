"""The named mistakes of a class, the most frequent first, each with an example that names nobody."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from autograder.class_report.anonymous import Anonymiser
from autograder.class_report.page import MistakeResult
from autograder.class_report.parts import Item
from autograder.class_report.work import Work
from autograder.course import Course
from autograder.engine.source import SourceNotebook
from autograder.mistakes import load_mistakes
from autograder.tidy import TidyRow

MOST = 15  # mistakes that the report lists
_LOOKED_AT = 25  # students among whose cells a typical one is looked for
_LARGEST = 5_000_000  # bytes of a graded notebook that is read
_NAMED = re.compile(r"This looks like '([^']+)': ", re.DOTALL)


class Misconceptions:
    """Hears which named mistakes were made; a `Listener`.

    Only mistakes that the assignment itself names count: a student could print, or raise, the same words.

    Parameters
    ----------
    items
        The problems of the assignment.
    unit
        The authored unit's folder, where its mistakes.yml is; None for an assignment of the instructor's own.
    sources
        The notebooks with the tests, in which an instructor's own mistakes stand.
    """

    def __init__(
        self, items: Sequence[Item], unit: Path | None, sources: Mapping[str, SourceNotebook]
    ) -> None:
        self._items = items
        self._item_of = {column: number for number, item in enumerate(items) for column in item.columns}
        path = unit / "mistakes.yml" if unit else None
        known = load_mistakes(path) if path is not None and path.exists() else {}
        self._known = {(id, one.title): one for id, listed in known.items() for one in listed}
        self._tests = "\n".join(
            cell.source for source in sources.values() for cell in source.cells if cell.kind == "test"
        )
        self._made: defaultdict[tuple[int, str], dict[int, None]] = defaultdict(dict)

    def __call__(self, student: int, column: int, row: TidyRow) -> None:
        """Hear of a row."""
        number = self._item_of.get(column)
        if number is None or row.outcome not in ("failed", "partial"):
            return
        titles = [title for title in _NAMED.findall(row.message) if self._is_named(number, title)]
        if titles:  # the check's own words are the last
            self._made[number, titles[-1]][student] = None

    def _is_named(self, number: int, title: str) -> bool:
        return (self._items[number].id, title) in self._known or f"{title!r}" in self._tests

    def results(
        self, course: Course, assignment: str, work: Work, anonymiser: Anonymiser
    ) -> tuple[MistakeResult, ...]:
        """Give the mistakes, those that most students made first."""
        ordered = sorted(self._made.items(), key=lambda made: (-len(made[1]), made[0]))
        results = []
        for (number, title), students in ordered[:MOST]:
            item = self._items[number]
            known = self._known.get((item.id, title))
            ids = [work.students[student] for student in students]
            cells = (known.cell,) if known else item.answers  # of a problem's cells, the one it is about
            results.append(
                MistakeResult(
                    item=item.name,
                    title=title,
                    advice=known.message if known else "",
                    count=len(students),
                    of=int(work.ran(item.notebook).sum()),
                    example=_typical(course, assignment, ids, item.notebook, cells, anonymiser),
                )
            )
        return tuple(results)


def _typical(
    course: Course,
    assignment: str,
    students: Sequence[str],
    notebook: str,
    cells: Sequence[str],
    anonymiser: Anonymiser,
) -> str | None:
    """Choose the example that most of those looked at share, of equals the shortest; None without any."""
    step = max(1, len(students) // _LOOKED_AT)
    found: Counter[str] = Counter()
    for student in students[::step][:_LOOKED_AT]:
        path = course.autograded / student / assignment / f"{notebook}.ipynb"
        shown = anonymiser.example(_solution(path, cells))
        if shown is not None:
            found[shown] += 1
    return min(found, key=lambda text: (-found[text], len(text), text)) if found else None


def _solution(path: Path, answers: Sequence[str]) -> str:
    """Read a student's solution cells off a graded notebook; empty if that can't be read."""
    try:
        if path.stat().st_size > _LARGEST:
            return ""
        cells = json.loads(path.read_bytes())["cells"]
        return "\n\n".join(
            "".join(cell["source"])
            for cell in cells
            if cell["cell_type"] == "code" and cell["metadata"].get("nbgrader", {}).get("grade_id") in answers
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
