"""What the course knows about the multi-class hinge losses."""

from types import MappingProxyType

import numpy as np

from solutions import multiclass_margin as m
from solutions.loss import Bound, Counterpart, Loss, keyed
from solutions.records.multiclass import SYMMETRIC, WRT

DOMAIN = r"$z \in [-\infty, \infty)^K$, $c \in \{0, \dots, K - 1\}$"
NO_DENSITY = "none: the exponentials of the negative losses of the labels add up to no constant"

RECORDS = (
    Loss(
        name="hinge_crammer_singer",
        family="margin",
        value=m.hinge_crammer_singer,
        grad=keyed(m.hinge_crammer_singer_grad, WRT),
        wrt=WRT,
        formula=r"\max\left(0,\; 1 + \max_{j \ne c} z_j - z_c\right)",
        gradient=r"[L > 0] \left(\frac{[k \in B]}{|B|} - [k = c]\right), \quad B = \arg\max_{j \ne c} z_j",
        domain=DOMAIN,
        noise_model=NO_DENSITY,
        minimiser="the likeliest class, if its probability exceeds ½; else a tie of all may be best",
        convex=True,
        lipschitz=Bound(r"\sqrt{2}", lambda: float(np.sqrt(2))),
        stable_form=r"\max(0,\; 1 + d) \text{ with } d = \max_{j \ne c} z_j - z_c",
        frameworks=MappingProxyType(
            {
                "Keras": Counterpart(
                    "keras.losses.CategoricalHinge",
                    "Another loss where all rivals are negative: the label counts as 0. "
                    "So (-3, -5, -6) with label 0 costs 4, not 0.",
                ),
                "scikit-learn": Counterpart(
                    "sklearn.metrics.hinge_loss", "Target first; the same for three classes and more."
                ),
                "optax": Counterpart("optax.losses.multiclass_hinge_loss", "Same value, one per row."),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "It is not Fisher-consistent for K ≥ 3: with P = (0.4, 0.35, 0.25) a tie of all classes costs 1 "
            "on average, the likeliest class in the lead by 1 costs 1.2.",
            "With a 0 in the maximum instead of the label's own score, right rows of negative scores pay.",
            "Its scores are no log-probabilities: calibrate before reading a softmax off them.",
        ),
        sources=(
            "Crammer and Singer (2001), On the Algorithmic Implementation of Multiclass Kernel-based Vector "
            "Machines, JMLR 2",
            "Tewari and Bartlett (2007), On the Consistency of Multiclass Classification Methods, JMLR 8",
        ),
    ),
    Loss(
        name="hinge_weston_watkins",
        family="margin",
        value=m.hinge_weston_watkins,
        grad=keyed(m.hinge_weston_watkins_grad, WRT),
        wrt=WRT,
        formula=r"\sum_{j \ne c} \max(0,\; 1 + z_j - z_c)",
        gradient=r"[1 + z_k - z_c > 0] \text{ for } k \ne c, \text{ and minus their number for } k = c",
        domain=DOMAIN,
        noise_model=NO_DENSITY,
        minimiser="scores whose largest need not be at the likeliest class: it is not consistent for K ≥ 3",
        convex=True,
        lipschitz=None,
        stable_form=r"\textstyle\sum_{j \ne c} \max(0,\; 1 + (z_j - z_c))",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.multi_margin_loss", "Divided by the number of classes K."
                ),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "Not divided by K: with a thousand classes an untrained row costs 999.",
            "Its slope at the label grows with K, up to K - 1: no constant bounds it for all K.",
            "Divided by K, and with a margin other than 1, it goes by the same name.",
        ),
        sources=(
            "Weston and Watkins (1999), Support Vector Machines for Multi-Class Pattern Recognition, ESANN",
            "Tewari and Bartlett (2007), On the Consistency of Multiclass Classification Methods, JMLR 8",
        ),
    ),
)
