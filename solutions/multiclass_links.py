"""Multi-class losses with another way from scores to probabilities than the softmax."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.kernels import quiet, sigmoid, softplus
from solutions.reduction import reduce, scale
from solutions.rows import Rows, labelled
from solutions.types import Array, Float64Array, FloatType, LabelArray, LossValue, Reduction


@quiet
def sparsemax_loss(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> LossValue:
    """Sparsemax loss: a logistic loss with a margin, whose probabilities can be exactly 0.

    Its probabilities are the point of the simplex nearest to the logits. Once the label leads every rival by
    1, it has them all: loss and gradient are 0, as for a hinge.

    Parameters
    ----------
    logits : array_like of float, shape (N, K)
        Scores of K classes; -inf masks a class. One row (K,) with one label works too, and so do more axes.
    labels : array_like of int, shape (N,)
        The true classes, from 0 to K - 1.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the rows.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``labels``.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`.

    Notes
    -----
    Domain: any real logits. Units: those of the logits, squared near 0.

    Formula: -z_c + ½ Σ_{k in S} (z_k² - τ²) + ½, where τ is the number for which p_k = max(0, z_k - τ) adds
    up to 1, and S the classes with p_k > 0. It is computed as ½‖p - onehot‖² + max(0, τ - z_c), in which no
    terms cancel.

    Gradient: p - onehot, and that over N after the mean. Ties share alike.

    References
    ----------
    Martins and Astudillo (2016), From Softmax to Sparsemax, ICML. Blondel, Martins and Niculae (2020),
    Learning with Fenchel-Young Losses, JMLR 21.

    Examples
    --------
    >>> sparsemax_loss([[2.0, 1.5], [2.0, 1.0]], [0, 0], reduction="none")
    array([0.0625, 0.    ])
    """
    rows = labelled(logits, labels)
    slopes, shortfall = _sparsemax_slopes(rows)
    return rows.reduce(np.square(slopes).sum(axis=-1) / 2 + shortfall, reduction)


@quiet
def sparsemax_loss_grad(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `sparsemax_loss` with respect to ``logits``: (p - onehot)/N for the mean, else p - onehot.

    Examples
    --------
    >>> sparsemax_loss_grad([[2.0, 1.5, 0.0]], [0])
    array([[-0.25,  0.25,  0.  ]])
    """
    rows = labelled(logits, labels)
    slopes, _ = _sparsemax_slopes(rows)
    return rows.gradient(np.ones(len(slopes)), slopes, reduction)


@quiet
def ordinal_logit(
    score: npt.ArrayLike,
    thresholds: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    reduction: Reduction = "mean",
) -> LossValue:
    """Negative log-likelihood of the proportional-odds model, for classes with an order: grades, stars.

    A score f on one line, and K - 1 thresholds that cut the line into K classes: the probability of class k
    or less is σ(θ_k - f). Near misses are likelier than far ones, which a softmax would have to learn.

    Parameters
    ----------
    score : array_like of float, shape (N,)
        One score for each example; any shape.
    thresholds : array_like of float, shape (K - 1,)
        Cut points, strictly increasing; shared by all examples.
    labels : array_like of int, shape (N,)
        The true classes, from 0 to K - 1, in the order of the line.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the examples.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``score``.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`; also if the thresholds are not strictly increasing.

    Notes
    -----
    Domain: any real scores, finite thresholds. Units: nats.

    Formula: -log(σ(a) - σ(b)) with a = θ_c - f, b = θ_{c-1} - f, where θ_{-1} = -∞ and θ_{K-1} = ∞. The two
    sigmoids may round to one number, so it is computed as softplus(-a) + softplus(b) - log(1 - e^{b-a}).

    Gradient: σ(-a) - σ(b) for f; -σ(-a) - 1/(e^{a-b} - 1) for θ_c and σ(b) + 1/(e^{a-b} - 1) for θ_{c-1}. A
    threshold collects the slopes of all examples, after "none" as after "sum"; all are over N after the mean.

    References
    ----------
    McCullagh (1980), Regression Models for Ordinal Data, Journal of the Royal Statistical Society B 42.

    Examples
    --------
    >>> ordinal_logit([0.0, 0.0], [-1.0, 1.0], [0, 1], reduction="none").round(6)
    array([1.313262, 0.771937])
    """
    cut, dtype = _cut(score, thresholds, labels)
    gap = np.where(cut.width < np.log(2), np.log(-np.expm1(-cut.width)), np.log1p(-np.exp(-cut.width)))
    return reduce(softplus(-cut.upper) + softplus(cut.lower) - gap, reduction, dtype)


@quiet
def ordinal_logit_grad(
    score: npt.ArrayLike,
    thresholds: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    reduction: Reduction = "mean",
) -> tuple[Array, Array]:
    """Gradients of `ordinal_logit` with respect to ``score`` and to ``thresholds``.

    Examples
    --------
    >>> ordinal_logit_grad([0.0], [0.0], [0])
    (array([0.5]), array([-0.5]))
    """
    cut, dtype = _cut(score, thresholds, labels)
    squeeze = 1 / np.expm1(cut.width)
    up = scale(-sigmoid(-cut.upper) - squeeze, reduction, np.float64)
    down = scale(sigmoid(cut.lower) + squeeze, reduction, np.float64)
    classes = cut.classes
    collected = [np.bincount(cut.labels.ravel(), side.ravel(), classes) for side in (up, down)]
    for_thresholds = collected[0][:-1] + collected[1][1:]
    # σ(-a) - σ(b) as a product: near a = -b the difference would lose its digits.
    middle = np.where(cut.upper == -cut.lower, 0.0, cut.upper + cut.lower)
    side = np.where(middle > 0, 1.0, -1.0)
    for_score = side * sigmoid(side * cut.upper) * sigmoid(side * cut.lower) * np.expm1(-np.abs(middle))
    return scale(for_score, reduction, dtype), for_thresholds.astype(dtype)


def _sparsemax_slopes(rows: Rows) -> tuple[Float64Array, Float64Array]:
    """Return p - onehot, and max(0, τ - z_c): by how much the label falls short of having a share at all."""
    logits = rows.float64()
    top = logits.max(axis=-1, keepdims=True)
    below = np.where(logits == top, 0.0, top - logits)
    ordered = np.sort(below, axis=-1)
    sums, counts = np.cumsum(ordered, axis=-1), np.arange(1, logits.shape[1] + 1)
    inside = counts * ordered < 1 + sums
    size = inside.sum(axis=-1)
    every = np.arange(len(size))
    tau = ((1 + sums[every, size - 1]) / size)[:, None]  # how far below the top the threshold is
    slopes = np.maximum(tau - below, 0.0)
    own = every, rows.labels
    shortfall = np.maximum(below[own] - tau[:, 0], 0.0)
    slopes[own] = 0.0
    slopes[own] = -slopes.sum(axis=-1)
    return slopes, shortfall


class _Cut(NamedTuple):
    """Where the class of each example begins and ends, as seen from its score."""

    upper: Float64Array
    """θ_c - f; inf for the last class."""
    lower: Float64Array
    """θ_{c-1} - f; -inf for the first class."""
    width: Float64Array
    """θ_c - θ_{c-1}."""
    labels: LabelArray
    classes: int


def _cut(score: npt.ArrayLike, thresholds: npt.ArrayLike, labels: npt.ArrayLike) -> tuple[_Cut, FloatType]:
    scores = checking.prediction(score, "score")
    cuts = checking.prediction(thresholds, "thresholds")
    if cuts.ndim != 1 or not np.all(np.diff(cuts) > 0) or not np.all(np.isfinite(cuts)):
        raise ValueError(f"thresholds must be one row of finite, strictly increasing numbers, not {cuts!r}.")
    classes = len(cuts) + 1
    truth = checking.labels(labels, "labels", classes)
    if truth.shape != scores.shape:
        raise ValueError(
            f"score has shape {scores.shape} and labels has shape {truth.shape}, but they must be equal: "
            "one label for each score."
        )
    edges = np.concatenate([[-np.inf], cuts, [np.inf]], dtype=np.float64)
    ends, begins = edges[truth + 1], edges[truth]
    # The edges at infinity stay there, also for a score at infinity.
    upper, lower = (np.where(np.isinf(edge), edge, edge - scores) for edge in (ends, begins))
    return _Cut(upper, lower, ends - begins, truth, classes), checking.result_type(scores, cuts)
