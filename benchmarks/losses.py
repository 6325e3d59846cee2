"""Value and gradient of the reference losses beside textbook NumPy, at three sizes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

import solutions
from benchmarks.timing import round_robin

Array = NDArray[np.float64]
SIZES = {"(1, 10)": (1, 10), "(1000, 10)": (1000, 10), "(100000, 100)": (100_000, 100)}


def textbook_mse(y_pred: Array, y_true: Array) -> tuple[float, Array]:
    """Squared error as a textbook writes it."""
    residual = y_pred - y_true
    return float(np.mean(residual**2)), 2 * residual / residual.size


def textbook_huber(y_pred: Array, y_true: Array) -> tuple[float, Array]:
    """Huber loss with delta 1 as a textbook writes it."""
    residual = y_pred - y_true
    inside = np.abs(residual) <= 1
    value = np.where(inside, 0.5 * residual**2, np.abs(residual) - 0.5)
    return float(np.mean(value)), np.where(inside, residual, np.sign(residual)) / residual.size


TEXTBOOK: dict[str, Callable[[Array, Array], tuple[float, Array]]] = {
    "mse": textbook_mse,
    "huber": textbook_huber,
}


def reference(name: str) -> Callable[[Array, Array], object]:
    """Value and gradient of the reference loss, in one call like the textbook's."""
    loss = solutions.LOSSES[name]
    return lambda y_pred, y_true: (loss.value(y_pred, y_true), loss.grad(y_pred, y_true)["y_pred"])


def main() -> None:
    """Print a table of medians and of ratios to the textbook."""
    rng = np.random.default_rng(0)
    print(f"{'loss':8} {'size':>14} {'textbook µs':>12} {'ours µs':>10} {'ratio':>6}")
    for size, shape in SIZES.items():
        batch = rng.normal(size=shape), rng.normal(size=shape)
        for name, textbook in TEXTBOOK.items():
            contenders: dict[str, Callable[[], object]] = {
                "textbook": partial(textbook, *batch),
                "ours": partial(reference(name), *batch),
            }
            seconds = round_robin(contenders, rounds=9, repeat=max(1, 20_000 // batch[0].size))
            ratio = seconds["ours"] / seconds["textbook"]
            textbook_us, ours_us = seconds["textbook"] * 1e6, seconds["ours"] * 1e6
            print(f"{name:8} {size:>14} {textbook_us:12.1f} {ours_us:10.1f} {ratio:6.2f}")
