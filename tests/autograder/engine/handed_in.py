"""A small notebook with a cell of every kind, and how it is handed in, whole or changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator  # type: ignore[import-untyped]
from nbgrader.preprocessors import (  # type: ignore[import-untyped]
    ClearHiddenTests,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)

from autograder.engine.quarantine import Rebuilt, rebuild
from autograder.engine.source import SourceNotebook, source_notebook
from autograder.notebooks import new_cell, new_notebook, notebook_text

Content = dict[str, Any]


def marked(cell_type: str, grade_id: str, text: str, **flags: Any) -> NotebookNode:
    """Write a cell with nbgrader's metadata."""
    about = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
    return new_cell(cell_type, text, grade_id, {"nbgrader": {**about, "grade_id": grade_id, **flags}})


SMALL = new_notebook(
    [
        new_cell("markdown", "# Welcome", "welcome", {"tags": ["hide"]}),
        marked("code", "setup", "import math", locked=True),
        new_cell("code", "scratch = 1", "scratch", {}),
        marked("code", "double", "### BEGIN SOLUTION\nsecret_sum = 2\n### END SOLUTION", solution=True),
        marked(
            "code",
            "double-test",
            "assert double\n### BEGIN HIDDEN TESTS\nassert hidden_one\n### END HIDDEN TESTS",
            grade=True,
            locked=True,
            points=2,
        ),
        marked("code", "sketch", "def sketch():\n    ### BEGIN SOLUTION\n    secret_sketch = 1\n"
               "    ### END SOLUTION", grade=True, solution=True, points=1),
        marked("markdown", "essay", "The secret essay", grade=True, solution=True, points=3),
        marked("markdown", "statement", "Write an essay.", locked=True),
        marked("markdown", "task", "Do as you like.", task=True, locked=True, points=4),
    ],
    {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
)  # fmt: skip


def released(source: NotebookNode) -> NotebookNode:
    """Make the students' version, as nbgrader does."""
    notebook = copy.deepcopy(source)
    steps = (LockCells, ClearSolutions, ClearOutput, ComputeChecksums, ClearHiddenTests, ComputeChecksums)
    for step in steps:
        notebook, _ = step().preprocess(notebook, {})
    return notebook


def handed_in(notebook: NotebookNode, *changes: Callable[[Content], object]) -> bytes:
    """Write the students' version of a source notebook as JSON, changed."""
    content = json.loads(notebook_text(released(notebook)))
    for change in changes:
        change(content)
    return json.dumps(content).encode()


def small(*changes: Callable[[Content], object]) -> Rebuilt:
    """Hand in the small notebook, changed."""
    return rebuild(source_notebook("small", SMALL), handed_in(SMALL, *changes))


def at(content: Content, grade_id: str) -> Content:
    """Find a cell of a handed-in notebook by its id."""
    found: Content = next(cell for cell in content["cells"] if cell.get("id") == grade_id)
    return found


def write(grade_id: str, text: str) -> Callable[[Content], object]:
    """Put a text in a cell."""
    return lambda content: at(content, grade_id).update(source=text)


def insert(place: int, text: str, **rest: Any) -> Callable[[Content], object]:
    """Insert a cell of the student's own."""
    own = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, **rest}
    return lambda content: content["cells"].insert(place, {**own, "source": text})


def delete(*grade_ids: str) -> Callable[[Content], object]:
    """Delete cells."""
    return lambda content: content.update(
        cells=[cell for cell in content["cells"] if cell["id"] not in grade_ids]
    )


def texts(rebuilt: Rebuilt) -> dict[str, str]:
    """The text of each cell by id."""
    return {cell.id: cell.source for cell in rebuilt.cells}


def require_valid(rebuilt: Rebuilt, source: SourceNotebook) -> None:
    """Check what Jupyter and nbgrader need of the notebook, and that the brief cells tell the same."""
    notebook = nbformat.from_dict(rebuilt.notebook)  # type: ignore[no-untyped-call]
    notebook_text(notebook).encode()
    MetadataValidator().validate_nb(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata == source.metadata
    assert [(cell.id, cell.source) for cell in notebook.cells] == [(c.id, c.source) for c in rebuilt.cells]
    assert len({cell.id for cell in rebuilt.cells}) == len(rebuilt.cells)
    tests = [cell.grade_id for cell in rebuilt.cells if cell.kind == "test"]
    assert tests == list(source.max_points)
    for cell in notebook.cells:
        assert cell.get("outputs", []) == []
        assert "tags" not in cell.metadata
    assert len(rebuilt.remarks) <= 20
    for remark in rebuilt.remarks:
        assert remark.isprintable()
        assert len(remark) <= 200
