"""Losses that align a language model with preferences and rewards.

A policy gives each answer a log-probability: the sum over its tokens, in nats. These losses compare it with
that of a frozen copy, the reference or the policy before the update. Rounding matters here: sums of thousands
of tokens are large, and what counts are their differences, so keep them in float32 at least.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions.checking import between, positive, prediction, result_type, same_shape, target
from solutions.kernels import excess, quiet, rounding_error, sigmoid, softplus, weigh
from solutions.reduction import reduce, scale
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction


@quiet
def dpo(
    logp_chosen: npt.ArrayLike,
    logp_rejected: npt.ArrayLike,
    ref_chosen: npt.ArrayLike,
    ref_rejected: npt.ArrayLike,
    *,
    beta: float = 0.1,
    reduction: Reduction = "mean",
) -> LossValue:
    """Direct preference optimisation: a logistic loss on which of two answers the policy has come to prefer.

    It fits a policy to pairs of a chosen and a rejected answer without a reward model: β times the change of
    the log-probability against the reference plays the reward. It starts at log 2 = 0.693.

    Parameters
    ----------
    logp_chosen, logp_rejected : array_like of float
        Log-probabilities of the chosen and the rejected answers under the policy, of one shape.
    ref_chosen, ref_rejected : array_like of float
        The same under the frozen reference.
    beta : float, default 0.1
        How strongly the policy is held to the reference; finite, greater than 0.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the pairs.

    Returns
    -------
    float or ndarray
        A number, or with "none" one loss for each pair.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or holds integers that could wrap round.
    ValueError
        If shapes differ, an array is empty, beta is not greater than 0 or the reduction is unknown.

    Notes
    -----
    Domain: any real numbers, beta > 0; log-probabilities of texts are at most 0. Units: nats.

    Formula: -log σ(βh) with h = (logp_chosen - ref_chosen) - (logp_rejected - ref_rejected).

    Gradients: -β σ(-βh) for logp_chosen and the opposite for logp_rejected; over N after the mean. Only the
    difference counts: both log-probabilities may fall together.

    References
    ----------
    Rafailov, Sharma, Mitchell, Ermon, Manning and Finn (2023), Direct Preference Optimization: Your Language
    Model Is Secretly a Reward Model, NeurIPS, arXiv:2305.18290.

    Examples
    --------
    >>> dpo([-10.0, -10.0], [-11.0, -11.0], [-10.0, -12.0], [-11.0, -10.0], beta=0.5, reduction="none")
    array([0.69314718, 0.20141328])
    """
    h, dtype = _preference(logp_chosen, logp_rejected, ref_chosen, ref_rejected)
    return reduce(softplus(-positive(beta, "beta") * h), reduction, dtype)


@quiet
def dpo_grad(
    logp_chosen: npt.ArrayLike,
    logp_rejected: npt.ArrayLike,
    ref_chosen: npt.ArrayLike,
    ref_rejected: npt.ArrayLike,
    *,
    beta: float = 0.1,
    reduction: Reduction = "mean",
) -> tuple[Array, Array]:
    """Gradients of `dpo` with respect to ``logp_chosen`` and ``logp_rejected``.

    Examples
    --------
    >>> dpo_grad([-10.0], [-11.0], [-10.0], [-11.0], beta=0.5)
    (array([-0.25]), array([0.25]))
    """
    h, dtype = _preference(logp_chosen, logp_rejected, ref_chosen, ref_rejected)
    beta = positive(beta, "beta")
    slopes = scale(-beta * sigmoid(-beta * h), reduction, dtype)
    return slopes, -slopes


@quiet
def ipo(
    logp_chosen: npt.ArrayLike,
    logp_rejected: npt.ArrayLike,
    ref_chosen: npt.ArrayLike,
    ref_rejected: npt.ArrayLike,
    *,
    beta: float = 0.1,
    reduction: Reduction = "mean",
) -> LossValue:
    """Identity preference optimisation: `dpo` with a target to reach, not a direction to run in.

    Where all annotators agree, `dpo` pushes h to infinity and forgets the reference. Here h is drawn to
    1/(2β) by a squared loss, and stops.

    Parameters
    ----------
    logp_chosen, logp_rejected, ref_chosen, ref_rejected, reduction
        As for `dpo`.
    beta : float, default 0.1
        How strongly the policy is held to the reference (τ in the paper); finite, greater than 0.

    Returns
    -------
    float or ndarray
        As for `dpo`.

    Raises
    ------
    TypeError, ValueError
        As for `dpo`.

    Notes
    -----
    Domain: any real numbers, beta > 0. Units: nats, squared.

    Formula: (h - 1/(2β))², with h as for `dpo`.

    Gradients: 2 (h - 1/(2β)) for logp_chosen and the opposite for logp_rejected; over N after the mean.

    References
    ----------
    Azar, Rowland, Piot, Guo, Calandriello, Valko and Munos (2024), A General Theoretical Paradigm to
    Understand Learning from Human Preferences, AISTATS, arXiv:2310.12036.

    Examples
    --------
    >>> ipo([-10.0, -10.0], [-11.0, -11.0], [-10.0, -12.0], [-11.0, -10.0], beta=0.25, reduction="none")
    array([4., 1.])
    """
    h, dtype = _preference(logp_chosen, logp_rejected, ref_chosen, ref_rejected)
    return reduce(np.square(h - 0.5 / positive(beta, "beta")), reduction, dtype)


@quiet
def ipo_grad(
    logp_chosen: npt.ArrayLike,
    logp_rejected: npt.ArrayLike,
    ref_chosen: npt.ArrayLike,
    ref_rejected: npt.ArrayLike,
    *,
    beta: float = 0.1,
    reduction: Reduction = "mean",
) -> tuple[Array, Array]:
    """Gradients of `ipo` with respect to ``logp_chosen`` and ``logp_rejected``.

    Examples
    --------
    >>> ipo_grad([-10.0], [-11.0], [-12.0], [-10.0], beta=0.25)
    (array([2.]), array([-2.]))
    """
    h, dtype = _preference(logp_chosen, logp_rejected, ref_chosen, ref_rejected)
    slopes = scale(h - 0.5 / positive(beta, "beta"), reduction, dtype, factor=2)
    return slopes, -slopes


@quiet
def ppo_clip(
    logp: npt.ArrayLike,
    logp_old: npt.ArrayLike,
    advantage: npt.ArrayLike,
    *,
    clip: float = 0.2,
    reduction: Reduction = "mean",
) -> LossValue:
    """Clipped surrogate of proximal policy optimisation, with the sign of a loss.

    It makes actions with a positive advantage likelier and others less likely, but gains nothing by moving
    their probability by more than the fraction ``clip`` from what it was when the data were sampled.

    Parameters
    ----------
    logp, logp_old : array_like of float
        Log-probabilities of the sampled actions (for texts: tokens), now and when they were sampled.
    advantage : array_like of float
        By how much each action did better than expected; of the same shape.
    clip : float, default 0.2
        How far the ratio of probabilities may usefully move from 1, strictly between 0 and 1.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the actions.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``logp``.

    Raises
    ------
    TypeError, ValueError
        As for `dpo`; also if clip does not lie between 0 and 1.

    Notes
    -----
    Domain: any real numbers, 0 < clip < 1. Units: those of the advantage.

    Formula: -min(ρA, clip(ρ, 1-ε, 1+ε) A) with the ratio ρ = exp(logp - logp_old). It is a device for the
    gradient, not a measure of success: at ρ = 1 it is -A. There is no KL term in it.

    Gradient: -ρA, and 0 once ρ has moved by ε in the direction that A asks for; over N after the mean. In the
    other direction nothing is clipped, so that a mistake can be undone.

    References
    ----------
    Schulman, Wolski, Dhariwal, Radford and Klimov (2017), Proximal Policy Optimization Algorithms,
    arXiv:1707.06347.

    Examples
    --------
    >>> ppo_clip([-1.0, -1.0, -1.0], [-1.0, -2.0, -2.0], [2.0, 2.0, -2.0], reduction="none")
    array([-2.        , -2.4       ,  5.43656366])
    """
    ratio, gain, clip, dtype = _ratio(logp, logp_old, advantage, clip)
    useful = np.where(gain > 0, np.minimum(ratio, 1 + clip), np.maximum(ratio, 1 - clip))
    return reduce(-weigh(gain, useful), reduction, dtype)


@quiet
def ppo_clip_grad(
    logp: npt.ArrayLike,
    logp_old: npt.ArrayLike,
    advantage: npt.ArrayLike,
    *,
    clip: float = 0.2,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `ppo_clip` with respect to ``logp``: -ρA, or 0 where clipped, over N for the mean.

    Examples
    --------
    >>> ppo_clip_grad([-1.0, -1.0, -1.0], [-1.0, -2.0, -2.0], [2.0, 2.0, -2.0], reduction="none")
    array([-2.        ,  0.        ,  5.43656366])
    """
    ratio, gain, clip, dtype = _ratio(logp, logp_old, advantage, clip)
    clipped = np.where(gain > 0, ratio >= 1 + clip, (gain < 0) & (ratio <= 1 - clip))
    return scale(np.where(clipped, 0.0, -weigh(gain, ratio)), reduction, dtype)


