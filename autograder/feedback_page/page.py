"""What a feedback page says, as plain records; fields that end in `_html` are ready HTML, others text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from autograder.feedback_page.shows import Shown

COMMENTED = "<p><strong>Your instructor writes:</strong></p>"

State = Literal["correct", "partly correct", "incorrect", "not attempted", "not marked yet"]


@dataclass(frozen=True)
class Mistake:
    """A named mistake: how it is called, and what happened and what to do."""

    title: str
    advice: str


@dataclass(frozen=True)
class Check:
    """One thing that gave points, or could have.

    Attributes
    ----------
    title
        What it checks.
    points, max_points
        What it gave and could have given.
    outcome
        "passed", or in a word why not.
    message
        What failed on which input; empty if nothing did.
    mistake
        The named mistake that the answer looks like.
    note
        Who gave the points, where it was not the automatic check.
    explanation_html
        What the author says about the answer.
    """

    title: str
    points: float
    max_points: float
    outcome: str
    message: str = ""
    mistake: Mistake | None = None
    note: str = ""
    explanation_html: str = ""


@dataclass(frozen=True)
class Option:
    """An option of a question, and whether it was chosen."""

    letter: str
    text_html: str
    chosen: bool


@dataclass(frozen=True)
class Chapter:
    """A chapter of the book; without an address it is only named."""

    title: str
    address: str | None


@dataclass(frozen=True)
class Part:
    """A problem or a question.

    Attributes
    ----------
    anchor
        Its place in the page.
    title_html
        Its heading.
    statement_html
        What was asked.
    options
        The options of a question; those of a problem are none.
    numbers
        The numbers that were drawn for this student.
    answer
        The answer that was given to a question, if it can be read off the cell.
    work_html
        What the student did: code, text, and what they showed.
    checks, comments_html, chapters
        What was found, what the instructor says, and where it is explained.
    state
        How far it is.
    """

    anchor: str
    title_html: str
    statement_html: str
    options: tuple[Option, ...]
    numbers: str
    answer: str
    work_html: str
    checks: tuple[Check, ...]
    comments_html: tuple[str, ...]
    chapters: tuple[Chapter, ...]
    state: State

    @property
    def points(self) -> float:
        """What its checks gave."""
        return sum(check.points for check in self.checks)

    @property
    def max_points(self) -> float:
        """What its checks could give."""
        return sum(check.max_points for check in self.checks)


@dataclass(frozen=True)
class Page:
    """All that the page on one notebook of one student says.

    `remarks` are what student and instructor should know of all of it; `lateness` says when it came and what
    that costs; `penalty` is taken off the points; `shows` are the digests of what it was made from; of a
    notebook that is `missing`, nothing else is told.
    """

    assignment: str
    notebook: str
    student: str
    title: str
    parts: tuple[Part, ...]
    remarks: tuple[str, ...]
    lateness: str
    penalty: float
    shows: Shown
    missing: bool = False

    @property
    def points(self) -> float:
        """What counts."""
        return max(0.0, sum(part.points for part in self.parts) - self.penalty)

    @property
    def max_points(self) -> float:
        """What could have counted."""
        return sum(part.max_points for part in self.parts)
