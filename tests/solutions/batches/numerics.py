"""Inputs of the building blocks of losses."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays


def drawn(name: str, max_dims: int) -> st.SearchStrategy[dict[str, Any]]:
    array = arrays(np.float64, array_shapes(max_dims=max_dims, max_side=5), elements=st.floats(-8, 8))
    return st.fixed_dictionaries({name: array})


BATCHES = {
    "logsumexp": drawn("logits", max_dims=1),
    "softplus": drawn("x", max_dims=2),
    "log_sigmoid": drawn("x", max_dims=2),
    "entropy_logits": drawn("logits", max_dims=1),
}
EXAMPLES = {
    "logsumexp": {"logits": np.array([1.0, 2.0, 3.0])},
    "softplus": {"x": np.array([-1.0, 0.5])},
    "log_sigmoid": {"x": np.array([-1.0, 0.5])},
    "entropy_logits": {"logits": np.array([1.0, 2.0, 3.0])},
}
