"""The problems and questions of an assignment, with the columns of their cells: what the report is about."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from autograder.feedback_page.outline import Outline, Outlined, is_answer, is_graded
from autograder.question import Question
from autograder.tidy import Cell


@dataclass(frozen=True)
class Item:
    """A problem or a question.

    Attributes
    ----------
    id
        The id of the problem or question; empty in an assignment that gives none.
    label
        Its name in plots: "P3", "Q1".
    title
        Its heading, as plain text.
    notebook
        Where it stands.
    columns
        Its graded cells, as columns of the class's work.
    answers
        The grade ids of the cells in which students write.
    question
        The authored question, if it is one.
    objectives
        What it is about.
    maximum
        What it is worth.
    """

    id: str
    label: str
    title: str
    notebook: str
    columns: tuple[int, ...]
    answers: tuple[str, ...]
    question: Question | None
    objectives: tuple[str, ...]
    maximum: float

    @property
    def name(self) -> str:
        """Label and title, as they stand in a sentence."""
        return f"{self.label} “{self.title}”"


def find_items(cells: Sequence[Cell], outlines: Mapping[str, Outline]) -> tuple[Item, ...]:
    """Sort the graded cells into problems and questions, in the order of the notebooks."""
    columns = {(cell.notebook, cell.name): number for number, cell in enumerate(cells)}
    numbers: dict[str, int] = {}
    items = []
    for notebook, outline in outlines.items():
        for part in outline.parts:
            ours = [
                columns[notebook, cell.grade_id]
                for cell in part.cells
                if is_graded(cell) and cell.grade_id is not None and (notebook, cell.grade_id) in columns
            ]
            if not ours:  # added to source/ after the release
                continue
            kind = "Q" if part.question is not None else "P"
            numbers[kind] = numbers.get(kind, 0) + 1
            items.append(_item(f"{kind}{numbers[kind]}", notebook, part, tuple(ours), cells))
    return tuple(items)


def _item(label: str, notebook: str, part: Outlined, columns: tuple[int, ...], cells: Sequence[Cell]) -> Item:
    about = dict.fromkeys(name for column in columns for name in cells[column].objectives)
    objectives = part.question.objectives if part.question is not None else tuple(about)
    named = part.cells[0].cell.get("metadata", {}).get("problem", {}).get("id", "")
    return Item(
        id=part.question.id if part.question is not None else str(named),
        label=label,
        title=_title(part),
        notebook=notebook,
        columns=columns,
        answers=tuple(cell.grade_id for cell in part.cells if is_answer(cell) and cell.grade_id is not None),
        question=part.question,
        objectives=objectives,
        maximum=sum(cells[column].maximum for column in columns),
    )


def _title(part: Outlined) -> str:
    if part.question is not None:  # its heading is a number only; its id says what it is about
        return part.question.id.partition("-")[2].replace("-", " ") or part.question.id
    named = part.cells[0].cell.get("metadata", {}).get("problem", {}).get("title")
    return str(named or html.unescape(re.sub(r"<[^>]+>", "", part.title_html)))
