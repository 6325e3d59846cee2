"""What the course knows about cross-entropy in its forms."""

from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from solutions import multiclass as m
from solutions import multiclass_weighted as w
from solutions.loss import Bound, Counterpart, Loss, keyed

WRT = ("logits",)
ROWS = ("row-permutation", "shift")
SYMMETRIC = (*ROWS, "relabelling")
P = r"p = \operatorname{softmax}(z)"
DOMAIN = r"$z \in [-\infty, \infty)^K$, where $-\infty$ masks a class; $c \in \{0, \dots, K - 1\}$"
CATEGORICAL = r"categorical with probabilities $\operatorname{softmax}(z)$"
LOG_PROBABILITIES = r"$\log P(y = k)$, up to a number added to all"
STABLE = r"\operatorname{softplus}(u),\; u = m - z_c + \log \textstyle\sum_{j \ne c} e^{z_j - m},\; "
STABLE += r"m = \max_{j \ne c} z_j"
ROOT_TWO = Bound(r"\sqrt{2}", lambda: float(np.sqrt(2)))
PER_ROW = "One value per row, no reduction"
GOOD = "Good (1952), Rational Decisions, JRSS B 14"
BRIDLE = "Bridle (1990), Probabilistic Interpretation of Feedforward Classification Network Outputs"
SZEGEDY = "Szegedy et al. (2016), Rethinking the Inception Architecture for Computer Vision, CVPR"


def _of_largest_weight(weight: npt.ArrayLike | None = None) -> float:
    return float(np.sqrt(2) * (1.0 if weight is None else np.max(np.asarray(weight, dtype=float))))


