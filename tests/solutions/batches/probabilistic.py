"""Batches of the losses of predicted distributions, counts and amounts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

Batch = dict[str, npt.NDArray[np.float64]]
CENTRES = st.floats(-5, 5).filter(lambda x: x == 0 or abs(x) > 1e-6)
LOG_WIDTHS = st.floats(-2, 2)


@st.composite
def columns(draw: st.DrawFn, /, **elements: st.SearchStrategy[float]) -> Batch:
    shape = draw(array_shapes(max_dims=2, max_side=4))
    return {name: draw(arrays(np.float64, shape, elements=element)) for name, element in elements.items()}


def located(width: str) -> st.SearchStrategy[Batch]:
    return columns(mean=CENTRES, **{width: LOG_WIDTHS}, y_true=CENTRES)


BATCHES = {
    "gaussian_nll": located("log_var"),
    "laplace_nll": located("log_b"),
    "student_t_nll": located("log_sigma"),
    "crps_gaussian": located("log_sigma"),
    "poisson_nll": columns(log_rate=st.floats(-3, 3), y_true=st.integers(0, 40).map(float)),
    "gamma_deviance": columns(log_mean=st.floats(-3, 3), y_true=st.floats(0.1, 20)),
    "tweedie_deviance": columns(
        log_mean=st.floats(-3, 3), y_true=st.one_of(st.just(0.0), st.floats(0.1, 20))
    ),
}
PARAMETERS = {
    "gaussian_nll": {"full": st.booleans()},
    "student_t_nll": {"nu": st.floats(0.5, 200)},
    "poisson_nll": {"full": st.booleans()},
    "tweedie_deviance": {"power": st.floats(1.05, 1.95)},
}


def _example(width: str) -> Batch:
    return {"mean": np.array([3.0, -0.5]), width: np.array([0.5, -0.25]), "y_true": np.array([1.0, 0.25])}


EXAMPLES = {
    "gaussian_nll": _example("log_var"),
    "laplace_nll": _example("log_b"),
    "student_t_nll": _example("log_sigma"),
    "crps_gaussian": _example("log_sigma"),
    "poisson_nll": {"log_rate": np.array([0.5, -1.0]), "y_true": np.array([2.0, 0.0])},
    "gamma_deviance": {"log_mean": np.array([0.5, -1.0]), "y_true": np.array([2.0, 0.5])},
    "tweedie_deviance": {"log_mean": np.array([0.5, -1.0]), "y_true": np.array([2.0, 0.0])},
}
