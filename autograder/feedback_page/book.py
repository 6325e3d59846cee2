"""Where in the book something is explained: the chapters of objectives, their titles and addresses."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

from traitlets.config import Config

from autograder.assignment import Assignment
from autograder.feedback_page.page import Chapter
from autograder.settings import web_address

_BOOK = (
    Path(__file__).parents[2] / "book"
)  # there in the project's folder, not where only the package is installed
_OBJECTIVE = re.compile(r"^- \[((?:.+\n +)*.+)\]\{#([\w-]+)\}", re.MULTILINE)  # over several lines, too


def chapters_on(assignment: Assignment, objectives: Collection[str]) -> tuple[str, ...]:
    """Name the chapters of objectives: those that the quiz's questions on the same objectives name."""
    wanted = set(objectives)
    return tuple(dict.fromkeys(q.read for q in assignment.quiz if wanted & set(q.objectives)))


def book_address(config: Config) -> str | None:
    """Read `c.Autograder.book_url`: where students read the book; None if the course does not say.

    Raises
    ------
    AutograderError
        If it is no address of a web page.
    """
    return web_address(config, "book_url", "https://example.org/losses/")


def chapter(name: str, address: str | None) -> Chapter:
    """Describe a chapter by its name in the book, such as "regression/squared-error"."""
    return Chapter(_title(name), f"{address}/book/{name}.html" if address else None)


@cache
def stated_objectives() -> dict[str, tuple[str, str]]:
    """Find the chapter that states each objective, and its words; none where the book is not at hand."""
    found = {}
    for path in sorted(_BOOK.glob("*/*.md")):
        name = str(path.relative_to(_BOOK).with_suffix(""))
        for text, objective in _OBJECTIVE.findall(_text(name)):
            found[objective] = (name, " ".join(text.split()))
    return found


@cache
def _text(name: str) -> str:
    try:
        return (_BOOK / f"{name}.md").read_text(encoding="utf-8")
    except OSError:
        return ""


def _title(name: str) -> str:
    heading = re.search(r"^# (.+)$", _text(name), re.MULTILINE)
    return heading[1].strip() if heading else name.rpartition("/")[2].replace("-", " ").capitalize()
