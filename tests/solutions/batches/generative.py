"""Batches of the losses of generative models."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

INPUTS = {
    "gan_d_bce": ("d_real", "d_fake"),
    "gan_d_hinge": ("d_real", "d_fake"),
    "wgan_critic": ("d_real", "d_fake"),
    "lsgan_d": ("d_real", "d_fake"),
    "gan_g_minimax": ("d_fake",),
    "gan_g_nonsaturating": ("d_fake",),
    "ddpm_eps": ("eps_pred", "eps"),
    "denoising_score_matching": ("score", "eps"),
    "flow_matching": ("v", "x1", "x0"),
}


@st.composite
def drawn(draw: st.DrawFn, names: tuple[str, ...]) -> dict[str, Any]:
    shape = draw(array_shapes(max_dims=2, max_side=4))
    return {name: draw(arrays(np.float64, shape, elements=st.floats(-6, 6))) for name in names}


BATCHES = {name: drawn(inputs) for name, inputs in INPUTS.items()}
PARAMETERS = {"denoising_score_matching": {"sigma": st.floats(0.01, 3)}}
_ORDINARY = (np.array([1.5, -0.5]), np.array([-0.75, 0.25]), np.array([0.25, 1.0]))
EXAMPLES = {name: dict(zip(inputs, _ORDINARY, strict=False)) for name, inputs in INPUTS.items()}
