"""Changes of the source notebooks since the release: named, and taken over into a gradebook with submissions.

nbgrader refuses to add or remove cells once there are submissions. Tests can be added all the same: every
submission gets a row of zero points for them until it is graded again. What students answered in is theirs:
those cells stay as they were handed out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import nbformat
from nbformat import NotebookNode
from nbgrader.api import (  # type: ignore[import-untyped]
    Grade,
    Gradebook,
    GradeCell,
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
from autograder.layout import Layout, read_layouts
from autograder.wording import counted

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


class SourceChange(NamedTuple):
    """A cell of a source notebook that is not as it was released, and what is different."""

    notebook: str
    cell: str
    what: str

    def __str__(self) -> str:
        return f"{self.notebook}/{self.cell}: {self.what}"


def source_changes(
    layouts: Mapping[str, Layout], notebooks: Mapping[str, SourceNotebook]
) -> list[SourceChange]:
    """Compare source notebooks with what the gradebook knows of them.

    A cell is changed if it is new, gone, there for something else or worth something else; a test, and a
    locked cell, which tests may rely on, also if its text is another.
    """
    return [
        SourceChange(name, cell, what)
        for name, layout in layouts.items()
        if name in notebooks
        for cell, what in _differences(layout, _cells(notebooks[name]))
    ]


def require_unchanged(
    assignment: str, layouts: Mapping[str, Layout], notebooks: Mapping[str, SourceNotebook]
) -> None:
    """Refuse to grade by a source that was changed since the release: marks would move without a word."""
    changes = source_changes(layouts, notebooks)
    cells = list(dict.fromkeys(f"{change.notebook}.ipynb, {change.cell}" for change in changes))
    if cells:
        more = f" and {counted(len(cells) - 1, 'other cell')} were" if cells[1:] else " was"
        raise AutograderError(
            f"{cells[0]}{more} changed since {assignment} was released. `autograder regrade {assignment} "
            "--dry-run` shows whose marks would move; without --dry-run it takes the change over. While "
            f"nothing is graded, `autograder release {assignment}` does too."
        )


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
    layouts = read_layouts(gradebook, assignment)
    held = {notebook.name: notebook for notebook in gradebook.find_assignment(assignment).notebooks}
    wanted = {name: _cells(notebook) for name, notebook in notebooks.items()}
    refused = [f"{name}.ipynb is new" for name in sorted(wanted.keys() - held.keys())]
    refused += [f"{name}.ipynb is gone" for name in sorted(held.keys() - wanted.keys())]
    for name in sorted(held.keys() & wanted.keys()):
        refused += [f"{name}/{said}" for said in _refused(_roles(layouts[name]), wanted[name])]
    if refused:
        raise AutograderError(
            f"{assignment}: its submissions can't be graded with the changed source: {'; '.join(refused)}"
        )
    changes = source_changes(layouts, notebooks)
    for name in sorted(held):
        _update(gradebook, held[name], wanted[name])
        _add_missing_grades(gradebook, held[name], wanted[name])
    return [str(change) for change in changes]


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


def _roles(layout: Layout) -> dict[str, Role]:
    roles: dict[str, Role] = dict.fromkeys(layout.stubs, "locked")
    roles |= dict.fromkeys(layout.solutions, "solution")
    roles |= {name: "manual" if name in layout.solutions else "test" for name in layout.graded}
    roles |= dict.fromkeys(layout.tasks, "task")
    return roles


def _differences(layout: Layout, wanted: Mapping[str, _Cell]) -> Iterator[tuple[str, str]]:
    """Give the cells that are not as a layout has them, and what is different."""
    roles = _roles(layout)
    for name in sorted(roles.keys() - wanted.keys()):
        yield name, "removed"
    for name, cell in wanted.items():
        if name not in roles:
            yield name, "new" + (f" test, worth {cell.points:g}" if cell.role == "test" else "")
        elif cell.role != roles[name]:
            yield name, f"{_CALLED[cell.role]} instead of {_CALLED[roles[name]]}"
        else:
            if name in layout.max_scores and layout.max_scores[name] != cell.points:
                yield name, f"worth {cell.points:g} instead of {layout.max_scores[name]:g}"
            if cell.role in ("test", "locked") and layout.stubs.get(name) != cell.source:
                yield name, "changed"


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


def _update(gradebook: Gradebook, notebook: Notebook, wanted: Mapping[str, _Cell]) -> None:
    """Change the gradebook's rows for a notebook."""
    sources = {cell.name: cell for cell in notebook.source_cells}
    graded = {cell.name: cell for cell in (*notebook.grade_cells, *notebook.task_cells)}
    for name in sources.keys() - wanted.keys():
        gradebook.db.delete(sources[name])
    for name, cell in wanted.items():
        if name not in sources:
            gradebook.db.add(SourceCell(name=name, notebook=notebook, locked=True, **_text(cell)))
            if cell.role == "test":
                row = GradeCell(name=name, notebook=notebook, max_score=cell.points, cell_type=cell.cell_type)
                gradebook.db.add(row)
            continue
        if name in graded and graded[name].max_score != cell.points:
            graded[name].max_score = cell.points
            if cell.role == "manual":
                sources[name].checksum = _checksum_of_handed_out(sources[name], cell.points)
        if cell.role in ("test", "locked") and sources[name].checksum != cell.checksum:
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
