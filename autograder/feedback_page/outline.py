"""A notebook of an assignment as its parts: problems or questions, each with its statement and its cells.

It is made once for a class: what is the same for all students is turned into HTML here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from autograder.assignment import Assignment, list_assignments, load_assignment
from autograder.course import Course
from autograder.engine.source import SourceCell, SourceNotebook, load_source, provided_files
from autograder.feedback_page.book import chapters_on
from autograder.feedback_page.markdown import inline_html, statement_html
from autograder.question import Question
from autograder.regions import HIDDEN_TESTS

_TITLE = re.compile(r"\s*#{1,6}\s+(.+?)\s*(?:\n|$)")
_OPTION = re.compile(r"^- \*\*([a-h])\.\*\* ", re.MULTILINE)
_CHECK = re.compile(r"# (Check [\d.]+) \([^)\n]*\): (.+)")


@dataclass(frozen=True)
class Outlined:
    """One part of a notebook.

    Attributes
    ----------
    title_html, statement_html
        Its heading, and what was asked.
    options
        The letters and texts of a question's options.
    cells
        Its cells, in order; the first holds the statement.
    question
        The authored question, where the unit is one of the course's own.
    chapters
        The names of the chapters that explain it.
    """

    title_html: str
    statement_html: str
    options: tuple[tuple[str, str], ...]
    cells: tuple[SourceCell, ...]
    question: Question | None
    chapters: tuple[str, ...]


@dataclass(frozen=True)
class Outline:
    """A notebook as its parts, in order, and its title."""

    notebook: str
    title: str
    parts: tuple[Outlined, ...]

    @cached_property
    def part_of(self) -> dict[str, int]:
        """The number of the part that each cell with a grade id belongs to."""
        return {
            cell.grade_id: number
            for number, part in enumerate(self.parts)
            for cell in part.cells
            if cell.grade_id is not None
        }

    @cached_property
    def plain_texts(self) -> set[str]:
        """What the assignment's own cells without a grade id say: they are no work of a student."""
        return {cell.source.strip() for part in self.parts for cell in part.cells if cell.grade_id is None}


def outline(
    source: SourceNotebook, assignment: Assignment | None, files: Mapping[str, bytes] | None = None
) -> Outline:
    """Divide a notebook into its parts.

    A part begins with a problem's statement, with a question, or, where there are none, with a heading.

    Parameters
    ----------
    source
        The notebook, with solutions and tests.
    assignment
        What it was made from, for a unit of the course.
    files
        The files that come with it.
    """
    groups = _groups(source.cells)
    questions = {question.id: question for question in assignment.quiz} if assignment else {}
    parts = tuple(
        _outlined(number, first, cells, assignment, questions, files or {})
        for number, (first, *cells) in enumerate(groups, start=1)
    )
    heading = next((_TITLE.match(cell.source) for cell in source.cells if cell.kind == "text"), None)
    return Outline(source.name, heading[1] if heading else source.name, parts)


def authored(name: str, assignments: Path) -> Assignment | None:
    """Read what an assignment was made from; None if it is not one of the course's own units."""
    return load_assignment(name, assignments) if name in list_assignments(assignments) else None


def course_outlines(course: Course, name: str, assignment: Assignment | None) -> dict[str, Outline]:
    """Divide all notebooks of an assignment of a course, by name."""
    files = provided_files(course.source / name)
    return {
        path.stem: outline(load_source(path), assignment, files)
        for path in sorted((course.source / name).glob("*.ipynb"))
    }


def is_answer(cell: SourceCell) -> bool:
    """Whether the student writes in this cell."""
    flags = _flags(cell)
    return cell.kind in ("solution", "manual") or bool(flags.get("solution") or flags.get("task"))


def is_graded(cell: SourceCell) -> bool:
    """Whether this cell is worth points."""
    flags = _flags(cell)
    return bool(flags.get("grade") or flags.get("task"))


def check_title(cell: SourceCell) -> str:
    """Name a graded cell as its first line does; its id, if that line says nothing of the kind."""
    if is_answer(cell):
        return "Marked by hand"
    named = _CHECK.match(cell.source)
    return f"{named[1]}: {named[2]}" if named else f"Check {cell.grade_id}"


def shown_to_students(cell: SourceCell) -> str:
    """Give the text of a test cell without its hidden regions."""
    kept, hidden = [], False
    for line in cell.source.splitlines():
        if HIDDEN_TESTS[0] in line:
            hidden = True
        elif HIDDEN_TESTS[1] in line:
            hidden = False
        elif not hidden:
            kept.append(line)
    return "\n".join(kept)


def _flags(cell: SourceCell) -> Mapping[str, object]:
    flags: Mapping[str, object] = cell.cell.get("metadata", {}).get("nbgrader", {})
    return flags


def _groups(cells: Iterable[SourceCell]) -> list[list[SourceCell]]:
    cells = list(cells)
    marked = any(_is_marked(cell) for cell in cells)
    groups: list[list[SourceCell]] = []
    for cell in cells:
        starts = (
            _is_marked(cell) if marked else (cell.kind == "text" and _TITLE.match(cell.source) is not None)
        )
        if starts or (not groups and is_graded(cell)):
            groups.append([cell] if starts else [_NOTHING_ASKED, cell])
        elif groups:
            groups[-1].append(cell)
    return [group for group in groups if any(map(is_graded, group))]


_NOTHING_ASKED = SourceCell("nothing-asked", "text", "", None, 0.0, {"metadata": {}})


def _is_marked(cell: SourceCell) -> bool:
    about = cell.cell.get("metadata", {})
    return "problem" in about or (cell.kind == "text" and (cell.grade_id or "").endswith("-question"))


def _outlined(
    number: int,
    first: SourceCell,
    cells: list[SourceCell],
    assignment: Assignment | None,
    questions: Mapping[str, Question],
    files: Mapping[str, bytes],
) -> Outlined:
    title = _TITLE.match(first.source)
    text = first.source[title.end() :] if title else first.source
    statement, *options = _OPTION.split(text) if (first.grade_id or "").endswith("-question") else [text]
    question = questions.get((first.grade_id or "").removesuffix("-question"))
    chapters: tuple[str, ...] = ()
    if question is not None:
        chapters = (question.read,)
    elif assignment is not None:
        objectives = first.cell.get("metadata", {}).get("problem", {}).get("objectives", ())
        chapters = chapters_on(assignment, objectives)
    return Outlined(
        title_html=inline_html(title[1]) if title else f"Part {number}",
        statement_html=statement_html(statement, files) if statement.strip() else "",
        options=tuple(
            (letter, inline_html(text)) for letter, text in zip(options[::2], options[1::2], strict=True)
        ),
        cells=(first, *cells),
        question=question,
        chapters=chapters,
    )
