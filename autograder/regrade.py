"""What moves when an assignment is graded again: whose marks, from what to what, and which test does it.

Nothing is written here: the marks of another run are compared with those that the gradebook held before it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from nbgrader.api import Gradebook  # type: ignore[import-untyped]

from autograder.audit import held_notebooks
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.errors import shortened
from autograder.wording import counted

Owner = tuple[str, str]  # student and notebook
SHOWN = 100  # characters of a message in the table


@dataclass(frozen=True)
class Earlier:
    """What a student's notebook has got so far.

    Attributes
    ----------
    scores, max_scores
        The points of each test cell in the gradebook, and what each is worth there.
    set_by_hand
        The test cells whose points a person has set; they stay, whatever a test says.
    graded
        The verdicts that the points come from, where they are kept.
    """

    scores: Mapping[str, float]
    max_scores: Mapping[str, float]
    set_by_hand: frozenset[str] = frozenset()
    graded: GradedNotebook | None = None


@dataclass(frozen=True)
class TestChange:
    """A test cell that is worth something else now; None where it did not or does not exist."""

    __test__ = False  # this is no test of pytest's

    notebook: str
    test: str
    before: float | None
    after: float | None

    def __str__(self) -> str:
        name = f"{self.notebook}/{self.test}"
        if self.before is None:
            return f"{name} is new, worth {self.after:g}"
        return (
            f"{name} is gone"
            if self.after is None
            else f"{name} is worth {self.after:g}, not {self.before:g}"
        )


@dataclass(frozen=True)
class Cause:
    """A test cell that moves a mark: its points, and its verdict where that is known."""

    test: str
    before: float | None
    after: float | None
    outcome_before: str = ""
    outcome_after: str = ""
    message_before: str = ""
    message_after: str = ""

    def __str__(self) -> str:
        points = " → ".join("–" if given is None else f"{given:g}" for given in (self.before, self.after))
        outcomes = " → ".join(filter(None, (self.outcome_before, self.outcome_after)))
        said = ""
        if self.message_after:
            said = f": {shortened(self.message_after, SHOWN)}"
        elif self.message_before:
            said = f"; before: {shortened(self.message_before, SHOWN)}"
        return f"{self.test} {points}" + (f" ({outcomes}{said})" if outcomes else "")


@dataclass(frozen=True)
class Move:
    """A notebook of a student whose points move, without what is taken off for being late."""

    student: str
    notebook: str
    before: float
    after: float
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class RegradeReport:
    """What moves.

    Attributes
    ----------
    moves
        The notebooks whose points move, by student.
    tests
        The tests that appeared, disappeared, or are worth something else now.
    same
        How many notebooks keep the points of every test.
    first
        Notebooks that have no mark yet: student and notebook.
    missing
        Notebooks that have a mark and were not run now: student and notebook.
    recorded
        Whether the new marks are recorded; if not, this is what would move.
    """

    moves: tuple[Move, ...] = ()
    tests: tuple[TestChange, ...] = ()
    same: int = 0
    first: tuple[Owner, ...] = ()
    missing: tuple[Owner, ...] = ()
    recorded: bool = False

    def to_text(self) -> str:
        """Write it as a table with a line for each test that moves a mark."""
        lines = [f"{change}" for change in self.tests]
        lines += [""] if lines and self.moves else []
        lines += _table(self.moves)
        up = sum(move.after > move.before for move in self.moves)
        down = sum(move.after < move.before for move in self.moves)
        moved, same = ("moved", "did not") if self.recorded else ("would move", "would not")
        counts = f"{counted(len(self.moves), 'notebook')} {moved} ({up} up, {down} down), {self.same} {same}"
        for owners, what in (
            (self.first, "marked for the first time"),
            (self.missing, "not run and left with the mark they have"),
        ):
            counts += f", {len(owners)} {what}" if owners else ""
        counts += "; the new marks are recorded." if self.recorded else "."
        return "\n".join([*lines, *([""] if lines else []), counts])

    def to_json(self) -> str:
        """Write it as JSON, with messages in full."""
        return json.dumps(asdict(self), indent=2)


def earlier_marks(
    gradebook: Gradebook, assignment: str, kept: Mapping[Owner, GradedNotebook]
) -> dict[Owner, Earlier]:
    """Read what everyone has got so far.

    Parameters
    ----------
    gradebook
        nbgrader's gradebook, before the changed source is taken over.
    assignment
        The assignment.
    kept
        The verdicts that the marks come from, as far as they are kept.
    """
    tests = {}
    for notebook in gradebook.find_assignment(assignment).notebooks:
        by_hand = {cell.name for cell in notebook.solution_cells}
        tests[notebook.name] = {
            cell.name: cell.max_score
            for cell in notebook.grade_cells
            if cell.cell_type == "code" and cell.name not in by_hand
        }
    marks = {}
    for place, held in held_notebooks(gradebook, [assignment]).items():
        cells = {name: cell for name, cell in held.cells.items() if name in tests[place.notebook]}
        owner = (place.student, place.notebook)
        marks[owner] = Earlier(
            scores={name: cell.auto_score or 0.0 for name, cell in cells.items()},
            max_scores=tests[place.notebook],
            set_by_hand=frozenset(name for name, cell in cells.items() if cell.manual_score is not None),
            graded=kept.get(owner),
        )
    return marks


def differences(
    before: Mapping[Owner, Earlier], after: Mapping[Owner, GradedNotebook], *, recorded: bool = False
) -> RegradeReport:
    """Compare what everyone has got with what another run gave.

    Parameters
    ----------
    before
        What everyone has got so far (`earlier_marks`), by student and notebook.
    after
        What another run gave.
    recorded
        Whether that run is recorded.
    """
    moves: list[Move] = []
    first: list[Owner] = []
    tests: dict[tuple[str, str], TestChange] = {}
    for owner, graded in sorted(after.items()):
        earlier = before.get(owner)
        if earlier is None:
            first.append(owner)
            continue
        tests |= {(graded.notebook, change.test): change for change in _changed_tests(earlier, graded)}
        if causes := tuple(_causes(earlier, graded)):
            points = sum(earlier.scores.values())
            gained = sum((cause.after or 0.0) - (cause.before or 0.0) for cause in causes)
            moves.append(Move(*owner, points, points + gained, causes))
    return RegradeReport(
        moves=tuple(moves),
        tests=tuple(tests.values()),
        same=len(after) - len(first) - len(moves),
        first=tuple(first),
        missing=tuple(sorted(before.keys() - after.keys())),
        recorded=recorded,
    )


def _changed_tests(earlier: Earlier, graded: GradedNotebook) -> Iterator[TestChange]:
    worth = {verdict.grade_id: verdict.max_points for verdict in graded.verdicts}
    for name in dict.fromkeys([*earlier.max_scores, *worth]):
        change = TestChange(graded.notebook, name, earlier.max_scores.get(name), worth.get(name))
        if change.before != change.after:
            yield change


def _causes(earlier: Earlier, graded: GradedNotebook) -> Iterator[Cause]:
    old: dict[str, Verdict] = {}
    if earlier.graded is not None:
        old = {verdict.grade_id: verdict for verdict in earlier.graded.verdicts}
    new = {verdict.grade_id: verdict for verdict in graded.verdicts}
    for name in dict.fromkeys([*earlier.scores, *new]):
        before = earlier.scores.get(name)
        after = new[name].points if name in new else None
        if name in earlier.set_by_hand or math.isclose(before or 0.0, after or 0.0, abs_tol=1e-9):
            continue
        yield Cause(
            name,
            before,
            after,
            old[name].outcome if name in old else "",
            new[name].outcome if name in new else "",
            old[name].message if name in old else "",
            new[name].message if name in new else "",
        )


def _table(moves: Sequence[Move]) -> list[str]:
    """Write a line for each test that moves a mark, in columns; the first of a notebook says whose it is."""
    rows = []
    for move in moves:
        points = f"{move.before:g} → {move.after:g}"
        for number, cause in enumerate(move.causes):
            owner = ("", "", "") if number else (move.student, move.notebook, points)
            rows.append((*owner, str(cause)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]
