"""What the course knows about multi-class losses beyond cross-entropy."""

from types import MappingProxyType

import numpy as np

from solutions import multiclass_links as links
from solutions import multiclass_scores as m
from solutions.loss import Bound, Counterpart, Loss, keyed
from solutions.records.multiclass import CATEGORICAL, DOMAIN, LOG_PROBABILITIES, SYMMETRIC, WRT, P

TWO = ("score", "thresholds")
BOUNDED = "none: it is a bounded score of a forecast, not a likelihood"
RELABELLED = ("row-permutation", "relabelling")
GNEITING = "Gneiting and Raftery (2007), Strictly Proper Scoring Rules, Prediction, and Estimation, JASA 102"

RECORDS = (
    Loss(
        name="brier_multiclass",
        family="multiclass",
        value=m.brier_multiclass,
        grad=keyed(m.brier_multiclass_grad, WRT),
        wrt=WRT,
        formula=r"\sum_k (p_k - [k = c])^2, \quad " + P,
        gradient=r"2 p_k \left(p_k - [k = c] - \textstyle\sum_j p_j (p_j - [j = c])\right)",
        domain=DOMAIN,
        noise_model=BOUNDED,
        minimiser=LOG_PROBABILITIES,
        convex=False,
        lipschitz=Bound(r"\tfrac{16}{27} \sqrt{2}", lambda: float(16 / 27 * np.sqrt(2))),
        stable_form=r"q^2 \left(1 + \textstyle\sum_{k \ne c} s_k^2\right) \text{ with } q = 1 - p_c "
        r"= \sigma(u) \text{ and } s \text{ the softmax without } c",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "((z.softmax(-1) - F.one_hot(y, K)) ** 2).sum(-1).mean()",
                    "Written out; mse_loss would divide by K.",
                ),
                "scikit-learn": Counterpart(
                    "sklearn.metrics.brier_score_loss",
                    "Target first; takes probabilities. Several classes from version 1.7 on; for two "
                    "it gives half of ours.",
                ),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "Its gradient vanishes where the softmax is surely wrong: 0.00034 long at z = (10, 0, 0), c = 1, "
            "where that of cross-entropy is 1.41 long.",
            "For two classes it is twice (p - y)², and a mean over classes divides it by K.",
        ),
        sources=(
            "Brier (1950), Verification of Forecasts Expressed in Terms of Probability, Monthly Weather "
            "Review 78",
            GNEITING,
        ),
    ),
    Loss(
        name="spherical",
        family="multiclass",
        value=m.spherical,
        grad=keyed(m.spherical_grad, WRT),
        wrt=WRT,
        formula=r"1 - \frac{p_c}{\lVert p \rVert_2}, \quad " + P,
        gradient=r"\frac{p_c}{\lVert p \rVert} \left(\frac{p_k^2}{\lVert p \rVert^2} - [k = c]\right)",
        domain=DOMAIN,
        noise_model=BOUNDED,
        minimiser=LOG_PROBABILITIES,
        convex=False,
        lipschitz=Bound(r"\tfrac29 \sqrt{6}", lambda: float(2 * np.sqrt(6) / 9)),
        stable_form=r"-\operatorname{expm1}\left(-\tfrac12 \operatorname{softplus}(v)\right),\; "
        r"v = \log \textstyle\sum_{j \ne c} e^{2 z_j - 2 z_c}",
        frameworks=MappingProxyType(
            {"PyTorch": Counterpart("1 - F.normalize(z.softmax(-1), dim=-1)[range(N), y]", "Written out.")}
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "Often stated as the score p_c/‖p‖, of which more is better: the loss is one minus it.",
            "Written as a difference it is 0 at z = (40, 0), c = 0, where it is 9e-36.",
            "Like the Brier score it hardly pulls at rows that are surely wrong.",
        ),
        sources=(
            GNEITING,
            "Good (1971), comment on Measuring Information and Uncertainty, in Foundations of Statistical "
            "Inference",
        ),
    ),
    Loss(
        name="ce_z_loss",
        family="multiclass",
        value=m.ce_z_loss,
        grad=keyed(m.ce_z_loss_grad, WRT),
        wrt=WRT,
        formula=r"-\log p_c + \lambda (\log Z)^2, \quad Z = \sum_k e^{z_k},\; p_k = e^{z_k} / Z",
        gradient=r"p_k - [k = c] + 2 \lambda \log Z \cdot p_k",
        domain=DOMAIN + r"; $0 \le \lambda < \infty$",
        noise_model=CATEGORICAL + r", with a Gaussian prior on $\log Z$",
        minimiser=r"$\log P(y = k)$ itself: the penalty fixes the number that cross-entropy leaves open",
        convex=False,
        lipschitz=None,
        stable_form=r"\operatorname{softplus}(u) + (\lambda \log Z) \log Z,\; \log Z = m + "
        r"\operatorname{log1p} \textstyle\sum_{j \ne \max} e^{z_j - m}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "F.cross_entropy(z, y) + 1e-4 * z.logsumexp(-1).square().mean()", "Written out."
                ),
            }
        ),
        invariances=RELABELLED,
        pitfalls=(
            "log Z squared, not log Z: the sign of the drift must not matter.",
            "It is no longer blind to a number added to all logits: (100, 100) costs 1.01 more than (0, 0).",
            "In half precision log Z itself needs float32.",
            "It is not convex where log Z < -1/(2λ), which is -5000 for λ = 1e-4.",
        ),
        sources=(
            "Chowdhery et al. (2022), PaLM: Scaling Language Modeling with Pathways, arXiv:2204.02311",
            "Zoph et al. (2022), ST-MoE: Designing Stable and Transferable Sparse Expert Models, "
            "arXiv:2202.08906",
        ),
    ),
    Loss(
        name="confidence_penalty_ce",
        family="multiclass",
        value=m.confidence_penalty_ce,
        grad=keyed(m.confidence_penalty_ce_grad, WRT),
        wrt=WRT,
        formula=r"-\log p_c - \beta H(p), \quad H(p) = -\sum_k p_k \log p_k,\; " + P,
        gradient=r"p_k - [k = c] + \beta p_k \left(z_k - \textstyle\sum_j p_j z_j\right)",
        domain=DOMAIN + r"; $0 \le \beta < \infty$",
        noise_model=CATEGORICAL + ", with a prior that favours high entropy",
        minimiser="probabilities between P(y = k) and uniform ones, the more uniform the larger β",
        convex=False,
        lipschitz=None,
        stable_form=r"(m - z_c) + (1 - \beta) \operatorname{log1p} \textstyle\sum_{j \ne \max} e^{z_j - m} "
        r"- \beta \sum_k p_k (m - z_k),\; m = \max_j z_j",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "F.cross_entropy(z, y) - beta * Categorical(logits=z).entropy().mean()", "Written out."
                ),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "It may be negative, down to -β log K: 0 is no target for a training curve.",
            "It is CE + β (KL(p‖uniform) - log K); label smoothing has the other KL, and (1-ε) CE.",
            "Its steepest slope grows with K, like log K: no constant bounds it for all K.",
        ),
        sources=(
            "Pereyra, Tucker, Chorowski, Kaiser and Hinton (2017), Regularizing Neural Networks by "
            "Penalizing Confident Output Distributions, arXiv:1701.06548",
        ),
    ),
    Loss(
        name="sparsemax_loss",
        family="multiclass",
        value=links.sparsemax_loss,
        grad=keyed(links.sparsemax_loss_grad, WRT),
        wrt=WRT,
        formula=r"-z_c + \tfrac12 \sum_{k:\, p_k > 0} (z_k^2 - \tau^2) + \tfrac12, \quad "
        r"p_k = \max(0, z_k - \tau),\; \textstyle\sum_k p_k = 1",
        gradient=r"p_k - [k = c]",
        domain=DOMAIN,
        noise_model="none: a class may have the probability 0, and then the label would be impossible",
        minimiser="P(y = k), as long as all are positive, up to a number added to all",
        convex=True,
        lipschitz=Bound(r"\sqrt{2}", lambda: float(np.sqrt(2))),
        stable_form=r"\tfrac12 \lVert p - e_c \rVert^2 + \max(0, \tau - z_c)",
        frameworks=MappingProxyType(
            {
                "optax": Counterpart(
                    "optax.losses.multiclass_sparsemax_loss",
                    "Same value, one per row; optax.losses.sparsemax_loss is the one for two classes.",
                ),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "A probability of exactly 0 cannot be judged by cross-entropy afterwards: it may be inf.",
            "The scale of the logits matters: a lead of 1 is all it asks for, where softmax gives p = 0.73.",
            "In the textbook form z² cancels: at z = (1e8, 1e8) it gives 0.5 where 0.25 is right.",
        ),
        sources=(
            "Martins and Astudillo (2016), From Softmax to Sparsemax, ICML",
            "Blondel, Martins and Niculae (2020), Learning with Fenchel-Young Losses, JMLR 21",
        ),
    ),
    Loss(
        name="ordinal_logit",
        family="multiclass",
        value=links.ordinal_logit,
        grad=keyed(links.ordinal_logit_grad, TWO),
        wrt=TWO,
        formula=r"-\log\left(\sigma(\theta_c - f) - \sigma(\theta_{c-1} - f)\right), \quad "
        r"\theta_{-1} = -\infty,\; \theta_{K-1} = \infty",
        gradient=r"\partial_f = \sigma(-a) - \sigma(b),\; "
        r"\partial_{\theta_c} = -\sigma(-a) - \frac{1}{e^{a-b} - 1},\; "
        r"\partial_{\theta_{c-1}} = \sigma(b) + \frac{1}{e^{a-b} - 1}, \quad "
        r"a = \theta_c - f,\; b = \theta_{c-1} - f",
        domain=r"$f \in \mathbb{R}$; $\theta_0 < \dots < \theta_{K-2}$ finite; $c \in \{0, \dots, K - 1\}$",
        noise_model="a logistic density around f, of which only the interval between two thresholds is seen",
        minimiser=r"a score and thresholds with $\sigma(\theta_k - f) = P(y \le k)$",
        convex=True,
        lipschitz=None,
        stable_form=r"\operatorname{softplus}(-a) + \operatorname{softplus}(b) - \log(1 - e^{b - a})",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.sigmoid(thresholds - score[:, None]).diff()",
                    "Written out, without the first and last class; its logarithm is -inf where two sigmoids "
                    "round to one number.",
                ),
            }
        ),
        invariances=("row-permutation",),
        pitfalls=(
            "log(σ(a) - σ(b)) is -inf at (a, b) = (40, 39), where it is -39.46.",
            "Thresholds can overtake each other in a gradient step: learn the first, and the logarithms of "
            "the gaps.",
            "Score and thresholds can be moved together: fix one threshold, or leave the intercept out of f.",
            "It assumes that one score fits all thresholds (proportional odds); check that it does.",
        ),
        sources=("McCullagh (1980), Regression Models for Ordinal Data, JRSS B 42",),
    ),
)
