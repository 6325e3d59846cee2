"""Batches of the losses of embeddings: vectors of ordinary length, no two of them nearly parallel."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

Batch = dict[str, Any]
COMPONENTS = st.floats(-3, 3).filter(lambda x: abs(x) > 0.125)


def apart(vectors: npt.NDArray[np.float64]) -> bool:
    """Whether each vector has some length, and each two of them some angle between them."""
    lengths = np.linalg.norm(vectors, axis=1)
    if np.min(lengths) < 0.5:
        return False
    cosines = vectors @ vectors.T / np.outer(lengths, lengths)
    return bool(np.max(np.abs(cosines - np.eye(len(vectors)))) < 0.99)


def vectors(count: int) -> st.SearchStrategy[npt.NDArray[np.float64]]:
    return st.integers(3, 4).flatmap(
        lambda width: arrays(np.float64, (count, width), elements=COMPONENTS).filter(apart)
    )


@st.composite
def matrices(draw: st.DrawFn, *names: str, rows: tuple[int, ...] = (1, 2, 3)) -> Batch:
    """Draw matrices of one shape, all of whose rows point in different directions."""
    count = draw(st.sampled_from(rows))
    everything = draw(vectors(count * len(names)))
    return dict(zip(names, np.split(everything, len(names)), strict=True))


@st.composite
def labelled(draw: st.DrawFn, names: tuple[str, str], label: str, values: tuple[int, int]) -> Batch:
    batch = draw(matrices(*names))
    count = len(batch[names[0]])
    return {**batch, label: np.array(draw(st.lists(st.sampled_from(values), min_size=count, max_size=count)))}


@st.composite
def queries(draw: st.DrawFn) -> Batch:
    everything = draw(vectors(draw(st.integers(3, 5))))
    return {"query": everything[0], "positive": everything[1], "negatives": everything[2:]}


@st.composite
def captioned(draw: st.DrawFn, /, **numbers: st.SearchStrategy[float]) -> Batch:
    learned = {name: np.array(draw(number)) for name, number in numbers.items()}
    return {**draw(matrices("image", "text")), **learned}


@st.composite
def classes(draw: st.DrawFn) -> Batch:
    """Draw embeddings with labels of which at least one occurs twice."""
    z = draw(vectors(draw(st.integers(2, 5))))
    others = draw(st.lists(st.integers(-1, 2), min_size=len(z) - 2, max_size=len(z) - 2))
    return {"z": z, "labels": np.array([1, 1, *others])}


def anchors(labels: npt.NDArray[np.int64], **_: Any) -> npt.NDArray[np.float64]:
    """Weigh the rows that are left out of the mean of supcon with 0."""
    labels = np.asarray(labels)
    return np.array([float(np.sum(labels == label) > 1) for label in labels])


MARGINS, TEMPERATURES = st.floats(0.25, 6), st.floats(0.25, 4)
COUPLED = frozenset({"info_nce_in_batch", "nt_xent", "clip", "siglip", "supcon"})
MEAN_WEIGHTS = {"supcon": anchors}

BATCHES = {
    "contrastive": labelled(("z1", "z2"), "y_true", (0, 1)),
    "contrastive_hadsell2006": labelled(("z1", "z2"), "y_true", (0, 1)),
    "triplet": matrices("a", "p", "n"),
    "cosine_embedding": labelled(("x1", "x2"), "y_true", (-1, 1)),
    "info_nce": queries(),
    "info_nce_in_batch": matrices("a", "b"),
    "nt_xent": matrices("z", rows=(2, 4, 6)),
    "supcon": classes(),
    "clip": captioned(logit_scale=st.floats(-1, 1.5)),
    "siglip": captioned(log_t=st.floats(-1, 1.5), bias=st.floats(-3, 3)),
    "vicreg": matrices("za", "zb", rows=(2, 3)),
    "barlow_twins": matrices("za", "zb", rows=(3, 4)),
}
PARAMETERS = {
    "contrastive": {"margin": MARGINS},
    "contrastive_hadsell2006": {"margin": MARGINS},
    "triplet": {"margin": MARGINS, "squared": st.booleans()},
    "cosine_embedding": {"margin": st.floats(-0.5, 0.5)},
    "info_nce": {"temperature": TEMPERATURES, "similarity": st.sampled_from(["cosine", "dot"])},
    "info_nce_in_batch": {"temperature": TEMPERATURES},
    "nt_xent": {"temperature": TEMPERATURES},
    "supcon": {"temperature": TEMPERATURES},
    "vicreg": {name: st.floats(0, 30) for name in ("lam", "mu", "nu")} | {"var_eps": st.floats(1e-4, 0.5)},
    "barlow_twins": {"lam": st.floats(0, 2)},
}

_Z = np.array([[1.0, 0.5], [-0.5, 1.0], [0.25, -1.0], [0.75, 0.25]])
_W = np.array([[0.75, 0.25], [0.0, 1.0], [-0.5, -1.0], [1.0, 0.125]])
EXAMPLES = {
    "contrastive": {"z1": _Z, "z2": _W, "y_true": np.array([1, 0, 0, 1])},
    "contrastive_hadsell2006": {"z1": _Z, "z2": _W, "y_true": np.array([0, 1, 1, 0])},
    "triplet": {"a": _Z, "p": _W, "n": _Z[::-1].copy()},
    "cosine_embedding": {"x1": _Z, "x2": _W, "y_true": np.array([1, -1, -1, 1])},
    "info_nce": {"query": _Z[0], "positive": _W[0], "negatives": _W[1:]},
    "info_nce_in_batch": {"a": _Z, "b": _W},
    "nt_xent": {"z": _Z},
    "supcon": {"z": _Z, "labels": np.array([0, 1, 1, 0])},
    "clip": {"image": _Z, "text": _W, "logit_scale": np.array(1.0)},
    "siglip": {"image": _Z, "text": _W, "log_t": np.array(1.0), "bias": np.array(-1.0)},
    "vicreg": {"za": _Z, "zb": _W},
    "barlow_twins": {"za": _Z, "zb": _W},
}
