"""The building blocks of losses: extremes, ties between them, and their errors."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from solutions import (
    LOSSES,
    entropy_logits,
    entropy_logits_grad,
    log_sigmoid,
    log_sigmoid_grad,
    log_softmax,
    logsumexp,
    logsumexp_grad,
    sigmoid,
    softmax,
    softplus,
    softplus_grad,
)

INF = np.inf
LOGITS = np.array([[1.0, 2.0, 0.5], [-3.0, 0.0, 4.0]])


def refused(error: type[Exception], *parts: str) -> Any:
    return pytest.raises(error, match=".*".join(map(re.escape, parts)))


@pytest.mark.parametrize(
    ("logits", "value", "gradient"),
    [
        ([1000.0, 0.0], 1000.0, [1.0, 0.0]),  # log(sum(exp)) is inf
        ([-1000.0, -1001.0], -999.6867383124818, [0.7310585786300049, 0.2689414213699951]),  # and here -inf
        ([-INF, 0.5, -INF], 0.5, [0.0, 1.0, 0.0]),
        ([-INF, -INF], -INF, [0.0, 0.0]),  # subtracting the maximum gives NaN
        ([1e308, 1e308], 1e308, [0.5, 0.5]),
        ([0.0, -50.0], 1.9287498479639178e-22, [1.0, 1.9287498479639178e-22]),
        ([7.0], 7.0, [1.0]),
    ],
)
def test_logsumexp(logits: list[float], value: float, gradient: list[float]) -> None:
    assert logsumexp(logits) == pytest.approx(value, rel=1e-14, abs=0)
    np.testing.assert_allclose(logsumexp_grad(logits), gradient, rtol=1e-14)


@pytest.mark.parametrize(
    ("x", "value", "slope"),
    [
        (-INF, 0.0, 0.0),
        (-40.0, 4.248354255291589e-18, 4.248354255291589e-18),  # log(1 + exp(x)) is 0
        (30.0, 30.000000000000092, 0.9999999999999064),
        (1000.0, 1000.0, 1.0),  # and here inf
        (INF, INF, 1.0),
    ],
)
def test_softplus_and_its_mirror_image_log_sigmoid(x: float, value: float, slope: float) -> None:
    assert softplus([x]) == pytest.approx(value, rel=1e-15, abs=0)
    assert softplus_grad([x]) == pytest.approx(slope, rel=1e-15, abs=0)
    assert log_sigmoid([-x]) == -softplus([x])
    assert log_sigmoid_grad([-x]) == softplus_grad([x])


def test_they_are_added_up_unless_told_otherwise() -> None:
    assert softplus([0.0, 0.0]) == 2 * np.log(2)
    assert softplus([0.0, 0.0], reduction="mean") == np.log(2)
    np.testing.assert_array_equal(log_sigmoid_grad([0.0, 0.0], reduction="mean"), [0.25, 0.25])


@pytest.mark.parametrize(
    ("logits", "value", "gradient"),
    [
        ([0.0, 0.0, 0.0, 0.0], np.log(4), [0.0, 0.0, 0.0, 0.0]),
        ([100.0, 0.0], 3.757276735781044e-42, [-3.720075976020836e-42, 3.720075976020836e-42]),
        ([INF, 0.0], 0.0, [0.0, 0.0]),
        ([3.0, -INF], 0.0, [0.0, 0.0]),
        ([1e10 + 1, 1e10], 0.5822031089, [-0.1966119332, 0.1966119332]),
    ],
)
def test_entropy(logits: list[float], value: float, gradient: list[float]) -> None:
    assert entropy_logits(logits) == pytest.approx(value, rel=1e-9, abs=0)
    np.testing.assert_allclose(entropy_logits_grad(logits), gradient, rtol=1e-9)


def test_entropy_gradient_keeps_its_digits_among_many_classes() -> None:
    """One of K = 100 000 equal logits is raised by t: its slope is -t (K - 1)/K², that of each other t/K²."""
    logits = np.zeros(100_000)
    logits[0] = t = 2.0**-46
    gradient = entropy_logits_grad(logits)
    assert gradient[0] == pytest.approx(-t * 1e-5 * 0.99999, rel=1e-12)
    np.testing.assert_allclose(gradient[1:], t * 1e-10, rtol=1e-12)


def test_rows_are_taken_one_by_one() -> None:
    for name in ("logsumexp", "entropy_logits"):
        value, grad = LOSSES[name].value, LOSSES[name].grad
        np.testing.assert_array_equal(value(LOGITS), [value(row) for row in LOGITS])
        np.testing.assert_array_equal(grad(LOGITS)["logits"], [grad(row)["logits"] for row in LOGITS])
        assert isinstance(value(LOGITS[0].astype(np.float32)), np.float32)


def test_probabilities_fit_together() -> None:
    np.testing.assert_allclose(softmax(LOGITS), np.exp(log_softmax(LOGITS)), rtol=1e-15)
    np.testing.assert_allclose(softmax(LOGITS).sum(axis=-1), 1, rtol=1e-15)
    np.testing.assert_allclose(softmax([[1.5, 0.0]])[0, 0], sigmoid(1.5), rtol=1e-15)
    np.testing.assert_array_equal(log_softmax([1000.0, 0.0, -INF]), [0.0, -1000.0, -INF])
    np.testing.assert_array_equal(sigmoid([-INF, INF]), [0.0, 1.0])
    assert sigmoid([-745.0]) > 0
    assert softmax(LOGITS.astype(np.float32)).dtype == sigmoid(np.float32(1)).dtype == np.float32


@pytest.mark.parametrize("function", [logsumexp, logsumexp_grad, entropy_logits, softmax, log_softmax])
def test_vectors_are_needed(function: Any) -> None:
    with refused(ValueError, "logits is a single number", "one for each class"):
        function(1.0)
    with refused(ValueError, "logits is empty"):
        function([])
    with refused(TypeError, "logits has dtype int64", "astype(float)"):
        function(np.array([1, 2]))
