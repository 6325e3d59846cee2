"""The notebooks in autograded/, for formgrader and feedback: what was run, what it showed, what it lacks."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.isolation import told, unusual
from autograder.sanitise import clean_notebook_outputs, clean_text
from autograder.whole_file import write_whole

_MODE = 0o444  # nbgrader's own: a graded notebook is not to be edited
_RED = "\x1b[0;31m"
_PLAIN = "\x1b[0m"
_NAMES = {
    "failed": "Failed",
    "timeout": "Out of time",
    "crashed": "Crashed",
    "not attempted": "Not attempted",
    "refused": "Refused",
}


def write_autograded(
    folder: Path,
    rebuilt: Mapping[str, Mapping[str, Any]],
    graded: Mapping[str, GradedNotebook],
    timestamp: datetime | None,
    provided: Mapping[str, bytes] | None = None,
) -> None:
    """Write the graded notebooks of one submission, and remove what an earlier grading left there.

    Parameters
    ----------
    folder
        autograded/STUDENT/ASSIGNMENT.
    rebuilt
        The notebooks that were run, by name.
    graded
        What grading them gave, by name; without it, a notebook is not written.
    timestamp
        When the work was handed in; formgrader compares it with the one in submitted/.
    provided
        The files that come with the assignment, such as pictures that its text shows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = dict(provided or {})
    contents |= {
        f"{name}.ipynb": notebook_json(with_outputs(notebook, graded[name])).encode()
        for name, notebook in rebuilt.items()
        if name in graded
    }
    if timestamp is not None:  # the last, because it tells that the others are up to date
        contents["timestamp.txt"] = f"{timestamp.isoformat(sep=' ')} UTC\n".encode()
    kept = {name.partition("/")[0] for name in contents}
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name in kept:
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry)
        else:
            os.unlink(entry)
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        _write_if_changed(folder / name, content)


def with_outputs(rebuilt: Mapping[str, Any], graded: GradedNotebook) -> dict[str, Any]:
    """Give a rebuilt notebook its outputs, cleaned, and each test cell a word on the points it did not get.

    A line at the top names the level of isolation, unless it is the full jail. The parts that stay the same
    are shared with `rebuilt`, which is not changed.
    """
    outputs = clean_notebook_outputs(graded.outputs)
    verdicts = {verdict.grade_id: verdict for verdict in graded.verdicts}
    cells = _isolation_cell(rebuilt, graded)
    count = 0
    for cell in rebuilt["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            shown = outputs.get(cell["id"], [])
            verdict = verdicts.get(cell["metadata"].get("nbgrader", {}).get("grade_id"))
            cell = {**cell, "execution_count": count, "outputs": [*shown, *verdict_outputs(verdict, shown)]}
            for output in cell["outputs"]:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = count
        cells.append(cell)
    return {**rebuilt, "cells": cells}


def _isolation_cell(rebuilt: Mapping[str, Any], graded: GradedNotebook) -> list[dict[str, Any]]:
    """Make the cell that names the level of isolation; none for the full jail."""
    name = "isolation"
    while any(cell.get("id") == name for cell in rebuilt["cells"]):  # a student may have called a cell so
        name += "-"
    return [
        {"cell_type": "markdown", "id": name, "metadata": {}, "source": f"*Graded at {told(level)}.*"}
        for level in unusual([graded.isolation])
    ]


def verdict_outputs(verdict: Verdict | None, shown: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Say why a test cell has not got all its points, unless an error is shown there already."""
    if verdict is None or verdict.outcome == "passed":
        return []
    message = clean_text(verdict.message)
    if verdict.outcome == "partial":
        said = f"{verdict.points:g} of {verdict.max_points:g} points" + (f": {message}" if message else "")
        return [{"output_type": "stream", "name": "stdout", "text": f"{said}\n"}]
    if any(output["output_type"] == "error" for output in shown):
        return []
    name = _NAMES[verdict.outcome]
    said = f"{_RED}{name}{_PLAIN}" + (f": {message}" if message else "")
    return [{"output_type": "error", "ename": name, "evalue": message, "traceback": [said]}]


def notebook_json(notebook: Mapping[str, Any]) -> str:
    """Serialise a notebook, a line for each cell; nothing is checked against the format's schema."""
    cells = ",\n".join(json.dumps(cell, sort_keys=True, ensure_ascii=False) for cell in notebook["cells"])
    about = {key: value for key, value in notebook.items() if key != "cells"}
    return f'{{"cells": [\n{cells}\n],\n{json.dumps(about, sort_keys=True, ensure_ascii=False)[1:]}\n'


def _write_if_changed(path: Path, content: bytes) -> None:
    try:
        if path.read_bytes() == content:
            return
    except FileNotFoundError:
        pass
    write_whole(path, content, _MODE)
