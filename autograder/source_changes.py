"""Changes of the source notebooks, taken over into a gradebook that holds submissions already.

nbgrader refuses to add or remove cells once there are submissions. Tests can be added all the same: every
submission gets a row of zero points for them until it is graded again. What students answered in is theirs:
those cells stay as they were handed out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode
from nbgrader.api import (  # type: ignore[import-untyped]
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SourceCell,
    SubmittedNotebook,
)
from nbgrader.utils import (  # type: ignore[import-untyped]
    compute_checksum,
    is_grade,
    is_locked,
    is_solution,
    is_task,
)
from sqlalchemy import select

from autograder.engine.source import SourceNotebook
from autograder.errors import AutograderError
from autograder.layout import not_released

Role = Literal["test", "manual", "solution", "task", "locked"]
_CALLED: dict[Role, str] = {
    "test": "a test",
    "manual": "marked by hand",
    "solution": "a solution",
    "task": "a task",
    "locked": "locked",
}


@dataclass(frozen=True)
class _Cell:
    """A cell of a source notebook that nbgrader keeps."""

    role: Role
    cell_type: str
    source: str
    points: float
    checksum: str


def apply_source_changes(
    gradebook: Gradebook, assignment: str, notebooks: Mapping[str, SourceNotebook]
) -> list[str]:
    """Bring the gradebook's copy of the source notebooks up to date without touching what was handed in.

    Tests and locked cells get their new text and points, cells marked by hand their new points. Marks stay
    until the submissions are graded again. All is done or nothing, once the gradebook is committed.

    Parameters
    ----------
    gradebook
        nbgrader's gradebook; the caller commits.
    assignment
        The assignment.
    notebooks
        All its source notebooks, by name.

    Returns
    -------
    One line for each change; none if the gradebook was up to date.

    Raises
    ------
    AutograderError
        If a change would cost marks or answers, or asks for answers that nobody could give.
    """
    try:
        held = {notebook.name: notebook for notebook in gradebook.find_assignment(assignment).notebooks}
    except MissingEntry:
        raise not_released(assignment) from None
    wanted = {name: _cells(notebook) for name, notebook in notebooks.items()}
    refused = [f"{name}.ipynb is new" for name in sorted(wanted.keys() - held.keys())]
    refused += [f"{name}.ipynb is gone" for name in sorted(held.keys() - wanted.keys())]
    for name in sorted(held.keys() & wanted.keys()):
        refused += [f"{name}/{said}" for said in _refused(_roles(held[name]), wanted[name])]
    if refused:
        raise AutograderError(
            f"{assignment}: its submissions can't be graded with the changed source: {'; '.join(refused)}"
        )
    changes = []
    for name in sorted(held):
        changes += [f"{name}/{said}" for said in _updated(gradebook, held[name], wanted[name])]
        _add_missing_grades(gradebook, held[name], wanted[name])
    return changes


def _cells(notebook: SourceNotebook) -> dict[str, _Cell]:
    cells = {}
    for source_cell in notebook.cells:
        cell: NotebookNode = nbformat.from_dict(source_cell.cell)  # type: ignore[no-untyped-call]
        if (role := _role(cell)) is not None and source_cell.grade_id is not None:
            points = source_cell.max_points
            checksum = compute_checksum(cell)
            cells[source_cell.grade_id] = _Cell(role, cell.cell_type, cell.source, points, checksum)
    return cells


def _role(cell: NotebookNode) -> Role | None:
    if is_task(cell):
        return "task"
    if is_grade(cell):
        return "manual" if is_solution(cell) else "test"
    if is_solution(cell):
        return "solution"
    return "locked" if is_locked(cell) else None


def _roles(notebook: Notebook) -> dict[str, Role]:
    solutions = {cell.name for cell in notebook.solution_cells}
    roles: dict[str, Role] = {cell.name: "locked" for cell in notebook.source_cells}
    roles |= dict.fromkeys(solutions, "solution")
    roles |= {cell.name: "manual" if cell.name in solutions else "test" for cell in notebook.grade_cells}
    roles |= {cell.name: "task" for cell in notebook.task_cells}
    return roles


def _refused(held: Mapping[str, Role], wanted: Mapping[str, _Cell]) -> Iterator[str]:
    for name, role in held.items():
        cell = wanted.get(name)
        if cell is None and role == "test":
            yield f"{name} is gone, and its marks would be lost; put it back, worth 0 points if you like"
        elif cell is None and role != "locked":
            yield f"{name} is gone, in which students answered; put it back"
        elif cell is not None and cell.role != role:
            now, before = _CALLED[cell.role], _CALLED[role]
            yield f"{name} is {now} now and was {before}; give the new cell a name of its own"
    for name, cell in wanted.items():
        if name not in held and cell.role not in ("test", "locked"):
            yield f"{name} is new, and nobody could answer in it; ask for it in another assignment"


def _updated(gradebook: Gradebook, notebook: Notebook, wanted: Mapping[str, _Cell]) -> Iterator[str]:
    """Change the gradebook's rows for a notebook; say what was changed."""
    sources = {cell.name: cell for cell in notebook.source_cells}
    graded = {cell.name: cell for cell in (*notebook.grade_cells, *notebook.task_cells)}
    for name in sources.keys() - wanted.keys():
        gradebook.db.delete(sources[name])
        yield f"{name}: removed"
    for name, cell in wanted.items():
        if name not in sources:
            gradebook.db.add(SourceCell(name=name, notebook=notebook, locked=True, **_text(cell)))
            if cell.role == "test":
                row = GradeCell(name=name, notebook=notebook, max_score=cell.points, cell_type=cell.cell_type)
                gradebook.db.add(row)
            yield f"{name}: new" + (f" test, worth {cell.points:g}" if cell.role == "test" else "")
            continue
        if name in graded and graded[name].max_score != cell.points:
            yield f"{name}: worth {cell.points:g} instead of {graded[name].max_score:g}"
            graded[name].max_score = cell.points
            if cell.role == "manual":
                sources[name].checksum = _checksum_of_handed_out(sources[name], cell.points)
        if cell.role in ("test", "locked") and sources[name].checksum != cell.checksum:
            if sources[name].source != cell.source:
                yield f"{name}: changed"
            _set(sources[name], _text(cell))
            if cell.role == "test":
                graded[name].cell_type = cell.cell_type


