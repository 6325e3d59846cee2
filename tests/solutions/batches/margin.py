"""Batches of the margin losses of two classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

NAMES = ("hinge", "squared_hinge", "smooth_hinge", "modified_huber", "logistic", "exponential", "savage")


@st.composite
def scores_and_signs(draw: st.DrawFn) -> dict[str, Any]:
    shape = draw(array_shapes(max_dims=2, max_side=4))
    return {
        "score": draw(arrays(np.float64, shape, elements=st.floats(-6, 6))),
        "y_true": draw(arrays(np.float64, shape, elements=st.sampled_from([-1.0, 1.0]))),
    }


BATCHES = {name: scores_and_signs() for name in NAMES}
EXAMPLES = {
    name: {"score": np.array([0.5, 2.0, -1.5, 0.25]), "y_true": np.array([1.0, 1.0, -1.0, -1.0])}
    for name in NAMES
}
