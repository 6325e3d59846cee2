"""Inputs at which widely used libraries return a wrong number, zero, infinity or NaN; here all are right.

The exact values were computed with 50 digits and are given to the digits that matter: the errors of others
start in the first to third. Where the value is exactly 0 or infinite, so must ours be.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from solutions import LOSSES

INF = np.inf
F32 = np.float32

# Loss, inputs, parameters, exact value, exact gradient of the first argument; None where it is not asked.
CASES: list[tuple[str, dict[str, Any], dict[str, Any], float | None, list[float] | None]] = [
    # binary cross-entropy of logits: softplus by log(1 + exp) and slopes by sigmoid - y cancel
    ("bce_with_logits", {"logits": [-30.0], "y_true": [0.0]}, {}, 9.3576229688e-14, [9.3576229688e-14]),
    ("bce_with_logits", {"logits": [-33.3], "y_true": [0.0]}, {}, 3.4513877444e-15, None),
    ("bce_with_logits", {"logits": [40.0], "y_true": [1.0]}, {}, 4.2483542553e-18, [-4.2483542553e-18]),
    ("bce_with_logits", {"logits": [INF], "y_true": [1.0]}, {}, 0.0, [0.0]),
    ("bce_with_logits", {"logits": [-INF], "y_true": [0.0]}, {}, 0.0, [0.0]),
    ("bce_with_logits", {"logits": [-INF], "y_true": [1.0]}, {}, INF, [-1.0]),
    # of probabilities: clipping makes up an answer
    ("bce", {"p": [0.0], "y_true": [1.0]}, {}, INF, None),
    ("bce", {"p": [1e-10], "y_true": [1.0]}, {}, 23.025850930, [-1e10]),
    ("bce", {"p": [1e-10], "y_true": [0.0]}, {}, 1e-10, [1.0]),
    ("bce", {"p": [1e-30], "y_true": [1.0]}, {}, 69.077552790, [-1e30]),
    ("bce", {"p": [0.0], "y_true": [0.0]}, {}, 0.0, [1.0]),
    # softmax cross-entropy: log Z - z_c and p - 1 cancel
    (
        "cross_entropy",
        {"logits": [[40.0, 0.0, 0.0]], "labels": [0]},
        {},
        8.4967085106e-18,
        [-8.4967085106e-18, 4.2483542553e-18, 4.2483542553e-18],
    ),
    ("cross_entropy", {"logits": [[1e10, 1e10 - 1]], "labels": [0]}, {}, 0.31326168752, None),
    ("cross_entropy", {"logits": [[1e15, 1e15 - 1]], "labels": [0]}, {}, 0.31326168752, None),
    ("cross_entropy", {"logits": [[-INF, 0.0, 1.0]], "labels": [2]}, {}, 0.31326168752, None),
    (
        "soft_cross_entropy",
        {"logits": [[-INF, 1.0, 2.0]], "target": [[0.0, 0.25, 0.75]]},
        {},
        0.56326168752,
        None,
    ),
    # focal: 1 - p is 0, and its power infinite
    (
        "focal_binary",
        {"logits": [40.0], "y_true": [1]},
        {"gamma": 2.0},
        7.6676480737e-53,
        [-2.3002944221e-52],
    ),
    ("focal_binary", {"logits": [-40.0], "y_true": [0]}, {"gamma": 2.0}, 7.6676480737e-53, None),
    ("focal_binary", {"logits": [-100.0], "y_true": [1]}, {"gamma": 2.0}, 100.0, [-1.0]),
    (
        "focal_binary",
        {"logits": [40.0], "y_true": [1]},
        {"gamma": 0.5},
        8.7565107626e-27,
        [-1.3134766144e-26],
    ),
    # log-cosh: cosh overflows, and log(cosh) of a small number is 0
    ("log_cosh", {"y_pred": [1e-8], "y_true": [0.0]}, {}, 5e-17, [1e-8]),
    ("log_cosh", {"y_pred": [1e-9], "y_true": [0.0]}, {}, 5e-19, [1e-9]),
    ("log_cosh", {"y_pred": [6e-5], "y_true": [0.0]}, {}, 1.7999999989e-9, None),
    ("log_cosh", {"y_pred": [711.0], "y_true": [0.0]}, {}, 710.30685282, [1.0]),
    # Huber and pseudo-Huber: branches that are evaluated although not taken
    ("huber", {"y_pred": [1.0], "y_true": [0.0]}, {"delta": 1e200}, 0.5, [1.0]),
    ("huber", {"y_pred": [1.0], "y_true": [0.0]}, {"delta": INF}, 0.5, [1.0]),
    ("huber", {"y_pred": [1e200], "y_true": [0.0]}, {"delta": 1.0}, 1e200, [1.0]),
    ("pseudo_huber", {"y_pred": [1e200], "y_true": [0.0]}, {"delta": 1.0}, 1e200, [1.0]),
    # Kullback-Leibler: 0 log 0, and distributions that nearly agree
    ("kl", {"p": [0.5, 0.5, 0.0], "q": [0.25, 0.75, 0.0]}, {}, 0.14384103622, None),
    ("kl", {"p": [0.5, 0.5], "q": [1.0, 0.0]}, {}, INF, None),
    ("kl", {"p": [1.0, 0.0], "q": [0.5, 0.5]}, {}, 0.69314718056, None),
    ("kl", {"p": [0.5, 0.5], "q": [0.5 + 2**-30, 0.5 - 2**-30]}, {}, 1.7347234760e-18, None),
    # of Gaussians: exp(lv) - 1 - lv
    ("vae_kl", {"mu": [0.0], "log_var": [-1000.0]}, {}, 499.5, [0.0]),
    ("vae_kl", {"mu": [0.0], "log_var": [1e-7]}, {}, 2.5000000833e-15, None),
    ("vae_kl", {"mu": [1e-10], "log_var": [0.0]}, {}, 5e-21, [1e-10]),
    # hinge: one class in the batch, all logits negative
    ("hinge", {"score": [2.0, 3.0], "y_true": [1.0, 1.0]}, {}, 0.0, [0.0, 0.0]),
    ("hinge_crammer_singer", {"logits": [[-3.0, -5.0, -6.0]], "labels": [0]}, {}, 0.0, None),
    ("hinge_crammer_singer", {"logits": [[-1.0, -1.5, -6.0]], "labels": [0]}, {}, 0.5, None),
    # squared error: squares overflow although their mean does not
    ("mse", {"y_pred": [1e154] * 4, "y_true": [0.0] * 4}, {}, 1e308, [5e153] * 4),
    # triplets and cosines: norms of 0, of 1e-9 and beyond the range of their squares
    (
        "triplet",
        {"a": [[1.0, 2.0]], "p": [[1.0, 2.0]], "n": [[4.0, 6.0]]},
        {"margin": 6.0, "squared": False},
        1.0,
        [0.6, 0.8],
    ),
    ("cosine_embedding", {"x1": [[0.0, 0.0]], "x2": [[3.0, 4.0]], "y_true": [1]}, {}, 1.0, [0.0, 0.0]),
    ("cosine_embedding", {"x1": [[1e-9, 0.0]], "x2": [[3.0, 4.0]], "y_true": [1]}, {}, 0.4, None),
    ("cosine_embedding", {"x1": [[1e200, 0.0]], "x2": [[3.0, 4.0]], "y_true": [1]}, {}, 0.4, None),
    ("cosine_embedding", {"x1": [[1e-200, 0.0]], "x2": [[3.0, 4.0]], "y_true": [1]}, {}, 0.4, None),
    ("cosine_embedding", {"x1": [[1.0, 1e-8]], "x2": [[1.0, 0.0]], "y_true": [1]}, {}, 5e-17, None),
    # boxes: an eps in the denominator
    ("giou_loss", {"box": [0.0, 0.0, 1e-4, 1e-4], "target": [0.0, 0.0, 1e-4, 1e-4]}, {}, 0.0, None),
    # the logistic loss of ±1 labels overflows as log(1 + exp)
    ("logistic", {"score": [1000.0], "y_true": [-1.0]}, {}, 1000.0, [1.0]),
    # Gaussian NLL: a clamped variance
    ("gaussian_nll", {"mean": [1e-4], "log_var": [np.log(1e-8)], "y_true": [0.0]}, {}, -8.7103403720, [1e4]),
]

SINGLE: list[tuple[str, dict[str, Any], dict[str, Any], float | None, list[float] | None]] = [
    ("bce_with_logits", {"logits": [-10.0], "y_true": [0.0]}, {}, 4.5398899e-5, [4.5397869e-5]),
    ("bce_with_logits", {"logits": [-17.0], "y_true": [0.0]}, {}, 4.1399377e-8, None),
    ("cross_entropy", {"logits": [[20.0, 0.0, 0.0]], "labels": [0]}, {}, 4.1223072e-9, None),
    ("cross_entropy", {"logits": [[1e6, 1e6 - 0.5]], "labels": [0]}, {}, 0.47407698, None),
    ("log_cosh", {"y_pred": [1e-3], "y_true": [0.0]}, {}, 4.9999992e-7, None),
    ("log_cosh", {"y_pred": [1e-8], "y_true": [0.0]}, {}, None, [1e-8]),
    ("huber", {"y_pred": [1e-3], "y_true": [0.0]}, {"delta": 100.0}, None, [1e-3]),
    ("huber", {"y_pred": [1e-9], "y_true": [0.0]}, {"delta": 1.0}, None, [1e-9]),
    ("mse", {"y_pred": [1e19] * 4, "y_true": [0.0] * 4}, {}, 1e38, None),
    ("vae_kl", {"mu": [0.0], "log_var": [-100.0]}, {}, 49.5, None),
]


def identify(case: Any) -> str:
    return str(case) if isinstance(case, str) else ""


def check(
    loss: str, inputs: dict[str, Any], parameters: dict[str, Any], value: Any, slope: Any, rel: float
) -> None:
    record = LOSSES[loss]
    if value is not None:
        assert float(record.value(**inputs, **parameters)) == pytest.approx(value, rel=rel, abs=0)
    if slope is not None:
        gradient = np.ravel(record.grad(**inputs, **parameters)[record.wrt[0]])
        assert gradient == pytest.approx(slope, rel=rel, abs=0)


@pytest.mark.parametrize(("loss", "inputs", "parameters", "value", "slope"), CASES, ids=identify)
def test_in_float64(
    loss: str, inputs: dict[str, Any], parameters: dict[str, Any], value: Any, slope: Any
) -> None:
    check(loss, inputs, parameters, value, slope, 1e-8)


@pytest.mark.parametrize(("loss", "inputs", "parameters", "value", "slope"), SINGLE, ids=identify)
def test_in_float32(
    loss: str, inputs: dict[str, Any], parameters: dict[str, Any], value: Any, slope: Any
) -> None:
    single = {name: np.asarray(v, F32) if name != "labels" else v for name, v in inputs.items()}
    check(loss, single, parameters, value, slope, 1e-6)
