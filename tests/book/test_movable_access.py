"""Movable figures for everybody: screen reader, keyboard, high contrast, paper, no script, small screens."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from book_ext.figure import PAGE_ASSETS, MovableFigure
from book_ext.node import package
from playwright.sync_api import Browser, Page, expect

from tests.book.test_movable import parabola
from tests.book.test_movable_heatmap import bowl
from tests.book.test_movable_points import line_of_points

KINDS = {"curves": parabola, "points": line_of_points, "heatmap": bowl}
CHAPTER_FIGURES = ["fig-se-movable", "fig-se-points", "fig-se-outlier", "fig-se-bowl"]


@pytest.fixture(params=list(KINDS))
def figure(request: pytest.FixtureRequest) -> MovableFigure:
    """A figure of each kind."""
    return KINDS[request.param]()


def show(page: Page, figure: MovableFigure, scheme: str = "light") -> None:
    """Show a figure as a page of the book would in a colour scheme."""
    paper, ink = {"light": ("#ffffff", "#222832"), "dark": ("#121212", "#ced6dd")}[scheme]
    variables = f"--pst-color-background: {paper}; --pst-color-text-base: {ink}"
    page.set_content(
        f"<html lang='en' data-theme='{scheme}' style='{variables}'><title>Figure</title>"
        f"<body style='background: {paper}; color: {ink}'>"
        f"<main><h1>Figure</h1>{figure._repr_html_()}</main></body></html>"
    )


# --- screen reader and keyboard -------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, figure: MovableFigure, scheme: str) -> None:
    show(page, figure, scheme)
    page.add_script_tag(path=package("axe-core") / "axe.min.js")
    found = page.evaluate("axe.run('movable-figure').then(result => result.violations.map(v => v.id))")
    assert found == []


def test_the_drawing_is_an_image_with_words_and_sliders_have_labels_and_texts(
    page: Page, figure: MovableFigure
) -> None:
    show(page, figure)
    expect(page.get_by_role("img", name=figure.alt)).to_be_visible()
    for control in figure.controls:
        slider = page.get_by_role("slider", name=control.label, exact=True)
        expect(slider).to_be_visible()
        expect(slider).to_have_attribute("aria-valuetext", control.text)
    expect(page.get_by_role("status")).to_have_text(figure.readout)


def test_all_is_reached_and_moved_by_keyboard(page: Page, figure: MovableFigure) -> None:
    show(page, figure)
    for control in figure.controls:
        page.keyboard.press("Tab")
        slider = page.get_by_role("slider", name=control.label, exact=True)
        expect(slider).to_be_focused()
        assert slider.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
        page.keyboard.press("End")
        expect(slider).to_have_attribute("aria-valuetext", re.compile(rf"^{control.positions[-1]:g}$"))
    expect(page.get_by_role("status")).not_to_have_text(figure.readout)


def test_keys_do_not_reach_the_application_around(page: Page, figure: MovableFigure) -> None:
    show(page, figure)
    page.evaluate("window.heard = []; addEventListener('keydown', event => heard.push(event.key))")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    assert page.evaluate("heard") == ["Tab", "Tab"]


@pytest.mark.parametrize("width", [1280, 320])
def test_what_is_pressed_or_dragged_is_at_least_24_pixels(
    page: Page, figure: MovableFigure, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    show(page, figure)
    page.add_style_tag(content="body { font-size: 16px } figure { margin: 0 }")
    targets = page.locator("movable-figure input, movable-figure .movable-reach").all()
    assert len(targets) >= len(figure.controls)
    for target in targets:
        box = target.bounding_box()
        assert box is not None
        assert box["height"] >= 24
        assert box["width"] >= 24
    assert page.evaluate("document.documentElement.scrollWidth") <= width


# --- how it looks ---------------------------------------------------------------------------------


def contrast(one: list[float], other: list[float]) -> float:
    """Contrast ratio of two sRGB colours, as WCAG defines it."""

    def luminance(colour: list[float]) -> float:
        c = np.array(colour) / 255
        linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    light, dark = sorted([luminance(one), luminance(other)], reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_stand_out_from_the_page(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    colours = page.evaluate(
        """() => {
          const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
          const style = (selector) => getComputedStyle(document.querySelector(selector));
          const card = document.querySelector("movable-figure").parentElement;
          return [rgb(style("[data-part=line-0]").stroke), rgb(style("[data-part=line-1]").stroke),
                  getComputedStyle(card).backgroundColor, rgb(style("body").backgroundColor)];
        }"""
    )
    *lines, card, paper = colours
    assert card == "rgba(0, 0, 0, 0)"
    for line in lines:
        assert contrast(line, paper) >= 3
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_points_and_arrow_stand_out(page: Page, scheme: str) -> None:
    def colour(selector: str, kind: str) -> list[float]:
        text = page.locator(selector).first.evaluate(f"e => getComputedStyle(e).{kind}")
        return [float(number) for number in re.findall(r"[\d.]+", text)[:3]]

    paper = {"light": [255.0] * 3, "dark": [18.0] * 3}[scheme]
    show(page, line_of_points(), scheme)
    for i in range(3):
        assert contrast(colour(f"[data-part=line-{i}]", "stroke"), paper) >= 3
        assert contrast(colour(f"[data-part=minimum-{i}]", "stroke"), paper) >= 3
    assert contrast(colour(".movable-datum", "fill"), paper) >= 3
    show(page, bowl(), scheme)
    strongest = 1 - 0.9**10  # ten bands upon each other
    band = colour(".movable-band", "fill")
    darkest = [strongest * b + (1 - strongest) * p for b, p in zip(band, paper, strict=True)]
    for ground in (paper, darkest):
        assert contrast(colour("[data-part=arrow]", "stroke"), ground) >= 3


def test_with_forced_colours_everything_takes_the_system_s(browser: Browser, figure: MovableFigure) -> None:
    context = browser.new_context(forced_colors="active", color_scheme="dark")
    page = context.new_page()
    show(page, figure, "dark")
    text = page.evaluate(
        """() => {
          const probe = document.body.appendChild(document.createElement("p"));
          probe.style.color = "CanvasText";
          return getComputedStyle(probe).color;
        }"""
    )
    for part in page.locator("[data-part^=line], [data-part=arrow], [data-part^=minimum]").all():
        assert part.evaluate("e => getComputedStyle(e).stroke") == text
    context.close()


def test_nothing_moves_by_itself(page: Page, figure: MovableFigure) -> None:
    show(page, figure)
    moving = page.locator("movable-figure *").evaluate_all(
        "all => all.filter(e => getComputedStyle(e).transitionDuration !== '0s' || "
        "getComputedStyle(e).animationName !== 'none').length"
    )
    assert moving == 0


# --- without a script, and on paper ---------------------------------------------------------------


@pytest.fixture
def chapter(built_book: Path) -> str:
    """Address of the chapter that shows all kinds."""
    return (built_book / "book" / "regression" / "squared-error.html").as_uri()


@pytest.fixture
def without_script(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", CHAPTER_FIGURES)
def test_without_a_script_the_start_is_there(without_script: Page, chapter: str, name: str) -> None:
    without_script.goto(chapter)
    figure = without_script.locator(f"#{name}")
    expect(figure.locator("movable-figure > svg")).to_be_visible()
    expect(figure.locator(".movable-legend")).to_be_visible()
    expect(figure.locator("output")).to_contain_text("With ")
    expect(figure.locator("figcaption")).to_be_visible()
    expect(figure.locator(".movable-controls")).to_be_hidden()


@pytest.mark.parametrize("name", CHAPTER_FIGURES)
def test_on_paper_there_are_no_sliders(page: Page, chapter: str, name: str) -> None:
    page.goto(chapter)
    figure = page.locator(f"#{name}")
    expect(figure.locator(".movable-controls")).to_be_visible()
    page.emulate_media(media="print")
    expect(figure.locator(".movable-controls")).to_be_hidden()
    expect(figure.locator("movable-figure > svg")).to_be_visible()
    expect(figure.locator("output")).to_be_visible()


def test_in_the_chapter_every_figure_can_be_moved(page: Page, chapter: str) -> None:
    page.goto(chapter)
    for name in CHAPTER_FIGURES:
        figure = page.locator(f"#{name}")
        before = figure.get_by_role("status").inner_text()
        figure.get_by_role("slider").first.press("End")
        expect(figure.get_by_role("status")).not_to_have_text(before)


def test_a_figure_of_the_chapter_is_light(chapter: str) -> None:
    html = Path(chapter.removeprefix("file://")).read_text(encoding="utf-8")
    elements = re.findall(r"<movable-figure .*?</movable-figure>", html, re.DOTALL)
    assert len(elements) == len(CHAPTER_FIGURES)
    assert [len(gzip.compress(element.encode())) < 9_000 for element in elements] == [True] * len(elements)


def test_two_figures_in_one_notebook_do_not_disturb_each_other(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PAGE_ASSETS, raising=False)
    both: list[Any] = [bowl()._repr_html_(), line_of_points()._repr_html_()]
    page.set_content(f"<body data-jp-theme-light='true'>{''.join(both)}</body>")
    page.get_by_role("slider", name="value 5").fill("24")
    expect(page.locator("#fig-points output")).to_contain_text("4.5 and 12, and delta")
    expect(page.locator("#fig-bowl output")).to_have_text(bowl().readout)
