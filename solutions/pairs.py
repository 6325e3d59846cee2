"""Losses that say of two or three embeddings how far apart they should be.

An embedding is a vector, z, and a matrix of shape (N, d) holds one in each row. Each row of the arguments
gives one loss, and ``reduction`` says what becomes of the N losses. Distances are Euclidean, and never
squared unless a loss says so. Gradients come for each embedding, in the order of the arguments; where a
distance is 0 it has no direction, and its slope is taken as 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solutions.checking import (
    at_least,
    between,
    binary,
    embeddings,
    flag,
    one_per_row,
    result_type,
    same_shape,
    signs,
)
from solutions.kernels import (
    Directions,
    difference_of_units,
    directions,
    one_minus_cosine,
    quiet,
    rounding_error,
    tangent,
)
from solutions.reduction import averaged, reduce
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction

_HUGE = 490
"""Binary exponent of distances whose sum of squares may come near the top of float64, 2**1024."""

_LEAST = -1100
"""A binary exponent below that of any float64 number but 0."""

_NO_SUM = 2.0**1000
"""Above this size of a component, embeddings are shrunk before they are added or subtracted."""


@quiet
def contrastive(
    z1: npt.ArrayLike,
    z2: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> LossValue:
    """Pull similar pairs together, and push the others apart up to a margin.

    The oldest loss on pairs. Without the second term all embeddings would fall onto one point. Here 1 marks a
    *similar* pair and no term carries a ½; the paper has it the other way round: see
    `contrastive_hadsell2006`.

    Parameters
    ----------
    z1, z2 : array_like of float, shape (N, d)
        The embeddings of N pairs.
    y_true : array_like of int, shape (N,)
        1 for a similar pair, 0 for a dissimilar one.
    margin : float, default 1.0
        Distance from which on dissimilar pairs cost nothing, at least 0, in the units of z.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the pairs.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of shape (N,).

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or embeddings are an integer array.
    ValueError
        If shapes differ, an array is empty, y_true holds other numbers than 0 and 1, or margin is negative.

    Notes
    -----
    Domain: any real z, y 0 or 1. Units: those of z, squared.

    Formula: y d² + (1 - y) max(0, margin - d)², with the distance d = ``‖z1 - z2‖``.

    Gradient with respect to z1: 2 (z1 - z2) for a similar pair, and -2 max(0, margin - d) (z1 - z2)/d for a
    dissimilar one, 0 at d = 0. With respect to z2: the opposite. Over N after the mean.

    References
    ----------
    Chopra, Hadsell and LeCun (2005), Learning a Similarity Metric Discriminatively, CVPR. Hadsell, Chopra and
    LeCun (2006), Dimensionality Reduction by Learning an Invariant Mapping, CVPR.

    Examples
    --------
    >>> contrastive([[0.0, 0.0], [0.0, 0.0]], [[0.3, 0.4], [0.3, 0.4]], [1, 0], reduction="none")
    array([0.25, 0.25])
    """
    return _contrast(_pairs(z1, z2, y_true), 1, at_least(margin, 0, "margin"), 1.0, reduction)


@quiet
def contrastive_grad(
    z1: npt.ArrayLike,
    z2: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> tuple[Array, Array]:
    """Gradients of `contrastive` with respect to ``z1`` and ``z2``.

    Examples
    --------
    >>> contrastive_grad([[0.0, 0.0]], [[0.25, 0.5]], [1])
    (array([[-0.5, -1. ]]), array([[0.5, 1. ]]))
    """
    return _contrast_grad(_pairs(z1, z2, y_true), 1, at_least(margin, 0, "margin"), 1.0, reduction)


@quiet
def contrastive_hadsell2006(
    z1: npt.ArrayLike,
    z2: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> LossValue:
    """`contrastive` as in the paper of 2006: 1 marks a *dissimilar* pair, and both terms carry a ½.

    Mistaking one convention for the other trains the opposite of what was meant, without any error.

    Parameters
    ----------
    z1, z2, margin, reduction
        As for `contrastive`.
    y_true : array_like of int, shape (N,)
        0 for a similar pair, 1 for a dissimilar one.

    Returns
    -------
    float or ndarray
        As for `contrastive`.

    Raises
    ------
    TypeError, ValueError
        As for `contrastive`.

    Notes
    -----
    Domain: any real z, y 0 or 1. Units: those of z, squared.

    Formula: (1 - y) d²/2 + y max(0, margin - d)²/2.

    Gradient: half of that of `contrastive` for 1 - y.

    References
    ----------
    Hadsell, Chopra and LeCun (2006), Dimensionality Reduction by Learning an Invariant Mapping, CVPR.

    Examples
    --------
    >>> contrastive_hadsell2006([[0.0, 0.0]], [[0.3, 0.4]], [0])
    np.float64(0.125)
    """
    return _contrast(_pairs(z1, z2, y_true), 0, at_least(margin, 0, "margin"), 0.5, reduction)


@quiet
def contrastive_hadsell2006_grad(
    z1: npt.ArrayLike,
    z2: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    margin: float = 1.0,
    reduction: Reduction = "mean",
) -> tuple[Array, Array]:
    """Gradients of `contrastive_hadsell2006` with respect to ``z1`` and ``z2``.

    Examples
    --------
    >>> contrastive_hadsell2006_grad([[0.0, 0.0]], [[0.25, 0.5]], [0])
    (array([[-0.25, -0.5 ]]), array([[0.25, 0.5 ]]))
    """
    return _contrast_grad(_pairs(z1, z2, y_true), 0, at_least(margin, 0, "margin"), 0.5, reduction)


@quiet
def triplet(
    a: npt.ArrayLike,
    p: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    margin: float = 0.2,
    squared: bool = True,
    reduction: Reduction = "mean",
) -> LossValue:
    """Ask that an anchor be nearer to its positive than to its negative, by a margin.

    Only the order of distances matters, not their size. Most triplets soon cost nothing, so training lives on
    mining hard ones. With squared distances, collapsed embeddings (a = p = n) cost the margin and have
    gradient 0, so nothing leads out of the collapse.

    Parameters
    ----------
    a, p, n : array_like of float, shape (N, d)
        Anchors, positives and negatives.
    margin : float, default 0.2
        How much nearer, at least 0: in the units of z, squared if ``squared``.
    squared : bool, default True
        Whether distances are squared (FaceNet), or plain Euclidean distances.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the triplets. The mean is over all of them, also those that cost
        nothing.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of shape (N,).

    Raises
    ------
    TypeError, ValueError
        As for `contrastive`; also if squared is not True or False.

    Notes
    -----
    Domain: any real a, p, n. Units: those of the embeddings, squared if ``squared``.

    Formula: max(0, D(a, p) - D(a, n) + margin), with D = d² or D = d.

    Gradient with respect to a, p, n where the loss is above 0: 2(n - p), 2(p - a), 2(a - n) if ``squared``,
    else u - v, -u, v with the unit vectors u of a - p and v of a - n. Elsewhere 0. Over N after the mean.

    References
    ----------
    Weinberger and Saul (2009), Distance Metric Learning for Large Margin Nearest Neighbor Classification,
    JMLR 10. Schroff, Kalenichenko and Philbin (2015), FaceNet, CVPR: squared, margin 0.2.

    Examples
    --------
    >>> triplet([[0.0, 0.0]], [[2.0, 0.0]], [[0.0, 2.5]], margin=1.0)
    np.float64(0.0)
    >>> triplet([[0.0, 0.0]], [[2.0, 0.0]], [[0.0, 2.5]], margin=1.0, squared=False)
    np.float64(0.5)
    """
    anchors, positives, negatives, dtype = _triplets(a, p, n)
    excess, unit = _excess(anchors, positives, negatives, margin, squared), 0
    if reduction != "none" and np.isposinf(excess).any():
        # In units of 2**64, a mean of squares that can be represented never needs a square that cannot.
        unit = 64
        excess = _excess(anchors, positives, negatives, margin, squared, unit=unit)
    return reduce(np.maximum(excess, 0)[:, 0], reduction, dtype, factor=2.0**unit)


@quiet
def triplet_grad(
    a: npt.ArrayLike,
    p: npt.ArrayLike,
    n: npt.ArrayLike,
    *,
    margin: float = 0.2,
    squared: bool = True,
    reduction: Reduction = "mean",
) -> tuple[Array, Array, Array]:
    """Gradients of `triplet` with respect to ``a``, ``p`` and ``n``.

    Examples
    --------
    >>> triplet_grad([[0.0, 0.0]], [[2.0, 0.0]], [[0.0, 2.0]])
    (array([[-4.,  4.]]), array([[4., 0.]]), array([[ 0., -4.]]))
    """
    anchors, positives, negatives, dtype = _triplets(a, p, n)
    # Without a margin only the sign counts, and in a tiny unit it outlives the squares of tiny distances.
    excess = _excess(anchors, positives, negatives, margin, squared, unit=0 if margin else -2200)
    count = averaged(reduction, len(anchors))
    if squared:
        sides = (negatives, positives), (positives, anchors), (anchors, negatives)
        slopes = [np.ldexp(gap / (count / 2), shift) for gap, shift in (_difference(*side) for side in sides)]
    else:
        u, v = _separation(anchors, positives).unit, _separation(anchors, negatives).unit
        slopes = [difference_of_units(u, v) / count, -u / count, v / count]
    gradients: list[Array] = [np.where(excess > 0, slope, 0.0).astype(dtype) for slope in slopes]
    return gradients[0], gradients[1], gradients[2]


@quiet
def cosine_embedding(
    x1: npt.ArrayLike,
    x2: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    margin: float = 0.0,
    reduction: Reduction = "mean",
) -> LossValue:
    """Turn similar pairs into one direction, and others away from each other, up to a margin.

    Only angles count, so the length of an embedding is free, and a longer one turns more slowly.

    Parameters
    ----------
    x1, x2 : array_like of float, shape (N, d)
        The embeddings of N pairs.
    y_true : array_like of int, shape (N,)
        +1 for a similar pair, -1 for a dissimilar one.
    margin : float, default 0.0
        Cosine up to which dissimilar pairs cost nothing, from -1 to 1.
    reduction : {"mean", "sum", "none"}
        As for `contrastive`.

    Returns
    -------
    float or ndarray
        As for `contrastive`.

    Raises
    ------
    TypeError, ValueError
        As for `contrastive`; also if y_true holds other numbers than -1 and +1, or margin is outside [-1, 1].

    Notes
    -----
    Domain: any real x; the cosine with the zero vector, which has no direction, is 0, and its gradient 0.
    Units: none.

    Formula: 1 - cos for y = +1, max(0, cos - margin) for y = -1. Near angle 0, 1 - cos is sin²/(1 + cos).

    Gradient of cos with respect to x1: (v - cos u)/``‖x1‖``, with the unit vectors u and v of x1 and x2.

    References
    ----------
    Bromley, Guyon, LeCun, Säckinger and Shah (1993), Signature Verification using a Siamese Time Delay Neural
    Network, NIPS: the cosine of twin networks as the output to train.

    Examples
    --------
    >>> cosine_embedding([[3e-200, 4e-200], [1.0, 0.0]], [[6.0, 8.0], [3.0, 4.0]], [1, -1], reduction="none")
    array([0. , 0.6])
    """
    x, y, positive, dtype = _directed(x1, x2, y_true)
    values = np.where(
        positive, one_minus_cosine(x.unit, y.unit), np.maximum(_above(x.unit, y.unit, margin), 0)
    )
    return reduce(values, reduction, dtype)


@quiet
def cosine_embedding_grad(
    x1: npt.ArrayLike,
    x2: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    margin: float = 0.0,
    reduction: Reduction = "mean",
) -> tuple[Array, Array]:
    """Gradients of `cosine_embedding` with respect to ``x1`` and ``x2``.

    Examples
    --------
    >>> cosine_embedding_grad([[2.0, 0.0]], [[0.0, 4.0]], [1])
    (array([[-0. , -0.5]]), array([[-0.25, -0.  ]]))
    """
    x, y, positive, dtype = _directed(x1, x2, y_true)
    sign = np.where(positive, -1.0, _above(x.unit, y.unit, margin) > 0) / averaged(reduction, len(positive))
    at_x1 = x.over_length(tangent(x.unit, y.unit) * sign[:, None])
    at_x2 = y.over_length(tangent(y.unit, x.unit) * sign[:, None])
    return at_x1.astype(dtype), at_x2.astype(dtype)


class _Pairs(NamedTuple):
    """Checked pairs: z1 - z2 is ``gap * 2**shift``, and ``apart`` its length and direction."""

    gap: Float64Array
    shift: npt.NDArray[np.int32]
    apart: Directions
    label: Array
    dtype: FloatType


def _pairs(z1: npt.ArrayLike, z2: npt.ArrayLike, y_true: npt.ArrayLike) -> _Pairs:
    first, second, label = embeddings(z1, "z1"), embeddings(z2, "z2"), binary(y_true, "y_true")
    same_shape(first, "z1", second, "z2")
    one_per_row(label, "y_true", first, "z1")
    gap, shift = _difference(first, second)
    return _Pairs(gap, shift, _separation(first, second), label, result_type(first, second, label))


def _contrast(pairs: _Pairs, similar: int, margin: float, factor: float, reduction: Reduction) -> LossValue:
    """Return the reduced squares of the distance, or of what it lacks of the margin, times a factor."""
    # In units of 2**32, a mean of squares that can be represented never needs a square that cannot.
    huge = np.max(pairs.apart.power) > _HUGE or margin > 2.0**_HUGE
    unit = 32 if huge and reduction != "none" else 0
    distance = np.ldexp(pairs.apart.size, pairs.apart.power - unit)[:, 0]
    lacking = np.maximum(np.ldexp(margin, -unit) - distance, 0)
    reach = np.where(pairs.label == similar, distance, lacking)
    return reduce(reach * (reach * factor), reduction, pairs.dtype, factor=4.0**unit)


def _contrast_grad(
    pairs: _Pairs, similar: int, margin: float, factor: float, reduction: Reduction
) -> tuple[Array, Array]:
    divisor = averaged(reduction, len(pairs.gap)) / (2 * factor)
    pull = np.ldexp(pairs.gap / divisor, pairs.shift)
    lacking = np.maximum(margin - pairs.apart.length(), 0)[:, None]
    push = -(lacking / divisor) * pairs.apart.unit
    slope: Array = np.where(pairs.label[:, None] == similar, pull, push).astype(pairs.dtype)
    return slope, -slope


def _triplets(a: npt.ArrayLike, p: npt.ArrayLike, n: npt.ArrayLike) -> tuple[Array, Array, Array, FloatType]:
    anchors, positives, negatives = embeddings(a, "a"), embeddings(p, "p"), embeddings(n, "n")
    same_shape(anchors, "a", positives, "p")
    same_shape(anchors, "a", negatives, "n")
    return anchors, positives, negatives, result_type(anchors, positives, negatives)


def _excess(
    anchors: Array, positives: Array, negatives: Array, margin: float, squared: bool, *, unit: int = 0
) -> Float64Array:
    """Return D(a, p) - D(a, n) + margin in units of 2**unit, shape (N, 1); the distances may overflow."""
    flag(squared, "squared")
    margin = at_least(margin, 0, "margin")
    shift = np.where(np.abs([anchors, positives, negatives]).max(axis=(0, -1)) > _NO_SUM, 4, 0)[:, None]
    a, p, n = (np.ldexp(z.astype(np.float64), -shift) for z in (anchors, positives, negatives))
    near, far, side = a - p, a - n, n - p
    both = near + far
    # ‖a - p‖² - ‖a - n‖² = (n - p)·((a - p) + (a - n)): squares of a distant anchor would swallow the rest.
    lost = rounding_error(near, -far, both) + rounding_error(a, p, near) + rounding_error(a, n, far)
    x, y = directions(side), directions(both)
    x_lost, y_lost = np.ldexp(rounding_error(n, p, side), -x.power), np.ldexp(lost, -y.power)
    terms = x.scaled * y.scaled + (x.scaled * y_lost + x_lost * y.scaled)
    gain, power = terms.sum(axis=-1, keepdims=True), x.power + y.power + shift
    if squared:
        power = power + shift
    else:
        to_p, to_n = directions(near), directions(far)
        # A distance of 0 has no power of its own, and must not push a tiny one out of range.
        top = np.maximum(*(np.where(d.size == 0, _LEAST, d.power) for d in (to_p, to_n)))
        path = np.ldexp(to_p.size, to_p.power - top) + np.ldexp(to_n.size, to_n.power - top)
        gain, power = gain / np.where(path == 0, 1.0, path), power - top
    return np.asarray(np.ldexp(gain, power - unit) + np.ldexp(margin, -unit))


def _directed(
    x1: npt.ArrayLike, x2: npt.ArrayLike, y_true: npt.ArrayLike
) -> tuple[Directions, Directions, npt.NDArray[np.bool_], FloatType]:
    """Check pairs of directions, and return them with the mask of the similar ones."""
    first, second, label = embeddings(x1, "x1"), embeddings(x2, "x2"), signs(y_true, "y_true")
    same_shape(first, "x1", second, "x2")
    one_per_row(label, "y_true", first, "x1")
    return (
        directions(first.astype(np.float64)),
        directions(second.astype(np.float64)),
        label > 0,
        result_type(first, second, label),
    )


def _above(u: Float64Array, v: Float64Array, margin: float) -> Float64Array:
    """Return the cosine of unit vectors minus the margin, also where both are near 1 or near -1."""
    margin = between(margin, -1, 1, "margin", ends="[]")
    cosine = (u * v).sum(axis=-1)
    near, opposite = (1 - margin) - one_minus_cosine(u, v), one_minus_cosine(u, -v) - (1 + margin)
    return np.where(cosine > 0.5, near, np.where(cosine < -0.5, opposite, cosine - margin))


def _difference(a: Array, b: Array) -> tuple[Float64Array, npt.NDArray[np.int32]]:
    """Return a - b in units of 2**shift; a row's shift is 0 unless its difference would overflow."""
    plain = np.subtract(a, b, dtype=np.float64)
    fits = np.isfinite(plain).all(axis=-1, keepdims=True)
    quarters = np.multiply(a, 0.25, dtype=np.float64) - np.multiply(b, 0.25, dtype=np.float64)
    return np.where(fits, plain, quarters), np.where(fits, 0, 2).astype(np.int32)


def _separation(a: Array, b: Array) -> Directions:
    """Return length and direction of a - b in each row."""
    gap, shift = _difference(a, b)
    apart = directions(gap)
    return apart._replace(power=apart.power + shift)
