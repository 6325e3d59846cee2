"""Multi-class losses on logits: cross-entropy with labels, with soft targets and with smoothed labels.

A row of logits z stands for the probabilities p = softmax(z), p_k = exp(z_k)/Σ exp(z_j), and c is the label:
the number of the true class, counted from 0. Everywhere u = log Σ_{j≠c} exp(z_j) - z_c are the log-odds
*against* the label, so that -log p_c = softplus(u) and 1 - p_c = σ(u): neither is ever found by subtraction.
A masked class has the logit -inf and the probability 0. All values are in nats. The "mean" is over rows, and
"none" gives one loss per row.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.blocks import gradient_in_blocks, value_in_blocks
from solutions.kernels import quiet, sigmoid, softmax, softplus, sum_of_others, weigh
from solutions.odds import odds_against, odds_against_grad
from solutions.reduction import reduce
from solutions.rows import Rows, labelled, logits_array
from solutions.types import Array, Float64Array, LossValue, Reduction


@value_in_blocks
@quiet
def cross_entropy(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> LossValue:
    """Cross-entropy of logits with class labels: the default for classification.

    It is the surprise at the true class, and nothing but its probability counts. Hand it the logits: the
    softmax is inside. A second softmax before it would keep the loss above log(1 + (K-1)/e).

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
    TypeError
        If the logits are an integer array or no real numbers, or the labels are no integers.
    ValueError
        If the shapes do not match, a label is out of range, the batch is empty or the reduction is unknown.

    Notes
    -----
    Domain: any real logits. Units: nats; divide by log 2 for bits.

    Formula: -log p_c = log Σ exp(z_j - z_c), the negative log-likelihood of a categorical variable.

    Gradient: p_k - [k = c], and that over N after the mean. At the label it is -(1 - p_c), the sum of the
    rivals: written as p_c - 1 it is exactly 0 from a lead of 37 on, where the truth is -exp(-37).

    References
    ----------
    Good (1952), Rational Decisions, Journal of the Royal Statistical Society B 14. Bridle (1990),
    Probabilistic Interpretation of Feedforward Classification Network Outputs.

    Examples
    --------
    >>> cross_entropy([[2.0, 1.0, 0.1]], [1])
    np.float64(1.4170300162778335)
    >>> cross_entropy([[50.0, 0.0], [0.0, 1000.0]], [0, 0], reduction="none")
    array([1.92874985e-22, 1.00000000e+03])
    """
    rows = labelled(logits, labels)
    odds = odds_against(rows.logits, rows.labels)
    above = np.isposinf(odds)
    if not above.any():
        return rows.reduce(softplus(odds), reduction)
    # In units of 2 more odds are in range, and so may be the mean; their log Σ is too small to count.
    halves = np.where(above, odds_against(rows.logits / 2, rows.labels), softplus(odds) / 2)
    return reduce(halves.reshape(rows.shape[:-1]), reduction, rows.dtype, factor=2)


@gradient_in_blocks
@quiet
def cross_entropy_grad(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `cross_entropy` with respect to ``logits``: (p - onehot)/N for the mean, else p - onehot.

    Examples
    --------
    >>> cross_entropy_grad([[2.0, 1.0, 0.1]], [1]).round(3)
    array([[ 0.659, -0.758,  0.099]])
    """
    rows = labelled(logits, labels)
    odds, direction = odds_against_grad(rows.logits, rows.labels)
    return rows.gradient(sigmoid(odds), direction, reduction)


