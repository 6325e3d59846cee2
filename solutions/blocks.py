"""Work through a large batch in blocks that fit the processor's cache; the losses themselves need not know.

A loss that is written plainly makes several arrays of the size of the batch, and for a large batch the time
goes into moving them through memory. The decorators here call the same function on one block of rows after
another. They serve losses of two batch arguments whose mean is a mean over rows or over all elements.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

import numpy as np

from solutions.types import Array

F = TypeVar("F", bound=Callable[..., Any])

BLOCK = 2**15
"""Elements in a block of both arguments together: a few such arrays fit the second-level cache.

Much larger, and each temporary array is fetched from the operating system and handed back, which costs more.
"""


def value_in_blocks(loss: F) -> F:
    """Compute the value of a loss block by block if the batch is large."""
    names = list(inspect.signature(loss).parameters)[:2]

    @functools.wraps(loss)
    def by_blocks(*args: Any, **kwargs: Any) -> Any:
        batch = _large_batch(names, args, kwargs)
        if batch is None:
            return loss(*args, **kwargs)
        first, second, parameters = batch
        results = [(len(a) / len(first), loss(a, b, **parameters)) for a, b in _blocks(first, second)]
        reduction = parameters.get("reduction", "mean")
        if reduction == "none":
            return np.concatenate([values for _, values in results])
        total = sum(float(value) * (share if reduction == "mean" else 1.0) for share, value in results)
        if not np.isfinite(total):  # the mean of a block may overflow where that of the batch does not
            return loss(*args, **kwargs)
        return type(results[0][1])(total)

    return cast(F, by_blocks)


def gradient_in_blocks(gradient: F) -> F:
    """Compute the gradient for the first of two batch arguments block by block if the batch is large."""
    names = list(inspect.signature(gradient).parameters)[:2]

    @functools.wraps(gradient)
    def by_blocks(*args: Any, **kwargs: Any) -> Any:
        batch = _large_batch(names, args, kwargs)
        if batch is None:
            return gradient(*args, **kwargs)
        first, second, parameters = batch
        mean = parameters.get("reduction", "mean") == "mean"
        result = np.empty(0)
        start = 0
        for a, b in _blocks(first, second):
            slopes = gradient(a, b, **parameters)
            if start == 0:
                result = np.empty(first.shape, dtype=slopes.dtype)
            np.multiply(slopes, len(a) / len(first) if mean else 1.0, out=result[start : start + len(a)])
            start += len(a)
        return result

    return cast(F, by_blocks)


def _large_batch(
    names: list[str], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Array, Array, dict[str, Any]] | None:
    """Return the two arrays and the parameters, or None to call the loss as it is.

    Whatever is unusual, a wrong shape included, is left to the loss itself, which says what is wrong.
    """
    first = args[0] if args else kwargs.get(names[0])
    if not isinstance(first, np.ndarray) or first.size <= BLOCK:
        return None
    second = args[1] if len(args) > 1 else kwargs.get(names[1])
    if not isinstance(second, np.ndarray) or len(args) > 2:
        return None
    if second.shape not in (first.shape, first.shape[:1]) or kwargs.get("reduction", "mean") not in (
        "mean",
        "sum",
        "none",
    ):
        return None
    return first, second, {name: value for name, value in kwargs.items() if name not in names}


def _blocks(first: Array, second: Array) -> Iterator[tuple[Array, Array]]:
    rows = max(1, BLOCK * len(first) // (first.size + second.size))
    for start in range(0, len(first), rows):
        yield first[start : start + rows], second[start : start + rows]
