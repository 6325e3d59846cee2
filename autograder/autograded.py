"""The notebooks in autograded/, for formgrader and feedback: what was run, what it showed, what it lacks."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.sanitise import clean_notebook_outputs, clean_text

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

    The parts that stay the same are shared with `rebuilt`, which is not changed.
    """
    outputs = clean_notebook_outputs(graded.outputs)
    verdicts = {verdict.grade_id: verdict for verdict in graded.verdicts}
    cells = []
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
    """Serialise a notebook to the text that `nbformat.writes` gives, several times faster.

    Nothing is checked against the format's schema.
    """
    cells = [_split_cell(cell) for cell in notebook["cells"]]
    text = json.dumps(
        {**notebook, "cells": cells}, indent=1, sort_keys=True, ensure_ascii=False, separators=(",", ": ")
    )
    return text + "\n"


def _split_cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    split = {**cell, "source": _lines(cell["source"])}
    if cell["cell_type"] == "code":
        split["outputs"] = [_split_output(output) for output in cell["outputs"]]
    return split


def _split_output(output: Mapping[str, Any]) -> dict[str, Any]:
    if output["output_type"] == "stream":
        return {**output, "text": _lines(output["text"])}
    if "data" in output:
        data = {
            mime: _lines(value) if mime.startswith("text/") else value
            for mime, value in output["data"].items()
        }
        return {**output, "data": data}
    return dict(output)


def _lines(text: str | list[str]) -> list[str]:
    return text.splitlines(True) if isinstance(text, str) else text


def _write_if_changed(path: Path, content: bytes) -> None:
    try:
        if path.read_bytes() == content:
            return
    except FileNotFoundError:
        pass
    number, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(number, "wb") as file:
            file.write(content)
            os.fchmod(number, _MODE)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
