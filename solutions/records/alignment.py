"""What the course knows about the losses that align language models."""

from types import MappingProxyType

from solutions import alignment as a
from solutions.loss import Bound, Loss, keyed

PREFERENCE = ("logp_chosen", "logp_rejected")
POLICY = ("logp",)

RECORDS = (
    Loss(
        name="dpo",
        family="alignment",
        value=a.dpo,
        grad=keyed(a.dpo_grad, PREFERENCE),
        wrt=PREFERENCE,
        formula=r"-\log\sigma(\beta h) \quad h = \bigl(\ell_c - \ell^{\mathrm{ref}}_c\bigr)"
        r" - \bigl(\ell_r - \ell^{\mathrm{ref}}_r\bigr)",
        gradient=r"\frac{\partial L}{\partial \ell_c} = -\beta\,\sigma(-\beta h)"
        r" = -\frac{\partial L}{\partial \ell_r}",
        domain=r"$\ell \in \mathbb{R}$ (at most 0 for texts), $\beta > 0$",
        noise_model="Bradley-Terry: the chosen answer wins with the probability σ(βh)",
        minimiser="a policy whose βh is the log-odds of the preference",
        convex=True,
        lipschitz=Bound(r"\sqrt2\,\beta", lambda beta=0.1: 2**0.5 * beta),
        stable_form=r"\operatorname{softplus}(-\beta h)",
        frameworks=MappingProxyType({}),
        invariances=("permutation", "reference"),
        pitfalls=(
            "It sees differences only: the log-probability of the chosen answer may fall, if the other "
            "falls faster.",
            "Sums over tokens, not means: answers of different lengths have log-probabilities of "
            "different sizes.",
            "In float32 a sum near -5000 is known to 5e-4 only: subtract the reference token by token.",
            "At the start policy and reference agree and the loss is log 2 = 0.693; another value is a bug.",
        ),
        sources=(
            "Bradley and Terry (1952), Rank Analysis of Incomplete Block Designs, Biometrika 39",
            "Rafailov, Sharma, Mitchell, Ermon, Manning and Finn (2023), Direct Preference Optimization, "
            "NeurIPS",
        ),
    ),
    Loss(
        name="ipo",
        family="alignment",
        value=a.ipo,
        grad=keyed(a.ipo_grad, PREFERENCE),
        wrt=PREFERENCE,
        formula=r"\left(h - \frac{1}{2\beta}\right)^2 \quad h = \bigl(\ell_c - \ell^{\mathrm{ref}}_c\bigr)"
        r" - \bigl(\ell_r - \ell^{\mathrm{ref}}_r\bigr)",
        gradient=r"\frac{\partial L}{\partial \ell_c} = 2\left(h - \frac{1}{2\beta}\right)"
        r" = -\frac{\partial L}{\partial \ell_r}",
        domain=r"$\ell \in \mathbb{R}$ (at most 0 for texts), $\beta > 0$",
        noise_model="none: it regresses h on a target instead of modelling the choice",
        minimiser="a policy with the mean of h at 1/(2β), less where annotators disagree",
        convex=True,
        lipschitz=None,
        stable_form=r"\left(h - \tfrac{1}{2\beta}\right)^2"
        r" \text{ with the rounding errors of } h \text{ added back}",
        frameworks=MappingProxyType({}),
        invariances=("permutation", "reference"),
        pitfalls=(
            "Its scale is 1/(4β²): at β = 0.1 it starts at 25, so the learning rate of dpo does not fit.",
            "β acts against intuition: a small β sets a far target, 1/(2β) = 50 at β = 0.01.",
            "Past the target it pulls back: a pair that is clearly right is punished for it.",
        ),
        sources=(
            "Azar, Rowland, Piot, Guo, Calandriello, Valko and Munos (2024), A General Theoretical Paradigm "
            "to Understand Learning from Human Preferences, AISTATS",
        ),
    ),
    Loss(
        name="ppo_clip",
        family="alignment",
        value=a.ppo_clip,
        grad=keyed(a.ppo_clip_grad, POLICY),
        wrt=POLICY,
        formula=r"-\min\bigl(\rho A,\ \operatorname{clip}(\rho, 1 - \varepsilon, 1 + \varepsilon)\, A\bigr)"
        r" \quad \rho = e^{\ell - \ell_{\mathrm{old}}}",
        gradient=r"\begin{cases} 0 & A > 0,\ \rho \ge 1 + \varepsilon \text{ or }"
        r" A < 0,\ \rho \le 1 - \varepsilon \\ -\rho A & \text{otherwise} \end{cases}",
        domain=r"$\ell, \ell_{\mathrm{old}}, A \in \mathbb{R}$, $0 < \varepsilon < 1$",
        noise_model="none: it is a surrogate for the expected reward",
        minimiser="nothing by itself: a policy that moved up to ±ε from the old one where A asks for it",
        convex=False,
        lipschitz=None,
        stable_form=r"-A \min(\rho, 1 + \varepsilon) \text{ for } A > 0,"
        r" \quad -A \max(\rho, 1 - \varepsilon) \text{ for } A < 0",
        frameworks=MappingProxyType({}),
        invariances=("permutation", "reference"),
        pitfalls=(
            "There is no KL term in it: PPO's KL penalty is a variant of its own.",
            "Clipping is one-sided: for A < 0 and ρ = e³ the loss is 20 |A|, and so is the gradient.",
            "The value says nothing about progress: in the first step ρ = 1 and the loss is minus the mean "
            "advantage, 0 for normalised advantages.",
        ),
        sources=(
            "Schulman, Wolski, Dhariwal, Radford and Klimov (2017), Proximal Policy Optimization Algorithms, "
            "arXiv:1707.06347",
        ),
    ),
    Loss(
        name="kl_k3",
        family="alignment",
        value=a.kl_k3,
        grad=keyed(a.kl_k3_grad, POLICY),
        wrt=POLICY,
        formula=r"e^d - 1 - d \quad d = \ell_{\mathrm{ref}} - \ell",
        gradient=r"1 - e^d",
        domain=r"$\ell, \ell_{\mathrm{ref}} \in \mathbb{R}$",
        noise_model="none: it is an estimate of a divergence from samples",
        minimiser="the reference: least, 0, where the two log-probabilities agree",
        convex=True,
        lipschitz=None,
        stable_form=r"\sum_{k \ge 2} \frac{d^k}{k!} \text{ for } |d| < \tfrac12,"
        r" \quad \operatorname{expm1} d - d \text{ elsewhere}",
        frameworks=MappingProxyType({}),
        invariances=("permutation", "reference"),
        pitfalls=(
            "exp(d) - 1 - d as written comes out negative or 0 near d = 1e-10, where the answer is 5e-21.",
            "It estimates KL(policy, reference) only for samples drawn from the policy.",
            "Its gradient is not that of the divergence, although its value is unbiased: the sampling is "
            "not differentiated.",
            "One token that the policy finds e¹⁰ times less likely than the reference adds 22015.",
        ),
        sources=(
            "Schulman (2020), Approximating KL Divergence, joschu.net",
            "Shao and others (2024), DeepSeekMath, arXiv:2402.03300",
        ),
    ),
)
