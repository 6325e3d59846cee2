"""The changes of a batch that a loss may be invariant under, and the power of s by which it may grow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Batch = dict[str, Any]
PAIR = (
    "y_pred",
    "y_true",
    "score",
    "d_real",
    "d_fake",
    "eps_pred",
    "eps",
    "v",
    "x1",
    "x0",
    "u",
    "box",
    "target",
)
"""The arguments that are compared with each other, by their names in the losses that claim such a change."""
SHIFTED = ("logits", "student", "scores", "s1", "s2", "s_pos", "s_neg")
REFERENCE_PAIR = ("logp", "logp_old", "logp_ref", "logp_chosen", "ref_chosen")


def _pair(batch: Batch, change: Callable[[Any], Any]) -> Batch:
    return {name: change(value) if name in PAIR else value for name, value in batch.items()}


def _permuted(batch: Batch, _: float) -> Batch:
    def reverse(value: Any) -> Any:
        return np.ravel(value)[::-1].reshape(np.shape(value))

    return {name: reverse(value) for name, value in batch.items()}


def _exchanged(batch: Batch, _: float) -> Batch:
    first, second = (name for name in batch if name in PAIR)
    return {first: batch[second], second: batch[first]}


def _rows_permuted(batch: Batch, _: float) -> Batch:
    return {name: value if name == "thresholds" else np.asarray(value)[::-1] for name, value in batch.items()}


def _relabelled(batch: Batch, _: float) -> Batch:
    classes = np.shape(batch["logits"])[-1]
    return {
        name: classes - 1 - np.asarray(value) if name == "labels" else np.asarray(value)[..., ::-1]
        for name, value in batch.items()
    }


EMBEDDINGS = [
    "z",
    "z1",
    "z2",
    "a",
    "p",
    "n",
    "b",
    "x1",
    "x2",
    "query",
    "positive",
    "negatives",
    "image",
    "text",
    "za",
    "zb",
    "box",
    "target",
]


def _embeddings(batch: Batch, change: Callable[[Any], Any]) -> Batch:
    return {name: change(value) if name in EMBEDDINGS else value for name, value in batch.items()}


def _rotated(batch: Batch, _: float) -> Batch:
    def reflect(vectors: Any) -> Any:
        normal = 1.0 + np.arange(np.shape(vectors)[-1])
        return vectors - np.multiply.outer(vectors @ normal, normal) * (2 / (normal @ normal))

    return _embeddings(batch, reflect)


def _swapped(batch: Batch, _: float) -> Batch:
    first, second = list(batch)[:2]
    return {**batch, first: batch[second], second: batch[first]}


CHANGES: dict[str, tuple[Callable[[Batch, float], Batch], int]] = {
    "translation": (lambda batch, s: _pair(batch, lambda v: v + s), 0),
    "permutation": (_permuted, 0),
    "sign-symmetry": (lambda batch, _: _pair(batch, np.negative), 0),
    "exchange": (_exchanged, 0),
    "scaling-1": (lambda batch, s: _pair(batch, lambda v: v * s), 1),
    "scaling-2": (lambda batch, s: _pair(batch, lambda v: v * s), 2),
    "shift": (lambda batch, s: {k: v + s if k in SHIFTED else v for k, v in batch.items()}, 0),
    "relabelling": (_relabelled, 0),
    "row-permutation": (_rows_permuted, 0),
    "location": (lambda batch, s: {k: v + s if k in ("mean", "y_true") else v for k, v in batch.items()}, 0),
    "reflection": (lambda batch, _: {k: -v if k in ("mean", "y_true") else v for k, v in batch.items()}, 0),
    "units": (
        lambda batch, s: {"log_mean": batch["log_mean"] + np.log(s), "y_true": batch["y_true"] * s},
        0,
    ),
    "reference": (
        lambda batch, s: {k: v - s if k in REFERENCE_PAIR else v for k, v in batch.items()},
        0,
    ),
    "common-shift": (lambda batch, s: _embeddings(batch, lambda v: v + s), 0),
    "rotation": (_rotated, 0),
    "scaling-0": (lambda batch, s: _embeddings(batch, lambda v: v * s), 0),
    "swap": (_swapped, 0),
}
