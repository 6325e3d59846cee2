"""Robust and asymmetric regression losses: their relatives, what they estimate, and the ends of the range."""

from typing import Any

import numpy as np
import pytest

from solutions import (
    LOSSES,
    barron,
    barron_grad,
    epsilon_insensitive,
    epsilon_insensitive_grad,
    expectile,
    expectile_grad,
    half_mse,
    huber,
    mae,
    msle,
    msle_grad,
    pinball,
    pinball_grad,
    pseudo_huber,
    pseudo_huber_grad,
    tukey_biweight,
    tukey_biweight_grad,
)

PREDICTIONS, TARGETS = np.array([2.5, 0.0, 2.0, 8.0]), np.array([3.0, -0.5, 2.0, 3.0])


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (pinball(PREDICTIONS, TARGETS), mae(PREDICTIONS, TARGETS) / 2),
        (expectile(PREDICTIONS, TARGETS), half_mse(PREDICTIONS, TARGETS)),
        (epsilon_insensitive(PREDICTIONS, TARGETS, epsilon=0), mae(PREDICTIONS, TARGETS)),
        (pseudo_huber(PREDICTIONS, TARGETS, delta=1e9), half_mse(PREDICTIONS, TARGETS)),
        (barron(PREDICTIONS, TARGETS, alpha=2, c=3.0), half_mse(PREDICTIONS, TARGETS) / 9),
        (barron(PREDICTIONS, TARGETS, alpha=1, c=3.0), pseudo_huber(PREDICTIONS, TARGETS, delta=3.0) / 9),
        (tukey_biweight(PREDICTIONS, TARGETS, c=1e9), half_mse(PREDICTIONS, TARGETS)),
    ],
)
def test_special_cases_are_old_friends(found: Any, wanted: Any) -> None:
    assert found == pytest.approx(wanted, rel=1e-14)


@pytest.mark.parametrize("limit", [0.0, 2.0, -np.inf, np.inf])
def test_barron_passes_through_its_limits_without_a_jump(limit: float) -> None:
    r, zeros = np.array([1e-9, 0.3, -1.5, 4.0]), np.zeros(4)
    close = [limit - 1e-12, limit + 1e-12] if np.isfinite(limit) else [np.copysign(1e13, limit)]
    for alpha in close:
        for function in (barron, barron_grad):
            found, wanted = (function(r, zeros, alpha=a, reduction="none") for a in (alpha, limit))
            np.testing.assert_allclose(found, wanted, rtol=1e-10)


@pytest.mark.parametrize(
    ("value", "parameters", "best"),
    [
        (pinball, {"level": 0.9}, 10.0),  # nine targets of eleven lie below
        (pinball, {"level": 0.5}, 6.0),
        (expectile, {"level": 0.5}, 14.5909),  # the mean
        (tukey_biweight, {"c": 20.0}, 5.5),  # the outlier is left out
        (msle, {}, np.expm1(np.mean(np.log1p([*range(1, 11), 105.5])))),
    ],
)
def test_best_constant(value: Any, parameters: dict[str, float], best: float) -> None:
    targets = np.array([*range(1, 11), 105.5])
    grid = np.linspace(0, 20, 2001)
    losses = [value(np.full(11, c), targets, **parameters) for c in grid]
    assert grid[np.argmin(losses)] == pytest.approx(best, abs=0.006)


@pytest.mark.parametrize("alpha", [-np.inf, -1e6, -2.0, 0.0, 0.5, 1.0])
@pytest.mark.parametrize("c", [0.5, 4.0])
def test_barron_lipschitz_bound_is_reached(alpha: float, c: float) -> None:
    bound = LOSSES["barron"].lipschitz
    assert bound is not None
    steepest = np.max(
        barron_grad(grid := np.geomspace(1e-3, 1e9, 200_001), 0 * grid, alpha=alpha, c=c, reduction="none")
    )
    assert steepest == pytest.approx(bound.value(alpha=alpha, c=c), rel=1e-6)


