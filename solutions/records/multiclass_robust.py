"""What the course knows about the losses of the label's probability other than its surprise."""

from collections.abc import Callable
from types import MappingProxyType

import numpy as np

from solutions import multiclass_robust as m
from solutions.loss import Bound, Counterpart, Loss, keyed
from solutions.records.multiclass import CATEGORICAL, DOMAIN, LOG_PROBABILITIES, SYMMETRIC, WRT, P

ODDS = r"u = \log \textstyle\sum_{j \ne c} e^{z_j - z_c}"
CLASSIFIES = "the class with the largest probability; not the probabilities, as the loss is not proper"
NO_DENSITY = "none: the exponentials of the negative losses of the labels add up to no constant"
ONE_HOT = "Takes one-hot targets first"


def _steepest(slope: Callable[[float], float]) -> float:
    """Return √2 times the largest slope, which rises once and then falls as the label gets likelier."""
    low, high = -60.0, 60.0
    for _ in range(200):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        low, high = (left, high) if slope(left) < slope(right) else (low, right)
    return float(np.sqrt(2) * slope(low))


def _focal_bound(gamma: float = 2.0) -> float:
    return _steepest(lambda lead: float(m.focal_multiclass_grad([lead, 0.0], 0, gamma=gamma)[1]))


def _gce_bound(q: float = 0.7) -> float:
    return float(np.sqrt(2) * (q / (1 + q)) ** q / (1 + q))


def _peak(a: float, b: float) -> float:
    """Return the maximum of (1 - p)(a + b p) over p from 0 to 1."""
    return (a + b) ** 2 / (4 * b) if b > a else a


def _symmetric_bound(alpha: float = 0.1, beta: float = 1.0, log_zero: float = -4.0) -> float:
    return float(np.sqrt(2) * _peak(alpha, -beta * log_zero))


def _poly_bound(epsilon: float = 2.0) -> float:
    return float(np.sqrt(2) * _peak(1.0, epsilon))


