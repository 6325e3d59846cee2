"""An assignment as it was released, read from nbgrader's gradebook: what each cell is there for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import (  # type: ignore[import-untyped]
    Assignment,
    BaseCell,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    SourceCell,
    TaskCell,
)
from sqlalchemy import select

from autograder.engine.source import SourceNotebook
from autograder.engine.verdict import GradedNotebook
from autograder.errors import AutograderError


@dataclass
class Layout:
    """One notebook of the released assignment as the gradebook describes it; the cells are names to ids."""

    id: str
    max_scores: dict[str, float] = field(default_factory=dict)
    graded: dict[str, str] = field(default_factory=dict)
    solutions: dict[str, str] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)
    stubs: dict[str, str] = field(default_factory=dict)

    @property
    def marked(self) -> dict[str, str]:
        """The cells that get a score."""
        return self.graded | self.tasks

    @property
    def commented(self) -> dict[str, str]:
        """The cells that get a comment."""
        return self.solutions | self.tasks

    @property
    def tests(self) -> set[str]:
        """The cells that a run marks; those in which the student writes are marked by hand."""
        return self.graded.keys() - self.solutions.keys()


def not_released(assignment: str) -> AutograderError:
    """Word the error for an assignment that was never released."""
    return AutograderError(f"{assignment} is not released yet: run `autograder release {assignment}` first")


def read_layouts(gradebook: Gradebook, assignment: str) -> dict[str, Layout]:
    """Read the notebooks of an assignment, by name.

    Raises
    ------
    AutograderError
        If it was never released.
    """
    rows = gradebook.db.execute(
        select(Notebook.name, Notebook.id).join(Assignment).where(Assignment.name == assignment)
    ).all()
    layouts = {name: Layout(id) for name, id in sorted(rows)}
    if not layouts:
        raise not_released(assignment)
    by_id = {layout.id: layout for layout in layouts.values()}

    def cells(kind: Any, *columns: Any) -> Any:
        found = select(BaseCell.notebook_id, BaseCell.name, BaseCell.id, *columns).where(
            BaseCell.id == kind.id, BaseCell.notebook_id.in_(by_id)
        )
        return gradebook.db.execute(found).all()

    for notebook, name, id, most in cells(GradeCell, GradeCell.max_score):
        by_id[notebook].graded[name] = id
        by_id[notebook].max_scores[name] = most
    for notebook, name, id in cells(SolutionCell):
        by_id[notebook].solutions[name] = id
    for notebook, name, id, most in cells(TaskCell, TaskCell.max_score):
        by_id[notebook].tasks[name] = id
        by_id[notebook].max_scores[name] = most
    stubs = select(SourceCell.notebook_id, SourceCell.name, SourceCell.source)
    for notebook, name, source in gradebook.db.execute(stubs.where(SourceCell.notebook_id.in_(by_id))):
        by_id[notebook].stubs[name] = source
    return layouts


def require_released_notebooks(
    assignment: str, folder: Path, layouts: Mapping[str, Layout], sources: Mapping[str, SourceNotebook]
) -> None:
    """Raise an error if the notebooks in source/, which is `folder`, are not those that were released."""
    if missing := sorted(set(layouts) - set(sources)):
        raise AutograderError(f"{folder}: {missing[0]}.ipynb is gone, but was released; put it back")
    if added := sorted(set(sources) - set(layouts)):
        raise AutograderError(
            f"{added[0]}.ipynb is not released yet: run `autograder release {assignment}` again"
        )


def require_fit(
    assignment: str, layouts: Mapping[str, Layout], notebooks: Mapping[str, GradedNotebook]
) -> None:
    """Raise an error if verdicts are of another version of an assignment than the released one."""
    for name, graded in notebooks.items():
        layout = layouts.get(name)
        tests = layout.tests if layout else set()
        for verdict in graded.verdicts:
            if layout is None or verdict.grade_id not in tests:
                raise AutograderError(
                    f"{name}.ipynb: the gradebook knows no test cell {verdict.grade_id!r}; "
                    f"run `autograder release {assignment}` again"
                )
            if verdict.max_points != (most := layout.max_scores[verdict.grade_id]):
                raise AutograderError(
                    f"{name}.ipynb, {verdict.grade_id}: worth {verdict.max_points:g} in source/ but {most:g} "
                    f"in the gradebook; run `autograder release {assignment}` again"
                )
