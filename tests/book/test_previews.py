"""A link to a term, an equation or a figure shows it beside the link, offline too."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

CHAPTER = "book/regression/squared-error.html"


@pytest.fixture(params=["http", "file"])
def chapter_page(request: pytest.FixtureRequest, page: Page, built_book: Path, served_book: str) -> Page:
    """The chapter of the real book, from a server and as a file."""
    page.goto(f"{served_book if request.param == 'http' else built_book.as_uri()}/{CHAPTER}")
    return page


def hover(page: Page, link: Locator) -> Locator:
    """Rest the pointer on a link; returns what is shown."""
    link.hover()
    return page.locator(".preview")


def test_an_equation_is_shown_beside_its_number(chapter_page: Page) -> None:
    link = chapter_page.locator("a.internal[href='#equation-eq-mse']").first
    preview = hover(chapter_page, link)
    expect(preview.locator("math")).to_contain_text("MSE")
    expect(preview).to_contain_text(link.inner_text())


def test_a_term_of_the_glossary_is_shown_from_another_page(chapter_page: Page) -> None:
    preview = hover(chapter_page, chapter_page.locator("a.internal[href*='glossary.html#term-']").first)
    expect(preview).to_contain_text("squared unit")


def test_a_reference_shows_authors_and_title(chapter_page: Page) -> None:
    citation = chapter_page.locator("a.internal", has_text="Squire and Trapp, 1998").first
    expect(hover(chapter_page, citation)).to_contain_text("Using complex variables")


def test_a_movable_figure_is_previewed_without_its_sliders(chapter_page: Page) -> None:
    preview = hover(chapter_page, chapter_page.locator("a.internal[href='#fig-se-outlier']").first)
    expect(preview.locator("svg").first).to_be_visible()
    expect(preview.locator("input")).to_have_count(0)


def test_a_tab_that_scrolls_the_page_to_a_link_shows_its_preview(chapter_page: Page) -> None:
    link = chapter_page.locator("a.internal[href='#equation-eq-decomposition']:visible").last
    link.evaluate("""link => {
      const all = [...document.querySelectorAll("article :is(a[href], button, input, summary)")];
      const stops = all.filter(stop => stop.checkVisibility({ checkVisibilityCSS: true }));
      stops[stops.indexOf(link) - 1].focus({ preventScroll: true });
      scrollTo(0, 0);
    }""")
    chapter_page.keyboard.press("Tab")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    expect(chapter_page.locator(".preview math").first).to_be_visible()


def test_the_keyboard_opens_and_escape_dismisses(chapter_page: Page) -> None:
    link = chapter_page.locator("a.internal[href='#equation-eq-mse']").first
    link.scroll_into_view_if_needed()
    link.focus()
    chapter_page.keyboard.press("Shift+Tab")
    chapter_page.keyboard.press("Tab")
    expect(chapter_page.locator(".preview")).to_be_visible()
    assert link.get_attribute("aria-describedby") == "preview"
    chapter_page.keyboard.press("Escape")
    expect(chapter_page.locator(".preview")).to_have_count(0)


def test_the_pointer_may_move_onto_the_preview_and_leaving_closes_it(chapter_page: Page) -> None:
    preview = hover(chapter_page, chapter_page.locator("a.internal[href='#equation-eq-mse']").first)
    preview.hover()
    chapter_page.wait_for_timeout(500)
    expect(preview).to_be_visible()
    chapter_page.mouse.move(5, 5)
    expect(preview).to_have_count(0)
