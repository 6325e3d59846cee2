"""Data points that can be dragged: the minimum that each loss marks is the one that statistics knows."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from book_ext.figure import MovableFigure
from book_ext.movable import per_example, points
from playwright.sync_api import Page, expect

import solutions
from tests.book.test_movable import numbers, table

CANDIDATES = np.linspace(0, 12, 121)
TARGETS = np.linspace(0, 12, 25)
START = [1, 2, 2.5, 4.5, 10]
LOSSES: dict[str, Any] = {
    "squared error": per_example(solutions.mse),
    "absolute error": per_example(solutions.mae),
    "Huber loss": per_example(solutions.huber, "delta"),
}
DELTAS = [0.5, 1.0, 3.0]


def line_of_points(losses: dict[str, Any] = LOSSES, **changes: Any) -> MovableFigure:
    """Five points on a number line, with some arguments changed."""
    arguments: dict[str, Any] = {
        "candidates": ("prediction", CANDIDATES),
        "targets": ("value", TARGETS),
        "start": START,
        "slider": ("delta", DELTAS, 1.0),
        "ylabel": "mean loss",
        "ylim": (0, 24),
        "alt": "Three curves with a ring at the least value of each.",
        "caption": "Mean, median and between.",
        "name": "fig-points",
    }
    return points(losses, **{**arguments, **changes})


def brute_force(loss: Any, targets: list[float], **parameters: float) -> tuple[float, float]:
    """The best candidate and its mean loss, by calling the loss of the course once for each."""
    means = [loss(np.full(len(targets), c), targets, **parameters) for c in CANDIDATES]
    return float(CANDIDATES[int(np.argmin(means))]), float(min(means))


def told(readout: str, name: str) -> tuple[float, list[float]]:
    """The least value and the place or interval that the readout gives for one loss."""
    sentence = re.search(rf"the least mean {name}, ([\d.]+), is ([^;]+?)\.?(?:;|$)", readout)
    assert sentence, readout
    return float(sentence[1]), [float(number) for number in re.findall(r"\d+(?:\.\d+)?", sentence[2])]


# --- numbers --------------------------------------------------------------------------------------


def test_the_page_carries_every_loss_at_every_position_of_a_point() -> None:
    data = numbers(line_of_points())
    for i, (loss, parameter) in enumerate(
        [(solutions.mse, {}), (solutions.mae, {}), (solutions.huber, {"delta": 3.0})]
    ):
        values = table(data["losses"][i]["table"], data["places"] + data["finer"])
        assert values.shape == (3, 25, 121)
        for j in (0, 9, 24):
            target = np.full(121, TARGETS[j])
            expected = loss(CANDIDATES, target, reduction="none", **parameter)
            assert np.allclose(values[2, j], expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_the_minima_are_mean_median_and_what_a_search_finds(seed: int) -> None:
    data = np.random.default_rng(seed).choice(TARGETS, 5).tolist()
    readout = line_of_points(start=data).readout
    least, place = told(readout, "squared error")
    assert place == [pytest.approx(np.mean(data))]  # of 5 values in steps of 0.5: always a candidate
    assert least == pytest.approx(np.var(data), abs=0.0006)
    least, place = told(readout, "absolute error")
    assert place == [pytest.approx(np.median(data))]
    assert least == pytest.approx(np.mean(np.abs(np.array(data) - np.median(data))), abs=0.0006)
    least, place = told(readout, "Huber loss")
    best, mean = brute_force(solutions.huber, data, delta=1.0)
    assert least == pytest.approx(mean, abs=0.0006)
    assert min(abs(best - p) for p in place) <= 0.0501  # two neighbours that are equally good: in between


def test_a_flat_minimum_is_told_as_an_interval() -> None:
    figure = line_of_points(start=[1, 2, 5, 8])
    assert "the least mean absolute error, 2.5, is anywhere from prediction = 2 to 5;" in figure.readout
    ring = figure.drawing.split('data-part="minimum-1" d="')[1].split('"')[0]
    left, right = 54 + 336 * 2 / 12, 54 + 336 * 5 / 12
    assert re.match(rf"M{left:.1f} [\d.]+H{right:.1f}A7 ", ring), "the ring is drawn out from 2 to 5"


def thirds(*start: float) -> MovableFigure:
    """Points in steps of a third, whose losses the table can't hold exactly."""
    return line_of_points(
        {"absolute error": LOSSES["absolute error"]},
        candidates=("prediction", np.linspace(0, 12, 361)),
        targets=("value", np.linspace(0, 12, 37)),
        start=start,
        slider=None,
    )


def test_rounding_does_not_hide_a_flat_minimum() -> None:
    readout = thirds(1 / 3, 4 / 3, 14 / 3, 8).readout
    assert readout.endswith("is anywhere from prediction = 1.333 to 4.667.")


def test_even_the_shortest_flat_minimum_is_told() -> None:
    assert told(line_of_points(start=[1, 2, 2.5, 8]).readout, "absolute error") == (1.875, [2, 2.5])


def test_one_minimum_between_two_candidates_is_no_interval() -> None:
    squared = {"squared error": LOSSES["squared error"]}
    assert told(line_of_points(squared, start=[1, 1.5], slider=None).readout, "squared error")[1] == [1.25]


