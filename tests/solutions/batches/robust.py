"""Batches of the robust and the asymmetric regression losses."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.solutions.batches.regression import predictions_and_targets

SYMMETRIC = ("pseudo_huber", "epsilon_insensitive", "barron", "tukey_biweight")
NAMES = (*SYMMETRIC, "pinball", "expectile", "msle")

BATCHES = {name: predictions_and_targets() for name in NAMES}
# At a perfect prediction pinball has a kink, and no slope to compare a gradient with.
BATCHES["pinball"] = BATCHES["pinball"].filter(lambda batch: bool(np.all(batch["y_pred"] != batch["y_true"])))
BATCHES["msle"] = predictions_and_targets(st.floats(0, 50).filter(lambda y: y == 0 or y > 1e-6))

LEVEL = st.floats(0.05, 0.95)
PARAMETERS = {
    "pseudo_huber": {"delta": st.floats(0.1, 20)},
    "pinball": {"level": LEVEL},
    "expectile": {"level": LEVEL},
    "epsilon_insensitive": {"epsilon": st.floats(0, 20)},
    "barron": {
        "alpha": st.sampled_from([-np.inf, -8.0, -2.0, -1e-8, 0.0, 1e-8, 0.3, 1.0, 1.7, 2 - 1e-9, 2.0, 2.5]),
        "c": st.floats(5, 20),
    },
    "tukey_biweight": {"c": st.floats(0.5, 60)},
}
EXAMPLES = {name: {"y_pred": np.array([3.0, -0.5]), "y_true": np.array([1.0, 0.25])} for name in NAMES}
EXAMPLES["msle"] = {"y_pred": np.array([3.0, 0.5]), "y_true": np.array([1.0, 0.25])}
