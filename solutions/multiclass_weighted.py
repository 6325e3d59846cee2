"""Cross-entropy where rows or classes count differently: weights, ignored rows, priors; and perplexity.

Notation and conventions are those of `multiclass`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.kernels import quiet, sigmoid, softmax, softplus, weigh
from solutions.odds import odds_against, odds_against_grad
from solutions.reduction import reduce
from solutions.rows import Rows, labelled
from solutions.types import Array, Float64Array, LossValue, Reduction


@quiet
def cross_entropy_weighted(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    weight: npt.ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> LossValue:
    """Cross-entropy in which each class has its own weight, for classes of unequal size or cost.

    The mean is a *weighted mean*: it divides by the weights of the labels in the batch, not by their number.
    So doubling all weights changes nothing, and a batch of one row ignores its weight.

    Parameters
    ----------
    logits, labels
        As for `cross_entropy`.
    weight : array_like of float, shape (K,), optional
        A finite weight, at least 0, for each class. Without it all classes weigh 1.
    reduction : {"mean", "sum", "none"}
        The weighted mean, the weighted sum, or one weighted loss per row.

    Returns
    -------
    float or ndarray
        As for `cross_entropy`. If all labels of the batch weigh 0, the mean is 0.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`; also if the weights are not K finite numbers from 0 on.

    Notes
    -----
    Domain: any real logits. Units: nats.

    Formula: Σ w_{c_n} CE_n / Σ w_{c_n}.

    Gradient: of row n, (p - onehot) w_{c_n} / Σ w_{c_n} for the mean, else (p - onehot) w_{c_n}.

    References
    ----------
    King and Zeng (2001), Logistic Regression in Rare Events Data, Political Analysis 9.

    Examples
    --------
    >>> cross_entropy_weighted([[0.0, 0.0], [0.0, 2.0]], [0, 1], weight=[3.0, 1.0]).round(6)
    np.float64(0.551592)
    """
    rows = labelled(logits, labels)
    factor, kind = _weights_of_rows(rows, weight, reduction)
    return rows.reduce(weigh(factor, softplus(odds_against(rows.logits, rows.labels))), kind)


@quiet
def cross_entropy_weighted_grad(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    weight: npt.ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `cross_entropy_weighted` with respect to ``logits``: p - onehot, times each row's weight.

    Examples
    --------
    >>> cross_entropy_weighted_grad([[0.0, 0.0], [0.0, 0.0]], [0, 1], weight=[3.0, 1.0])
    array([[-0.375,  0.375],
           [ 0.125, -0.125]])
    """
    rows = labelled(logits, labels)
    factor, kind = _weights_of_rows(rows, weight, reduction)
    odds, direction = odds_against_grad(rows.logits, rows.labels)
    return rows.gradient(factor * sigmoid(odds), direction, kind)


@quiet
def cross_entropy_ignore(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
) -> LossValue:
    """Cross-entropy that passes over rows with a certain label: padding, unlabelled pixels.

    The mean is over the rows that are left. When batches hold different numbers of them, the mean of batch
    means is not the mean over all rows: add up sums and counts instead.

    Parameters
    ----------
    logits, reduction
        As for `cross_entropy`.
    labels : array_like of int, shape (N,)
        The true classes, from 0 to K - 1, or ``ignore_index``.
    ignore_index : int, default -100
        The label of rows that do not count; it may also be one of the classes.

    Returns
    -------
    float or ndarray
        As for `cross_entropy`; with "none" the ignored rows have the loss 0. If all rows are ignored, the
        mean is 0, and so is its gradient: a batch without labels teaches nothing, and does no harm.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`; also if ignore_index is not an integer.

    Notes
    -----
    Domain: any real logits; those of ignored rows are not looked at, and may be NaN. Units: nats.

    Formula: the mean of -log p_c over the rows whose label is not ``ignore_index``.

    Gradient: p - onehot over the number of those rows; 0 for the others.

    References
    ----------
    Long, Shelhamer and Darrell (2015), Fully Convolutional Networks for Semantic Segmentation, CVPR.

    Examples
    --------
    >>> cross_entropy_ignore([[2.0, 1.0, 0.1], [0.5, -1.0, 3.0]], [1, -100])
    np.float64(1.4170300162778335)
    """
    rows, kept, factor, kind = _kept_rows(logits, labels, ignore_index, reduction)
    values = np.zeros(len(rows.labels))
    values[kept] = factor * softplus(odds_against(rows.logits[kept], rows.labels[kept]))
    return rows.reduce(values, kind)


@quiet
def cross_entropy_ignore_grad(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `cross_entropy_ignore` with respect to ``logits``: 0 for the ignored rows.

    Examples
    --------
    >>> cross_entropy_ignore_grad([[0.0, 0.0], [5.0, 1.0]], [1, -100])
    array([[ 0.5, -0.5],
           [ 0. ,  0. ]])
    """
    rows, kept, factor, kind = _kept_rows(logits, labels, ignore_index, reduction)
    slopes, directions = np.zeros(len(rows.labels)), np.zeros(rows.logits.shape)
    odds, directions[kept] = odds_against_grad(rows.logits[kept], rows.labels[kept])
    slopes[kept] = factor * sigmoid(odds)
    return rows.gradient(slopes, directions, kind)


