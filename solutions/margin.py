"""Margin losses for two classes with labels -1 and +1: is the score on the right side, and by how much?

The margin m = y · score is positive where the sign of the score is right. Every loss here is a function of m
alone that stands in for the 0-1 loss, which is 1 for m < 0 and has no useful slope. Its gradient is the slope
in m times y. ``reduction`` works as in `regression`. Labels may come as floats or as signed integers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions.checking import prediction, result_type, same_shape, signs
from solutions.kernels import difference, quiet, sigmoid, softplus
from solutions.reduction import reduce, scale, terms
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction


@quiet
def hinge(score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Hinge loss of the support vector machine: how much is missing to a margin of 1?

    Beyond a margin of 1 an example costs nothing and pulls no more: with a regulariser the solution depends
    on the others alone, the support vectors. Scores trained with it say on which side, not how probable.

    Parameters
    ----------
    score : array_like of float
        Scores, any shape; the predicted class is their sign.
    y_true : array_like of float or int
        Labels -1 or +1, of the shape of ``score``.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``score``.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or scores are an integer array.
    ValueError
        If the shapes differ, an array is empty, or a label is neither -1 nor +1.

    Notes
    -----
    Domain: any real score; y = -1 or +1. Units: those of the score.

    Formula: max(0, 1 - m) with m = y · score.

    Gradient: -y where m < 1, else 0, and that over N after the mean. At m = 1, where every slope from -1 to 0
    is a subgradient, it is 0: the smallest.

    References
    ----------
    Cortes and Vapnik (1995), Support-Vector Networks, Machine Learning 20.

    Examples
    --------
    >>> hinge([0.5, 2.0, -1.5, 0.25], [1, 1, -1, -1], reduction="none")
    array([0.5 , 0.  , 0.  , 1.25])
    """
    _, margin, dtype = _margin(score, y_true)
    return reduce(np.maximum(1 - margin, 0), reduction, dtype)


