"""Movable figures: the numbers on the page are those of the functions, at every position of the sliders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from book_ext.figure import PAGE_ASSETS, MovableFigure
from book_ext.movable import curves, per_example
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Browser, Page, expect

import solutions

TARGETS = np.linspace(0, 6, 25)
PREDICTIONS = np.linspace(-1, 7, 41)


def loss(y_pred: Any, y_true: Any) -> Any:
    """The squared error."""
    return (y_pred - y_true) ** 2


def gradient(y_pred: Any, y_true: Any) -> Any:
    """The derivative of the squared error."""
    return 2 * (y_pred - y_true)


def parabola(**changes: Any) -> MovableFigure:
    """The figure of the tiny book, with some arguments changed."""
    arguments: dict[str, Any] = {
        "x": ("prediction", np.linspace(-1, 7, 81)),
        "slider": ("target", TARGETS),
        "start": 3.0,
        "marker": ("prediction", PREDICTIONS, 2.4),
        "minima": ["loss"],
        "ylabel": "loss",
        "ylim": (-10, 20),
        "alt": "A parabola that touches zero at the target.",
        "caption": "The squared error $(\\hat y - y)^2$ and its gradient.",
        "name": "fig-parabola",
    }
    functions = changes.pop("functions", {"loss": loss, "gradient": gradient})
    return curves(functions, **{**arguments, **changes})


def numbers(figure: MovableFigure) -> dict[str, Any]:
    """The data that a figure's HTML carries."""
    script = BeautifulSoup(figure._repr_html_(), "html.parser").select_one("script[type='application/json']")
    assert script is not None
    data: dict[str, Any] = json.loads(script.get_text())
    return data


def table(encoded: list[Any], places: int) -> Any:
    """The values of a table that travelled as differences of differences; NaN where it has none."""
    if isinstance(encoded[0], list):
        return np.array([table(row, places) for row in encoded])
    values = np.array(encoded, dtype=float)
    known = ~np.isnan(values)
    values[known] = np.cumsum(np.cumsum(values[known])) / 10**places
    return values


def points(drawing: str) -> list[tuple[float, float]]:
    """The points of a path."""
    return [tuple(map(float, pair.split())) for pair in drawing.replace("M", "L").split("L")[1:]]  # type: ignore[misc]


# --- numbers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", [0, 7, 12, 24])
def test_the_page_carries_the_values_of_the_functions(position: int) -> None:
    data = numbers(parabola())
    x = np.array(data["x"])
    for curve, function in zip(data["curves"], (loss, gradient), strict=True):
        values = table(curve["y"], data["places"])
        assert np.allclose(values[position], function(x, TARGETS[position]), rtol=0, atol=0.0006)


def test_with_two_sliders_the_page_carries_the_values_of_both() -> None:
    deltas = [0.5, 1.0, 2.0]
    figure = parabola(
        functions={"Huber": per_example(solutions.huber, "delta")},
        x=("prediction", np.linspace(-1, 7, 17)),
        slider=[("target", TARGETS), ("delta", deltas)],
        start=[3.0, 2.0],
        minima=["Huber"],
    )
    data = numbers(figure)
    values = table(data["curves"][0]["y"], data["places"]).reshape(25, 3, -1)
    for i, j in [(0, 0), (12, 1), (24, 2)]:
        x = np.array(data["x"])
        expected = solutions.huber(x, np.full(x.shape, TARGETS[i]), delta=deltas[j], reduction="none")
        assert np.allclose(values[i, j], expected, rtol=0, atol=0.0006)
    assert figure.readout == (
        "With prediction = 2.4, target = 3 and delta = 2: Huber 0.18; "
        "the least Huber, 0, is at prediction = 3."
    )
    assert [handle["x"] for handle in data["handles"]] == [2], "dragging moves the marker, not a parameter"


