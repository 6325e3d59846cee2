"""What a student reads when a loss breaks a law that all losses of its kind keep."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import solutions
from autograder.checks import (
    check_breaks,
    check_curve,
    check_reduction,
    check_same,
    check_shape,
    check_stable,
)
from autograder.mistakes import Mistake
from tests.autograder.test_checks import CASE, message

LOGITS = {"logits": np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0]]), "labels": np.array([0, 2])}


def raised(case: Any) -> Any:
    return {**case, "logits": case["logits"] + 5}


def mean_square(y_pred: Any, y_true: Any) -> Any:
    return np.mean((y_pred - y_true) ** 2)


def test_a_result_has_the_shape_that_the_inputs_say() -> None:
    check_shape(lambda logits, labels: np.ones(len(labels)), lambda case: (len(case["labels"]),), [LOGITS])

    def losses(logits: Any, labels: Any) -> Any:
        return np.ones((len(labels), 1))

    assert "gave an array of shape (2, 1), but an array of shape (2,) was expected." in message(
        check_shape, losses, lambda case: (len(case["labels"]),), [LOGITS]
    )


def test_softmax_does_not_change_with_a_common_shift() -> None:
    because = "softmax knows only differences of logits"
    check_same(solutions.cross_entropy, [LOGITS], raised, because=because)

    def loss(logits: Any, labels: Any) -> Any:
        return np.mean(logits)

    text = message(check_same, loss, [LOGITS], raised, because=because)
    assert "gave 0.916667, and loss(logits=" in text
    assert "gave 5.91667, but the two should be the same, because softmax knows only" in text


def test_a_gradient_turns_with_the_sign_of_the_residual() -> None:
    def swapped(case: Any) -> Any:
        return {"y_pred": case["y_true"], "y_true": case["y_pred"]}

    check_same(solutions.mse_grad, [CASE], swapped, because="r is odd", sign=-1)
    text = message(check_same, lambda p, t: np.abs(p - t), [CASE], swapped, because="r is odd", sign=-1)
    assert "the second should be minus the first, because r is odd." in text
    assert "which is no array of numbers" in message(
        check_same, lambda p, t: "text", [CASE], swapped, because="r is odd"
    )


@pytest.mark.parametrize(("mean", "right", "wrong"), [(True, np.mean, np.sum), (False, np.sum, np.mean)])
def test_a_reduction_is_told_by_doubling_the_batch(mean: bool, right: Any, wrong: Any) -> None:
    check_reduction(lambda p, t: right((p - t) ** 2), [CASE], examples=CASE, mean=mean)
    text = message(check_reduction, lambda p, t: wrong((p - t) ** 2), [CASE], examples=CASE, mean=mean)
    assert ("a mean does not change" if mean else "a sum doubles") in text
    assert "an array of shape (2,), but one number was expected" in message(
        check_reduction, lambda p, t: (p - t) ** 2, [CASE], examples=CASE, mean=mean
    )


def test_curves_rise_fall_and_bend_as_they_should() -> None:
    values = np.linspace(-2, 2, 9)
    check_curve(lambda z: np.log1p(np.exp(-z)), "z", values, falling=True, convex=True)
    assert "should fall in z, but gave 0.0 at z=-2.0, 0.5 at z=-1.5." in message(
        check_curve, lambda z: z + 2, "z", values, falling=True
    ).replace("<lambda>", "it")
    assert "should be convex (never above the chord between two of its points) in z" in message(
        check_curve, lambda z: -(z**2), "z", values, convex=True
    )
    check_curve(lambda z, margin: max(0, margin - z), "z", values, others={"margin": 1.0}, falling=True)
    assert "gave None" in message(check_curve, lambda z: None, "z", values, rising=True)


@pytest.mark.parametrize(
    ("formula", "at", "said"),
    [
        (lambda z: np.log(1 + np.exp(-z)), -1000.0, "left the range of float64"),
        (lambda z: np.log(1 + np.exp(-z)), 50.0, "A small number was lost"),
        (lambda z: np.log(np.exp(z) / np.exp(z) + np.exp(-z)), 1000.0, "A nan comes from"),
        (lambda z: np.log(1 + np.exp(-z)), 20.0, "their digits cancelled"),
    ],
    ids=["overflow", "lost", "nan", "cancelled"],
)
def test_an_accident_at_an_extreme_input_is_told_by_its_kind(formula: Any, at: float, said: str) -> None:
    def right(z: Any) -> Any:
        return np.logaddexp(0, -z)

    check_stable(right, right, [{"z": at}])
    assert said in message(check_stable, formula, right, [{"z": at}], rtol=1e-12)


def test_any_counterexample_is_as_good_as_another() -> None:
    def claim(p: Any, t: Any) -> bool:
        return bool(abs(p - t) <= (p - t) ** 2)

    check_breaks(lambda: (0.5, 0.0), claim, because="|r| must be above r² there")
    assert "gave (2.0, 0.0), but |r| must be above r² there." in message(
        check_breaks, lambda: (2.0, 0.0), claim, because="|r| must be above r² there"
    )
    assert "which can't be tried" in message(check_breaks, lambda: "text", claim, because="it breaks")


def test_a_counterexample_that_breaks_nothing_is_named_part_by_part() -> None:
    code = "def example(size):\n    return np.ones(size), 0"
    usual = Mistake("ones", "all ones", "ones make every loss the same.", "cell", (), code)

    def example(size: int) -> Any:
        return [1.0] * size, 0

    def claim(logits: Any, label: int) -> bool:
        return True

    said = message(check_breaks, example, claim, because="they differ", asked={"size": 3}, mistakes=[usual])
    assert said.endswith("but they differ. This looks like 'all ones': ones make every loss the same.")
    other = dataclasses.replace(usual, code=code.replace("0", "1"))
    assert "looks like" not in message(
        check_breaks, example, claim, because="they differ", asked={"size": 3}, mistakes=[other]
    )


def test_an_unsolved_stub_is_not_attempted_for_every_kind_of_check() -> None:
    def loss(*inputs: Any) -> Any:
        raise NotImplementedError

    calls: list[Callable[[], None]] = [
        lambda: check_shape(loss, lambda case: (), [CASE]),
        lambda: check_same(loss, [CASE], lambda case: case, because="it is so"),
        lambda: check_reduction(loss, [CASE], examples=CASE),
        lambda: check_curve(loss, "z", np.zeros(3), rising=True),
        lambda: check_stable(loss, mean_square, [CASE]),
        lambda: check_breaks(loss, lambda: True, because="it must"),
    ]
    for call in calls:
        with pytest.raises(NotImplementedError, match="loss is not attempted yet"):
            call()
