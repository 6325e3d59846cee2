"""Dragging in the drawing, by mouse and by finger: the sliders follow, and the page still scrolls."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from book_ext.figure import MovableFigure
from playwright.sync_api import Browser, Page, expect

from tests.book.test_movable import PREDICTIONS, parabola
from tests.book.test_movable_heatmap import bowl
from tests.book.test_movable_points import line_of_points

WIDTH = 400


def show(page: Page, figure: MovableFigure) -> None:
    """Show a figure so that a unit of its drawing is a CSS pixel, on a page that can scroll."""
    html = figure._repr_html_().replace("<figure ", "<figure style='margin: 0' ")
    page.set_content(
        "<meta name='viewport' content='width=device-width'><body style='margin: 0; font-size: 16px'>"
        f"<div style='width: {WIDTH}px; margin: 100px 20px 2000px'>{html}</div></body>"
    )
    box = page.locator("movable-figure > svg").bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(WIDTH)


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the drawing is on the screen."""
    box = page.locator("movable-figure > svg").bounding_box()
    assert box is not None
    return box["x"] + x, box["y"] + y


def slider(page: Page, name: str) -> int:
    """The position of a slider."""
    return int(page.get_by_role("slider", name=name).input_value())


def drag(page: Page, *places: tuple[float, float]) -> None:
    """Press the mouse at the first place of the drawing, move on to the others, and let go."""
    page.mouse.move(*place(page, *places[0]))
    page.mouse.down()
    for spot in places[1:]:
        page.mouse.move(*place(page, *spot))
    page.mouse.up()


def across(x: float, low: float, high: float) -> float:
    """Where x is in a drawing from `low` to `high`."""
    return 54 + 336 * (x - low) / (high - low)


# --- mouse ----------------------------------------------------------------------------------------


def test_the_marker_of_curves_is_dragged_along_x(page: Page) -> None:
    show(page, parabola())
    drag(page, (across(2.4, -1, 7), 100), (across(3.1, -1, 7), 60), (across(5.03, -1, 7), 30))
    assert PREDICTIONS[slider(page, "prediction")] == pytest.approx(5.0)
    expect(page.get_by_role("status")).to_contain_text(
        "With prediction = 5 and target = 3: loss 4, gradient 4"
    )
    assert float(page.locator("[data-part=point-0]").get_attribute("cx") or 0) == across(5, -1, 7)


def test_a_click_moves_it_there_and_moving_on_does_not(page: Page) -> None:
    show(page, parabola())
    page.mouse.click(*place(page, across(-0.6, -1, 7), 50))
    page.mouse.move(*place(page, 300, 50))
    expect(page.get_by_role("slider", name="prediction")).to_have_attribute("aria-valuetext", "−0.6")


def test_beyond_the_frame_it_stops_at_the_end(page: Page) -> None:
    show(page, parabola())
    drag(page, (200, 100), (900, 100))
    assert slider(page, "prediction") == len(PREDICTIONS) - 1


def test_the_right_button_moves_nothing(page: Page) -> None:
    show(page, parabola())
    before = slider(page, "prediction")
    page.mouse.click(*place(page, 300, 100), button="right")
    assert slider(page, "prediction") == before


def test_after_dragging_the_arrow_keys_go_on(page: Page) -> None:
    show(page, parabola())
    drag(page, (200, 100), (across(5, -1, 7), 100))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status")).to_contain_text("With prediction = 5.2")


def test_the_nearest_data_point_is_dragged_and_its_ring_follows(page: Page) -> None:
    show(page, line_of_points())
    drag(page, (across(9.7, 0, 12), 232), (across(11.9, 0, 12), 232))
    assert [slider(page, f"value {i}") for i in range(1, 6)] == [2, 4, 5, 9, 24]
    expect(page.get_by_role("status")).to_contain_text(
        f"the least mean squared error, {np.var([1, 2, 2.5, 4.5, 12]):.3g}"
    )
    expect(page.get_by_role("status")).to_contain_text(
        "is at prediction = 4.4; the least mean absolute error"
    )


def test_the_slider_in_focus_shows_its_data_point(page: Page) -> None:
    show(page, line_of_points())
    page.get_by_role("slider", name="value 3").focus()
    expect(page.locator(".movable-active")).to_have_attribute("data-part", "handle-2")
    page.get_by_role("slider", name="delta").focus()
    expect(page.locator(".movable-active")).to_have_count(0)


def test_the_point_of_a_heatmap_is_dragged_in_both_directions(page: Page) -> None:
    show(page, bowl())
    drag(page, (across(0, -1, 3), 121), (across(1, -1, 3), 90), (across(1.99, -1, 3), 232 - 222 * 0.401))
    assert (slider(page, "intercept (m)"), slider(page, "slope")) == (30, 12)
    expect(page.get_by_role("status")).to_contain_text("With intercept = 2 and slope = 0.2:")


# --- finger ---------------------------------------------------------------------------------------


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A page on a touch screen."""
    context = browser.new_context(has_touch=True, is_mobile=True, viewport={"width": 450, "height": 700})
    yield context.new_page()
    context.close()


def swipe(page: Page, *places: tuple[float, float]) -> None:
    """Move a finger over the drawing, in small steps as a real one does."""
    session = page.context.new_cdp_session(page)
    stops = [place(page, *spot) for spot in places]

    def touch(kind: str, *spots: tuple[float, float]) -> None:
        session.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": float(x), "y": float(y)} for x, y in spots]},
        )

    touch("touchStart", stops[0])
    for start, end in itertools.pairwise(stops):
        for step in np.linspace(0.1, 1, 10):
            touch("touchMove", (start[0] + step * (end[0] - start[0]), start[1] + step * (end[1] - start[1])))
    touch("touchEnd")


def scrolled(page: Page) -> float:
    """How far the page is scrolled."""
    return float(page.evaluate("window.scrollY"))


def test_a_tap_moves_the_marker(phone: Page) -> None:
    show(phone, parabola())
    phone.touchscreen.tap(*place(phone, across(6.2, -1, 7), 120))
    expect(phone.get_by_role("status")).to_contain_text("With prediction = 6.2")


def test_a_tap_moves_the_point_of_a_heatmap(phone: Page) -> None:
    show(phone, bowl())
    phone.touchscreen.tap(*place(phone, across(2, -1, 3), 232 - 222 * 0.8))
    expect(phone.get_by_role("status")).to_contain_text("With intercept = 2 and slope = 1.4:")


def test_a_finger_that_moves_sideways_drags(phone: Page) -> None:
    show(phone, parabola())
    swipe(phone, (across(2.4, -1, 7), 100), (across(5, -1, 7), 105))
    expect(phone.get_by_role("status")).to_contain_text("With prediction = 5 ")
    assert scrolled(phone) == 0


@pytest.mark.parametrize("figure", [parabola, line_of_points, bowl])
def test_a_finger_that_moves_up_scrolls_the_page_and_moves_nothing(phone: Page, figure: object) -> None:
    assert callable(figure)
    show(phone, figure())
    before = phone.get_by_role("status").inner_text()
    swipe(phone, (300, 180), (305, 30))
    phone.wait_for_function("window.scrollY > 50")
    assert phone.get_by_role("status").inner_text() == before


def test_a_finger_on_the_point_of_a_heatmap_drags_it_up_and_the_page_stays(phone: Page) -> None:
    show(phone, bowl())
    swipe(phone, (across(0, -1, 3), 121), (across(0, -1, 3), 232 - 222 * 0.8))
    expect(phone.get_by_role("status")).to_contain_text("With intercept = 0 and slope = 1.4:")
    assert scrolled(phone) == 0
