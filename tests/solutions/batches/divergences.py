"""Batches of the divergences: rows of probabilities, of logits, and of Gaussians."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

Batch = dict[str, npt.NDArray[Any]]
SHARES = st.floats(0.5, 4)
LOGITS = st.floats(-6, 6).filter(lambda z: z == 0 or abs(z) > 1e-3)
MEANS = st.floats(-2, 2).filter(lambda z: z == 0 or abs(z) > 1e-3)
LOG_SPREADS = st.floats(-1, 1).filter(lambda z: z == 0 or abs(z) > 1e-3)
SHAPES = st.tuples(st.integers(1, 2), st.integers(2, 3))


def rows(draw: st.DrawFn, shape: tuple[int, int], elements: st.SearchStrategy[float]) -> npt.NDArray[Any]:
    drawn: npt.NDArray[Any] = draw(arrays(np.float64, shape, elements=elements))
    return drawn


def distributions(draw: st.DrawFn, shape: tuple[int, int]) -> npt.NDArray[Any]:
    shares = rows(draw, shape, SHARES)
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True))


@st.composite
def two_distributions(draw: st.DrawFn) -> Batch:
    shape = draw(SHAPES)
    return {"p": distributions(draw, shape), "q": distributions(draw, shape)}


@st.composite
def distribution_and_logits(draw: st.DrawFn) -> Batch:
    shape = draw(SHAPES)
    return {"p": distributions(draw, shape), "logits": rows(draw, shape, LOGITS)}


@st.composite
def equal_rows(draw: st.DrawFn, /, **names: st.SearchStrategy[float]) -> Batch:
    shape = draw(SHAPES)
    return {name: rows(draw, shape, elements) for name, elements in names.items()}


@st.composite
def samples(draw: st.DrawFn) -> Batch:
    size = draw(st.integers(1, 6))
    points = arrays(np.float64, size, elements=MEANS, unique=True)
    return {"u": draw(points), "v": draw(points)}


BATCHES = {
    "kl": two_distributions(),
    "kl_logits": distribution_and_logits(),
    "reverse_kl_logits": distribution_and_logits(),
    "js": two_distributions(),
    "hellinger_sq": two_distributions(),
    "kl_gaussian": equal_rows(mu1=MEANS, log_sigma1=LOG_SPREADS, mu2=MEANS, log_sigma2=LOG_SPREADS),
    "vae_kl": equal_rows(mu=MEANS, log_var=LOG_SPREADS),
    "negative_elbo_gaussian": equal_rows(x_hat=MEANS, x=MEANS, mu=MEANS, log_var=LOG_SPREADS),
    "wasserstein1_1d": samples(),
    "distillation_kl": equal_rows(student=LOGITS, teacher=LOGITS),
}
PARAMETERS = {"distillation_kl": {"temperature": st.floats(0.5, 8)}}

_TWO = {"p": np.array([[0.2, 0.3, 0.5]]), "q": np.array([[0.5, 0.25, 0.25]])}
_LOGITS = {"p": np.array([[0.2, 0.3, 0.5]]), "logits": np.array([[2.0, 1.0, 0.25]])}
EXAMPLES = {
    "kl": _TWO,
    "kl_logits": _LOGITS,
    "reverse_kl_logits": _LOGITS,
    "js": _TWO,
    "hellinger_sq": _TWO,
    "kl_gaussian": {
        "mu1": np.array([[0.5, -1.0]]),
        "log_sigma1": np.array([[0.25, 0.0]]),
        "mu2": np.array([[0.0, 0.5]]),
        "log_sigma2": np.array([[-0.5, 0.125]]),
    },
    "vae_kl": {"mu": np.array([[0.5, -1.0]]), "log_var": np.array([[0.25, -0.5]])},
    "negative_elbo_gaussian": {
        "x_hat": np.array([[0.5, 1.0, -0.25]]),
        "x": np.array([[0.0, 1.5, -1.0]]),
        "mu": np.array([[0.5, -1.0]]),
        "log_var": np.array([[0.25, -0.5]]),
    },
    "wasserstein1_1d": {"u": np.array([3.0, -1.0, 0.5]), "v": np.array([0.0, 2.0, 5.0])},
    "distillation_kl": {"student": np.array([[1.0, 0.5, -1.0]]), "teacher": np.array([[2.0, 0.0, -0.5]])},
}
