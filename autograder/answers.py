"""What a student wrote for each marked cell, to tell whether a mark given by hand is for the same work."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any


def same_answers(
    folder: Path | None, name: str, rebuilt: Mapping[str, Any], cells: Collection[str]
) -> set[str]:
    """Name the marked cells whose answer is that of the graded notebook from before.

    Parameters
    ----------
    folder
        The student's folder in autograded/, not written again yet. Without it nothing is known of the
        answers from before, and none counts as the same.
    name
        The notebook; where the folder lacks it, it was not handed in or refused.
    rebuilt
        The notebook that is recorded now; empty if it was not handed in or refused.
    cells
        The marked cells in question, by their grade ids.
    """
    if not cells or folder is None or not folder.is_dir():
        return set()
    try:
        before = answers(json.loads((folder / f"{name}.ipynb").read_bytes()))
    except FileNotFoundError:
        before = {}
    except (OSError, ValueError):  # a person looks once more
        return set()
    now = answers(rebuilt)
    return {cell for cell in cells if before.get(cell) == now.get(cell)}


def answers(notebook: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give the student's texts in the part of each marked cell: from one answer to the tests below it.

    To a task one answers in cells of one's own, anywhere; so all texts are in its part.
    """
    found: dict[str, list[str]] = {}
    everything: list[str] = []
    texts: list[str] = []
    tested = False
    for cell in notebook.get("cells", ()):
        about = cell["metadata"].get("nbgrader", {})
        answer = bool(about.get("solution"))
        if answer and tested:
            texts, tested = [], False
        source = "".join(cell["source"])
        if answer or not (about or source.startswith("*Graded at ")):  # our own line on the isolation
            texts.append(source)
            everything.append(source)
        if about.get("grade"):
            found[about["grade_id"]] = texts  # shared, for the cells that stand between two tests
            tested = True
        elif about.get("task"):
            found[about["grade_id"]] = everything
    return found


def cell_sources(notebook: Mapping[str, Any]) -> dict[str, str]:
    """Give the text of each cell of a notebook that has a grade id."""
    return {
        grade_id: "".join(cell["source"])
        for cell in notebook.get("cells", ())
        if (grade_id := cell["metadata"].get("nbgrader", {}).get("grade_id"))
    }