@quiet
def kl_k3(logp: npt.ArrayLike, logp_ref: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Estimate of the KL divergence of a policy from its reference, from samples: Schulman's k3.

    The penalty in group relative policy optimisation (GRPO). Over samples of the policy its mean is the KL
    divergence, it is never negative, and it scatters less than the plain logarithm of the ratio.

    Parameters
    ----------
    logp, logp_ref : array_like of float
        Log-probabilities of the sampled actions under the policy and under the reference, of one shape.
    reduction
        As for `ppo_clip`.

    Returns
    -------
    float or ndarray
        As for `ppo_clip`.

    Raises
    ------
    TypeError, ValueError
        As for `ppo_clip`.

    Notes
    -----
    Domain: any real numbers. Units: nats.

    Formula: exp(d) - 1 - d with d = logp_ref - logp. Near 0 it is about d²/2, and a power series keeps its
    digits.

    Gradient: 1 - exp(d), and that over N after the mean. Its mean over samples of the policy is *not* the
    gradient of the KL divergence, since the samples depend on the policy too.

    References
    ----------
    Schulman (2020), Approximating KL Divergence, joschu.net/blog/kl-approx.html. Shao and others (2024),
    DeepSeekMath, arXiv:2402.03300.

    Examples
    --------
    >>> kl_k3([-1.0, -1.0], [-2.0, 0.0], reduction="none")
    array([0.36787944, 0.71828183])
    """
    d, _, dtype = _log_ratio(logp, logp_ref, "logp_ref")
    return reduce(excess(d), reduction, dtype)


@quiet
def kl_k3_grad(logp: npt.ArrayLike, logp_ref: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `kl_k3` with respect to ``logp``: 1 - exp(d), over N for the mean.

    Examples
    --------
    >>> kl_k3_grad([-1.0, -1.0], [-2.0, 0.0], reduction="none")
    array([ 0.63212056, -1.71828183])
    """
    d, _, dtype = _log_ratio(logp, logp_ref, "logp_ref")
    return scale(-np.expm1(d), reduction, dtype)


def _preference(
    logp_chosen: npt.ArrayLike,
    logp_rejected: npt.ArrayLike,
    ref_chosen: npt.ArrayLike,
    ref_rejected: npt.ArrayLike,
) -> tuple[Float64Array, FloatType]:
    """Return by how much more the policy favours the chosen answer than the reference does, and the dtype."""
    chosen, rejected = prediction(logp_chosen, "logp_chosen"), prediction(logp_rejected, "logp_rejected")
    others = {
        "ref_chosen": target(ref_chosen, "ref_chosen"),
        "ref_rejected": target(ref_rejected, "ref_rejected"),
    }
    for name, array in {"logp_rejected": rejected, **others}.items():
        same_shape(chosen, "logp_chosen", array, name)
    towards, lost_towards = _exact_difference(chosen, others["ref_chosen"])
    away, lost_away = _exact_difference(rejected, others["ref_rejected"])
    h, lost = _exact_difference(towards, away)
    return h + (lost + (lost_towards - lost_away)), result_type(chosen, rejected, *others.values())


def _ratio(
    logp: npt.ArrayLike, logp_old: npt.ArrayLike, advantage: npt.ArrayLike, clip: float
) -> tuple[Float64Array, Float64Array, float, FloatType]:
    """Return the ratio of the probabilities, the advantages, the clip and the dtype of the result."""
    d, lost, dtype = _log_ratio(logp, logp_old, "logp_old")
    gain = target(advantage, "advantage")
    same_shape(d, "logp", gain, "advantage")
    dtype = result_type(gain) if dtype is np.float32 else dtype
    return np.exp(-d) * (1 - lost), gain.astype(np.float64), between(clip, 0, 1, "clip"), dtype


def _log_ratio(
    logp: npt.ArrayLike, other: npt.ArrayLike, name: str
) -> tuple[Float64Array, Float64Array, FloatType]:
    """Return other - logp, what rounding took off it, and the dtype of the result."""
    policy, frozen = prediction(logp, "logp"), target(other, name)
    same_shape(policy, "logp", frozen, name)
    return *_exact_difference(frozen, policy), result_type(policy, frozen)


def _exact_difference(a: Array, b: Array) -> tuple[Float64Array, Float64Array]:
    """Return a - b in float64 and what rounding took off it: sums of many tokens are large, and cancel."""
    rounded = np.asarray(np.subtract(a, b, dtype=np.float64))
    return rounded, rounding_error(a, b, rounded)
