"""What the course knows about the contrastive losses of images and texts."""

from types import MappingProxyType

from solutions import image_text as i
from solutions.loss import Counterpart, Loss, keyed

RECORDS = (
    Loss(
        name="clip",
        family="contrastive",
        value=i.clip,
        grad=keyed(i.clip_grad, ("image", "text", "logit_scale")),
        wrt=("image", "text", "logit_scale"),
        formula=r"\tfrac12 \left(\log \sum_j e^{s_{ij}} - s_{ii}\right)"
        r" + \tfrac12 \left(\log \sum_j e^{s_{ji}} - s_{ii}\right) \quad s_{ij} = e^{\ell} \cos(x_i, t_j)",
        gradient=r"\frac{\partial}{\partial s_{ij}} = \tfrac12 \left(\operatorname{softmax}_j(s_{ij})"
        r" + \operatorname{softmax}_i(s_{ij})\right) - [i = j], \quad"
        r" \frac{\partial}{\partial \ell} = \sum_{ij} s_{ij} \frac{\partial}{\partial s_{ij}}",
        domain=r"$x_i, t_j \in \mathbb{R}^d$, $\ell \in \mathbb{R}$",
        noise_model="categorical, twice: which text belongs to an image, and which image to a text",
        minimiser="a similarity that is the log of the density ratio of pairs to chance, up to a constant",
        convex=False,
        lipschitz=None,
        stable_form=r"\operatorname{softplus}(\log \textstyle\sum_{j \ne i} e^{s_{ij}} - s_{ii})"
        r" \text{, with } 1 - \cos \text{ in place of } \cos \text{ near 1}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.cross_entropy",
                    "No such loss; the mean of this one of the logits and of their transpose, with the target"
                    " torch.arange(N).",
                ),
            }
        ),
        invariances=("permutation", "rotation", "scaling-0", "swap"),
        pitfalls=(
            "logit_scale is a logarithm: 2.66 stands for a temperature of 0.07, not 1/2.66.",
            "Unbounded, the scale grows and training gets unstable: CLIP stops it at log 100.",
            "Two captions that fit the same image are taken as wrong answers to each other.",
            "In float16 a logit of 100 overflows exp: take the softmax in float32.",
        ),
        sources=(
            "Radford et al. (2021), Learning Transferable Visual Models From Natural Language Supervision,"
            " ICML",
        ),
    ),
    Loss(
        name="siglip",
        family="contrastive",
        value=i.siglip,
        grad=keyed(i.siglip_grad, ("image", "text", "log_t", "bias")),
        wrt=("image", "text", "log_t", "bias"),
        formula=r"\sum_j \log\left(1 + e^{-y_{ij} s_{ij}}\right) \quad s_{ij} = t \cos(x_i, t_j) + b,"
        r"\; y_{ij} = \begin{cases} +1 & i = j \\ -1 & i \ne j \end{cases}",
        gradient=r"\frac{\partial}{\partial s_{ij}} = -y_{ij}\, \sigma(-y_{ij} s_{ij}), \quad"
        r" \frac{\partial}{\partial b} = \sum_{ij} \frac{\partial}{\partial s_{ij}}, \quad"
        r" \frac{\partial}{\partial \log t} = \sum_{ij} (s_{ij} - b) \frac{\partial}{\partial s_{ij}}",
        domain=r"$x_i, t_j \in \mathbb{R}^d$, $\log t, b \in \mathbb{R}$",
        noise_model="Bernoulli: whether an image and a text belong together, for each of N² pairs",
        minimiser="a logit that is the log odds of belonging together, among the pairs of a batch",
        convex=False,
        lipschitz=None,
        stable_form=r"\operatorname{softplus}(-y_{ij} s_{ij})",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.logsigmoid",
                    "No such loss; minus the sum of this over all pairs, divided by N.",
                ),
                "optax": Counterpart(
                    "optax.losses.sigmoid_binary_cross_entropy",
                    "No such loss; the sum of this over all pairs with the identity as labels, divided by N.",
                ),
            }
        ),
        invariances=("permutation", "rotation", "scaling-0", "swap"),
        pitfalls=(
            "With bias 0 the N - 1 negatives of each image dominate the first steps: start at -10.",
            "A mean over all N² pairs is N times smaller than this loss, which divides by N.",
            "Its labels are -1 and +1 in the formula; as a binary cross-entropy they are 0 and 1.",
        ),
        sources=(
            "Zhai, Mustafa, Kolesnikov and Beyer (2023), Sigmoid Loss for Language Image Pre-Training, ICCV",
        ),
    ),
)
