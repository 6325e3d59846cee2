"""Batches of the losses that align language models."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.solutions.batches.probabilistic import columns

LOGP = st.floats(-20, -0.1)
NEAR = st.floats(-3, -0.1)
PREFERENCE = ("logp_chosen", "logp_rejected", "ref_chosen", "ref_rejected")

BATCHES = {
    "dpo": columns(**dict.fromkeys(PREFERENCE, LOGP)),
    "ipo": columns(**dict.fromkeys(PREFERENCE, LOGP)),
    "ppo_clip": columns(logp=NEAR, logp_old=NEAR, advantage=st.sampled_from([-2.0, -0.5, 0.0, 1.0, 3.0])),
    "kl_k3": columns(logp=NEAR, logp_ref=NEAR),
}
PARAMETERS = {
    "dpo": {"beta": st.floats(0.01, 2)},
    "ipo": {"beta": st.floats(0.05, 2)},
    "ppo_clip": {"clip": st.floats(0.05, 0.5)},
}
_PAIRS = {
    "logp_chosen": np.array([-10.0, -12.5]),
    "logp_rejected": np.array([-11.0, -9.0]),
    "ref_chosen": np.array([-10.5, -12.0]),
    "ref_rejected": np.array([-10.75, -10.0]),
}
EXAMPLES = {
    "dpo": _PAIRS,
    "ipo": _PAIRS,
    "ppo_clip": {
        "logp": np.array([-1.0, -0.5]),
        "logp_old": np.array([-1.1, -0.75]),
        "advantage": np.array([1.0, -2.0]),
    },
    "kl_k3": {"logp": np.array([-1.0, -2.0]), "logp_ref": np.array([-1.25, -1.5])},
}
