"""A built book that holds no more than the chapter of the tiny assignment, and releases that take no time."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.notebooks import new_cell, new_notebook, notebook_text

CHAPTER = "regression/squared-error"


@pytest.fixture
def unrun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take it for granted that the source's own solutions pass; to run them takes seconds."""
    monkeypatch.setattr("autograder.release.reference_failures", lambda *_: {})


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """The folder of a built book."""
    path = tmp_path / "html" / "book" / f"{CHAPTER}.ipynb"
    path.parent.mkdir(parents=True)
    cells = [new_cell("markdown", "# Squared error", "title", {}), new_cell("code", "1 + 1", "sum", {})]
    path.write_text(notebook_text(new_notebook(cells, {})), encoding="utf-8")
    return tmp_path / "html"


@pytest.fixture
def no_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place where a book would be, had one been built."""
    monkeypatch.setattr("autograder.handout.chapters.BUILT", tmp_path / "not-built")
    return tmp_path / "not-built"
