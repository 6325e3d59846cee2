"""What a student handed in, looked at without running it: is it safe and whole enough to give to nbgrader?"""

from __future__ import annotations

import difflib
import json
import os
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import nbformat
from nbformat import NotebookNode

from autograder.errors import shortened
from autograder.notebooks import read_notebook

LIMIT = 20 * 1024 * 1024  # bytes of one submission, all files together
_CODE = {".py", ".pyc", ".so", ".pyd"}


@dataclass(frozen=True)
class Inspection:
    """What an inspection found.

    `refused` is the reason not to touch the folder at all; `notebooks` maps notebooks that can't be graded to
    the reason; `notes` are shortcomings of notebooks that can be graded, and `remarks` of the whole folder.
    `dated` is false when timestamp.txt must not be read.
    """

    refused: str | None = None
    notebooks: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    dated: bool = True


def find_submissions(submitted: Path, name: str, assignments: Collection[str]) -> tuple[list[str], list[str]]:
    """Find who handed in an assignment, and one line for each entry of submitted/ that can't be graded.

    A student without a folder of the assignment's name handed in nothing, or put it in the wrong place; what
    looks like the second gets a line. `assignments` are the names that other folders rightly have.
    """
    students, problems = [], []
    for entry in sorted(os.listdir(submitted)) if submitted.is_dir() else []:
        if entry.startswith("."):  # the system's own files start so
            continue
        if (wrong := id_error(entry)) is not None:
            problems.append(f"{_quoted(entry)} in submitted/ can't be a student id: {wrong}; not graded")
            continue
        if not os.path.isdir(submitted / entry):
            problems.append(f"{entry!r} in submitted/ is a file, not the folder of a student; not graded")
            continue
        try:
            inside = sorted(os.listdir(submitted / entry))
        except OSError as error:
            problems.append(f"{entry}: not graded, submitted/{entry} can't be read ({error.strerror})")
            continue
        if name in inside:
            students.append(entry)
        elif misplaced := _misplaced(submitted / entry, inside, name, assignments):
            problems.append(
                f"{entry}: not graded, submitted/{entry} holds no folder {name!r}, but "
                f"{shortened(', '.join(map(_quoted, misplaced)))}; move the work to submitted/{entry}/{name}/"
            )
    return students, problems


def _misplaced(folder: Path, inside: Sequence[str], name: str, assignments: Collection[str]) -> list[str]:
    """List what may be work in the wrong place: files, and folders of a near name or with notebooks."""
    found = []
    for entry in inside:
        if entry.startswith(".") or entry in assignments:
            continue
        near = difflib.get_close_matches(entry.casefold(), [name.casefold()])
        if near or not os.path.isdir(folder / entry) or any((folder / entry).glob("*.ipynb")):
            found.append(entry)
    return found


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
    notebooks, notes, remarks = {}, {}, []
    for name, tests in expected.items():
        path = folder / f"{name}.ipynb"
        if not path.exists():
            others = sorted(other.name for other in folder.glob("*.ipynb") if other.stem not in expected)
            found = f" (the folder holds {shortened(', '.join(map(_quoted, others)))})" if others else ""
            notebooks[name] = f"{path.name} was not handed in{found}"
            continue
        result = read_submitted(path)
        if isinstance(result, str):
            notebooks[name] = f"{path.name} was refused: {result}"
            continue
        present = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in result.cells}
        if missing := [test for test in tests if test not in present]:
            notes[name] = f"{path.name} lacks the test cells {', '.join(missing)}; they count 0"
    if code := sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in _CODE):
        remarks.append(
            f"{shortened(', '.join(map(_quoted, code)))} can't be imported: only code in the notebooks counts"
        )
    if not (dated := _is_dated(folder / "timestamp.txt")):
        remarks.append("timestamp.txt holds no date and was left aside: whether it came late is not known")
    return Inspection(notebooks=notebooks, notes=notes, remarks=tuple(remarks), dated=dated)


def _quoted(name: str) -> str:
    return shortened(repr(name))


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
            if "nbgrader" not in cell.metadata:
                continue
            metadata = cell.metadata.nbgrader
            if not isinstance(metadata, Mapping):
                return f"the nbgrader metadata of cell {number} is {shortened(repr(metadata))}, not a table"
            version = metadata.get("schema_version", 0)
            if version != validator.schema_version:
                return (
                    f"the nbgrader metadata of cell {number} has schema_version {shortened(repr(version))}, "
                    f"but {validator.schema_version} is needed"
                )
            validator.validate_cell(cell)
            if (grade_id := metadata.get("grade_id")) in first:
                return f"cells {first[grade_id]} and {number} are copies ({_quoted(grade_id)}); delete one"
            if grade_id:
                first[grade_id] = number
    except Exception as error:  # the file is a student's: whatever reading it raises is a reason to refuse it
        reason = shortened(str(error).partition("\n")[0]) or type(error).__name__
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
            shown = _quoted(str(path.relative_to(folder)))
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
    return None


def _raise(error: OSError) -> NoReturn:
    raise error


def _is_dated(timestamp: Path) -> bool:
    """Whether nbgrader can read a timestamp.txt, which may be missing or empty."""
    from nbgrader.utils import parse_utc  # type: ignore[import-untyped]

    try:
        text = timestamp.read_text(encoding="utf-8").strip() if timestamp.exists() else ""
        if text:
            parse_utc(text)
    except Exception:  # the date parser raises several kinds, and the text is a student's
        return False
    return True
