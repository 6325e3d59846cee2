"""Batches of the losses of two classes with targets 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

Batch = dict[str, Any]
LOGITS = st.floats(-8, 8)
HARD, SOFT = st.sampled_from([0.0, 1.0]), st.floats(0.05, 0.95) | st.sampled_from([0.0, 1.0])


@st.composite
def logits_and_targets(
    draw: st.DrawFn, targets: st.SearchStrategy[float], name: str = "y_true", min_dims: int = 1
) -> Batch:
    shape = draw(array_shapes(min_dims=min_dims, max_dims=2, max_side=4))
    return {
        "logits": draw(arrays(np.float64, shape, elements=LOGITS)),
        name: draw(arrays(np.float64, shape, elements=targets)),
    }


@st.composite
def probabilities_and_targets(draw: st.DrawFn) -> Batch:
    shape = draw(array_shapes(max_dims=2, max_side=4))
    return {
        "p": draw(arrays(np.float64, shape, elements=st.floats(0.1, 0.9))),
        "y_true": draw(arrays(np.float64, shape, elements=SOFT)),
    }


BATCHES = {
    "bce_with_logits": logits_and_targets(SOFT),
    "bce": probabilities_and_targets(),
    "focal_binary": logits_and_targets(HARD),
    "brier_binary": logits_and_targets(HARD),
    "multilabel_bce": logits_and_targets(SOFT, "target", min_dims=2),
}
PARAMETERS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "bce_with_logits": {"pos_weight": st.floats(0.1, 10)},
    "focal_binary": {"gamma": st.sampled_from([0.0, 0.5, 2.0, 5.0]), "alpha": st.none() | st.floats(0, 1)},
    "multilabel_bce": {"pos_weight": st.floats(0.1, 10)},
}
_ORDINARY = {"logits": np.array([2.0, -1.0, 0.5]), "y_true": np.array([1.0, 1.0, 0.0])}
EXAMPLES: dict[str, Batch] = {
    "bce_with_logits": _ORDINARY,
    "bce": {"p": np.array([0.9, 0.2, 0.5]), "y_true": np.array([1.0, 0.0, 1.0])},
    "focal_binary": _ORDINARY,
    "brier_binary": _ORDINARY,
    "multilabel_bce": {
        "logits": np.array([[0.5, -1.0, 2.0], [0.0, 3.0, -2.0]]),
        "target": np.array([[1, 0, 1], [0, 0, 1]]),
    },
}