def test_a_loss_that_insists_on_equal_shapes_is_broadcast() -> None:
    values = per_example(solutions.mse_grad)([[0.0], [1.0]], [0.0, 2.0, 4.0])
    assert values.tolist() == [[0, -4, -8], [2, -2, -6]]
    assert per_example(solutions.mse)(3.0, 1.0, 99.0) == 4, "a loss without a parameter ignores the slider"


def test_the_marker_stands_on_computed_values_even_between_the_points_of_the_grid() -> None:
    data = numbers(parabola(x=("prediction", [-1, 3, 7]), marker=("prediction", [0.1, 2.4, 6.9], 2.4)))
    column = data["marker"][1]
    assert data["x"][column] == 2.4
    assert table(data["curves"][0]["y"], data["places"])[12, column] == pytest.approx(0.36)


def test_the_least_value_is_found_between_the_points_of_the_grid() -> None:
    data = numbers(parabola(x=("prediction", np.linspace(-1, 7, 10)), marker=None))
    assert data["minima"][0]["x"] == pytest.approx(list(TARGETS), abs=0.001)
    assert data["minima"][0]["y"] == pytest.approx([0] * 25, abs=0.001)


def test_the_least_value_at_a_kink_is_found() -> None:
    def absolute(c: Any, outlier: float) -> Any:
        return np.mean([np.abs(c - y) for y in (1, 2, outlier)], axis=0)

    data = numbers(parabola(functions={"loss": absolute}, slider=("outlier", [3, 30]), start=3))
    assert data["minima"][0]["x"] == pytest.approx([2, 2], abs=0.001)


def test_the_minima_of_several_curves_are_marked_and_said() -> None:
    figure = parabola(
        functions={"squared": loss, "shifted": lambda x, target: loss(x, target + 1)},
        marker=None,
        minima=["squared", "shifted"],
    )
    assert [lowest["x"][12] for lowest in numbers(figure)["minima"]] == pytest.approx([3, 4], abs=0.001)
    assert "the least squared, 0, is at prediction = 3; the least shifted, 0, is at" in figure.readout


def test_the_start_is_said_in_words() -> None:
    assert parabola().readout == (
        "With prediction = 2.4 and target = 3: loss 0.36, gradient −1.2; "
        "the least loss, 0, is at prediction = 3."
    )


def test_a_value_that_is_not_finite_is_a_gap() -> None:
    def surprise(p: Any, unused: Any) -> Any:
        return -np.log(p)

    figure = parabola(
        functions={"loss": surprise},
        x=("p", np.linspace(0, 1, 5)),
        marker=("p", [0, 0.5, 1], 0),
        minima=(),
        ylim=(0, 4),
    )
    data = numbers(figure)
    values = table(data["curves"][0]["y"], data["places"])[0]
    assert np.isnan(values[0])
    assert values[1:] == pytest.approx(-np.log([0.25, 0.5, 0.75, 1]), abs=0.0006)
    assert figure.readout == "With p = 0 and target = 3: loss not finite."


def test_the_default_height_holds_all_curves() -> None:
    low, high = numbers(parabola(ylim=None))["frame"]["y"]
    assert low < -14
    assert high > 49


# --- the drawing ----------------------------------------------------------------------------------


def test_the_start_is_drawn_without_any_script() -> None:
    soup = BeautifulSoup(parabola()._repr_html_(), "html.parser")
    image = soup.select_one("svg[role=img]")
    assert isinstance(image, Tag)
    assert image["aria-label"] == "A parabola that touches zero at the target."
    line = points(str(image.select("path.movable-line")[0]["d"]))
    lowest = max(line, key=lambda point: point[1])
    assert lowest[0] == pytest.approx(54 + (3 + 1) / 8 * 336, abs=0.1)  # x = 3 in a frame from 54 to 390
    labels = [control.get_text() for control in soup.select("label")]
    assert labels == ["target", "prediction"]


