"""Multi-class losses that look at the whole distribution, not only at the probability of the label.

Notation and conventions are those of `multiclass`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.kernels import Softmax, quiet, sigmoid, softmax, softplus, weigh
from solutions.odds import odds_against, odds_against_grad
from solutions.rows import Rows, labelled
from solutions.types import Array, Float64Array, LossValue, Reduction


@quiet
def brier_multiclass(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> LossValue:
    """Brier score of the softmax: squared error of probabilities, summed over the classes.

    Strictly proper like cross-entropy, and bounded: a confident mistake costs at most 2. For judging
    forecasts that is a virtue; in training, the gradient vanishes where the softmax is surely wrong.

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
    Domain: any real logits. Units: none; from 0 to 2. For two classes it is twice the score of one of them.

    Formula: Σ (p_k - [k = c])², with no ½ and no division by K.

    Gradient: 2 p_k (p_k - [k = c] - Σ p_j (p_j - [j = c])), and that over N after the mean. At the label this
    is -2 p_c times the loss.

    References
    ----------
    Brier (1950), Verification of Forecasts Expressed in Terms of Probability, Monthly Weather Review 78.

    Examples
    --------
    >>> brier_multiclass([[0.0, 0.0], [-40.0, 0.0]], [0, 0], reduction="none")
    array([0.5, 2. ])
    """
    rows = labelled(logits, labels)
    return rows.reduce(_contest(rows).brier(), reduction)


@quiet
def brier_multiclass_grad(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `brier_multiclass` with respect to ``logits``.

    Examples
    --------
    >>> brier_multiclass_grad([[0.0, 0.0]], [0])
    array([[-0.5,  0.5]])
    """
    rows = labelled(logits, labels)
    contest = _contest(rows)
    slopes = 2 * contest.p * _brier_brackets(rows, contest)
    slopes[contest.own] = -2 * contest.right * contest.brier()
    return rows.gradient(np.ones(len(slopes)), slopes, reduction)


