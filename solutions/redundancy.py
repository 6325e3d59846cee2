"""Losses without negatives: two views of an image agree, and the features of a batch stay spread out.

Without negatives, embeddings could agree by all being equal (collapse). These losses forbid that with
statistics of the features over the batch. A matrix of shape (N, d) holds one embedding in each row, so a
feature is a column. The statistics belong to the batch as a whole: no row has a loss of its own, and there is
no ``reduction``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions.checking import at_least, embeddings, result_type, same_shape
from solutions.kernels import Directions, difference, directions, one_minus_cosine, quiet, tangent, weigh
from solutions.types import Array, Float64Array, FloatType, LossValue


@quiet
def vicreg(
    za: npt.ArrayLike,
    zb: npt.ArrayLike,
    *,
    lam: float = 25.0,
    mu: float = 25.0,
    nu: float = 1.0,
    var_eps: float = 1e-4,
) -> LossValue:
    """Variance-invariance-covariance regularisation.

    Three wishes: both views of an image get the same embedding (invariance), each feature has a standard
    deviation of at least 1 over the batch (variance), and no two features vary together (covariance). The
    second forbids collapse onto a point, the third onto a line.

    Parameters
    ----------
    za, zb : array_like of float, shape (N, d)
        Embeddings of two views of N >= 2 images.
    lam, mu, nu : float, default 25, 25 and 1
        Weights of invariance, variance and covariance, at least 0.
    var_eps : float, default 1e-4
        Added to each variance, at least 0. It is part of the loss as published, and bounds the slope of the
        standard deviation near 0.

    Returns
    -------
    float
        The loss of the batch.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or is an integer array.
    ValueError
        If shapes differ, there are fewer than two rows, or a parameter is negative.

    Notes
    -----
    Domain: any real embeddings. Units: none; the 1 that standard deviations should reach sets the scale.

    Formula::

        lam mean((za - zb)²)
        + mu/2 Σ over both views of the mean over k of max(0, 1 - S_k)
        + nu/d Σ over both views of Σ over k ≠ l of C_kl²

    with the covariance matrix C of the features (N - 1 in its denominator) and S_k = sqrt(C_kk + var_eps).
    The first mean is over all N d elements.

    Gradient of S_k with respect to its feature x: (x - mean(x))/((N - 1) S_k), and 0 for a constant feature.
    Gradient of C_kl with respect to x_k: (x_l - mean(x_l))/(N - 1).

    References
    ----------
    Bardes, Ponce and LeCun (2022), VICReg: Variance-Invariance-Covariance Regularization for Self-Supervised
    Learning, ICLR.

    Examples
    --------
    >>> view = [[-1.0, 1.0], [1.0, 1.0]]  # the second feature is constant: its deviation is sqrt(var_eps)
    >>> vicreg(view, view).round(6)
    np.float64(12.375)
    """
    a, b, dtype = _two_views(za, zb)
    residual, unit = difference(a, b, terms=a.size)
    invariance = np.square(residual).sum() / (a.size / unit**2)
    features = _features(a), _features(b)
    variance = sum(np.maximum(1 - _deviations(view, var_eps), 0).mean() for view in features)
    covariance = sum(np.square(_off_diagonal(_covariances(view))).sum() for view in features)
    weights = _weights(lam, mu, nu, a.shape[1])
    return dtype(weigh(weights, np.array([invariance, variance, covariance])).sum())


@quiet
def vicreg_grad(
    za: npt.ArrayLike,
    zb: npt.ArrayLike,
    *,
    lam: float = 25.0,
    mu: float = 25.0,
    nu: float = 1.0,
    var_eps: float = 1e-4,
) -> tuple[Array, Array]:
    """Gradients of `vicreg` with respect to ``za`` and ``zb``.

    Examples
    --------
    >>> vicreg_grad([[0.0], [2.0]], [[1.0], [3.0]])  # one feature, wide enough: only the views disagree
    (array([[-25.],
           [-25.]]), array([[25.],
           [25.]]))
    """
    a, b, dtype = _two_views(za, zb)
    rows, width = a.shape
    weights = _weights(lam, mu, nu, width)
    residual, unit = difference(a, b)
    pull = residual * (2 * weights[0] / a.size) * unit
    gradients: list[Array] = []
    for view, invariance in ((_features(a), pull), (_features(b), -pull)):
        centred, deviation = np.ldexp(view.scaled, view.power), _deviations(view, var_eps)[:, None]
        # A feature that does not vary has slope 0, also with var_eps = 0, where its deviation is 0 too.
        narrow = (deviation < 1) & (view.size > 0)
        variance = np.where(narrow, -centred / deviation, 0.0) * (weights[1] / (width * (rows - 1)))
        covariance = (_off_diagonal(_covariances(view)) @ centred) * (4 / (rows - 1))
        slopes = invariance.T + variance + weigh(np.full((), weights[2]), covariance)
        gradients.append(slopes.T.astype(dtype))
    return gradients[0], gradients[1]


@quiet
def barlow_twins(za: npt.ArrayLike, zb: npt.ArrayLike, *, lam: float = 0.005) -> LossValue:
    """Make the cross-correlation matrix of the features of two views the identity.

    On its diagonal, a feature should be the same in both views; off it, no feature should tell what another
    one tells already. Features are standardised first, so neither their scale nor their mean matters, and
    collapse does not pay: a constant feature correlates with nothing.

    Parameters
    ----------
    za, zb : array_like of float, shape (N, d)
        Embeddings of two views of N >= 2 images.
    lam : float, default 0.005
        Weight of the off-diagonal entries, at least 0.

    Returns
    -------
    float
        The loss of the batch: a sum over the d² entries, so it grows with d.

    Raises
    ------
    TypeError, ValueError
        As for `vicreg`.

    Notes
    -----
    Domain: any real embeddings. Units: none.

    Formula: Σ_k (1 - C_kk)² + lam Σ_{k≠l} C_kl², with C_kl the Pearson correlation of feature k of za with
    feature l of zb. The correlation with a constant feature (0/0) is taken as 0, and so is its gradient: it
    costs 1, and only the other view or other images can free it.

    Gradient of C_kl with respect to feature k of za: (v - C_kl u)/``‖x‖``, where u and v are the centred
    features over their norms, and ``‖x‖`` is that of the centred feature k.

    References
    ----------
    Zbontar, Jing, Misra, LeCun and Deny (2021), Barlow Twins: Self-Supervised Learning via Redundancy
    Reduction, ICML.

    Examples
    --------
    >>> barlow_twins([[-1.0], [1.0]], [[5.0], [7.0]])  # correlation 1
    np.float64(0.0)
    >>> barlow_twins([[-1.0], [1.0]], [[7.0], [5.0]]).round(6)  # correlation -1
    np.float64(4.0)
    """
    a, b, dtype = _two_views(za, zb)
    u, v = _features(a).unit, _features(b).unit
    twins = np.square(one_minus_cosine(u, v)).sum()
    others = np.square(_off_diagonal(u @ v.T)).sum()
    return dtype(twins + at_least(lam, 0, "lam") * others)


@quiet
def barlow_twins_grad(za: npt.ArrayLike, zb: npt.ArrayLike, *, lam: float = 0.005) -> tuple[Array, Array]:
    """Gradients of `barlow_twins` with respect to ``za`` and ``zb``.

    Examples
    --------
    >>> barlow_twins_grad([[0.0], [1.0], [2.0]], [[0.0], [1.0], [0.0]])[0].round(6)
    array([[ 0.57735 ],
           [-1.154701],
           [ 0.57735 ]])
    """
    a, b, dtype = _two_views(za, zb)
    one, other = _features(a), _features(b)
    u, v = one.unit, other.unit
    slopes = 2 * at_least(lam, 0, "lam") * _off_diagonal(u @ v.T) - 2 * np.diag(one_minus_cosine(u, v))
    # Standardised features are unit vectors up to a common factor, and their correlations are cosines.
    at_za, at_zb = one.over_length(tangent(u, slopes @ v)), other.over_length(tangent(v, slopes.T @ u))
    return at_za.T.astype(dtype), at_zb.T.astype(dtype)


def _two_views(za: npt.ArrayLike, zb: npt.ArrayLike) -> tuple[Float64Array, Float64Array, FloatType]:
    first, second = embeddings(za, "za"), embeddings(zb, "zb")
    same_shape(first, "za", second, "zb")
    if len(first) < 2:
        raise ValueError("za and zb have 1 row, but statistics over the batch need at least 2.")
    return first.astype(np.float64), second.astype(np.float64), result_type(first, second)


def _features(rows: Float64Array) -> Directions:
    """Return the columns minus their means, one in each row: lengths and directions.

    The first entry is subtracted before the mean: of a constant feature nothing remains, no rounding error
    either.
    """
    columns = rows.T
    power = np.frexp(np.abs(columns).max(axis=1, keepdims=True))[1]
    scaled = np.ldexp(columns, -power)
    scaled = scaled - scaled[:, :1]
    centred = directions(scaled - scaled.mean(axis=1, keepdims=True))
    return centred._replace(power=centred.power + power)


def _deviations(features: Directions, var_eps: float) -> Float64Array:
    """Return sqrt(variance + var_eps) of each feature."""
    count = features.scaled.shape[1]
    spread = features.length() / np.sqrt(count - 1)
    return np.asarray(np.hypot(spread, np.sqrt(at_least(var_eps, 0, "var_eps"))))


def _covariances(features: Directions) -> Float64Array:
    products = features.scaled @ features.scaled.T / (features.scaled.shape[1] - 1)
    return np.asarray(np.ldexp(products, features.power + features.power.T))


def _off_diagonal(matrix: Float64Array) -> Float64Array:
    return np.where(np.eye(len(matrix), dtype=bool), 0.0, matrix)


def _weights(lam: float, mu: float, nu: float, width: int) -> Float64Array:
    """Return the weights of the three sums over both views."""
    return np.array([at_least(lam, 0, "lam"), at_least(mu, 0, "mu") / 2, at_least(nu, 0, "nu") / width])
