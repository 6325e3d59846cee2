"""Losses for counts and positive amounts, whose spread grows with their mean.

All predict the logarithm of the mean, so that any real number is a valid prediction and effects multiply:
log_rate or log_mean is η, and μ = exp(η). A deviance is twice the log-likelihood that is lost by predicting
μ and not y itself: it is 0 for a perfect prediction and greater than 0 for any other.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from solutions.checking import above, between, prediction, result_type, same_shape, target
from solutions.kernels import excess, quiet, times_exp, weigh
from solutions.reduction import reduce, scale
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction

_LOG_FACTORIALS = np.array([math.log(math.factorial(k)) for k in range(16)])


@quiet
def poisson_nll(
    log_rate: npt.ArrayLike, y_true: npt.ArrayLike, *, full: bool = False, reduction: Reduction = "mean"
) -> LossValue:
    """Negative log-likelihood of counts, given the logarithm of the expected count.

    For numbers of events: visits, defects, claims. Its variance equals its mean; where real counts scatter
    more, the fit of the mean is still right, but the spread that goes with it is too small.

    Parameters
    ----------
    log_rate : array_like of float
        Predicted logarithms η of the expected counts, any shape.
    y_true : array_like of float or int
        Counts, of the same shape, at least 0. They need not be whole unless ``full`` is set.
    full : bool, default False
        Whether to add log y!, exactly and not by Stirling's approximation. The gradient stays the same.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``log_rate``.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or holds integers that could wrap round.
    ValueError
        If shapes differ, an array is empty, or a count is negative, or with ``full`` not a whole number.

    Notes
    -----
    Domain: any real η, y >= 0. Units: nats.

    Formula: exp(η) - y η, and log y! if full. For large counts all three terms are huge and cancel; the full
    loss is computed as half the deviance, y (exp(d) - 1 - d) with d = η - log y, plus the loss at d = 0.

    Gradient: exp(η) - y, the residual of the mean; over N after the mean.

    References
    ----------
    Nelder and Wedderburn (1972), Generalized Linear Models, Journal of the Royal Statistical Society A 135.
    McCullagh and Nelder (1989), Generalized Linear Models, chapter 6.

    Examples
    --------
    >>> poisson_nll([0.0, 0.0], [0, 3], full=True, reduction="none")
    array([1.        , 2.79175947])
    """
    eta, y, dtype = _positive_target(log_rate, "log_rate", y_true, inclusive=True)
    if not full:
        return reduce(_rate_minus_gain(eta, y), reduction, dtype)
    if np.any(y != np.floor(y)):
        found = y[y != np.floor(y)].ravel()[0]
        raise ValueError(f"y_true holds {found:g}, but log y! needs whole counts: leave full=False.")
    at_least_one = np.maximum(y, 1)
    missed = y * excess(eta - np.log(at_least_one))
    values = np.where(y == 0, np.exp(eta), missed + _least_poisson_nll(at_least_one))
    return reduce(values, reduction, dtype)


@quiet
def poisson_nll_grad(
    log_rate: npt.ArrayLike, y_true: npt.ArrayLike, *, full: bool = False, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `poisson_nll` with respect to ``log_rate``: exp(η) - y, over N for the mean.

    Examples
    --------
    >>> poisson_nll_grad([0.0, 1e-10], [3, 1], reduction="none")
    array([-2.e+00,  1.e-10])
    """
    eta, y, dtype = _positive_target(log_rate, "log_rate", y_true, inclusive=True)
    # Next to η = 0, exp(η) has lost the digits of η that count beside y = 1.
    slopes = np.where(np.abs(eta) < 0.5, np.expm1(eta) - (y - 1), np.exp(eta) - y)
    return scale(slopes, reduction, dtype)


