"""Multi-class losses of the label's probability that weigh easy, hard and wrong rows their own way.

Each is a function g of p_c alone, written in the log-odds u against the label (see `multiclass`):
p_c = σ(-u), 1 - p_c = σ(u), -log p_c = softplus(u). Its gradient is g'(u) times that of u, which is the
softmax among the rivals and -1 at the label.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.blocks import gradient_in_blocks, value_in_blocks
from solutions.kernels import quiet, sigmoid, softplus, weigh
from solutions.odds import odds_against, odds_against_grad
from solutions.rows import labelled
from solutions.types import Array, Float64Array, LossValue, Reduction

_SERIES_TO = 0.25
"""Up to here -log(1-q) - q is summed as a series; beyond, the subtraction costs less than four bits."""

_SERIES = 1 / np.arange(2.0, 29.0)
"""Coefficients of q², q³, ...: the first one left out is below 2**-53 of the sum."""


@value_in_blocks
@quiet
def focal_multiclass(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> LossValue:
    """Cross-entropy with the factor (1 - p_c)^gamma: rows that are easy already hardly count.

    It looks at how easy a row is, not at how rare its class is. Its best probabilities are not the true ones:
    for gamma = 2 and two classes, 0.8 becomes 0.627.

    Parameters
    ----------
    logits : array_like of float, shape (N, K)
        Scores of K classes; -inf masks a class. One row (K,) with one label works too, and so do more axes.
    labels : array_like of int, shape (N,)
        The true classes, from 0 to K - 1.
    gamma : float, default 2.0
        The power, finite and at least 0 (2: Lin et al.). With 0 the loss is `cross_entropy`.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the rows.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``labels``.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`; also if gamma is not a finite number from 0 on.

    Notes
    -----
    Domain: any real logits. Units: nats.

    Formula: q^γ softplus(u) with q = 1 - p_c = σ(u).

    Gradient: q^γ (q - γ p_c log p_c) times the gradient of u, and that over N after the mean. It can exceed
    that of cross-entropy: for γ = 2 where p_c < 0.298.

    References
    ----------
    Lin, Goyal, Girshick, He and Dollár (2017), Focal Loss for Dense Object Detection, ICCV. Charoenphakdee et
    al. (2021), On Focal Loss for Class-Posterior Probability Estimation, CVPR.

    Examples
    --------
    >>> focal_multiclass([[3.0, 0.0], [0.0, 3.0]], [0, 0], reduction="none").round(6)
    array([1.09000e-04, 2.76628e+00])
    """
    gamma, rows = checking.at_least(gamma, 0, "gamma"), labelled(logits, labels)
    odds = odds_against(rows.logits, rows.labels)
    return rows.reduce(weigh(_rivals_power(odds, gamma), softplus(odds)), reduction)


@gradient_in_blocks
@quiet
def focal_multiclass_grad(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    gamma: float = 2.0,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `focal_multiclass` with respect to ``logits``.

    Examples
    --------
    >>> focal_multiclass_grad([[0.0, 0.0]], [0], gamma=1.0).round(6)
    array([[-0.423287,  0.423287]])
    """
    gamma, rows = checking.at_least(gamma, 0, "gamma"), labelled(logits, labels)
    odds, direction = odds_against_grad(rows.logits, rows.labels)
    tilt = sigmoid(odds) + gamma * weigh(sigmoid(-odds), softplus(odds))
    return rows.gradient(_rivals_power(odds, gamma) * tilt, direction, reduction)


@value_in_blocks
@quiet
def gce(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, q: float = 0.7, reduction: Reduction = "mean"
) -> LossValue:
    """Generalised cross-entropy: between cross-entropy and the absolute error of probabilities.

    For noisy labels. A row whose label looks impossible costs at most 1/q and hardly pulls, so wrong labels
    are not learnt by heart; the price is slow learning from rows that are right, but hard.

    Parameters
    ----------
    logits, labels, reduction
        As for `focal_multiclass`.
    q : float, default 0.7
        From above 0 to 1 (0.7: Zhang and Sabuncu). Near 0 the loss is `cross_entropy`; at 1 it is 1 - p_c,
        half the absolute error.

    Returns
    -------
    float or ndarray
        As for `focal_multiclass`.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`; also if q is not a number from above 0 to 1.

    Notes
    -----
    Domain: any real logits. Units: none; from 0 to 1/q.

    Formula: (1 - p_c^q)/q, computed as -expm1(-q softplus(u))/q.

    Gradient: p_c^q (1 - p_c) times the gradient of u, and that over N after the mean: that of cross-entropy
    times p_c^q.

    References
    ----------
    Zhang and Sabuncu (2018), Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy
    Labels, NeurIPS.

    Examples
    --------
    >>> gce([[0.0, 0.0], [-1000.0, 0.0]], [0, 0], q=0.5, reduction="none").round(6)
    array([0.585786, 2.      ])
    """
    q, rows = checking.between(q, 0, 1, "q", ends="(]"), labelled(logits, labels)
    odds = odds_against(rows.logits, rows.labels)
    return rows.reduce(-np.expm1(-q * softplus(odds)) / q, reduction)


@gradient_in_blocks
@quiet
def gce_grad(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, q: float = 0.7, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `gce` with respect to ``logits``: that of `cross_entropy`, times p_c^q.

    Examples
    --------
    >>> gce_grad([[0.0, 0.0]], [0], q=1.0)
    array([[-0.25,  0.25]])
    """
    q, rows = checking.between(q, 0, 1, "q", ends="(]"), labelled(logits, labels)
    odds, direction = odds_against_grad(rows.logits, rows.labels)
    return rows.gradient(np.exp(-q * softplus(odds)) * sigmoid(odds), direction, reduction)


