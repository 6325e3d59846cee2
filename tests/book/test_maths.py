"""Formulas are MathML when the page arrives, in the site's own font; one that can't be set is named."""

from __future__ import annotations

import base64
import io
import re
import unicodedata
from pathlib import Path

import pytest
from book_ext.fonts import maths_characters, missing_characters
from book_ext.maths import mathml
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont
from playwright.sync_api import Browser, Page, expect

from tests.book.conftest import Build


def embedded_font(style: str) -> bytes:
    """The font that a style sheet carries."""
    match = re.search(r"url\(data:font/woff2;base64,([^)]+)\)", style)
    assert match is not None
    return base64.b64decode(match[1])


def test_a_formula_becomes_mathml() -> None:
    formula = BeautifulSoup(mathml(r"\frac{\partial \ell}{\partial \hat y}"), "html.parser")
    assert [child.name for child in formula.select("mfrac > *")] == ["mrow", "mrow"]
    assert "ℓ" in formula.get_text()


def test_a_displayed_formula_is_a_block() -> None:
    assert 'display="block' in mathml(r"\sum_i r_i^2", display=True) or "display: block" in mathml(
        r"\sum_i r_i^2", display=True
    )


def test_a_formula_that_can_not_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="nosuchcommand"):
        mathml(r"\nosuchcommand x")


def test_the_build_names_the_formula_and_its_place(tiny_book: Path, build_book: Build) -> None:
    with (tiny_book / "book" / "index.md").open("a", encoding="utf-8") as page:
        page.write("\n\nBroken: $\\frac{1}$.\n")
    done = build_book(tiny_book)
    assert done.returncode != 0
    assert "book/index.md" in done.stderr + done.stdout
    assert r"'\\frac{1}' can't be set" in done.stderr + done.stdout


def test_a_character_that_the_font_lacks_is_named() -> None:
    assert missing_characters(mathml(r"x + \alpha")) == ""
    assert missing_characters(mathml(r"\text{Ω ≤ 漢}")) == "漢"


def test_the_font_of_the_site_has_every_character_it_promises(site: Path) -> None:
    style = (site / "_static" / "maths.css").read_text(encoding="utf-8")
    with TTFont(io.BytesIO(embedded_font(style))) as font:
        assert "MATH" in font
        letters = set(font.getBestCmap())
    lacking = {chr(code) for code in maths_characters() - letters}
    # Holes in the Unicode table, and invisible operators, need no drawing.
    assert {letter for letter in lacking if unicodedata.category(letter) not in ("Cn", "Cf")} == set()


def test_formulas_are_there_without_any_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    formula = page.locator("div.math math").first
    expect(formula).to_be_visible()
    box = formula.bounding_box()
    assert box is not None
    assert box["height"] > 15
    context.close()


def test_formulas_use_the_sites_font(page: Page, address: str) -> None:
    page.goto(address)
    page.evaluate("document.fonts.ready")
    assert page.evaluate(
        "[...document.fonts].some(font => font.family === 'STIX2' && font.status === 'loaded')"
    )


def test_an_equation_carries_its_number_and_a_link_to_itself(chapter: BeautifulSoup) -> None:
    equation = chapter.select_one("div.math[id^='equation-']")
    assert equation is not None
    number = equation.select_one(".eqno")
    assert number is not None
    assert number.get_text().startswith("(1.1)")
    link = number.select_one("a.headerlink")
    assert link is not None
    assert link["href"] == f"#{equation['id']}"


def test_punctuation_stays_on_the_line_of_its_formula(chapter: BeautifulSoup) -> None:
    formula = next(span for span in chapter.select("article span.math") if span.get_text().endswith(","))
    assert formula.find("math") is not None
    assert formula.find(string=",", recursive=False) is not None
