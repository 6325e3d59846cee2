"""What the course knows about the losses of generative models."""

from types import MappingProxyType

from solutions import denoising as d
from solutions import generative as g
from solutions.loss import Bound, Counterpart, Loss, keyed

SCORES = ("d_real", "d_fake")
NOTATION = r"D_r = D(x),\; D_g = D(G(z))"
BCE_TORCH = "torch.nn.functional.binary_cross_entropy_with_logits"
BCE_OPTAX = "optax.losses.sigmoid_binary_cross_entropy"
MSE_TORCH = "torch.nn.functional.mse_loss"
MSE_OPTAX = "optax.losses.squared_error"
PER_ELEMENT = "One value per element, no reduction."
NO_DENSITY = "none: the score is no log-probability"
SQUARED = ("permutation", "sign-symmetry", "scaling-2")
GOODFELLOW = "Goodfellow et al. (2014), Generative Adversarial Nets, NIPS"

RECORDS = (
    Loss(
        name="gan_d_bce",
        family="generative",
        value=g.gan_d_bce,
        grad=keyed(g.gan_d_bce_grad, SCORES),
        wrt=SCORES,
        formula=r"\log(1 + e^{-D_r}) + \log(1 + e^{D_g}) \text{ with } " + NOTATION,
        gradient=r"\left(-\sigma(-D_r),\; \sigma(D_g)\right)",
        domain=r"$D_r, D_g \in [-\infty, \infty]$",
        noise_model=r"Bernoulli: an example is real with probability $\sigma(D)$",
        minimiser=r"the log of the density ratio, $\log\frac{p_{\text{data}}(x)}{p_G(x)}$",
        convex=True,
        lipschitz=Bound(r"\sqrt 2", lambda: 2**0.5),
        stable_form=r"\operatorname{softplus}(-D_r) + \operatorname{softplus}(D_g)"
        r" \text{ with } \operatorname{softplus}(x) = \max(x, 0) + \operatorname{log1p}(e^{-|x|})",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(BCE_TORCH, "Two calls, with targets of ones and of zeros, added."),
                "optax": Counterpart(BCE_OPTAX, "Two calls, with labels 1 and 0. " + PER_ELEMENT),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "A value of 1.386 = 2 log 2 means that it cannot tell real from generated, for good or ill.",
            "Both batches in one call with a mean give half of it: 0.693 at the balance.",
            "A low value does not mean good pictures: it means an easy task for the discriminator.",
        ),
        sources=(GOODFELLOW,),
    ),
    Loss(
        name="gan_d_hinge",
        family="generative",
        value=g.gan_d_hinge,
        grad=keyed(g.gan_d_hinge_grad, SCORES),
        wrt=SCORES,
        formula=r"\max(0, 1 - D_r) + \max(0, 1 + D_g) \text{ with } " + NOTATION,
        gradient=r"\left(-[D_r < 1],\; [D_g > -1]\right)",
        domain=r"$D_r, D_g \in \mathbb{R}$",
        noise_model=NO_DENSITY,
        minimiser=r"$+1$ where real examples are the more probable, $-1$ where generated ones are",
        convex=True,
        lipschitz=Bound(r"\sqrt 2", lambda: 2**0.5),
        stable_form=r"\max(0, 1 - D_r) + \max(0, 1 + D_g)",
        frameworks=MappingProxyType(
            {
                "optax": Counterpart(
                    "optax.losses.hinge_loss", "Two calls, with labels +1 and -1, added. " + PER_ELEMENT
                ),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "The generator's loss is the mean of -D without a hinge; with one it stops learning at D = 1.",
            "At the kinks the slope is 0 here; a clamp in a framework may give 1.",
        ),
        sources=(
            "Lim and Ye (2017), Geometric GAN, arXiv:1705.02894",
            "Miyato, Kataoka, Koyama and Yoshida (2018), Spectral Normalization for Generative Adversarial "
            "Networks, ICLR",
        ),
    ),
    Loss(
        name="wgan_critic",
        family="generative",
        value=g.wgan_critic,
        grad=keyed(g.wgan_critic_grad, SCORES),
        wrt=SCORES,
        formula=r"D_g - D_r \text{ with } " + NOTATION,
        gradient=r"\left(-1,\; 1\right)",
        domain=r"$D_r, D_g \in \mathbb{R}$; the critic $D$ as a function with slope at most 1",
        noise_model=NO_DENSITY,
        minimiser="a critic that witnesses the Wasserstein-1 distance, if its slope is kept at most 1",
        convex=True,
        lipschitz=Bound(r"\sqrt 2", lambda: 2**0.5),
        stable_form=r"\operatorname{mean}(D_g) - \operatorname{mean}(D_r)",
        frameworks=MappingProxyType(
            {"PyTorch": Counterpart("d_fake.mean() - d_real.mean()", "Written out.")}
        ),
        invariances=("translation", "permutation", "scaling-1"),
        pitfalls=(
            "Without a bound on the critic's slope it falls without end: double all scores and it doubles.",
            "It is negative in a healthy run; the estimate of the distance is its negative.",
            "No sigmoid: the score is no logit, and 0 is no border.",
        ),
        sources=(
            "Arjovsky, Chintala and Bottou (2017), Wasserstein Generative Adversarial Networks, ICML",
            "Gulrajani, Ahmed, Arjovsky, Dumoulin and Courville (2017), Improved Training of "
            "Wasserstein GANs, NIPS",
        ),
    ),
    Loss(
        name="lsgan_d",
        family="generative",
        value=g.lsgan_d,
        grad=keyed(g.lsgan_d_grad, SCORES),
        wrt=SCORES,
        formula=r"\tfrac12 (D_r - 1)^2 + \tfrac12 D_g^2 \text{ with } " + NOTATION,
        gradient=r"\left(D_r - 1,\; D_g\right)",
        domain=r"$D_r, D_g \in \mathbb{R}$",
        noise_model="Gaussian with variance 1 around the labels 1 and 0",
        minimiser=r"the probability of being real, $\frac{p_{\text{data}}(x)}{p_{\text{data}}(x) + p_G(x)}$",
        convex=True,
        lipschitz=None,
        stable_form=r"\tfrac12 r \cdot r + \tfrac12 D_g \cdot D_g \text{ with } r = D_r - 1",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(MSE_TORCH, "Two calls, with targets of ones and of zeros; no ½."),
                "optax": Counterpart("optax.losses.l2_loss", "Two calls, with the ½. " + PER_ELEMENT),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "The scores go in as they are: under a sigmoid the slope dies out, which it was to prevent.",
            "The generator aims at 1; with a target of 0 it would help the discriminator.",
        ),
        sources=(
            "Mao, Li, Xie, Lau, Wang and Smolley (2017), Least Squares Generative Adversarial Networks, ICCV",
        ),
    ),
    Loss(
        name="gan_g_minimax",
        family="generative",
        value=g.gan_g_minimax,
        grad=keyed(g.gan_g_minimax_grad, ("d_fake",)),
        wrt=("d_fake",),
        formula=r"\log(1 - \sigma(D_g)) \text{ with } D_g = D(G(z))",
        gradient=r"-\sigma(D_g)",
        domain=r"$D_g \in [-\infty, \infty]$",
        noise_model="none: it is a log-likelihood of being found out, to be made small",
        minimiser="a generator with the distribution of the data, against the best discriminator",
        convex=False,
        lipschitz=Bound("1", lambda: 1.0),
        stable_form=r"-\max(D_g, 0) - \operatorname{log1p}(e^{-|D_g|})",
        frameworks=MappingProxyType(
            {"PyTorch": Counterpart("torch.nn.functional.logsigmoid(-d_fake)", "Written out; take its mean.")}
        ),
        invariances=("permutation",),
        pitfalls=(
            "It saturates: at D = -50, early in training, the slope is -2e-22.",
            "log(1 - sigmoid(D)) is -inf at D = 40, where -40 is right.",
            "It is unbounded below: a generator far ahead seems to gain for ever.",
        ),
        sources=(GOODFELLOW,),
    ),
    Loss(
        name="gan_g_nonsaturating",
        family="generative",
        value=g.gan_g_nonsaturating,
        grad=keyed(g.gan_g_nonsaturating_grad, ("d_fake",)),
        wrt=("d_fake",),
        formula=r"-\log \sigma(D_g) \text{ with } D_g = D(G(z))",
        gradient=r"-\sigma(-D_g)",
        domain=r"$D_g \in [-\infty, \infty]$",
        noise_model=r"Bernoulli: the surprise at being taken for real, with probability $\sigma(D_g)$",
        minimiser="a generator with the distribution of the data, against the best discriminator",
        convex=True,
        lipschitz=Bound("1", lambda: 1.0),
        stable_form=r"\max(-D_g, 0) + \operatorname{log1p}(e^{-|D_g|})",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(BCE_TORCH, "With targets of ones."),
                "optax": Counterpart(BCE_OPTAX, "With labels 1. " + PER_ELEMENT),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "It is not the negative of the discriminator's loss: the game is no longer zero-sum.",
            "It may rise while the pictures get better: the discriminator improves as well.",
        ),
        sources=(
            GOODFELLOW,
            "Fedus, Rosca, Lakshminarayanan, Dai, Mohamed and Goodfellow (2018), Many Paths to "
            "Equilibrium: GANs Do Not Need to Decrease a Divergence at Every Step, ICLR",
        ),
    ),
    Loss(
        name="ddpm_eps",
        family="generative",
        value=d.ddpm_eps,
        grad=keyed(d.ddpm_eps_grad, ("eps_pred",)),
        wrt=("eps_pred",),
        formula=r"(\hat\varepsilon - \varepsilon)^2",
        gradient=r"2(\hat\varepsilon - \varepsilon)",
        domain=r"$\hat\varepsilon, \varepsilon \in \mathbb{R}$",
        noise_model="Gaussian: a variational bound, in which the weights of the noise levels are left out",
        minimiser="the mean of the noise, given the noisy example",
        convex=True,
        lipschitz=None,
        stable_form=r"r \cdot r \text{ with } r = \hat\varepsilon - \varepsilon",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(MSE_TORCH, "Same value."),
                "Keras": Counterpart("keras.losses.MeanSquaredError", "Same value; the noise comes first."),
                "optax": Counterpart(MSE_OPTAX, PER_ELEMENT),
            }
        ),
        invariances=("translation", "exchange", *SQUARED),
        pitfalls=(
            "The least loss is not 0: the noise can only be guessed, worst where there is little of it.",
            "Mean and sum over pixels differ by their number: a learning rate does not carry over.",
            "The value says little about the pictures: most of it comes from levels the eye hardly sees.",
        ),
        sources=("Ho, Jain and Abbeel (2020), Denoising Diffusion Probabilistic Models, NeurIPS",),
    ),
    Loss(
        name="denoising_score_matching",
        family="generative",
        value=d.denoising_score_matching,
        grad=keyed(d.denoising_score_matching_grad, ("score",)),
        wrt=("score",),
        formula=r"(\sigma s + \varepsilon)^2 \text{ with } s = s_\theta(x + \sigma\varepsilon)",
        gradient=r"2\sigma(\sigma s + \varepsilon)",
        domain=r"$s, \varepsilon \in \mathbb{R}$, $0 < \sigma < \infty$",
        noise_model="none: it is the expected squared distance of two scores, up to a constant",
        minimiser=r"the score of the noisy data, $\nabla \log p_\sigma$",
        convex=True,
        lipschitz=None,
        stable_form=r"r \cdot r \text{ with } r = \sigma s + \varepsilon",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(MSE_TORCH + "(sigma * score, -eps)", "Written out."),
                "optax": Counterpart(MSE_OPTAX + "(sigma * score, -eps)", "Written out. " + PER_ELEMENT),
            }
        ),
        invariances=SQUARED,
        pitfalls=(
            "The sign: noise points away from the data and the score back, so the target is -eps/sigma.",
            "Without the weight sigma² small noise rules: at sigma = 0.01 the loss is 10000 times larger.",
            "It learns the score of the noisy data; that of the data only as sigma goes to 0.",
        ),
        sources=(
            "Vincent (2011), A Connection Between Score Matching and Denoising Autoencoders, Neural "
            "Computation 23",
            "Song and Ermon (2019), Generative Modeling by Estimating Gradients of the Data "
            "Distribution, NeurIPS",
        ),
    ),
    Loss(
        name="flow_matching",
        family="generative",
        value=d.flow_matching,
        grad=keyed(d.flow_matching_grad, ("v",)),
        wrt=("v",),
        formula=r"\left(v - (x_1 - x_0)\right)^2 \text{ with } v = v_\theta((1 - t) x_0 + t x_1, t)",
        gradient=r"2\left(v - (x_1 - x_0)\right)",
        domain=r"$v, x_1, x_0 \in \mathbb{R}$",
        noise_model="none: it is a regression on velocities, and its density is never written down",
        minimiser="the mean velocity of the lines that pass through a point at a time",
        convex=True,
        lipschitz=None,
        stable_form=r"r \cdot r \text{ with } r = v - (x_1 - x_0)",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(MSE_TORCH + "(v, x1 - x0)", "Written out."),
                "optax": Counterpart(MSE_OPTAX + "(v, x1 - x0)", "Written out. " + PER_ELEMENT),
            }
        ),
        invariances=SQUARED,
        pitfalls=(
            "Here x0 is the noise, at t = 0; where a text has it at t = 1, the velocity changes its sign.",
            "The least loss is not 0: lines cross, and only their mean velocity can be learned.",
            "Straight lines in training do not make straight paths in sampling: few steps may be too few.",
        ),
        sources=(
            "Lipman, Chen, Ben-Hamu, Nickel and Le (2023), Flow Matching for Generative Modeling, ICLR",
            "Liu, Gong and Liu (2023), Flow Straight and Fast, ICLR",
        ),
    ),
)
