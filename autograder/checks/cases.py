"""Fresh inputs for checks: of a student's own, short enough to be copied from a message and tried out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.checks.calls import Numbers
from autograder.seeds import fresh


def residual_cases(
    seed: int, *, sizes: Sequence[int] = (4, 1, 3, 6), weighted: bool = False, scale: float = 1.0
) -> list[dict[str, Any]]:
    """Fresh predictions and targets (and weights), short enough to be copied from a message and tried out.

    `sizes` are the numbers of examples, `scale` is a factor on predictions and targets. With `weighted`, the
    last of several weights is 0. The first prediction is too low, the next too high, and so on: so no lot of
    residuals makes a function right that gets their signs wrong.

    Examples
    --------
    >>> residual_cases(7, sizes=[2])
    [{'y_pred': array([0.6, 8.9]), 'y_true': array([3.8, 7.6])}]
    """
    rng = np.random.default_rng(fresh(seed))
    cases = []
    for size in sizes:
        y_true = np.round(rng.uniform(-5, 9, size), 1)
        residual = np.round(rng.uniform(0.5, 4, size), 1) * np.resize([-1.0, 1.0], size)
        case = {"y_pred": _scaled(y_true + residual, scale), "y_true": _scaled(y_true, scale)}
        if weighted:
            case["weights"] = _weights(rng, size)
        cases.append(case)
    return cases


def _weights(rng: np.random.Generator, size: int) -> Numbers:
    """Draw weights whose sum is no plain number: with 1, N and such, a wrong denominator does not show."""
    while True:
        weights = np.round(rng.uniform(0.2, 3, size), 1)
        if size > 1:
            weights[-1] = 0.0
        if not np.any(np.isclose(np.sum(weights), [0.5, 1, 2, size / 2, size, 2 * size])):
            return weights


def _scaled(values: Numbers, scale: float) -> Numbers:
    """Scale to numbers of three digits, which a message can show in full."""
    return np.array([float(f"{value * scale:.3g}") for value in np.round(values, 1)])


def line_cases(
    seed: int, *, size: int = 5, learning_rate: float = 0.05, steps: Sequence[int] = (1, 2, 5)
) -> list[dict[str, Any]]:
    """Fresh points near a line, with a learning rate and a number of gradient-descent steps to take."""
    rng = np.random.default_rng(fresh(seed))
    cases = []
    for count in steps:
        x = np.round(rng.uniform(-2, 3, size), 1)
        y = np.round(rng.uniform(-3, 3) * x + rng.uniform(2, 9) + rng.normal(0, 0.5, size), 1)
        cases.append({"x": x, "y": y, "learning_rate": learning_rate, "steps": count})
    return cases


def draws(seed: int) -> np.random.Generator:
    """Give a source of random numbers of the student's own, for inputs that no function here makes.

    Examples
    --------
    >>> draws(7).integers(10, size=3)
    array([9, 6, 6])
    """
    return np.random.default_rng(fresh(seed))


def binary_cases(
    seed: int, *, sizes: Sequence[int] = (4, 1, 3, 6), spread: float = 3.0
) -> list[dict[str, Any]]:
    """Fresh logits of two classes, with labels 0 and 1; of two or more examples both labels occur.

    Examples
    --------
    >>> binary_cases(7, sizes=[2])
    [{'logits': array([2.7, 2.4]), 'labels': array([0, 1])}]
    """
    rng = draws(seed)
    cases = []
    for size in sizes:
        labels = np.resize(rng.permutation([0, 1]), size)
        cases.append({"logits": _nonzero(rng, size, spread), "labels": rng.permutation(labels)})
    return cases


def logit_cases(
    seed: int, *, sizes: Sequence[int] = (4, 1, 3), classes: Sequence[int] = (3, 4, 2), spread: float = 3.0
) -> list[dict[str, Any]]:
    """Fresh rows of logits of several classes, with the true class of each, counted from 0.

    Examples
    --------
    >>> logit_cases(7, sizes=[2], classes=[3])[0]["logits"].shape
    (2, 3)
    """
    rng = draws(seed)
    return [
        {"logits": _nonzero(rng, (size, count), spread), "labels": rng.integers(count, size=size)}
        for size, count in zip(sizes, classes, strict=True)
    ]


def distribution_cases(seed: int, *, classes: Sequence[int] = (3, 5, 2)) -> list[dict[str, Any]]:
    """Fresh pairs of distributions with no zeros, of two decimals, that are far enough apart to tell orders.

    Examples
    --------
    >>> [float(case["p"].sum().round(9)) for case in distribution_cases(7)]
    [1.0, 1.0, 1.0]
    """
    rng = draws(seed)
    cases = []
    for count in classes:
        while True:
            p, q = (_shares(rng, count) for _ in range(2))
            if np.max(np.abs(p - q)) > 0.1:
                break
        cases.append({"p": p, "q": q})
    return cases


def embedding_cases(
    seed: int, *, sizes: Sequence[int] = (4, 2, 3), dimensions: int = 3, names: Sequence[str] = ("a", "b")
) -> list[dict[str, Any]]:
    """Fresh matrices of embeddings, one per name, with a row for each example; no row is zero.

    Examples
    --------
    >>> sorted(embedding_cases(7)[0])
    ['a', 'b']
    """
    rng = draws(seed)
    return [{name: _nonzero(rng, (size, dimensions), 2.0) for name in names} for size in sizes]


def _nonzero(rng: np.random.Generator, shape: int | tuple[int, ...], spread: float) -> Numbers:
    """Draw numbers of one decimal, none of them 0: at 0 many a wrong formula is right."""
    sizes = np.round(rng.uniform(0.3, spread, shape), 1)
    return np.asarray(sizes * rng.choice([-1.0, 1.0], shape), dtype=np.float64)


def _shares(rng: np.random.Generator, count: int) -> Numbers:
    hundredths = rng.multinomial(100 - 2 * count, rng.dirichlet(np.ones(count))) + 2
    return np.asarray(np.round(hundredths / 100, 2), dtype=np.float64)
