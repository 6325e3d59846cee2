"""What the course knows about the ranking losses."""

from types import MappingProxyType

from solutions import ranking as r
from solutions.loss import Bound, Counterpart, Loss, keyed

SCORES = ("scores",)

RECORDS = (
    Loss(
        name="margin_ranking",
        family="ranking",
        value=r.margin_ranking,
        grad=keyed(r.margin_ranking_grad, ("s1", "s2")),
        wrt=("s1", "s2"),
        formula=r"\max(0, m - y\,(s_1 - s_2))",
        gradient=r"\mp y \text{ for } s_1, s_2 \text{ where } y\,(s_1 - s_2) < m, \text{ else } 0",
        domain=r"$s_1, s_2 \in \mathbb{R}$, $y \in \{-1, +1\}$, $m \ge 0$",
        noise_model="none: a hinge is no likelihood",
        minimiser="scores that put the right one ahead by the margin at least",
        convex=True,
        lipschitz=Bound(r"\sqrt2", lambda margin=0.0: 2**0.5),
        stable_form=r"\max(0, m - y\,(s_1 - s_2))",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.margin_ranking_loss",
                    "Same value, margin 0 by default as here; at the kink it has the slope of the wrong "
                    "side.",
                ),
            }
        ),
        invariances=("permutation", "shift"),
        pitfalls=(
            "With margin 0, the default, a model that gives every item one score has loss 0.",
            "Labels are -1 and +1: with 0 a pair would cost the margin and have no gradient.",
            "The margin has the units of the scores: halve all scores, and it asks for twice as much.",
        ),
        sources=(
            "Herbrich, Graepel and Obermayer (2000), Large Margin Rank Boundaries for Ordinal Regression",
            "Joachims (2002), Optimizing Search Engines Using Clickthrough Data, KDD",
        ),
    ),
    Loss(
        name="pairwise_logistic",
        family="ranking",
        value=r.pairwise_logistic,
        grad=keyed(r.pairwise_logistic_grad, ("s_pos", "s_neg")),
        wrt=("s_pos", "s_neg"),
        formula=r"\log\left(1 + e^{-(s_+ - s_-)}\right)",
        gradient=r"\mp \sigma(s_- - s_+) \text{ for } s_+, s_-",
        domain=r"$s_+, s_- \in \mathbb{R}$",
        noise_model="Bradley-Terry: the winner wins with the probability σ(s₊ - s₋)",
        minimiser="a difference of scores that is the log-odds of winning",
        convex=True,
        lipschitz=Bound(r"\sqrt2", lambda: 2**0.5),
        stable_form=r"\max(-d, 0) + \operatorname{log1p}(e^{-|d|}) \text{ with } d = s_+ - s_-",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.soft_margin_loss",
                    "Of s₊ - s₋ and labels 1; inf from a difference of -710 on (float32: -89).",
                ),
            }
        ),
        invariances=("permutation", "shift"),
        pitfalls=(
            "Only differences count: the scores may drift together without any change of the loss.",
            "On pairs that are always won by one side the best scores are infinitely far apart: regularise.",
            "Written as -log(sigmoid(d)) it is inf at d = -1000 (for 1000) and 0 at d = 40 (for 4.2e-18).",
            "Every pair weighs the same, the top of a list as much as its end; NDCG looks at the top.",
        ),
        sources=(
            "Bradley and Terry (1952), Rank Analysis of Incomplete Block Designs, Biometrika 39",
            "Burges et al. (2005), Learning to Rank Using Gradient Descent, ICML",
            "Rendle, Freudenthaler, Gantner and Schmidt-Thieme (2009), BPR: Bayesian Personalized Ranking "
            "from "
            "Implicit Feedback, UAI",
        ),
    ),
    Loss(
        name="listnet",
        family="ranking",
        value=r.listnet,
        grad=keyed(r.listnet_grad, SCORES),
        wrt=SCORES,
        formula=r"-\sum_k \operatorname{softmax}(y)_k \log \operatorname{softmax}(s)_k",
        gradient=r"\operatorname{softmax}(s)_k - \operatorname{softmax}(y)_k",
        domain=r"$s, y \in \mathbb{R}^K$",
        noise_model="categorical: who takes the first place",
        minimiser="the relevances, up to a constant",
        convex=True,
        lipschitz=Bound(r"\sqrt2", lambda: 2**0.5),
        stable_form=r"\sum_k t_k \left(\max s - s_k + \operatorname{log1p}\textstyle\sum' e^{s_j - \max"
        r" s}\right)"
        r" \text{ with } t = \operatorname{softmax}(y), \text{ the sum without a largest score}",
        frameworks=MappingProxyType(
            {
                "optax": Counterpart(
                    "optax.losses.ranking_softmax_loss",
                    "Takes the labels as they are for weights: give it softmax(relevance).",
                ),
            }
        ),
        invariances=("permutation", "shift"),
        pitfalls=(
            "Relevances are logits here: of five items with grades 0 to 4 the best gets 64 % of the first "
            "place.",
            "Its least value is the entropy of the relevances, so losses of different lists do not compare.",
            "It looks at the first place only, though the name says list.",
        ),
        sources=(
            "Cao, Qin, Liu, Tsai and Li (2007), Learning to Rank: From Pairwise Approach to Listwise "
            "Approach, "
            "ICML",
        ),
    ),
    Loss(
        name="listmle",
        family="ranking",
        value=r.listmle,
        grad=keyed(r.listmle_grad, SCORES),
        wrt=SCORES,
        formula=r"\sum_i \left(\log \sum_{j \ge i} e^{s_j} - s_i\right) \text{, best item first}",
        gradient=r"\sum_{i \le k} \frac{e^{s_k}}{\sum_{j \ge i} e^{s_j}} - 1",
        domain=r"$s \in \mathbb{R}^K$",
        noise_model="Plackett-Luce: each place is a softmax over the items that are left",
        minimiser="scores whose softmax, place by place, is the frequency of that choice",
        convex=True,
        lipschitz=None,
        stable_form=r"\sum_i a_i \text{ with } a_i = \operatorname{softplus}(a_{i+1} + s_{i+1} - s_i),\;"
        r" a_K = 0",
        frameworks=MappingProxyType({}),
        invariances=("row-permutation", "shift"),
        pitfalls=(
            "Scores must be sorted by the truth first: in the order of the input the loss fits that order.",
            "It grows with the list: at equal scores it is log K!, 15.1 for 10 items and 364 for 100.",
            "So does its gradient, up to the norm √(K(K-1)): no Lipschitz constant serves all lists.",
            "Items of equal relevance have no true order; any that is made up is fitted too.",
        ),
        sources=(
            "Plackett (1975), The Analysis of Permutations, Applied Statistics 24",
            "Xia, Liu, Wang, Zhang and Li (2008), Listwise Approach to Learning to Rank: Theory and "
            "Algorithm, "
            "ICML",
        ),
    ),
)