def _text(cell: _Cell) -> dict[str, Any]:
    return {"source": cell.source, "cell_type": cell.cell_type, "checksum": cell.checksum}


def _set(row: SourceCell, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _checksum_of_handed_out(source: SourceCell, points: float) -> str:
    """Compute the checksum by which nbgrader knows an untouched answer; it covers the points."""
    about = {"grade": True, "solution": True, "locked": False, "grade_id": source.name, "points": points}
    cell: NotebookNode = nbformat.from_dict(  # type: ignore[no-untyped-call]
        {"cell_type": source.cell_type, "source": source.source, "metadata": {"nbgrader": about}}
    )
    return str(compute_checksum(cell))


def _add_missing_grades(gradebook: Gradebook, notebook: Notebook, wanted: Mapping[str, _Cell]) -> None:
    """Give every submission a row of zero points for each test that it has none for."""
    gradebook.db.flush()  # gives new cells their ids
    tests = {cell.id for cell in notebook.grade_cells if wanted[cell.name].role == "test"}
    submitted = select(SubmittedNotebook.id).where(SubmittedNotebook.notebook_id == notebook.id)
    there = select(Grade.cell_id, Grade.notebook_id).where(Grade.cell_id.in_(tests))
    missing = {(cell, of) for cell in tests for of in gradebook.db.scalars(submitted)}
    missing -= {(cell, of) for cell, of in gradebook.db.execute(there)}
    gradebook.db.add_all(
        Grade(cell_id=cell, notebook_id=of, auto_score=0.0, needs_manual_grade=False) for cell, of in missing
    )
    gradebook.db.flush()
