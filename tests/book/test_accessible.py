"""axe-core finds nothing on any kind of page, and the keyboard, zoom and a phone's width work."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from book_ext.node import package
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from tests.in_browser import OPEN_ALL, RUN_AXE, Theme

KINDS = {
    "chapter": "book/regression/squared-error.html",
    "first page": "book/index.html",
    "glossary": "book/reference/glossary.html",
    "table of losses": "book/reference/loss-cards.html",
    "loss cards": "book/reference/cards/multiclass.html",
    "notation": "book/reference/notation.html",
    "errors": "book/reference/errors-you-will-meet.html",
    "search": "search.html?q=huber",
    "index": "genindex.html",
    "wrong address": "404.html",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(browser: Browser, served_book: str, kind: str, theme: Theme) -> None:
    for width in (1280, 390):
        context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 900})
        page = context.new_page()
        page.goto(f"{served_book}/{KINDS[kind]}")
        page.evaluate(OPEN_ALL)
        page.wait_for_load_state()
        page.add_script_tag(path=package("axe-core") / "axe.min.js")
        assert page.evaluate(RUN_AXE) == []
        context.close()


def test_the_first_tab_stop_skips_to_the_text(page: Page, served_book: str) -> None:
    page.goto(f"{served_book}/{KINDS['chapter']}")
    page.keyboard.press("Tab")
    expect(page.locator("#pst-skip-link a")).to_be_focused()
    expect(page.locator("#pst-skip-link")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.url.endswith("#main-content")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [320, 390, 640])
def test_a_narrow_or_zoomed_page_never_scrolls_sideways(
    browser: Browser, served_book: str, kind: str, width: int
) -> None:
    """640 points are a laptop's screen at 200 % zoom, 320 one at 400 %."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(f"{served_book}/{KINDS[kind]}")
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    context.close()
    assert wider <= 0


def test_the_list_of_contents_shows_where_the_reader_is(page: Page, served_book: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{served_book}/{KINDS['chapter']}")
    for section in ("derivation", "worked-examples", "definition"):
        page.locator(f"#{section}").evaluate("section => section.scrollIntoView()")
        page.mouse.wheel(0, 200)
        expect(page.locator("#pst-page-toc-nav a[aria-current]")).to_have_count(1)
        place = page.locator(f"#pst-page-toc-nav li:has(> a[href='#{section}'])")
        expect(place.locator("a[aria-current]")).to_have_count(1)


def test_on_a_phone_every_formula_can_be_read_to_its_end(browser: Browser, served_book: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(f"{served_book}/{KINDS['chapter']}")
    page.evaluate(OPEN_ALL)
    cut_off = page.evaluate("""() => [...document.querySelectorAll("article math")].filter(formula => {
      const box = formula.parentElement;
      const wide = formula.getBoundingClientRect().width > box.getBoundingClientRect().width + 1;
      const scrolls = element => ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
      return wide && !scrolls(formula) && !scrolls(box);
    }).map(formula => formula.textContent)""")
    context.close()
    assert cut_off == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "search"])
def test_headings_form_an_outline(built_book: Path, kind: str) -> None:
    page = BeautifulSoup((built_book / KINDS[kind]).read_text(encoding="utf-8"), "html.parser")
    levels = [int(heading.name[1]) for heading in page.select("main :is(h1, h2, h3, h4, h5, h6)")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
