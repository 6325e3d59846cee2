"""Contrastive losses: can an embedding pick its partner out of many candidates?

Each is a cross-entropy whose logits are similarities. An embedding is a vector, and a matrix of shape (N, d)
holds one in each row. Similarities are cosines unless a loss says otherwise, so lengths are free; the cosine
with the zero vector, which has no direction, is 0, and its gradient 0. Values are in nats.

The embeddings of a batch meet each other, so a gradient is that of the whole reduced loss: after a mean it
holds the factor 1/N, and for both "sum" and "none" it is that of the sum. Losses of images and texts are in
`image_text`.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.checking import embeddings, one_per_row, prediction, result_type, same_shape
from solutions.kernels import Directions, cosines, difference_of_units, directions, quiet, tangent
from solutions.reduction import averaged, reduce
from solutions.similarities import Choice, Mask, choose, diagonal, scores, through, two_views
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction


@quiet
def info_nce(
    query: npt.ArrayLike,
    positive: npt.ArrayLike,
    negatives: npt.ArrayLike,
    *,
    temperature: float = 0.07,
    similarity: Literal["cosine", "dot"] = "cosine",
) -> LossValue:
    """Cross-entropy of finding the positive among K candidates, for one query.

    The loss is small when the query is more similar to its positive than to all negatives. The temperature
    says what counts as "more": halving it doubles all logits, and the hardest negatives get nearly all the
    weight.

    Parameters
    ----------
    query, positive : array_like of float, shape (d,)
        Embeddings that belong together.
    negatives : array_like of float, shape (K - 1, d)
        Embeddings that do not belong to the query.
    temperature : float, default 0.07
        Greater than 0; similarities are divided by it. The default is that of MoCo.
    similarity : {"cosine", "dot"}
        Cosine, or the plain dot product.

    Returns
    -------
    float
        The loss of this one query; there is no reduction, as there is nothing to reduce.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or is an integer array.
    ValueError
        If shapes do not fit, there is no negative, temperature is not above 0 or the similarity is unknown.

    Notes
    -----
    Domain: any real vectors. Units: nats.

    Formula: log Σ_j exp(s_j) - s_0, with s_j the similarity with candidate j over the temperature; the
    positive, j = 0, is one of the K terms of the sum. In expectation, log K minus this loss is a lower bound
    of the mutual information, and never more than log K. Cosines keep it above log(1 + (K - 1)
    exp(-2/temperature)).

    Gradient with respect to s: softmax(s)_j, minus 1 at the positive; then the chain rule through s.

    References
    ----------
    van den Oord, Li and Vinyals (2018), Representation Learning with Contrastive Predictive Coding,
    arXiv:1807.03748. He, Fan, Wu, Xie and Girshick (2020), Momentum Contrast (MoCo), CVPR. Poole et al.
    (2019), On Variational Bounds of Mutual Information, ICML.

    Examples
    --------
    >>> info_nce([1.0, 0.0], [2.0, 0.0], [[0.0, 1.0]], temperature=1.0).round(6)
    np.float64(0.313262)
    """
    query_row, candidates, dtype = _one_query(query, positive, negatives)
    score = _query_scores(query_row, candidates, temperature, similarity)
    return dtype(choose(score, _first(score)).losses[0])


@quiet
def info_nce_grad(
    query: npt.ArrayLike,
    positive: npt.ArrayLike,
    negatives: npt.ArrayLike,
    *,
    temperature: float = 0.07,
    similarity: Literal["cosine", "dot"] = "cosine",
) -> tuple[Array, Array, Array]:
    """Gradients of `info_nce` with respect to ``query``, ``positive`` and ``negatives``.

    Examples
    --------
    >>> info_nce_grad([0.0, 1.0], [1.0, 0.0], [[-1.0, 0.0]], temperature=2.0, similarity="dot")
    (array([-0.5,  0. ]), array([-0.  , -0.25]), array([[0.  , 0.25]]))
    """
    query_row, candidates, dtype = _one_query(query, positive, negatives)
    score = _query_scores(query_row, candidates, temperature, similarity)
    slopes = choose(score, _first(score)).slopes / temperature
    if similarity == "dot":
        at_query, at_candidates = slopes @ candidates, slopes.T * query_row
    else:
        one, many = directions(query_row), directions(candidates)
        # The slopes add up to 0, so each negative can be taken relative to the positive.
        relative = difference_of_units(many.unit[1:], many.unit[0])
        at_query = one.over_length(slopes[:, 1:] @ tangent(one.unit, relative))
        at_candidates = many.over_length(slopes.T * tangent(many.unit, one.unit))
    return at_query[0].astype(dtype), at_candidates[0].astype(dtype), at_candidates[1:].astype(dtype)


@quiet
def info_nce_in_batch(
    a: npt.ArrayLike, b: npt.ArrayLike, *, temperature: float = 0.07, reduction: Reduction = "mean"
) -> LossValue:
    """`info_nce` for each row of a, with all rows of b as candidates: K = N, and row i belongs to row i.

    The other pairs of the batch serve as negatives for free. The price: two pairs of the batch that mean the
    same are pushed apart (false negatives), and the loss depends on the batch size: at chance it is log N.

    Parameters
    ----------
    a, b : array_like of float, shape (N, d)
        Embeddings; row i of one belongs to row i of the other.
    temperature : float, default 0.07
        Greater than 0; cosines are divided by it.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the rows of a.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of shape (N,).

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or is an integer array.
    ValueError
        If shapes differ, an array is empty, temperature is not above 0 or the reduction is unknown.

    Notes
    -----
    Domain: any real a, b. Units: nats.

    Formula: log Σ_j exp(s_ij) - s_ii, with s_ij = cos(a_i, b_j)/temperature. One direction only: see `clip`.

    Gradient with respect to s: softmax(s_i)_j, minus 1 at j = i; then the chain rule through the cosine.

    References
    ----------
    Sohn (2016), Improved Deep Metric Learning with Multi-class N-pair Loss Objective, NIPS. van den Oord, Li
    and Vinyals (2018), Representation Learning with Contrastive Predictive Coding, arXiv:1807.03748.

    Examples
    --------
    >>> info_nce_in_batch([[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 3.0]], temperature=1.0).round(6)
    np.float64(0.313262)
    """
    rows, columns, dtype = two_views(a, "a", b, "b")
    score = scores(cosines(rows.unit, columns.unit)) / _checked(temperature)
    return reduce(choose(score, diagonal(score)).losses, reduction, dtype)


@quiet
def info_nce_in_batch_grad(
    a: npt.ArrayLike, b: npt.ArrayLike, *, temperature: float = 0.07, reduction: Reduction = "mean"
) -> tuple[Array, Array]:
    """Gradients of `info_nce_in_batch` with respect to ``a`` and ``b``.

    Examples
    --------
    >>> info_nce_in_batch_grad([[1.0, 0.0]], [[3.0, 4.0]])  # one candidate: nothing to learn
    (array([[0., 0.]]), array([[0., 0.]]))
    """
    rows, columns, dtype = two_views(a, "a", b, "b")
    score = scores(cosines(rows.unit, columns.unit)) / _checked(temperature)
    slopes, count = choose(score, diagonal(score)).slopes / temperature, averaged(reduction, len(score))
    at_a, at_b = through(rows, slopes @ columns.unit), through(columns, slopes.T @ rows.unit)
    return (at_a / count).astype(dtype), (at_b / count).astype(dtype)


@quiet
def nt_xent(z: npt.ArrayLike, *, temperature: float = 0.5, reduction: Reduction = "mean") -> LossValue:
    """SimCLR's loss: each of 2N views must find the other view of its image among the 2N - 1 others.

    Short for normalised temperature-scaled cross-entropy. Both views are anchors in turn, and an anchor is
    never its own candidate.

    Parameters
    ----------
    z : array_like of float, shape (2N, d)
        First the N first views, then the N second views: rows i and i + N belong together.
    temperature, reduction
        As for `info_nce_in_batch`; the default temperature, 0.5, is SimCLR's for CIFAR-10.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of shape (2N,).

    Raises
    ------
    TypeError, ValueError
        As for `info_nce_in_batch`; also if the number of rows is odd.

    Notes
    -----
    Domain: any real z. Units: nats.

    Formula for anchor i with partner j: log Σ_{k≠i} exp(s_ik) - s_ij, with s_ik = cos(z_i, z_k)/temperature;
    one positive and 2N - 2 negatives.

    Gradient: as for `info_nce_in_batch`; each row gets one part as an anchor and one from each other anchor.

    References
    ----------
    Chen, Kornblith, Norouzi and Hinton (2020), A Simple Framework for Contrastive Learning of Visual
    Representations (SimCLR), ICML.

    Examples
    --------
    >>> nt_xent([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 2.0]], temperature=1.0).round(6)
    np.float64(0.551445)
    """
    rows, partners, dtype = _views(z)
    everyone = np.arange(len(partners))
    return reduce(_among_others(rows, everyone, partners, temperature).losses, reduction, dtype)


@quiet
def nt_xent_grad(z: npt.ArrayLike, *, temperature: float = 0.5, reduction: Reduction = "mean") -> Array:
    """Gradient of `nt_xent` with respect to ``z``.

    Examples
    --------
    >>> nt_xent_grad([[1.0, 0.0], [0.6, 0.8]])  # one candidate: nothing to learn
    array([[0., 0.],
           [0., 0.]])
    """
    rows, partners, dtype = _views(z)
    everyone = np.arange(len(partners))
    slopes = _among_others(rows, everyone, partners, temperature).slopes
    gradient = _spread(rows, everyone, slopes / temperature) / averaged(reduction, len(slopes))
    return gradient.astype(dtype)


@quiet
def supcon(
    z: npt.ArrayLike, labels: npt.ArrayLike, *, temperature: float = 0.1, reduction: Reduction = "mean"
) -> LossValue:
    """Supervised contrastive loss: every other embedding with the same label is a positive.

    With two rows for each label it is `nt_xent`. The logarithm is taken of each positive on its own and
    averaged outside (the paper's L_out), which the authors found better than the other way round.

    Parameters
    ----------
    z : array_like of float, shape (N, d)
        Embeddings.
    labels : array_like of int, shape (N,)
        Classes, any integers. An anchor whose label occurs only once has no positive: it is left out of the
        mean but stays a negative of the others. With "none" its loss is 0.
    temperature, reduction
        As for `info_nce_in_batch`; the default temperature, 0.1, is the paper's.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of shape (N,).

    Raises
    ------
    TypeError, ValueError
        As for `info_nce_in_batch`; also if labels are not integers, or no label occurs twice.

    Notes
    -----
    Domain: any real z. Units: nats.

    Formula for anchor i with positives P: the mean over p in P of log Σ_{k≠i} exp(s_ik) - s_ip, with
    s_ik = cos(z_i, z_k)/temperature. All positives are in the sum, so the loss is never below log ``|P|``.

    Gradient with respect to s_i: softmax over k ≠ i, minus 1/``|P|`` at each positive.

    References
    ----------
    Khosla et al. (2020), Supervised Contrastive Learning, NeurIPS.

    Examples
    --------
    >>> supcon([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0], [0.0, 2.0]], [7, 8, 7, 8], temperature=1.0).round(6)
    np.float64(0.551445)
    """
    rows, anchors, partners, dtype = _classes(z, labels)
    losses = _among_others(rows, anchors, partners, temperature).losses
    if reduction == "none":
        anchored = np.zeros(len(rows.unit))
        anchored[anchors] = losses
        losses = anchored
    return reduce(losses, reduction, dtype)


@quiet
def supcon_grad(
    z: npt.ArrayLike, labels: npt.ArrayLike, *, temperature: float = 0.1, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `supcon` with respect to ``z``.

    Examples
    --------
    >>> supcon_grad([[1.0, 0.0], [0.6, 0.8]], [3, 3])  # one candidate: nothing to learn
    array([[0., 0.],
           [0., 0.]])
    """
    rows, anchors, partners, dtype = _classes(z, labels)
    slopes = _among_others(rows, anchors, partners, temperature).slopes
    gradient = _spread(rows, anchors, slopes / temperature) / averaged(reduction, len(slopes))
    return gradient.astype(dtype)


