"""Batches of the losses of structures: masks, boxes and texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

Batch = dict[str, npt.NDArray[Any]]
LOGITS = st.floats(-6, 6).filter(lambda z: z == 0 or abs(z) > 1e-3)
WEIGHTS = st.floats(0.1, 2)
SMOOTH = st.floats(0, 2)


@st.composite
def masks(draw: st.DrawFn) -> Batch:
    pixels = draw(st.integers(1, 5))
    return {
        "logits": draw(arrays(np.float64, pixels, elements=LOGITS)),
        "y_true": draw(arrays(np.float64, pixels, elements=st.sampled_from([0.0, 1.0]))),
    }


@st.composite
def boxes(draw: st.DrawFn) -> Batch:
    count = draw(st.integers(1, 3))

    def some() -> npt.NDArray[Any]:
        corner = draw(arrays(np.float64, (count, 2), elements=st.floats(-2, 2)))
        size = draw(arrays(np.float64, (count, 2), elements=st.floats(0.25, 3)))
        return np.concatenate([corner, corner + size], axis=-1)

    return {"box": some(), "target": some()}


@st.composite
def texts(draw: st.DrawFn) -> Batch:
    frames, classes = draw(st.integers(3, 5)), draw(st.integers(2, 4))
    length = draw(st.integers(1, 2))
    return {
        "logits": draw(arrays(np.float64, (frames, classes), elements=LOGITS)),
        "target": draw(arrays(np.int64, length, elements=st.integers(1, classes - 1))),
    }


BATCHES = {
    "soft_dice": masks(),
    "tversky": masks(),
    "iou_loss": boxes(),
    "giou_loss": boxes(),
    "ctc": texts(),
}
PARAMETERS = {
    "soft_dice": {"smooth": SMOOTH},
    "tversky": {"alpha": WEIGHTS, "beta": WEIGHTS, "smooth": SMOOTH},
}
_MASK = {"logits": np.array([2.0, -1.0, 0.5]), "y_true": np.array([1.0, 0.0, 1.0])}
_BOXES = {"box": np.array([[0.25, 0.5, 2.0, 1.75]]), "target": np.array([[0.0, 1.0, 1.5, 3.0]])}
EXAMPLES = {
    "soft_dice": _MASK,
    "tversky": _MASK,
    "iou_loss": _BOXES,
    "giou_loss": _BOXES,
    "ctc": {
        "logits": np.array([[0.5, 1.0, -0.5], [0.0, 0.25, 1.0], [1.0, -1.0, 0.5]]),
        "target": np.array([1, 2]),
    },
}
