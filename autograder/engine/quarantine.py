"""The notebook that is run, rebuilt from the source notebook: of the student's file, only text is taken.

Locked cells and tests are the source's, whatever the student's file says; answers take the student's text;
the student's own cells stay in their place. All metadata is the source's, so that no tag or flag of a student
counts. Nothing is run here.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from autograder.engine.reading import Refused, Remarks, StudentCell, quoted, read_cells
from autograder.engine.source import SourceCell, SourceNotebook
from autograder.harmless import harmless_markdown
from autograder.regions import HIDDEN_TESTS, SOLUTION

__all__ = ["Rebuilt", "RebuiltCell", "Refused", "rebuild"]

RebuiltKind = Literal["test", "locked", "student", "text"]

# nbgrader's own stubs, which stand in the released notebook where the solution was.
_CODE_STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
_TEXT_STUB = "YOUR ANSWER HERE"
# What stands in place of an answer that the student deleted: the source's text is the solution.
_DELETED = {"code": "# This cell was deleted.", "markdown": "*This cell was deleted.*"}


@dataclass(frozen=True)
class RebuiltCell:
    """One cell of the rebuilt notebook, in brief.

    `kind` is "test" (for the examiner only: the source may hold hidden tests), "locked" (code of the source),
    "student" (code that the student wrote) or "text" (never run).
    """

    id: str
    kind: RebuiltKind
    source: str
    grade_id: str | None


@dataclass(frozen=True)
class Rebuilt:
    """A notebook that is safe to run and to show in formgrader.

    Attributes
    ----------
    notebook
        The notebook, in nbformat 4.5 and without outputs.
    remarks
        What the instructor should know: short lines, at most `reading.MOST_REMARKS`.
    cells
        The same cells in brief, in order.
    """

    notebook: dict[str, Any]
    remarks: tuple[str, ...]
    cells: tuple[RebuiltCell, ...]


def rebuild(source: SourceNotebook, submitted: bytes) -> Rebuilt:
    """Rebuild a student's notebook from the source notebook.

    Parameters
    ----------
    source
        The source notebook.
    submitted
        The bytes of the file that was handed in, whatever they are.

    Raises
    ------
    Refused
        If there is no notebook in the bytes. No other exception comes out.
    """
    remarks = Remarks()
    known = {cell.grade_id: cell for cell in source.cells if cell.grade_id is not None and _is_marked(cell)}
    student = read_cells(submitted, remarks)
    sorted_out = _sort_out(known, student, remarks)
    taken = {cell.id for cell in source.cells}
    rows = [_own_cell(cell, taken) for cell in sorted_out.own[None]]
    for cell in source.cells:
        if cell.grade_id in known:
            rows.append(_known_cell(cell, sorted_out.answers.get(cell.grade_id)))
            rows += [_own_cell(other, taken) for other in sorted_out.own[cell.grade_id]]
    notebook = {
        "cells": [row for row, _ in rows],
        "metadata": _copied(source.metadata),
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return Rebuilt(notebook, remarks.lines(), tuple(brief for _, brief in rows))


@dataclass
class _SortedOut:
    """A student's cells: the answers by grade id, and the own cells by the known cell that they follow."""

    answers: dict[str, StudentCell] = field(default_factory=dict)
    own: defaultdict[str | None, list[StudentCell]] = field(default_factory=lambda: defaultdict(list))


def _sort_out(
    known: Mapping[str, SourceCell],
    student: Sequence[StudentCell],
    remarks: Remarks,
) -> _SortedOut:
    names = _names(known, student, remarks)
    last = {name: cell.number for cell, name in zip(student, names, strict=True) if name is not None}
    found = _SortedOut()
    anchor: str | None = None
    seen: set[str] = set()
    for cell, name in zip(student, names, strict=True):
        if name is not None and not _is_answer(known[name]):
            if name in seen:
                remarks.add(f"cell {cell.number} is a copy of the locked cell {name!r} and was left out")
            else:
                seen.add(name)
                anchor = name
        elif name is not None and cell.number == last[name]:
            anchor = name
            seen.add(name)
            found.answers[name] = cell
            if cell.cell_type != (meant := known[name].cell["cell_type"]):
                remarks.add(
                    f"{name!r} was turned from {meant} into {cell.cell_type or 'nothing known'}; turned back"
                )
        elif cell.cell_type is None:
            remarks.add(f"cell {cell.number} was left out: it is neither code, markdown nor raw")
        else:
            if name is not None:
                remarks.add(
                    f"cell {cell.number} is an earlier copy of {name!r}; the last copy counts as the answer"
                )
            found.own[anchor].append(cell)
    if not _of_another_assignment(known, student, seen):
        _remark_missing([cell for name, cell in known.items() if name not in seen], remarks)
    elif any(names):  # where it has none of our cells at all, that is said already
        remarks.add(
            "this looks like the notebook of another assignment: none of the cells for answers is in it"
        )
    return found


def _of_another_assignment(
    known: Mapping[str, SourceCell], student: Iterable[StudentCell], seen: Collection[str]
) -> bool:
    """Whether no answer cell is there, but cells of some other nbgrader notebook are."""
    answers = [name for name, cell in known.items() if _is_answer(cell)]
    foreign = any(cell.grade_id is not None and cell.grade_id not in known for cell in student)
    return bool(answers) and foreign and not any(name in seen for name in answers)


