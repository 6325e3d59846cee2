"""The stable building blocks of losses, for readers: value and gradient, like a loss.

Each computes a familiar expression that breaks if it is typed as it stands in a book: exp(1000) is too large
for a float64 number, and log(1 + exp(-40)) is 0 because 1 + 4e-18 rounds to 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions import kernels
from solutions.checking import prediction, result_type
from solutions.kernels import quiet, weigh
from solutions.reduction import reduce, scale
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction


@quiet
def logsumexp(logits: npt.ArrayLike) -> LossValue:
    """Logarithm of a sum of exponentials: the smooth maximum, and the normaliser of the softmax.

    With the largest logit taken out first, nothing overflows: log Σ exp(z) = max z + log Σ exp(z - max z).
    There is no ``reduction``: it is one number for each vector, a part of a loss, and not yet a loss.

    Parameters
    ----------
    logits : array_like of float
        A vector of K logits, or an array whose last axis holds them; -inf marks an excluded class.

    Returns
    -------
    float or ndarray
        A number for a vector, else one for each vector: the last axis is gone.

    Raises
    ------
    TypeError
        If logits do not hold real numbers, or are an integer array.
    ValueError
        If logits are empty or a single number.

    Notes
    -----
    Domain: any real logits and -inf. Units: nats.

    Formula: log Σ_k exp z_k, between max z and max z + log K; -inf if all logits are.

    Gradient: softmax(z), for each vector its own.

    References
    ----------
    Blanchard, Higham and Higham (2021), Accurately Computing the Log-Sum-Exp and Softmax Functions, IMA
    Journal of Numerical Analysis 41.

    Examples
    --------
    >>> logsumexp([1000.0, 1000.0])
    np.float64(1000.6931471805599)
    """
    z, dtype = _vectors(logits)
    return _number(kernels.logsumexp(z), dtype)


@quiet
def logsumexp_grad(logits: npt.ArrayLike) -> Array:
    """Gradient of `logsumexp` with respect to ``logits``: the softmax.

    Examples
    --------
    >>> logsumexp_grad([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    return softmax(logits)


@quiet
def softplus(x: npt.ArrayLike, *, reduction: Reduction = "sum") -> LossValue:
    """Smooth version of max(0, x): log(1 + exp x).

    Cross-entropy of a logit on the wrong side by x; `bce_with_logits` and `logistic` are made of it.

    Parameters
    ----------
    x : array_like of float
        Any real numbers, any shape.
    reduction : {"sum", "mean", "none"}
        What becomes of the values; unlike a loss, they are added up if nothing else is said.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``x``.

    Raises
    ------
    TypeError
        If x does not hold real numbers, or is an integer array.
    ValueError
        If x is empty or the reduction is unknown.

    Notes
    -----
    Domain: any real x, also ±inf.

    Formula: max(0, x) + log1p(exp(-``|x|``)), which is log(1 + exp x) and keeps every digit on both sides.

    Gradient: σ(x).

    References
    ----------
    Dugas, Bengio, Bélisle, Nadeau and Garcia (2000), Incorporating Second-Order Functional Knowledge for
    Better Option Pricing, NIPS.

    Examples
    --------
    >>> softplus([-800.0, 0.0, 800.0], reduction="none")
    array([0.00000000e+00, 6.93147181e-01, 8.00000000e+02])
    """
    wide, dtype = _numbers(x)
    return reduce(kernels.softplus(wide), reduction, dtype)


@quiet
def softplus_grad(x: npt.ArrayLike, *, reduction: Reduction = "sum") -> Array:
    """Gradient of `softplus` with respect to ``x``: σ(x), over N for the mean.

    Examples
    --------
    >>> softplus_grad([-800.0, 0.0, 800.0])
    array([0. , 0.5, 1. ])
    """
    wide, dtype = _numbers(x)
    return scale(kernels.sigmoid(wide), reduction, dtype)


@quiet
def log_sigmoid(x: npt.ArrayLike, *, reduction: Reduction = "sum") -> LossValue:
    """Logarithm of the sigmoid: the log-probability of class 1 at logit x.

    It is a log-likelihood, never positive and to be maximised; its negative is the loss.

    Parameters
    ----------
    x, reduction
        As for `softplus`.

    Returns
    -------
    float or ndarray
        As for `softplus`.

    Raises
    ------
    TypeError, ValueError
        As for `softplus`.

    Notes
    -----
    Domain: any real x, also ±inf. Units: nats.

    Formula: log σ(x) = -softplus(-x). Taken as the log of the sigmoid it is -inf at x = -746.

    Gradient: σ(-x).

    References
    ----------
    Cox (1958), The Regression Analysis of Binary Sequences, Journal of the Royal Statistical Society B 20.

    Examples
    --------
    >>> log_sigmoid([-800.0, 0.0, 40.0], reduction="none")
    array([-8.00000000e+02, -6.93147181e-01, -4.24835426e-18])
    """
    wide, dtype = _numbers(x)
    return reduce(-kernels.softplus(-wide), reduction, dtype)


@quiet
def log_sigmoid_grad(x: npt.ArrayLike, *, reduction: Reduction = "sum") -> Array:
    """Gradient of `log_sigmoid` with respect to ``x``: σ(-x), over N for the mean.

    Examples
    --------
    >>> log_sigmoid_grad([-800.0, 0.0])
    array([1. , 0.5])
    """
    wide, dtype = _numbers(x)
    return scale(kernels.sigmoid(-wide), reduction, dtype)


@quiet
def entropy_logits(logits: npt.ArrayLike) -> LossValue:
    """Entropy of the softmax of logits: how undecided is the prediction?

    From 0, one class has it all, to log K, all classes alike. There is no ``reduction``, as for `logsumexp`.

    Parameters
    ----------
    logits
        As for `logsumexp`.

    Returns
    -------
    float or ndarray
        As for `logsumexp`.

    Raises
    ------
    TypeError, ValueError
        As for `logsumexp`.

    Notes
    -----
    Domain: any real logits and -inf, and 0 log 0 = 0. Units: nats.

    Formula: H = -Σ_k p_k log p_k with p = softmax(z). Computed as log1p(R) + Σ_k p_k (max z - z_k), where R
    is the sum of exp(z - max z) over all classes but one of the largest: every term is positive.

    Gradient: -p_k (log p_k + H) = -p_k (z_k - Σ_j p_j z_j).

    References
    ----------
    Shannon (1948), A Mathematical Theory of Communication, Bell System Technical Journal 27.

    Examples
    --------
    >>> entropy_logits([[0.0, 0.0], [100.0, 0.0]])
    array([6.93147181e-01, 3.75727674e-42])
    """
    z, dtype = _vectors(logits)
    parts = kernels.softmax(z)
    return _number(np.log1p(parts.rest[..., 0]) + weigh(parts.p, parts.below).sum(axis=-1), dtype)


@quiet
def entropy_logits_grad(logits: npt.ArrayLike) -> Array:
    """Gradient of `entropy_logits` with respect to ``logits``: -p_k (z_k - Σ_j p_j z_j).

    Examples
    --------
    >>> entropy_logits_grad([100.0, 0.0])
    array([-3.72007598e-42,  3.72007598e-42])
    """
    z, dtype = _vectors(logits)
    parts = kernels.softmax(z)
    # How far each logit lies below the average. Among many classes that is a small difference of large
    # numbers: the average is taken twice, the second time of what the first left over.
    deviation = parts.below - weigh(parts.p, parts.below).sum(axis=-1, keepdims=True)
    deviation -= weigh(parts.p, deviation).sum(axis=-1, keepdims=True)
    return weigh(parts.p, deviation).astype(dtype)


@quiet
def sigmoid(x: npt.ArrayLike) -> Array:
    """Probability of class 1 at logit x: 1/(1 + exp(-x)), with all its digits also where it is tiny.

    For the probability of class 0 take ``sigmoid(-x)``: from x = 37 on ``1 - sigmoid(x)`` is 0.

    Parameters
    ----------
    x : array_like of float
        Any real numbers, any shape.

    Returns
    -------
    ndarray
        Of the shape of ``x``.

    Raises
    ------
    TypeError, ValueError
        As for `softplus`.

    Examples
    --------
    >>> sigmoid([-100.0, 0.0, 100.0])
    array([3.72007598e-44, 5.00000000e-01, 1.00000000e+00])
    """
    wide, dtype = _numbers(x)
    return kernels.sigmoid(wide).astype(dtype)


@quiet
def softmax(logits: npt.ArrayLike) -> Array:
    """Probabilities of K classes: exp(z_k) / Σ_j exp(z_j), along the last axis.

    Parameters
    ----------
    logits
        As for `logsumexp`.

    Returns
    -------
    ndarray
        Of the shape of ``logits``; adds up to 1 along the last axis.

    Raises
    ------
    TypeError, ValueError
        As for `logsumexp`.

    Examples
    --------
    >>> softmax([[1000.0, 1000.0], [0.0, -np.inf]])
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    z, dtype = _vectors(logits)
    return kernels.softmax(z).p.astype(dtype)


@quiet
def log_softmax(logits: npt.ArrayLike) -> Array:
    """Log-probabilities of K classes: z_k - log Σ_j exp(z_j), along the last axis.

    Parameters
    ----------
    logits
        As for `logsumexp`.

    Returns
    -------
    ndarray
        Of the shape of ``logits``; no entry is above 0.

    Raises
    ------
    TypeError, ValueError
        As for `logsumexp`.

    Examples
    --------
    >>> log_softmax([50.0, 0.0])
    array([-1.92874985e-22, -5.00000000e+01])
    """
    z, dtype = _vectors(logits)
    parts = kernels.softmax(z)
    return (-parts.below - np.log1p(parts.rest)).astype(dtype)


def _numbers(x: npt.ArrayLike) -> tuple[Float64Array, FloatType]:
    """Return numbers of any shape in float64, and the dtype of the result."""
    array = prediction(x, "x")
    return array.astype(np.float64, copy=False), result_type(array)


def _vectors(logits: npt.ArrayLike) -> tuple[Float64Array, FloatType]:
    """Return logits in float64, their classes on the last axis, and the dtype of the result."""
    array = prediction(logits, "logits")
    if array.ndim == 0:
        raise ValueError("logits is a single number, but must be a vector of logits, one for each class.")
    return array.astype(np.float64, copy=False), result_type(array)


def _number(values: Float64Array, dtype: FloatType) -> LossValue:
    """Return one value for each vector; for a single vector that is a number, not an array without axes."""
    return dtype(values) if values.ndim == 0 else values.astype(dtype)