@quiet
def spherical(logits: npt.ArrayLike, labels: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Spherical score of the softmax: one minus the cosine between the probabilities and the one-hot label.

    Strictly proper and bounded, like `brier_multiclass`; only the direction of p counts, so the softmax need
    not be normalised. It is half of `gce` with q = ½ on doubled logits.

    Parameters
    ----------
    logits, labels, reduction
        As for `brier_multiclass`.

    Returns
    -------
    float or ndarray
        As for `brier_multiclass`.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`.

    Notes
    -----
    Domain: any real logits. Units: none; from 0 to 1.

    Formula: 1 - p_c/‖p‖ = 1 - 1/√(1 + exp v), where v are the log-odds against the label of the logits 2z.

    Gradient: (p_c/‖p‖)(p_k²/‖p‖² - [k = c]), and that over N after the mean.

    References
    ----------
    Good (1971), in Foundations of Statistical Inference. Gneiting and Raftery (2007), Strictly Proper Scoring
    Rules, Prediction, and Estimation, JASA 102.

    Examples
    --------
    >>> spherical([[0.0, 0.0]], [0]).round(6)
    np.float64(0.292893)
    """
    rows = labelled(logits, labels)
    odds = odds_against(_doubled(rows), rows.labels)
    return rows.reduce(-np.expm1(-softplus(odds) / 2), reduction)


@quiet
def spherical_grad(logits: npt.ArrayLike, labels: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `spherical` with respect to ``logits``.

    Examples
    --------
    >>> spherical_grad([[0.0, 0.0]], [0]).round(6)
    array([[-0.353553,  0.353553]])
    """
    rows = labelled(logits, labels)
    odds, direction = odds_against_grad(_doubled(rows), rows.labels)
    return rows.gradient(np.exp(-softplus(odds) / 2) * sigmoid(odds), direction, reduction)


@quiet
def ce_z_loss(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    coeff: float = 1e-4,
    reduction: Reduction = "mean",
) -> LossValue:
    """Cross-entropy plus a pull of log Z = log Σ exp(z_k) towards 0, for language models.

    Cross-entropy is blind to a number added to all logits of a row, so they may drift until few digits are
    left in half precision. The penalty holds them where the logits are nearly log-probabilities.

    Parameters
    ----------
    logits, labels, reduction
        As for `brier_multiclass`.
    coeff : float, default 1e-4
        Weight λ of the penalty, finite and at least 0 (1e-4: Chowdhery et al.).

    Returns
    -------
    float or ndarray
        As for `brier_multiclass`.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`; also if coeff is not a finite number from 0 on.

    Notes
    -----
    Domain: any real logits. Units: nats.

    Formula: -log p_c + λ (log Z)².

    Gradient: p_k - [k = c] + 2 λ log Z p_k, and that over N after the mean. Its sum over the classes,
    2 λ log Z, is not 0 as it is for `cross_entropy`.

    References
    ----------
    Chowdhery et al. (2022), PaLM: Scaling Language Modeling with Pathways, arXiv:2204.02311.

    Examples
    --------
    >>> ce_z_loss([[100.0, 100.0]], [0]).round(6)
    np.float64(1.707058)
    """
    coeff, rows = checking.at_least(coeff, 0, "coeff"), labelled(logits, labels)
    log_z = _log_z(softmax(rows.float64()))
    # In this order: log Z squared may overflow where λ (log Z)² does not.
    penalty = weigh(np.array(coeff), log_z) * log_z
    return rows.reduce(softplus(odds_against(rows.logits, rows.labels)) + penalty, reduction)


@quiet
def ce_z_loss_grad(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    coeff: float = 1e-4,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `ce_z_loss` with respect to ``logits``.

    Examples
    --------
    >>> ce_z_loss_grad([[100.0, 100.0]], [0]).round(6)
    array([[-0.489931,  0.510069]])
    """
    coeff, rows = checking.at_least(coeff, 0, "coeff"), labelled(logits, labels)
    parts = softmax(rows.float64())
    pull = 2 * weigh(np.array(coeff), _log_z(parts))[:, None]
    return rows.gradient(np.ones(len(pull)), _ce_slopes(rows, parts) + weigh(parts.p, pull), reduction)


@quiet
def confidence_penalty_ce(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    beta: float = 0.1,
    reduction: Reduction = "mean",
) -> LossValue:
    """Cross-entropy minus beta times the entropy of the prediction: being sure has a price.

    A relative of `label_smoothing_ce`. That one adds KL(uniform‖p), this one KL(p‖uniform): the entropy
    hardly changes at a class that is almost ruled out, where smoothing protests most.

    Parameters
    ----------
    logits, labels, reduction
        As for `brier_multiclass`.
    beta : float, default 0.1
        Weight of the entropy, finite and at least 0 (0.1: Pereyra et al.).

    Returns
    -------
    float or ndarray
        As for `brier_multiclass`; the loss may be negative, but not below -beta log K.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`; also if beta is not a finite number from 0 on.

    Notes
    -----
    Domain: any real logits. Units: nats.

    Formula: -log p_c - β H(p), with the entropy H(p) = -Σ p_k log p_k.

    Gradient: p_k - [k = c] + β p_k (log p_k + H(p)), and that over N after the mean. Here log p_k + H(p) is
    z_k minus the mean of the logits under p, which needs no logarithm.

    References
    ----------
    Pereyra, Tucker, Chorowski, Kaiser and Hinton (2017), Regularizing Neural Networks by Penalizing Confident
    Output Distributions, arXiv:1701.06548.

    Examples
    --------
    >>> confidence_penalty_ce([[0.0, 0.0]], [0], beta=0.5).round(6)
    np.float64(0.346574)
    """
    beta, rows = checking.at_least(beta, 0, "beta"), labelled(logits, labels)
    parts = softmax(rows.float64())
    own = parts.below[np.arange(len(rows.labels)), rows.labels]
    log_rest = np.log1p(parts.rest[:, 0])
    return rows.reduce(own + (1 - beta) * log_rest - beta * _mean_below(parts), reduction)


@quiet
def confidence_penalty_ce_grad(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    beta: float = 0.1,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `confidence_penalty_ce` with respect to ``logits``.

    Examples
    --------
    >>> confidence_penalty_ce_grad([[1.0, 0.0]], [0], beta=0.5).round(6)
    array([[-0.170635,  0.170635]])
    """
    beta, rows = checking.at_least(beta, 0, "beta"), labelled(logits, labels)
    parts = softmax(rows.float64())
    above_mean = _mean_below(parts)[:, None] - parts.below
    slopes = _ce_slopes(rows, parts) + weigh(parts.p, beta * above_mean)
    return rows.gradient(np.ones(len(slopes)), slopes, reduction)


class _Contest(NamedTuple):
    """The label against its rivals."""

    right: Float64Array
    """Probability of the label, shape (N,)."""
    wrong: Float64Array
    """Probability of all rivals together, shape (N,)."""
    among: Softmax
    """Softmax among the rivals: its p is 0 at the label."""
    own: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
    """Where the labels are."""

    @property
    def p(self) -> Float64Array:
        """Probabilities of the rivals, 0 at the label, shape (N, K)."""
        return np.asarray(self.wrong[:, None] * self.among.p)

    def brier(self) -> Float64Array:
        return np.asarray(self.wrong**2 * (1 + np.square(self.among.p).sum(axis=-1)))


def _contest(rows: Rows) -> _Contest:
    own = np.arange(len(rows.labels)), rows.labels
    rivals = rows.logits.astype(np.float64)
    rivals[own] = -np.inf
    odds = odds_against(rows.logits, rows.labels)
    return _Contest(sigmoid(-odds), sigmoid(odds), softmax(rivals), own)


def _brier_brackets(rows: Rows, contest: _Contest) -> Float64Array:
    """Return p_k - Σ p_j (p_j - [j = c]) for the rivals k.

    Written so, it cancels where the true probability is near 0. It equals Σ_{j≠c} p_j (p_k + p_c - p_j) plus
    p_k p_c. For p_k > p_c the differences p_k - p_j are formed first, else p_c - p_j: both through expm1, so
    that they are accurate near ties, and exactly 0 at them.
    """
    p, right, wrong = contest.p, contest.right[:, None], contest.wrong[:, None]
    behind = p.max(axis=-1, keepdims=True) * -np.expm1(-contest.among.below)  # the best rival minus p_j
    ahead = (contest.among.p * behind).sum(axis=-1, keepdims=True) - behind
    from_rival = right * (p + wrong) + wrong * ahead
    scores = rows.float64()
    gap = scores - scores[contest.own][:, None]
    label_ahead = np.where(gap > 0, p, -right) * np.expm1(-np.abs(gap))
    from_label = p + weigh(p, label_ahead).sum(axis=-1, keepdims=True)
    brackets: Float64Array = np.where(gap > 0, from_rival, from_label)
    return brackets


def _ce_slopes(rows: Rows, parts: Softmax) -> Float64Array:
    """Return p - onehot, without a subtraction at the label."""
    own = np.arange(len(rows.labels)), rows.labels
    slopes = parts.p.copy()
    slopes[own] = -parts.q[own]
    return slopes


def _log_z(parts: Softmax) -> Float64Array:
    return np.asarray((parts.top + np.log1p(parts.rest))[:, 0])


def _mean_below(parts: Softmax) -> Float64Array:
    """Return the mean under p of top - z: the entropy is this plus log1p(rest)."""
    return np.asarray(weigh(parts.p, parts.below).sum(axis=-1))


def _doubled(rows: Rows) -> Float64Array:
    """Return the logits times two, relative to the largest of the row, so that none overflows to +inf."""
    return -2 * softmax(rows.float64()).below