@value_in_blocks
@quiet
def soft_cross_entropy(
    logits: npt.ArrayLike, target: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> LossValue:
    """Cross-entropy of logits with target distributions: soft labels, mixup, distillation.

    Its least value is the entropy of the target, not 0: subtract it, and what is left is KL(t‖p).

    Parameters
    ----------
    logits : array_like of float, shape (N, K)
        As for `cross_entropy`.
    target : array_like of float, shape (N, K)
        Probabilities t of the classes; each row adds up to 1.
    reduction
        As for `cross_entropy`.

    Returns
    -------
    float or ndarray
        As for `cross_entropy`.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`; also if a target is not a distribution.

    Notes
    -----
    Domain: any real logits, distributions t. A class with t_k = 0 costs nothing, also if it is masked; a
    masked class with t_k > 0 costs +inf. Units: nats.

    Formula: -Σ t_k log p_k.

    Gradient: p - t, and that over N after the mean.

    References
    ----------
    Szegedy et al. (2016), Rethinking the Inception Architecture, CVPR. Zhang, Cisse, Dauphin and Lopez-Paz
    (2018), mixup: Beyond Empirical Risk Minimization, ICLR.

    Examples
    --------
    >>> soft_cross_entropy([[-np.inf, 1.0, 2.0]], [[0.0, 0.25, 0.75]])
    np.float64(0.5632616875182228)
    """
    rows, target64 = _with_target(logits, target)
    parts = softmax(rows.float64())
    surprise = parts.below + np.log1p(parts.rest)
    return rows.reduce(_weigh_below(target64, surprise, parts.top, rows.float64()).sum(axis=-1), reduction)


@gradient_in_blocks
@quiet
def soft_cross_entropy_grad(
    logits: npt.ArrayLike, target: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `soft_cross_entropy` with respect to ``logits``: (p - t)/N for the mean, else p - t.

    Examples
    --------
    >>> soft_cross_entropy_grad([[0.0, 0.0]], [[0.25, 0.75]])
    array([[ 0.25, -0.25]])
    """
    rows, target64 = _with_target(logits, target)
    parts = softmax(rows.float64())
    # p - t with the part that both share left out, which keeps its digits where p and t are both near 1.
    slopes = sum_of_others(target64) * parts.p - target64 * parts.q
    return rows.gradient(np.ones(len(slopes)), slopes, reduction)


@value_in_blocks
@quiet
def label_smoothing_ce(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    smoothing: float = 0.1,
    reduction: Reduction = "mean",
) -> LossValue:
    """Cross-entropy with labels that keep a little probability for every class.

    The best logits stay finite: the label wants to lead by log((1-ε+ε/K)/(ε/K)), 4.51 for ten classes and
    ε = 0.1. The network learns to be less sure of itself than clean labels would justify.

    Parameters
    ----------
    logits, labels, reduction
        As for `cross_entropy`.
    smoothing : float, default 0.1
        The share ε, from 0 to 1, that is spread over all K classes, the label included (0.1: Szegedy et al.).
        Some texts spread it over the other classes: their ε is ours times (K-1)/K.

    Returns
    -------
    float or ndarray
        As for `cross_entropy`.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`; also if smoothing is not a number from 0 to 1.

    Notes
    -----
    Domain: any real logits. With ε > 0 a masked class (-inf) costs +inf, as the target expects it: leave out
    its column instead, or give `soft_cross_entropy` a target that is 0 there. Units: nats.

    Formula: (1-ε)(-log p_c) + ε/K Σ -log p_k, which is (1-ε) CE + ε (KL(uniform‖p) + log K).

    Gradient: p - t with t = (1-ε) onehot + ε/K, and that over N after the mean.

    References
    ----------
    Szegedy et al. (2016), Rethinking the Inception Architecture, CVPR. Müller, Kornblith and Hinton (2019),
    When Does Label Smoothing Help?, NeurIPS.

    Examples
    --------
    >>> label_smoothing_ce([[2.0, 1.0, 0.1]], [0])
    np.float64(0.5136966829445002)
    """
    rows, epsilon = labelled(logits, labels), checking.between(smoothing, 0, 1, "smoothing", ends="[]")
    parts = softmax(rows.float64())
    every, score, top = np.arange(len(rows.labels)), rows.float64(), parts.top
    own, own_score = parts.below[every, rows.labels], score[every, rows.labels]
    share = np.array(epsilon / score.shape[1])
    spread = _weigh_below(share, parts.below, top, score).sum(axis=-1)
    spread += _weigh_below(np.array(1 - epsilon), own, top[:, 0], own_score)
    return rows.reduce(spread + np.log1p(parts.rest[:, 0]), reduction)


@gradient_in_blocks
@quiet
def label_smoothing_ce_grad(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    *,
    smoothing: float = 0.1,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `label_smoothing_ce` with respect to ``logits``: (p - t)/N for the mean, else p - t.

    Examples
    --------
    >>> label_smoothing_ce_grad([[0.0, 0.0]], [0])
    array([[-0.45,  0.45]])
    """
    rows, epsilon = labelled(logits, labels), checking.between(smoothing, 0, 1, "smoothing", ends="[]")
    every = np.arange(len(rows.labels))
    parts = softmax(rows.float64())
    # p - 1/K through expm1: it keeps its digits where the logits are nearly equal.
    above_one = np.expm1(-parts.below)
    from_uniform = (above_one - above_one.mean(axis=-1, keepdims=True)) / (1 + parts.rest)
    slopes = (1 - epsilon) * parts.p
    slopes[every, rows.labels] = (epsilon - 1) * parts.q[every, rows.labels]
    slopes += epsilon * from_uniform
    return rows.gradient(np.ones(len(slopes)), slopes, reduction)


def _weigh_below(
    share: Float64Array, below: Float64Array, top: Float64Array, logits: Float64Array
) -> Float64Array:
    """Return share * below, and where below = top - logits overflows, share * top - share * logits."""
    above = np.isposinf(below)
    weighed = weigh(share, below)
    return np.where(above & (share > 0), share * top - share * logits, weighed) if above.any() else weighed


def _with_target(logits: npt.ArrayLike, target: npt.ArrayLike) -> tuple[Rows, Float64Array]:
    """Return rows without labels, and their target distributions in float64, shape (N, K)."""
    scores, shares = logits_array(logits), checking.distributions(target, "target")
    checking.same_shape(scores, "logits", shares, "target")
    rows = scores.reshape(-1, scores.shape[-1])
    unlabelled = Rows(rows, np.empty(0, np.intp), scores.shape, checking.result_type(scores, shares))
    return unlabelled, shares.reshape(rows.shape).astype(np.float64)
