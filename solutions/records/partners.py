"""What the course knows about the losses that choose a partner among candidates."""

from types import MappingProxyType

from solutions import partners as p
from solutions.loss import Counterpart, Loss, keyed

STABLE = (
    r"\operatorname{softplus}(\log \textstyle\sum_{\text{neg}} e^{s_j} - s_0)"
    r" \text{, with } 1 - \cos \text{ in place of } \cos \text{ near 1}"
)
CROSS_ENTROPY = "No such loss; this one of the similarities over the temperature, with {} as the target."
NTXENT = "optax.losses.ntxent"
CPC = (
    "van den Oord, Li and Vinyals (2018), Representation Learning with Contrastive Predictive Coding,"
    " arXiv:1807.03748"
)
ZERO = "Frameworks keep norms above 1e-8 or so: of a cosine of 0.6 at norm 1e-9, PyTorch leaves 0.06."

RECORDS = (
    Loss(
        name="info_nce",
        family="contrastive",
        value=p.info_nce,
        grad=keyed(p.info_nce_grad, ("query", "positive", "negatives")),
        wrt=("query", "positive", "negatives"),
        formula=r"\log \sum_{j=0}^{K-1} e^{s_j} - s_0 \quad s_j = \frac{\cos(q, k_j)}{\tau}",
        gradient=r"\frac{\partial}{\partial s_j} = \operatorname{softmax}(s)_j - [j = 0]",
        domain=r"$q, k_j \in \mathbb{R}^d$, $\tau > 0$",
        noise_model="categorical: which of the K candidates is the positive",
        minimiser="a similarity that is the log of the density ratio of pairs to chance, up to a constant",
        convex=False,
        lipschitz=None,
        stable_form=STABLE,
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.cross_entropy", CROSS_ENTROPY.format("the index of the positive")
                ),
                "optax": Counterpart(
                    "optax.losses.softmax_cross_entropy_with_integer_labels",
                    CROSS_ENTROPY.format("the index of the positive"),
                ),
            }
        ),
        invariances=("permutation", "rotation"),
        pitfalls=(
            "The bound on mutual information is log K minus the loss, in expectation, and caps at log K.",
            "Cosines cannot give loss 0: the floor is log(1 + (K-1) exp(-2/τ)), 3.57 for K = 256 and τ = 1.",
            "exp(similarity/τ) overflows float16 from 11.09 on: with cosines below τ = 0.09.",
            "Papers often write the dot product and mean it of normalised vectors.",
        ),
        sources=(
            CPC,
            "Poole et al. (2019), On Variational Bounds of Mutual Information, ICML",
            "He, Fan, Wu, Xie and Girshick (2020), Momentum Contrast, CVPR",
        ),
    ),
    Loss(
        name="info_nce_in_batch",
        family="contrastive",
        value=p.info_nce_in_batch,
        grad=keyed(p.info_nce_in_batch_grad, ("a", "b")),
        wrt=("a", "b"),
        formula=r"\log \sum_{j=1}^N e^{s_{ij}} - s_{ii} \quad s_{ij} = \frac{\cos(a_i, b_j)}{\tau}",
        gradient=r"\frac{\partial}{\partial s_{ij}} = \operatorname{softmax}(s_i)_j - [j = i]",
        domain=r"$a_i, b_j \in \mathbb{R}^d$, $\tau > 0$",
        noise_model="categorical: which of the N rows of b belongs to a row of a",
        minimiser="a similarity that is the log of the density ratio of pairs to chance, up to a constant",
        convex=False,
        lipschitz=None,
        stable_form=STABLE,
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.cross_entropy", CROSS_ENTROPY.format("torch.arange(N)")
                ),
                "optax": Counterpart(
                    "optax.losses.softmax_cross_entropy_with_integer_labels",
                    CROSS_ENTROPY.format("jnp.arange(N)"),
                ),
            }
        ),
        invariances=("permutation", "rotation", "scaling-0"),
        pitfalls=(
            "At chance it is log N: losses of different batch sizes cannot be compared.",
            "It looks from a to b only; the other direction is another number. clip averages the two.",
            "Accumulating gradients over small batches is not one large batch: the negatives differ.",
            ZERO,
        ),
        sources=(
            "Sohn (2016), Improved Deep Metric Learning with Multi-class N-pair Loss Objective, NIPS",
            CPC,
        ),
    ),
    Loss(
        name="nt_xent",
        family="contrastive",
        value=p.nt_xent,
        grad=keyed(p.nt_xent_grad, ("z",)),
        wrt=("z",),
        formula=r"\log \sum_{k \ne i} e^{s_{ik}} - s_{ij} \quad s_{ik} = \frac{\cos(z_i, z_k)}{\tau},"
        r"\; j = (i + N) \bmod 2N",
        gradient=r"\frac{\partial}{\partial s_{ik}} = \operatorname{softmax}_{k \ne i}(s_i)_k - [k = j]",
        domain=r"$z_i \in \mathbb{R}^d$ for $2N$ views, $\tau > 0$",
        noise_model="categorical: which of the 2N - 1 other views shows the same image",
        minimiser="an embedding: the two views of an image agree, and the batch spreads over the sphere",
        convex=False,
        lipschitz=None,
        stable_form=STABLE,
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.cross_entropy",
                    CROSS_ENTROPY.format("the other view") + " Set the diagonal to -inf before.",
                ),
                "optax": Counterpart(
                    NTXENT, "Same value for the labels 0 to N-1 given twice; the temperature is 0.07 there."
                ),
            }
        ),
        invariances=("rotation", "scaling-0"),
        pitfalls=(
            "An anchor left among its own candidates wins always: the similarity with itself is 1.",
            "Views must come as all first ones, then all second ones: interleaved, the pairs are wrong.",
            "The mean is over 2N anchors, not over N images.",
            ZERO,
        ),
        sources=(
            "Chen, Kornblith, Norouzi and Hinton (2020), A Simple Framework for Contrastive Learning of"
            " Visual Representations, ICML",
            "Wang and Isola (2020), Understanding Contrastive Representation Learning through Alignment and"
            " Uniformity on the Hypersphere, ICML",
        ),
    ),
    Loss(
        name="supcon",
        family="contrastive",
        value=p.supcon,
        grad=keyed(p.supcon_grad, ("z",)),
        wrt=("z",),
        formula=r"\frac{1}{|P|} \sum_{p \in P} \left(\log \sum_{k \ne i} e^{s_{ik}} - s_{ip}\right)"
        r" \quad s_{ik} = \frac{\cos(z_i, z_k)}{\tau}",
        gradient=r"\frac{\partial}{\partial s_{ik}} = \operatorname{softmax}_{k \ne i}(s_i)_k"
        r" - \frac{[k \in P]}{|P|}",
        domain=r"$z_i \in \mathbb{R}^d$, integer labels of which at least one occurs twice, $\tau > 0$",
        noise_model="categorical, with a target spread evenly over the rows of the same label",
        minimiser="an embedding in which each class is one point and the points are far apart",
        convex=False,
        lipschitz=None,
        stable_form=r"\operatorname{softplus}(\log \textstyle\sum_{\text{neg}} e^{s_k}"
        r" - \log \sum_P e^{s_p}) + \log \sum_P e^{s_p} - \operatorname{mean}_P s_p",
        frameworks=MappingProxyType(
            {
                "optax": Counterpart(
                    NTXENT,
                    "Other positives are no candidates there: equal only with one positive for each anchor.",
                ),
            }
        ),
        invariances=("permutation", "rotation", "scaling-0"),
        pitfalls=(
            "It is never below log |P|: with three rows of a class, 0.693 is perfect.",
            "Rows whose label occurs once have no positive: 0/0 where they are not left out.",
            "A float label 1.0000001 would be another class: labels are integers.",
        ),
        sources=("Khosla et al. (2020), Supervised Contrastive Learning, NeurIPS",),
    ),
)
