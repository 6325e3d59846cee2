"""Divergences: how far is one probability distribution from another?

Everywhere p is the target and q the model, in this order. A distribution is a row of K probabilities, the
classes on the last axis; one row (K,) works as well as a batch (N, K), and the "mean" is over rows. Values
are in nats. Gradients treat the K numbers q_k as free: on the simplex only their differences count, so a
constant may be added to each row. What is symmetric is in `symmetric_divergences`, and what is Gaussian in
`gaussian_divergences`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.distributions import against_logits, compared, distributions
from solutions.kernels import quiet, softmax, sum_of_others, weigh
from solutions.log_ratios import SoftmaxPair, exact_sum, kl_terms, log_shares, softmax_pair
from solutions.reduction import averaged, reduce
from solutions.types import Array, FloatType, LossValue, Reduction


@quiet
def kl(p: npt.ArrayLike, q: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Kullback-Leibler divergence of the model q from the target p.

    The extra nats that it costs to expect q where p rules. As an objective for q it is cross-entropy without
    the entropy of p, so its least value is 0; it covers p: whatever p does, q may not call impossible.

    Parameters
    ----------
    p, q : array_like of float, shape (N, K) or (K,)
        Target and model; the numbers of each row lie between 0 and 1 and add up to 1.
    reduction : {"mean", "sum", "none"}
        What becomes of the divergences of the rows.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array with one divergence per row.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers.
    ValueError
        If the shapes differ, a row is no distribution, the batch is empty or the reduction is unknown.

    Notes
    -----
    Domain: distributions. Units: nats; divide by log 2 for bits.

    Formula: Σ p log(p/q), with 0 log 0 = 0, and infinite where q = 0 < p. It is never negative (Gibbs), but
    for the rounding of inputs that do not add up to exactly 1: their value here is that of the numbers as
    given.

    Gradient: -p/q with respect to q, and that over N after the mean; 0 where p = 0.

    References
    ----------
    Kullback and Leibler (1951), On Information and Sufficiency, Annals of Mathematical Statistics 22.

    Examples
    --------
    >>> kl([0.5, 0.5], [0.9, 0.1]).round(6)
    np.float64(0.510826)
    >>> kl([[0.0, 1.0], [0.5, 0.5]], [[0.25, 0.75], [1.0, 0.0]], reduction="none")
    array([0.28768207,        inf])
    """
    rows = distributions(p, q)
    values = kl_terms(rows.p, rows.q).sum(axis=-1) + exact_sum(rows.p, -rows.q)
    return reduce(values, reduction, rows.dtype)


