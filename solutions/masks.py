"""Losses of masks: pixels that belong to an object, against pixels that are said to.

They take the logits of all pixels of one mask and give one number, with no ``reduction``: they are ratios of
sums over all pixels, and no sum of losses of pixels. Each is 1 minus a ratio, and as the ratio nears 1 that
subtraction leaves nothing: so here the mistakes are added up instead.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.kernels import quiet, sigmoid
from solutions.types import Array, Float64Array, FloatType


@quiet
def soft_dice(logits: npt.ArrayLike, y_true: npt.ArrayLike, *, smooth: float = 1.0) -> np.floating[Any]:
    """Dice loss of a mask: 1 minus twice the overlap over the sum of the two sizes.

    The background that is found right counts for nothing, so a small object in a large image is not drowned
    as in a mean over pixels. Close to the F1 score of the pixels, with probabilities in place of decisions.

    Parameters
    ----------
    logits : array_like of float
        Scores of the pixels of one mask (any shape); p = sigmoid(logits).
    y_true : array_like of int or float, of the same shape
        The mask: 0 and 1, or anything between.
    smooth : float, default 1.0
        Added to numerator and denominator; 0 or more. It keeps a gradient for empty masks.

    Returns
    -------
    float
        The loss of the mask, between 0 and 1. There is no ``reduction``: for a batch, average over masks, or
        pass all of them as one array for one ratio over the whole batch.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or the logits are an integer array.
    ValueError
        If the shapes differ, a mask is empty of pixels or leaves [0, 1], or smooth is negative.

    Notes
    -----
    Domain: any real logits, y in [0, 1], smooth >= 0.

    Formula: 1 - (2 Σ p y + s)/(Σ p + Σ y + s). For a mask without object and s = 0 it is 1 whatever p is,
    also in the limit p = 0, and the gradient is 0.

    Gradient: with the ratio R and the denominator D, p (1-p) (R - 2y)/D for soft or hard y.

    References
    ----------
    Dice (1945), Measures of the Amount of Ecologic Association Between Species, Ecology 26. Milletari,
    Navab and Ahmadi (2016), V-Net, 3DV (with squares in the denominator, unlike here).

    Examples
    --------
    >>> soft_dice([2.0, -1.0, 0.5], [1, 0, 1], smooth=0.0).round(6)
    np.float64(0.202981)
    >>> soft_dice([40.0, -40.0], [1, 0], smooth=0.0)  # 0 if computed as 1 minus the ratio
    np.float64(4.248354255291589e-18)
    """
    # Dice is the Tversky index that weighs both kinds of mistakes by a half.
    mask = _mask(logits, y_true, 0.5, 0.5, checking.at_least(smooth, 0, "smooth") / 2)
    return mask.loss()


@quiet
def soft_dice_grad(logits: npt.ArrayLike, y_true: npt.ArrayLike, *, smooth: float = 1.0) -> Array:
    """Gradient of `soft_dice` with respect to ``logits``.

    Examples
    --------
    >>> soft_dice_grad([0.0, 0.0], [1, 0], smooth=0.0)
    array([-0.1875,  0.0625])
    """
    mask = _mask(logits, y_true, 0.5, 0.5, checking.at_least(smooth, 0, "smooth") / 2)
    return mask.gradient()


@quiet
def tversky(
    logits: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    smooth: float = 1.0,
) -> np.floating[Any]:
    """Dice with a price of its own for each kind of mistake.

    ``alpha`` weighs false alarms, ``beta`` what was missed: a large beta trades precision for recall. With
    both at ½, and half the smoothing, it is `soft_dice`; with both at 1 it is a soft Jaccard index.

    Parameters
    ----------
    logits, y_true
        As for `soft_dice`.
    alpha : float, default 0.3
        Weight of false positives, 0 or more.
    beta : float, default 0.7
        Weight of false negatives, 0 or more. The defaults served best in the paper.
    smooth : float, default 1.0
        Added to numerator and denominator; 0 or more.

    Returns
    -------
    float
        As for `soft_dice`.

    Raises
    ------
    TypeError, ValueError
        As for `soft_dice`; also if a weight is negative.

    Notes
    -----
    Domain: any real logits, y in [0, 1], alpha, beta, smooth >= 0.

    Formula: 1 - (TP + s)/(TP + alpha FP + beta FN + s) with TP = Σ p y, FP = Σ p (1-y) and FN = Σ (1-p) y.
    0/0, as for a mask without object and s = 0, counts as a ratio of 0: the loss is 1 and the gradient 0.

    Gradient: with the ratio R and the denominator D, p (1-p) ((alpha (1-y) - beta y) R - y (1-R))/D.

    References
    ----------
    Tversky (1977), Features of Similarity, Psychological Review 84. Salehi, Erdogmus and Gholipour (2017),
    Tversky Loss Function for Image Segmentation, MLMI.

    Examples
    --------
    >>> tversky([0.0, 0.0], [1, 0], alpha=0.25, beta=0.75, smooth=0.0)
    np.float64(0.5)
    """
    return _mask(logits, y_true, *_weights(alpha, beta, smooth)).loss()


@quiet
def tversky_grad(
    logits: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    alpha: float = 0.3,
    beta: float = 0.7,
    smooth: float = 1.0,
) -> Array:
    """Gradient of `tversky` with respect to ``logits``.

    Examples
    --------
    >>> tversky_grad([0.0, 0.0], [1, 0], alpha=0.25, beta=0.75, smooth=0.0)
    array([-0.21875,  0.03125])
    """
    return _mask(logits, y_true, *_weights(alpha, beta, smooth)).gradient()


class _Mask(NamedTuple):
    """Probabilities and truth of the pixels, and the sums that the Tversky index is made of."""

    p: Float64Array
    q: Float64Array
    y: Float64Array
    alpha: float
    beta: float
    hits: float
    """Σ p y, plus the smoothing."""
    mistakes: float
    """alpha Σ p (1-y) + beta Σ (1-p) y."""
    dtype: FloatType

    def loss(self) -> np.floating[Any]:
        total = self.hits + self.mistakes
        return self.dtype(1.0 if total == 0 else self.mistakes / total)

    def gradient(self) -> Array:
        total = self.hits + self.mistakes
        if total == 0:
            return np.zeros_like(self.p, dtype=self.dtype)
        blame = self.alpha * (1 - self.y) - self.beta * self.y
        slopes = blame * (self.hits / total) - self.y * (self.mistakes / total)
        return np.asarray(self.p * self.q * slopes / total, dtype=self.dtype)


def _weights(alpha: float, beta: float, smooth: float) -> tuple[float, float, float]:
    return (
        checking.at_least(alpha, 0, "alpha"),
        checking.at_least(beta, 0, "beta"),
        checking.at_least(smooth, 0, "smooth"),
    )


def _mask(logits: npt.ArrayLike, y_true: npt.ArrayLike, alpha: float, beta: float, smooth: float) -> _Mask:
    scores, truth = checking.prediction(logits, "logits"), checking.binary(y_true, "y_true", soft=True)
    checking.same_shape(scores, "logits", truth, "y_true")
    z, y = scores.astype(np.float64), truth.astype(np.float64)
    p, q = sigmoid(z), sigmoid(-z)
    hits = float((p * y).sum()) + smooth
    mistakes = float(alpha * (p * (1 - y)).sum() + beta * (q * y).sum())
    return _Mask(p, q, y, alpha, beta, hits, mistakes, checking.result_type(scores, truth))