def test_text_is_escaped() -> None:
    figure = parabola(
        alt='a "b" <c>', caption="1 < 2 & </script>", ylabel="<y>", slider=("</script>", TARGETS)
    )
    soup = BeautifulSoup(figure._repr_html_(), "html.parser")
    image = soup.select_one("svg[role=img]")
    assert image is not None
    assert image["aria-label"] == 'a "b" <c>'
    assert "<y>" in image.get_text()
    assert numbers(figure)["labels"][0] == "</script>"


def test_paper_and_terminal_get_the_alternative_text() -> None:
    bundle = parabola()._repr_mimebundle_()
    assert bundle["text/plain"].startswith("[Movable figure fig-parabola: A parabola that touches zero")


def test_in_a_notebook_the_output_brings_its_own_script_and_in_the_book_it_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(PAGE_ASSETS, raising=False)
    assert "customElements.define" in parabola()._repr_html_()
    monkeypatch.setenv(PAGE_ASSETS, "1")
    assert "customElements.define" not in parabola()._repr_html_()


def test_importing_it_into_a_chapter_does_not_load_sphinx() -> None:
    code = "import sys, book_ext.movable; print('sphinx' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "False"


# --- arguments that can't be used -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "changes"),
    [
        ("alt", {"alt": " "}),
        ("caption", {"caption": ""}),
        ("name", {"name": "Fig 1"}),
        ("ylabel", {"ylabel": ""}),
        ("functions", {"functions": {}}),
        ("functions", {"functions": {str(i): loss for i in range(5)}}),
        ("functions", {"functions": {"loss": lambda y_pred, y_true: 1 / 0}, "minima": []}),
        ("functions", {"functions": {"loss": lambda y_pred, y_true: [1, 2]}, "minima": []}),
        ("functions", {"functions": {"loss": lambda y_pred, y_true: np.nan}, "minima": [], "ylim": None}),
        ("minima", {"minima": ["curvature"]}),
        ("minima", {"minima": "loss"}),
        ("x", {"x": ("prediction", [3, 2, 1])}),
        ("x", {"x": ("", [1, 2, 3])}),
        ("slider", {"slider": ("target", ["a", "b"])}),
        ("slider", {"slider": ("target", [3.0])}),
        ("slider", {"slider": [("a", TARGETS), ("b", TARGETS), ("c", TARGETS)]}),
        ("slider", {"slider": [("a", TARGETS), ("b", np.linspace(0, 1, 90))], "start": [3, 0]}),
        ("start", {"start": 3.1}),
        ("start", {"slider": [("a", TARGETS), ("b", TARGETS)]}),
        ("start", {"start": [3.0, 3.0]}),
        ("functions", {"functions": {"loss": lambda p, t: np.exp(50 * p)}, "minima": []}),
        ("minima", {"functions": {"loss": lambda p, t: np.where(p < 0, -np.inf, p)}}),
        ("marker", {"marker": ("prediction", [-2, 2.4], 2.4)}),
        ("marker", {"marker": ("prediction", PREDICTIONS, 2.5)}),
        ("ylim", {"ylim": (3, 3)}),
    ],
)
def test_an_argument_that_cannot_be_used_is_named(argument: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"^{argument}: "):
        parabola(**changes)


def test_a_missing_alternative_text_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^alt: say what the figure shows"):
        curves(
            {"loss": loss},
            x=("x", [0, 1]),
            slider=("y", [0, 1]),
            start=0,
            ylabel="loss",
            caption="c",
            name="n",
        )


# --- in the book ----------------------------------------------------------------------------------


def test_the_figure_is_numbered_and_captioned_and_can_be_referred_to(chapter: BeautifulSoup) -> None:
    figure = chapter.select_one("figure#fig-parabola")
    assert figure is not None
    assert figure.select_one("movable-figure") is not None
    caption = figure.select_one("figcaption")
    assert caption is not None
    assert caption.get_text().strip().startswith("Fig. 1.1 The squared error")
    assert len(caption.select("math")) == 1
    assert "$" not in caption.get_text()
    references = [link.get_text() for link in chapter.select("p a.internal[href='#fig-parabola']")]
    assert references == ["Fig. 1.1", "there"]


