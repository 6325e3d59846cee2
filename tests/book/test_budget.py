"""What a page may cost: bytes, requests, movement; and that what it names is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, Response

from tests.book.test_accessible import KINDS

KILOBYTE = 1000
MOST_BYTES = {
    "chapter": 250,
    "glossary": 150,
    "table of losses": 150,
    "loss cards": 150,
    "notation": 150,
    "errors": 175,
    "first page": 150,
    "search": 250,
    "index": 150,
    "wrong address": 150,
}
MOST_REQUESTS = {
    "chapter": 38,
    "glossary": 30,
    "table of losses": 30,
    "loss cards": 30,
    "notation": 30,
    "errors": 30,
    "first page": 30,
    "search": 30,
    "index": 30,
    "wrong address": 30,
}
WATCH_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver(list => window.shifts.push(...list.getEntries().map(entry => entry.value)))
    .observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def fresh_page(browser: Browser) -> Iterator[Page]:
    """A page of a browser that has visited nothing yet."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_view_stays_within_its_budget(fresh_page: Page, served_book: str, kind: str) -> None:
    responses: list[Response] = []
    fresh_page.on("response", lambda response: responses.append(response))
    address = KINDS[kind].split("?")[0]  # a search also loads the pages that it quotes
    fresh_page.goto(f"{served_book}/{address}", wait_until="networkidle")
    sizes = {response.url: int(response.headers["content-length"]) for response in responses}
    assert [response.url for response in responses if not response.ok] == []
    assert sum(sizes.values()) <= MOST_BYTES[kind] * KILOBYTE, sizes
    assert len(responses) <= MOST_REQUESTS[kind], sizes


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("kind", ["chapter", "first page", "glossary"])
def test_nothing_moves_while_a_page_loads(browser: Browser, served_book: str, kind: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.add_init_script(WATCH_SHIFTS)
    page.goto(f"{served_book}/{KINDS[kind]}", wait_until="networkidle")
    page.wait_for_timeout(300)
    assert sum(page.evaluate("window.shifts")) < 0.01
    context.close()


def test_a_chapter_is_readable_before_any_script_runs(browser: Browser, served_book: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{served_book}/{KINDS['chapter']}")
    text = page.locator("article").inner_text()
    context.close()
    for piece in ("A model says that a flat will sell for 2.4", "Quick check", "Question 1."):
        assert piece in text


def parsed_pages(site: Path) -> dict[str, BeautifulSoup]:
    """The pages of the book itself, by their address within the site."""
    pages = [*site.glob("*.html"), *site.glob("book/**/*.html")]
    return {
        path.relative_to(site).as_posix(): BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in pages
    }


def test_every_link_leads_somewhere(built_book: Path) -> None:
    pages = parsed_pages(built_book)
    places = {name: {str(tag["id"]) for tag in page.select("[id]")} for name, page in pages.items()}
    broken = []
    for name, page in pages.items():
        for link in page.select("a[href]"):
            target = urlparse(str(link["href"]))
            if target.scheme or target.netloc:
                continue
            path = unquote(target.path)
            base = built_book if path.startswith("/") else (built_book / name).parent
            file = (base / path.lstrip("/")).resolve() if path else built_book / name
            inside = file.relative_to(built_book.resolve()).as_posix()
            fragment_there = not target.fragment or inside not in places or target.fragment in places[inside]
            if not file.exists() or not fragment_there:
                broken.append((name, str(link["href"])))
    assert len(pages) >= 6
    assert broken == []


def test_every_picture_is_described(built_book: Path) -> None:
    for name, page in parsed_pages(built_book).items():
        for picture in page.select("img"):
            assert str(picture.get("alt", "")).strip(), f"{name}: {picture}"
        for picture in page.select("svg[role=img]"):
            assert str(picture.get("aria-label", "")).strip(), f"{name}: {str(picture)[:200]}"


def test_every_page_of_text_has_its_own_title_and_description(built_book: Path) -> None:
    pages = {name: page for name, page in parsed_pages(built_book).items() if name.startswith("book/")}
    titles = [page.title.get_text() for page in pages.values() if page.title is not None]
    assert len(set(titles)) == len(pages)
    for name, page in pages.items():
        description = page.select_one("meta[name=description]")
        assert description is not None, name
        assert 50 < len(str(description["content"])) < 200, name