def test_two_minima_are_both_told_and_marked() -> None:
    def capped(y_pred: Any, y_true: Any) -> Any:
        return np.minimum((y_pred - y_true) ** 2, 1.0)

    figure = line_of_points({"capped": capped}, start=[2, 9], slider=None, ylim=(0, 1.2))
    assert figure.readout == (
        "With the points at 2 and 9: the least mean capped, 0.5, is at prediction = 2 or at prediction = 9."
    )
    assert figure.drawing.split('data-part="minimum-0" d="')[1].split('"')[0].count("Z") == 2


def test_a_loss_that_is_not_finite_somewhere_leaves_a_gap() -> None:
    def surprise(y_pred: Any, y_true: Any) -> Any:
        return y_pred - y_true * np.log(y_pred)  # without a value at a prediction of 0

    figure = line_of_points({"deviance": surprise}, start=[1, 2, 6], slider=None)
    assert figure.readout.endswith("is at prediction = 3.")  # the mean
    assert re.search(r'data-part="line-0" d="M56\.8 ', figure.drawing), "from the second candidate on"
    nowhere = line_of_points({"loss": lambda p, t: np.full(p.shape, np.nan)}, slider=None)
    assert nowhere.readout.endswith(": the mean loss is nowhere finite.")


# --- arguments that can't be used -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "changes"),
    [
        ("alt", {"alt": ""}),
        ("caption", {"caption": " "}),
        ("name", {"name": "a b"}),
        ("ylabel", {"ylabel": ""}),
        ("losses", {"losses": {}}),
        ("losses", {"losses": {"loss": lambda y_pred: y_pred}}),
        ("losses", {"losses": {"mean": lambda y_pred, y_true, delta: [1.0, 2.0]}}),
        ("candidates", {"candidates": ("", CANDIDATES)}),
        ("candidates", {"candidates": ("prediction", np.linspace(1, 12, 111))}),
        ("candidates", {"candidates": ("prediction", TARGETS)}),
        ("targets", {"targets": ("value", [1.0])}),
        ("targets", {"targets": ("", TARGETS)}),
        ("targets", {"candidates": ("c", np.linspace(0, 12, 1201)), "targets": ("v", TARGETS)}),
        ("start", {"start": [0.3]}),
        ("start", {"start": []}),
        ("start", {"start": [1] * 9}),
        ("slider", {"slider": ("delta", DELTAS, 2.0)}),
        ("ylim", {"ylim": (1, 1)}),
    ],
)
def test_an_argument_that_cannot_be_used_is_named(argument: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"^{argument}: "):
        line_of_points(**changes)


# --- in the browser -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "delta"), [([1, 2, 2.5, 4.5, 12], 1.0), ([0, 0, 6, 7.5, 8], 0.5), ([3, 3, 3, 3, 9], 3.0)]
)
def test_in_the_browser_sliders_move_the_minima_of_the_reference(
    page: Page, data: list[float], delta: float
) -> None:
    page.set_content(line_of_points()._repr_html_())
    for i, value in enumerate(data):
        page.get_by_role("slider", name=f"value {i + 1}").fill(str(int(value / 0.5)))
    page.get_by_role("slider", name="delta").fill(str(DELTAS.index(delta)))
    there = line_of_points(start=data, slider=("delta", DELTAS, delta))
    readout = page.get_by_role("status")
    expect(readout).to_have_text(there.readout)

    text = readout.inner_text()
    least, place = told(text, "squared error")
    assert least == pytest.approx(np.var(data), abs=6e-4)
    assert place == [pytest.approx(np.mean(data))]
    assert told(text, "absolute error")[1] == [np.median(data)]
    best, mean = brute_force(solutions.huber, data, delta=delta)
    assert told(text, "Huber loss")[0] == pytest.approx(mean, abs=6e-4)

    def part(name: str, attribute: str) -> str:
        return page.locator(f"[data-part={name}]").get_attribute(attribute) or ""

    for i, centre in enumerate([float(np.mean(data)), float(np.median(data)), best]):
        ring_x = float(part(f"minimum-{i}", "d")[1:].split()[0])
        assert ring_x == pytest.approx(54 + 336 * centre / 12, abs=1.5 if i == 2 else 0.06)
    for i, value in enumerate(data):
        assert part(f"handle-{i}", "transform") == f"translate({54 + 336 * value / 12:.1f} 232.0)"
    at_six = re.findall(r"[ML]222\.0 ([-\d.]+)", part("line-0", "d"))  # 222 is the place of 6
    mean_at_six = solutions.mse(np.full(5, 6.0), data)
    assert [float(y) for y in at_six] == [pytest.approx(232 - 222 * mean_at_six / 24, abs=0.06)]


def test_in_the_browser_a_flat_minimum_is_an_interval_too(page: Page) -> None:
    page.set_content(thirds(1 / 3, 4 / 3, 2, 8)._repr_html_())
    page.get_by_role("slider", name="value 3").fill("14")
    expect(page.get_by_role("status")).to_contain_text("is anywhere from prediction = 1.333 to 4.667.")
    ring = page.locator("[data-part=minimum-0]").get_attribute("d") or ""
    assert re.match(rf"M{54 + 28 * 4 / 3:.1f} [\d.]+H{54 + 28 * 14 / 3:.1f}A7 ", ring)


def test_a_parameter_that_no_slider_gives_is_refused() -> None:
    with pytest.raises(ValueError, match="2 are named, but the sliders give 1"):
        per_example(solutions.huber, "delta", "reach")([1.0], [2.0], 1.0)