RECORDS = (
    Loss(
        name="cross_entropy",
        family="multiclass",
        value=m.cross_entropy,
        grad=keyed(m.cross_entropy_grad, WRT),
        wrt=WRT,
        formula=r"-\log p_c = \log \sum_j e^{z_j - z_c}, \quad " + P,
        gradient=r"p_k - [k = c]",
        domain=DOMAIN,
        noise_model=CATEGORICAL,
        minimiser=LOG_PROBABILITIES,
        convex=True,
        lipschitz=ROOT_TWO,
        stable_form=STABLE,
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.cross_entropy",
                    "Same value; value and slope at the label are exactly 0 from a lead of 37 on.",
                ),
                "Keras": Counterpart(
                    "keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
                    "Target first. Without from_logits=True it takes the logits for probabilities.",
                ),
                "scikit-learn": Counterpart(
                    "sklearn.metrics.log_loss", "Target first; takes probabilities, and clips them."
                ),
                "optax": Counterpart(
                    "optax.losses.softmax_cross_entropy_with_integer_labels",
                    PER_ROW
                    + "; it subtracts the label's logit last, which costs digits beside large logits.",
                ),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "A softmax before it is one too many: with K = 10 the loss cannot fall below 1.46.",
            "-log(softmax(z)[c]) is inf where p_c underflows: at z = (1000, 0), c = 1, where it is 1000.",
            "p_c - 1 is exactly 0 for z = (40, 0), c = 0, where the slope is -4.2e-18.",
            "An untrained classifier should start near log K, 2.303 for ten classes: check it first.",
        ),
        sources=(GOOD, BRIDLE),
    ),
    Loss(
        name="soft_cross_entropy",
        family="multiclass",
        value=m.soft_cross_entropy,
        grad=keyed(m.soft_cross_entropy_grad, WRT),
        wrt=WRT,
        formula=r"-\sum_k t_k \log p_k, \quad " + P,
        gradient=r"p_k - t_k",
        domain=r"$z \in [-\infty, \infty)^K$; $t_k \ge 0$, $\sum_k t_k = 1$",
        noise_model=CATEGORICAL + ", averaged over labels drawn from $t$",
        minimiser=r"the logarithm of the mean target, up to a number added to all",
        convex=True,
        lipschitz=ROOT_TWO,
        stable_form=r"\sum_{t_k > 0} t_k \left(m - z_k + \operatorname{log1p} \textstyle\sum_{j \ne \max}"
        r" e^{z_j - m}\right),\; m = \max_j z_j",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.cross_entropy",
                    "Given float targets; NaN for a masked class with target 0.",
                ),
                "Keras": Counterpart(
                    "keras.losses.CategoricalCrossentropy(from_logits=True)",
                    "Target first; NaN for a masked class with target 0.",
                ),
                "optax": Counterpart(
                    "optax.losses.softmax_cross_entropy",
                    PER_ROW + "; for masked classes there is safe_softmax_cross_entropy.",
                ),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "Its least value is the entropy of the target: 0.693 for (½, ½), not 0.",
            "0 · log 0 is NaN: a masked class with target 0 must be left out of the sum.",
            "Targets that do not add up to 1 change the gradient to p Σt - t.",
        ),
        sources=(
            SZEGEDY,
            "Hinton, Vinyals and Dean (2015), Distilling the Knowledge in a Neural Network, arXiv:1503.02531",
            "Zhang, Cisse, Dauphin and Lopez-Paz (2018), mixup: Beyond Empirical Risk Minimization, ICLR",
        ),
    ),
    Loss(
        name="label_smoothing_ce",
        family="multiclass",
        value=m.label_smoothing_ce,
        grad=keyed(m.label_smoothing_ce_grad, WRT),
        wrt=WRT,
        formula=r"-(1 - \varepsilon) \log p_c - \frac{\varepsilon}{K} \sum_k \log p_k, \quad " + P,
        gradient=r"p_k - (1 - \varepsilon)\,[k = c] - \frac{\varepsilon}{K}",
        domain=DOMAIN + r"; $0 \le \varepsilon \le 1$",
        noise_model=CATEGORICAL + r", where a share $\varepsilon$ of the labels was drawn at random",
        minimiser=r"$\log\left((1 - \varepsilon) P(y = k) + \varepsilon / K\right)$, up to a number "
        "added to all",
        convex=True,
        lipschitz=Bound(
            r"\sqrt{1 + (1 - \varepsilon)^2}",
            lambda smoothing=0.1: float(np.sqrt(1 + (1 - smoothing) ** 2)),
        ),
        stable_form=r"(1 - \varepsilon)(m - z_c) + \tfrac{\varepsilon}{K} \textstyle\sum_k (m - z_k)"
        r" + \operatorname{log1p} \sum_{j \ne \max} e^{z_j - m}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.cross_entropy(label_smoothing=0.1)",
                    "Same value; 0 by default. With class weights, the smooth part is weighted per class.",
                ),
                "Keras": Counterpart(
                    "keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)",
                    "Same value, one-hot targets first.",
                ),
                "optax": Counterpart(
                    "optax.losses.smooth_labels", "Gives the targets, for softmax_cross_entropy."
                ),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "ε/K goes to all classes, so the label keeps 1 - ε + ε/K: 0.91 for K = 10, ε = 0.1. Spread over "
            "the other classes only, ε = 0.1 means 0.111 here.",
            "It is (1-ε) CE + ε (KL(uniform‖p) + log K), not CE plus a multiple of a KL.",
            "A masked class makes it inf: 0.1/3 of the target waits at z = (1, -inf, 0.5).",
            "With clean labels the probabilities come out under-confident, by design.",
        ),
        sources=(
            SZEGEDY,
            "Müller, Kornblith and Hinton (2019), When Does Label Smoothing Help?, NeurIPS",
        ),
    ),
    Loss(
        name="cross_entropy_weighted",
        family="multiclass",
        value=w.cross_entropy_weighted,
        grad=keyed(w.cross_entropy_weighted_grad, WRT),
        wrt=WRT,
        formula=r"-w_c \log p_c, \quad " + P + r"; \text{ the mean divides by } \textstyle\sum_n w_{c_n}",
        gradient=r"w_c\,(p_k - [k = c])",
        domain=DOMAIN + r"; $0 \le w_k < \infty$",
        noise_model="categorical, after counting each row of class $k$ $w_k$ times",
        minimiser=r"$\log\left(w_k P(y = k)\right)$, up to a number added to all",
        convex=True,
        lipschitz=Bound(r"\sqrt{2} \max_k w_k", _of_largest_weight),
        stable_form=r"w_c " + STABLE,
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.cross_entropy(weight=w)",
                    "Same weighted mean for labels; for float targets it divides by N instead.",
                ),
                "Keras": Counterpart(
                    "keras.Model.fit(class_weight=w)", "Divides by N, unless told to use the weighted mean."
                ),
            }
        ),
        invariances=ROWS,
        pitfalls=(
            "A batch of one row ignores its weight: the mean divides by the same number.",
            "The mean of the means of two batches is not the mean of both: their weights differ.",
            "The probabilities are those of a reweighted population; divide them by w, then normalise.",
        ),
        sources=("King and Zeng (2001), Logistic Regression in Rare Events Data, Political Analysis 9",),
    ),
    Loss(
        name="cross_entropy_ignore",
        family="multiclass",
        value=w.cross_entropy_ignore,
        grad=keyed(w.cross_entropy_ignore_grad, WRT),
        wrt=WRT,
        formula=r"-[c \ne i] \log p_c, \quad " + P + r"; \text{ the mean is over the rows with } c \ne i",
        gradient=r"[c \ne i]\,(p_k - [k = c])",
        domain=r"$z \in [-\infty, \infty)^K$; $c \in \{0, \dots, K - 1\} \cup \{i\}$",
        noise_model=CATEGORICAL + ", for the rows that count",
        minimiser=LOG_PROBABILITIES + ", among the rows that count",
        convex=True,
        lipschitz=Bound(r"\sqrt{2}", lambda ignore_index=-100: float(np.sqrt(2))),
        stable_form=STABLE,
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.cross_entropy(ignore_index=-100)",
                    "Same value; NaN, not 0, if all rows are ignored.",
                ),
                "Keras": Counterpart(
                    "keras.losses.SparseCategoricalCrossentropy(ignore_class=-100, from_logits=True)",
                    "Target first; 0 if all rows are ignored.",
                ),
            }
        ),
        invariances=ROWS,
        pitfalls=(
            "The mean of batch means is not the mean over tokens: with 1 and 99 tokens, one counts for 50.",
            "0 / 0 where nothing is left: here the mean is 0 then, elsewhere NaN.",
            "An ignore_index that is also a class drops that class: in pages of token 0, padding and text.",
        ),
        sources=(
            "Long, Shelhamer and Darrell (2015), Fully Convolutional Networks for Semantic Segmentation, "
            "CVPR",
        ),
    ),
    Loss(
        name="logit_adjusted_ce",
        family="multiclass",
        value=w.logit_adjusted_ce,
        grad=keyed(w.logit_adjusted_ce_grad, WRT),
        wrt=WRT,
        formula=r"-\log p_c, \quad p = \operatorname{softmax}(z + \tau \log \pi)",
        gradient=r"p_k - [k = c], \quad p = \operatorname{softmax}(z + \tau \log \pi)",
        domain=DOMAIN + r"; $\pi_k \ge 0$, $\sum_k \pi_k = 1$, $\tau \ge 0$",
        noise_model=r"categorical with probabilities $\operatorname{softmax}(z + \tau \log \pi)$",
        minimiser=r"$\log\left(P(y = k) / \pi_k^\tau\right)$, up to a number added to all",
        convex=True,
        lipschitz=Bound(r"\sqrt{2}", lambda prior=None, tau=1.0: float(np.sqrt(2))),
        stable_form=STABLE + r",\; z_j \to z_j - \max z + \tau \log \pi_j",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.cross_entropy(logits + tau * prior.log(), labels)", "Written out."
                ),
                "optax": Counterpart(
                    "optax.losses.softmax_cross_entropy_with_integer_labels",
                    "Given logits + tau * log_prior. " + PER_ROW + ".",
                ),
            }
        ),
        invariances=ROWS,
        pitfalls=(
            "Adjust in training or when predicting, not both: predict with the bare logits here.",
            "A prior of 0 masks the class: its own rows then cost inf.",
            "Raw class counts in place of shares give the same loss, as only their ratios matter; here they "
            "are refused, so that a mistake is seen.",
        ),
        sources=("Menon et al. (2021), Long-tail Learning via Logit Adjustment, ICLR",),
    ),
    Loss(
        name="perplexity",
        family="multiclass",
        value=w.perplexity,
        grad=keyed(w.perplexity_grad, WRT),
        wrt=WRT,
        formula=r"\exp\left(-\tfrac1N \sum_n \log p_{n, c_n}\right), \quad p_n = \operatorname{softmax}(z_n)",
        gradient=r"\tfrac1N \operatorname{PPL} \cdot (p_{nk} - [k = c_n])",
        domain=DOMAIN,
        noise_model="none: it is the exponential of a mean negative log-likelihood",
        minimiser="what cross-entropy estimates: it is least where the mean cross-entropy is",
        convex=True,
        lipschitz=None,
        stable_form=r"\exp\left(\tfrac1N \textstyle\sum_n \operatorname{softplus}(u_n)\right),\; "
        r"u_n = \log \sum_{j \ne c_n} e^{z_{nj}} - z_{n c_n}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart("torch.nn.functional.cross_entropy(...).exp()", "Written out."),
                "optax": Counterpart(
                    "jnp.exp(softmax_cross_entropy_with_integer_labels(...).mean())", "Written out."
                ),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "The mean of the perplexities of batches is not that of the text: 2 and 8 make 4, not 5.",
            "Models with different tokenisers cannot be compared by it; bits per byte can.",
            "It overflows from a mean of 709.78 nats on (88.7 in float32): report the cross-entropy then.",
        ),
        sources=(
            "Jelinek, Mercer, Bahl and Baker (1977), Perplexity: a Measure of the Difficulty of Speech "
            "Recognition Tasks, Journal of the Acoustical Society of America 62",
        ),
    ),
)
