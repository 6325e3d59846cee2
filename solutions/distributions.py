"""Pairs of distributions, or of a distribution and logits: checked on the way in, averaged on the way out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.log_ratios import exact_sum
from solutions.reduction import averaged
from solutions.types import Array, Float64Array, FloatType, Reduction


class ComparedRows(NamedTuple):
    """Two arrays of one shape with a row of classes on the last axis, in float64."""

    p: Float64Array
    q: Float64Array
    dtype: FloatType

    def excess(self) -> Float64Array:
        """Return Σ p - 1 of each row."""
        return exact_sum(self.p, np.full((*self.p.shape[:-1], 1), -1.0))

    def gradient(self, slopes: Float64Array, reduction: Reduction) -> Array:
        """Return the gradient of the reduced loss, from those of the rows."""
        return np.asarray(slopes / averaged(reduction, slopes[..., 0].size), dtype=self.dtype)


def compared(p: Array, p_name: str, q: Array, q_name: str) -> ComparedRows:
    """Return two arrays of one shape, whose last axis is that of the classes."""
    checking.same_shape(p, p_name, q, q_name)
    if p.ndim == 0:
        raise ValueError(f"{p_name} is a single number: a row has one number for each class, shape (N, K).")
    return ComparedRows(p.astype(np.float64), q.astype(np.float64), checking.result_type(p, q))


def distributions(p: npt.ArrayLike, q: npt.ArrayLike) -> ComparedRows:
    """Return two distributions per row."""
    return compared(checking.distributions(p, "p"), "p", checking.distributions(q, "q"), "q")


def against_logits(p: npt.ArrayLike, logits: npt.ArrayLike) -> ComparedRows:
    """Return a distribution p and logits, as q, per row."""
    return compared(checking.distributions(p, "p"), "p", checking.prediction(logits, "logits"), "logits")