RECORDS = (
    Loss(
        name="focal_multiclass",
        family="multiclass",
        value=m.focal_multiclass,
        grad=keyed(m.focal_multiclass_grad, WRT),
        wrt=WRT,
        formula=r"-(1 - p_c)^\gamma \log p_c, \quad " + P,
        gradient=r"(1 - p_c)^{\gamma - 1} \left(1 - p_c - \gamma p_c \log p_c\right) (p_k - [k = c])",
        domain=DOMAIN + r"; $0 \le \gamma < \infty$",
        noise_model=NO_DENSITY,
        minimiser=CLASSIFIES,
        convex=False,
        lipschitz=Bound(
            r"\sqrt{2} \max_p (1 - p)^\gamma \left(1 - p - \gamma p \log p\right)",
            _focal_bound,
        ),
        stable_form=r"\sigma(u)^\gamma \operatorname{softplus}(u),\; " + ODDS,
        frameworks=MappingProxyType(
            {
                "Keras": Counterpart(
                    "keras.losses.CategoricalFocalCrossentropy(from_logits=True)",
                    ONE_HOT + "; multiplied by alpha, 0.25 by default; clips probabilities at 1e-7.",
                ),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "Its probabilities need calibrating: for γ = 2 and a true 0.8 of two classes it asks for 0.627.",
            "It weighs rows by how easy they are. Rare classes need weights, or a prior, on top.",
            "For γ < 1 the textbook gradient is NaN at a sure, right row: 0 to a negative power, times 0.",
            "Hard rows pull harder than in cross-entropy: for γ = 2 where p_c < 0.298, by up to 22 %.",
        ),
        sources=(
            "Lin, Goyal, Girshick, He and Dollár (2017), Focal Loss for Dense Object Detection, ICCV",
            "Charoenphakdee et al. (2021), On Focal Loss for Class-Posterior Probability Estimation, CVPR",
        ),
    ),
    Loss(
        name="gce",
        family="multiclass",
        value=m.gce,
        grad=keyed(m.gce_grad, WRT),
        wrt=WRT,
        formula=r"\frac{1 - p_c^q}{q}, \quad " + P,
        gradient=r"p_c^q\,(p_k - [k = c])",
        domain=DOMAIN + r"; $0 < q \le 1$",
        noise_model=NO_DENSITY,
        minimiser=r"$\frac{1}{1 - q} \log P(y = k)$, up to a number added to all; at $q = 1$ the "
        "likeliest class",
        convex=False,
        lipschitz=Bound(r"\sqrt{2}\, \frac{q^q}{(1 + q)^{1 + q}}", _gce_bound),
        stable_form=r"-\tfrac1q \operatorname{expm1}(-q \operatorname{softplus}(u)),\; " + ODDS,
        frameworks=MappingProxyType(
            {
                "Keras": Counterpart(
                    "keras.losses.CategoricalGeneralizedCrossEntropy",
                    "Takes probabilities, the target first; q is 0.5 by default.",
                ),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "From (1 - p^q)/q nothing is left for small q: at q = 1e-9 its relative error is 3e-8.",
            "Wrong rows hardly pull: at p_c = 0.001, q = 0.7, 126 times less than in cross-entropy.",
            "At q = 1 learning from scratch with many classes may not start: all p_c are near 1/K.",
        ),
        sources=(
            "Zhang and Sabuncu (2018), Generalized Cross Entropy Loss for Training Deep Neural Networks with "
            "Noisy Labels, NeurIPS",
        ),
    ),
    Loss(
        name="symmetric_ce",
        family="multiclass",
        value=m.symmetric_ce,
        grad=keyed(m.symmetric_ce_grad, WRT),
        wrt=WRT,
        formula=r"-\alpha \log p_c - \beta A (1 - p_c), \quad " + P,
        gradient=r"(\alpha - \beta A p_c)(p_k - [k = c])",
        domain=DOMAIN + r"; $\alpha, \beta \ge 0$, $A < 0$",
        noise_model="none: a negative log-likelihood plus a bounded penalty",
        minimiser="the class with the largest probability; the larger α beside β, the closer to the "
        "probabilities",
        convex=False,
        lipschitz=Bound(
            r"\sqrt{2}\, \frac{(\alpha - \beta A)^2}{-4 \beta A} \text{ if } -\beta A > \alpha "
            r"\text{, else } \sqrt{2}\, \alpha",
            _symmetric_bound,
        ),
        stable_form=r"\alpha \operatorname{softplus}(u) - \beta A\, \sigma(u),\; " + ODDS,
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "alpha * F.cross_entropy(z, y) + beta * 4 * (1 - z.softmax(-1)[range(N), y]).mean()",
                    "Written out, for log_zero = -4.",
                ),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "Clipping the one-hot label at 1e-4 means log_zero = -9.2, not -4: part of beta hides there.",
            "With alpha = 0 it is bounded, like the absolute error, and as slow to learn.",
        ),
        sources=(
            "Wang, Ma, Chen, Luo, Yi and Bailey (2019), Symmetric Cross Entropy for Robust Learning with "
            "Noisy Labels, ICCV",
        ),
    ),
    Loss(
        name="poly1_ce",
        family="multiclass",
        value=m.poly1_ce,
        grad=keyed(m.poly1_ce_grad, WRT),
        wrt=WRT,
        formula=r"-\log p_c + \varepsilon (1 - p_c), \quad " + P,
        gradient=r"(1 + \varepsilon p_c)(p_k - [k = c])",
        domain=DOMAIN + r"; $-1 \le \varepsilon < \infty$",
        noise_model="none, except for ε = 0: " + CATEGORICAL,
        minimiser="the class with the largest probability; for ε = 0 " + LOG_PROBABILITIES,
        convex=False,
        lipschitz=Bound(
            r"\sqrt{2}\, \frac{(1 + \varepsilon)^2}{4 \varepsilon} \text{ if } \varepsilon > 1 "
            r"\text{, else } \sqrt{2}",
            _poly_bound,
        ),
        stable_form=r"\operatorname{softplus}(u) + \varepsilon\, \sigma(u) \text{; for } \varepsilon < 0 "
        r"\text{: } \textstyle\sum_{n \ge 2} \sigma(u)^n / n + (1 + \varepsilon)\, \sigma(u)",
        frameworks=MappingProxyType(
            {
                "optax": Counterpart(
                    "optax.losses.poly_loss_cross_entropy", ONE_HOT.replace(" first", "") + "; epsilon is 2."
                ),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "The best epsilon depends on the task, even in sign: it has to be tuned.",
            "Unless epsilon is 0 it is not proper: its probabilities are too sure (> 0) or too unsure (< 0).",
            "For epsilon = -1 the plain difference -log p - (1 - p) is 0 or noise from p = 1 - 1e-8 on.",
            "It is convex in the logits only for epsilon from -1 to 1.",
        ),
        sources=(
            "Leng et al. (2022), PolyLoss: A Polynomial Expansion Perspective of Classification Loss "
            "Functions, ICLR",
        ),
    ),
)