@quiet
def gamma_deviance(
    log_mean: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> LossValue:
    """Deviance of the gamma density: errors count relative to the mean.

    For positive amounts whose standard deviation is proportional to their mean: waiting times, sizes of
    claims, rainfall. Only the ratio of target and mean matters, so it is the same in euros and in cents.

    Parameters
    ----------
    log_mean : array_like of float
        Predicted logarithms η of the means, any shape.
    y_true : array_like of float or int
        Targets, of the same shape, greater than 0.
    reduction
        As for `poisson_nll`.

    Returns
    -------
    float or ndarray
        As for `poisson_nll`.

    Raises
    ------
    TypeError, ValueError
        As for `poisson_nll`; also if a target is not greater than 0.

    Notes
    -----
    Domain: any real η, y > 0. Units: none.

    Formula: 2 (log(μ/y) + y/μ - 1), which is 2 (exp(d) - 1 - d) with d = log y - η. A mean that is too low
    costs exponentially, one that is too high only linearly in d.

    Gradient: 2 (1 - y/μ), and that over N after the mean.

    References
    ----------
    McCullagh and Nelder (1989), Generalized Linear Models, chapter 8.

    Examples
    --------
    >>> gamma_deviance([0.0, 0.0], [2.0, 0.5], reduction="none")
    array([0.61370564, 0.38629436])
    """
    eta, y, dtype = _positive_target(log_mean, "log_mean", y_true)
    d = np.log(y) - eta
    values = np.where(np.abs(d) < 0.5, excess(d), times_exp(y, -eta) - 1 - d)
    return reduce(values, reduction, dtype, factor=2)


@quiet
def gamma_deviance_grad(
    log_mean: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `gamma_deviance` with respect to ``log_mean``: 2(1 - y/μ), over N for the mean.

    Examples
    --------
    >>> gamma_deviance_grad([0.0, 0.0], [2.0, 0.5], reduction="none")
    array([-2.,  1.])
    """
    eta, y, dtype = _positive_target(log_mean, "log_mean", y_true)
    d = np.log(y) - eta
    slopes = np.where(np.abs(d) < 0.5, -np.expm1(d), 1 - times_exp(y, -eta))
    return scale(slopes, reduction, dtype, factor=2)


@quiet
def tweedie_deviance(
    log_mean: npt.ArrayLike, y_true: npt.ArrayLike, *, power: float = 1.5, reduction: Reduction = "mean"
) -> LossValue:
    """Deviance for amounts that are often exactly zero: between Poisson and gamma.

    For totals of a random number of random amounts: the claims of a policy in a year, rain in a day. The
    variance grows like the power of the mean: near 1 as for counts, near 2 as for amounts.

    Parameters
    ----------
    log_mean : array_like of float
        Predicted logarithms η of the means, any shape.
    y_true : array_like of float or int
        Targets, of the same shape, at least 0.
    power : float, default 1.5
        The exponent p of the variance, strictly between 1 and 2.
    reduction
        As for `poisson_nll`.

    Returns
    -------
    float or ndarray
        As for `poisson_nll`.

    Raises
    ------
    TypeError, ValueError
        As for `poisson_nll`; also if the power does not lie between 1 and 2.

    Notes
    -----
    Domain: any real η, y >= 0, 1 < p < 2. Units: those of y, to the power 2 - p.

    Formula: 2 (y^(2-p)/((1-p)(2-p)) - y μ^(1-p)/(1-p) + μ^(2-p)/(2-p)). Near a perfect prediction, and for p
    near 1 or 2, its terms cancel. With a = p - 1, b = 2 - p, d = log(y/μ) and e(t) = exp(t) - 1 - t it is
    2 μ^b (b e(d) - e(b d))/(a b), or the same with a, b and y, μ exchanged.

    Gradient: 2 (μ^(2-p) - y μ^(1-p)), and that over N after the mean.

    References
    ----------
    Tweedie (1984), An Index which Distinguishes between Some Important Exponential Families. Jørgensen
    (1997), The Theory of Dispersion Models.

    Examples
    --------
    >>> tweedie_deviance([0.0, 0.0], [0.0, 4.0], reduction="none")
    array([4., 4.])
    """
    eta, y, dtype = _positive_target(log_mean, "log_mean", y_true, inclusive=True)
    a, b, for_mean, for_target, d = _tweedie_terms(eta, y, power)
    if a > b:
        weight, base, other = b, for_mean, for_target
    else:
        weight, base, other, d = a, for_target, for_mean, -d
    near = base * (weight * excess(d) - excess(weight * d))
    far = weight * other - weigh(base, weight + np.expm1(weight * d))
    return reduce(np.where(np.abs(d) < 1, near, far) / (a * b), reduction, dtype, factor=2)


@quiet
def tweedie_deviance_grad(
    log_mean: npt.ArrayLike, y_true: npt.ArrayLike, *, power: float = 1.5, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `tweedie_deviance` for ``log_mean``: 2(μ^(2-p) - y μ^(1-p)), over N for the mean.

    Examples
    --------
    >>> tweedie_deviance_grad([0.0, 0.0], [0.0, 4.0], reduction="none")
    array([ 2., -6.])
    """
    eta, y, dtype = _positive_target(log_mean, "log_mean", y_true, inclusive=True)
    _, _, for_mean, for_target, d = _tweedie_terms(eta, y, power)
    slopes = np.where(np.abs(d) < 1, -for_mean * np.expm1(d), for_mean - for_target)
    return scale(slopes, reduction, dtype, factor=2)


def _positive_target(
    log_mean: npt.ArrayLike, name: str, y_true: npt.ArrayLike, *, inclusive: bool = False
) -> tuple[Float64Array, Float64Array, FloatType]:
    """Return η and y in float64 and the dtype of the result; targets are positive, or also 0 if inclusive."""
    eta, y = prediction(log_mean, name), target(y_true, "y_true")
    same_shape(eta, name, y, "y_true")
    above(y, 0, "y_true", inclusive=inclusive)
    return eta.astype(np.float64), y.astype(np.float64), result_type(eta, y)


def _rate_minus_gain(eta: Float64Array, y: Float64Array) -> Float64Array:
    """Return exp(η) - y η, with 0 for the second term where y is 0.

    Near the top of the range the difference may fit where its terms do not, so it is taken in units of 2**64.
    From η = 1000 on it is inf for every y in range, and η is cut off there to keep inf - inf away.
    """
    unit = np.array(2.0**64)
    capped = np.minimum(eta, 1000.0)
    top = (times_exp(1 / unit, capped) - y / unit * capped) * unit
    return np.where(eta > 700, top, np.exp(eta) - weigh(y, eta))


def _least_poisson_nll(y: Float64Array) -> Float64Array:
    """Return y - y log y + log y!, the loss at the best rate, for whole y >= 1.

    From 16 on by Stirling's series, of which the first term left out is below 1e-17.
    """
    small = np.minimum(y, 15)
    exact = small - small * np.log(small) + _LOG_FACTORIALS[small.astype(np.intp)]
    u = 1 / np.square(y)
    tail = 1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - (1 / 1188 - 691 / 360360 * u) * u) * u) * u) * u
    return np.where(y < 16, exact, np.log(2 * math.pi * y) / 2 + tail / y)


def _tweedie_terms(
    eta: Float64Array, y: Float64Array, power: float
) -> tuple[float, float, Float64Array, Float64Array, Float64Array]:
    """Return a = p - 1, b = 2 - p, μ^b, y μ^-a and log(y/μ)."""
    power = between(power, 1, 2, "power")
    a, b = power - 1, 2 - power
    return a, b, np.exp(b * eta), times_exp(y, -a * eta), np.log(y) - eta
