"""What the course knows about the losses of two classes with targets 0 and 1."""

from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from solutions import binary as b
from solutions.loss import Bound, Counterpart, Loss, keyed

WRT = ("logits",)
P_HAT = r"\hat p = \sigma(z)"
TARGET_FIRST = "Target first."
PER_ELEMENT = "One value per element, no reduction"
COX = "Cox (1958), The Regression Analysis of Binary Sequences, JRSS B 20"
GOOD = "Good (1952), Rational Decisions, JRSS B 14"
BRIER = "Brier (1950), Verification of Forecasts Expressed in Terms of Probability, Monthly Weather Review 78"


def steepest_focal_slope(gamma: float = 2.0, alpha: float | None = None) -> float:
    """Return the largest slope of the focal loss: 1 for gamma = 0, and a little more above."""
    low, high = -60.0, 20.0  # the slope rises to its one peak, and falls after it
    for _ in range(200):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        rises = _focal_slope(left, gamma) < _focal_slope(right, gamma)
        low, high = (left, high) if rises else (low, right)
    return _focal_slope(low, gamma) * (1.0 if alpha is None else max(alpha, 1 - alpha))


def _focal_slope(x: float, gamma: float) -> float:
    return abs(float(b.focal_binary_grad([x], [1], gamma=gamma)[0]))


def _largest_weight(pos_weight: npt.ArrayLike = 1.0) -> float:
    return max(1.0, float(np.max(np.asarray(pos_weight))))


BCE_WEIGHT = Bound(r"\max(1, w)", _largest_weight)