def _names(
    known: Mapping[str, SourceCell], student: Iterable[StudentCell], remarks: Remarks
) -> list[str | None]:
    """Say which known cell each of a student's cells is.

    The grade id tells. Some editors drop all metadata; then the cell's id does.
    """
    names = [cell.grade_id if cell.grade_id in known else None for cell in student]
    if any(names):
        return names
    by_id = {cell.id: name for name, cell in known.items()}
    names = [by_id.get(cell.id) if cell.id is not None else None for cell in student]
    if any(names):
        remarks.add("its nbgrader metadata are lost; its cells were told by their cell ids")
    elif known:
        remarks.add("none of its cells is a cell of this assignment's notebook; is it the right file?")
    return names


def _remark_missing(missing: Sequence[SourceCell], remarks: Remarks) -> None:
    if answers := [quoted(cell.grade_id) for cell in missing if _is_answer(cell)]:
        remarks.add(f"cells for answers were deleted and count as empty: {', '.join(answers)}")
    if locked := [quoted(cell.grade_id) for cell in missing if not _is_answer(cell)]:
        remarks.add(f"locked cells were deleted and put back: {', '.join(locked)}")


def _about(cell: SourceCell) -> Mapping[str, Any]:
    about: Mapping[str, Any] = cell.cell["metadata"].get("nbgrader", {})
    return about


def _is_marked(cell: SourceCell) -> bool:
    """Whether nbgrader treats the cell specially; ids alone, which its editor leaves behind, mean nothing."""
    about = _about(cell)
    return any(about.get(flag) for flag in ("grade", "solution", "locked", "task"))


def _is_answer(cell: SourceCell) -> bool:
    """Whether the student writes the cell's text; of tests and locked cells it is the source's."""
    about = _about(cell)
    return bool(about.get("solution")) or not (about.get("grade") or about.get("locked"))


def _known_cell(cell: SourceCell, answer: StudentCell | None) -> tuple[dict[str, Any], RebuiltCell]:
    """Build a cell of the source, with the student's text if it is one for an answer."""
    cell_type = cell.cell["cell_type"]
    attachments: Mapping[str, Any] = {}
    kind: RebuiltKind
    if not _is_answer(cell):
        kind = cell.kind if cell.kind in ("test", "locked") else "text"
        text = _without_regions(cell.source) if kind == "locked" else cell.source
        attachments = cell.cell.get("attachments", {})
    else:
        kind = "student" if cell_type == "code" else "text"
        text = _DELETED.get(cell_type, "") if answer is None else _shown(cell_type, answer.text)
        attachments = answer.attachments if answer is not None else {}
    metadata = _copied(cell.cell["metadata"])
    metadata["nbgrader"] |= {"cell_type": cell_type, "checksum": _checksum(cell)}
    row = _notebook_cell(cell_type, cell.id, metadata, text, attachments)
    return row, RebuiltCell(cell.id, kind, text, cell.grade_id)


def _own_cell(cell: StudentCell, taken: Container[str]) -> tuple[dict[str, Any], RebuiltCell]:
    """Build a cell of the student's own, of which only the type and the text are kept."""
    assert cell.cell_type is not None
    cell_id = f"submitted-{cell.number}"
    while cell_id in taken:
        cell_id += "-"
    kind: RebuiltKind = "student" if cell.cell_type == "code" else "text"
    text = _shown(cell.cell_type, cell.text)
    row = _notebook_cell(cell.cell_type, cell_id, {}, text, cell.attachments)
    return row, RebuiltCell(cell_id, kind, text, None)


def _shown(cell_type: str, text: str) -> str:
    return harmless_markdown(text) if cell_type == "markdown" else text


def _notebook_cell(
    cell_type: str, cell_id: str, metadata: dict[str, Any], text: str, attachments: Mapping[str, Any]
) -> dict[str, Any]:
    row = {"cell_type": cell_type, "id": cell_id, "metadata": metadata, "source": text}
    if cell_type == "code":
        return row | {"execution_count": None, "outputs": []}
    return row | {"attachments": _copied(attachments)} if attachments else row


def _copied(value: Any) -> Any:
    """Copy plain data to the bottom, so that no two notebooks share any of it."""
    if isinstance(value, dict):
        return {key: _copied(part) for key, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list) else value


def _without_regions(text: str) -> str:
    """Drop solutions and hidden tests, should a locked cell, which is run beside students' code, hold any."""
    return _cut(_cut(text, SOLUTION), HIDDEN_TESTS)


def _cut(text: str, region: tuple[str, str], stub: str | None = None) -> str:
    """Drop regions, or put a stub in their place, indented like them."""
    if region[0] not in text:
        return text
    begin, end = region
    lines = []
    inside = False
    for line in text.split("\n"):
        if begin in line:
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + stubbed for stubbed in stub.split("\n")] if stub is not None else []
        elif end in line:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)


def _checksum(cell: SourceCell) -> str:
    """Compute nbgrader's checksum, by which it tells an answer that is still as released.

    That of an answer is taken from the released text with nbgrader's own stubs; a course that has others
    keeps its checksums in the gradebook.
    """
    cell_type = cell.cell["cell_type"]
    about = _about(cell)
    grade, solution = bool(about.get("grade")), bool(about.get("solution"))
    text = cell.source
    if solution:
        stub = _CODE_STUB if cell_type == "code" else _TEXT_STUB
        text = _cut(text, SOLUTION, stub) if SOLUTION[0] in text else stub
    locked = not solution and (grade or bool(about.get("locked")))
    parts = [text, cell_type, str(grade), str(solution), str(locked), str(cell.grade_id)]
    if grade:
        parts.append(str(cell.max_points))
    return hashlib.md5("".join(parts).encode(), usedforsecurity=False).hexdigest()
