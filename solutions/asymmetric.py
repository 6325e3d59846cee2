"""Asymmetric regression losses: a prediction too low and one too high by the same amount cost differently.

They share the conventions of `regression`: r = y_pred - y_true is the residual, a loss gives one number per
element, and each gradient, right under its value, belongs to the *reduced* loss.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions.checking import above, between, matching
from solutions.kernels import quiet
from solutions.reduction import reduce, scale
from solutions.residual import residual_of
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction


@quiet
def pinball(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, level: float = 0.5, reduction: Reduction = "mean"
) -> LossValue:
    """Quantile loss: a prediction too low costs ``level`` per unit, one too high costs 1 - ``level``.

    The best constant is the quantile at that level: with 0.9, nine targets in ten lie below it. Fit two
    levels for a prediction interval. At level 0.5 it is half of `mae`.

    Parameters
    ----------
    y_pred, y_true, reduction
        As for `mse`.
    level : float, default 0.5
        The level of the quantile, strictly between 0 and 1.

    Returns
    -------
    float or ndarray
        As for `mse`.

    Raises
    ------
    TypeError, ValueError
        As for `mse`; also if the level does not lie between 0 and 1.

    Notes
    -----
    Domain: any real numbers, 0 < level < 1. Units: those of y.

    Formula: max(level · u, (level - 1) u) with u = y_true - y_pred = -r.

    Gradient: -level where the prediction is too low, 1 - level where it is too high, and 0 at r = 0, the
    smallest of its subgradients; over N after the mean.

    References
    ----------
    Koenker and Bassett (1978), Regression Quantiles, Econometrica 46.

    Examples
    --------
    >>> pinball([1.0, 3.0], [2.0, 2.0], level=0.9, reduction="none")
    array([0.9, 0.1])
    """
    residual, unit, dtype = residual_of(y_pred, y_true, reduction)
    return reduce(_price(residual, level) * np.abs(residual), reduction, dtype, factor=unit)


@quiet
def pinball_grad(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, level: float = 0.5, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `pinball` with respect to ``y_pred``: -level, 0 or 1 - level, over N for the mean.

    Examples
    --------
    >>> pinball_grad([1.0, 2.0, 3.0], [2.0, 2.0, 2.0], level=0.75, reduction="none")
    array([-0.75,  0.  ,  0.25])
    """
    residual, _, dtype = residual_of(y_pred, y_true)
    return scale(_price(residual, level) * np.sign(residual), reduction, dtype)


@quiet
def expectile(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, level: float = 0.5, reduction: Reduction = "mean"
) -> LossValue:
    """Asymmetric squared error: `pinball` with squares.

    The best constant is the expectile: the point at which what lies above, weighted by ``level``, balances
    what lies below, weighted by 1 - ``level``. At 0.5 that is the mean, and the loss is `half_mse`.

    Parameters
    ----------
    y_pred, y_true, reduction
        As for `mse`.
    level : float, default 0.5
        The weight of predictions that are too low, strictly between 0 and 1.

    Returns
    -------
    float or ndarray
        As for `mse`.

    Raises
    ------
    TypeError, ValueError
        As for `pinball`.

    Notes
    -----
    Domain: any real numbers, 0 < level < 1. Units: those of y, squared.

    Formula: w r², with w = level where r < 0 and w = 1 - level where r > 0.

    Gradient: 2 w r, and 2 w r/N after the mean. It is continuous: there is no kink.

    References
    ----------
    Newey and Powell (1987), Asymmetric Least Squares Estimation and Testing, Econometrica 55.

    Examples
    --------
    >>> expectile([0.0, 4.0], [2.0, 2.0], level=0.75, reduction="none")
    array([3., 1.])
    """
    residual, unit, dtype = residual_of(y_pred, y_true, reduction)
    return reduce(_price(residual, level) * residual * residual, reduction, dtype, factor=unit**2)


@quiet
def expectile_grad(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, level: float = 0.5, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `expectile` with respect to ``y_pred``: 2wr/N for the mean, else 2wr.

    Examples
    --------
    >>> expectile_grad([0.0, 4.0], [2.0, 2.0], level=0.75, reduction="none")
    array([-3.,  1.])
    """
    residual, unit, dtype = residual_of(y_pred, y_true)
    return scale(_price(residual, level) * residual, reduction, dtype, factor=2 * unit)


@quiet
def msle(y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Mean squared logarithmic error: squared error of log(1 + y).

    For positive targets over several orders of magnitude, when the ratio counts: 100 for 50 costs about as
    much as 10000 for 5000. A prediction too low costs more than one too high by the same amount.

    Parameters
    ----------
    y_pred, y_true : array_like of float
        Predictions and targets of one shape, all greater than -1; usually counts or amounts from 0 on.
    reduction
        As for `mse`.

    Returns
    -------
    float or ndarray
        As for `mse`.

    Raises
    ------
    TypeError, ValueError
        As for `mse`; also if a number is not greater than -1.

    Notes
    -----
    Domain: y_pred, y_true > -1. Units: none, but 1 + y fixes a scale: rescaling y changes the loss.

    Formula: d² with d = log(1 + y_pred) - log(1 + y_true). To keep small differences, d is computed as
    log1p((high - low)/(1 + low)) of the higher and the lower number, with its sign.

    Gradient: 2d/(1 + y_pred), and that over N after the mean.

    References
    ----------
    Hyndman and Koehler (2006), Another Look at Measures of Forecast Accuracy, International Journal of
    Forecasting 22, on errors of logarithms and ratios.

    Examples
    --------
    >>> msle([1.0, 1e-12], [3.0, 3e-12], reduction="none")
    array([4.80453014e-01, 4.00000000e-24])
    """
    _, log_ratio, dtype = _log_ratio(y_pred, y_true)
    return reduce(log_ratio * log_ratio, reduction, dtype)


@quiet
def msle_grad(y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `msle` with respect to ``y_pred``: 2d/(1 + y_pred), over N for the mean.

    Examples
    --------
    >>> msle_grad([1.0], [3.0])
    array([-0.69314718])
    """
    pred, log_ratio, dtype = _log_ratio(y_pred, y_true)
    return scale(log_ratio / (1 + pred), reduction, dtype, factor=2)


def _price(residual: Float64Array, level: float) -> Float64Array:
    """Return what a unit of the residual costs: 1 - level if the prediction is too high, else level."""
    level = between(level, 0, 1, "level")
    return np.where(residual > 0, 1 - level, level)


def _log_ratio(y_pred: npt.ArrayLike, y_true: npt.ArrayLike) -> tuple[Float64Array, Float64Array, FloatType]:
    """Return the predictions, log((1 + y_pred)/(1 + y_true)) and the dtype of the result."""
    pred, true, dtype = matching(y_pred, y_true)
    a = above(pred, -1, "y_pred").astype(np.float64)
    b = above(true, -1, "y_true").astype(np.float64)
    high, low = np.maximum(a, b), np.minimum(a, b)
    gap = (high - low) / (1 + low)
    size = np.where(np.isinf(gap), np.log1p(high) - np.log1p(low), np.log1p(gap))
    return a, np.copysign(size, a - b), dtype