@quiet
def logit_adjusted_ce(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    prior: npt.ArrayLike | None = None,
    tau: float = 1.0,
    reduction: Reduction = "mean",
) -> LossValue:
    """Cross-entropy after adding tau log(prior) to the logits, for classes of unequal size.

    The prior accounts for how often each class occurs, so the logits do not have to: used on their own, they
    rank the classes as if all were equally common, which is what balanced accuracy rewards.

    Parameters
    ----------
    logits, labels, reduction
        As for `cross_entropy`.
    prior : array_like of float, shape (K,), optional
        The shares of the classes in the training data, which add up to 1. Without it all classes are equally
        common, and the loss is `cross_entropy`.
    tau : float, default 1.0
        The strength of the adjustment, finite and at least 0 (1: Menon et al.).

    Returns
    -------
    float or ndarray
        As for `cross_entropy`.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`; also if the prior is not a distribution over K classes, or tau is negative.

    Notes
    -----
    Domain: any real logits. A class with prior 0 is masked if tau > 0. Units: nats.

    Formula: the cross-entropy of z + τ log π.

    Gradient: softmax(z + τ log π) - onehot, and that over N after the mean.

    References
    ----------
    Menon et al. (2021), Long-tail Learning via Logit Adjustment, ICLR.

    Examples
    --------
    >>> logit_adjusted_ce([[0.0, 0.0]], [1], prior=[0.75, 0.25])
    np.float64(1.3862943611198906)
    """
    rows = labelled(logits, labels)
    adjusted = _adjusted(rows, prior, tau)
    return rows.reduce(softplus(odds_against(adjusted, rows.labels)), reduction)


