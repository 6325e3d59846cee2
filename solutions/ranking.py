"""Ranking losses: what counts is the order of the scores, not their size.

A higher score means a better place. All losses here look at differences of scores alone, so that a constant
added to every score of a list changes nothing. The pairwise losses take two arrays of scores of any shape,
and their "mean" is over all pairs. The listwise losses take lists of K items on the last axis, and their
"mean" is over lists.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.kernels import difference, quiet, sigmoid, softmax, softplus, weigh
from solutions.log_ratios import softmax_pair
from solutions.reduction import averaged, reduce, scale, terms
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction


@quiet
def margin_ranking(
    s1: npt.ArrayLike,
    s2: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    margin: float = 0.0,
    reduction: Reduction = "mean",
) -> LossValue:
    """Hinge on the difference of two scores: the right one must lead by a margin.

    Pairs in the right order, with room to spare, cost nothing and teach nothing. With the default margin 0,
    as in PyTorch, a model that scores everything alike is perfect: choose a margin above 0.

    Parameters
    ----------
    s1, s2 : array_like of float
        Scores of the two items of each pair, of one shape (any shape).
    y_true : array_like of int or float, of the same shape
        +1 where the first should rank higher, -1 where the second should.
    margin : float, default 0.0
        The lead that is asked for, in the units of the scores; 0 or more.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the pairs.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``s1``.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or scores are an integer array.
    ValueError
        If the shapes differ, a label is neither -1 nor +1, the margin is negative, an array is empty or the
        reduction is unknown.

    Notes
    -----
    Domain: any real scores, labels -1 and +1, margin >= 0. Units: those of the scores.

    Formula: max(0, margin - y (s1 - s2)).

    Gradient: -y for s1 and y for s2 where the loss is positive, else 0, also at the kink; over N after the
    mean.

    References
    ----------
    Herbrich, Graepel and Obermayer (2000), Large Margin Rank Boundaries for Ordinal Regression. Joachims
    (2002), Optimizing Search Engines Using Clickthrough Data, KDD.

    Examples
    --------
    >>> margin_ranking([0.25, 2.0], [0.0, 0.5], [1, -1], margin=0.5, reduction="none")
    array([0.25, 2.  ])
    """
    hinge, _, unit, dtype = _hinge(s1, s2, y_true, margin, reduction)
    return reduce(hinge, reduction, dtype, factor=unit)


@quiet
def margin_ranking_grad(
    s1: npt.ArrayLike,
    s2: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    margin: float = 0.0,
    reduction: Reduction = "mean",
) -> tuple[Array, Array]:
    """Gradients of `margin_ranking` with respect to ``s1`` and ``s2``: -y and y where a pair costs something.

    Examples
    --------
    >>> margin_ranking_grad([0.25, 2.0], [0.0, 0.5], [1, 1], margin=0.5)
    (array([-0.5,  0. ]), array([0.5, 0. ]))
    """
    hinge, label, _, dtype = _hinge(s1, s2, y_true, margin, reduction)
    slopes = scale(label * np.sign(hinge), reduction, dtype)
    return 0 - slopes, slopes


@quiet
def pairwise_logistic(
    s_pos: npt.ArrayLike, s_neg: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> LossValue:
    """Logistic loss of the difference of two scores: how surprising is it that the first one won?

    The loss of RankNet, of Bayesian personalised ranking and, as the Bradley-Terry model of preferences, of
    reward models. Unlike a hinge it never stops pulling, but with a lead of 5 it pulls with less than 1 %.

    Parameters
    ----------
    s_pos, s_neg : array_like of float
        Scores of the winner and the loser of each pair, of one shape (any shape).
    reduction
        As for `margin_ranking`.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``s_pos``.

    Raises
    ------
    TypeError, ValueError
        As for `margin_ranking`.

    Notes
    -----
    Domain: any real scores. Units: nats; scores are log-odds.

    Formula: log(1 + exp(-(s_pos - s_neg))), the negative log-likelihood of P(win) = sigmoid(s_pos - s_neg).

    Gradient: -sigmoid(s_neg - s_pos) for the winner, its opposite for the loser; over N after the mean.

    References
    ----------
    Bradley and Terry (1952), Rank Analysis of Incomplete Block Designs, Biometrika 39. Burges et al. (2005),
    Learning to Rank Using Gradient Descent, ICML. Rendle et al. (2009), BPR, UAI.

    Examples
    --------
    >>> pairwise_logistic([40.0, -1000.0], [0.0, 1000.0], reduction="none")
    array([4.24835426e-18, 2.00000000e+03])
    """
    lead, unit, dtype = _lead(s_pos, "s_pos", s_neg, "s_neg", reduction)
    # softplus(-lead) in the unit of the lead, as in `kernels.softplus`.
    values = np.maximum(-lead, 0) + np.log1p(np.exp(-np.abs(lead) * unit)) / unit
    return reduce(values, reduction, dtype, factor=unit)


@quiet
def pairwise_logistic_grad(
    s_pos: npt.ArrayLike, s_neg: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> tuple[Array, Array]:
    """Gradients of `pairwise_logistic` with respect to ``s_pos`` and ``s_neg``: -σ and σ of s_neg - s_pos.

    Examples
    --------
    >>> pairwise_logistic_grad([1.0, -1000.0], [1.0, 1000.0])
    (array([-0.25, -0.5 ]), array([0.25, 0.5 ]))
    """
    lead, unit, dtype = _lead(s_pos, "s_pos", s_neg, "s_neg", reduction)
    slopes = scale(sigmoid(-lead * unit), reduction, dtype)
    return -slopes, slopes


@quiet
def listnet(scores: npt.ArrayLike, relevance: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Cross-entropy between the softmax of the relevances and the softmax of the scores of a list.

    Both softmaxes are probabilities of taking the first place. A list whose relevances are nearly equal
    thus asks for equal scores, and its least loss is the entropy of the relevances, not 0.

    Parameters
    ----------
    scores : array_like of float, shape (N, K) or (K,)
        Scores of the K items of each list; -inf takes an item out.
    relevance : array_like of float, of the same shape
        How good each item is, on the scale of a logit; -inf takes an item out.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the lists.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array with one loss per list.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or scores are an integer array.
    ValueError
        If the shapes differ, an array is empty or a single number, or the reduction is unknown.

    Notes
    -----
    Domain: any real scores and relevances. Units: nats.

    Formula: -Σ softmax(relevance) log softmax(scores).

    Gradient: softmax(scores) - softmax(relevance), and that over N after the mean.

    References
    ----------
    Cao, Qin, Liu, Tsai and Li (2007), Learning to Rank: From Pairwise Approach to Listwise Approach, ICML.

    Examples
    --------
    >>> listnet([0.0, 0.0, 0.0], [3.0, 1.0, 0.0])
    np.float64(1.0986122886681098)
    """
    scored, relevant, dtype = _listed(scores, relevance)
    parts = softmax(scored)
    values = weigh(softmax(relevant).p, parts.below + np.log1p(parts.rest)).sum(axis=-1)
    return reduce(values, reduction, dtype)


