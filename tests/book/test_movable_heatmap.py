"""A loss over two parameters: numbers, contours, arrow and minimum are those of the reference."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from book_ext.figure import MovableFigure
from book_ext.movable import heatmap, per_example
from bs4 import BeautifulSoup
from playwright.sync_api import Page, expect

import solutions
from tests.book.test_movable import numbers, table

INPUTS = np.array([-1.5, -0.5, 0.0, 1.0, 2.0])
TARGETS = np.array([0.0, 0.5, 1.0, 3.0, 2.0])
INTERCEPTS = np.linspace(-1, 3, 41)
SLOPES = np.linspace(-1, 2, 31)
LEVELS = [0.5, 1.0, 2.0, 4.0]


def predictions(intercept: Any, slope: Any) -> Any:
    """What each line predicts, along a new last axis."""
    return intercept[..., None] + slope[..., None] * INPUTS


def loss(intercept: Any, slope: Any) -> Any:
    """Mean squared error of each line."""
    return per_example(solutions.mse)(predictions(intercept, slope), TARGETS).mean(axis=-1)


def gradient(intercept: Any, slope: Any) -> Any:
    """Its two components."""
    pulls = per_example(solutions.mse_grad)(predictions(intercept, slope), TARGETS)
    return pulls.mean(axis=-1), (pulls * INPUTS).mean(axis=-1)


def huber_loss(intercept: Any, slope: Any, delta: float) -> Any:
    """Mean Huber loss of each line."""
    return per_example(solutions.huber, "delta")(predictions(intercept, slope), TARGETS, delta).mean(axis=-1)


def bowl(function: Any = loss, **changes: Any) -> MovableFigure:
    """The mean squared error of lines, with some arguments changed."""
    arguments: dict[str, Any] = {
        "x": ("intercept (m)", INTERCEPTS, 0.0),
        "y": ("slope", SLOPES, 0.5),
        "label": "mean squared error",
        "levels": LEVELS,
        "gradient": gradient,
        "step": 0.1,
        "minimum": True,
        "alt": "Nested ellipses around the least-squares line.",
        "caption": "The bowl of least squares.",
        "name": "fig-bowl",
    }
    return heatmap(function, **{**arguments, **changes})


def reference(intercept: float, slope: float) -> tuple[float, list[float]]:
    """Loss and gradient of one line, from the course's functions for batches and the chain rule."""
    line = intercept + slope * INPUTS
    pulls = solutions.mse_grad(line, TARGETS)
    return float(solutions.mse(line, TARGETS)), [float(pulls.sum()), float(pulls @ INPUTS)]


def least_squares() -> Any:
    """Intercept and slope of the best line."""
    return np.linalg.lstsq(np.column_stack([np.ones(5), INPUTS]), TARGETS)[0]


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("column", "row"), [(0, 0), (10, 15), (40, 30), (7, 22)])
def test_the_page_carries_loss_and_gradient_at_every_position(column: int, row: int) -> None:
    data = numbers(bowl())
    value, slopes = reference(INTERCEPTS[column], SLOPES[row])
    assert table(data["values"], data["places"])[0, row, column] == pytest.approx(value, abs=0.0006)
    for i, component in enumerate(data["gradient"]):
        carried = table(component, data["gplaces"][i])[0, row, column]
        assert carried == pytest.approx(slopes[i], abs=0.0006)


def test_the_least_value_is_least_squares_even_between_the_positions() -> None:
    lowest = numbers(bowl())["minima"][0]
    best = least_squares()
    assert [lowest["x"], lowest["y"]] == pytest.approx(best, abs=2e-4)
    assert float(lowest["texts"][0]) == pytest.approx(
        solutions.mse(best[0] + best[1] * INPUTS, TARGETS), abs=6e-4
    )


def test_contours_lie_where_the_loss_has_their_level() -> None:
    paths = BeautifulSoup(bowl().drawing, "html.parser").select("path.movable-band")
    assert len(paths) == len(LEVELS)
    for path, level in zip(paths, LEVELS, strict=True):
        places = [tuple(map(float, pair.split())) for pair in re.findall(r"[\d.]+ [\d.]+", str(path["d"]))]
        inner = [(x, y) for x, y in places if 55 < x < 389 and 11 < y < 231]  # the others lie on the frame
        assert len(inner) > 20
        for x, y in inner:
            value, _ = reference(-1 + 4 * (x - 54) / 336, -1 + 3 * (232 - y) / 222)
            assert value == pytest.approx(level, rel=0.03)


def test_what_is_shaded_is_above_the_level() -> None:
    path = str(BeautifulSoup(bowl().drawing, "html.parser").select("path.movable-band")[0]["d"])
    assert path.count("M") == 2, "the whole frame, with a hole around the minimum"


def test_the_key_gives_the_levels_as_numbers() -> None:
    key = BeautifulSoup(bowl().legend, "html.parser").select_one("svg.movable-key")
    assert key is not None
    assert [text.get_text() for text in key.select("text")] == ["0.5", "1", "2", "4"]
    assert "mean squared error exceeds 0.5, 1, 2 and 4" in str(key["aria-label"])


def test_the_start_is_said_in_words_and_without_units() -> None:
    value, _ = reference(0.0, 0.5)
    assert bowl().readout == (
        f"With intercept = 0 and slope = 0.5: mean squared error {value:.4g}, gradient (−2.4, −1.2); "
        "the least mean squared error, 0.346, is at intercept = 1.1507 and slope = 0.7466."
    )
    assert bowl(gradient=None, minimum=False).readout == (
        f"With intercept = 0 and slope = 0.5: mean squared error {value:.4g}."
    )