@quiet
def logit_adjusted_ce_grad(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    prior: npt.ArrayLike | None = None,
    tau: float = 1.0,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `logit_adjusted_ce` with respect to ``logits``: that of `cross_entropy` after adjusting.

    Examples
    --------
    >>> logit_adjusted_ce_grad([[0.0, 0.0]], [1], prior=[0.75, 0.25])
    array([[ 0.75, -0.75]])
    """
    rows = labelled(logits, labels)
    odds, direction = odds_against_grad(_adjusted(rows, prior, tau), rows.labels)
    return rows.gradient(sigmoid(odds), direction, reduction)


@quiet
def perplexity(logits: npt.ArrayLike, labels: npt.ArrayLike) -> LossValue:
    """Perplexity of a text: among how many equally likely tokens the model seems to choose.

    A report for readers rather than a loss to train on: its gradient is that of the mean cross-entropy, times
    the perplexity itself. There is no ``reduction``, as perplexity belongs to a whole text; the mean of the
    perplexities of its tokens is another number.

    Parameters
    ----------
    logits, labels
        As for `cross_entropy`.

    Returns
    -------
    float
        From 1 on; K for uniform guessing. Beyond a mean of 709.78 nats it overflows to inf.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`.

    Notes
    -----
    Domain: any real logits. Units: none; a number of tokens.

    Formula: exp of the mean cross-entropy in nats.

    Gradient: perplexity · (p - onehot)/N.

    References
    ----------
    Jelinek, Mercer, Bahl and Baker (1977), Perplexity: a Measure of the Difficulty of Speech Recognition
    Tasks, Journal of the Acoustical Society of America 62.

    Examples
    --------
    >>> perplexity([[0.0, 0.0], [0.0, 0.0]], [1, 0])
    np.float64(2.0)
    """
    rows = labelled(logits, labels)
    surprise = softplus(odds_against(rows.logits, rows.labels))
    return rows.dtype(np.exp(reduce(surprise, "mean", np.float64)))


@quiet
def perplexity_grad(logits: npt.ArrayLike, labels: npt.ArrayLike) -> Array:
    """Gradient of `perplexity` with respect to ``logits``: perplexity · (p - onehot)/N.

    Examples
    --------
    >>> perplexity_grad([[0.0, 0.0, 0.0, 0.0]], [3])
    array([[ 1.,  1.,  1., -3.]])
    """
    rows = labelled(logits, labels)
    odds, scores = odds_against(rows.logits, rows.labels), rows.float64()
    surprise = softplus(odds)
    mean = reduce(surprise, "mean", np.float64)
    # p_k exp(mean) as one exponential: the perplexity may overflow where this does not.
    lead = np.where(np.isinf(mean), np.inf, mean - surprise)
    own = np.arange(len(odds)), rows.labels
    slopes = np.exp((scores - scores[own][:, None]) + lead[:, None])
    slopes[np.isneginf(scores)] = 0.0
    slopes[own] = -np.exp(odds + lead)
    slopes /= len(odds)
    return slopes.reshape(rows.shape).astype(rows.dtype, copy=False)


def _weights_of_rows(
    rows: Rows, weight: npt.ArrayLike | None, reduction: Reduction
) -> tuple[Float64Array, Reduction]:
    """Return a factor for each row, and the reduction that is left: a weighted mean is a sum of shares."""
    per_class = _per_class(rows, np.ones(rows.logits.shape[1]) if weight is None else weight, "weight")
    if not np.all((per_class >= 0) & (per_class < np.inf)):
        raise ValueError(f"weight must hold finite numbers from 0 on, not {per_class.tolist()}.")
    factor = per_class[rows.labels]
    if reduction != "mean":
        return factor, reduction
    largest = factor.max()
    factor = factor / largest if largest > 0 else factor
    return factor / max(factor.sum(), 1.0), "sum"


def _kept_rows(
    logits: npt.ArrayLike, labels: npt.ArrayLike, ignore_index: int, reduction: Reduction
) -> tuple[Rows, npt.NDArray[np.bool_], float, Reduction]:
    """Return the rows, which of them count, a factor for those, and the reduction that is left."""
    if not isinstance(ignore_index, int | np.integer) or isinstance(ignore_index, bool):
        raise TypeError(f"ignore_index must be one integer, not {ignore_index!r}.")
    rows = labelled(logits, labels, ignore=int(ignore_index))
    kept = rows.labels != ignore_index
    if reduction != "mean":
        return rows, kept, 1.0, reduction
    return rows, kept, 1 / max(int(kept.sum()), 1), "sum"


def _adjusted(rows: Rows, prior: npt.ArrayLike | None, tau: float) -> Float64Array:
    """Return the logits after adding tau log(prior)."""
    tau = checking.at_least(tau, 0, "tau")
    if prior is None:
        return rows.float64()
    shares = _per_class(rows, checking.distributions(prior, "prior"), "prior")
    # Relative to the largest logit, so that log(prior) is not rounded away beside a common offset.
    return weigh(np.array(tau), np.log(shares)) - softmax(rows.float64()).below


def _per_class(rows: Rows, value: npt.ArrayLike, name: str) -> Float64Array:
    array, classes = checking.target(value, name), rows.logits.shape[1]
    if array.shape != (classes,):
        raise ValueError(
            f"{name} has shape {array.shape}, but with {classes} classes it must have shape ({classes},)."
        )
    return array.astype(np.float64)
