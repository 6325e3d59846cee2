"""From one loss per element to the value and the gradient of the batch: the one place that knows "mean"."""

import math
from typing import get_args

import numpy as np

from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction

_ALLOWED = get_args(Reduction)


def terms(reduction: Reduction, size: int) -> int:
    """Return how many elements one result adds up: all of them, or one for "none".

    Raises
    ------
    ValueError
        If the reduction is unknown.
    """
    _check(reduction)
    return 1 if reduction == "none" else size


def reduce(values: Float64Array, reduction: Reduction, dtype: FloatType, *, factor: float = 1.0) -> LossValue:
    """Reduce ``factor * values``: the mean over all elements, their sum, or one loss per element.

    The factor is applied last, so that values may be given in a unit in which their sum cannot overflow.
    """
    _check(reduction)
    if reduction == "none":
        return np.asarray(values * factor, dtype=dtype)
    total = values.sum()
    if not math.isfinite(total):  # the sum may overflow where the result is a float64 number
        unit = 2.0 ** values.size.bit_length()
        total, factor = (values / unit).sum(), factor * unit
    # One division: with a factor that is a power of two, values.size / factor is exact.
    return dtype(total / (values.size / factor) if reduction == "mean" else total * factor)


def scale(slopes: Float64Array, reduction: Reduction, dtype: FloatType, *, factor: float = 1.0) -> Array:
    """Turn ``factor * slopes``, each element's own derivative, into the gradient of the reduced loss.

    A mean divides by the number of elements. A sum, like "none", leaves each derivative as it is.
    """
    _check(reduction)
    divisor = (slopes.size if reduction == "mean" else 1) / factor
    return np.asarray(slopes if divisor == 1 else slopes / divisor, dtype=dtype)


def averaged(reduction: Reduction, size: int) -> int:
    """Return by how many losses the gradient is divided: all of them for the mean, else one.

    For losses of rows, whose gradient has other elements than there are losses.
    """
    _check(reduction)
    return size if reduction == "mean" else 1


def _check(reduction: Reduction) -> None:
    if reduction not in _ALLOWED:
        raise ValueError(f"unknown reduction {reduction!r}: use one of {', '.join(map(repr, _ALLOWED))}.")
