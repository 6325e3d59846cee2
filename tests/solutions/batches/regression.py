"""Batches of the losses that compare a prediction with a target."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

Batch = dict[str, npt.NDArray[np.float64]]
REALS = st.floats(-50, 50).filter(lambda x: x == 0 or abs(x) > 1e-6)
NAMES = ("mse", "half_mse", "mae", "huber", "smooth_l1", "log_cosh")


@st.composite
def predictions_and_targets(draw: st.DrawFn, elements: st.SearchStrategy[float] = REALS) -> Batch:
    shape = draw(array_shapes(max_dims=2, max_side=4))
    return {name: draw(arrays(np.float64, shape, elements=elements)) for name in ("y_pred", "y_true")}


BATCHES = {name: predictions_and_targets() for name in NAMES}
PARAMETERS = {"huber": {"delta": st.floats(0.01, 20)}, "smooth_l1": {"beta": st.floats(0.01, 20)}}
EXAMPLES = {name: {"y_pred": np.array([3.0, -0.5]), "y_true": np.array([1.0, 0.25])} for name in NAMES}