@value_in_blocks
@quiet
def symmetric_ce(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    alpha: float = 0.1,
    beta: float = 1.0,
    log_zero: float = -4.0,
    reduction: Reduction = "mean",
) -> LossValue:
    """Cross-entropy plus reverse cross-entropy, in which prediction and label change places.

    For noisy labels. The reverse part -Σ p_k log y_k is bounded, and treats wrong labels alike; as log 0 in
    it is set to a number, it comes down to 1 - p_c. The cross-entropy part keeps the learning going.

    Parameters
    ----------
    logits, labels, reduction
        As for `focal_multiclass`.
    alpha, beta : float, default 0.1 and 1.0
        Weights of the cross-entropy and of the reverse part, finite and at least 0 (Wang et al. for CIFAR-10;
        6 and 0.1 for CIFAR-100).
    log_zero : float, default -4.0
        What stands for log 0: a negative number, A in the paper.

    Returns
    -------
    float or ndarray
        As for `focal_multiclass`.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`; also if alpha or beta is negative, or log_zero is not.

    Notes
    -----
    Domain: any real logits. Units: nats.

    Formula: α softplus(u) - β A (1 - p_c).

    Gradient: (1 - p_c)(α - β A p_c) times the gradient of u, and that over N after the mean.

    References
    ----------
    Wang, Ma, Chen, Luo, Yi and Bailey (2019), Symmetric Cross Entropy for Robust Learning with Noisy Labels,
    ICCV.

    Examples
    --------
    >>> symmetric_ce([[0.0, 0.0]], [0], alpha=1.0, beta=0.5).round(6)
    np.float64(1.693147)
    """
    alpha, reverse = _weights(alpha, beta, log_zero)
    rows = labelled(logits, labels)
    odds = odds_against(rows.logits, rows.labels)
    surprise = weigh(np.array(alpha), softplus(odds))
    if alpha > 0 and (above := np.isposinf(odds)).any():  # where the odds overflow, a part may be in range
        surprise = np.where(above, 2 * alpha * odds_against(rows.logits / 2, rows.labels), surprise)
    return rows.reduce(surprise + reverse * sigmoid(odds), reduction)