def test_arrow_keys_move_curve_marker_and_readout(page: Page, address: str) -> None:
    page.goto(address)
    figure = page.locator("movable-figure")
    target, prediction = (
        figure.get_by_role("slider", name="target"),
        figure.get_by_role("slider", name="prediction"),
    )
    before = figure.locator("[data-part=line-0]").get_attribute("d")
    target.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    prediction.focus()
    page.keyboard.press("Home")
    expect(figure.get_by_role("status")).to_have_text(
        "With prediction = −1 and target = 4: loss 25, gradient −10; the least loss, 0, is at prediction = 4."
    )
    expect(target).to_have_attribute("aria-valuetext", "4")
    assert figure.locator("[data-part=line-0]").get_attribute("d") != before


@pytest.mark.parametrize(("position", "point"), [(0, 0), (7, 33), (24, 40)])
def test_the_script_draws_and_says_what_python_would(
    page: Page, address: str, position: int, point: int
) -> None:
    page.goto(address)
    figure = page.locator("movable-figure")
    figure.get_by_role("slider", name="target").fill(str(position))
    figure.get_by_role("slider", name="prediction").fill(str(point))
    there = parabola(start=TARGETS[position], marker=("prediction", PREDICTIONS, PREDICTIONS[point]))
    expected = BeautifulSoup(there.drawing, "html.parser")
    for part in expected.select("[data-part]"):
        drawn = figure.locator(f"[data-part={part['data-part']}]")
        for attribute in ("d", "cx", "cy", "visibility"):
            assert drawn.get_attribute(attribute) == part.get(attribute)
    expect(figure.get_by_role("status")).to_have_text(there.readout)


@pytest.mark.parametrize(("i", "j"), [(0, 2), (12, 0), (20, 1)])
def test_two_sliders_move_one_curve(page: Page, i: int, j: int) -> None:
    deltas = [0.5, 1.0, 2.0]

    def huber(target: float, delta: float) -> MovableFigure:
        return parabola(
            functions={"Huber": per_example(solutions.huber, "delta")},
            slider=[("target", TARGETS), ("delta", deltas)],
            start=[target, delta],
            minima=["Huber"],
            ylim=(0, 8),
        )

    page.set_content(huber(3.0, 1.0)._repr_html_())
    page.get_by_role("slider", name="target").fill(str(i))
    page.get_by_role("slider", name="delta").fill(str(j))
    there = huber(TARGETS[i], deltas[j])
    expect(page.get_by_role("status")).to_have_text(there.readout)
    drawn = points(page.locator("[data-part=line-0]").get_attribute("d") or "")
    x = np.array(numbers(there)["x"])
    loss = solutions.huber(x, np.full(x.shape, TARGETS[i]), delta=deltas[j], reduction="none")
    expected = np.column_stack([54 + 336 * (x + 1) / 8, 232 - 222 * loss / 8])
    assert np.allclose(drawn, np.clip(expected, -840, 1120), rtol=0, atol=0.06)


def test_without_a_script_the_start_shows_and_no_dead_slider(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    expect(page.locator("movable-figure svg[role=img]")).to_be_visible()
    expect(page.locator("movable-figure output")).to_contain_text("loss 0.36")
    expect(page.locator("movable-figure input").first).to_be_hidden()
    context.close()


def test_the_output_of_a_notebook_moves_too(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PAGE_ASSETS, raising=False)
    page.set_content(f"<body data-jp-theme-light='false'>{parabola()._repr_html_()}</body>")
    page.get_by_role("slider", name="target").fill("0")
    expect(page.get_by_role("status")).to_contain_text("target = 0")
