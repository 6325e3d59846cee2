"""Losses for two classes with targets 0 and 1, or probabilities between: how wrong is a probability?

A logit z stands for the probability p = σ(z) = 1/(1 + exp(-z)) of class 1. The losses of logits never form p
and then its logarithm, and no loss here clips or adds a small number: both change the answer where it matters
most, at a confident mistake. All values are in nats, and ``reduction`` works as in `regression`. Targets may
come as floats or as signed integers.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.blocks import gradient_in_blocks, value_in_blocks
from solutions.checking import at_least, between, binary, prediction, probabilities, result_type, same_shape
from solutions.kernels import quiet, sigmoid, softplus, weigh
from solutions.reduction import reduce, scale
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction


@value_in_blocks
@quiet
def bce_with_logits(
    logits: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    pos_weight: npt.ArrayLike = 1.0,
    reduction: Reduction = "mean",
) -> LossValue:
    """Binary cross-entropy of logits: the standard loss for yes-or-no questions.

    It is the surprise, in nats, at the true class under the predicted probability. Hand it the logit: the
    sigmoid is inside. A second sigmoid before it would keep the loss above log(1 + 1/e) = 0.313.

    Parameters
    ----------
    logits : array_like of float
        Scores z of class 1, any shape.
    y_true : array_like of float or int
        Targets from 0 to 1, of the shape of ``logits``; soft targets between the two are welcome.
    pos_weight : float or array_like, default 1.0
        Factor of the term of class 1, at least 0: one number, or one for each entry of the last axis. The
        mean still divides by the number of elements, not by the sum of weights.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``logits``.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or logits are an integer array.
    ValueError
        If shapes differ, an array is empty, a target lies outside [0, 1], or a weight is not finite and at
        least 0.

    Notes
    -----
    Domain: any real z, also ±inf; y from 0 to 1. Units: nats.

    Formula: w y softplus(-z) + (1-y) softplus(z) with softplus(z) = log(1 + exp z), the negative
    log-likelihood of a Bernoulli variable. Far on the wrong side it grows like ``|z|``.

    Gradient: (1-y) σ(z) - w y σ(-z), which is σ(z) - y for w = 1, and that over N after the mean. Written
    as σ(z) - y it is exactly 0 from z = 37 on, where the truth is -exp(-z).

    References
    ----------
    Cox (1958), The Regression Analysis of Binary Sequences, Journal of the Royal Statistical Society B 20.
    Good (1952), Rational Decisions, Journal of the Royal Statistical Society B 14.

    Examples
    --------
    >>> bce_with_logits([-2.0], [1.0])
    np.float64(2.1269280110429727)
    >>> bce_with_logits([40.0, -1000.0], [1, 1], reduction="none")
    array([4.24835426e-18, 1.00000000e+03])
    """
    z, y, weight, dtype = _weighted(logits, y_true, pos_weight)
    if _are_hard(y):
        losses = softplus((1 - 2 * y) * z)
        return reduce(losses if weight is None else weigh(1 + (weight - 1) * y, losses), reduction, dtype)
    on, off = y if weight is None else weight * y, 1 - y
    values = (on + off) * np.log1p(np.exp(-np.abs(z)))
    # On its own side of 0, softplus(±z) has |z| on top. fmax takes the 0 of 0 * inf, where a weight is 0.
    values += np.fmax(off * z, 0.0)
    values += np.fmax(on * -z, 0.0)
    return reduce(values, reduction, dtype)


@gradient_in_blocks
@quiet
def bce_with_logits_grad(
    logits: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    pos_weight: npt.ArrayLike = 1.0,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `bce_with_logits` with respect to ``logits``: (1-y) σ(z) - w y σ(-z), over N for the mean.

    Examples
    --------
    >>> bce_with_logits_grad([-2.0, 40.0], [1.0, 1.0], reduction="none")
    array([-8.80797078e-01, -4.24835426e-18])
    """
    z, y, weight, dtype = _weighted(logits, y_true, pos_weight)
    if _are_hard(y):
        sign = 1 - 2 * y
        slopes = sign * sigmoid(sign * z)
        return scale(slopes if weight is None else (1 + (weight - 1) * y) * slopes, reduction, dtype)
    on, off = y if weight is None else weight * y, 1 - y
    # With a = 1-y and b = wy: aσ(z) - bσ(-z) = (a-b)σ(-|z|) + a tanh(z/2) for z > 0, and b tanh(z/2) below.
    # It keeps the digits near z = 0, y = ½, too. There the rounding error of 1-y counts: it is added to a-b.
    surplus = off - on + ((1 - off) - y)
    e = np.exp(-np.abs(z))
    t = np.tanh(z / 2)
    slopes = surplus * (e / (1 + e)) + off * np.maximum(t, 0) + on * np.minimum(t, 0)
    return scale(slopes, reduction, dtype)