@gradient_in_blocks
@quiet
def symmetric_ce_grad(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    alpha: float = 0.1,
    beta: float = 1.0,
    log_zero: float = -4.0,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `symmetric_ce` with respect to ``logits``.

    Examples
    --------
    >>> symmetric_ce_grad([[0.0, 0.0]], [0], alpha=1.0, beta=0.5)
    array([[-1.,  1.]])
    """
    alpha, reverse = _weights(alpha, beta, log_zero)
    rows = labelled(logits, labels)
    odds, direction = odds_against_grad(rows.logits, rows.labels)
    return rows.gradient(sigmoid(odds) * (alpha + reverse * sigmoid(-odds)), direction, reduction)


@value_in_blocks
@quiet
def poly1_ce(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, epsilon: float = 2.0, reduction: Reduction = "mean"
) -> LossValue:
    """Cross-entropy with another weight for the first term of its power series.

    -log p_c is (1-p_c) + (1-p_c)²/2 + (1-p_c)³/3 + ..., and here the first term counts 1 + epsilon times. A
    positive epsilon keeps pulling at rows that are almost right, a negative one lets go of them.

    Parameters
    ----------
    logits, labels, reduction
        As for `focal_multiclass`.
    epsilon : float, default 2.0
        Finite and at least -1 (2: Leng et al. for ImageNet). With 0 the loss is `cross_entropy`.

    Returns
    -------
    float or ndarray
        As for `focal_multiclass`.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`; also if epsilon is not a finite number from -1 on.

    Notes
    -----
    Domain: any real logits. Units: nats.

    Formula: softplus(u) + ε σ(u). For ε < 0 it is computed as (softplus(u) - σ(u)) + (1+ε) σ(u), the first
    part from its series: at ε = -1 and p_c = 1 - 1e-9, what is left is 5e-19.

    Gradient: (1 - p_c)(1 + ε p_c) times the gradient of u, and that over N after the mean.

    References
    ----------
    Leng et al. (2022), PolyLoss: A Polynomial Expansion Perspective of Classification Loss Functions, ICLR.

    Examples
    --------
    >>> poly1_ce([[0.0, 0.0]], [0], epsilon=1.0).round(6)
    np.float64(1.193147)
    """
    epsilon, rows = checking.at_least(epsilon, -1, "epsilon"), labelled(logits, labels)
    odds = odds_against(rows.logits, rows.labels)
    if epsilon >= 0:
        return rows.reduce(softplus(odds) + epsilon * sigmoid(odds), reduction)
    return rows.reduce(_beyond_first_term(odds) + (1 + epsilon) * sigmoid(odds), reduction)


@gradient_in_blocks
@quiet
def poly1_ce_grad(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, epsilon: float = 2.0, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `poly1_ce` with respect to ``logits``.

    Examples
    --------
    >>> poly1_ce_grad([[0.0, 0.0]], [0], epsilon=1.0)
    array([[-0.75,  0.75]])
    """
    epsilon, rows = checking.at_least(epsilon, -1, "epsilon"), labelled(logits, labels)
    odds, direction = odds_against_grad(rows.logits, rows.labels)
    wrong, right = sigmoid(odds), sigmoid(-odds)
    # 1 + εp without cancellation: for a negative ε it is (1 + ε) - ε (1 - p).
    tilt = 1 + epsilon * right if epsilon >= 0 else (1 + epsilon) - epsilon * wrong
    return rows.gradient(wrong * tilt, direction, reduction)


def _rivals_power(odds: Float64Array, gamma: float) -> Float64Array:
    """Return (1 - p)^gamma; through log1p(-p) where p is small, as a large power magnifies each rounding."""
    if gamma == 0:
        return np.ones_like(odds)
    return np.exp(-gamma * softplus(-odds))


def _weights(alpha: float, beta: float, log_zero: float) -> tuple[float, float]:
    alpha, beta = checking.at_least(alpha, 0, "alpha"), checking.at_least(beta, 0, "beta")
    if (log_zero := checking.finite(log_zero, "log_zero")) >= 0:
        raise ValueError(f"log_zero must be less than 0, as it stands for log 0, not {log_zero!r}.")
    return alpha, -log_zero * beta


def _beyond_first_term(odds: Float64Array) -> Float64Array:
    """Return softplus(u) - σ(u) = q²/2 + q³/3 + ... with q = σ(u), with full relative accuracy."""
    q = sigmoid(odds)
    small = np.minimum(q, _SERIES_TO)
    series = small * small * np.polynomial.polynomial.polyval(small, _SERIES)
    return np.where(q < _SERIES_TO, series, softplus(odds) - q)
