"""What the course knows about the regression losses."""

from types import MappingProxyType

from solutions import regression as r
from solutions.loss import Bound, Counterpart, Loss, keyed

WRT = ("y_pred",)
SHARED = ("translation", "permutation", "sign-symmetry", "exchange")
BROADCASTS = "Shapes (N,) and (N, 1) broadcast there to (N, N), with no more than a warning."
TARGET_FIRST = "Same value; the target is the first argument."
PER_ELEMENT = "One value per element, no reduction"

RECORDS = (
    Loss(
        name="mse",
        family="regression",
        value=r.mse,
        grad=keyed(r.mse_grad, WRT),
        wrt=WRT,
        formula=r"(\hat y - y)^2",
        gradient=r"2(\hat y - y)",
        domain=r"$\hat y, y \in \mathbb{R}$",
        noise_model="Gaussian with a fixed variance",
        minimiser="the mean",
        convex=True,
        lipschitz=None,
        stable_form=r"2^{2k} s^2 \text{ with } s = 2^{-k}\hat y - 2^{-k} y \text{; } k = 0 "
        r"\text{ except near the top of the range}",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart("torch.nn.functional.mse_loss", "Same value. " + BROADCASTS),
                "Keras": Counterpart("keras.losses.MeanSquaredError", TARGET_FIRST),
                "scikit-learn": Counterpart("sklearn.metrics.mean_squared_error", TARGET_FIRST),
                "optax": Counterpart("optax.losses.squared_error", PER_ELEMENT + "."),
            }
        ),
        invariances=(*SHARED, "scaling-2"),
        pitfalls=(
            "One residual of 10 costs as much as a hundred residuals of 1, and pulls as hard as ten.",
            "Half of all texts carry a factor ½: values and gradients then differ by 2.",
            "On unsigned integers the difference wraps round: in uint8, 3 - 5 gives 254.",
            "Under a sigmoid or softmax its gradient vanishes where the prediction is confidently wrong.",
        ),
        sources=(
            "Gauss (1809), Theoria motus corporum coelestium",
            "Bishop (2006), Pattern Recognition and Machine Learning, section 1.2.5",
            "Gneiting (2011), Making and Evaluating Point Forecasts, JASA 106",
        ),
    ),
    Loss(
        name="half_mse",
        family="regression",
        value=r.half_mse,
        grad=keyed(r.half_mse_grad, WRT),
        wrt=WRT,
        formula=r"\tfrac12 (\hat y - y)^2",
        gradient=r"\hat y - y",
        domain=r"$\hat y, y \in \mathbb{R}$",
        noise_model="Gaussian with variance 1",
        minimiser="the mean",
        convex=True,
        lipschitz=None,
        stable_form=r"\tfrac12\, r \cdot r \text{ with } r = \hat y - y",
        frameworks=MappingProxyType(
            {
                "scikit-learn": Counterpart(
                    "SGDRegressor(loss='squared_error')", "Carries the ½, though its name does not say so."
                ),
                "optax": Counterpart(
                    "optax.losses.l2_loss", PER_ELEMENT + "; carries the ½ without saying so."
                ),
            }
        ),
        invariances=(*SHARED, "scaling-2"),
        pitfalls=(
            "Its value is half the mean squared error: do not compare the two in one table.",
            "A learning rate tuned on it is twice too large for mse.",
        ),
        sources=("Bishop (2006), Pattern Recognition and Machine Learning, section 1.1",),
    ),
    Loss(
        name="mae",
        family="regression",
        value=r.mae,
        grad=keyed(r.mae_grad, WRT),
        wrt=WRT,
        formula=r"|\hat y - y|",
        gradient=r"\operatorname{sign}(\hat y - y), \text{ with } \operatorname{sign}(0) = 0",
        domain=r"$\hat y, y \in \mathbb{R}$",
        noise_model="Laplace with a fixed scale",
        minimiser="the median",
        convex=True,
        lipschitz=Bound("1", lambda: 1.0),
        stable_form=r"|r| \text{ with } r = \hat y - y",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.l1_loss", "Same value, same slope 0 at the kink. " + BROADCASTS
                ),
                "Keras": Counterpart("keras.losses.MeanAbsoluteError", TARGET_FIRST),
                "scikit-learn": Counterpart("sklearn.metrics.mean_absolute_error", TARGET_FIRST),
            }
        ),
        invariances=(*SHARED, "scaling-1"),
        pitfalls=(
            "Its gradient keeps its size up to the optimum, so a fixed step size overshoots for ever.",
            "It resists outliers in the targets, not outliers in the features (leverage points).",
            "With an even number of targets every value between the middle two is optimal.",
        ),
        sources=(
            "Laplace (1774), Mémoire sur la probabilité des causes par les événements",
            "Koenker and Bassett (1978), Regression Quantiles, Econometrica 46",
            "Gneiting (2011), Making and Evaluating Point Forecasts, JASA 106",
        ),
    ),
    Loss(
        name="huber",
        family="regression",
        value=r.huber,
        grad=keyed(r.huber_grad, WRT),
        wrt=WRT,
        formula=r"\begin{cases} \tfrac12 r^2 & |r| \le \delta \\"
        r" \delta\left(|r| - \tfrac12\delta\right) & |r| > \delta \end{cases} \quad r = \hat y - y",
        gradient=r"\min(\max(\hat y - y, -\delta), \delta)",
        domain=r"$\hat y, y \in \mathbb{R}$, $0 < \delta \le \infty$",
        noise_model="Gaussian in the middle, with the tails of a Laplace density",
        minimiser="a centre of its own: the median for δ → 0, the mean for δ → ∞",
        convex=True,
        lipschitz=Bound(r"\delta", lambda delta=1.0: float(delta)),
        stable_form=r"c\left(r - \tfrac12 c\right) \text{ with } c = \min(\max(r, -\delta), \delta)",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.huber_loss", "Same value, same name delta. " + BROADCASTS
                ),
                "Keras": Counterpart(
                    "keras.losses.Huber", TARGET_FIRST + " An infinite delta gives gradient NaN."
                ),
                "scikit-learn": Counterpart(
                    "sklearn.linear_model.HuberRegressor",
                    "Twice this loss, of residuals over a noise scale that is fitted too; delta is epsilon.",
                ),
                "optax": Counterpart(
                    "optax.losses.huber_loss",
                    PER_ELEMENT + "; in float32 its gradient loses digits of residuals far below delta.",
                ),
            }
        ),
        invariances=SHARED,
        pitfalls=(
            "It caps the gradient, not the loss: a residual of 1000 still costs 999.5 at delta = 1.",
            "It is smooth_l1 only at delta = 1; elsewhere the two differ by the factor delta.",
            "delta has the units of y: rescale y, and delta must follow.",
            "As delta grows it becomes half_mse, not mse.",
        ),
        sources=(
            "Huber (1964), Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 35",
            "Holland and Welsch (1977), Robust Regression Using Iteratively Reweighted Least-Squares",
            "Huber and Ronchetti (2009), Robust Statistics, second edition",
        ),
    ),
    Loss(
        name="smooth_l1",
        family="regression",
        value=r.smooth_l1,
        grad=keyed(r.smooth_l1_grad, WRT),
        wrt=WRT,
        formula=r"\begin{cases} \dfrac{r^2}{2\beta} & |r| \le \beta \\ |r| - \tfrac12\beta & |r| > \beta"
        r" \end{cases} \quad r = \hat y - y",
        gradient=r"\min(\max((\hat y - y)/\beta, -1), 1)",
        domain=r"$\hat y, y \in \mathbb{R}$, $0 < \beta < \infty$",
        noise_model="Gaussian in the middle, with the tails of a Laplace density",
        minimiser="a centre of its own: the median for β → 0, the mean for β → ∞",
        convex=True,
        lipschitz=Bound("1", lambda beta=1.0: 1.0),
        stable_form=r"\frac{c}{\beta}\left(r - \tfrac12 c\right)"
        r" \text{ with } c = \min(\max(r, -\beta), \beta)",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.smooth_l1_loss",
                    "Same value; beta = 0 is allowed there and gives l1_loss. " + BROADCASTS,
                ),
            }
        ),
        invariances=SHARED,
        pitfalls=(
            "It is huber divided by beta: a large beta makes the whole loss small, not robust.",
            "Often called 'Huber' in detection code; the two agree only at beta = 1.",
            "beta has the units of y: a value for box corners in pixels is wrong for normalised corners.",
        ),
        sources=(
            "Girshick (2015), Fast R-CNN, ICCV",
            "Ren, He, Girshick and Sun (2015), Faster R-CNN, NIPS",
        ),
    ),
    Loss(
        name="log_cosh",
        family="regression",
        value=r.log_cosh,
        grad=keyed(r.log_cosh_grad, WRT),
        wrt=WRT,
        formula=r"\log\cosh(\hat y - y)",
        gradient=r"\tanh(\hat y - y)",
        domain=r"$\hat y, y \in \mathbb{R}$",
        noise_model=r"hyperbolic secant, $1/(\pi\cosh r)$",
        minimiser="a centre that depends on the unit of y: about the mean if tiny, the median if huge",
        convex=True,
        lipschitz=Bound("1", lambda: 1.0),
        stable_form=r"\tfrac12 \operatorname{log1p}(\sinh^2 c) + (|r| - c) \text{ with } c = \min(|r|, 20)",
        frameworks=MappingProxyType(
            {
                "Keras": Counterpart(
                    "keras.losses.LogCosh", TARGET_FIRST + " Small residuals lose their digits."
                ),
                "optax": Counterpart("optax.losses.log_cosh", PER_ELEMENT + "; a residual of 1e-9 gives 0."),
            }
        ),
        invariances=SHARED,
        pitfalls=(
            "Written as log(cosh(r)) it overflows from 711 on in float64, and from 90 on in float32.",
            "Pure Newton steps diverge where |r| > 1.0887: the curvature sech² r dies out exponentially.",
            "It has a scale of 1 built in: y in millimetres or in metres gives different fits.",
        ),
        sources=(
            "Green (1990), Bayesian Reconstructions from Emission Tomography Data, IEEE Trans. Med. Imag. 9",
            "Saleh and Saleh (2022), Statistical Properties of the log-cosh Loss Function, arXiv:2208.04564",
        ),
    ),
)