def _among_others(
    rows: Directions, anchors: npt.NDArray[np.intp], partners: Mask, temperature: float
) -> Choice:
    """Let each anchor choose its partners among all other rows."""
    score = scores(
        cosines(rows.unit[anchors], rows.unit), np.arange(len(rows.unit))[None, :] != anchors[:, None]
    )
    return choose(score / _checked(temperature), partners)


def _spread(rows: Directions, anchors: npt.NDArray[np.intp], slopes: Float64Array) -> Float64Array:
    """Return the gradient when rows are both anchors and candidates."""
    pull = slopes.T @ rows.unit[anchors]
    pull[anchors] += slopes @ rows.unit
    return through(rows, pull)


def _first(score: Float64Array) -> Mask:
    return np.asarray(np.arange(score.shape[1])[None, :] == 0)


def _query_scores(
    query: Float64Array, candidates: Float64Array, temperature: float, similarity: str
) -> Float64Array:
    """Return the logits of one query, shape (1, K), as distances from the largest."""
    one, many = directions(query), directions(candidates)
    if similarity == "cosine":
        return scores(cosines(one.unit, many.unit)) / _checked(temperature)
    if similarity != "dot":
        raise ValueError(f"unknown similarity {similarity!r}: use 'cosine' or 'dot'.")
    # Dot products that overflow still have an order and differences: they are taken in units of 2**unit.
    dot = (one.scaled * many.scaled).sum(axis=1) / _checked(temperature)
    power = (one.power + many.power)[:, 0]
    unit = max(0, int(np.max(np.frexp(dot)[1] + power)) - 1000)
    logits = np.ldexp(dot, power - unit)
    return np.asarray(np.ldexp(logits - logits.max(), unit)[None, :])


