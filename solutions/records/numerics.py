"""What the course knows about the building blocks of losses."""

from types import MappingProxyType

from solutions import numerics as n
from solutions.loss import Bound, Counterpart, Loss, keyed

NO_LOSS = "none: it is a part of losses, not a loss of its own"
NO_TARGET = "nothing by itself: it has no target"
ONE = Bound("1", lambda: 1.0)
SAME = "Same value."

RECORDS = (
    Loss(
        name="logsumexp",
        family="numerics",
        value=n.logsumexp,
        grad=keyed(n.logsumexp_grad, ("logits",)),
        wrt=("logits",),
        formula=r"\log \sum_k e^{z_k}",
        gradient=r"\frac{e^{z_k}}{\sum_j e^{z_j}} = \operatorname{softmax}(z)_k",
        domain=r"$z \in [-\infty, \infty)^K$",
        noise_model="none: it is the log of the normaliser of the categorical distribution",
        minimiser=NO_TARGET,
        convex=True,
        lipschitz=ONE,
        stable_form=r"z_{\max} + \operatorname{log1p}\Big(\sum_{k \ne \max} e^{z_k - z_{\max}}\Big)",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart("torch.logsumexp", SAME + " The axis is an argument."),
                "Keras": Counterpart("keras.ops.logsumexp", SAME + " Over all axes unless told otherwise."),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "log(sum(exp(z))) is inf at z = (1000, 0) and -inf at z = (-1000, -1001).",
            "Subtracting it from a logit loses small losses: for z = (50, 0) the result is 0, not -2e-22.",
            "If all logits are -inf the maximum must not be subtracted: -inf - (-inf) is NaN.",
        ),
        sources=(
            "Blanchard, Higham and Higham (2021), Accurately Computing the Log-Sum-Exp and Softmax "
            "Functions, IMA Journal of Numerical Analysis 41",
        ),
    ),
    Loss(
        name="softplus",
        family="numerics",
        value=n.softplus,
        grad=keyed(n.softplus_grad, ("x",)),
        wrt=("x",),
        formula=r"\log(1 + e^x)",
        gradient=r"\sigma(x)",
        domain=r"$x \in [-\infty, \infty]$",
        noise_model=NO_LOSS,
        minimiser=NO_TARGET,
        convex=True,
        lipschitz=ONE,
        stable_form=r"\max(x, 0) + \operatorname{log1p}(e^{-|x|})",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.softplus",
                    "Elementwise; above x = 20 it returns x, up to 2e-9 too little.",
                ),
                "Keras": Counterpart("keras.ops.softplus", SAME + " Elementwise."),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "log(1 + exp(x)) is inf from x = 710 on, and 0 from x = -37 down, where exp(x) is right.",
            "softplus(0) is 0.693, not 0: a variance made by it does not start at 0.",
        ),
        sources=(
            "Dugas, Bengio, Bélisle, Nadeau and Garcia (2000), Incorporating Second-Order Functional "
            "Knowledge for Better Option Pricing, NIPS",
        ),
    ),
    Loss(
        name="log_sigmoid",
        family="numerics",
        value=n.log_sigmoid,
        grad=keyed(n.log_sigmoid_grad, ("x",)),
        wrt=("x",),
        formula=r"\log \frac{1}{1 + e^{-x}}",
        gradient=r"\sigma(-x)",
        domain=r"$x \in [-\infty, \infty]$",
        noise_model="Bernoulli: it is the log-likelihood, not its negative",
        minimiser=NO_TARGET,
        convex=False,
        lipschitz=ONE,
        stable_form=r"\min(x, 0) - \operatorname{log1p}(e^{-|x|})",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart("torch.nn.functional.logsigmoid", SAME + " Elementwise."),
                "Keras": Counterpart("keras.ops.log_sigmoid", SAME + " Elementwise."),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "log(sigmoid(x)) is -inf from x = -746 down, and 0 from x = 37 on.",
            "It is concave and never positive: minimise its negative.",
        ),
        sources=("Cox (1958), The Regression Analysis of Binary Sequences, JRSS B 20",),
    ),
    Loss(
        name="entropy_logits",
        family="numerics",
        value=n.entropy_logits,
        grad=keyed(n.entropy_logits_grad, ("logits",)),
        wrt=("logits",),
        formula=r"-\sum_k p_k \log p_k \text{ with } p = \operatorname{softmax}(z)",
        gradient=r"-p_k (\log p_k + H) = -p_k \Big(z_k - \sum_j p_j z_j\Big)",
        domain=r"$z \in [-\infty, \infty)^K$, $0 \log 0 = 0$",
        noise_model="none: it is the expected surprise under the model itself",
        minimiser="one class for certain; as a bonus it pulls towards the uniform distribution",
        convex=False,
        lipschitz=None,
        stable_form=r"\operatorname{log1p}(R) + \sum_k p_k (z_{\max} - z_k)"
        r" \text{ with } R = \sum_{k \ne \max} e^{z_k - z_{\max}}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.distributions.Categorical(logits=z).entropy()", SAME + " One for each vector."
                ),
            }
        ),
        invariances=("permutation", "shift"),
        pitfalls=(
            "p log p is NaN where p is 0; it must count as 0.",
            "Its slope has no bound that serves every number of classes: it grows like log K.",
            "In nats the largest value is log K: 0.693 for two classes, 1 only in bits.",
        ),
        sources=("Shannon (1948), A Mathematical Theory of Communication, Bell System Technical Journal 27",),
    ),
)
