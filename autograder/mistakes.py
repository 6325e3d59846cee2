"""Named mistakes: the wrong answers that learners give, as functions, so that a check can recognise them.

A tuple per exercise lists the mistakes that a hidden test looks for; when two give the same number on some
input, the first one listed is named. Each mistake of a unit's `mistakes.yml` is recognised by one of these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Mistake:
    """A mistake that can be recognised by the answer it gives.

    Attributes
    ----------
    name
        As feedback calls it: "forgot the mean".
    message
        One sentence that says what happened and what to do.
    answer
        `answer(reference, *inputs)`: the wrong answer on these inputs; `reference` is the right function, for
        the many mistakes that change the right answer by a factor.
    """

    name: str
    message: str
    answer: Callable[..., Any]


def _times(name: str, message: str, factor: Callable[..., Any]) -> Mistake:
    """Build the mistake of being wrong by a factor that depends on the inputs."""
    return Mistake(name, message, lambda right, *inputs: right(*inputs) * factor(*inputs))


def _spread(y_pred: Any, y_true: Any) -> Any:
    """Build the residuals of every prediction with every target, as broadcasting (N, 1) with (N,) does."""
    return np.reshape(y_pred, (-1, 1)) - np.reshape(y_true, (1, -1))


def _descend(x: Any, y: Any, learning_rate: float, steps: int, update: Callable[..., Any]) -> Any:
    """Take gradient-descent steps on a line; `update` gives what to add to (slope, intercept).

    Raises
    ------
    FloatingPointError
        If the steps diverge: nan no longer tells which mistake it was.
    """
    line = np.zeros(2)
    for _ in range(steps):
        line = line + np.asarray(update(line, x, y, learning_rate))
    if not np.all(np.isfinite(line)):
        raise FloatingPointError("the steps diverge")
    return line


def _step(line: Any, x: Any, y: Any, learning_rate: float) -> Any:
    """Compute the right step, which the wrong ones below change."""
    residual = line[0] * x + line[1] - y
    return -learning_rate * 2 * np.array([np.mean(residual * x), np.mean(residual)])


def _step_with_new_slope(line: Any, x: Any, y: Any, learning_rate: float) -> Any:
    slope_step = _step(line, x, y, learning_rate)[0]
    return slope_step, _step((line[0] + slope_step, line[1]), x, y, learning_rate)[1]


_BROADCAST = (
    "every prediction was compared with every target, N × N residuals instead of N; "
    "subtract only arrays of one and the same shape."
)
_HALF = "the ½ belongs to the *half* squared error; this loss carries no ½, so its gradient keeps the 2."
_SIGN = (
    "the residual is y_pred − y_true; the other way round the gradient points downhill and a step goes up."
)

WEIGHTED_MSE = (
    _times(
        "forgot the mean",
        "this is the weighted sum of the squares; divide it by the sum of the weights.",
        lambda p, t, w: np.sum(w),
    ),
    _times("½ too many", _HALF, lambda p, t, w: 0.5),
    Mistake(
        "absolute instead of square",
        "this is the weighted mean of |r|; the squared error averages r².",
        lambda right, p, t, w: np.average(np.abs(p - t), weights=w),
    ),
    Mistake(
        "forgot the weights",
        "this is the plain mean of the squares; multiply each square by its weight.",
        lambda right, p, t, w: np.mean((p - t) ** 2),
    ),
    _times(
        "divided by N",
        "the weighted squares are divided by the number of examples; divide by the sum of the weights.",
        lambda p, t, w: np.sum(w) / np.size(w),
    ),
    Mistake(
        "forgot the square",
        "positive and negative residuals cancel here; square each residual before you average.",
        lambda right, p, t, w: np.average(p - t, weights=w),
    ),
    Mistake(
        "shape broadcast",
        _BROADCAST,
        lambda right, p, t, w: np.sum(w * _spread(p, t) ** 2) / np.sum(w),
    ),
)

WEIGHTED_MSE_GRAD = (
    _times("sign", _SIGN, lambda p, t, w: -1.0),
    _times(
        "forgot the mean",
        "this is the gradient of the weighted sum; like the loss, divide it by the sum of the weights.",
        lambda p, t, w: np.sum(w),
    ),
    _times("½ too many", _HALF, lambda p, t, w: 0.5),
    Mistake(
        "forgot the weights",
        "this is the gradient of the unweighted mean; each example's derivative carries its own weight.",
        lambda right, p, t, w: 2 * (p - t) / np.size(p),
    ),
    _times(
        "divided by N",
        "the denominator of the loss is the sum of the weights, not the number of examples.",
        lambda p, t, w: np.sum(w) / np.size(w),
    ),
    Mistake(
        "absolute instead of square",
        "this is the gradient of the mean absolute error, which depends on the sign of the residual only.",
        lambda right, p, t, w: w * np.sign(p - t) / np.sum(w),
    ),
    Mistake(
        "summed the gradient",
        "the derivatives are added up to one number; return one derivative per prediction.",
        lambda right, p, t, w: np.sum(right(p, t, w)),
    ),
)

RMSE = (
    Mistake(
        "overflows or underflows",
        "r² leaves the range of float64 before r does; divide by the largest |r| first, multiply by it last.",
        lambda right, p, t: np.sqrt(np.mean((p - t) ** 2)),
    ),
    Mistake(
        "forgot the root",
        "this is the mean squared error; take its square root to come back to the unit of y.",
        lambda right, p, t: np.mean((p - t) ** 2),
    ),
    Mistake(
        "0 divided by 0",
        "when every residual is 0, there is nothing to divide by; say what the function returns then.",
        lambda right, p, t: right(p, t) if np.any(p != t) else np.nan,
    ),
    Mistake(
        "largest instead of largest in size",
        "scale by the largest |r|, not by the largest r, which can be negative or 0.",
        lambda right, p, t: np.sign(np.max(p - t)) * right(p, t),
    ),
    _times(
        "forgot the mean",
        "this is the root of the sum of the squares; divide by the number of examples under the root.",
        lambda p, t: np.sqrt(np.size(p)),
    ),
    _times("½ too many", "there is no ½ under the root: it is the mean of r².", lambda p, t: np.sqrt(0.5)),
    Mistake(
        "absolute instead of square",
        "this is the mean of |r|; the root comes after the mean of r², and the two differ.",
        lambda right, p, t: np.mean(np.abs(p - t)),
    ),
    Mistake(
        "shape broadcast",
        _BROADCAST,
        lambda right, p, t: np.sqrt(np.mean(_spread(p, t) ** 2)),
    ),
)

FIT_LINE = (
    Mistake(
        "updates uphill",
        "the steps add the gradient; to make the loss smaller, subtract it (with r = y_pred − y_true).",
        lambda right, x, y, rate, steps: _descend(x, y, rate, steps, lambda *a: -_step(*a)),
    ),
    Mistake(
        "½ too many",
        "each step is half as long as it should be; the derivative of r² is 2r.",
        lambda right, x, y, rate, steps: _descend(x, y, rate, steps, lambda *a: _step(*a) / 2),
    ),
    Mistake(
        "forgot the mean",
        "each step is N times too long; the gradient of a mean is a mean.",
        lambda right, x, y, rate, steps: _descend(x, y, rate, steps, lambda *a: _step(*a) * np.size(x)),
    ),
    Mistake(
        "forgot the intercept",
        "the intercept stayed 0; it has a derivative too: the mean of 2r.",
        lambda right, x, y, rate, steps: _descend(x, y, rate, steps, lambda *a: _step(*a) * [1, 0]),
    ),
    Mistake(
        "moved one before the other",
        "the intercept's step used the slope that had moved already; compute the residuals once per step.",
        lambda right, x, y, rate, steps: _descend(x, y, rate, steps, _step_with_new_slope),
    ),
    Mistake(
        "intercept before slope",
        "the two numbers come in the wrong order; return (slope, intercept).",
        lambda right, x, y, rate, steps: _descend(x, y, rate, steps, _step)[::-1],
    ),
    Mistake(
        "forgot the factor x",
        "the derivative with respect to the slope is the mean of 2·r·x; here the x is missing.",
        lambda right, x, y, rate, steps: _descend(x, y, rate, steps, lambda *a: _step(*a)[[1, 1]]),
    ),
)

PULL = (
    Mistake(
        "median instead of mean",
        "the median may stay where it is; the constant with the least squared error is the mean.",
        lambda right, n, shift: 0.0,
    ),
    Mistake(
        "forgot the mean",
        "one target of n moved, so the mean moves by the n-th part only.",
        lambda right, n, shift: shift,
    ),
    Mistake(
        "sign",
        "when a target rises, the mean rises too.",
        lambda right, n, shift: -shift / n,
    ),
    Mistake(
        "½ too many",
        "the factor 2 of the gradient cancels when you solve gradient = 0, for every target alike.",
        lambda right, n, shift: shift / (2 * n),
    ),
    Mistake(
        "squares the shift",
        "the loss grows with the square of the shift; the best constant moves in proportion to it.",
        lambda right, n, shift: shift**2 / n,
    ),
)