@quiet
def kl_grad(p: npt.ArrayLike, q: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `kl` with respect to ``q``: -p/(qN) for the mean, else -p/q.

    Examples
    --------
    >>> kl_grad([0.5, 0.5], [0.8, 0.2])
    array([-0.625, -2.5  ])
    """
    rows = distributions(p, q)
    return rows.gradient(np.where(rows.p == 0, 0.0, -rows.p / rows.q), reduction)


@quiet
def kl_logits(p: npt.ArrayLike, logits: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Kullback-Leibler divergence of softmax(logits) from the target p.

    `kl` for a model that hands out logits: nothing overflows, no probability rounds to 0, and the gradient is
    bounded. It differs from `soft_cross_entropy` by the entropy of p alone, so it has the same gradient.

    Parameters
    ----------
    p : array_like of float, shape (N, K) or (K,)
        Targets; each row adds up to 1.
    logits : array_like of float, of the same shape
        Scores of the classes; -inf masks a class.
    reduction
        As for `kl`.

    Returns
    -------
    float or ndarray
        As for `kl`.

    Raises
    ------
    TypeError, ValueError
        As for `kl`; integer arrays of logits are refused.

    Notes
    -----
    Domain: distributions p, any real logits. Units: nats.

    Formula: Σ p (log p - log softmax(z)); infinite if a class that p allows is masked.

    Gradient: softmax(z) - p, and that over N after the mean.

    References
    ----------
    Kullback and Leibler (1951), On Information and Sufficiency, Annals of Mathematical Statistics 22. Bridle
    (1990), Probabilistic Interpretation of Feedforward Classification Network Outputs.

    Examples
    --------
    >>> kl_logits([0.5, 0.5], [1000.0, -1000.0])
    np.float64(999.3068528194401)
    """
    rows = against_logits(p, logits)
    pair = softmax_pair(log_shares(rows.p), rows.q)
    excess = rows.excess()
    # With p = (1 + e) times a distribution, Σ p log(p/q) is (1 + e) (its divergence + log(1 + e)).
    return reduce((1 + excess) * (pair.kl() + np.log1p(excess)), reduction, rows.dtype)


@quiet
def kl_logits_grad(p: npt.ArrayLike, logits: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `kl_logits` with respect to ``logits``: softmax(z) - p, over N for the mean.

    Examples
    --------
    >>> kl_logits_grad([0.5, 0.5], [1000.0, -1000.0])
    array([ 0.5, -0.5])
    """
    rows = against_logits(p, logits)
    slopes = softmax_pair(log_shares(rows.p), rows.q).difference()
    return rows.gradient((1 + rows.excess()[..., None]) * slopes, reduction)


@quiet
def reverse_kl_logits(p: npt.ArrayLike, logits: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Kullback-Leibler divergence the other way round: of the target p from softmax(logits).

    The average is over the model's own choices, so what p does elsewhere goes unpunished, while mass where
    p has next to none is dear: a model too simple for p tends to settle on a part of it. Variational
    inference and the KL penalty of fine-tuned language models use this direction.

    Parameters
    ----------
    p, logits, reduction
        As for `kl_logits`.

    Returns
    -------
    float or ndarray
        As for `kl`.

    Raises
    ------
    TypeError, ValueError
        As for `kl_logits`.

    Notes
    -----
    Domain: distributions p, any real logits. Units: nats.

    Formula: Σ q (log q - log p) with q = softmax(z); infinite if q gives a class with p = 0 any mass.

    Gradient: q (log(q/p) - L) with the loss L, and that over N after the mean. Where the loss is infinite
    it is the limit for p tending to 0: inf at the classes with p = 0, -inf at the others, 0 where q = 0.

    References
    ----------
    Jordan, Ghahramani, Jaakkola and Saul (1999), An Introduction to Variational Methods for Graphical Models,
    Machine Learning 37. Minka (2005), Divergence Measures and Message Passing, MSR-TR-2005-173.

    Examples
    --------
    >>> reverse_kl_logits([0.5, 0.5], [1000.0, -1000.0])
    np.float64(0.6931471805599453)
    """
    rows = against_logits(p, logits)
    values = softmax_pair(rows.q, log_shares(rows.p)).kl() - np.log1p(rows.excess())
    return reduce(values, reduction, rows.dtype)


@quiet
def reverse_kl_logits_grad(
    p: npt.ArrayLike, logits: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `reverse_kl_logits` with respect to ``logits``: q (log(q/p) - L), over N for the mean.

    Examples
    --------
    >>> reverse_kl_logits_grad([0.2, 0.8], [0.0, 0.0])
    array([ 0.34657359, -0.34657359])
    """
    rows = against_logits(p, logits)
    pair = softmax_pair(rows.q, log_shares(rows.p))
    q, x = pair.p, pair.log_ratio
    # x - L with L = Σ q x, where the q of a sure row would leave nothing: its own x counts 1 - q times.
    lead = weigh(softmax(rows.q).q, x) - sum_of_others(weigh(q, x))
    forbidden = np.where(rows.p == 0, np.inf, -np.inf)
    infinite = np.isinf(pair.kl())[..., None]
    return rows.gradient(weigh(q, np.where(infinite, forbidden, lead)), reduction)


@quiet
def distillation_kl(
    student: npt.ArrayLike,
    teacher: npt.ArrayLike,
    *,
    temperature: float = 1.0,
    reduction: Reduction = "mean",
) -> LossValue:
    """Divergence of a student's softmax from its teacher's, both at a temperature T, times T².

    A high temperature shows the student what the teacher thinks of the wrong classes. It also shrinks the
    gradient by 1/T², which the factor T² makes up for, so that the weight of the loss need not follow T.

    Parameters
    ----------
    student : array_like of float, shape (N, K) or (K,)
        Logits of the model that learns.
    teacher : array_like of float, of the same shape
        Logits of the model that is copied; they are constants.
    temperature : float, default 1.0
        What the logits are divided by, greater than 0. Hinton and his co-authors used 2 to 20.
    reduction
        As for `kl`.

    Returns
    -------
    float or ndarray
        As for `kl`.

    Raises
    ------
    TypeError, ValueError
        As for `kl_logits`; also if the temperature is not a finite number greater than 0.

    Notes
    -----
    Domain: any real logits, T > 0. Units: nats.

    Formula: T² KL(softmax(teacher/T) ‖ softmax(student/T)). As T grows it tends to half the variance, over
    the classes, of the difference of the logits.

    Gradient: T (softmax(student/T) - softmax(teacher/T)), and that over N after the mean.

    References
    ----------
    Hinton, Vinyals and Dean (2015), Distilling the Knowledge in a Neural Network, arXiv:1503.02531.

    Examples
    --------
    >>> distillation_kl([[0.0, 0.0]], [[200.0, -200.0]], temperature=2.0)
    np.float64(2.772588722239781)
    >>> distillation_kl([1.0, 0.0], [0.0, 0.0], temperature=1e6).round(6)
    np.float64(0.125)
    """
    pair, temperature, dtype = _tempered(student, teacher, temperature)
    return reduce(pair.kl(temperature), reduction, dtype)


@quiet
def distillation_kl_grad(
    student: npt.ArrayLike,
    teacher: npt.ArrayLike,
    *,
    temperature: float = 1.0,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `distillation_kl` with respect to ``student``: T (q - p), over N for the mean.

    Examples
    --------
    >>> distillation_kl_grad([[0.0, 0.0]], [[200.0, -200.0]], temperature=2.0)
    array([[-1.,  1.]])
    """
    pair, temperature, dtype = _tempered(student, teacher, temperature)
    rows = averaged(reduction, pair.q[..., 0].size)
    return np.asarray(temperature * pair.difference() / rows, dtype=dtype)


def _tempered(
    student: npt.ArrayLike, teacher: npt.ArrayLike, temperature: float
) -> tuple[SoftmaxPair, float, FloatType]:
    temperature = checking.positive(temperature, "temperature")
    rows = compared(
        checking.prediction(teacher, "teacher"), "teacher", checking.prediction(student, "student"), "student"
    )
    # Each row is counted from its largest logit before the division, which then rounds small numbers only.
    p, q = (-softmax(logits).below / temperature for logits in (rows.p, rows.q))
    return softmax_pair(p, q), temperature, rows.dtype
