"""The feedback pages of a graded class, as a student opens them: complete, accessible, and on their own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from autograder.engine.source import load_source
from autograder.feedback_page.outline import shown_to_students
from tests.conftest import UNIT
from tests.in_browser import Theme, require_accessible

# All right; all wrong with named mistakes; right in part; errors; nothing handed in.
PAGES = ["ada/practice", "bob/practice", "bob/quiz", "cem/practice", "cem/quiz", "gus/practice", "fay/quiz"]


def path_of(course: Path, page: str) -> Path:
    student, notebook = page.split("/")
    return course / "feedback" / student / UNIT / f"{notebook}.html"


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, graded_course: Path) -> Path:
    return path_of(graded_course, request.param)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    browser: Browser, page: Path, theme: Theme, width: int
) -> None:
    require_accessible(browser, page, theme, width)


def test_a_page_comes_alone(browser: Browser, page: Path) -> None:
    context = browser.new_context()
    opened = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: complaints.append(message.text))
    opened.goto(page.as_uri())
    context.close()
    assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]
    assert complaints == []
    assert "<script" not in page.read_text(encoding="utf-8")


def test_headings_form_an_outline_and_the_first_tab_stop_skips_to_the_parts(
    browser: Browser, page: Path
) -> None:
    read = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    levels = [int(heading.name[1]) for heading in read.select("h1, h2, h3, h4, h5, h6")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    opened = browser.new_page()
    opened.goto(page.as_uri())
    opened.keyboard.press("Tab")
    opened.keyboard.press("Enter")
    assert opened.url.endswith("#parts")
    opened.close()


def hidden_lines(course: Path) -> Iterator[str]:
    for path in (course / "source" / UNIT).glob("*.ipynb"):
        for cell in load_source(path).cells:
            if cell.kind == "test":
                shown = shown_to_students(cell).splitlines()
                yield from (line.strip() for line in cell.source.splitlines() if line not in shown)


def test_no_line_of_a_hidden_test_is_on_any_page(graded_course: Path) -> None:
    hidden = {line for line in hidden_lines(graded_course) if len(line) > 25}
    assert len(hidden) > 50
    for path in (graded_course / "feedback").glob(f"*/{UNIT}/*.html"):
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for own in page.select("pre.code[aria-label='your code']"):
            own.decompose()  # a right answer can have a line in common with the test of it
        text = page.get_text()
        assert [line for line in hidden if line in text] == []


def test_every_formula_is_set(graded_course: Path) -> None:
    for notebook in ("practice", "quiz"):
        page = BeautifulSoup(
            path_of(graded_course, f"cem/{notebook}").read_text(encoding="utf-8"), "html.parser"
        )
        assert len(page.select("math")) > 20
        assert [code.get_text() for code in page.select("code") if code.get_text().startswith("\\")] == []


def test_a_question_shows_its_figure(graded_course: Path) -> None:
    page = BeautifulSoup(path_of(graded_course, "bob/quiz").read_text(encoding="utf-8"), "html.parser")
    figures = page.select(".part img")
    assert figures
    assert all(
        str(figure["src"]).startswith("data:image/png;base64,") and figure["alt"] for figure in figures
    )


def test_a_page_prints_its_folded_parts(browser: Browser, graded_course: Path) -> None:
    opened = browser.new_page()
    opened.goto(path_of(graded_course, "cem/practice").as_uri())
    hint = opened.locator("details > :not(summary)").first
    assert not hint.is_visible()
    opened.emulate_media(media="print")
    assert hint.bounding_box() is not None
    opened.close()
