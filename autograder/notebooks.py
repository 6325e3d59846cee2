"""Notebook files: read, built and written through nbformat, which has no types of its own for these."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode, v4


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook file, an old one as if it were of today's format."""
    notebook: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def parsed_notebook(content: bytes) -> NotebookNode:
    """Read a notebook from the bytes of its file."""
    notebook: NotebookNode = nbformat.reads(content.decode("utf-8"), as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def notebook_text(notebook: NotebookNode) -> str:
    """Serialise a notebook the way Jupyter writes it, after checking it against the format's schema."""
    nbformat.validate(notebook)
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return text if text.endswith("\n") else text + "\n"


def new_cell(cell_type: str, source: str, cell_id: str, metadata: Mapping[str, Any]) -> NotebookNode:
    """Build a code or a markdown cell."""
    new = v4.new_code_cell if cell_type == "code" else v4.new_markdown_cell
    cell: NotebookNode = new(source, id=cell_id, metadata=metadata)  # type: ignore[no-untyped-call]
    return cell


def new_notebook(cells: list[NotebookNode], metadata: Mapping[str, Any]) -> NotebookNode:
    """Build a notebook of format 4.5."""
    notebook: NotebookNode = v4.new_notebook(cells=cells, metadata=metadata)  # type: ignore[no-untyped-call]
    notebook.nbformat_minor = 5
    return notebook
