"""An assignment as authored: practice.md (a MyST text notebook) and quiz.yml in one folder."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.authored import ASSIGNMENTS, schema_error
from autograder.errors import AutograderError, UsageError
from autograder.question import QuizError
from autograder.quiz import Quiz, load_quiz
from autograder.regions import HIDDEN_TESTS, SOLUTION, has_region, region_error

_ID = {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,48}$"}  # what nbgrader accepts, with room for a suffix
_TEXT = {"type": "string", "pattern": r"\S"}
KINDS = (
    "value",  # compute a loss
    "gradient",  # derive and compute its gradient
    "stability",  # keep the digits where the textbook formula loses them
    "number",  # explain or refute a claim by a number
    "data",  # train something small on realistic data
    "repair",  # mend a broken implementation
    "counterexample",  # find the input that breaks it
    "design",  # make a loss with given properties
    "figure",  # read a figure
)
"""What a practice problem can ask for."""

_PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["id", "title", "kinds", "defines", "minutes", "objectives"],
    "additionalProperties": False,
    "properties": {
        "id": _ID,
        "title": _TEXT,
        "kinds": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": list(KINDS)}},
        "defines": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": r"^[^\W\d]\w*$"}},
        "minutes": {"type": "number", "exclusiveMinimum": 0},
        "objectives": {"type": "array", "minItems": 1, "items": _TEXT},
    },
}
_CELL_SCHEMA = {
    "type": "object",
    "required": ["grade_id"],
    "additionalProperties": False,
    "properties": {
        "grade_id": _ID,
        "solution": {"type": "boolean"},
        "grade": {"type": "boolean"},
        "locked": {"type": "boolean"},
        "points": {"type": "number", "exclusiveMinimum": 0},
    },
    "anyOf": [{"required": ["solution"]}, {"required": ["grade"]}, {"required": ["locked"]}],
    "dependentRequired": {"grade": ["points"], "points": ["grade"]},
}


@dataclass(frozen=True)
class Problem:
    """One practice problem: what its statement declares, and the cells that follow it.

    `solutions` and `tests` are the grade ids of its solution and test cells, in order; `points` is their sum.
    """

    id: str
    title: str
    kinds: tuple[str, ...]
    defines: tuple[str, ...]
    minutes: float
    objectives: tuple[str, ...]
    solutions: tuple[str, ...]
    tests: tuple[str, ...]
    points: float


@dataclass(frozen=True)
class Assignment:
    """An authored assignment, read and checked; `practice` holds the cells as authored."""

    name: str
    folder: Path
    practice: NotebookNode
    problems: tuple[Problem, ...]
    quiz: Quiz


def list_assignments(folder: Path = ASSIGNMENTS) -> list[str]:
    """Name the authored assignments: the subfolders that hold a practice.md."""
    return sorted(path.parent.name for path in folder.glob("*/practice.md"))


def load_assignment(name: str, folder: Path = ASSIGNMENTS) -> Assignment:
    """Read an authored assignment and check it.

    Raises
    ------
    AutograderError
        If there is no such assignment, or its files break the format; the message names file and place.
    """
    known = list_assignments(folder)
    if name not in known:
        raise UsageError(unknown_name("assignment", name, known))
    path = folder / name / "practice.md"
    practice = _read_practice(path)
    for number, cell in enumerate(practice.cells, start=1):
        _check_cell(f"{path}, cell {number}", cell)
    _check_unique(
        path, (cell.metadata.nbgrader.grade_id for cell in practice.cells if "nbgrader" in cell.metadata)
    )
    problems = _problems(path, practice)
    try:
        quiz = load_quiz(folder / name / "quiz.yml")
    except QuizError as error:
        raise AutograderError(str(error)) from error
    return Assignment(name, folder / name, practice, problems, quiz)


def unknown_name(kind: str, name: str, known: Iterable[str], place: Path | None = None) -> str:
    """Word the error for a name that does not exist in a place, with the near names and all known ones."""
    known = sorted(known)
    begun = [full for full in known if name and full.startswith(name)]
    near = begun or difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    where = f" in {place}" if place else ""
    return f"there is no {kind} {name!r}{where}.{guess} Known: {', '.join(known) or 'none'}."


def _read_practice(path: Path) -> NotebookNode:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AutograderError(f"{path}: can't be read: {error}") from error
    try:
        import jupytext  # type: ignore[import-untyped]  # takes a while, and grading needs none of it

        notebook: NotebookNode = jupytext.reads(text, fmt="md:myst")
    except Exception as error:  # jupytext raises several kinds, all about the text
        reason = " ".join(str(error).split())
        raise AutograderError(f"{path}: can't be read as a MyST text notebook: {reason}") from error
    return notebook


def _check_schema(place: str, field: str, data: Any, schema: Mapping[str, Any]) -> None:
    if (broken := schema_error(data, schema)) is not None:
        where, message = broken
        raise AutograderError(f"{place}: {'.'.join([field, *map(str, where)])}: {message}")


def _check_cell(place: str, cell: NotebookNode) -> None:
    if (error := region_error(cell.source)) is not None:
        raise AutograderError(f"{place}: {error}")
    if "problem" in cell.metadata:
        if cell.cell_type != "markdown":
            raise AutograderError(
                f"{place}: `problem` metadata belongs to the markdown cell with the statement"
            )
        _check_schema(place, "problem", cell.metadata.problem, _PROBLEM_SCHEMA)
    brief: Mapping[str, Any] = {}
    if "nbgrader" in cell.metadata:
        brief = cell.metadata.nbgrader
        if cell.cell_type != "code":
            raise AutograderError(
                f"{place}: `nbgrader` metadata belongs to code cells; statements are locked anyway"
            )
        _check_schema(place, "nbgrader", brief, _CELL_SCHEMA)
        place = f"{place} ({brief['grade_id']})"
    solution, grade = brief.get("solution", False), brief.get("grade", False)
    if solution and grade:
        raise AutograderError(f"{place}: a cell is a solution or a test, not both")
    if solution != has_region(cell.source, SOLUTION):
        raise AutograderError(f"{place}: a `solution: true` cell and a BEGIN SOLUTION region need each other")
    if has_region(cell.source, HIDDEN_TESTS) and not grade:
        raise AutograderError(f"{place}: hidden tests are in a cell that is not marked `grade: true`")


def _check_unique(path: Path, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for i in ids:
        if i in seen:
            raise AutograderError(f"{path}: the id {i!r} is used twice; ids must be unique")
        seen.add(i)


def _problems(path: Path, practice: NotebookNode) -> tuple[Problem, ...]:
    groups: list[
        tuple[Mapping[str, Any], list[Mapping[str, Any]]]
    ] = []  # each statement with the cells below it
    for number, cell in enumerate(practice.cells, start=1):
        if "problem" in cell.metadata:
            groups.append((cell.metadata.problem, []))
        elif "nbgrader" in cell.metadata:
            brief = cell.metadata.nbgrader
            if groups:
                groups[-1][1].append(brief)
            elif not brief.get("locked"):
                raise AutograderError(
                    f"{path}, cell {number} ({brief.grade_id}): no problem statement stands above it"
                )
    if not groups:
        raise AutograderError(f"{path}: no markdown cell carries `problem` metadata")
    _check_unique(path, (statement["id"] for statement, _ in groups))
    return tuple(_problem(path, statement, cells) for statement, cells in groups)


def _problem(path: Path, statement: Mapping[str, Any], cells: Sequence[Mapping[str, Any]]) -> Problem:
    solutions = tuple(cell["grade_id"] for cell in cells if cell.get("solution"))
    tests = [cell for cell in cells if cell.get("grade")]
    if not (solutions and tests):
        raise AutograderError(
            f"{path}: problem {statement['id']!r} needs a solution cell and a test cell below it"
        )
    return Problem(
        id=statement["id"],
        title=statement["title"],
        kinds=tuple(statement["kinds"]),
        defines=tuple(statement["defines"]),
        minutes=statement["minutes"],
        objectives=tuple(statement["objectives"]),
        solutions=solutions,
        tests=tuple(cell["grade_id"] for cell in tests),
        points=sum(cell["points"] for cell in tests),
    )
