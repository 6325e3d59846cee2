"""Losses of predicted distributions, counts and amounts: ties, tails, and where the terms cancel."""

import math
from typing import Any

import numpy as np
import pytest

from solutions import (
    LOSSES,
    crps_gaussian,
    crps_gaussian_grad,
    gamma_deviance,
    gamma_deviance_grad,
    gaussian_nll,
    gaussian_nll_grad,
    half_mse,
    laplace_nll,
    laplace_nll_grad,
    mae,
    poisson_nll,
    poisson_nll_grad,
    student_t_nll,
    student_t_nll_grad,
    tweedie_deviance,
    tweedie_deviance_grad,
)

MEANS, ZEROS, TARGETS = np.array([2.5, 0.0, 2.0]), np.zeros(3), np.array([3.0, -0.5, 2.0])


def test_with_a_fixed_width_they_are_the_losses_of_regression() -> None:
    assert gaussian_nll(MEANS, ZEROS, TARGETS) == pytest.approx(half_mse(MEANS, TARGETS), rel=1e-15)
    assert laplace_nll(MEANS, ZEROS, TARGETS) == pytest.approx(mae(MEANS, TARGETS) + math.log(2), rel=1e-15)


def test_student_t_runs_from_cauchy_to_gaussian() -> None:
    cauchy = np.mean(np.log(math.pi * (1 + (MEANS - TARGETS) ** 2)))
    assert student_t_nll(MEANS, ZEROS, TARGETS, nu=1.0) == pytest.approx(cauchy, rel=1e-14)
    gaussian = gaussian_nll(MEANS, ZEROS, TARGETS, full=True)
    assert student_t_nll(MEANS, ZEROS, TARGETS, nu=1e15) == pytest.approx(gaussian, rel=1e-14)


def test_crps_is_the_integral_of_squared_differences_of_distribution_functions() -> None:
    t, step = np.linspace(-12, 12, 480_001, retstep=True)
    forecast = np.array([0.5 * math.erfc(-(x - 0.3) / (0.7 * math.sqrt(2))) for x in t[::100]])
    squared = (forecast - (t[::100] > 1.1)) ** 2
    assert crps_gaussian([0.3], [math.log(0.7)], [1.1]) == pytest.approx(squared.sum() * step * 100, rel=5e-3)


@pytest.mark.parametrize("power", [1 + 1e-9, 2 - 1e-9])
def test_tweedie_runs_from_poisson_to_gamma(power: float) -> None:
    eta, y = np.array([0.5, -1.0, 0.7]), np.array([2.0, 0.5, 2.0])
    poisson = np.mean(2 * (y * (np.log(y) - eta) - y + np.exp(eta)))
    wanted = poisson if power < 1.5 else gamma_deviance(eta, y)
    assert tweedie_deviance(eta, y, power=power) == pytest.approx(wanted, rel=1e-7)