def _one_query(
    query: npt.ArrayLike, positive: npt.ArrayLike, negatives: npt.ArrayLike
) -> tuple[Float64Array, Float64Array, FloatType]:
    """Return the query as a matrix of one row, the candidates with the positive first, and the dtype."""
    one, mate = prediction(query, "query"), prediction(positive, "positive")
    others = embeddings(negatives, "negatives")
    if one.ndim != 1:
        raise ValueError(f"query has shape {one.shape}, but must have shape (d,): it is a single vector.")
    same_shape(one, "query", mate, "positive")
    if others.shape[1] != one.size:
        raise ValueError(
            f"negatives has shape {others.shape}, but must have shape (K - 1, {one.size}), as query has "
            f"{one.size} components."
        )
    candidates = np.concatenate([mate[None, :], others]).astype(np.float64)
    return one[None, :].astype(np.float64), candidates, result_type(one, mate, others)


def _views(z: npt.ArrayLike) -> tuple[Directions, Mask, FloatType]:
    """Return 2N views, the mask of each one's partner, and the dtype of the result."""
    rows = embeddings(z, "z")
    count = len(rows)
    if count % 2:
        raise ValueError(f"z has {count} rows, but must have 2N: N first views, then the N second views.")
    partner = (np.arange(count) + count // 2) % count
    mask = partner[:, None] == np.arange(count)[None, :]
    return directions(rows.astype(np.float64)), mask, result_type(rows)


def _classes(
    z: npt.ArrayLike, labels: npt.ArrayLike
) -> tuple[Directions, npt.NDArray[np.intp], Mask, FloatType]:
    """Return rows, the anchors that have a positive, the mask of their positives, and the dtype."""
    rows, classes = embeddings(z, "z"), np.asarray(labels)
    if classes.dtype.kind not in "iu":
        raise TypeError(f"labels has dtype {classes.dtype}, but class labels are integers.")
    one_per_row(classes, "labels", rows, "z")
    partners = (classes[:, None] == classes[None, :]) & ~np.eye(len(rows), dtype=bool)
    anchors = np.flatnonzero(partners.any(axis=1))
    if anchors.size == 0:
        raise ValueError("labels holds no label twice, so no row has a positive: draw batches with pairs.")
    return directions(rows.astype(np.float64)), anchors, partners[anchors], result_type(rows)


def _checked(temperature: float) -> float:
    return checking.positive(temperature, "temperature")
