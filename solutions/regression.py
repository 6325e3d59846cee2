"""Regression losses: how far is a real-valued prediction from its target?

Everywhere r = y_pred - y_true is the residual. A loss gives one number per element, and ``reduction`` says
what becomes of them: their "mean" over all elements, their "sum", or "none". Each gradient stands right under
its value, takes the same arguments and differentiates the *reduced* loss with respect to ``y_pred``: after a
mean it holds the factor 1/N.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from solutions import kernels
from solutions.blocks import gradient_in_blocks, value_in_blocks
from solutions.checking import positive
from solutions.kernels import quiet
from solutions.reduction import reduce, scale
from solutions.residual import residual_of
from solutions.types import Array, Float64Array, LossValue, Reduction


@value_in_blocks
@quiet
def mse(y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Mean squared error, without a factor ½.

    The default for regression: it is smooth, a larger error pulls harder, and the best constant prediction is
    the mean of the targets. For the same reason one outlier can dominate it; see `huber`.

    Parameters
    ----------
    y_pred, y_true : array_like of float
        Predictions and targets, of one shape (any shape).
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``y_pred``.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or holds integers that could wrap round.
    ValueError
        If the shapes differ, an array is empty or the reduction is unknown.

    Notes
    -----
    Domain: any real numbers. Units: those of y, squared.

    Formula: r², the negative log-likelihood of a Gaussian with fixed variance, up to scale and a constant.

    Gradient: 2r, and 2r/N after the mean. It grows with the error and passes smoothly through 0.

    References
    ----------
    Gauss (1809), Theoria motus corporum coelestium. Bishop (2006), Pattern Recognition and Machine Learning.

    Examples
    --------
    >>> mse([2.5, 0.0, 2.0, 8.0], [3.0, -0.5, 2.0, 7.0])
    np.float64(0.375)
    >>> mse([2.5, 0.0, 2.0, 8.0], [3.0, -0.5, 2.0, 7.0], reduction="none")
    array([0.25, 0.25, 0.  , 1.  ])
    """
    residual, unit, dtype = residual_of(y_pred, y_true, reduction)
    return reduce(residual * residual, reduction, dtype, factor=unit**2)


