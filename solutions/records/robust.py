"""What the course knows about the robust and the asymmetric regression losses."""

import math
from types import MappingProxyType

from solutions import asymmetric, robust
from solutions.loss import Bound, Counterpart, Loss, keyed

WRT = ("y_pred",)
SYMMETRIC = ("translation", "permutation", "sign-symmetry", "exchange")
DOMAIN = r"$\hat y, y \in \mathbb{R}$, "


def _steepest_barron(alpha: float = 1.0, c: float = 1.0) -> float:
    if alpha > 1:
        return math.inf
    if alpha == 1:
        return 1 / c
    if math.isinf(alpha):
        return math.exp(-0.5) / c
    return math.exp((alpha - 1) / 2 * math.log1p(1 / (1 - alpha))) / c


RECORDS = (
    Loss(
        name="pseudo_huber",
        family="regression",
        value=robust.pseudo_huber,
        grad=keyed(robust.pseudo_huber_grad, WRT),
        wrt=WRT,
        formula=r"\delta^2\left(\sqrt{1 + (r/\delta)^2} - 1\right) \quad r = \hat y - y",
        gradient=r"\frac{r}{\sqrt{1 + (r/\delta)^2}}",
        domain=DOMAIN + r"$0 < \delta < \infty$",
        noise_model=r"symmetric hyperbolic density, $\propto \exp(-\sqrt{\delta^4 + \delta^2 r^2})$",
        minimiser="a centre of its own: the median for δ → 0, the mean for δ → ∞",
        convex=True,
        lipschitz=Bound(r"\delta", lambda delta=1.0: float(delta)),
        stable_form=r"\frac{\delta r^2}{\sqrt{r^2 + \delta^2} + \delta}",
        frameworks=MappingProxyType({}),
        invariances=SYMMETRIC,
        pitfalls=(
            "The root minus 1 is 0 in float64 at r = 1e-9, where the loss is 5e-19.",
            "Far out it is delta²/2 below huber with the same delta, and at r = delta 17 % below.",
            "delta has the units of y: rescale y, and delta must follow.",
        ),
        sources=(
            "Charbonnier, Blanc-Féraud, Aubert and Barlaud (1994), Two Deterministic Half-Quadratic "
            "Regularization Algorithms for Computed Imaging, ICIP",
            "Hartley and Zisserman (2004), Multiple View Geometry in Computer Vision, second edition",
        ),
    ),
    Loss(
        name="pinball",
        family="regression",
        value=asymmetric.pinball,
        grad=keyed(asymmetric.pinball_grad, WRT),
        wrt=WRT,
        formula=r"\max\bigl(q\,(y - \hat y),\ (q - 1)(y - \hat y)\bigr)",
        gradient=r"\begin{cases} -q & \hat y < y \\ 0 & \hat y = y \\ 1 - q & \hat y > y \end{cases}",
        domain=DOMAIN + r"level $0 < q < 1$",
        noise_model="asymmetric Laplace with a fixed scale",
        minimiser="the quantile at the level q",
        convex=True,
        lipschitz=Bound(r"\max(q, 1 - q)", lambda level=0.5: max(level, 1 - level)),
        stable_form=r"w\,|r| \text{ with } w = 1 - q \text{ where } r > 0 \text{, else } q",
        frameworks=MappingProxyType(
            {
                "scikit-learn": Counterpart(
                    "sklearn.metrics.mean_pinball_loss",
                    "Same value; the target is the first argument, and the level is called alpha.",
                ),
            }
        ),
        invariances=("translation", "permutation", "scaling-1"),
        pitfalls=(
            "At level 0.5 it is half of mae: do not compare the two in one table.",
            "Quantiles fitted one by one may cross: a 0.9-quantile can come out below the 0.8-quantile.",
            "It knows nothing of how far the target lies beyond the quantile: extreme levels need many data.",
        ),
        sources=(
            "Koenker and Bassett (1978), Regression Quantiles, Econometrica 46",
            "Gneiting (2011), Making and Evaluating Point Forecasts, JASA 106",
        ),
    ),
    Loss(
        name="expectile",
        family="regression",
        value=asymmetric.expectile,
        grad=keyed(asymmetric.expectile_grad, WRT),
        wrt=WRT,
        formula=r"w\,(\hat y - y)^2 \text{ with } w = q \text{ where } \hat y < y \text{, else } 1 - q",
        gradient=r"2 w\,(\hat y - y)",
        domain=DOMAIN + r"level $0 < q < 1$",
        noise_model="two halves of Gaussians with different variances, joined at the centre",
        minimiser="the expectile at the level q; the mean for q = ½",
        convex=True,
        lipschitz=None,
        stable_form=r"w\, r \cdot r \text{ with } r = \hat y - y",
        frameworks=MappingProxyType({}),
        invariances=("translation", "permutation", "scaling-2"),
        pitfalls=(
            "An expectile is not a quantile: the 0.9-expectile of a standard Gaussian is 0.86, its "
            "0.9-quantile 1.28.",
            "At level 0.5 it is half_mse, not mse.",
            "Like mse it is at the mercy of outliers.",
        ),
        sources=(
            "Newey and Powell (1987), Asymmetric Least Squares Estimation and Testing, Econometrica 55",
            "Gneiting (2011), Making and Evaluating Point Forecasts, JASA 106",
        ),
    ),
    Loss(
        name="epsilon_insensitive",
        family="regression",
        value=robust.epsilon_insensitive,
        grad=keyed(robust.epsilon_insensitive_grad, WRT),
        wrt=WRT,
        formula=r"\max(0, |\hat y - y| - \varepsilon)",
        gradient=r"\begin{cases} 0 & |r| \le \varepsilon \\ \operatorname{sign} r & |r| > \varepsilon"
        r" \end{cases} \quad r = \hat y - y",
        domain=DOMAIN + r"$0 \le \varepsilon < \infty$",
        noise_model="flat up to ±ε, with the tails of a Laplace density",
        minimiser="a median; with large ε, a centre between two quantiles of opposite levels",
        convex=True,
        lipschitz=Bound("1", lambda epsilon=0.1: 1.0),
        stable_form=r"\max(0, |r| - \varepsilon) \text{ with the rounding error of } r \text{ added back}",
        frameworks=MappingProxyType(
            {
                "scikit-learn": Counterpart(
                    "SGDRegressor(loss='epsilon_insensitive')", "Same value; epsilon = 0.1 there as well."
                ),
            }
        ),
        invariances=SYMMETRIC,
        pitfalls=(
            "All predictions within ±epsilon are optimal: the minimiser is often a whole interval.",
            "epsilon has the units of y: 0.1 is nothing for prices and everything for standardised targets.",
            "If the tube holds all targets, the gradient is 0 everywhere and nothing is learned.",
        ),
        sources=(
            "Vapnik (1995), The Nature of Statistical Learning Theory",
            "Smola and Schölkopf (2004), A Tutorial on Support Vector Regression, Stat. Comput. 14",
        ),
    ),
    Loss(
        name="msle",
        family="regression",
        value=asymmetric.msle,
        grad=keyed(asymmetric.msle_grad, WRT),
        wrt=WRT,
        formula=r"\bigl(\log(1 + \hat y) - \log(1 + y)\bigr)^2",
        gradient=r"\frac{2}{1 + \hat y}\,\log\frac{1 + \hat y}{1 + y}",
        domain=r"$\hat y, y > -1$",
        noise_model="Gaussian with a fixed variance, for log(1 + y)",
        minimiser="exp(mean of log(1 + y)) - 1: a geometric mean, below the mean",
        convex=False,
        lipschitz=None,
        stable_form=r"\operatorname{log1p}^2\!\left(\frac{|\hat y - y|}{1 + \min(\hat y, y)}\right)",
        frameworks=MappingProxyType(
            {
                "Keras": Counterpart(
                    "keras.losses.MeanSquaredLogarithmicError",
                    "The target is the first argument; numbers below 1e-7 are clipped to it.",
                ),
                "scikit-learn": Counterpart(
                    "sklearn.metrics.mean_squared_log_error", "Same value; the target is the first argument."
                ),
            }
        ),
        invariances=("permutation", "exchange"),
        pitfalls=(
            "It estimates less than the mean: its best forecasts for 0 and 99 is 9, so totals come out low.",
            "The 1 in log(1 + y) is a scale: in euros 0.5 and 1 differ by 0.083, in cents by 0.47.",
            "For targets 1e-12 and 3e-12, log(1 + y) without log1p is 4e-5 off.",
            "It is not convex: beyond 1 + ŷ = e (1 + y) the pull falls as the prediction rises.",
        ),
        sources=(
            "Hyndman and Koehler (2006), Another Look at Measures of Forecast Accuracy, IJF 22",
            "Gneiting (2011), Making and Evaluating Point Forecasts, JASA 106",
        ),
    ),
    Loss(
        name="barron",
        family="regression",
        value=robust.barron,
        grad=keyed(robust.barron_grad, WRT),
        wrt=WRT,
        formula=r"\frac{b}{\alpha}\left(\left(1 + \frac{x^2}{b}\right)^{\alpha/2} - 1\right)"
        r" \quad x = \frac{\hat y - y}{c},\ b = |\alpha - 2|",
        gradient=r"\frac{x}{c}\left(1 + \frac{x^2}{b}\right)^{\alpha/2 - 1}",
        domain=DOMAIN + r"$-\infty \le \alpha \le \infty$, $0 < c < \infty$",
        noise_model="from Gaussian (α = 2) to Cauchy (α = 0); none for α < 0: exp(-loss) has no integral",
        minimiser="the mean at α = 2, a median-like centre near 1, the densest cluster for low α",
        convex=False,
        lipschitz=Bound(
            r"\frac{1}{c}\left(\frac{2 - \alpha}{1 - \alpha}\right)^{(\alpha - 1)/2}"
            r" \text{ for } \alpha < 1,\ \frac1c \text{ for } \alpha = 1,\ \infty \text{ above}",
            _steepest_barron,
        ),
        stable_form=r"w \cdot \frac{\operatorname{expm1} z}{z}"
        r" \text{ with } w = \frac{b}{2}\operatorname{log1p}\frac{x^2}{b},\ z = \frac{\alpha}{b} w",
        frameworks=MappingProxyType({}),
        invariances=SYMMETRIC,
        pitfalls=(
            "As printed it divides by 0 at alpha = 0 and 2; at alpha = 1e-8 its power form is 1.5e-7 off.",
            "It is convex for alpha >= 1 only: with a low alpha, start from the solution of a higher one.",
            "To learn alpha, the logarithm of the normalising constant must be added, or alpha runs down.",
            "c has the units of y; alpha = 1 is pseudo_huber with delta = c, divided by c².",
        ),
        sources=(
            "Barron (2019), A General and Adaptive Robust Loss Function, CVPR",
            "Geman and McClure (1985), Bayesian Image Analysis: An Application to Single Photon Emission "
            "Tomography",
        ),
    ),
    Loss(
        name="tukey_biweight",
        family="regression",
        value=robust.tukey_biweight,
        grad=keyed(robust.tukey_biweight_grad, WRT),
        wrt=WRT,
        formula=r"\begin{cases} \dfrac{c^2}{6}\left(1 - \left(1 - (r/c)^2\right)^3\right) & |r| \le c \\"
        r" \dfrac{c^2}{6} & |r| > c \end{cases} \quad r = \hat y - y",
        gradient=r"\begin{cases} r\left(1 - (r/c)^2\right)^2 & |r| \le c \\ 0 & |r| > c \end{cases}",
        domain=DOMAIN + r"$0 < c < \infty$",
        noise_model="none: it is bounded, so exp(-loss) has no finite integral",
        minimiser="the centre of the main cluster; several local minima are possible",
        convex=False,
        lipschitz=Bound(r"\frac{16 c}{25\sqrt5}", lambda c=4.685: 16 * c / (25 * math.sqrt(5))),
        stable_form=r"\tfrac12 q^2\left(1 - s + \tfrac13 s^2\right)"
        r" \text{ with } q = \min(|r|, c),\ s = (q/c)^2",
        frameworks=MappingProxyType({}),
        invariances=SYMMETRIC,
        pitfalls=(
            "Started far away, every residual exceeds c and the gradient is exactly 0: begin with huber.",
            "c = 4.685 is meant for residuals divided by a robust estimate of the noise, such as the MAD.",
            "Its pull is largest at |r| = c/√5 = 0.447 c and falls from there on.",
        ),
        sources=(
            "Beaton and Tukey (1974), The Fitting of Power Series, Technometrics 16",
            "Holland and Welsch (1977), Robust Regression Using Iteratively Reweighted Least-Squares",
        ),
    ),
)
