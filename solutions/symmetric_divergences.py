"""Divergences that do not care which of two distributions is the target, and stay finite between any two.

In `js` and `hellinger_sq` a distribution is a row of K probabilities, the classes on the last axis, and the
"mean" is over rows; their gradients treat the K numbers q_k as free. `wasserstein1_1d` compares two samples
of points on a line instead.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.distributions import ComparedRows, distributions
from solutions.kernels import difference, quiet, weigh
from solutions.log_ratios import log_ratio
from solutions.reduction import reduce
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction


@quiet
def js(p: npt.ArrayLike, q: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Jensen-Shannon divergence: the mean divergence of p and q from the distribution halfway between them.

    Symmetric and never above log 2, also for distributions without a class in common. Its square root is a
    distance. The first GAN played for it.

    Parameters
    ----------
    p, q, reduction
        As for `kl`.

    Returns
    -------
    float or ndarray
        As for `kl`.

    Raises
    ------
    TypeError, ValueError
        As for `kl`.

    Notes
    -----
    Domain: distributions. Units: nats.

    Formula: ½ KL(p‖m) + ½ KL(q‖m) with m = (p + q)/2.

    Gradient: ½ log(q/m) with respect to q, and that over N after the mean: -inf where q = 0 < p, and ½ log 2
    where p = 0, whatever q is.

    References
    ----------
    Lin (1991), Divergence Measures Based on the Shannon Entropy, IEEE Transactions on Information Theory 37.

    Examples
    --------
    >>> js([1.0, 0.0], [0.0, 1.0])
    np.float64(0.6931471805599453)
    """
    rows = distributions(p, q)
    s, total = _relative_gap(rows.p, rows.q), rows.p + rows.q
    near = total * (s * np.arctanh(s) + np.log1p(-s * s) / 2)
    far = weigh(rows.p, log_ratio(2 * rows.p, total)) + weigh(rows.q, log_ratio(2 * rows.q, total))
    return reduce(np.where(np.abs(s) < 0.5, near, far).sum(axis=-1) / 2, reduction, rows.dtype)