@gradient_in_blocks
@quiet
def mse_grad(y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `mse` with respect to ``y_pred``: 2r/N for the mean, else 2r.

    Examples
    --------
    >>> mse_grad([2.5, 0.0, 2.0, 8.0], [3.0, -0.5, 2.0, 7.0])
    array([-0.25,  0.25,  0.  ,  0.5 ])
    """
    residual, unit, dtype = residual_of(y_pred, y_true)
    return scale(residual, reduction, dtype, factor=2 * unit)


@value_in_blocks
@quiet
def half_mse(y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Mean of half the squared error.

    The ½ cancels the 2 of the derivative, so the gradient is the residual itself. Textbooks and boosting
    libraries often leave the ½ unsaid: compare values with care. The minimiser is that of `mse`.

    Parameters
    ----------
    y_pred, y_true, reduction
        As for `mse`.

    Returns
    -------
    float or ndarray
        As for `mse`.

    Raises
    ------
    TypeError, ValueError
        As for `mse`.

    Notes
    -----
    Domain: any real numbers. Units: those of y, squared.

    Formula: r²/2, the negative log-likelihood of a Gaussian with variance 1, up to a constant.

    Gradient: r, and r/N after the mean.

    References
    ----------
    With the ½: Bishop (2006), Pattern Recognition and Machine Learning, 1.1. Without: Hastie, Tibshirani and
    Friedman (2009), The Elements of Statistical Learning, 2.4.

    Examples
    --------
    >>> half_mse([2.5, 0.0, 2.0, 8.0], [3.0, -0.5, 2.0, 7.0])
    np.float64(0.1875)
    """
    residual, unit, dtype = residual_of(y_pred, y_true, reduction)
    return reduce(residual * residual, reduction, dtype, factor=unit**2 / 2)


@gradient_in_blocks
@quiet
def half_mse_grad(y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `half_mse` with respect to ``y_pred``: r/N for the mean, else r.

    Examples
    --------
    >>> half_mse_grad([2.5, 0.0, 2.0, 8.0], [3.0, -0.5, 2.0, 7.0])
    array([-0.125,  0.125,  0.   ,  0.25 ])
    """
    residual, unit, dtype = residual_of(y_pred, y_true)
    return scale(residual, reduction, dtype, factor=unit)


@value_in_blocks
@quiet
def mae(y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Mean absolute error.

    Every example pulls equally hard, however wrong it is: the best constant prediction is the median, and an
    outlier in the targets counts like any other point. The price: the gradient keeps its size at the optimum.

    Parameters
    ----------
    y_pred, y_true, reduction
        As for `mse`.

    Returns
    -------
    float or ndarray
        As for `mse`.

    Raises
    ------
    TypeError, ValueError
        As for `mse`.

    Notes
    -----
    Domain: any real numbers. Units: those of y.

    Formula: ``|r|``, the negative log-likelihood of a Laplace density, up to scale and a constant.

    Gradient: the sign of r, and sign(r)/N after the mean. At r = 0, where every slope from -1 to 1 is a
    subgradient, it is 0: the smallest.

    References
    ----------
    Laplace (1774), Mémoire sur la probabilité des causes par les événements. Koenker and Bassett (1978),
    Regression Quantiles, Econometrica 46.

    Examples
    --------
    >>> mae([1.0, 2.0], [1.0, 3.0])
    np.float64(0.5)
    """
    residual, unit, dtype = residual_of(y_pred, y_true, reduction)
    return reduce(np.abs(residual), reduction, dtype, factor=unit)


@gradient_in_blocks
@quiet
def mae_grad(y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `mae` with respect to ``y_pred``: sign(r)/N for the mean, else sign(r).

    Examples
    --------
    >>> mae_grad([1.0, 2.0], [1.0, 3.0])
    array([ 0. , -0.5])
    """
    residual, _, dtype = residual_of(y_pred, y_true)
    return scale(np.sign(residual), reduction, dtype)


@value_in_blocks
@quiet
def huber(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, delta: float = 1.0, reduction: Reduction = "mean"
) -> LossValue:
    """Squared error for small residuals, absolute error for large ones.

    Use it when the noise looks Gaussian but a few targets are plainly wrong. The loss keeps growing with the
    error; what is capped, at ±delta, is the *gradient*: the pull of one example. With delta = 1.345 standard
    deviations of the noise it needs some 5 % more data than `mse` if there are no outliers after all.

    Parameters
    ----------
    y_pred, y_true, reduction
        As for `mse`.
    delta : float, default 1.0
        Where the parabola turns into a straight line, in the units of y; greater than 0. With ``inf`` the
        loss is `half_mse`.

    Returns
    -------
    float or ndarray
        As for `mse`.

    Raises
    ------
    TypeError, ValueError
        As for `mse`; also if delta is not a number greater than 0.

    Notes
    -----
    Domain: any real numbers, delta > 0. Units: those of y, squared.

    Formula::

        r² / 2                      where |r| <= delta
        delta (|r| - delta / 2)     elsewhere

    In one line: c (r - c/2), where c is r clipped to ±delta. Value and slope are continuous at ±delta; the
    second derivative jumps there from 1 to 0.

    Gradient: c, and c/N after the mean.

    References
    ----------
    Huber (1964), Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 35.

    Examples
    --------
    >>> huber([0.5, 3.0], [0.0, 0.0], reduction="none")
    array([0.125, 2.5  ])
    >>> huber([0.5, 3.0], [0.0, 0.0], delta=2.0, reduction="none")
    array([0.125, 4.   ])
    """
    delta = positive(delta, "delta", infinite=True)
    if math.isinf(delta):
        return half_mse(y_pred, y_true, reduction=reduction)
    residual, unit, dtype = residual_of(y_pred, y_true, reduction)
    clipped = _clip(residual, unit, delta)
    residual -= clipped * (0.5 / unit)
    return reduce(clipped * residual, reduction, dtype, factor=unit)


@gradient_in_blocks
@quiet
def huber_grad(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, delta: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `huber` with respect to ``y_pred``: r clipped to ±delta, over N for the mean.

    Examples
    --------
    >>> huber_grad([0.5, 3.0], [0.0, 0.0], reduction="none")
    array([0.5, 1. ])
    """
    delta = positive(delta, "delta", infinite=True)
    if math.isinf(delta):
        return half_mse_grad(y_pred, y_true, reduction=reduction)
    residual, unit, dtype = residual_of(y_pred, y_true)
    return scale(_clip(residual, unit, delta), reduction, dtype)


@value_in_blocks
@quiet
def smooth_l1(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, beta: float = 1.0, reduction: Reduction = "mean"
) -> LossValue:
    """Absolute error with its kink rounded off, for residuals up to beta.

    Common for the coordinates of bounding boxes. It is `huber` divided by its own threshold, so the two agree
    only at 1: here the slope far out is ±1 for every beta, and a smaller beta comes closer to `mae`.

    Parameters
    ----------
    y_pred, y_true, reduction
        As for `mse`.
    beta : float, default 1.0
        Where the parabola turns into a straight line, finite and greater than 0, in the units of y.

    Returns
    -------
    float or ndarray
        As for `mse`.

    Raises
    ------
    TypeError, ValueError
        As for `mse`; also if beta is not a finite number greater than 0.

    Notes
    -----
    Domain: any real numbers, beta > 0. Units: those of y.

    Formula::

        r² / (2 beta)       where |r| <= beta
        |r| - beta / 2      elsewhere

    Gradient: r/beta clipped to ±1, and that over N after the mean.

    References
    ----------
    Girshick (2015), Fast R-CNN, ICCV. The released code of Faster R-CNN
    (Ren, He, Girshick and Sun 2015) uses beta = 1/9.

    Examples
    --------
    >>> smooth_l1([0.25, 3.0], [0.0, 0.0], beta=0.5, reduction="none")
    array([0.0625, 2.75  ])
    """
    beta = positive(beta, "beta")
    residual, unit, dtype = residual_of(y_pred, y_true, reduction)
    clipped = _clip(residual, unit, beta)
    residual -= clipped * (0.5 / unit)
    # Dividing before multiplying: the slope is at most 1, so nothing overflows on the way.
    return reduce(clipped / beta * residual, reduction, dtype, factor=unit)


@gradient_in_blocks
@quiet
def smooth_l1_grad(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, beta: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `smooth_l1` with respect to ``y_pred``: r/beta clipped to ±1, over N for the mean.

    Examples
    --------
    >>> smooth_l1_grad([0.25, 3.0], [0.0, 0.0], beta=0.5, reduction="none")
    array([0.5, 1. ])
    """
    beta = positive(beta, "beta")
    residual, unit, dtype = residual_of(y_pred, y_true)
    return scale(_clip(residual, unit, beta) / beta, reduction, dtype)


@value_in_blocks
@quiet
def log_cosh(y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Logarithm of the hyperbolic cosine: between squared and absolute error, smooth everywhere.

    It resembles `huber` with delta = 1, but all its derivatives exist. Its curvature dies out exponentially,
    though: pure Newton steps diverge from ``|r|`` = 1.0887 on. Scale y first: a residual of 1 is "medium".

    Parameters
    ----------
    y_pred, y_true, reduction
        As for `mse`.

    Returns
    -------
    float or ndarray
        As for `mse`.

    Raises
    ------
    TypeError, ValueError
        As for `mse`.

    Notes
    -----
    Domain: any real numbers. Units: none; y must be a pure number.

    Formula: log cosh r, about r²/2 near 0 and ``|r|`` - log 2 far out. It is the negative log-likelihood of
    the hyperbolic secant density 1/(π cosh r), up to a constant.

    Gradient: tanh r, and tanh(r)/N after the mean.

    References
    ----------
    Green (1990), Bayesian Reconstructions from Emission Tomography Data Using a Modified EM Algorithm, IEEE
    Transactions on Medical Imaging 9. Saleh and Saleh (2022), Statistical Properties of the log-cosh Loss
    Function Used in Machine Learning, arXiv:2208.04564.

    Examples
    --------
    >>> log_cosh([1e-8, 1.0, 1000.0], [0.0, 0.0, 0.0], reduction="none")
    array([5.00000000e-17, 4.33780830e-01, 9.99306853e+02])
    """
    residual, unit, dtype = residual_of(y_pred, y_true, reduction)
    return reduce(kernels.log_cosh(residual, unit=unit), reduction, dtype, factor=unit)


@gradient_in_blocks
@quiet
def log_cosh_grad(y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `log_cosh` with respect to ``y_pred``: tanh(r)/N for the mean, else tanh(r).

    Examples
    --------
    >>> log_cosh_grad([0.0, 1000.0], [0.0, 0.0])
    array([0. , 0.5])
    """
    residual, unit, dtype = residual_of(y_pred, y_true)
    return scale(np.tanh(residual * unit), reduction, dtype)


def _clip(residual: Float64Array, unit: float, limit: float) -> Float64Array:
    """Return the residual, given in a unit, clipped to ±limit in true units."""
    return np.clip(residual if unit == 1 else residual * unit, -limit, limit)
