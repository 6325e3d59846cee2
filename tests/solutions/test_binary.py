"""Losses of two classes: where other implementations fail, the ties between them, and their errors."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from solutions import (
    LOSSES,
    bce,
    bce_grad,
    bce_with_logits,
    bce_with_logits_grad,
    brier_binary,
    focal_binary,
    focal_binary_grad,
    logistic,
    multilabel_bce,
    multilabel_bce_grad,
)

LOGITS, TARGETS = np.array([0.5, -2.0, 1.0, 3.0]), np.array([1.0, 1.0, 0.0, 0.0])


def refused(error: type[Exception], *parts: str) -> Any:
    return pytest.raises(error, match=".*".join(map(re.escape, parts)))


@pytest.mark.parametrize(
    ("z", "y", "value", "slope"),
    [
        (-30.0, 0, 9.357622968839737e-14, 9.357622968839299e-14),  # softplus(z) - y z is 1.3 % off
        (-40.0, 0, 4.248354255291589e-18, 4.248354255291589e-18),  # and 0 here
        (30.0, 1, 9.357622968839737e-14, -9.357622968839299e-14),
        (40.0, 1, 4.248354255291589e-18, -4.248354255291589e-18),  # sigmoid(z) - y is 0
        (-1000.0, 1, 1000.0, -1.0),  # -log(sigmoid(z)) is inf
        (1e300, 0, 1e300, 1.0),
        (np.inf, 1, 0.0, 0.0),  # y z - y z is NaN
        (-np.inf, 0, 0.0, 0.0),
        (np.inf, 0, np.inf, 1.0),
        (-np.inf, 1, np.inf, -1.0),
        (np.inf, 0.25, np.inf, 0.75),
        (1e-10, 0.5, 0.6931471805599453, 2.5e-11),  # sigmoid(z) - y keeps six digits
    ],
)
def test_bce_with_logits_keeps_its_digits(z: float, y: float, value: float, slope: float) -> None:
    assert bce_with_logits([z], [y]) == pytest.approx(value, rel=1e-14, abs=0)
    assert bce_with_logits_grad([z], [y]) == pytest.approx(slope, rel=1e-14, abs=0)


@pytest.mark.parametrize("y", [np.nextafter(0.5, 0), 0.4999, 0.5001, 1e-300])
def test_soft_targets_near_one_half_keep_their_digits_too(y: float) -> None:
    assert bce_with_logits_grad([0.0], [y]) == 0.5 - y


def test_a_weight_of_zero_silences_a_class_also_at_infinity() -> None:
    assert bce_with_logits([-np.inf, 3.0], [1, 1], pos_weight=0.0) == 0
    np.testing.assert_array_equal(bce_with_logits_grad([-np.inf, 3.0], [1, 1], pos_weight=0.0), [0.0, 0.0])


def test_nan_stays_nan() -> None:
    assert np.isnan(bce_with_logits([np.nan], [1]))
    assert np.isnan(bce_with_logits_grad([np.nan], [1]))


def test_a_mean_of_huge_losses_is_a_number_where_their_sum_is_not() -> None:
    assert bce_with_logits([1e308] * 4, [0] * 4) == 1e308
    assert bce_with_logits([1e308] * 4, [0] * 4, reduction="sum") == np.inf


def test_pos_weight_multiplies_the_term_of_class_1_and_not_the_count() -> None:
    single = np.asarray(bce_with_logits(LOGITS, TARGETS, reduction="none"))
    assert bce_with_logits(LOGITS, TARGETS, pos_weight=3.0) == pytest.approx(
        float(np.mean(single * [3, 3, 1, 1])), rel=1e-15
    )


def test_pos_weight_for_each_label() -> None:
    logits, target = LOGITS.reshape(2, 2), np.ones((2, 2))
    single = np.asarray(multilabel_bce(logits, target, reduction="none"))
    weighted = multilabel_bce(logits, target, pos_weight=[2.0, 0.5], reduction="none")
    np.testing.assert_allclose(weighted, single * [2.0, 0.5], rtol=1e-15)
    np.testing.assert_allclose(
        multilabel_bce_grad(logits, target, pos_weight=[2.0, 0.5]),
        multilabel_bce_grad(logits, target) * [2.0, 0.5],
        rtol=1e-15,
    )


def test_integer_targets_leave_the_dtype_to_the_logits() -> None:
    narrow = LOGITS.astype(np.float32)
    for targets in (TARGETS.astype(int), [1, 1, 0, 0]):
        assert bce_with_logits(narrow, targets).dtype == np.float32
        assert bce_with_logits(LOGITS, targets).dtype == np.float64
    assert bce_with_logits(narrow, TARGETS).dtype == np.float64


def test_the_same_loss_in_three_languages() -> None:
    value = bce_with_logits(LOGITS, TARGETS)
    assert bce(1 / (1 + np.exp(-LOGITS)), TARGETS) == pytest.approx(value, rel=1e-14)
    assert logistic(LOGITS, 2 * TARGETS - 1) == value


@pytest.mark.parametrize(
    ("p", "y", "value", "slope"),
    [
        (0.0, 1, np.inf, -np.inf),  # 100 where logarithms are clamped
        (1.0, 0, np.inf, np.inf),
        (0.0, 0, 0.0, 1.0),  # 0 log 0
        (1.0, 1, 0.0, -1.0),
        (1e-10, 1, 23.025850929940457, -1e10),  # 16.118 where probabilities are clipped
        (1e-20, 0, 1e-20, 1.0),  # log(1 - p) is 0
        (1e-30, 1, 69.07755278982137, -1e30),
        (0.3, 0.3, 0.6108643020548935, 0.0),
    ],
)
def test_bce_does_not_clip(p: float, y: float, value: float, slope: float) -> None:
    assert bce([p], [y]) == pytest.approx(value, rel=1e-14, abs=0)
    assert bce_grad([p], [y]) == pytest.approx(slope, rel=1e-14, abs=0)


@pytest.mark.parametrize("alpha", [None, 0.25])
def test_focal_without_focus_is_cross_entropy(alpha: float | None) -> None:
    weights = np.ones(4) if alpha is None else np.where(TARGETS == 1, alpha, 1 - alpha)
    for ours, plain in ((focal_binary, bce_with_logits), (focal_binary_grad, bce_with_logits_grad)):
        np.testing.assert_allclose(
            ours(LOGITS, TARGETS, gamma=0.0, alpha=alpha, reduction="none"),
            np.asarray(plain(LOGITS, TARGETS, reduction="none")) * weights,
            rtol=1e-14,
        )


@pytest.mark.parametrize(
    ("z", "gamma", "value", "slope"),
    [
        (40.0, 2.0, 7.667648073722e-53, -2.3002944221166e-52),
        (40.0, 0.5, 8.75651076269652e-27, -1.313476614404478e-26),  # 0 ** -0.5 * 0 is NaN
        (1000.0, 0.5, 0.0, 0.0),
        (-40.0, 0.5, 40.0, -1.0),
        (-1000.0, 2.0, 1000.0, -1.0),
        (-1000.0, 0.5, 1000.0, -1.0),
        (1000.0, 0.0, 0.0, 0.0),
        (np.inf, 2.0, 0.0, 0.0),
        (-np.inf, 2.0, np.inf, -1.0),  # 2 p log p is 0 * inf
    ],
)
def test_focal_for_any_gamma_at_sure_logits(z: float, gamma: float, value: float, slope: float) -> None:
    assert focal_binary([z], [1], gamma=gamma) == pytest.approx(value, rel=1e-13, abs=0)
    assert focal_binary_grad([z], [1], gamma=gamma) == pytest.approx(slope, rel=1e-13, abs=0)
    assert focal_binary([-z], [0], gamma=gamma) == focal_binary([z], [1], gamma=gamma)


def test_focal_weighs_an_easy_example_400_times_less() -> None:
    logits = np.log(np.array([0.5, 0.9, 0.95]) / np.array([0.5, 0.1, 0.05]))
    plain = np.asarray(bce_with_logits(logits, [1, 1, 1], reduction="none"))
    focal = np.asarray(focal_binary(logits, [1, 1, 1], reduction="none"))
    np.testing.assert_allclose(plain / focal, [4.0, 100.0, 400.0], rtol=1e-12)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0, 5.0])
def test_lipschitz_bound_of_focal_is_reached(gamma: float) -> None:
    z = np.linspace(-40, 5, 20001)
    steepest = np.max(np.abs(focal_binary_grad(z, np.ones_like(z), gamma=gamma, reduction="none")))
    bound = LOSSES["focal_binary"].lipschitz
    assert bound is not None
    assert steepest <= bound.value(gamma=gamma) * (1 + 1e-15)
    assert steepest == pytest.approx(bound.value(gamma=gamma), rel=1e-6)


def test_brier_score_never_exceeds_1_and_does_not_move_a_sure_mistake() -> None:
    assert brier_binary([-1000.0], [1]) == 1
    assert LOSSES["brier_binary"].grad([-5.0], [1])["logits"] == pytest.approx(-0.0132071244)


@pytest.mark.parametrize("name", ["bce_with_logits", "focal_binary", "brier_binary"])
def test_signs_are_no_targets(name: str) -> None:
    for function in (LOSSES[name].value, LOSSES[name].grad):
        with refused(ValueError, "y_true holds -1", "0 and 1", "(y + 1) / 2"):
            function([0.5, 1.0], [-1, 1])


@pytest.mark.parametrize("name", ["focal_binary", "brier_binary"])
def test_soft_targets_are_refused_where_they_have_no_meaning(name: str) -> None:
    with refused(ValueError, "y_true holds 0.5, but must hold 0 and 1 only"):
        LOSSES[name].value([0.5], [0.5])


def test_logits_are_no_probabilities() -> None:
    for function in (bce, bce_grad):
        with refused(ValueError, "p holds 1.5, but must lie between 0 and 1: is it a logit?"):
            function([1.5], [1])


@pytest.mark.parametrize("weight", [-1.0, np.inf, np.nan])
def test_pos_weight_must_be_finite_and_not_negative(weight: float) -> None:
    with refused(ValueError, "pos_weight must hold finite numbers of at least 0", repr(weight)):
        bce_with_logits([1.0], [1], pos_weight=weight)


def test_pos_weight_must_fit_the_last_axis() -> None:
    with refused(ValueError, "pos_weight has shape (2,) and logits has shape (3,)", "one for each entry"):
        bce_with_logits_grad([1.0, 2.0, 3.0], [1, 0, 1], pos_weight=[1.0, 2.0])


def test_multilabel_needs_a_matrix() -> None:
    with refused(ValueError, "logits has shape (2,)", "N rows of K labels"):
        multilabel_bce([1.0, 2.0], [1, 0])
    with refused(ValueError, "logits has shape (1, 2) and target has shape (2,)"):
        multilabel_bce_grad([[1.0, 2.0]], [1, 0])


@pytest.mark.parametrize(
    ("name", "bad"), [("gamma", -0.1), ("gamma", np.inf), ("alpha", 1.1), ("alpha", -0.1)]
)
def test_focal_parameters(name: str, bad: float) -> None:
    for function in (LOSSES["focal_binary"].value, LOSSES["focal_binary"].grad):
        with refused(ValueError, f"{name} must", repr(bad)):
            function([1.0], [1], **{name: bad})