@quiet
def bce(p: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Binary cross-entropy of probabilities, without clipping.

    For probabilities that come from elsewhere: a forecast, an average over an ensemble. In your own model use
    `bce_with_logits`: a sigmoid that rounds to 0 or 1 makes this loss infinite, and its slope -1/p explodes.

    Parameters
    ----------
    p : array_like of float
        Predicted probabilities of class 1, from 0 to 1, any shape.
    y_true, reduction
        As for `bce_with_logits`.

    Returns
    -------
    float or ndarray
        As for `bce_with_logits`; infinite if an event happens that had been given probability 0.

    Raises
    ------
    TypeError, ValueError
        As for `bce_with_logits`; also if a probability lies outside [0, 1].

    Notes
    -----
    Domain: p and y from 0 to 1, and 0 log 0 = 0. Units: nats.

    Formula: -y log p - (1-y) log(1-p), the logarithm of the latter by log1p.

    Gradient: (p-y) / (p (1-p)), and that over N after the mean. At p = y = 0 it is 1 and at p = y = 1 it is
    -1, the slopes from inside; at a wrong 0 or 1 it is infinite.

    References
    ----------
    Good (1952), Rational Decisions, Journal of the Royal Statistical Society B 14.

    Examples
    --------
    >>> bce([0.25, 1e-20, 0.0], [1.0, 0.0, 1.0], reduction="none")
    array([1.38629436e+00, 1.00000000e-20,            inf])
    """
    q, y, dtype = _probability(p, y_true)
    return reduce(-weigh(y, np.log(q)) - weigh(1 - y, np.log1p(-q)), reduction, dtype)


@quiet
def bce_grad(p: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `bce` with respect to ``p``: (p-y) / (p (1-p)), over N for the mean.

    Examples
    --------
    >>> bce_grad([0.25, 0.5], [1.0, 0.0])
    array([-2.,  1.])
    """
    q, y, dtype = _probability(p, y_true)
    sure_and_right = (q == y) & ((q == 0) | (q == 1))
    return scale(np.where(sure_and_right, 1 - 2 * q, (q - y) / q / (1 - q)), reduction, dtype)


@quiet
def focal_binary(
    logits: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    gamma: float = 2.0,
    alpha: float | None = None,
    reduction: Reduction = "mean",
) -> LossValue:
    """Cross-entropy that turns the volume down on examples that are already right.

    Made for detectors, where a hundred thousand easy background boxes drown a few objects. The factor
    depends on how easy an example is, not on how rare its class is; that is what alpha is for. Its minimiser
    is not the true probability: recalibrate before you read off probabilities.

    Parameters
    ----------
    logits : array_like of float
        Scores z of class 1, any shape.
    y_true : array_like of float or int
        Targets 0 or 1, of the shape of ``logits``.
    gamma : float, default 2.0
        Focusing exponent, at least 0. With 0 the loss is `bce_with_logits`, times alpha_t.
    alpha : float, optional
        Weight of class 1, from 0 to 1; class 0 gets 1 - alpha. Both weigh 1 if it is left out. The paper
        uses 0.25 with gamma = 2.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Returns
    -------
    float or ndarray
        As for `bce_with_logits`.

    Raises
    ------
    TypeError, ValueError
        As for `bce_with_logits`; also if a target is neither 0 nor 1, or gamma or alpha is out of range.

    Notes
    -----
    Domain: any real z, also ±inf; y = 0 or 1. Units: nats.

    Formula: alpha_t q^gamma softplus(-x), where x = ±z is the logit of the true class, p = σ(x) its
    probability and q = σ(-x) = 1 - p.

    Gradient: ∓alpha_t q^gamma (gamma p softplus(-x) + q): both terms have one sign, so nothing cancels. It is
    q^gamma times the slope of cross-entropy only near p = 0 and exceeds the latter where p < 0.297638
    (gamma = 2).

    References
    ----------
    Lin, Goyal, Girshick, He and Dollár (2017), Focal Loss for Dense Object Detection, ICCV.

    Examples
    --------
    >>> focal_binary([0.0, 40.0, -40.0], [1, 1, 1], reduction="none")
    array([1.73286795e-01, 7.66764807e-53, 4.00000000e+01])
    """
    gamma = at_least(gamma, 0, "gamma")
    sign, x, dtype = _true_class(logits, y_true)
    values = sigmoid(-x) ** gamma * softplus(-x)
    return reduce(weigh(_alpha_t(sign, alpha), values), reduction, dtype)


@quiet
def focal_binary_grad(
    logits: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    gamma: float = 2.0,
    alpha: float | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `focal_binary` with respect to ``logits``, over N for the mean.

    Examples
    --------
    >>> focal_binary_grad([0.0, 40.0, -40.0], [1, 1, 1], reduction="none")
    array([-2.98286795e-01, -2.30029442e-52, -1.00000000e+00])
    """
    gamma = at_least(gamma, 0, "gamma")
    sign, x, dtype = _true_class(logits, y_true)
    q = sigmoid(-x)
    steepness = q**gamma * (gamma * weigh(sigmoid(x), softplus(-x)) + q)
    return scale(-sign * _alpha_t(sign, alpha) * steepness, reduction, dtype)


@quiet
def brier_binary(logits: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Squared error of the predicted probability, the Brier score.

    A proper score: at its minimum p is the true frequency, and it never exceeds 1, so a mislabelled example
    cannot dominate. As a training loss of logits it is hard to move: where the model is sure and wrong, the
    gradient vanishes.

    Parameters
    ----------
    logits : array_like of float
        Scores z of class 1, any shape.
    y_true : array_like of float or int
        Targets 0 or 1, of the shape of ``logits``.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Returns
    -------
    float or ndarray
        As for `bce_with_logits`.

    Raises
    ------
    TypeError, ValueError
        As for `bce_with_logits`; also if a target is neither 0 nor 1.

    Notes
    -----
    Domain: any real z, also ±inf; y = 0 or 1. Units: none.

    Formula: (σ(z) - y)² = σ(-x)², where x = z for y = 1 and -z for y = 0. No factor ½, one class counted.

    Gradient: -2 σ(-x)² σ(x) times the sign of class 1 (+1) or 0 (-1), and that over N after the mean.

    References
    ----------
    Brier (1950), Verification of Forecasts Expressed in Terms of Probability, Monthly Weather Review 78.

    Examples
    --------
    >>> brier_binary([-2.0, 0.0], [1, 1], reduction="none")
    array([0.77580349, 0.25      ])
    """
    _, x, dtype = _true_class(logits, y_true)
    return reduce(sigmoid(-x) ** 2, reduction, dtype)


@quiet
def brier_binary_grad(
    logits: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `brier_binary` with respect to ``logits``: 2 (p-y) p (1-p), over N for the mean.

    Examples
    --------
    >>> brier_binary_grad([-40.0, 0.0], [1, 1], reduction="none")
    array([-8.49670851e-18, -2.50000000e-01])
    """
    sign, x, dtype = _true_class(logits, y_true)
    return scale(sign * sigmoid(-x) ** 2 * sigmoid(x), reduction, dtype, factor=-2)


def multilabel_bce(
    logits: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    pos_weight: npt.ArrayLike = 1.0,
    reduction: Reduction = "mean",
) -> LossValue:
    """Binary cross-entropy for several labels at once: K independent yes-or-no questions about each example.

    For tags that do not exclude each other. Classes that do need a softmax: `cross_entropy`.

    Parameters
    ----------
    logits : array_like of float
        Scores, N rows of K labels.
    target : array_like of float or int
        Targets from 0 to 1, of the same shape.
    pos_weight, reduction
        As for `bce_with_logits`; an array gives one weight to each label. The mean is over all N K elements.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of shape (N, K).

    Raises
    ------
    TypeError, ValueError
        As for `bce_with_logits`; also if logits is not a matrix.

    Notes
    -----
    Domain, formula and gradient: as for `bce_with_logits`, for each of the N K elements.

    References
    ----------
    Cox (1958), The Regression Analysis of Binary Sequences, Journal of the Royal Statistical Society B 20.
    Nam, Kim, Loza Mencía, Gurevych and Fürnkranz (2014), Large-scale Multi-label Text Classification, ECML.

    Examples
    --------
    >>> multilabel_bce([[0.5, -1.0, 2.0], [0.0, 3.0, -2.0]], [[1, 0, 1], [0, 0, 1]])
    np.float64(1.1304882043196602)
    """
    z, y = _matrices(logits, target)
    return bce_with_logits(z, y, pos_weight=pos_weight, reduction=reduction)


def multilabel_bce_grad(
    logits: npt.ArrayLike,
    target: npt.ArrayLike,
    *,
    pos_weight: npt.ArrayLike = 1.0,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `multilabel_bce` with respect to ``logits``, over N K for the mean.

    Examples
    --------
    >>> multilabel_bce_grad([[0.0, 0.0]], [[1, 0]])
    array([[-0.25,  0.25]])
    """
    z, y = _matrices(logits, target)
    return bce_with_logits_grad(z, y, pos_weight=pos_weight, reduction=reduction)


def _weighted(
    logits: npt.ArrayLike, y_true: npt.ArrayLike, pos_weight: npt.ArrayLike
) -> tuple[Float64Array, Float64Array, Float64Array | None, FloatType]:
    """Return logits, soft targets and weights of class 1, if any, in float64, and the result's dtype."""
    z, y = prediction(logits, "logits"), binary(y_true, "y_true", soft=True)
    same_shape(z, "logits", y, "y_true")
    if isinstance(pos_weight, float) and pos_weight == 1:
        return _wide(z), _wide(y), None, result_type(z, y)
    weight = checking.target(pos_weight, "pos_weight")
    if weight.ndim and weight.shape != z.shape[-1:]:
        raise ValueError(
            f"pos_weight has shape {weight.shape} and logits has shape {z.shape}: "
            "give one number, or one for each entry of the last axis."
        )
    if not np.all((weight >= 0) & np.isfinite(weight)):
        raise ValueError(f"pos_weight must hold finite numbers of at least 0, not {pos_weight!r}.")
    return _wide(z), _wide(y), _wide(weight), result_type(z, y)


def _are_hard(y: Float64Array) -> bool:
    """Whether all targets are 0 or 1: then softplus of ±z is the whole loss, in a third of the time."""
    return not np.any(y * (1 - y))


def _matrices(logits: npt.ArrayLike, target: npt.ArrayLike) -> tuple[Array, Array]:
    """Return logits and soft targets of one shape (N, K)."""
    z, y = prediction(logits, "logits"), binary(target, "target", soft=True)
    same_shape(z, "logits", y, "target")
    if z.ndim != 2:
        raise ValueError(f"logits has shape {z.shape}, but must be a matrix: N rows of K labels.")
    return z, y


def _probability(p: npt.ArrayLike, y_true: npt.ArrayLike) -> tuple[Float64Array, Float64Array, FloatType]:
    """Return predicted probabilities and soft targets in float64, and the dtype of the result."""
    q, y = probabilities(prediction(p, "p"), "p"), binary(y_true, "y_true", soft=True)
    same_shape(q, "p", y, "y_true")
    return _wide(q), _wide(y), result_type(q, y)


def _true_class(logits: npt.ArrayLike, y_true: npt.ArrayLike) -> tuple[Float64Array, Float64Array, FloatType]:
    """Return +1 for class 1 and -1 for class 0, the logit of the true class, and the dtype of the result."""
    z, y = prediction(logits, "logits"), binary(y_true, "y_true")
    same_shape(z, "logits", y, "y_true")
    sign = 2 * _wide(y) - 1
    return sign, sign * z, result_type(z, y)


def _alpha_t(sign: Float64Array, alpha: float | None) -> Float64Array:
    """Return the weight of each example's class: alpha for class 1, 1 - alpha for class 0."""
    if alpha is None:
        return np.ones_like(sign)
    alpha = between(alpha, 0, 1, "alpha", ends="[]")
    return np.where(sign > 0, alpha, 1 - alpha)


def _wide(array: Array) -> Float64Array:
    return array.astype(np.float64, copy=False)