def test_tukey_lipschitz_bound_is_reached() -> None:
    bound = LOSSES["tukey_biweight"].lipschitz
    assert bound is not None
    assert tukey_biweight_grad([3 / 5**0.5], [0.0], c=3.0)[0] == pytest.approx(bound.value(c=3.0), rel=1e-15)


def test_pseudo_huber_stays_below_huber() -> None:
    far = np.array([1e3])
    assert huber(far, [0.0], delta=2.0) - pseudo_huber(far, [0.0], delta=2.0) == pytest.approx(2.0, rel=1e-2)


def test_on_the_edge_of_the_tube_the_exact_difference_decides() -> None:
    np.testing.assert_array_equal(epsilon_insensitive_grad([1.0], [0.0], epsilon=1.0), [0.0])
    # As float64 numbers, 1.3 - 0.3 is 1 and another 5.6e-17, which is lost when the difference is rounded.
    assert epsilon_insensitive([0.3], [1.3], epsilon=1.0) == 2.0**-54
    np.testing.assert_array_equal(epsilon_insensitive_grad([0.3], [1.3], epsilon=1.0), [-1.0])


@pytest.mark.parametrize(
    ("function", "y_pred", "y_true", "options", "exact"),
    [
        (pseudo_huber, 1e-9, 0.0, {}, 5e-19),
        (pseudo_huber, 1e-5, 0.0, {}, 4.999999999875e-11),
        (pseudo_huber, 1.0, 0.0, {"delta": 1e200}, 0.5),
        (pseudo_huber, 1e200, 0.0, {"delta": 1e-200}, 1.0),
        (pseudo_huber, 1e-150, 0.0, {"delta": 1e200}, 5e-301),
        (pseudo_huber, 1e308, -1e308, {"delta": 0.1}, 2e307),
        (pseudo_huber_grad, 1e308, -1e308, {"delta": 0.1}, [0.1]),
        (pseudo_huber_grad, 1e-300, 0.0, {"delta": 1e300}, [1e-300]),
        (pinball, 1e308, -1e308, {"level": 0.9}, 2e307),
        (pinball_grad, 1.0, 1.0, {"level": 0.9}, [0.0]),
        (expectile, 1e200, 0.0, {"level": 0.9}, np.inf),
        (expectile_grad, 1e308, 0.0, {"level": 0.25}, [1.5e308]),
        (msle, 1e-12, 3e-12, {}, 3.9999999999840006469e-24),
        (msle, 1e300, 0.0, {}, 477170.82994305582),
        (msle, 1e300, -1 + 2.0**-53, {}, 529274.18807277224),
        (msle_grad, 1e-12, 3e-12, {}, [-3.999999999988e-12]),
        (barron, 1e308, 0.0, {"alpha": 1}, 1e308),
        (barron, 1e200, 0.0, {"alpha": 1e-6}, 920.55221956455797),
        (barron, 1e300, 0.0, {"alpha": 0}, 1380.8579086158674652),
        (barron, 1e300, 0.0, {"alpha": -2}, 2.0),
        (barron, 1e300, 0.0, {"alpha": -np.inf}, 1.0),
        (barron, 0.3, 0.0, {"alpha": 1e-8}, 0.04401688541684461823),
        (barron, 1e150, 0.0, {"alpha": 2 - 2.0**-52}, 5e299),
        (barron, np.inf, 0.0, {"alpha": 1.5}, np.inf),
        (barron, 1.7e308, 0.0, {"alpha": 0.0, "c": 0.001}, 1432.5760371638608),
        (barron, 1.7e308, 0.0, {"alpha": -1e-09, "c": 0.001}, 1432.5755248112455),
        (barron, 1.7e308, 0.0, {"alpha": 1e-09, "c": 0.001}, 1432.5765495167206),
        (barron, 1.7e308, 0.0, {"alpha": 0.5, "c": 0.001}, 1.1176939513209422e156),
        (barron, 1.5e154, 0.0, {"alpha": 2.0, "c": 1.0}, 1.1250000000000002e308),
        (barron_grad, 1.7e308, 0.0, {"alpha": 0.0, "c": 0.001}, [1.1764705882352942e-308]),
        (barron_grad, 1.7e308, 0.0, {"alpha": 1e-09, "c": 0.001}, [1.1764714303391468e-308]),
        (barron_grad, -1.7e308, 0.0, {"alpha": 1.5, "c": 0.001}, [-3.4671047402943146e158]),
        (barron_grad, -1e160, 0.0, {"alpha": 3.0, "c": 10000.0}, [-1.0e308]),
        (barron_grad, 1e60, 0.0, {"alpha": -1.0, "c": 1e-100}, [5.1961524227066325e-220]),
        (barron_grad, 1.5e308, -1.5e308, {"alpha": 2.0, "c": 1.5}, [1.3333333333333333e308]),
        (barron, np.inf, 0.0, {"alpha": -2}, 2.0),
        (barron, np.inf, 0.0, {"alpha": 0}, np.inf),
        (barron_grad, 1e302, 0.0, {"alpha": 2 - 2.0**-52}, [9.999999999998417e301]),
        (barron_grad, 1e300, 0.0, {"alpha": 0}, [2e-300]),
        (barron_grad, 1e300, 0.0, {"alpha": -np.inf}, [0.0]),
        (barron_grad, -1e300, 0.0, {"alpha": 1, "c": 4.0}, [-0.25]),
        (tukey_biweight, 1e-9, 0.0, {}, 5e-19),
        (tukey_biweight, 1e308, -1e308, {"c": 3.0}, 1.5),
        (tukey_biweight_grad, 1 - 2.0**-40, 0.0, {"c": 1.0}, [3.3087224502060921684e-24]),
        (tukey_biweight_grad, 1e308, -1e308, {}, [0.0]),
    ],
)
def test_ends_of_the_range(function: Any, y_pred: float, y_true: float, options: Any, exact: Any) -> None:
    with np.errstate(all="raise"):
        found = function([y_pred], [y_true], **options)
    np.testing.assert_allclose(found, exact, rtol=1e-13, atol=0)


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("pseudo_huber", {"delta": 0.0}, ValueError, "delta must be a finite number greater than 0"),
        ("pinball", {"level": 1.0}, ValueError, r"level must lie in \(0, 1\), not 1.0"),
        ("expectile", {"level": -0.5}, ValueError, r"level must lie in \(0, 1\), not -0.5"),
        ("epsilon_insensitive", {"epsilon": -0.1}, ValueError, "epsilon must be at least 0, not -0.1"),
        ("barron", {"c": -1.0}, ValueError, "c must be a finite number greater than 0"),
        ("barron", {"alpha": np.nan}, ValueError, "alpha must be a number or ±inf"),
        ("barron", {"alpha": "1"}, TypeError, "alpha must be one real number"),
        ("tukey_biweight", {"c": np.inf}, ValueError, "c must be a finite number greater than 0"),
    ],
)
def test_bad_parameters(name: str, options: Any, error: type[Exception], message: str) -> None:
    for function in (LOSSES[name].value, LOSSES[name].grad):
        with pytest.raises(error, match=message):
            function([1.0], [2.0], **options)


@pytest.mark.parametrize("function", [msle, msle_grad])
def test_msle_ends_at_minus_one(function: Any) -> None:
    with pytest.raises(ValueError, match="y_pred holds -1, but must be greater than -1"):
        function([0.5, -1.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="y_true holds -3, but must be greater than -1"):
        function([0.5, 1.0], [-3.0, 1.0])


@pytest.mark.parametrize(
    "name",
    ["pseudo_huber", "pinball", "expectile", "epsilon_insensitive", "msle", "barron", "tukey_biweight"],
)
def test_nan_in_gives_nan_out_and_only_there(name: str) -> None:
    assert np.isnan(LOSSES[name].value([1.0, np.nan], [0.0, 0.0]))
    gradient = LOSSES[name].grad([1.0, np.nan], [0.0, 0.0])["y_pred"]
    assert np.isnan(gradient).tolist() == [False, True]