@quiet
def js_grad(p: npt.ArrayLike, q: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `js` with respect to ``q``: ½ log(2q/(p + q)), over N for the mean.

    Examples
    --------
    >>> js_grad([0.5, 0.5], [0.75, 0.25])
    array([ 0.09116078, -0.20273255])
    """
    rows = distributions(p, q)
    s = _relative_gap(rows.p, rows.q)
    slopes = np.where(s < 0.5, np.log1p(-s), log_ratio(2 * rows.q, rows.p + rows.q))
    return rows.gradient(slopes / 2, reduction)


@quiet
def hellinger_sq(p: npt.ArrayLike, q: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Squared Hellinger distance: half the squared distance of the square roots of the probabilities.

    Symmetric, between 0 and 1, and its root is a distance. It tells distributions apart much as `js` does,
    with square roots instead of logarithms.

    Parameters
    ----------
    p, q, reduction
        As for `kl`.

    Returns
    -------
    float or ndarray
        As for `kl`.

    Raises
    ------
    TypeError, ValueError
        As for `kl`.

    Notes
    -----
    Domain: distributions. Units: none.

    Formula: ½ Σ (√p - √q)²; some texts leave the ½ out, and some mean the root of it.

    Gradient: ½ (1 - √(p/q)) with respect to q, and that over N after the mean: -inf where q = 0 < p, and ½
    where p = 0, whatever q is.

    References
    ----------
    Hellinger (1909), Neue Begründung der Theorie quadratischer Formen von unendlichvielen Veränderlichen.

    Examples
    --------
    >>> hellinger_sq([0.5, 0.5], [0.9, 0.1]).round(6)
    np.float64(0.105573)
    """
    rows = distributions(p, q)
    return reduce((_root_gap(rows) ** 2).sum(axis=-1) / 2, reduction, rows.dtype)


@quiet
def hellinger_sq_grad(p: npt.ArrayLike, q: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `hellinger_sq` with respect to ``q``: ½ (1 - √(p/q)), over N for the mean.

    Examples
    --------
    >>> hellinger_sq_grad([0.36, 0.64], [0.64, 0.36])
    array([ 0.125     , -0.16666667])
    """
    rows = distributions(p, q)
    slopes = np.where(rows.p == 0, 0.5, -_root_gap(rows) / (2 * np.sqrt(rows.q)))
    return rows.gradient(slopes, reduction)


@quiet
def wasserstein1_1d(u: npt.ArrayLike, v: npt.ArrayLike) -> np.floating[Any]:
    """Wasserstein distance of order 1 between two samples on a line, equally large.

    How far the points of one sample have to travel, on average, to become the other: the least work is done
    by moving the smallest to the smallest, and so on. Unlike `kl` and `js` it knows that 2.1 is near 2.0.

    Parameters
    ----------
    u, v : array_like of float, shape (n,)
        The two samples, in any order.

    Returns
    -------
    float
        The distance. There is no ``reduction``: it belongs to the samples, not to their points.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or u is an integer array.
    ValueError
        If the samples have different sizes, are empty or are no vectors.

    Notes
    -----
    Domain: any real numbers. Units: those of the samples.

    Formula: the mean of ``|u_(i) - v_(i)|``, where u_(i) is the i-th smallest of u.

    Gradient: sign(u_(i) - v_(i))/n for the point that is i-th smallest, and 0 where the two are equal. Equal
    points of u cannot be told apart, so they share the mean of their signs.

    References
    ----------
    Vallender (1974), Calculation of the Wasserstein Distance Between Probability Distributions on the Line,
    Theory of Probability and Its Applications 18. Villani (2009), Optimal Transport: Old and New.

    Examples
    --------
    >>> wasserstein1_1d([3.0, -1.0, 0.5], [0.0, 2.0, 5.0])
    np.float64(1.5)
    """
    first, second, dtype = _samples(u, v)
    moves, unit = difference(np.sort(first), np.sort(second), terms=first.size)
    return dtype(np.abs(moves).sum() / (first.size / unit))


@quiet
def wasserstein1_1d_grad(u: npt.ArrayLike, v: npt.ArrayLike) -> Array:
    """Gradient of `wasserstein1_1d` with respect to ``u``: the sign of each point's way to its match, over n.

    Examples
    --------
    >>> wasserstein1_1d_grad([3.0, -1.0, 0.5, 2.0], [0.0, 2.0, 5.0, 0.5])
    array([-0.25, -0.25,  0.  ,  0.  ])
    """
    first, second, dtype = _samples(u, v)
    points, point, copies = np.unique(first, return_inverse=True, return_counts=True)
    signs = np.sign(np.sort(first) - np.sort(second))
    mean_signs = np.bincount(np.repeat(np.arange(points.size), copies), weights=signs) / copies
    return np.asarray(mean_signs[point] / first.size, dtype=dtype)


def _relative_gap(p: Float64Array, q: Float64Array) -> Float64Array:
    """Return (p - q)/(p + q); -1 where p = 0, also if q is 0 too."""
    return np.where(p == 0, -1.0, (p - q) / (p + q))


def _root_gap(rows: ComparedRows) -> Float64Array:
    """Return √p - √q."""
    gap = rows.p - rows.q
    return np.where(gap == 0, 0.0, gap / (np.sqrt(rows.p) + np.sqrt(rows.q)))


def _samples(u: npt.ArrayLike, v: npt.ArrayLike) -> tuple[Array, Array, FloatType]:
    first, second = checking.prediction(u, "u"), checking.target(v, "v")
    checking.same_shape(first, "u", second, "v")
    if first.ndim != 1:
        raise ValueError(f"u has shape {first.shape}, but a sample is a vector, shape (n,).")
    return first, second, checking.result_type(first, second)
