"""What the course knows about the divergences of Gaussians."""

from types import MappingProxyType

from solutions import gaussian_divergences as g
from solutions.loss import Counterpart, Loss, keyed

TWO_GAUSSIANS = ("mu1", "log_sigma1", "mu2", "log_sigma2")
CODE = ("mu", "log_var")
KINGMA = "Kingma and Welling (2014), Auto-Encoding Variational Bayes, ICLR"
NORMALS = "torch.distributions.kl_divergence"

RECORDS = (
    Loss(
        name="kl_gaussian",
        family="divergences",
        value=g.kl_gaussian,
        grad=keyed(g.kl_gaussian_grad, TWO_GAUSSIANS),
        wrt=TWO_GAUSSIANS,
        formula=r"\sum_d \log\frac{\sigma_2}{\sigma_1} + \frac{\sigma_1^2 + (\mu_1 - \mu_2)^2}{2\sigma_2^2}"
        r" - \tfrac12",
        gradient=r"\frac{\mu_1 - \mu_2}{\sigma_2^2}, \quad \frac{\sigma_1^2}{\sigma_2^2} - 1, \quad"
        r" -\frac{\mu_1 - \mu_2}{\sigma_2^2}, \quad 1 - \frac{\sigma_1^2 + (\mu_1 - \mu_2)^2}{\sigma_2^2}"
        r" \text{ for } \mu_1, \log\sigma_1, \mu_2, \log\sigma_2",
        domain=r"$\mu, \log\sigma \in \mathbb{R}^d$, dimensions independent",
        noise_model="Gaussian: minimising it in μ2, σ2 is maximum likelihood under the first Gaussian",
        minimiser="equal means and spreads",
        convex=False,
        lipschitz=None,
        stable_form=r"\tfrac12 \sum_d \left(e^x - 1 - x\right) + w^2 \text{ with } x = 2\log\sigma_1 -"
        r" 2\log\sigma_2 \text{ and } w = (\mu_1 - \mu_2)/\sigma_2",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    NORMALS, "Of two Normal objects, with σ instead of log σ; one value per dimension."
                ),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "log_sigma is half of log_var: mixing them up changes a spread of 0.1 into one of 0.01.",
            "The order matters: from N(0, 1) to σ2 = e² it costs 1.51, from σ1 = e² to N(0, 1) it costs "
            "24.8.",
            "Through σ itself a log-variance of -1000 gives inf, where the divergence from N(0, 1) is 499.5.",
            "Its slope in log σ2 grows like 1/σ2²: 2.4e17 for a spread of e⁻²⁰ and means 1 apart.",
        ),
        sources=(
            "Kullback (1959), Information Theory and Statistics",
            "Bishop (2006), Pattern Recognition and Machine Learning, exercise 2.13",
        ),
    ),
    Loss(
        name="vae_kl",
        family="divergences",
        value=g.vae_kl,
        grad=keyed(g.vae_kl_grad, CODE),
        wrt=CODE,
        formula=r"\tfrac12 \sum_d \mu^2 + e^v - 1 - v \quad v = \log\sigma^2",
        gradient=r"\mu, \quad \tfrac12 (e^v - 1) \text{ for } \mu, v",
        domain=r"$\mu, v \in \mathbb{R}^d$",
        noise_model="none: a regulariser, the divergence from the prior N(0, 1)",
        minimiser="mean 0 and variance 1, the prior",
        convex=True,
        lipschitz=None,
        stable_form=r"\tfrac12 \sum_d \mu^2 + \left(\tfrac{v^2}{2} + \tfrac{v^3}{6} + \dots\right)"
        r" \text{ for } |v| < \tfrac12",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    NORMALS, "Of Normal(μ, σ) and Normal(0, 1): inf at a log-variance of -1000, for 499.5."
                ),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "Sum over dimensions, mean over examples: a mean over both weighs the term 1/d, an unsaid β.",
            "Where it wins, codes ignore x (posterior collapse): watch this term fall to 0 while training.",
            "Written as -½(1 + v - μ² - exp v) it is 2.3 % off at v = 1e-7, and 0 at μ = 1e-10.",
            "log_var is the logarithm of the variance: σ is exp(v/2).",
        ),
        sources=(KINGMA + ", appendix B",),
    ),
    Loss(
        name="negative_elbo_gaussian",
        family="divergences",
        value=g.negative_elbo_gaussian,
        grad=keyed(g.negative_elbo_gaussian_grad, ("x_hat", "mu", "log_var")),
        wrt=("x_hat", "mu", "log_var"),
        formula=r"\tfrac12 \lVert \hat x - x \rVert^2 + \tfrac{D}{2}\log 2\pi"
        r" + \tfrac12 \sum_d \mu^2 + e^v - 1 - v",
        gradient=r"\hat x - x, \quad \mu, \quad \tfrac12 (e^v - 1) \text{ for } \hat x, \mu, v",
        domain=r"$\hat x, x \in \mathbb{R}^D$, $\mu, v \in \mathbb{R}^d$",
        noise_model="Gaussian with variance 1 around the decoder's output",
        minimiser="a bound on -log p(x), tight where q(z given x) is the posterior",
        convex=True,
        lipschitz=None,
        stable_form=r"\text{as it stands, with } e^v - 1 - v \text{ from its series near } 0",
        frameworks=MappingProxyType({}),
        invariances=("permutation",),
        pitfalls=(
            "The ELBO is maximised, this negative of it minimised: a sign slip trains backwards.",
            "The decoder's variance sets the balance: pixels 0 to 255 instead of 0 to 1 weigh 65025 times "
            "more.",
            "The constant 0.919 per dimension is often dropped: gradients agree, values do not.",
            "A mean over pixels in the first term shrinks it D times and invites posterior collapse.",
        ),
        sources=(
            KINGMA,
            "Rezende, Mohamed and Wierstra (2014), Stochastic Backpropagation and Approximate Inference "
            "in Deep "
            "Generative Models, ICML",
        ),
    ),
)
