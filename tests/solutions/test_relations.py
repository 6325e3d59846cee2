"""Losses that are special cases or limits of others, and what each of them estimates."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from solutions import LOSSES

RNG = np.random.default_rng(0)
Z = RNG.normal(scale=3, size=8)
Y = RNG.integers(2, size=8)
LOGITS, LABELS = RNG.normal(scale=2, size=(6, 4)), RNG.integers(4, size=6)
PRED, TRUE = RNG.normal(size=(2, 7))
TWO_CLASSES = np.column_stack([np.zeros(8), Z])
SIGNS = 2.0 * Y - 1

CROSS_ENTROPIES: list[tuple[str, dict[str, Any]]] = [
    ("focal_multiclass", {"gamma": 0.0}),
    ("label_smoothing_ce", {"smoothing": 0.0}),
    ("gce", {"q": 1e-12}),
    ("poly1_ce", {"epsilon": 0.0}),
    ("ce_z_loss", {"coeff": 0.0}),
    ("confidence_penalty_ce", {"beta": 0.0}),
    ("logit_adjusted_ce", {"tau": 0.0, "prior": [0.1, 0.2, 0.3, 0.4]}),
    ("cross_entropy_weighted", {"weight": [2.0, 2.0, 2.0, 2.0]}),
    ("cross_entropy_ignore", {"ignore_index": -100}),
    ("symmetric_ce", {"alpha": 1.0, "beta": 0.0, "log_zero": -4.0}),
]
OF_RESIDUALS: list[tuple[str, dict[str, Any], str, float]] = [
    ("huber", {"delta": 1e9}, "mse", 0.5),
    ("pseudo_huber", {"delta": 1e6}, "half_mse", 1),
    ("smooth_l1", {"beta": 1e-12}, "mae", 1),
    ("pinball", {"level": 0.5}, "mae", 0.5),
    ("expectile", {"level": 0.5}, "mse", 0.5),
    ("epsilon_insensitive", {"epsilon": 0.0}, "mae", 1),
    ("barron", {"alpha": 2.0, "c": 1.0}, "half_mse", 1),
    ("barron", {"alpha": 1.0, "c": 1.0}, "pseudo_huber", 1),
    ("tukey_biweight", {"c": 1e8}, "half_mse", 1),
]

# A loss and another that it is, or becomes: name, inputs, parameters of each, and a factor on the second.
SAME: list[tuple[str, dict[str, Any], dict[str, Any], str, dict[str, Any], dict[str, Any], float]] = [
    (
        "bce_with_logits",
        {"logits": Z, "y_true": Y},
        {},
        "cross_entropy",
        {"logits": TWO_CLASSES, "labels": Y},
        {},
        1,
    ),
    ("bce_with_logits", {"logits": Z, "y_true": Y}, {}, "logistic", {"score": Z, "y_true": SIGNS}, {}, 1),
    (
        "focal_binary",
        {"logits": Z, "y_true": Y},
        {"gamma": 0.0},
        "bce_with_logits",
        {"logits": Z, "y_true": Y},
        {},
        1,
    ),
    *(
        (name, {"logits": LOGITS, "labels": LABELS}, parameters, "cross_entropy", {}, {}, 1)
        for name, parameters in CROSS_ENTROPIES
    ),
    *(
        (name, {"y_pred": PRED, "y_true": TRUE}, parameters, other, {}, {}, factor)
        for name, parameters, other, factor in OF_RESIDUALS
    ),
]


@pytest.mark.parametrize(("name", "inputs", "parameters", "other", "others", "more", "factor"), SAME)
def test_one_loss_is_another(
    name: str,
    inputs: dict[str, Any],
    parameters: dict[str, Any],
    other: str,
    others: dict[str, Any],
    more: dict[str, Any],
    factor: float,
) -> None:
    loss, twin = LOSSES[name], LOSSES[other]
    others = others or inputs
    expected = factor * float(twin.value(**others, **more))
    assert float(loss.value(**inputs, **parameters)) == pytest.approx(expected, rel=1e-9)
    gradient = loss.grad(**inputs, **parameters)[loss.wrt[0]]
    slopes = np.multiply(factor, twin.grad(**others, **more)[twin.wrt[0]])
    if slopes.shape == gradient.shape:
        np.testing.assert_allclose(gradient, slopes, rtol=1e-7, atol=1e-12)
    else:  # two classes: the second logit minus the first
        np.testing.assert_allclose(gradient, slopes[:, 1], rtol=1e-12)


SAMPLE = np.array([1.0, 2.0, 2.5, 4.0, 11.0])
EVENTS = np.array([1.0, 0.0, 0.0, 1.0, 1.0])
MEAN, LOG_MEAN = SAMPLE.mean(), np.log(SAMPLE.mean())
CLASSES = np.array([0, 0, 0, 1, 2])
SHARES = np.log([0.6, 0.2, 0.2])


def expectile(level: float) -> float:
    """Solve the condition that defines the expectile, by averaging with the weights that it sets."""
    centre = float(MEAN)
    for _ in range(200):
        weights = np.where(centre > SAMPLE, 1 - level, level)
        centre = float(np.average(SAMPLE, weights=weights))
    return centre


@pytest.mark.parametrize(
    ("name", "argument", "best", "data", "parameters"),
    [
        ("mse", "y_pred", MEAN, {"y_true": SAMPLE}, {}),
        ("half_mse", "y_pred", MEAN, {"y_true": SAMPLE}, {}),
        ("mae", "y_pred", 2.5, {"y_true": SAMPLE}, {}),
        ("expectile", "y_pred", expectile(0.8), {"y_true": SAMPLE}, {"level": 0.8}),
        ("pinball", "y_pred", 3.0, {"y_true": SAMPLE}, {"level": 0.6}),
        ("msle", "y_pred", np.expm1(np.log1p(SAMPLE).mean()), {"y_true": SAMPLE}, {}),
        ("poisson_nll", "log_rate", LOG_MEAN, {"y_true": SAMPLE}, {}),
        ("gamma_deviance", "log_mean", LOG_MEAN, {"y_true": SAMPLE}, {}),
        ("tweedie_deviance", "log_mean", LOG_MEAN, {"y_true": SAMPLE}, {"power": 1.5}),
        ("bce_with_logits", "logits", np.log(0.6 / 0.4), {"y_true": EVENTS}, {}),
        ("bce", "p", 0.6, {"y_true": EVENTS}, {}),
        ("brier_binary", "logits", np.log(0.6 / 0.4), {"y_true": EVENTS}, {}),
        ("logistic", "score", np.log(0.6 / 0.4), {"y_true": 2 * EVENTS - 1}, {}),
        ("exponential", "score", 0.5 * np.log(0.6 / 0.4), {"y_true": 2 * EVENTS - 1}, {}),
        ("cross_entropy", "logits", SHARES, {"labels": CLASSES}, {}),
        ("brier_multiclass", "logits", SHARES, {"labels": CLASSES}, {}),
        ("spherical", "logits", SHARES, {"labels": CLASSES}, {}),
        ("squared_hinge", "score", 0.2, {"y_true": 2 * EVENTS - 1}, {}),
        ("modified_huber", "score", 0.2, {"y_true": 2 * EVENTS - 1}, {}),
        ("savage", "score", np.log(0.6 / 0.4), {"y_true": 2 * EVENTS - 1}, {}),
        ("soft_cross_entropy", "logits", SHARES, {"target": np.eye(3)[CLASSES]}, {}),
        ("kl_logits", "logits", SHARES, {"p": np.eye(3)[CLASSES]}, {}),
    ],
)
def test_the_gradient_vanishes_at_what_the_loss_estimates(
    name: str, argument: str, best: Any, data: dict[str, Any], parameters: dict[str, Any]
) -> None:
    constant = np.broadcast_to(best, (5, *np.shape(best))).copy()
    slopes = LOSSES[name].grad(**{argument: constant}, **data, **parameters)[argument]
    assert slopes.sum(axis=0) == pytest.approx(0.0, abs=1e-12)
    assert np.abs(slopes).max() > 0.01
