"""What the course knows about the losses of predicted distributions, counts and amounts."""

from types import MappingProxyType

from solutions import deviances as d
from solutions import probabilistic as p
from solutions.loss import Counterpart, Loss, keyed

ETA = ("log_mean",)
LOCATED = ("location", "permutation", "reflection")

RECORDS = (
    Loss(
        name="gaussian_nll",
        family="probabilistic",
        value=p.gaussian_nll,
        grad=keyed(p.gaussian_nll_grad, ("mean", "log_var")),
        wrt=("mean", "log_var"),
        formula=r"\tfrac12\left(s + r^2 e^{-s}\right) \left[+ \tfrac12\log 2\pi\right]"
        r" \quad r = \mu - y,\ s = \log\sigma^2",
        gradient=r"\frac{\partial L}{\partial \mu} = r e^{-s}, \quad"
        r" \frac{\partial L}{\partial s} = \tfrac12\left(1 - r^2 e^{-s}\right)",
        domain=r"$\mu, s, y \in \mathbb{R}$",
        noise_model="Gaussian, its variance predicted for each example",
        minimiser="the mean and the logarithm of the variance",
        convex=False,
        lipschitz=None,
        stable_form=r"\tfrac12 (s + z^2) \text{ with } z = (r\, e^{-s/4})\, e^{-s/4}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.gaussian_nll_loss",
                    "Takes the variance, not its logarithm, and clamps it at 1e-6; same value above that.",
                ),
            }
        ),
        invariances=LOCATED,
        pitfalls=(
            "It has no lower bound: at r = 0 and σ = 1e-6 it is -12.9 with the constant, so one target met "
            "exactly can take over.",
            "An example with a large predicted variance hardly pulls on the mean: r is divided by it.",
            "Learn log σ², not σ²: one step too far and a variance is negative.",
            "Clamping the variance at 1e-6 changes the answer: for r = 0, σ² = 1e-8, -6.91 instead of -9.21.",
        ),
        sources=(
            "Nix and Weigend (1994), Estimating the Mean and Variance of the Target Probability "
            "Distribution, ICNN",
            "Kendall and Gal (2017), What Uncertainties Do We Need in Bayesian Deep Learning?, NIPS",
            "Seitzer, Tavakoli, Antic and Martius (2022), On the Pitfalls of Heteroscedastic Uncertainty "
            "Estimation, ICLR",
        ),
    ),
    Loss(
        name="laplace_nll",
        family="probabilistic",
        value=p.laplace_nll,
        grad=keyed(p.laplace_nll_grad, ("mean", "log_b")),
        wrt=("mean", "log_b"),
        formula=r"\log 2 + s + |r| e^{-s} \quad r = \mu - y,\ s = \log b",
        gradient=r"\frac{\partial L}{\partial \mu} = \operatorname{sign}(r)\, e^{-s}, \quad"
        r" \frac{\partial L}{\partial s} = 1 - |r| e^{-s}",
        domain=r"$\mu, s, y \in \mathbb{R}$",
        noise_model="Laplace, its width predicted for each example",
        minimiser="the median and the logarithm of the mean absolute deviation from it",
        convex=False,
        lipschitz=None,
        stable_form=r"\log 2 + s + (|r|\, e^{-s/2})\, e^{-s/2}",
        frameworks=MappingProxyType({}),
        invariances=LOCATED,
        pitfalls=(
            "b is not the standard deviation, which is b√2.",
            "Like every density it has no lower bound: as b goes to 0 at r = 0 the loss goes to -∞.",
            "Where a prediction meets its target, the gradient of the mean jumps by 2/b.",
        ),
        sources=(
            "Laplace (1774), Mémoire sur la probabilité des causes par les événements",
            "Kendall and Gal (2017), What Uncertainties Do We Need in Bayesian Deep Learning?, NIPS",
        ),
    ),
    Loss(
        name="student_t_nll",
        family="probabilistic",
        value=p.student_t_nll,
        grad=keyed(p.student_t_nll_grad, ("mean", "log_sigma")),
        wrt=("mean", "log_sigma"),
        formula=r"\log\frac{\Gamma(\nu/2)\sqrt{\pi\nu}}{\Gamma((\nu + 1)/2)} + s"
        r" + \frac{\nu + 1}{2}\log\left(1 + \frac{z^2}{\nu}\right)"
        r" \quad z = (\mu - y)\, e^{-s},\ s = \log\sigma",
        gradient=r"\frac{\partial L}{\partial \mu} = \frac{(\nu + 1)(\mu - y)}{\nu\sigma^2 + (\mu - y)^2},"
        r" \quad"
        r" \frac{\partial L}{\partial s} = \frac{\nu(1 - z^2)}{\nu + z^2}",
        domain=r"$\mu, s, y \in \mathbb{R}$, $0 < \nu < \infty$",
        noise_model="Student-t with ν degrees of freedom; Cauchy for ν = 1",
        minimiser="the centre and the logarithm of the scale; robust to outliers in the targets",
        convex=False,
        lipschitz=None,
        stable_form=r"\log\frac{\Gamma(\nu/2)\sqrt{\pi\nu}}{\Gamma((\nu + 1)/2)}"
        r" \text{ by the series of the ratio}; \quad"
        r" \log(1 + v^2) = 2\log\operatorname{hypot}(1, v) \text{ for } |v| > 1",
        frameworks=MappingProxyType({}),
        invariances=LOCATED,
        pitfalls=(
            "It is not convex in the mean: far out the pull falls like (ν + 1)/r, so start near a solution.",
            "σ is not the standard deviation: for ν = 4 that is σ√2, and for ν ≤ 2 it is infinite.",
            "For large ν two log Γ of equal size are subtracted: at ν = 10⁶ that costs six digits and more.",
        ),
        sources=(
            "Student (1908), The Probable Error of a Mean, Biometrika 6",
            "Lange, Little and Taylor (1989), Robust Statistical Modeling Using the t Distribution, JASA 84",
        ),
    ),
    Loss(
        name="crps_gaussian",
        family="probabilistic",
        value=p.crps_gaussian,
        grad=keyed(p.crps_gaussian_grad, ("mean", "log_sigma")),
        wrt=("mean", "log_sigma"),
        formula=r"\sigma\left(w\,(2\Phi(w) - 1) + 2\varphi(w) - \tfrac{1}{\sqrt\pi}\right)"
        r" \quad w = \frac{y - \mu}{\sigma},\ s = \log\sigma",
        gradient=r"\frac{\partial L}{\partial \mu} = 1 - 2\Phi(w), \quad"
        r" \frac{\partial L}{\partial s} = \sigma\left(2\varphi(w) - \tfrac{1}{\sqrt\pi}\right)",
        domain=r"$\mu, s, y \in \mathbb{R}$",
        noise_model="none: it is a proper scoring rule of the whole forecast, not a likelihood",
        minimiser="the mean and the standard deviation, if the targets are Gaussian",
        convex=False,
        lipschitz=None,
        stable_form=r"|r| \operatorname{erf}\frac{|w|}{\sqrt2}"
        r" + \frac{\sigma}{\sqrt\pi} \operatorname{expm1}\frac{\log 2 - w^2}{2} \text{ with } r = \mu - y",
        frameworks=MappingProxyType({}),
        invariances=LOCATED,
        pitfalls=(
            "It is in the units of y: the mean over several stations or products is ruled by the largest.",
            "A perfect mean still costs 0.234 σ: the forecast is charged for being unsure.",
            "It weighs outliers like mae, so it tells little about the tails of a forecast.",
        ),
        sources=(
            "Matheson and Winkler (1976), Scoring Rules for Continuous Probability Distributions, "
            "Management Science 22",
            "Gneiting, Raftery, Westveld and Goldman (2005), Calibrated Probabilistic Forecasting Using "
            "Ensemble Model Output Statistics and Minimum CRPS Estimation, Monthly Weather Review 133",
            "Gneiting and Raftery (2007), Strictly Proper Scoring Rules, JASA 102",
        ),
    ),
    Loss(
        name="poisson_nll",
        family="probabilistic",
        value=d.poisson_nll,
        grad=keyed(d.poisson_nll_grad, ("log_rate",)),
        wrt=("log_rate",),
        formula=r"e^\eta - y\,\eta \left[+ \log y!\right]",
        gradient=r"e^\eta - y",
        domain=r"$\eta \in \mathbb{R}$, $y \ge 0$, with $\log y!$ whole",
        noise_model="Poisson, with the rate exp(η)",
        minimiser="the logarithm of the mean",
        convex=True,
        lipschitz=None,
        stable_form=r"y\,(e^u - 1 - u) + (y - y\log y + \log y!) \text{ with } u = \eta - \log y",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.poisson_nll_loss",
                    "Same value with log_input=True, its default; full=True adds Stirling's approximation.",
                ),
                "Keras": Counterpart(
                    "keras.losses.Poisson", "Takes the rate, adds 1e-7 to it, and the target comes first."
                ),
                "scikit-learn": Counterpart(
                    "sklearn.linear_model.PoissonRegressor",
                    "Minimises half the mean deviance plus a penalty: this loss but for a constant.",
                ),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "η is a logarithm: taking the rate for it turns a rate of 20 into exp(20), about 5e8.",
            "Stirling's formula for log y! gives 0.652 at y = 2, 6 % below log 2, and nothing at y = 0.",
            "The best loss is not 0: at y = 9 and η = log 9 it is -10.8, with log y! it is 2.03.",
            "Counts over different periods need an offset: add the logarithm of the exposure to η.",
        ),
        sources=(
            "Nelder and Wedderburn (1972), Generalized Linear Models, J. R. Statist. Soc. A 135",
            "McCullagh and Nelder (1989), Generalized Linear Models, chapter 6",
        ),
    ),
    Loss(
        name="gamma_deviance",
        family="probabilistic",
        value=d.gamma_deviance,
        grad=keyed(d.gamma_deviance_grad, ETA),
        wrt=ETA,
        formula=r"2\left(\log\frac{\mu}{y} + \frac{y}{\mu} - 1\right) \quad \mu = e^\eta",
        gradient=r"2\left(1 - \frac{y}{\mu}\right)",
        domain=r"$\eta \in \mathbb{R}$, $y > 0$",
        noise_model="gamma with a fixed shape, its mean predicted",
        minimiser="the logarithm of the mean",
        convex=True,
        lipschitz=None,
        stable_form=r"2\,(e^u - 1 - u) \text{ with } u = \log y - \eta",
        frameworks=MappingProxyType(
            {
                "scikit-learn": Counterpart(
                    "sklearn.metrics.mean_gamma_deviance",
                    "Same value; takes the mean, not its logarithm, and the target comes first.",
                ),
            }
        ),
        invariances=("permutation", "units"),
        pitfalls=(
            "A target of 0 is impossible: use tweedie_deviance, or model zero or not separately.",
            "A mean ten times too low costs 13.4, one ten times too high only 2.8.",
            "Written out, its terms cancel: for y/μ = 1 + 1e-7 the loss is 1e-14, and its rounding 1e-16.",
        ),
        sources=(
            "Nelder and Wedderburn (1972), Generalized Linear Models, J. R. Statist. Soc. A 135",
            "McCullagh and Nelder (1989), Generalized Linear Models, chapter 8",
        ),
    ),
    Loss(
        name="tweedie_deviance",
        family="probabilistic",
        value=d.tweedie_deviance,
        grad=keyed(d.tweedie_deviance_grad, ETA),
        wrt=ETA,
        formula=r"2\left(\frac{y^{2-p}}{(1-p)(2-p)} - \frac{y\,\mu^{1-p}}{1-p} + \frac{\mu^{2-p}}{2-p}\right)"
        r" \quad \mu = e^\eta",
        gradient=r"2\left(\mu^{2-p} - y\,\mu^{1-p}\right)",
        domain=r"$\eta \in \mathbb{R}$, $y \ge 0$, $1 < p < 2$",
        noise_model="Tweedie: a Poisson number of gamma amounts, added up",
        minimiser="the logarithm of the mean",
        convex=True,
        lipschitz=None,
        stable_form=r"\frac{2\mu^b}{ab}\bigl(b\,e(u) - e(bu)\bigr)"
        r" \text{ with } a = p - 1,\ b = 2 - p,\ u = \log\frac{y}{\mu},\ e(t) = e^t - 1 - t",
        frameworks=MappingProxyType(
            {
                "scikit-learn": Counterpart(
                    "sklearn.metrics.mean_tweedie_deviance",
                    "Same value; takes the mean, not its logarithm, the target comes first, and power is 0 "
                    "unless set.",
                ),
            }
        ),
        invariances=("permutation",),
        pitfalls=(
            "Deviances of different powers are different losses: choose p by the likelihood or by hand.",
            "It grows with the scale: in cents and with p = 1.5 it is 10 times what it is in euros.",
            "The power is that of the variance, Var y ∝ μ^p, and not an exponent of the residual.",
        ),
        sources=(
            "Tweedie (1984), An Index which Distinguishes between Some Important Exponential Families",
            "Jørgensen (1997), The Theory of Dispersion Models",
        ),
    ),
)