def test_by_default_the_levels_are_round_numbers() -> None:
    key = BeautifulSoup(bowl(levels=None).legend, "html.parser").select(".movable-key text")
    levels = [float(text.get_text()) for text in key]
    assert 3 <= len(levels) <= 9
    assert levels == list(np.arange(1, len(levels) + 1) * levels[0]), "multiples of a round number"
    assert levels[0] in (1, 1.5, 2, 2.5, 3, 4, 5)


def test_where_there_is_no_value_nothing_is_drawn() -> None:
    def root(x: Any, y: Any) -> Any:
        return 1 + np.sqrt(x) + y**2

    figure = bowl(root, gradient=None, label="height", levels=[0.5, 1.5])
    assert figure.readout.startswith("With intercept = 0 and slope = 0.5: height 1.25;")
    assert np.isnan(table(numbers(figure)["values"], 3)[0, 0, 0])
    first = BeautifulSoup(figure.drawing, "html.parser").select("path.movable-band")[0]
    leftmost = min(float(x) for x in re.findall(r"[ML]([\d.]+)", str(first["d"])))
    assert leftmost == pytest.approx(54 + 336 / 4, abs=0.06)  # x = 0


# --- arguments that can't be used -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "changes"),
    [
        ("alt", {"alt": ""}),
        ("caption", {"caption": ""}),
        ("name", {"name": "Bowl"}),
        ("label", {"label": ""}),
        ("x", {"x": ("intercept", INTERCEPTS, 0.05)}),
        ("y", {"y": ("", SLOPES, 0.5)}),
        ("y", {"y": ("slope", [2, 1], 1)}),
        ("x", {"x": ("a", np.linspace(0, 1, 301), 0), "y": ("b", np.linspace(0, 1, 301), 0)}),
        ("slider", {"slider": ("delta", [1, 2], 3)}),
        ("levels", {"levels": [2, 1]}),
        ("levels", {"levels": np.arange(11)}),
        ("step", {"step": 0}),
        ("gradient", {"gradient": lambda x, y: (x, y, x)}),
        ("gradient", {"gradient": lambda x, y: (1 / 0, y)}),
        ("function", {"function": lambda x: x}),
        ("function", {"function": lambda x, y: np.full(x.shape, np.nan)}),
    ],
)
def test_an_argument_that_cannot_be_used_is_named(argument: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"^{argument}: "):
        bowl(**changes)


# --- in the browser -------------------------------------------------------------------------------


@pytest.mark.parametrize(("column", "row"), [(0, 30), (21, 16), (33, 4)])
def test_in_the_browser_point_arrow_and_readout_follow(page: Page, column: int, row: int) -> None:
    page.set_content(bowl()._repr_html_())
    page.get_by_role("slider", name="intercept (m)").fill(str(column))
    page.get_by_role("slider", name="slope").fill(str(row))
    intercept, slope = INTERCEPTS[column], SLOPES[row]
    there = bowl(x=("intercept (m)", INTERCEPTS, intercept), y=("slope", SLOPES, slope))
    readout = page.get_by_role("status")
    expect(readout).to_have_text(there.readout)

    value, slopes = reference(intercept, slope)
    told = re.findall(r"-?\d+(?:\.\d+)?", readout.inner_text().replace("−", "-"))
    assert [float(number) for number in told[:5]] == pytest.approx(
        [intercept, slope, value, *slopes], abs=6e-4
    )

    def place(a: float, b: float) -> list[float]:
        return [54 + 336 * (a + 1) / 4, 232 - 222 * (b + 1) / 3]

    drawn = page.locator("[data-part=handle]").get_attribute("transform") or ""
    assert [float(n) for n in re.findall(r"[\d.]+", drawn)] == pytest.approx(
        place(intercept, slope), abs=0.06
    )
    arrow = page.locator("[data-part=arrow]").get_attribute("d") or ""
    ends = [float(n) for n in re.findall(r"-?[\d.]+", arrow)][:4]
    tip = place(intercept - 0.1 * slopes[0], slope - 0.1 * slopes[1])
    if np.hypot(*np.subtract(tip, place(intercept, slope))) > 1:
        assert ends == pytest.approx([*place(intercept, slope), *tip], abs=0.11)
    ring = page.locator("[data-part=minimum]")
    centre = [float(ring.get_attribute(a) or "nan") for a in ("cx", "cy")]
    assert centre == pytest.approx(place(*least_squares()), abs=0.11)


@pytest.mark.parametrize("delta", [0.5, 2.0])
def test_in_the_browser_a_parameter_changes_the_contours(page: Page, delta: float) -> None:
    deltas = [0.5, 1.0, 2.0]
    common: dict[str, Any] = {"gradient": None, "label": "mean Huber loss", "levels": [0.1, 0.3, 0.6, 1]}
    page.set_content(bowl(huber_loss, slider=("delta", deltas, 1.0), **common)._repr_html_())
    page.get_by_role("slider", name="delta").fill(str(deltas.index(delta)))
    there = bowl(huber_loss, slider=("delta", deltas, delta), **common)
    expect(page.get_by_role("status")).to_have_text(there.readout)
    expected = solutions.huber(0.5 * INPUTS, TARGETS, delta=delta)
    assert f"mean Huber loss {expected:.4f}".rstrip("0") in there.readout
    for i in range(4):
        drawn = page.locator(f"[data-part=level-{i}]").get_attribute("d")
        assert f'data-part="level-{i}" fill-opacity="0.1" d="{drawn}"' in there.drawing
