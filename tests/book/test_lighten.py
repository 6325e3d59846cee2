"""The site asks no other host for anything and carries what its pages use, no more."""

from __future__ import annotations

import io
import re
from pathlib import Path

from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from playwright.sync_api import Page, expect

from tests.book.conftest import Build
from tests.book.test_maths import embedded_font

LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


def test_no_page_names_another_host_to_load_from(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    foreign = []
    for path in pages:
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for tag, attribute in LOADS.items():
            sources = [str(node.get(attribute, "")) for node in soup.find_all(tag)]
            foreign += [(path.name, source) for source in sources if re.match(r"(https?:)?//", source)]
    assert site / "book" / "chapter.html" in pages
    assert foreign == []


def test_the_launcher_of_remote_kernels_is_left_out(site: Path) -> None:
    text = (site / "book" / "chapter.html").read_text(encoding="utf-8")
    assert "THEBE_JS_URL" not in text
    assert "sphinx-thebe.js" not in text


def test_scripts_go_only_to_the_pages_that_use_them(site: Path) -> None:
    chapter = (site / "book" / "chapter.html").read_text(encoding="utf-8")
    index = (site / "book" / "index.html").read_text(encoding="utf-8")
    for name in ("quick-check", "movable-figure"):
        assert f"{name}.js" in chapter
        assert f"{name}.css" in chapter
        assert name not in index


def test_style_sheets_and_icons_are_cut_to_what_the_pages_use(site: Path) -> None:
    static = site / "_static"
    theme = (static / "styles" / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    assert ".bd-sidebar-primary" in theme
    assert ".spinner-grow" not in theme
    assert len(theme) < 120_000
    assert list(static.rglob("fa-*")) == []
    with TTFont(io.BytesIO(embedded_font(theme))) as font:
        assert ord("\uf002") in font.getBestCmap()  # the magnifying glass of the search
        assert len(font.getBestCmap()) < 80


def test_styles_that_scripts_switch_on_survive_the_cut(page: Page, served_site: str) -> None:
    page.goto(f"{served_site}/book/chapter.html")
    page.locator(".search-button__button").first.click()
    expect(page.locator("#pst-search-dialog")).to_be_visible()
    width = page.locator("#pst-search-dialog").evaluate("dialog => dialog.getBoundingClientRect().width")
    assert width > 300
    page.keyboard.press("Escape")
    grounds = set()
    for _ in ("light", "dark", "as the system"):
        page.locator(".theme-switch-button").first.click()
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


def test_pictures_reserve_their_place_and_wait_until_they_are_near(built_book: Path) -> None:
    pages = [
        BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in built_book.glob("book/*/*.html")
    ]
    pictures = [picture for page in pages for picture in page.select("article img")]
    assert pictures
    for picture in pictures:
        assert picture["loading"] == "lazy"
        assert int(str(picture["width"])) > 100
        assert int(str(picture["height"])) > 100


def test_references_carry_the_label_of_the_citation(chapter: BeautifulSoup) -> None:
    cited = chapter.select_one("p .citation, p a.internal[href='#huber1964'], p a[href^='#id']")
    assert cited is not None
    label = chapter.select_one(".citation .label, dt.label")
    assert label is not None
    assert "Huber, 1964" in cited.get_text()
    assert "Huber, 1964" in label.get_text()


def test_a_build_with_nothing_to_do_succeeds_and_keeps_what_was_cut(
    tiny_book: Path, build_book: Build
) -> None:
    assert build_book(tiny_book).returncode == 0
    static = tiny_book / "_build" / "html" / "_static"
    first = {path: path.read_bytes() for path in static.rglob("*") if path.is_file()}
    for _ in range(2):
        done = build_book(tiny_book)
        assert done.returncode == 0, done.stdout + done.stderr
    changed = [path.name for path in static.rglob("*") if path.is_file() and path.read_bytes() != first[path]]
    assert changed == []


def test_the_arrow_of_a_tooltip_points_at_its_button(page: Page, served_site: str) -> None:
    page.goto(f"{served_site}/book/chapter.html")
    page.locator(".theme-switch-button").first.hover()
    arrow = page.locator(".tooltip .tooltip-arrow")
    expect(arrow).to_be_visible()
    assert page.locator(".tooltip").get_attribute("data-popper-placement") == "bottom"
    assert float(arrow.evaluate("arrow => parseFloat(getComputedStyle(arrow).top)")) < 0
