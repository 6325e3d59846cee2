"""The log-odds against a label: what all losses that look at nothing but its probability are made of.

Like the kernels they take checked arrays, and leave it to the loss to silence overflow.
"""

import numpy as np

from solutions.types import Array, Float64Array, LabelArray


def odds_against(logits: Array, labels: LabelArray) -> Float64Array:
    """Return the log-odds against the label of each row: u = log Σ exp(z_j) over its rivals j, minus z_label.

    The softmax gives the label the probability sigmoid(-u), and all its rivals together sigmoid(u). The loss
    ``-log p`` is softplus(u), which keeps its digits however sure the row is, as the label is not in the sum.

    Parameters
    ----------
    logits : array, shape (N, K)
        In float32 or float64; the arithmetic is float64.
    labels : array of int, shape (N,)
        From 0 to K - 1.

    Returns
    -------
    array of float64, shape (N,)
        The log-odds; -inf for a label without rivals.

    Examples
    --------
    >>> odds_against(np.array([[2.0, 5.0]]), np.array([1]))
    array([-3.])
    """
    return _rivals(logits, labels)[0]


def odds_against_grad(logits: Array, labels: LabelArray) -> tuple[Float64Array, Float64Array]:
    """Return `odds_against` and its gradient: softmax among the rivals, and -1 at the label.

    A loss g(u) of the label's probability alone has the gradient g'(u) times this direction.

    Examples
    --------
    >>> odds, direction = odds_against_grad(np.array([[0.0, 7.0, 0.0]]), np.array([1]))
    >>> direction
    array([[ 0.5, -1. ,  0.5]])
    """
    odds, weights, total = _rivals(logits, labels)
    total[total == 0] = 1.0
    weights /= total
    weights[labels, np.arange(len(labels))] = -1.0
    return odds, weights.T


def _rivals(logits: Array, labels: LabelArray) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return the log-odds, the rivals' exp(z - top) with 0 at the label, shape (K, N), and their sums.

    The classes come first because sums over a short last axis take most of the time.
    """
    weights = np.array(logits.T, dtype=np.float64, order="C")
    every = np.arange(len(labels))
    own = weights[labels, every]
    weights[labels, every] = -np.inf
    top = weights.max(axis=0)
    if np.isinf(top).any():
        # Where a rival is at +inf, only classes at +inf count. Without rivals the top is -inf.
        sure = np.isposinf(top)
        for part in (weights, own):
            part[..., sure] = np.where(np.isposinf(part[..., sure]), 0.0, -np.inf)
        top[np.isinf(top)] = 0.0
    weights -= top
    np.exp(weights, out=weights)
    total = weights.sum(axis=0)
    return top - own + np.log(total), weights, total
