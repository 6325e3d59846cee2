"""What a student handed in, looked at without running it: is it safe and whole enough to give to nbgrader?"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import nbformat
from nbformat import NotebookNode

from autograder.notebooks import read_notebook

LIMIT = 20 * 1024 * 1024  # bytes of one submission, all files together


@dataclass(frozen=True)
class Inspection:
    """What an inspection found.

    `refused` is the reason not to touch the folder at all; `notebooks` maps notebooks that can't be graded to
    the reason; `notes` are shortcomings of notebooks that can be graded.
    """

    refused: str | None = None
    notebooks: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


def id_error(student: str) -> str | None:
    """Say why a name can't be a student id; None when it can.

    nbgrader uses the id as the name of a folder and as a glob pattern.
    """
    if not student:
        return "it is empty"
    if student.startswith("."):
        return "it starts with a dot"
    if student != student.strip():
        return "it starts or ends with a space"
    if not student.isprintable():
        return "it contains a character that can't be printed"
    if bad := sorted(set(student) & set("/\\*?[]")):
        return f"it contains {bad[0]!r}"
    if len(student) > 128:
        return "it is longer than 128 characters"
    return None


def inspect_submission(folder: Path, expected: Mapping[str, Collection[str]]) -> Inspection:
    """Look at a submission.

    Parameters
    ----------
    folder
        The student's folder for the assignment.
    expected
        The names of the assignment's notebooks, each with the grade ids of its test cells.
    """
    try:
        refused = _folder_error(folder)
    except OSError as error:
        refused = f"{error.filename} can't be read ({error.strerror})"
    if refused is not None:
        return Inspection(refused=refused)
    notebooks, notes = {}, {}
    for name, tests in expected.items():
        path = folder / f"{name}.ipynb"
        if not path.exists():
            others = sorted(other.name for other in folder.glob("*.ipynb") if other.stem not in expected)
            found = f" (the folder holds {', '.join(map(repr, others))})" if others else ""
            notebooks[name] = f"{path.name} was not handed in{found}"
            continue
        result = read_submitted(path)
        if isinstance(result, str):
            notebooks[name] = f"{path.name} was refused: {result}"
            continue
        present = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in result.cells}
        if missing := [test for test in tests if test not in present]:
            notes[name] = f"{path.name} lacks the test cells {', '.join(missing)}; they count 0"
    return Inspection(notebooks=notebooks, notes=notes)


def read_submitted(path: Path) -> NotebookNode | str:
    """Read a student's notebook and check all that would stop nbgrader; a string says why it is refused."""
    from nbgrader.nbgraderformat import MetadataValidator  # type: ignore[import-untyped]

    try:
        json.loads(path.read_bytes())
    except OSError as error:
        return f"it can't be read ({error.strerror})"
    except ValueError as error:
        return f"it is not a notebook, because it is not JSON ({error})"
    except RecursionError:
        return "it is not a notebook, because it is nested too deeply"
    try:
        notebook = read_notebook(path)
        nbformat.validate(notebook)
        validator = MetadataValidator()
        first: dict[str, int] = {}
        for number, cell in enumerate(notebook.cells, start=1):
            metadata = cell.metadata.get("nbgrader")
            if metadata is None:
                continue
            version = metadata.get("schema_version", 0)
            if version != validator.schema_version:
                return (
                    f"the nbgrader metadata of cell {number} has schema_version {version!r}, "
                    f"but {validator.schema_version} is needed"
                )
            validator.validate_cell(cell)
            if (grade_id := metadata.get("grade_id")) in first:
                return f"cells {first[grade_id]} and {number} are copies ({grade_id!r}); delete one"
            if grade_id:
                first[grade_id] = number
    except Exception as error:  # the file is a student's: whatever reading it raises is a reason to refuse it
        reason = str(error).partition("\n")[0] or type(error).__name__
        return f"it is not a valid notebook ({reason})"
    return notebook


def _folder_error(folder: Path) -> str | None:
    for path in (folder.parent, folder):
        if path.is_symlink():
            return f"{path.name} is a symbolic link; replace it by a real folder"
    total = 0
    for parent, folders, files in os.walk(folder, onerror=_raise):
        for name in sorted(folders) + sorted(files):
            path = Path(parent, name)
            shown = repr(str(path.relative_to(folder)))
            status = path.lstat()
            if stat.S_ISLNK(status.st_mode):
                return f"{shown} is a symbolic link; replace it by the file itself"
            if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
                return f"{shown} is not an ordinary file; remove it"
            total += status.st_size if stat.S_ISREG(status.st_mode) else 0
            if total > LIMIT:
                return (
                    f"its files are larger than {LIMIT // 2**20} MB together (from {shown} on); "
                    "remove what was not asked for"
                )
    return _timestamp_error(folder / "timestamp.txt")


def _raise(error: OSError) -> NoReturn:
    raise error


def _timestamp_error(path: Path) -> str | None:
    from nbgrader.utils import parse_utc  # type: ignore[import-untyped]

    if not path.exists():
        return None
    try:
        text = path.read_text(encoding="utf-8").strip()
        if text:
            parse_utc(text)
    except Exception:  # the date parser raises several kinds, and the text is a student's
        return "timestamp.txt holds no date; correct it or delete it"
    return None
