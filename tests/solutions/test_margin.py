"""Margin losses: kinks, extremes, the ties between them, and their errors."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from solutions import (
    LOSSES,
    Loss,
    brier_binary,
    exponential,
    exponential_grad,
    hinge,
    hinge_grad,
    huber,
    huber_grad,
    logistic,
    logistic_grad,
    modified_huber,
    savage,
    smooth_hinge,
    smooth_hinge_grad,
    squared_hinge,
    squared_hinge_grad,
)
from tests.solutions.batches.margin import NAMES

each_loss = pytest.mark.parametrize("loss", [LOSSES[name] for name in NAMES], ids=NAMES)
MARGINS = np.array([-3.0, -1.0, -0.5, 0.0, 0.25, 1.0, 2.0])
POSITIVE = np.ones(7)


def refused(error: type[Exception], *parts: str) -> Any:
    return pytest.raises(error, match=".*".join(map(re.escape, parts)))


def test_values_on_one_axis() -> None:
    """The diagram of the chapter: what each loss costs at margins -1, 0 and 1."""
    expected = {
        "hinge": (2, 1, 0),
        "squared_hinge": (4, 1, 0),
        "smooth_hinge": (1.5, 0.5, 0),
        "modified_huber": (4, 1, 0),
        "logistic": (1.3132616875, 0.6931471806, 0.3132616875),
        "exponential": (2.7182818285, 1, 0.3678794412),
        "savage": (0.5344466455, 0.25, 0.0723294881),
    }
    assert set(expected) == set(NAMES)
    for name, values in expected.items():
        found = LOSSES[name].value([-1.0, 0.0, 1.0], [1, 1, 1], reduction="none")
        np.testing.assert_allclose(found, values, rtol=1e-9)


def test_hinge_takes_the_smallest_slope_at_its_kink() -> None:
    assert hinge_grad([1.0], [1]) == 0
    assert hinge_grad([-1.0], [-1]) == 0
    assert hinge_grad([np.nextafter(1, 0)], [1]) == -1


def test_a_batch_of_one_class_is_no_problem() -> None:
    assert hinge([2.0, 3.0], [1, 1]) == 0


@each_loss
def test_only_the_margin_counts(loss: Loss) -> None:
    np.testing.assert_array_equal(
        loss.value(MARGINS, POSITIVE, reduction="none"), loss.value(-MARGINS, -POSITIVE, reduction="none")
    )
    np.testing.assert_array_equal(
        loss.grad(MARGINS, POSITIVE)["score"], -loss.grad(-MARGINS, -POSITIVE)["score"]
    )


@each_loss
def test_a_better_margin_never_costs_more(loss: Loss) -> None:
    margins = np.linspace(-8, 8, 401)
    values = np.asarray(loss.value(margins, np.ones(401), reduction="none"))
    assert np.all(np.diff(values) <= 0)
    assert np.all(loss.grad(margins, np.ones(401))["score"] <= 0)


def test_smooth_hinge_is_huber_of_what_is_missing() -> None:
    missing, nothing = np.maximum(1 - MARGINS, 0), np.zeros(7)
    assert smooth_hinge(MARGINS, POSITIVE) == pytest.approx(huber(missing, nothing), rel=1e-15)
    np.testing.assert_allclose(
        smooth_hinge_grad(MARGINS, POSITIVE), -huber_grad(missing, nothing), rtol=1e-15
    )


def test_modified_huber_is_the_squared_hinge_down_to_margin_minus_1() -> None:
    found = np.asarray(modified_huber(MARGINS, POSITIVE, reduction="none"))
    squares = np.asarray(squared_hinge(MARGINS, POSITIVE, reduction="none"))
    np.testing.assert_array_equal(found[1:], squares[1:])
    assert (found[0], squares[0]) == (12.0, 16.0)


def test_savage_is_the_brier_score_of_a_logistic_model() -> None:
    assert savage(MARGINS, POSITIVE) == brier_binary(MARGINS, POSITIVE)


@pytest.mark.parametrize(
    ("score", "value", "slope"),
    [
        (-1000.0, 1000.0, -1.0),  # log(1 + exp(-m)) is inf, its gradient NaN
        (40.0, 4.248354255291589e-18, -4.248354255291589e-18),
        (np.inf, 0.0, 0.0),
        (-np.inf, np.inf, -1.0),
    ],
)
def test_logistic_neither_overflows_nor_cancels(score: float, value: float, slope: float) -> None:
    assert logistic([score], [1]) == pytest.approx(value, rel=1e-14, abs=0)
    assert logistic_grad([score], [1]) == pytest.approx(slope, rel=1e-14, abs=0)


@each_loss
def test_a_hopeless_example(loss: Loss) -> None:
    exact = {
        "hinge": (1e300, -1.0),
        "squared_hinge": (np.inf, -2e300),
        "smooth_hinge": (1e300, -1.0),
        "modified_huber": (4e300, -4.0),
        "logistic": (1e300, -1.0),
        "exponential": (np.inf, -np.inf),
        "savage": (1.0, 0.0),
    }
    value, slope = exact[loss.name]
    assert loss.value([-1e300], [1]) == pytest.approx(value, rel=1e-15)
    assert loss.grad([-1e300], [1])["score"] == pytest.approx(slope, rel=1e-15)


def test_a_mean_is_a_number_where_its_greatest_term_is_not() -> None:
    assert squared_hinge([-1.5e154, 2.0, 2.0, 2.0], [1] * 4) == pytest.approx(5.625e307, rel=1e-15)
    assert squared_hinge_grad([-1e308, 2.0], [1] * 2)[0] == -1e308
    assert modified_huber([-1e308, 2.0, 2.0, 2.0], [1] * 4) == 1e308
    assert exponential([-710.0, 2.0, 2.0, 2.0], [1] * 4) == pytest.approx(
        np.exp(709.0) * (np.e / 4), rel=1e-12
    )
    assert exponential_grad([-710.0, 2.0, 2.0, 2.0], [1] * 4)[0] == pytest.approx(
        -np.exp(709.0) * (np.e / 4), rel=1e-12
    )


@each_loss
def test_flat_parts_have_slope_0_and_not_minus_0(loss: Loss) -> None:
    slopes = loss.grad([np.inf, -np.inf], [1, -1])["score"]
    assert not np.any(slopes)
    assert not np.any(np.signbit(slopes))


@each_loss
def test_nan_in_gives_nan_out(loss: Loss) -> None:
    assert np.isnan(loss.value([np.nan], [1]))
    assert np.isnan(loss.grad([np.nan], [1])["score"])


@each_loss
def test_labels_must_be_signs(loss: Loss) -> None:
    for function in (loss.value, loss.grad):
        with refused(ValueError, "y_true holds 0, but must hold -1 and +1 only", "2 * y - 1"):
            function([0.5, 1.0], [0, 1])


@each_loss
def test_shapes_must_be_equal(loss: Loss) -> None:
    for function in (loss.value, loss.grad):
        with refused(ValueError, "score has shape (3,) and y_true has shape (3, 1)", "nothing is broadcast"):
            function(np.ones(3), np.ones((3, 1)))


@each_loss
def test_integer_labels_leave_the_dtype_to_the_scores(loss: Loss) -> None:
    assert loss.value(np.ones(2, np.float32), [1, -1]).dtype == np.float32
    assert loss.grad(np.ones(2, np.float32), np.array([1, -1]))["score"].dtype == np.float32
    assert loss.value(np.ones(2), [1, -1]).dtype == np.float64
