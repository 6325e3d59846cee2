"""What tests in a browser share: pages that can reach nothing else, and what axe finds in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from book_ext.node import package
from playwright.sync_api import Browser, Page, Request

Theme = Literal["light", "dark"]
OPEN_ALL = "document.querySelectorAll('details').forEach(details => details.open = true)"
RUN_AXE = """async () => (await axe.run()).violations.flatMap(
    violation => violation.nodes.map(node => `${violation.id}: ${node.html.slice(0, 200)}`))"""


def is_foreign(url: str) -> bool:
    """Whether a request leaves the site."""
    return not url.startswith(("file:", "data:", "blob:", "http://127.0.0.1:"))


@pytest.fixture
def foreign() -> list[str]:
    """Every request of a reader that left the site."""
    return []


@pytest.fixture
def reader(browser: Browser, foreign: list[str]) -> Iterator[Page]:
    """A page of a reader who can reach nothing but the site."""

    def note(request: Request) -> None:
        if is_foreign(request.url):
            foreign.append(request.url)

    context = browser.new_context()
    context.on("request", note)
    context.route(re.compile("^https:"), lambda route: route.abort())
    yield context.new_page()
    context.close()


def require_accessible(browser: Browser, page: Path, theme: Theme, width: int) -> None:
    """Open a file with all that folds unfolded: axe finds nothing, and no part is wider than the window."""
    context = browser.new_context(
        color_scheme=theme,
        viewport={"width": width, "height": 900},
        bypass_csp=True,  # axe is a script, which the page itself allows none
    )
    opened = context.new_page()
    opened.goto(page.as_uri())
    opened.evaluate(OPEN_ALL)
    assert opened.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    opened.add_script_tag(path=package("axe-core") / "axe.min.js")
    assert opened.evaluate(RUN_AXE) == []
    context.close()
