"""Multi-class hinge losses: the true class shall lead the others by a margin of 1.

A row of scores z belongs to the label c, counted from 0. The "mean" is over rows, and "none" gives one loss
per row. At a kink the gradient is the shortest subgradient.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions.kernels import quiet
from solutions.rows import Rows, labelled
from solutions.types import Array, Float64Array, LossValue, Reduction


@quiet
def hinge_crammer_singer(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> LossValue:
    """Multi-class hinge of Crammer and Singer: by how much the best rival comes too close.

    One rival counts, the best one. The loss is 0 once the label leads all of them by 1.

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
    Domain: any real scores. Units: those of the scores.

    Formula: max(0, 1 + max_{j≠c} z_j - z_c). The label itself is not in the inner maximum: with a 0 in its
    place, a row of negative scores would pay without reason.

    Gradient: 1 at the best rival and -1 at the label while the loss is positive, else 0; tied rivals share
    the 1. All that over N after the mean.

    References
    ----------
    Crammer and Singer (2001), On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines,
    JMLR 2.

    Examples
    --------
    >>> hinge_crammer_singer([[2.0, 1.0, 0.1], [-3.0, -5.0, -6.0]], [1, 0], reduction="none")
    array([2., 0.])
    """
    rows = labelled(logits, labels)
    _, _, lead = _best_rival(rows)
    return rows.reduce(np.maximum(1 + lead, 0.0), reduction)


@quiet
def hinge_crammer_singer_grad(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `hinge_crammer_singer` with respect to ``logits``.

    Examples
    --------
    >>> hinge_crammer_singer_grad([[2.0, 1.0, 2.0]], [1])
    array([[ 0.5, -1. ,  0.5]])
    """
    rows = labelled(logits, labels)
    rivals, best, lead = _best_rival(rows)
    tied = rivals == best[:, None]
    pulls = tied / tied.sum(axis=-1, keepdims=True)
    return _gradient(rows, pulls * (lead > -1)[:, None], reduction)


@quiet
def hinge_weston_watkins(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> LossValue:
    """Multi-class hinge of Weston and Watkins: every rival that comes too close counts.

    Parameters
    ----------
    logits, labels, reduction
        As for `hinge_crammer_singer`.

    Returns
    -------
    float or ndarray
        As for `hinge_crammer_singer`.

    Raises
    ------
    TypeError, ValueError
        As for `cross_entropy`.

    Notes
    -----
    Domain: any real scores. Units: those of the scores.

    Formula: Σ_{j≠c} max(0, 1 + z_j - z_c), not divided by K.

    Gradient: 1 at each rival less than 1 behind the label, and minus their number at the label; all that over
    N after the mean. A rival exactly 1 behind counts 0.

    References
    ----------
    Weston and Watkins (1999), Support Vector Machines for Multi-Class Pattern Recognition, ESANN.

    Examples
    --------
    >>> hinge_weston_watkins([[2.0, 1.0, 0.5]], [1])
    np.float64(2.5)
    """
    rows = labelled(logits, labels)
    return rows.reduce(_violations(rows).sum(axis=-1), reduction)


@quiet
def hinge_weston_watkins_grad(
    logits: npt.ArrayLike, labels: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `hinge_weston_watkins` with respect to ``logits``.

    Examples
    --------
    >>> hinge_weston_watkins_grad([[2.0, 1.0, 0.5]], [1])
    array([[ 1., -2.,  1.]])
    """
    rows = labelled(logits, labels)
    return _gradient(rows, (_violations(rows) > 0).astype(np.float64), reduction)


def _best_rival(rows: Rows) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return the scores with -inf at the label, the best of them, and its lead over the label."""
    own = np.arange(len(rows.labels)), rows.labels
    rivals = rows.logits.astype(np.float64)
    rivals[own] = -np.inf
    best = rivals.max(axis=-1)
    return rivals, best, np.asarray(best - rows.logits[own])


def _violations(rows: Rows) -> Float64Array:
    """Return max(0, 1 + z_j - z_c) for each class, and 0 at the label; shape (N, K)."""
    own = np.arange(len(rows.labels)), rows.labels
    scores = rows.float64()
    violations = np.maximum(1 + (scores - scores[own][:, None]), 0.0)
    violations[np.isneginf(scores)] = 0.0  # masked rivals, also where the label is masked too
    violations[own] = 0.0
    return np.asarray(violations)


def _gradient(rows: Rows, pulls: Float64Array, reduction: Reduction) -> Array:
    """Give each rival its pull, and the label what balances them."""
    pulls[np.arange(len(rows.labels)), rows.labels] = -pulls.sum(axis=-1)
    return rows.gradient(np.ones(len(pulls)), pulls, reduction)