RECORDS = (
    Loss(
        name="bce_with_logits",
        family="binary",
        value=b.bce_with_logits,
        grad=keyed(b.bce_with_logits_grad, WRT),
        wrt=WRT,
        formula=r"w\,y \log(1 + e^{-z}) + (1 - y) \log(1 + e^{z})",
        gradient=r"(1 - y)\,\sigma(z) - w\,y\,\sigma(-z) \;=\; \sigma(z) - y \text{ for } w = 1",
        domain=r"$z \in [-\infty, \infty]$, $0 \le y \le 1$, $0 \le w < \infty$",
        noise_model=r"Bernoulli with success probability $\sigma(z)$",
        minimiser=r"the log-odds of $P(y = 1)$, for soft targets of their mean; plus $\log w$",
        convex=True,
        lipschitz=BCE_WEIGHT,
        stable_form=r"(wy + 1 - y) \operatorname{log1p}(e^{-|z|}) + (1 - y) \max(z, 0) + wy \max(-z, 0)",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.binary_cross_entropy_with_logits",
                    "Same value, same pos_weight; for y = 0 it is exactly 0 from z = -34 down, and an "
                    "infinite logit on the right side gives NaN.",
                ),
                "Keras": Counterpart(
                    "keras.losses.BinaryCrossentropy(from_logits=True)", TARGET_FIRST + " No pos_weight."
                ),
                "optax": Counterpart(
                    "optax.losses.sigmoid_binary_cross_entropy", PER_ELEMENT + ", no pos_weight."
                ),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "A sigmoid before it is a second one: z = 4, y = 1 gives 0.318 instead of 0.018, and the loss "
            "never gets below log(1 + 1/e) = 0.313.",
            "The slope written as sigmoid(z) - y is 0 from z = 37 on, where the truth is -exp(-z).",
            "pos_weight moves the optimum: with weight 3 a fair coin is predicted at 0.75.",
            "Labels -1 and +1 are refused here; formulas without that check go on, with a loss below 0.",
        ),
        sources=(COX, GOOD),
    ),
    Loss(
        name="bce",
        family="binary",
        value=b.bce,
        grad=keyed(b.bce_grad, ("p",)),
        wrt=("p",),
        formula=r"-y \log \hat p - (1 - y) \log(1 - \hat p)",
        gradient=r"\frac{\hat p - y}{\hat p\,(1 - \hat p)}",
        domain=r"$0 \le \hat p \le 1$, $0 \le y \le 1$, $0 \log 0 = 0$",
        noise_model=r"Bernoulli with success probability $\hat p$",
        minimiser="the probability of class 1",
        convex=True,
        lipschitz=None,
        stable_form=r"-y \log \hat p - (1 - y) \operatorname{log1p}(-\hat p)",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.binary_cross_entropy",
                    "Each logarithm stops at -100: an event of probability 0 costs 100, not infinity.",
                ),
                "Keras": Counterpart(
                    "keras.losses.BinaryCrossentropy",
                    TARGET_FIRST + " Probabilities are clipped to 1e-7 and 1 - 1e-7: no loss above 16.118.",
                ),
                "scikit-learn": Counterpart(
                    "sklearn.metrics.log_loss",
                    TARGET_FIRST + " Hard labels only; clips at the machine epsilon: no loss above 36.04.",
                ),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "Given logits it takes them for probabilities, where nothing checks: bce_with_logits is meant.",
            "Clipping at 1e-7 turns log(1e10) = 23.03 into 16.12, and its gradient of -1e10 into 0.",
            "log(1 - p) is 0 at p = 1e-20, and a correct rare event costs nothing; log1p(-p) keeps it.",
            "A forecast of exactly 0 or 1 that fails once makes the mean infinite, and that is the answer.",
        ),
        sources=(GOOD, "Gneiting and Raftery (2007), Strictly Proper Scoring Rules, JASA 102"),
    ),
    Loss(
        name="focal_binary",
        family="binary",
        value=b.focal_binary,
        grad=keyed(b.focal_binary_grad, WRT),
        wrt=WRT,
        formula=r"-\alpha_t (1 - p_t)^\gamma \log p_t \text{ with } p_t = \sigma(x),\; x = (2y - 1) z",
        gradient=r"-(2y - 1)\,\alpha_t (1 - p_t)^\gamma \left(1 - p_t - \gamma\, p_t \log p_t\right)",
        domain=r"$z \in [-\infty, \infty]$, $y \in \{0, 1\}$, $\gamma \ge 0$, $0 \le \alpha \le 1$ or none",
        noise_model="none: exp(-loss) is no density, the values of the two classes do not add up to 1",
        minimiser="the more probable class, but not its probability: 0.8 is reported as 0.63 (gamma = 2)",
        convex=False,
        lipschitz=Bound(
            r"\max_{0 \le p \le 1}\, (1 - p)^\gamma (1 - p - \gamma p \log p) \cdot \max(\alpha, 1 - \alpha)",
            steepest_focal_slope,
        ),
        stable_form=r"\alpha_t\, \sigma(-x)^\gamma \operatorname{softplus}(-x)",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torchvision.ops.sigmoid_focal_loss",
                    "alpha is 0.25 unless told otherwise, reduction is 'none'; NaN gradients for gamma < 1.",
                ),
                "Keras": Counterpart(
                    "keras.losses.BinaryFocalCrossentropy",
                    TARGET_FIRST + " Probabilities by default, clipped; alpha only with "
                    "apply_class_balancing=True.",
                ),
                "optax": Counterpart(
                    "optax.losses.sigmoid_focal_loss", PER_ELEMENT + "; alpha comes before gamma."
                ),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "It looks at how easy an example is, not how rare: class imbalance is the job of alpha.",
            "It is not proper: where 0.6, 0.8, 0.99 are true it prefers 0.54, 0.63, 0.85 (gamma = 2).",
            "Easy examples count 100 times less only at p = 0.9: 4 times at 0.5, 400 times at 0.95.",
            "Below p = 0.298 it pulls harder than cross-entropy, up to 1.22 times (gamma = 2).",
        ),
        sources=(
            "Lin, Goyal, Girshick, He and Dollár (2017), Focal Loss for Dense Object Detection, ICCV",
            "Charoenphakdee, Vongkulbhisal, Chairatanakul and Sugiyama (2021), On Focal Loss for "
            "Class-Posterior Probability Estimation, CVPR",
        ),
    ),
    Loss(
        name="brier_binary",
        family="binary",
        value=b.brier_binary,
        grad=keyed(b.brier_binary_grad, WRT),
        wrt=WRT,
        formula=r"(\hat p - y)^2 \text{ with } " + P_HAT,
        gradient=r"2(\hat p - y)\,\hat p\,(1 - \hat p)",
        domain=r"$z \in [-\infty, \infty]$, $y \in \{0, 1\}$",
        noise_model="none: labels 0 and 1 are not Gaussian, yet the score is strictly proper",
        minimiser=r"the log-odds of $P(y = 1)$, so that $\hat p$ is the probability",
        convex=False,
        lipschitz=Bound(r"\tfrac{8}{27}", lambda: 8 / 27),
        stable_form=r"\sigma(-x)^2 \text{ with } x = (2y - 1) z",
        frameworks=MappingProxyType(
            {
                "scikit-learn": Counterpart(
                    "sklearn.metrics.brier_score_loss", TARGET_FIRST + " Takes probabilities."
                ),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "Sure and wrong, it does not pull: at z = -5, y = 1 its slope is -0.013, cross-entropy's -0.993.",
            "The original score adds both classes and is twice as large; so is brier_multiclass for K = 2.",
            "It is proper: what fails is the training of logits, not the judging of probabilities.",
        ),
        sources=(BRIER, "Gneiting and Raftery (2007), Strictly Proper Scoring Rules, JASA 102"),
    ),
    Loss(
        name="multilabel_bce",
        family="binary",
        value=b.multilabel_bce,
        grad=keyed(b.multilabel_bce_grad, WRT),
        wrt=WRT,
        formula=r"w_k\,t_k \log(1 + e^{-z_k}) + (1 - t_k) \log(1 + e^{z_k})",
        gradient=r"(1 - t_k)\,\sigma(z_k) - w_k\,t_k\,\sigma(-z_k)",
        domain=r"$z \in [-\infty, \infty]^{N \times K}$, $t \in [0, 1]^{N \times K}$, $0 \le w_k < \infty$",
        noise_model="K independent Bernoulli variables",
        minimiser=r"the log-odds of each label, given the example; plus $\log w_k$",
        convex=True,
        lipschitz=BCE_WEIGHT,
        stable_form=r"(w_k t_k + 1 - t_k) \operatorname{log1p}(e^{-|z_k|}) + (1 - t_k) \max(z_k, 0)"
        r" + w_k t_k \max(-z_k, 0)",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.binary_cross_entropy_with_logits",
                    "Same value, same pos_weight per label. Without weights: multilabel_soft_margin_loss.",
                ),
                "Keras": Counterpart(
                    "keras.losses.BinaryCrossentropy(from_logits=True)", TARGET_FIRST + " No pos_weight."
                ),
                "optax": Counterpart(
                    "optax.losses.sigmoid_binary_cross_entropy", PER_ELEMENT + ", no pos_weight."
                ),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "The mean is over N K elements: with 1000 labels a row pulls 1000 times less than its sum would.",
            "A softmax here would make labels compete: an image of a dog on a beach gets half of each.",
            "If one target in a hundred is 1, a model that always says no is 99 % right.",
        ),
        sources=(
            COX,
            "Nam, Kim, Loza Mencía, Gurevych and Fürnkranz (2014), Large-scale Multi-label Text "
            "Classification, ECML",
        ),
    ),
)
