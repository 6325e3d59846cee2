"""What a class did, as tables of numbers: a row per student whose work is graded, a column per graded cell.

The rows of `autograder.tidy` are read one after the other, so that 20,000 students need little memory; what a
test said is looked at while it passes, by `Listener`s, and is not kept.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from autograder.class_report.statistics import Numbers
from autograder.course import Course
from autograder.engine.verdict import OUTCOMES
from autograder.tidy import Cell, TidyRow, tidy_rows

RUN, MISSING, REFUSED = 0, 1, 2
"""What became of a notebook: it was run, it was not handed in, it was refused."""
WAITS = "to be marked by hand"
_OUTCOMES = (*OUTCOMES, "marked by hand", WAITS, "unknown")
_CODES = {outcome: code for code, outcome in enumerate(_OUTCOMES)}
_NOT_GRADED, _NOTHING = "not graded yet", "nothing handed in"

Listener = Callable[[int, int, TidyRow], None]
"""Is told of a row: the number of the student, the column, and the row itself."""


@dataclass(frozen=True)
class Work:
    """The work of a class.

    Attributes
    ----------
    students
        The ids of those whose work is graded; the rows of the tables.
    cells
        The columns of the tables.
    points
        The points as the gradebook has them, those given by hand and extra ones included; nan while nobody
        has marked the cell.
    outcomes
        What each test ended with, as codes; `ended` compares them with a word of `autograder.tidy`.
    seconds
        How long each test ran; nan if that is not kept.
    notebooks, states
        The names of the notebooks, and what became of each: `RUN`, `MISSING` or `REFUSED`.
    penalties
        What each student loses for being late.
    ungraded, nothing
        Those who handed in and are not graded yet, and those who handed in nothing, as far as anybody knows.
    """

    students: tuple[str, ...]
    cells: tuple[Cell, ...]
    points: Numbers
    outcomes: NDArray[np.uint8]
    seconds: NDArray[np.float32]
    notebooks: tuple[str, ...]
    states: NDArray[np.uint8]
    penalties: Numbers
    ungraded: tuple[str, ...]
    nothing: tuple[str, ...]

    @property
    def maximum(self) -> float:
        """What the whole assignment is worth."""
        return sum(cell.maximum for cell in self.cells)

    @property
    def settled(self) -> Numbers:
        """The points, and nan for what waits, though a mark given for an earlier attempt stays meanwhile."""
        found: Numbers = np.where(self.ended(WAITS), np.nan, self.points)
        return found

    @property
    def raw_totals(self) -> Numbers:
        """All points of each student, before anything is taken off; what nobody has marked counts nothing."""
        found: Numbers = np.nansum(self.points, axis=1)
        return found

    @property
    def totals(self) -> Numbers:
        """The points that count, as in every export."""
        return np.maximum(0.0, self.raw_totals - self.penalties)

    def ended(self, outcome: str) -> NDArray[np.bool_]:
        """Tell which tests ended with an outcome."""
        found: NDArray[np.bool_] = np.asarray(self.outcomes == _CODES[outcome])
        return found

    @property
    def waiting(self) -> NDArray[np.bool_]:
        """Who has a cell that a person must still mark."""
        found: NDArray[np.bool_] = np.asarray(self.ended(WAITS).any(axis=1))
        return found

    @property
    def unkept(self) -> int:
        """Of how many students a notebook was run whose verdicts are not kept any more."""
        return int(self.ended("unknown").any(axis=1).sum())

    def ran(self, notebook: str) -> NDArray[np.bool_]:
        """Whose notebook of that name was run."""
        found: NDArray[np.bool_] = self.states[:, self.notebooks.index(notebook)] == RUN
        return found

    @property
    def ran_all(self) -> NDArray[np.bool_]:
        """Whose notebooks were all run."""
        found: NDArray[np.bool_] = (self.states == RUN).all(axis=1)
        return found


def read_work(course: Course, name: str, cells: Sequence[Cell], listeners: Sequence[Listener]) -> Work:
    """Read the work of a class.

    Parameters
    ----------
    course, name
        The assignment.
    cells
        Its graded cells, as `autograder.tidy.graded_cells` lists them.
    listeners
        They are told of each row of a student whose work is graded.

    Raises
    ------
    AutograderError
        If the assignment is not released, or there is nothing to read.
    """
    table = _Table(course, name, tuple(cells))
    for student, rows in itertools.groupby(tidy_rows(course, [name]), key=lambda row: row.student):
        found = list(rows)
        if found[0].outcome == _NOT_GRADED:
            table.ungraded.append(student)
        elif found[0].outcome == _NOTHING:
            table.nothing.append(student)
        else:
            table.add(student, found, listeners)
    return table.work()


class _Table:
    """The tables while they grow."""

    def __init__(self, course: Course, name: str, cells: tuple[Cell, ...]) -> None:
        self._course = course
        self._name = name
        self._cells = cells
        self._columns = {(cell.notebook, cell.name): number for number, cell in enumerate(cells)}
        self._notebooks = tuple(dict.fromkeys(cell.notebook for cell in cells))
        self.ungraded: list[str] = []
        self.nothing: list[str] = []
        self._students: list[str] = []
        self._points: list[Numbers] = []
        self._outcomes: list[NDArray[np.uint8]] = []
        self._seconds: list[NDArray[np.float32]] = []
        self._states: list[list[int]] = []
        self._penalties: list[float] = []

    def add(self, student: str, rows: Sequence[TidyRow], listeners: Sequence[Listener]) -> None:
        """Add the rows of a student."""
        points = np.full(len(self._cells), np.nan)
        seconds = np.full(len(self._cells), np.nan, dtype=np.float32)
        outcomes = np.full(len(self._cells), _CODES["unknown"], dtype=np.uint8)
        penalties: dict[str, float] = {}
        notebooks: dict[str, list[TidyRow]] = {}
        for row in rows:
            column = self._columns[row.notebook, row.test]
            if row.points is not None:
                points[column] = row.points
            if row.seconds is not None:
                seconds[column] = row.seconds
            untouched = row.outcome == "failed" and "not answered yet" in row.message
            outcomes[column] = _CODES["not attempted" if untouched else row.outcome]
            penalties[row.notebook] = row.penalty
            notebooks.setdefault(row.notebook, []).append(row)
            for listener in listeners:
                listener(len(self._students), column, row)
        self._students.append(student)
        self._points.append(points)
        self._seconds.append(seconds)
        self._outcomes.append(outcomes)
        self._penalties.append(sum(penalties.values()))
        self._states.append([self._state(student, name, notebooks.get(name, [])) for name in self._notebooks])

    def _state(self, student: str, notebook: str, rows: Sequence[TidyRow]) -> int:
        """Find out what became of a notebook; where no verdict tells, by whether its graded copy is there."""
        tests = [row for row in rows if "by hand" not in row.outcome]
        if tests and all(row.outcome == "refused" for row in tests):
            missing = tests[0].message.startswith(f"{notebook}.ipynb was not handed in")
            return MISSING if missing else REFUSED
        if tests and any(row.outcome != "unknown" for row in tests):
            return RUN
        graded = self._course.autograded / student / self._name / f"{notebook}.ipynb"
        return RUN if os.path.exists(graded) else MISSING

    def work(self) -> Work:
        """Give the tables."""
        shape = (len(self._students), len(self._cells))
        return Work(
            students=tuple(self._students),
            cells=self._cells,
            points=np.array(self._points, dtype=np.float64).reshape(shape),
            outcomes=np.array(self._outcomes, dtype=np.uint8).reshape(shape),
            seconds=np.array(self._seconds, dtype=np.float32).reshape(shape),
            notebooks=self._notebooks,
            states=np.array(self._states, dtype=np.uint8).reshape(shape[0], len(self._notebooks)),
            penalties=np.array(self._penalties, dtype=np.float64),
            ungraded=tuple(self.ungraded),
            nothing=tuple(self.nothing),
        )