@quiet
def listnet_grad(scores: npt.ArrayLike, relevance: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `listnet` with respect to ``scores``: softmax(scores) - softmax(relevance), over N.

    Examples
    --------
    >>> listnet_grad([0.0, 0.0], [np.log(3.0), 0.0])
    array([-0.25,  0.25])
    """
    scored, relevant, dtype = _listed(scores, relevance)
    slopes = softmax_pair(relevant, scored).difference()
    return np.asarray(slopes / averaged(reduction, slopes[..., 0].size), dtype=dtype)


@quiet
def listmle(scores: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Surprise at a whole ranking, if each place is given to one of the remaining items by a softmax.

    The first place is a softmax over all items, the second over all but the winner, and so on: the model of
    Plackett and Luce. Every place weighs the same, the last ones as much as the first.

    Parameters
    ----------
    scores : array_like of float, shape (N, K) or (K,)
        Scores of the K items of each list **in the true order**, the best item first.
    reduction
        As for `listnet`.

    Returns
    -------
    float or ndarray
        As for `listnet`.

    Raises
    ------
    TypeError, ValueError
        As for `listnet`.

    Notes
    -----
    Domain: any real scores. Units: nats. The loss of a list in random order is about log K!, so it grows
    with K.

    Formula: Σ_i (log Σ_{j>=i} exp(s_j) - s_i).

    Gradient: for item j the sum, over the places i <= j, of its share in the softmax there, minus 1 (the last
    item, which is certain of its place, has its 1 in the sum too); over N after the mean.

    Computed from the last place to the first: a_i = softplus(a_{i+1} + s_{i+1} - s_i) is the loss of place i.

    References
    ----------
    Plackett (1975), The Analysis of Permutations, Applied Statistics 24. Xia, Liu, Wang, Zhang and Li (2008),
    Listwise Approach to Learning to Rank: Theory and Algorithm, ICML.

    Examples
    --------
    >>> listmle([0.0, 0.0, 0.0])  # log 3!
    np.float64(1.791759469228055)
    >>> listmle([-400.0, 0.0, 400.0])
    np.float64(1200.0)
    """
    places, dtype = _ordered(scores)
    odds = _odds_against_places(places)
    return reduce(softplus(odds).sum(axis=-1), reduction, dtype)


@quiet
def listmle_grad(scores: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `listmle` with respect to ``scores``: places expected minus places won, over N.

    Examples
    --------
    >>> listmle_grad([-400.0, 0.0, 400.0])
    array([-1., -1.,  2.])
    """
    places, dtype = _ordered(scores)
    odds = _odds_against_places(places)
    lost, won = sigmoid(odds), sigmoid(-odds)
    slopes = np.zeros_like(places)
    # What the places before i put on the items from i on: at each place, that much is shared by a softmax
    # again.
    hoped = np.zeros(places.shape[:-1])
    for i in range(places.shape[-1] - 1):
        slopes[..., i] = hoped * won[..., i] - lost[..., i]
        hoped = (1 + hoped) * lost[..., i]
    slopes[..., -1] = hoped
    return np.asarray(slopes / averaged(reduction, hoped.size), dtype=dtype)


def _lead(
    first: npt.ArrayLike, first_name: str, second: npt.ArrayLike, second_name: str, reduction: Reduction
) -> tuple[Float64Array, float, FloatType]:
    """Return the difference of two arrays of scores, its unit and the dtype of the result."""
    a, b = checking.prediction(first, first_name), checking.prediction(second, second_name)
    checking.same_shape(a, first_name, b, second_name)
    return *difference(a, b, terms=terms(reduction, a.size)), checking.result_type(a, b)


def _hinge(
    s1: npt.ArrayLike, s2: npt.ArrayLike, y_true: npt.ArrayLike, margin: float, reduction: Reduction
) -> tuple[Float64Array, Float64Array, float, FloatType]:
    """Return the hinge of each pair, the labels, the unit of the hinge and the dtype of the result."""
    margin = checking.at_least(margin, 0, "margin")
    lead, unit, dtype = _lead(s1, "s1", s2, "s2", reduction)
    label = checking.signs(y_true, "y_true")
    checking.same_shape(lead, "s1", label, "y_true")
    if label.dtype != np.float32:
        dtype = np.float64
    return np.maximum(margin / unit - label * lead, 0), label.astype(np.float64), unit, dtype


def _listed(scores: npt.ArrayLike, relevance: npt.ArrayLike) -> tuple[Float64Array, Float64Array, FloatType]:
    scored, relevant = checking.prediction(scores, "scores"), checking.target(relevance, "relevance")
    checking.same_shape(scored, "scores", relevant, "relevance")
    _refuse_single(scored)
    return scored.astype(np.float64), relevant.astype(np.float64), checking.result_type(scored, relevant)


def _ordered(scores: npt.ArrayLike) -> tuple[Float64Array, FloatType]:
    scored = checking.prediction(scores, "scores")
    _refuse_single(scored)
    return scored.astype(np.float64), checking.result_type(scored)


def _refuse_single(scores: Array) -> None:
    if scores.ndim == 0:
        raise ValueError("scores is a single number: a list has one score for each item, shape (N, K).")


def _odds_against_places(places: Float64Array) -> Float64Array:
    """Return log Σ_{j>i} exp(s_j) - s_i for each place i but the last: the odds against its item."""
    steps = np.diff(places, axis=-1)
    odds = np.empty_like(steps)
    later = np.zeros(places.shape[:-1])
    for i in reversed(range(steps.shape[-1])):
        odds[..., i] = later + steps[..., i]
        later = softplus(odds[..., i])
    return odds
