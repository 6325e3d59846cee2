"""Batches of the ranking losses: pairs of scores, and lists."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.solutions.batches.divergences import LOGITS, equal_rows
from tests.solutions.batches.probabilistic import columns

SIGNS = st.sampled_from([-1.0, 1.0])

BATCHES = {
    "margin_ranking": columns(s1=LOGITS, s2=LOGITS, y_true=SIGNS),
    "pairwise_logistic": columns(s_pos=LOGITS, s_neg=LOGITS),
    "listnet": equal_rows(scores=LOGITS, relevance=LOGITS),
    "listmle": equal_rows(scores=LOGITS),
}
# Margins that hardly any two drawn scores are apart: there the hinge has its kink.
PARAMETERS = {"margin_ranking": {"margin": st.sampled_from([0.137, 1.013, 2.517])}}
EXAMPLES = {
    "margin_ranking": {
        "s1": np.array([0.25, 2.0]),
        "s2": np.array([0.5, 0.75]),
        "y_true": np.array([1.0, -1.0]),
    },
    "pairwise_logistic": {"s_pos": np.array([1.0, -0.5]), "s_neg": np.array([0.25, 0.5])},
    "listnet": {"scores": np.array([[0.5, 2.0, -1.0]]), "relevance": np.array([[3.0, 1.0, 0.0]])},
    "listmle": {"scores": np.array([[0.5, 2.0, -1.0]])},
}