@pytest.mark.parametrize(
    ("function", "inputs", "options", "exact"),
    [
        (gaussian_nll, (0.0, -750.0, 1e-170), {}, -374.99999999999999737),
        (gaussian_nll, (0.0, -60.0, 1e-3), {}, 5.710036949078421653e19),
        (gaussian_nll, (0.0, math.log(1e-8), 0.0), {}, -9.210340371976183),  # a clamp at 1e-6 gives -6.9
        (gaussian_nll, (0.0, -1500.0, 0.0), {}, -750.0),
        (gaussian_nll, (1e308, 1420.0, -1e308), {}, 710.40074276748338),
        (gaussian_nll_grad, (3.0, 1e-10, 4.0), {}, [[-0.9999999999], [4.9999999997500005e-11]]),
        (gaussian_nll_grad, (1e-8, 0.0, 1.0), {}, [[-0.99999999], [9.99999995e-09]]),
        (laplace_nll, (0.0, -1400.0, 1e-300), {}, 1.028666660851989e308),
        (laplace_nll, (0.0, -1400.0, 0.0), {}, -1399.30685281944),
        (laplace_nll_grad, (1e-8, 0.0, 1.0), {}, [[-1.0], [1e-8]]),
        (laplace_nll_grad, (2.0, 0.0, 2.0), {}, [[0.0], [1.0]]),
        (student_t_nll, (0.0, 0.0, 1.5), {"nu": 1e6}, 2.04393864258030555293),
        (student_t_nll, (0.0, -800.0, 1.0), {"nu": 1.0}, 801.1447298858494),
        (student_t_nll, (0.0, 0.0, 1e300), {"nu": 1.0}, 1382.6957856822764),
        (student_t_nll_grad, (1.0, -800.0, 0.0), {"nu": 1.0}, [[2.0], [-1.0]]),
        (student_t_nll_grad, (1e200, 0.0, 0.0), {"nu": 3.0}, [[4e-200], [-3.0]]),
        (crps_gaussian, (0.0, 0.0, 0.0), {}, 0.23369497725510906893),
        (crps_gaussian, (0.0, 0.0, -40.0), {}, 39.435810416452243713),
        (crps_gaussian, (1e300, -800.0, 0.0), {}, 1e300),
        (crps_gaussian_grad, (1e-300, 0.0, 0.0), {}, [[7.978845608028654e-301], [0.23369497725510907]]),
        (crps_gaussian_grad, (0.0, -800.0, 0.0), {}, [[0.0], [0.0]]),
        (poisson_nll, (-16.11809565095832, 1.0), {}, 16.118095750958320),
        (poisson_nll, (math.log(2), 2.0), {"full": True}, 1.3068528194400546),
        (poisson_nll, (math.log(1e6), 1e6), {"full": True}, 7.8266938955201431272),
        (poisson_nll, (-800.0, 0.0), {"full": True}, 0.0),
        (poisson_nll, (800.0, 1.0), {}, np.inf),
        (poisson_nll, (-np.inf, 0.0), {}, 0.0),
        (poisson_nll, (-np.inf, 2.0), {}, np.inf),
        (poisson_nll, (1.7e308, 2.0), {}, np.inf),
        (poisson_nll, (np.inf, 1e100), {}, np.inf),
        (poisson_nll, (710.0, 2.5e305), {}, 4.589947661617110007e307),  # both terms are above the range
        (poisson_nll_grad, (2.0**-30, 1.0), {}, [9.313225750491595e-10]),
        (gamma_deviance, (0.0, 1 + 2.0**-30), {}, 8.6736173744987450295e-19),
        (gamma_deviance, (30.0, 1e-6), {}, 85.631021115928548299),
        (gamma_deviance, (0.0, 1e300), {}, 2e300),
        (gamma_deviance_grad, (0.0, 1 + 2.0**-30), {}, [-(2.0**-29)]),
        (tweedie_deviance, (0.0, 1 + 2.0**-30), {"power": 1.5}, 8.6736173758450676397e-19),
        (tweedie_deviance, (-300.0, 1e300), {"power": 1.5}, np.inf),
        (tweedie_deviance, (-1400.0, 0.0), {"power": 1.5}, 4 * math.exp(-700)),
        (tweedie_deviance, (-500.0, 1e100), {"power": 1.5}, 1.498581845801069e209),
        (tweedie_deviance_grad, (2.0**-30, 1.0), {"power": 1.9}, [1.8626451485370676411e-9]),
    ],
)
def test_tails_and_cancelling_terms(function: Any, inputs: Any, options: Any, exact: Any) -> None:
    with np.errstate(all="raise"):
        found = function(*([number] for number in inputs), **options)
    np.testing.assert_allclose(found, exact, rtol=1e-13, atol=0)


@pytest.mark.parametrize("count", [0, 1, 2, 9, 15, 16, 17, 40, 150])
def test_log_factorials_are_exact_and_not_stirlings(count: int) -> None:
    found = poisson_nll([0.0], [count], full=True)
    assert found == pytest.approx(1 + math.log(math.factorial(count)), rel=4e-15)


@pytest.mark.parametrize("nu", [0.5, 1.0, 7.0, 49.9, 50.0, 80.0, 300.0])
def test_student_t_is_a_density(nu: float) -> None:
    u = np.linspace(-60, 60, 400_001)  # y = sinh(u): the substitution reaches far into the tails
    density = np.exp(-np.asarray(student_t_nll(0 * u, 0 * u, np.sinh(u), nu=nu, reduction="none")))
    assert np.trapezoid(density * np.cosh(u), u) == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "inputs", "options", "message"),
    [
        ("poisson_nll", ([0.5], [-1.0]), {}, "y_true holds -1, but must be at least 0"),
        ("poisson_nll", ([0.5], [1.5]), {"full": True}, "y_true holds 1.5, but log y! needs whole counts"),
        ("gamma_deviance", ([0.5], [0.0]), {}, "y_true holds 0, but must be greater than 0"),
        ("tweedie_deviance", ([0.5], [-2.0]), {}, "y_true holds -2, but must be at least 0"),
        ("tweedie_deviance", ([0.5], [2.0]), {"power": 2.0}, r"power must lie in \(1, 2\), not 2.0"),
        ("student_t_nll", ([0.5], [0.0], [1.0]), {"nu": 0.0}, "nu must be a finite number greater than 0"),
        (
            "gaussian_nll",
            ([0.5], [[0.0]], [1.0]),
            {},
            r"mean has shape \(1,\) and log_var has shape \(1, 1\)",
        ),
        (
            "crps_gaussian",
            ([0.5], [0.0], [1.0, 2.0]),
            {},
            r"mean has shape \(1,\) and y_true has shape \(2,\)",
        ),
    ],
)
def test_bad_input(name: str, inputs: Any, options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LOSSES[name].value(*inputs, **options)


def test_only_the_value_asks_for_whole_counts() -> None:
    assert poisson_nll([0.0], [1.5]) == 1.0
    np.testing.assert_array_equal(poisson_nll_grad([0.0], [1.5], full=True), [-0.5])
