"""What the course knows about the divergences of discrete distributions and samples."""

from types import MappingProxyType

from solutions import divergences as d
from solutions import symmetric_divergences as s
from solutions.loss import Bound, Counterpart, Loss, keyed

Q = ("q",)
LOGITS = ("logits",)
KULLBACK = "Kullback and Leibler (1951), On Information and Sufficiency, Annals of Mathematical Statistics 22"
LOG_Q_FIRST = "Takes log q first, then p"
BATCHMEAN = "only reduction='batchmean' is the mean over rows, as 'mean' divides by the classes too."

RECORDS = (
    Loss(
        name="kl",
        family="divergences",
        value=d.kl,
        grad=keyed(d.kl_grad, Q),
        wrt=Q,
        formula=r"\sum_k p_k \log\frac{p_k}{q_k}",
        gradient=r"-\frac{p_k}{q_k}",
        domain=r"$p, q$ in the simplex; infinite where $q_k = 0 < p_k$",
        noise_model="categorical: minimising it in q is maximum likelihood under p",
        minimiser="the distribution p itself",
        convex=True,
        lipschitz=None,
        stable_form=r"\sum_k (p_k - q_k) s_k + 2 p_k (\operatorname{artanh} s_k - s_k)"
        r" + \sum_k (p_k - q_k) \text{ with } s_k = \frac{p_k - q_k}{p_k + q_k}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart("torch.nn.functional.kl_div", f"{LOG_Q_FIRST}; {BATCHMEAN}"),
                "Keras": Counterpart("keras.losses.KLDivergence", "Same order; clips p and q at 1e-7."),
                "optax": Counterpart(
                    "optax.losses.kl_divergence", f"{LOG_Q_FIRST}; one value per row, NaN where p = q = 0."
                ),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "It is not symmetric: with (½, ½) as target and (0.9, 0.1) as model 0.511, the other way 0.368.",
            "Clipping hides its infinity: at 1e-7, p = (½, ½) against q = (1, 0) costs a harmless 7.37.",
            "Near equality the textbook sum cancels: for q = ½ ± 2⁻³³ it says -2.7e-20 instead of +2.7e-20.",
            "Divided by the number of classes as well ('mean' in PyTorch), it is K times too small.",
        ),
        sources=(
            KULLBACK,
            "Cover and Thomas (2006), Elements of Information Theory, second edition",
        ),
    ),
    Loss(
        name="kl_logits",
        family="divergences",
        value=d.kl_logits,
        grad=keyed(d.kl_logits_grad, LOGITS),
        wrt=LOGITS,
        formula=r"\sum_k p_k \left(\log p_k - \log \operatorname{softmax}(z)_k\right)",
        gradient=r"\operatorname{softmax}(z)_k - p_k",
        domain=r"$p$ in the simplex, $z \in \mathbb{R}^K$, and $z_k = -\infty$ where $p_k = 0$",
        noise_model="categorical: minimising it in z is maximum likelihood under p",
        minimiser="the logarithms of p, up to a constant",
        convex=True,
        lipschitz=Bound(r"\sqrt2", lambda: 2**0.5),
        stable_form=r"\sum_k p_k \left(e^{-x_k} - 1 + x_k\right)"
        r" \text{ with } x_k = \log\frac{p_k}{q_k} \text{ from differences of logits}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.kl_div", f"Takes log_softmax(z) first, then p; {BATCHMEAN}"
                ),
                "optax": Counterpart(
                    "optax.losses.kl_divergence", "Takes log_softmax(z) first, then p; one value per row."
                ),
            }
        ),
        invariances=("shift",),
        pitfalls=(
            "kl of a softmax is infinite where a probability underflows: for p = (½, ½) and z = (1000, "
            "-1000) "
            "it is 999.3.",
            "Its least value is 0, that of soft cross-entropy the entropy of p: the gradients are the same.",
            "Handing PyTorch's kl_div the softmax instead of its logarithm gives negative 'divergences'.",
        ),
        sources=(
            KULLBACK,
            "Bridle (1990), Probabilistic Interpretation of Feedforward Classification Network Outputs",
        ),
    ),
    Loss(
        name="reverse_kl_logits",
        family="divergences",
        value=d.reverse_kl_logits,
        grad=keyed(d.reverse_kl_logits_grad, LOGITS),
        wrt=LOGITS,
        formula=r"\sum_k q_k \log\frac{q_k}{p_k} \quad q = \operatorname{softmax}(z)",
        gradient=r"q_k \left(\log\frac{q_k}{p_k} - L\right)",
        domain=r"$p$ in the simplex, $z \in \mathbb{R}^K$; infinite where $p_k = 0 < q_k$",
        noise_model="none: the average is over the model, not over data",
        minimiser="p if the model can be p, else a distribution that avoids what p excludes",
        convex=False,
        lipschitz=None,
        stable_form=r"\sum_k q_k \left(e^{-x_k} - 1 + x_k\right)"
        r" \text{ with } x_k = \log\frac{q_k}{p_k} \text{ from differences of logits}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.kl_div",
                    f"With log p first, log_softmax(z) second and log_target=True; {BATCHMEAN}",
                ),
            }
        ),
        invariances=("shift",),
        pitfalls=(
            "One class with p = 0 makes it infinite, however little the model gives it.",
            "It need not lock on to one mode: the best Gaussian for two unit ones at ±a stays centred up to "
            "a = 2.80.",
            "Its gradient vanishes with q: a class the model has given up is not found again.",
            "The KL penalty of fine-tuning from feedback has this direction, supervised training the other.",
        ),
        sources=(
            "Jordan, Ghahramani, Jaakkola and Saul (1999), An Introduction to Variational Methods for "
            "Graphical "
            "Models, Machine Learning 37",
            "Minka (2005), Divergence Measures and Message Passing, MSR-TR-2005-173",
        ),
    ),
    Loss(
        name="js",
        family="divergences",
        value=s.js,
        grad=keyed(s.js_grad, Q),
        wrt=Q,
        formula=r"\tfrac12 \sum_k p_k \log\frac{p_k}{m_k} + \tfrac12 \sum_k q_k \log\frac{q_k}{m_k}"
        r" \quad m = \tfrac12 (p + q)",
        gradient=r"\tfrac12 \log\frac{q_k}{m_k}",
        domain=r"$p, q$ in the simplex",
        noise_model="none: it is log 2 minus the best loss of a classifier that tells p and q apart",
        minimiser="the distribution p itself",
        convex=True,
        lipschitz=None,
        stable_form=r"\sum_k m_k \left(s_k \operatorname{artanh} s_k + \tfrac12 \operatorname{log1p}(-s_k^2)"
        r"\right) \text{ with } s_k = \frac{p_k - q_k}{p_k + q_k}",
        frameworks=MappingProxyType({}),
        invariances=("permutation", "swap"),
        pitfalls=(
            "SciPy's jensenshannon is its square root: 0.1300 for 0.0169.",
            "Between distributions without a common class it is log 2 = 0.693, however far apart they are.",
            "In bits its ceiling is 1, in nats 0.693: say which.",
            "Its slope is -inf where q = 0 < p, though the value is finite.",
        ),
        sources=(
            "Lin (1991), Divergence Measures Based on the Shannon Entropy, IEEE Transactions on Information "
            "Theory 37",
            "Goodfellow et al. (2014), Generative Adversarial Nets, NIPS",
        ),
    ),
    Loss(
        name="hellinger_sq",
        family="divergences",
        value=s.hellinger_sq,
        grad=keyed(s.hellinger_sq_grad, Q),
        wrt=Q,
        formula=r"\tfrac12 \sum_k \left(\sqrt{p_k} - \sqrt{q_k}\right)^2",
        gradient=r"\tfrac12 \left(1 - \sqrt{p_k / q_k}\right)",
        domain=r"$p, q$ in the simplex",
        noise_model="none: a squared distance of square roots",
        minimiser="the distribution p itself",
        convex=True,
        lipschitz=None,
        stable_form=r"\tfrac12 \sum_k \left(\frac{p_k - q_k}{\sqrt{p_k} + \sqrt{q_k}}\right)^2",
        frameworks=MappingProxyType({}),
        invariances=("permutation", "swap"),
        pitfalls=(
            "Three conventions: for (½, ½) and (0.9, 0.1) it is 0.1056 here, 0.2111 without ½, 0.3249 as "
            "a root.",
            "It is at most 1, and cannot tell far from farther once no class is shared.",
            "Its slope is -inf where q = 0 < p, though the value is finite.",
        ),
        sources=(
            "Hellinger (1909), Neue Begründung der Theorie quadratischer Formen von unendlichvielen "
            "Veränderlichen",
            "Beran (1977), Minimum Hellinger Distance Estimates for Parametric Models, Annals of "
            "Statistics 5",
        ),
    ),
    Loss(
        name="wasserstein1_1d",
        family="divergences",
        value=s.wasserstein1_1d,
        grad=keyed(s.wasserstein1_1d_grad, ("u",)),
        wrt=("u",),
        formula=r"\frac1n \sum_i |u_{(i)} - v_{(i)}| \text{ with both samples sorted}",
        gradient=r"\tfrac1n \operatorname{sign}(u_{(i)} - v_{(i)}) \text{ for the } i\text{-th smallest"
        r" of } u",
        domain=r"$u, v \in \mathbb{R}^n$",
        noise_model="none: the least work that moves one sample onto the other",
        minimiser="the sample v, in any order",
        convex=False,
        lipschitz=Bound(r"1/\sqrt n \le 1", lambda: 1.0),
        stable_form=r"\frac{2^k}{n} \sum_i |2^{-k} u_{(i)} - 2^{-k} v_{(i)}| \text{; } k = 0"
        r" \text{ except near the top of the range}",
        frameworks=MappingProxyType({}),
        invariances=("permutation", "translation", "sign-symmetry", "scaling-1", "swap"),
        pitfalls=(
            "Sorting solves the transport on a line only; in the plane it takes a linear programme.",
            "Samples of different sizes or with weights need the general formula, as in SciPy's "
            "wasserstein_distance.",
            "Its gradient keeps its size up to the optimum, so a fixed step size overshoots for ever.",
            "Equal points of u share one gradient, so a sample that has collapsed moves as a block.",
        ),
        sources=(
            "Vallender (1974), Calculation of the Wasserstein Distance Between Probability Distributions "
            "on the "
            "Line, Theory of Probability and Its Applications 18",
            "Villani (2009), Optimal Transport: Old and New",
        ),
    ),
    Loss(
        name="distillation_kl",
        family="divergences",
        value=d.distillation_kl,
        grad=keyed(d.distillation_kl_grad, ("student",)),
        wrt=("student",),
        formula=r"T^2 \sum_k p_k \log\frac{p_k}{q_k} \quad p = \operatorname{softmax}(t/T),"
        r"\; q = \operatorname{softmax}(s/T)",
        gradient=r"T\,(q_k - p_k)",
        domain=r"$s, t \in \mathbb{R}^K$, $T > 0$",
        noise_model="categorical, with the teacher's softened probabilities as frequencies",
        minimiser="the teacher's logits, up to a constant",
        convex=True,
        lipschitz=Bound(r"\sqrt2\,T", lambda temperature=1.0: 2**0.5 * temperature),
        stable_form=r"T^2 \sum_k p_k \left(e^{-x_k} - 1 + x_k\right)"
        r" \text{ with } x_k = \log\frac{p_k}{q_k} \text{ from differences of } (t - s)/T",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.kl_div",
                    f"Of log_softmax(s/T) and softmax(t/T), times T² by hand; {BATCHMEAN}",
                ),
                "optax": Counterpart(
                    "optax.losses.kl_divergence",
                    "Of log_softmax(s/T) and softmax(t/T), times T² by hand; one value per row.",
                ),
            }
        ),
        invariances=("permutation", "shift"),
        pitfalls=(
            "Without T² the gradient shrinks with 1/T²: at T = 4 the term counts 16 times too little.",
            "Divided by the number of classes too ('mean' in PyTorch), it is 1000 times too small on "
            "ImageNet.",
            "At T = 1000 the divergence is of the order 1e-6, and the textbook sum keeps some 10 digits "
            "of 16.",
            "Cross-entropy with the teacher's probabilities has the same gradient, but not 0 as its least "
            "value.",
        ),
        sources=(
            "Hinton, Vinyals and Dean (2015), Distilling the Knowledge in a Neural Network, arXiv:1503.02531",
        ),
    ),
)
