"""Worked examples, ties between the regression losses, and the ends of the number range."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solutions import (
    LOSSES,
    half_mse,
    half_mse_grad,
    huber,
    huber_grad,
    log_cosh,
    log_cosh_grad,
    mae,
    mae_grad,
    mse,
    mse_grad,
    smooth_l1,
    smooth_l1_grad,
)
from tests.solutions.batches.regression import EXAMPLES, NAMES, PARAMETERS, predictions_and_targets
from tests.solutions.changes import CHANGES

BIG = 1e308
PREDICTIONS, TARGETS = np.array([2.5, 0.0, 2.0, 8.0]), np.array([3.0, -0.5, 2.0, 3.0])


def test_halving_the_residual_quarters_the_squared_error() -> None:
    assert half_mse([2.4], [3.0]) == pytest.approx(0.18, rel=1e-14)
    assert half_mse([2.7], [3.0]) == pytest.approx(0.045, rel=1e-14)
    assert mse([2.4], [3.0]) == pytest.approx(0.36, rel=1e-14)
    assert mse_grad([2.4], [3.0]) == pytest.approx(-1.2, rel=1e-14)


def test_mean_is_over_all_elements_of_a_matrix() -> None:
    assert mse(PREDICTIONS.reshape(2, 2), TARGETS.reshape(2, 2)) == mse(PREDICTIONS, TARGETS) == 25.5 / 4


def test_huber_with_infinite_delta_is_half_the_squared_error() -> None:
    assert huber(PREDICTIONS, TARGETS, delta=np.inf) == half_mse(PREDICTIONS, TARGETS)
    assert huber(PREDICTIONS, TARGETS, delta=1e300) == half_mse(PREDICTIONS, TARGETS)
    np.testing.assert_array_equal(
        huber_grad(PREDICTIONS, TARGETS, delta=np.inf), half_mse_grad(PREDICTIONS, TARGETS)
    )


@pytest.mark.parametrize("beta", [0.125, 0.7, 1.0, 3.0])
def test_smooth_l1_is_huber_over_its_threshold(beta: float) -> None:
    np.testing.assert_allclose(
        smooth_l1(PREDICTIONS, TARGETS, beta=beta), huber(PREDICTIONS, TARGETS, delta=beta) / beta, rtol=1e-15
    )
    np.testing.assert_allclose(
        smooth_l1_grad(PREDICTIONS, TARGETS, beta=beta),
        huber_grad(PREDICTIONS, TARGETS, delta=beta) / beta,
        rtol=1e-15,
    )


def test_smooth_l1_tends_to_absolute_error_as_beta_shrinks() -> None:
    assert smooth_l1(PREDICTIONS, TARGETS, beta=1e-300) == mae(PREDICTIONS, TARGETS)
    np.testing.assert_array_equal(
        smooth_l1_grad(PREDICTIONS, TARGETS, beta=1e-300), mae_grad(PREDICTIONS, TARGETS)
    )


def test_at_a_kink_the_slope_is_zero() -> None:
    np.testing.assert_array_equal(mae_grad([1.0, 2.0], [1.0, 2.0]), [0.0, 0.0])


@pytest.mark.parametrize(
    ("c", "loss"),
    [
        (11 + 1 / 3, LOSSES["mse"]),  # the mean of the targets
        (11 + 1 / 3, LOSSES["half_mse"]),
        (2.0, LOSSES["mae"]),  # any point between the middle two, 2 and 3
        (2.7, LOSSES["mae"]),
        (3.0, LOSSES["mae"]),
    ],
)
def test_best_constant_is_the_mean_or_the_median(c: float, loss: Any) -> None:
    targets = np.array([1.0, 2.0, 2.0, 3.0, 10.0, 50.0])
    best = loss.value(np.full(6, c), targets)
    others = [loss.value(np.full(6, other), targets) for other in np.linspace(0.0, 60.0, 241)]
    assert best <= min(others) + 1e-12
    assert best < max(others)


@pytest.mark.parametrize(
    ("function", "y_pred", "y_true", "options", "exact"),
    [
        (mse, [1e154] * 4, [0.0] * 4, {}, 1e308),
        (mse, [1.4e154, 0.0, 0.0, 0.0], [0.0] * 4, {}, 4.9e307),
        (half_mse, [1e154] * 4, [0.0] * 4, {}, 5e307),
        (half_mse, [1.7e154], [0.0], {"reduction": "none"}, 1.445e308),
        (huber, [1e154] * 4, [0.0] * 4, {"delta": np.inf}, 5e307),
        (huber, [1e154] * 4, [0.0] * 4, {"delta": 1e200}, 5e307),
        (huber, [1e200], [0.0], {}, 1e200),
        (huber, [BIG], [0.0], {"delta": 1e-300}, 1e8),
        (huber, [BIG], [-BIG], {"delta": 0.1}, 2e307),
        (huber, [BIG], [-BIG], {"delta": 0.1, "reduction": "none"}, 2e307),
        (huber, [np.inf], [0.0], {"delta": np.inf}, np.inf),
        (mae, [1.7e308] * 3, [0.0] * 3, {}, 1.7e308),
        (mae, [BIG, 0.0, 0.0, 0.0], [-BIG, 0.0, 0.0, 0.0], {}, 5e307),
        (mae, [BIG], [-BIG], {}, np.inf),
        (mae, [5e-324] * 4, [0.0] * 4, {}, 5e-324),
        (smooth_l1, [BIG, 0.0], [-BIG, 0.0], {"beta": 5e-324}, 1e308),
        (smooth_l1, [1e200], [0.0], {"beta": 1e300}, 5e99),
        (smooth_l1, [1.0], [0.0], {"beta": BIG}, 5e-309),
        (log_cosh, [BIG], [0.0], {}, 1e308),
        (log_cosh, [BIG, 0.0], [-BIG, 0.0], {}, 1e308),
        (log_cosh, [1.0], [0.0], {}, 0.43378083048302718703),
        (log_cosh, [0.01], [0.0], {}, 4.9999166688888216389e-5),
        (log_cosh, [1e200, 1e-5], [0.0, 0.0], {"reduction": "none"}, [1e200, 4.99999999991666666667e-11]),
        (mse_grad, [BIG, 0.0, 0.0, 0.0], [-BIG, 0.0, 0.0, 0.0], {}, [1e308, 0.0, 0.0, 0.0]),
        (half_mse_grad, [BIG, 1.0], [-BIG, 0.0], {}, [1e308, 0.5]),
        (huber_grad, [BIG], [-BIG], {"delta": 0.1}, [0.1]),
        (smooth_l1_grad, [BIG, 0.0], [-BIG, 0.0], {"beta": 5e-324}, [0.5, 0.0]),
        (log_cosh_grad, [BIG], [-BIG], {}, [1.0]),
    ],
)
def test_ends_of_the_float64_range(function: Any, y_pred: Any, y_true: Any, options: Any, exact: Any) -> None:
    with np.errstate(all="raise"):  # no flag that NumPy raises on the way may get out
        found = function(y_pred, y_true, **options)
    np.testing.assert_allclose(found, exact, rtol=1e-14, atol=0)


def test_a_huge_residual_does_not_swallow_a_tiny_one() -> None:
    predictions = np.full(1024, 2.0**-1070)
    predictions[0] = 1e200
    zeros = np.zeros(1024)
    assert np.asarray(mae(predictions, zeros, reduction="none"))[-1] == 2.0**-1070
    assert mse_grad(predictions, zeros, reduction="sum")[-1] == 2.0**-1069


def test_ends_of_the_float32_range() -> None:
    big, zero = np.full(4, 1e19, np.float32), np.zeros(4, np.float32)
    assert mse(big, zero) == pytest.approx(1e38, rel=1e-6)
    assert mse(10 * big, zero) == np.inf
    assert mae(np.full(4, 3e38, np.float32), -np.zeros(4, np.float32)) == np.float32(3e38)


def test_float32_batches_are_accumulated_in_float64() -> None:
    tenth = np.full((200_000, 2), 0.1, np.float32)
    assert mae(tenth, np.zeros_like(tenth)) == np.float32(0.1)


@pytest.mark.parametrize("name", NAMES)
def test_nan_in_gives_nan_out_and_only_there(name: str) -> None:
    loss = LOSSES[name]
    assert np.isnan(loss.value([1.0, np.nan], [0.0, 0.0]))
    gradient = loss.grad([1.0, np.nan], [0.0, 0.0])["y_pred"]
    assert np.isfinite(gradient[0])
    assert np.isnan(gradient[1])
    assert loss.value([1.0, np.inf], [0.0, 0.0]) == np.inf


# --- on drawn batches -----------------------------------------------------------------------------

each_loss = pytest.mark.parametrize("name", NAMES)
modest = settings(max_examples=15, deadline=None, derandomize=True)


@each_loss
@modest
@given(data=st.data())
def test_a_perfect_prediction_costs_nothing_and_stays(name: str, data: st.DataObject) -> None:
    batch = data.draw(predictions_and_targets())
    loss, perfect = LOSSES[name], {**batch, "y_pred": batch["y_true"].copy()}
    assert loss.value(**perfect) == 0
    assert not np.any(loss.grad(**perfect)["y_pred"])
    assert float(loss.value(**batch)) >= 0


@each_loss
@pytest.mark.parametrize("parameter", [0.25, 4.0])
def test_the_lipschitz_bound_is_reached_far_out(name: str, parameter: float) -> None:
    loss = LOSSES[name]
    parameters = dict.fromkeys(PARAMETERS.get(name, {}), parameter)
    steepest = np.max(loss.grad([1e6], [0.0], **parameters)["y_pred"])
    if loss.lipschitz is None:
        assert steepest > 1e5
    else:
        assert steepest == pytest.approx(loss.lipschitz.value(**parameters), rel=1e-15)


@each_loss
@pytest.mark.parametrize(
    "invariance", ["translation", "permutation", "sign-symmetry", "exchange", "scaling-1", "scaling-2"]
)
def test_an_invariance_that_is_not_claimed_does_not_hold(name: str, invariance: str) -> None:
    loss, batch = LOSSES[name], EXAMPLES[name]
    change, degree = CHANGES[invariance]
    before, after = float(loss.value(**batch)), float(loss.value(**change(batch, 4.0)))
    holds = after == pytest.approx(before * 4.0**degree, rel=1e-3)
    assert holds == (invariance in loss.invariances)
