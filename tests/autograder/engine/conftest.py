"""A jail that all tests of the engine share, and a short way to grade a few cells in it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Protocol

import pytest

from autograder.engine.grading import Grader
from autograder.engine.jail import Jail, Level
from autograder.engine.limits import MIB, Limits
from autograder.engine.source import SourceNotebook, source_notebook
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.notebooks import new_cell, new_notebook, notebook_text

Cell = tuple[str, str, str]
Outputs = list[dict[str, Any]]

POINTS = 4.0  # what each test cell is worth
SMALL = Limits(memory=200 * MIB, disk=8 * MIB, file_size=4 * MIB, processes=40)
_FLAGS: dict[str, dict[str, Any]] = {
    "test": {"grade": True, "solution": False, "locked": True, "points": POINTS},
    "solution": {"grade": False, "solution": True, "locked": False},
    "manual": {"grade": True, "solution": True, "locked": False, "points": POINTS},
    "locked": {"grade": False, "solution": False, "locked": True},
}


def write_source(*cells: Cell, name: str = "exam") -> SourceNotebook:
    """Make a source notebook of cells (kind, grade id, text); a "plain" one has no metadata."""
    written = []
    for number, (kind, grade_id, text) in enumerate(cells):
        metadata: dict[str, Any] = {}
        if kind in _FLAGS:
            metadata["nbgrader"] = {"grade_id": grade_id, "schema_version": 3, **_FLAGS[kind]}
        cell_type = "markdown" if kind == "text" else "code"
        written.append(new_cell(cell_type, text, f"cell-{number}", metadata))
    return source_notebook(name, new_notebook(written, {}))


def hand_in(source: SourceNotebook, answers: Mapping[str, str]) -> bytes:
    """Write what a student hands in: the source notebook with answers by grade id."""
    cells = []
    for cell in source.cells:
        text = answers.get(cell.grade_id or "", cell.source)
        cells.append(new_cell(cell.cell["cell_type"], text, cell.id, dict(cell.cell["metadata"])))
    return notebook_text(new_notebook(cells, {})).encode()


def only(graded: GradedNotebook) -> Verdict:
    """The one verdict."""
    (verdict,) = graded.verdicts
    return verdict


def outcomes(graded: GradedNotebook) -> dict[str, str]:
    """The outcome of each test."""
    return {verdict.grade_id: verdict.outcome for verdict in graded.verdicts}


def code(text: str) -> Cell:
    """Write the student's cell; what it defines is what the tests may use."""
    return ("solution", "code", text)


def check_of(text: str) -> Cell:
    """Write the test cell."""
    return ("test", "test", text)


class Examine(Protocol):
    """How tests grade a few cells; see `examine`."""

    def __call__(
        self,
        *cells: Cell,
        answers: Mapping[str, str] = ...,
        limits: Limits = ...,
        files: Mapping[str, bytes] = ...,
        seed: str = ...,
    ) -> GradedNotebook: ...


class Show(Protocol):
    """How tests run a few cells; see `show`."""

    def __call__(self, *cells: str, limits: Limits = ...) -> list[Outputs]: ...


def show_in(jail: Jail, *cells: str, limits: Limits | None = None) -> list[Outputs]:
    """Run code cells in a jail, one after the other, and give what each of them showed."""
    source = write_source(*[("solution", str(number), "") for number in range(len(cells))])
    answers = {str(number): text for number, text in enumerate(cells)}
    grader = Grader({source.name: source}, jail, limits or Limits())
    graded = grader.grade(source.name, hand_in(source, answers), {}, "a seed")
    return [graded.outputs[f"cell-{number}"] for number in range(len(cells))]


def told_by(jail: Jail, code: str) -> Any:
    """What code says in the jail: the value of its name `told`, as JSON."""
    (outputs,) = show_in(jail, f"{code}\nimport json\nprint('told:' + json.dumps(told))")
    text = "".join(output.get("text", "") for output in outputs)
    assert "told:" in text, outputs
    return json.loads(text.partition("told:")[2])


def passes(examine: Examine, answer: str, check: str) -> Verdict:
    """Grade an answer that must pass a check."""
    verdict = only(examine(code(answer), check_of(check)))
    assert (verdict.outcome, verdict.points) == ("passed", 4), verdict.message
    assert verdict.message == ""
    return verdict


def fails(examine: Examine, answer: str, check: str) -> str:
    """Grade an answer that must fail a check; give what the student is told."""
    verdict = only(examine(code(answer), check_of(check)))
    assert (verdict.outcome, verdict.points) == ("failed", 0)
    return verdict.message


@pytest.fixture(scope="session")
def jail() -> Iterator[Jail]:
    """The full jail."""
    with contextlib.closing(Jail("jail", Limits())) as started:
        yield started


@pytest.fixture
def examine(jail: Jail) -> Examine:
    """Grade cells (kind, grade id, text) of which the student changes those in `answers`."""

    def _examine(
        *cells: Cell,
        answers: Mapping[str, str] | None = None,
        limits: Limits | None = None,
        files: Mapping[str, bytes] | None = None,
        seed: str = "a seed",
    ) -> GradedNotebook:
        source = write_source(*cells)
        grader = Grader({source.name: source}, jail, limits or Limits())
        return grader.grade(source.name, hand_in(source, answers or {}), files or {}, seed)

    return _examine


@pytest.fixture
def show(jail: Jail) -> Show:
    """Run code cells in the full jail, as `show_in` does."""
    return partial(show_in, jail)


@pytest.fixture(params=["jail", "jail-each"], scope="module")
def level(request: pytest.FixtureRequest) -> Level:
    """Each of the levels that keep a hostile submission in."""
    name: Level = request.param
    return name


@pytest.fixture(scope="module")
def jailed(level: Level) -> Iterator[Jail]:
    """A jail of each level, with something of the instructor's in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSTRUCTORS_TOKEN", "a-secret-token")
        with contextlib.closing(Jail(level, SMALL)) as started:
            yield started
