"""What all our HTML pages share: templates that escape, a style, and a policy that lets nothing in."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def environment(package: str) -> Environment:
    """Make the environment for the templates in a package; what is written into them is escaped."""
    loader = PackageLoader(package, "")
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    made.filters["number"] = number
    return made


def number(value: float) -> str:
    """Write a number of points, without digits that nobody needs.

    Examples
    --------
    >>> number(3.0), number(2 / 3)
    ('3', '0.666667')
    """
    return f"{value:.6g}"


@cache
def style(package: str, name: str) -> Markup:
    """Read a page's style: what all pages have, colours for light and dark first, and its own."""
    shared = resources.files("autograder").joinpath("html_page.css").read_text(encoding="utf-8")
    own = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    return Markup(shared + own)


def policy(style: str) -> str:
    """Allow nothing but the page's own style, known by its digest, and pictures within the page."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
