"""Rows of logits with one label each: checked on the way in, reduced on the way out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.reduction import reduce, scale
from solutions.types import Array, Float64Array, FloatType, LabelArray, LossValue, Reduction


class Rows(NamedTuple):
    """A batch of N rows with K logits each, however many leading axes it came with."""

    logits: Array
    """Shape (N, K)."""
    labels: LabelArray
    """Shape (N,)."""
    shape: tuple[int, ...]
    """The shape of the logits as they came."""
    dtype: FloatType
    """The dtype of the results."""

    def float64(self) -> Float64Array:
        """Return the logits in float64."""
        return self.logits.astype(np.float64, copy=False)

    def reduce(self, values: Float64Array, reduction: Reduction) -> LossValue:
        """Reduce one loss per row; with "none" they come in the shape of the labels."""
        return reduce(values.reshape(self.shape[:-1]), reduction, self.dtype)

    def gradient(self, slopes: Float64Array, directions: Float64Array, reduction: Reduction) -> Array:
        """Multiply each row of ``directions``, in place, by its slope in the reduced loss."""
        directions *= scale(slopes, reduction, np.float64)[:, None]
        return directions.reshape(self.shape).astype(self.dtype, copy=False)


def logits_array(value: npt.ArrayLike) -> Array:
    """Return logits with the classes on the last axis."""
    logits = checking.prediction(value, "logits")
    if logits.ndim == 0:
        raise ValueError("logits is a single number: a row needs one logit for each class, shape (N, K).")
    return logits


def labelled(logits: npt.ArrayLike, labels: npt.ArrayLike, *, ignore: int | None = None) -> Rows:
    """Return rows of logits and the label of each, from 0 to K - 1, or ``ignore``.

    Examples
    --------
    >>> labelled([[2.0, 1.0, 0.1]], [1]).labels
    array([1])
    """
    scores = logits_array(logits)
    classes = scores.shape[-1]
    truth = checking.labels(labels, "labels", classes, ignore=ignore)
    if truth.shape != scores.shape[:-1]:
        raise ValueError(
            f"logits has shape {scores.shape} and labels has shape {truth.shape}, but labels must have shape "
            f"{scores.shape[:-1]}: one class number for each row of logits, not a one-hot row."
        )
    rows = scores.reshape(-1, classes)
    return Rows(rows, truth.reshape(-1), scores.shape, checking.result_type(scores))
