"""Tables of an author's functions: how they are called, and how their values travel to the page.

The browser looks values up and knows no formula. A table is kept small: whole numbers instead of decimal
fractions, and of these the differences of differences, which are small for smooth functions and so
compress well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .movable_frame import Floats

Function = Callable[..., ArrayLike]

MOST_VALUES = 80_000
"""Values that one figure may carry; compressed, so many weigh about 10 kB."""

LARGEST = 2.0**50
"""Whole numbers up to here, and differences of their differences, are exact in the browser too."""


def per_example(loss: Callable[..., Any], *parameters: str) -> Callable[..., Floats]:
    """Turn a loss of `solutions`, or its gradient, into one that figures can draw: a value per example.

    Predictions and targets may have different shapes, which are broadcast. The figure's slider sets the named
    parameters; a loss without parameters ignores the sliders.

    Parameters
    ----------
    loss
        Called as ``loss(y_pred, y_true, reduction="none")``, with the parameters by name.
    parameters
        Names of the parameters that the sliders set, such as ``"delta"``.

    Returns
    -------
    callable
        ``f(y_pred, y_true, *values)``, an array of the broadcast shape.

    Examples
    --------
    >>> from solutions import huber, mse
    >>> per_example(mse)([0, 1, 2], 1)
    array([1., 0., 1.])
    >>> per_example(huber, "delta")([0, 1, 4], 1, 2.0)
    array([0.5, 0. , 4. ])
    """

    def values(y_pred: ArrayLike, y_true: ArrayLike, *values: float) -> Floats:
        arrays = np.broadcast_arrays(np.asarray(y_pred, float), np.asarray(y_true, float))
        if len(parameters) > len(values):
            raise ValueError(f"parameters: {len(parameters)} are named, but the sliders give {len(values)}")
        # A loss without the slider's parameter ignores its value.
        chosen = dict(zip(parameters, values, strict=False))
        return np.asarray(loss(*arrays, reduction="none", **chosen), dtype=np.float64)

    return values


def call(argument: str, label: str, f: Function, *inputs: Floats | float) -> Floats:
    """Call an author's function with arrays of one shape, then numbers; return an array of that shape."""
    shape = np.shape(inputs[0])
    copies = [np.array(value) if np.ndim(value) else float(value) for value in inputs]
    try:
        with np.errstate(all="ignore"):
            result = np.asarray(f(*copies), dtype=np.float64)
        return np.broadcast_to(result, shape).copy()
    except Exception as error:
        numbers = [f"{value:g}" for value in copies if isinstance(value, float)]
        where = f" at {', '.join(numbers)}" if numbers else ""
        raise ValueError(f"{argument}: {label!r} fails{where}: {error}") from error


def check_size(argument: str, *counts: int) -> None:
    """Refuse grids that would make the page heavy."""
    total = int(np.prod(counts))
    if total > MOST_VALUES:
        product = " × ".join(str(count) for count in counts)
        raise ValueError(
            f"{argument}: {product} = {total} values would make the page heavy; "
            f"give coarser grids, at most {MOST_VALUES} values"
        )


def kept(argument: str, values: Floats, places: int) -> Floats:
    """Round to whole multiples of 10 to the -`places`, given as whole numbers; what is not finite is NaN."""
    whole = np.where(np.isfinite(values), np.rint(values * 10.0**places), np.nan)
    if np.nanmax(np.abs(whole), initial=0) > LARGEST:
        raise ValueError(
            f"{argument}: a value of {np.nanmax(np.abs(whole)) / 10.0**places:.1g} is too far outside of "
            "the range that is drawn; make the range of the inputs smaller"
        )
    return whole


def encoded(whole: Floats) -> list[Any]:
    """Differences of differences along the last axis; NaN becomes None and is passed over."""
    if whole.ndim > 1:
        return [encoded(row) for row in whole]
    known = np.isfinite(whole)
    twice = np.diff(np.diff(whole[known], prepend=0.0), prepend=0.0)
    values = iter(twice.astype(np.int64).tolist())
    return [next(values) if present else None for present in known]
