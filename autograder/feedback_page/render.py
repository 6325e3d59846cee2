"""Writes the records of a feedback page as one HTML file that no script, style or picture can be added to."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Template

from autograder.feedback_page.page import COMMENTED, Page, Part
from autograder.html_page import environment, policy, style

_PACKAGE = "autograder.feedback_page"


def render(page: Page) -> str:
    """Write a page as HTML."""
    what = "question" if any(part.options or part.answer for part in page.parts) else "problem"
    own = style(_PACKAGE, "page.css")
    return _template().render(
        page=page, what=what, style=own, policy=policy(own), folded=_folded, commented=COMMENTED
    )


def _folded(part: Part) -> bool:
    """Whether what was asked can stay closed: questions are short, and what is not done is shown at once."""
    return part.state == "correct" and not part.options and not part.answer


def _slug(text: str) -> str:
    return re.sub(r"[^a-z]+", "-", text.lower())


@cache
def _template() -> Template:
    made = environment(_PACKAGE)
    made.filters["slug"] = _slug
    return made.get_template("page.html")
