"""What the course knows about the losses of pairs and triplets."""

from types import MappingProxyType

from solutions import pairs as p
from solutions.loss import Counterpart, Loss, keyed

PAIR = ("z1", "z2")
PAIRWISE_DISTANCE = Counterpart(
    "torch.nn.functional.pairwise_distance",
    "No such loss; this gives the distance, with 1e-6 added to each component of the difference.",
)
HADSELL = "Hadsell, Chopra and LeCun (2006), Dimensionality Reduction by Learning an Invariant Mapping, CVPR"

RECORDS = (
    Loss(
        name="contrastive",
        family="contrastive",
        value=p.contrastive,
        grad=keyed(p.contrastive_grad, PAIR),
        wrt=PAIR,
        formula=r"y\, d^2 + (1 - y) \max(0, m - d)^2 \quad d = \lVert z_1 - z_2 \rVert",
        gradient=r"2y\,(z_1 - z_2) - 2(1 - y) \max(0, m - d)\, \frac{z_1 - z_2}{d}"
        r" \text{ for } z_1 \text{, the opposite for } z_2",
        domain=r"$z_1, z_2 \in \mathbb{R}^d$, $y \in \{0, 1\}$ with 1 for similar, $m \ge 0$",
        noise_model="none: it shapes distances and models no data",
        minimiser="an embedding: similar pairs at one point, dissimilar ones at least the margin apart",
        convex=False,
        lipschitz=None,
        stable_form=r"d = 2^k \lVert 2^{-k}(z_1 - z_2) \rVert \text{, subtracting first; direction } 0"
        r" \text{ at } d = 0",
        frameworks=MappingProxyType({"PyTorch": PAIRWISE_DISTANCE}),
        invariances=("permutation", "common-shift", "rotation", "swap"),
        pitfalls=(
            "The paper of 2006 marks dissimilar pairs with 1: the wrong convention trains the opposite.",
            "A dissimilar pair at distance 0 gets no gradient: nothing says which way to part.",
            "Written as ‖a‖² + ‖b‖² - 2ab, d² loses its digits: 1.3 % at 10000.001 against 10000.",
            "The margin has the units of z: without normalised embeddings it means little.",
        ),
        sources=(
            "Chopra, Hadsell and LeCun (2005), Learning a Similarity Metric Discriminatively, CVPR",
            HADSELL,
        ),
    ),
    Loss(
        name="contrastive_hadsell2006",
        family="contrastive",
        value=p.contrastive_hadsell2006,
        grad=keyed(p.contrastive_hadsell2006_grad, PAIR),
        wrt=PAIR,
        formula=r"\tfrac12 (1 - y)\, d^2 + \tfrac12 y \max(0, m - d)^2 \quad d = \lVert z_1 - z_2 \rVert",
        gradient=r"(1 - y)(z_1 - z_2) - y \max(0, m - d)\, \frac{z_1 - z_2}{d}"
        r" \text{ for } z_1 \text{, the opposite for } z_2",
        domain=r"$z_1, z_2 \in \mathbb{R}^d$, $y \in \{0, 1\}$ with 1 for dissimilar, $m \ge 0$",
        noise_model="none: it shapes distances and models no data",
        minimiser="an embedding: similar pairs at one point, dissimilar ones at least the margin apart",
        convex=False,
        lipschitz=None,
        stable_form=r"d = 2^k \lVert 2^{-k}(z_1 - z_2) \rVert \text{, subtracting first; direction } 0"
        r" \text{ at } d = 0",
        frameworks=MappingProxyType({"PyTorch": PAIRWISE_DISTANCE}),
        invariances=("permutation", "common-shift", "rotation", "swap"),
        pitfalls=(
            "Its label 1 means dissimilar: with labels of the other convention it trains the opposite.",
            "Its ½ makes values and gradients half of those of contrastive.",
        ),
        sources=(HADSELL,),
    ),
    Loss(
        name="triplet",
        family="contrastive",
        value=p.triplet,
        grad=keyed(p.triplet_grad, ("a", "p", "n")),
        wrt=("a", "p", "n"),
        formula=r"\max\left(0,\, \lVert a - p \rVert^2 - \lVert a - n \rVert^2 + m\right)",
        gradient=r"2(n - p),\; 2(p - a),\; 2(a - n) \text{ for } a, p, n \text{ where the loss is positive}",
        domain=r"$a, p, n \in \mathbb{R}^d$, $m \ge 0$",
        noise_model="none: it orders distances and models no data",
        minimiser="an embedding in which positives are nearer than negatives by the margin",
        convex=False,
        lipschitz=None,
        stable_form=r"\max(0, m + \sum_k (n_k - p_k)\,((a_k - p_k) + (a_k - n_k)))",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.triplet_margin_loss",
                    "Plain distances (squared=False), margin 1, and 1e-6 added to each difference.",
                ),
                "optax": Counterpart(
                    "optax.losses.triplet_margin_loss",
                    "Plain distances (squared=False), margin 1, eps under the root; one value per triplet.",
                ),
            }
        ),
        invariances=("permutation", "common-shift", "rotation"),
        pitfalls=(
            "Squared and plain distances rank differently: 0.8, 0.9 and margin 0.2 give 0.03 and 0.1.",
            "Collapse (a = p = n) costs the margin and has gradient 0: nothing leads out of it.",
            "Most random triplets cost nothing; averaged over all of them, the gradient fades.",
            "Mining the very hardest negatives early in training tends to lead into collapse.",
        ),
        sources=(
            "Weinberger and Saul (2009), Distance Metric Learning for Large Margin Nearest Neighbor"
            " Classification, JMLR 10",
            "Schroff, Kalenichenko and Philbin (2015), FaceNet, CVPR",
        ),
    ),
    Loss(
        name="cosine_embedding",
        family="contrastive",
        value=p.cosine_embedding,
        grad=keyed(p.cosine_embedding_grad, ("x1", "x2")),
        wrt=("x1", "x2"),
        formula=r"\begin{cases} 1 - \cos(x_1, x_2) & y = +1 \\ \max(0, \cos(x_1, x_2) - m) & y = -1"
        r" \end{cases}",
        gradient=r"\mp \frac{v - u \cos(x_1, x_2)}{\lVert x_1 \rVert} \text{ for } x_1"
        r" \text{, with } u = \frac{x_1}{\lVert x_1 \rVert},\; v = \frac{x_2}{\lVert x_2 \rVert}",
        domain=r"$x_1, x_2 \in \mathbb{R}^d$, $y \in \{-1, +1\}$, $-1 \le m \le 1$",
        noise_model="none: it shapes angles and models no data",
        minimiser="directions: equal for similar pairs, with a cosine up to the margin for the others",
        convex=False,
        lipschitz=None,
        stable_form=r"1 - \cos = \frac{\sin^2}{1 + \cos} \text{ near angle 0; norms scaled by powers of 2}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.cosine_embedding_loss",
                    "Same value, same margin 0, for embeddings of ordinary length; very short ones differ.",
                ),
                "Keras": Counterpart(
                    "keras.losses.CosineSimilarity", "Minus the cosine: the term of similar pairs minus 1."
                ),
                "optax": Counterpart(
                    "optax.losses.cosine_distance", "The term of similar pairs only; a zero vector gives NaN."
                ),
            }
        ),
        invariances=("permutation", "rotation", "scaling-0", "swap"),
        pitfalls=(
            "1 - cos computed as it stands is 0 at an angle of 1e-8, where it should be 5e-17.",
            "The gradient shrinks with the length of the embedding: long ones hardly turn.",
            "With margin 0 a dissimilar pair at a right angle is done: it is not pushed to the far side.",
            "Labels are -1 and +1 here, 0 and 1 in contrastive.",
        ),
        sources=(
            "Bromley, Guyon, LeCun, Säckinger and Shah (1993), Signature Verification using a Siamese Time"
            " Delay Neural Network, NIPS",
        ),
    ),
)
