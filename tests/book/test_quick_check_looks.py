"""The quick check to see, hear, touch and print: figures, themes, phones, paper, assistive technology."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from book_ext.node import package
from playwright.sync_api import Browser, Page, Route, expect

from tests.book.quick_check_page import QUIZ, WRONG_THEN_RIGHT, answer


@pytest.fixture
def chapter_address(served_site: str) -> str:
    """Address of the chapter on a server, for what is the same in a file that was opened."""
    return f"{served_site}/book/chapter.html"


def test_a_figure_shows_each_curve_with_its_letter_and_its_own_dashes(
    page: Page, chapter_address: str
) -> None:
    page.goto(chapter_address)
    form = page.locator("#q-figure")
    figure = form.get_by_role("img", name="Curve (a) is a parabola with its lowest point at 0.")
    expect(figure).to_be_visible()
    lines = figure.locator(".quiz-line")
    expect(lines).to_have_count(2)
    dashes = lines.evaluate_all("lines => lines.map((line) => getComputedStyle(line).strokeDasharray)")
    assert len(set(dashes)) == 2
    letters = figure.locator(".quiz-letter").all()
    assert [letter.text_content() for letter in letters] == ["(a)", "(b)"]
    for line, letter in zip(lines.all(), letters, strict=True):
        x, y = (float(letter.get_attribute(name) or "nan") for name in ("x", "y"))
        points = re.findall(r"([\d.]+) ([\d.]+)", line.get_attribute("d") or "")
        assert any(abs(float(a) - x) + abs(float(b) - y) < 0.3 for a, b in points)
    expect(form.get_by_role("radio", name="(b) dashed line")).to_be_visible()
    option = form.locator(".quiz-swatch .quiz-line").nth(1)
    assert option.evaluate("line => getComputedStyle(line).strokeDasharray") == dashes[1]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_checker_of_accessibility_finds_nothing(page: Page, chapter_address: str, theme: str) -> None:
    page.goto(chapter_address)
    page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
    page.add_script_tag(path=package("axe-core") / "axe.min.js")
    for wrong_or_right in (0, 2):
        for question, answers in WRONG_THEN_RIGHT.items():
            answer(page, question, list(answers[wrong_or_right]))
        found = page.evaluate("axe.run('.quiz')")
        assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == []
        assert len(found["passes"]) > 10


def test_all_that_is_pressed_is_large_enough_for_a_finger(page: Page, chapter_address: str) -> None:
    page.goto(chapter_address)
    for target in page.locator(".quiz :is(label, button)").all():
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24


def test_a_narrow_page_does_not_scroll_sideways(page: Page, chapter_address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(chapter_address)
    answer(page, "q-figure", ["a"])
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_forced_by_the_system_leave_the_curves_visible(
    page: Page, chapter_address: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    page.goto(chapter_address)
    colour = "node => getComputedStyle(node)"
    text = page.locator("#q-figure-text").evaluate(f"{colour}.color")
    for line in page.locator("#q-figure .quiz-line").all():
        assert line.evaluate(f"{colour}.stroke") == text
    for letter in page.locator("#q-figure text").all():
        assert letter.evaluate(f"{colour}.fill") == text


def test_nothing_moves_when_the_script_starts(page: Page, chapter_address: str) -> None:
    def places() -> list[float]:
        page.goto(chapter_address)
        boxes = [node.bounding_box() for node in page.locator(".quiz-question, #references").all()]
        return [box["y"] for box in boxes if box is not None]

    def empty(route: Route) -> None:
        route.fulfill(body="", content_type="text/javascript")

    page.route("**/quick-check.js*", empty)
    before = places()
    expect(page.get_by_role("button", name="Check").first).to_be_hidden()
    page.unroute("**/quick-check.js*")
    assert places() == pytest.approx(before, abs=0.5)
    expect(page.get_by_role("button", name="Check").first).to_be_visible()
    assert len(before) == len(QUIZ.questions) + 1


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_paper_has_all_answers_open_after_the_last_question(
    browser: Browser, chapter_address: str, script: bool
) -> None:
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(chapter_address)
    page.emulate_media(media="print")
    last = page.locator(".quiz-question").last.bounding_box()
    assert last is not None
    for question in QUIZ:
        reply = page.locator(f"#{question.id} + details .quiz-feedback").first
        expect(reply).to_be_visible()
        box = reply.bounding_box()
        assert box is not None
        assert box["y"] >= last["y"] + last["height"]
    expect(page.get_by_role("button", name="Check")).to_have_count(0)
    expect(page.get_by_role("img", name="Curve (a) is a parabola")).to_be_visible()
    context.close()


def test_printing_unfolds_the_answers_where_the_style_alone_does_not(
    page: Page, chapter_address: str
) -> None:
    page.goto(chapter_address)
    unfolded = page.locator(".quiz-answer[open]")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(unfolded).to_have_count(len(QUIZ.questions))
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(unfolded).to_have_count(0)
