"""Writes the records of a feedback page as one HTML file that no script, style or picture can be added to."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from autograder.feedback_page.page import Page, Part


def render(page: Page) -> str:
    """Write a page as HTML."""
    what = "question" if any(part.options or part.answer for part in page.parts) else "problem"
    return _template().render(page=page, what=what, style=_style(), policy=_policy(), folded=_folded)


def _folded(part: Part) -> bool:
    """Whether what was asked can stay closed: questions are short, and what is not done is shown at once."""
    return part.state == "correct" and not part.options and not part.answer


def _number(value: float) -> str:
    return f"{value:.6g}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z]+", "-", text.lower())


@cache
def _template() -> Template:
    loader = PackageLoader("autograder.feedback_page", "")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    environment.filters |= {"number": _number, "slug": _slug}
    return environment.get_template("page.html")


@cache
def _style() -> Markup:
    return Markup(resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8"))


@cache
def _policy() -> str:
    """Allow nothing but the page's own style, known by its digest, and pictures within the page."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
