"""Batches of the losses of logits with a label each, and of their relatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

Batch = dict[str, npt.NDArray[Any]]
CLASSES = 3
ROWS = st.integers(1, 4)
LOGITS = st.floats(-8, 8).filter(lambda z: z == 0 or abs(z) > 1e-3)
FEW = st.floats(0.05, 4)
LABELLED = (
    "cross_entropy",
    "label_smoothing_ce",
    "cross_entropy_weighted",
    "logit_adjusted_ce",
    "perplexity",
    "focal_multiclass",
    "gce",
    "symmetric_ce",
    "poly1_ce",
    "brier_multiclass",
    "spherical",
    "ce_z_loss",
    "confidence_penalty_ce",
    "sparsemax_loss",
    "hinge_crammer_singer",
    "hinge_weston_watkins",
)


@st.composite
def labelled_rows(draw: st.DrawFn, ignored: tuple[int, ...] = ()) -> Batch:
    rows = draw(ROWS)
    classes = st.sampled_from([*range(CLASSES), *ignored])
    return {
        "logits": draw(arrays(np.float64, (rows, CLASSES), elements=LOGITS)),
        "labels": draw(arrays(np.int64, rows, elements=classes)),
    }


@st.composite
def rows_with_targets(draw: st.DrawFn) -> Batch:
    shape = draw(ROWS), CLASSES
    shares = draw(arrays(np.float64, shape, elements=FEW))
    logits = draw(arrays(np.float64, shape, elements=LOGITS))
    return {"logits": logits, "target": shares / shares.sum(axis=-1, keepdims=True)}


@st.composite
def scores_on_a_line(draw: st.DrawFn) -> Batch:
    rows = draw(ROWS)
    gaps = draw(arrays(np.float64, 3, elements=st.floats(0.5, 3)))
    return {
        "score": draw(arrays(np.float64, rows, elements=LOGITS)),
        "thresholds": np.cumsum(gaps) - 4.0,
        "labels": draw(arrays(np.int64, rows, elements=st.integers(0, 3))),
    }


BATCHES: dict[str, st.SearchStrategy[Batch]] = {
    **{name: labelled_rows() for name in LABELLED},
    "cross_entropy_ignore": labelled_rows(ignored=(-100,)),
    "soft_cross_entropy": rows_with_targets(),
    "ordinal_logit": scores_on_a_line(),
}
WEIGHTS = st.tuples(FEW, FEW, FEW)
PARAMETERS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "label_smoothing_ce": {"smoothing": st.floats(0, 1)},
    "cross_entropy_weighted": {"weight": WEIGHTS},
    "logit_adjusted_ce": {
        "prior": WEIGHTS.map(lambda shares: [share / sum(shares) for share in shares]),
        "tau": st.floats(0, 2),
    },
    "focal_multiclass": {"gamma": st.floats(0, 5)},
    "gce": {"q": st.floats(0.01, 1)},
    "symmetric_ce": {"alpha": FEW, "beta": FEW, "log_zero": st.floats(-10, -1)},
    "poly1_ce": {"epsilon": st.floats(-1, 5)},
    "ce_z_loss": {"coeff": st.floats(0, 1)},
    "confidence_penalty_ce": {"beta": st.floats(0, 2)},
}
ROW = {"logits": np.array([[2.0, 1.0, 0.1], [0.5, -1.0, 3.0]]), "labels": np.array([1, 0])}
EXAMPLES: dict[str, Batch] = {
    **dict.fromkeys((*LABELLED, "cross_entropy_ignore"), ROW),
    "soft_cross_entropy": {"logits": ROW["logits"], "target": np.array([[0.25, 0.5, 0.25], [1.0, 0.0, 0.0]])},
    "ordinal_logit": {
        "score": np.array([0.3, -1.0]),
        "thresholds": np.array([-1.0, 0.5]),
        "labels": np.array([2, 0]),
    },
}


def _weights_of_labels(logits: Any, labels: Any, weight: Any) -> Any:
    return np.asarray(weight)[labels]


def _kept(logits: Any, labels: Any) -> Any:
    return (labels != -100).astype(float)


MEAN_WEIGHTS = {"cross_entropy_weighted": _weights_of_labels, "cross_entropy_ignore": _kept}
"""A weighted mean divides by the weights of the labels, a masked one by the number of rows that count."""