@quiet
def hinge_grad(score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `hinge` with respect to ``score``: -y where the margin is below 1, over N for the mean.

    Examples
    --------
    >>> hinge_grad([0.5, 1.0, 2.0, -1.5, 0.25], [1, 1, 1, -1, -1], reduction="sum")
    array([-1.,  0.,  0.,  0.,  1.])
    """
    y, margin, dtype = _margin(score, y_true)
    return scale(_downhill(y, np.heaviside(1 - margin, 0)), reduction, dtype)


@quiet
def squared_hinge(score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Square of the hinge loss: no kink, but a far outlier dominates.

    Its slope is continuous, which suits Newton-like solvers. In exchange one example with margin -9 weighs as
    much as a hundred with margin 0.

    Parameters
    ----------
    score, y_true, reduction
        As for `hinge`.

    Returns
    -------
    float or ndarray
        As for `hinge`.

    Raises
    ------
    TypeError, ValueError
        As for `hinge`.

    Notes
    -----
    Domain: any real score; y = -1 or +1. Units: those of the score, squared.

    Formula: max(0, 1 - m)². Its minimiser is 2η - 1 for P(y = 1) = η: the probability can be read off.

    Gradient: -2y max(0, 1 - m), and that over N after the mean.

    References
    ----------
    Zhang (2004), Statistical Behavior and Consistency of Classification Methods Based on Convex Risk
    Minimization, Annals of Statistics 32.

    Examples
    --------
    >>> squared_hinge([0.5, 2.0, -1.5, 0.25], [1, 1, -1, -1], reduction="none")
    array([0.25  , 0.    , 0.    , 1.5625])
    """
    _, shortfall, unit, dtype = _shortfall(score, y_true, reduction)
    return reduce(shortfall * shortfall, reduction, dtype, factor=unit**2)


@quiet
def squared_hinge_grad(
    score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `squared_hinge` with respect to ``score``: -2y max(0, 1 - m), over N for the mean.

    Examples
    --------
    >>> squared_hinge_grad([0.5, 2.0, -1.5, 0.25], [1, 1, -1, -1], reduction="sum")
    array([-1. ,  0. ,  0. ,  2.5])
    """
    y, shortfall, unit, dtype = _shortfall(score, y_true)
    return scale(_downhill(y, shortfall), reduction, dtype, factor=2 * unit)


@quiet
def smooth_hinge(score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Hinge loss with its kink rounded off between the margins 0 and 1.

    It keeps what is good about `hinge`, a slope of at most 1 and rest beyond the margin, and is smooth enough
    for gradient methods. It is the Huber loss, delta = 1, of what is missing to a margin of 1.

    Parameters
    ----------
    score, y_true, reduction
        As for `hinge`.

    Returns
    -------
    float or ndarray
        As for `hinge`.

    Raises
    ------
    TypeError, ValueError
        As for `hinge`.

    Notes
    -----
    Domain: any real score; y = -1 or +1. Units: none; a margin of 1 is built in.

    Formula::

        1/2 - m          where m <= 0
        (1 - m)² / 2     where 0 < m < 1
        0                elsewhere

    In one line: c (s - c/2), where s = max(0, 1 - m) is what is missing and c is the lesser of s and 1.

    Gradient: -y c, and that over N after the mean.

    References
    ----------
    Rennie and Srebro (2005), Loss Functions for Preference Levels: Regression with Discrete Ordered Labels,
    IJCAI Workshop on Advances in Preference Handling.

    Examples
    --------
    >>> smooth_hinge([-3.0, 0.5, 2.0], [1, 1, 1], reduction="none")
    array([3.5  , 0.125, 0.   ])
    """
    _, margin, dtype = _margin(score, y_true)
    shortfall = np.maximum(1 - margin, 0)
    capped = np.minimum(shortfall, 1)
    return reduce(capped * (shortfall - capped / 2), reduction, dtype)


@quiet
def smooth_hinge_grad(score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `smooth_hinge` with respect to ``score``: 1 - m clipped to 0 and 1, times -y, over N.

    Examples
    --------
    >>> smooth_hinge_grad([-3.0, 0.5, 2.0], [1, 1, 1], reduction="sum")
    array([-1. , -0.5,  0. ])
    """
    y, margin, dtype = _margin(score, y_true)
    return scale(_downhill(y, np.clip(1 - margin, 0, 1)), reduction, dtype)


@quiet
def modified_huber(
    score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> LossValue:
    """Squared hinge near the border, a straight line far on the wrong side.

    As smooth as `squared_hinge` and much less upset by a mislabelled example. Its minimiser is 2η - 1 for
    P(y = 1) = η, so that probabilities can be read off the scores.

    Parameters
    ----------
    score, y_true, reduction
        As for `hinge`.

    Returns
    -------
    float or ndarray
        As for `hinge`.

    Raises
    ------
    TypeError, ValueError
        As for `hinge`.

    Notes
    -----
    Domain: any real score; y = -1 or +1. Units: none; a margin of 1 is built in.

    Formula::

        max(0, 1 - m)²     where m >= -1
        -4 m               elsewhere

    In one line: 4 h (s - h), where s = max(0, 1 - m) and h is the lesser of s/2 and 1.

    Gradient: -4 y h, and that over N after the mean.

    References
    ----------
    Zhang (2004), Solving Large Scale Linear Prediction Problems Using Stochastic Gradient Descent Algorithms,
    ICML.

    Examples
    --------
    >>> modified_huber([-3.0, 0.5, 2.0], [1, 1, 1], reduction="none")
    array([12.  ,  0.25,  0.  ])
    """
    _, margin, dtype = _margin(score, y_true)
    shortfall = np.maximum(1 - margin, 0)
    half = np.minimum(shortfall / 2, 1)
    return reduce(half * (shortfall - half), reduction, dtype, factor=4)


@quiet
def modified_huber_grad(
    score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `modified_huber` with respect to ``score``: 1 - m clipped to 0 and 2, times -2y, over N.

    Examples
    --------
    >>> modified_huber_grad([-3.0, 0.5, 2.0], [1, 1, 1], reduction="sum")
    array([-4., -1.,  0.])
    """
    y, margin, dtype = _margin(score, y_true)
    return scale(_downhill(y, np.clip(1 - margin, 0, 2)), reduction, dtype, factor=2)


@quiet
def logistic(score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Logistic loss: binary cross-entropy in the language of margins.

    With labels y = 2t - 1 it equals `bce_with_logits` with targets t. No margin is ever enough for it: the
    pull gets weaker and weaker, yet on separable data the scores grow without end.

    Parameters
    ----------
    score, y_true, reduction
        As for `hinge`.

    Returns
    -------
    float or ndarray
        As for `hinge`.

    Raises
    ------
    TypeError, ValueError
        As for `hinge`.

    Notes
    -----
    Domain: any real score, also ±inf; y = -1 or +1. Units: nats. Divided by log 2 it is 1 at m = 0 and bounds
    the 0-1 loss from above.

    Formula: softplus(-m) = log(1 + exp(-m)), where the exponential must not be taken as it stands: it
    overflows at m = -710.

    Gradient: -y σ(-m), and that over N after the mean.

    References
    ----------
    Cox (1958), The Regression Analysis of Binary Sequences, Journal of the Royal Statistical Society B 20.
    Friedman, Hastie and Tibshirani (2000), Additive Logistic Regression, Annals of Statistics 28.

    Examples
    --------
    >>> logistic([-3.0, 0.0, 40.0], [1, 1, 1], reduction="none")
    array([3.04858735e+00, 6.93147181e-01, 4.24835426e-18])
    """
    _, margin, dtype = _margin(score, y_true)
    return reduce(softplus(-margin), reduction, dtype)


@quiet
def logistic_grad(score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `logistic` with respect to ``score``: -y σ(-m), over N for the mean.

    Examples
    --------
    >>> logistic_grad([0.0, 40.0], [1, -1], reduction="sum")
    array([-0.5,  1. ])
    """
    y, margin, dtype = _margin(score, y_true)
    return scale(_downhill(y, sigmoid(-margin)), reduction, dtype)


@quiet
def exponential(score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Exponential loss, which AdaBoost minimises step by step.

    Its minimiser is half the log-odds, like that of a logistic loss of 2m, but on the wrong side it explodes:
    a single mislabelled example with margin -10 costs 22026.

    Parameters
    ----------
    score, y_true, reduction
        As for `hinge`.

    Returns
    -------
    float or ndarray
        As for `hinge`; infinite from a margin of about -709.8 on.

    Raises
    ------
    TypeError, ValueError
        As for `hinge`.

    Notes
    -----
    Domain: any real score; y = -1 or +1. Units: none.

    Formula: exp(-m).

    Gradient: -y exp(-m), and that over N after the mean.

    References
    ----------
    Freund and Schapire (1997), A Decision-Theoretic Generalization of On-Line Learning and an Application to
    Boosting, Journal of Computer and System Sciences 55. Friedman, Hastie and Tibshirani (2000), Additive
    Logistic Regression, Annals of Statistics 28.

    Examples
    --------
    >>> exponential([0.5, -3.0], [-1, 1], reduction="none")
    array([ 1.64872127, 20.08553692])
    """
    _, margin, dtype = _margin(score, y_true)
    values, unit = _exponential(-margin, terms(reduction, margin.size))
    return reduce(values, reduction, dtype, factor=unit)


@quiet
def exponential_grad(score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `exponential` with respect to ``score``: -y exp(-m), over N for the mean.

    Examples
    --------
    >>> exponential_grad([0.0, 0.0], [-1, 1])
    array([ 0.5, -0.5])
    """
    y, margin, dtype = _margin(score, y_true)
    values, unit = _exponential(-margin, terms(reduction, margin.size))
    return scale(_downhill(y, values), reduction, dtype, factor=unit)


@quiet
def savage(score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Savage loss: bounded, so that an example that is hopelessly wrong is given up.

    It is `brier_binary` in the language of margins. Made for boosting with wrong labels: no example can cost
    more than 1. The price: it is not convex, and a bad start can stay bad, as nothing pulls there.

    Parameters
    ----------
    score, y_true, reduction
        As for `hinge`.

    Returns
    -------
    float or ndarray
        As for `hinge`.

    Raises
    ------
    TypeError, ValueError
        As for `hinge`.

    Notes
    -----
    Domain: any real score, also ±inf; y = -1 or +1. Units: none.

    Formula: σ(-m)² = 1/(1 + exp m)². In the paper the score is half of ours: 1/(1 + exp 2v)².

    Gradient: -2y σ(-m)² σ(m), and that over N after the mean. It is steepest at m = -log 2, with 8/27.

    References
    ----------
    Masnadi-Shirazi and Vasconcelos (2008), On the Design of Loss Functions for Classification, NIPS.

    Examples
    --------
    >>> savage([-50.0, 0.0, 50.0], [1, 1, 1], reduction="none")
    array([1.00000000e+00, 2.50000000e-01, 3.72007598e-44])
    """
    _, margin, dtype = _margin(score, y_true)
    return reduce(sigmoid(-margin) ** 2, reduction, dtype)


@quiet
def savage_grad(score: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `savage` with respect to ``score``: -2y σ(-m)² σ(m), over N for the mean.

    Examples
    --------
    >>> savage_grad([-50.0, 0.0], [1, 1], reduction="sum")
    array([-3.8574997e-22, -2.5000000e-01])
    """
    y, margin, dtype = _margin(score, y_true)
    return scale(_downhill(y, sigmoid(-margin) ** 2 * sigmoid(margin)), reduction, dtype, factor=2)


def _margin(score: npt.ArrayLike, y_true: npt.ArrayLike) -> tuple[Float64Array, Float64Array, FloatType]:
    """Return the labels and the margins y · score in float64, and the dtype of the result."""
    f, y = prediction(score, "score"), signs(y_true, "y_true")
    same_shape(f, "score", y, "y_true")
    wide = y.astype(np.float64)
    return wide, wide * f, result_type(f, y)


def _shortfall(
    score: npt.ArrayLike, y_true: npt.ArrayLike, reduction: Reduction = "none"
) -> tuple[Float64Array, Float64Array, float, FloatType]:
    """Return labels, what is missing to a margin of 1, its unit (1 but for huge numbers) and the dtype."""
    y, margin, dtype = _margin(score, y_true)
    gap, unit = difference(np.ones_like(margin), margin, terms=terms(reduction, margin.size))
    return y, np.maximum(gap, 0), unit, dtype


def _downhill(y: Float64Array, steepness: Float64Array) -> Float64Array:
    """Return the derivative in the score of a loss that falls with this steepness as the margin grows."""
    return 0.0 - y * steepness  # 0 and not -0 where it is flat


def _exponential(x: Float64Array, size: int) -> tuple[Float64Array, float]:
    """Return exp(x) and its unit: 1, but where exp(x) overflows and the mean of so many need not."""
    if not np.any(x > 709):
        return np.exp(x), 1.0
    unit = 2.0 ** size.bit_length()
    root = np.exp(x / 2)
    return root * (root / unit), unit
