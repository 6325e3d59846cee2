"""Recognises which notebook of an assignment a file is, although its name was changed on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autograder.errors import AutograderError, shortened
from autograder.notebooks import read_notebook

# What browsers and systems add to a name that is taken: practice-1, practice (2), practice - Copy (3).
_ADDED = re.compile(r"(?:[-_ ]+\d+|\s*\(\d+\)|[-_ ]+copy)+", re.IGNORECASE)


@dataclass(frozen=True)
class Received:
    """A file as it was handed in: its path, its content, and its place in time among its namesakes."""

    name: str
    content: bytes
    order: int = 0


@dataclass
class Recognised:
    """The files of an attempt under the names that grading looks for, and what there is to say about them."""

    files: dict[str, bytes] = field(default_factory=dict)
    notebooks: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Notebooks:
    """The notebooks of an assignment, and the ids of the tests in each."""

    def __init__(self, source: Path) -> None:
        self._tests = {path.stem: _ids_of_tests_in(path) for path in sorted(source.glob("*.ipynb"))}
        if not self._tests:
            raise AutograderError(f"{source} holds no notebook")

    @property
    def names(self) -> list[str]:
        """Their names."""
        return list(self._tests)

    def has_any(self, tests: set[str]) -> bool:
        """Whether one of some tests is of this assignment, by their ids."""
        return any(ours & tests for ours in self._tests.values())

    def recognise(self, received: Sequence[Received]) -> Recognised:
        """Give each file its name; of several that are the same notebook, one is taken and the rest named."""
        done = Recognised()
        candidates: dict[str, list[Received]] = {}
        others = []
        for file in received:
            notebook, problem = self._which(file)
            if problem is not None:
                done.problems.append(problem)
            if notebook is None:
                others.append(file)
            else:
                candidates.setdefault(notebook, []).append(file)
        for notebook, files in sorted(candidates.items()):
            files.sort(key=lambda file: _rank(file, notebook))
            taken = files.pop()
            done.files[f"{notebook}.ipynb"] = taken.content
            done.notebooks.append(notebook)
            if taken.name != f"{notebook}.ipynb":
                done.renamed.append(f"{shortened(repr(taken.name))} is {notebook}.ipynb")
            if different := [file for file in files if file.content != taken.content]:
                names = ", ".join(shortened(repr(file.name)) for file in different)
                done.problems.append(
                    f"{shortened(repr(taken.name))} was taken as {notebook}.ipynb, and not {names}, "
                    "which is that notebook too"
                )
                others += [file for file in different if file.name != f"{notebook}.ipynb"]
        for file in others:
            if file.name.casefold() == "timestamp.txt":
                done.problems.append("a timestamp.txt of the student's own was left out")
            elif any(_in_the_way(file.name, name) for name in done.files):
                done.problems.append(
                    f"{shortened(repr(file.name))} was left out: there is another of that name"
                )
            else:
                done.files[file.name] = file.content
        instead = self._instead(done.notebooks, others)
        done.problems += [
            f"{shortened(repr(file))} is no notebook; {notebook}.ipynb is missing"
            for notebook, file in instead.items()
        ]
        if not done.notebooks and not instead:
            done.problems.append(f"holds no {' and no '.join(f'{name}.ipynb' for name in self._tests)}")
        return done

    def _instead(self, there: Sequence[str], others: Sequence[Received]) -> dict[str, str]:
        """Find what has the name of a notebook that is missing, such as `practice.pdf`."""
        return {
            notebook: file.name
            for file in others
            for notebook in self._tests
            if notebook not in there
            and file.name.rpartition("/")[2].casefold().partition(".")[0] == notebook.casefold()
        }

    def _which(self, file: Received) -> tuple[str | None, str | None]:
        """Find which notebook a file is, by its tests before its name, and what is odd about it."""
        theirs = ids_of_tests(file.content)
        shared = {name: len(theirs & ours) for name, ours in self._tests.items() if theirs & ours}
        if shared:
            return max(shared, key=lambda name: (shared[name], name)), None
        by_name = self._by_name(file.name)
        if by_name is not None and theirs:
            return by_name, (
                f"{shortened(repr(file.name))} holds no test of {by_name}.ipynb; is it of another assignment?"
            )
        return by_name, None

    def _by_name(self, name: str) -> str | None:
        stem, dot, suffix = name.rpartition("/")[2].casefold().rpartition(".")
        if not dot or suffix != "ipynb":
            return None
        known = {notebook.casefold(): notebook for notebook in self._tests}
        if stem in known:
            return known[stem]
        return next(
            (notebook for folded, notebook in known.items() if _is_varied(stem, folded)),
            None,
        )


def _is_varied(stem: str, notebook: str) -> bool:
    return stem.startswith(notebook) and _ADDED.fullmatch(stem[len(notebook) :].rstrip()) is not None


def _in_the_way(one: str, other: str) -> bool:
    """Whether two paths can't both be: they are the same but for case, or one needs the other as a folder."""
    one, other = one.casefold(), other.casefold()
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _rank(file: Received, notebook: str) -> tuple[int, bool, list[int], str]:
    """Order files that are the same notebook: the last is the one to take."""
    numbers = [int(digits[:9]) for digits in re.findall(r"\d+", file.name)]
    return file.order, file.name == f"{notebook}.ipynb", numbers, file.name


def ids_of_tests(content: bytes) -> set[str]:
    """Find the ids of the tests in what may be a notebook; none where it is not."""
    if b'"nbgrader"' not in content:
        return set()
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return set()
    cells = data.get("cells") if isinstance(data, dict) else None
    if not isinstance(cells, list):
        return set()
    return _graded(cell.get("metadata") for cell in cells if isinstance(cell, dict))


def _ids_of_tests_in(path: Path) -> set[str]:
    try:
        return _graded(cell.metadata for cell in read_notebook(path).cells)
    except Exception as error:  # nbformat raises many kinds for a broken file
        raise AutograderError(f"{path}: not a notebook: {shortened(error)}") from error


def _graded(metadata: Iterable[object]) -> set[str]:
    found = set()
    for one in metadata:
        flags = one.get("nbgrader") if isinstance(one, Mapping) else None
        if (
            isinstance(flags, Mapping)
            and flags.get("grade") is True
            and isinstance(flags.get("grade_id"), str)
        ):
            found.add(flags["grade_id"])
    return found
