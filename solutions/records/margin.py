"""What the course knows about the margin losses of two classes."""

from types import MappingProxyType

from solutions import margin as m
from solutions.loss import Bound, Counterpart, Loss, keyed

WRT = ("score",)
DOMAIN = r"$f \in \mathbb{R}$, $y \in \{-1, +1\}$, margin $m = y f$"
SHARED = ("permutation", "sign-symmetry")
NO_DENSITY = "none: the exponentials of the negative losses of the two labels add up to no constant"
TARGET_FIRST = "Target first."
PER_ELEMENT = "One value per element, no reduction."
TURNS_LABELS = TARGET_FIRST + " Labels 0 and 1 are turned into -1 and +1 there."
ZHANG = (
    "Zhang (2004), Statistical Behavior and Consistency of Classification Methods Based on Convex Risk "
    "Minimization, Annals of Statistics 32"
)
BARTLETT = "Bartlett, Jordan and McAuliffe (2006), Convexity, Classification, and Risk Bounds, JASA 101"
BOOSTING = "Friedman, Hastie and Tibshirani (2000), Additive Logistic Regression, Annals of Statistics 28"

RECORDS = (
    Loss(
        name="hinge",
        family="margin",
        value=m.hinge,
        grad=keyed(m.hinge_grad, WRT),
        wrt=WRT,
        formula=r"\max(0, 1 - m) \text{ with } m = y f",
        gradient=r"-y \text{ where } m < 1 \text{, else } 0",
        domain=DOMAIN,
        noise_model=NO_DENSITY,
        minimiser=r"the more probable label, $\operatorname{sign}(2\eta - 1)$ with $\eta = P(y = 1)$",
        convex=True,
        lipschitz=Bound("1", lambda: 1.0),
        stable_form=r"\max(0, 1 - m)",
        frameworks=MappingProxyType(
            {
                "Keras": Counterpart("keras.losses.Hinge", TURNS_LABELS),
                "scikit-learn": Counterpart(
                    "sklearn.metrics.hinge_loss",
                    TARGET_FIRST + " A batch that happens to hold one class gives a wrong value.",
                ),
                "optax": Counterpart(
                    "optax.losses.hinge_loss", PER_ELEMENT + " At the kink its slope is a half."
                ),
            }
        ),
        invariances=SHARED,
        pitfalls=(
            "Loss 0 does not mean perfect: any margin from 1 on costs 0, and no probability comes out.",
            "With labels 0 and 1 every example of class 0 costs 1, whatever the score: y must be -1 or +1.",
            "At m = 1 frameworks disagree on the slope: 0 here, -1/2 in optax and Keras.",
            "torch.nn.functional.hinge_embedding_loss is another loss, of distances.",
        ),
        sources=("Cortes and Vapnik (1995), Support-Vector Networks, Machine Learning 20", BARTLETT),
    ),
    Loss(
        name="squared_hinge",
        family="margin",
        value=m.squared_hinge,
        grad=keyed(m.squared_hinge_grad, WRT),
        wrt=WRT,
        formula=r"\max(0, 1 - m)^2 \text{ with } m = y f",
        gradient=r"-2 y \max(0, 1 - m)",
        domain=DOMAIN,
        noise_model=NO_DENSITY,
        minimiser=r"$2\eta - 1$ with $\eta = P(y = 1)$",
        convex=True,
        lipschitz=None,
        stable_form=r"2^{2k} s^2 \text{ with } s = \max(0, 2^{-k} - 2^{-k} m) \text{; } k = 0 "
        r"\text{ except near the top of the range}",
        frameworks=MappingProxyType(
            {
                "Keras": Counterpart("keras.losses.SquaredHinge", TURNS_LABELS),
                "scikit-learn": Counterpart(
                    "sklearn.svm.LinearSVC",
                    "Its default loss; the sum, times C, is added to the regulariser.",
                ),
            }
        ),
        invariances=SHARED,
        pitfalls=(
            "A mislabelled example with margin -9 costs as much as a hundred with margin 0.",
            "No ½ here: with one, as some texts have it, value and gradient are halved.",
        ),
        sources=(ZHANG,),
    ),
    Loss(
        name="smooth_hinge",
        family="margin",
        value=m.smooth_hinge,
        grad=keyed(m.smooth_hinge_grad, WRT),
        wrt=WRT,
        formula=r"\begin{cases} \tfrac12 - m & m \le 0 \\ \tfrac12 (1 - m)^2 & 0 < m < 1 \\ 0 & m \ge 1"
        r" \end{cases} \quad m = y f",
        gradient=r"-y \min(\max(1 - m, 0), 1)",
        domain=DOMAIN,
        noise_model=NO_DENSITY,
        minimiser=r"a score with the sign of $2\eta - 1$, where $\eta = P(y = 1)$",
        convex=True,
        lipschitz=Bound("1", lambda: 1.0),
        stable_form=r"c\left(s - \tfrac12 c\right) \text{ with } s = \max(0, 1 - m),\; c = \min(s, 1)",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.huber_loss(relu(1 - m), zeros)", "Written out; delta is 1 there."
                ),
                "optax": Counterpart("optax.losses.huber_loss(relu(1 - m))", "Written out. " + PER_ELEMENT),
            }
        ),
        invariances=SHARED,
        pitfalls=(
            "At m = 0 it costs 1/2, not 1: it is no upper bound of the 0-1 loss as it stands.",
            "Several losses go by this name; others round the kink off over a width that is a parameter.",
        ),
        sources=(
            "Rennie and Srebro (2005), Loss Functions for Preference Levels, IJCAI Workshop on Advances in "
            "Preference Handling",
        ),
    ),
    Loss(
        name="modified_huber",
        family="margin",
        value=m.modified_huber,
        grad=keyed(m.modified_huber_grad, WRT),
        wrt=WRT,
        formula=r"\begin{cases} \max(0, 1 - m)^2 & m \ge -1 \\ -4m & m < -1 \end{cases} \quad m = y f",
        gradient=r"-2 y \min(\max(1 - m, 0), 2)",
        domain=DOMAIN,
        noise_model=NO_DENSITY,
        minimiser=r"$2\eta - 1$ with $\eta = P(y = 1)$",
        convex=True,
        lipschitz=Bound("4", lambda: 4.0),
        stable_form=r"4h(s - h) \text{ with } s = \max(0, 1 - m),\; h = \min(\tfrac12 s, 1)",
        frameworks=MappingProxyType(
            {
                "scikit-learn": Counterpart(
                    "SGDClassifier(loss='modified_huber')", "Same value; the score is the decision function."
                ),
            }
        ),
        invariances=SHARED,
        pitfalls=(
            "It is the Huber loss of classification by name only: of 1 - m, with delta = 2, and times 2.",
            "Its probabilities (f + 1)/2, clipped, are exactly 0 or 1 for many examples.",
        ),
        sources=(
            "Zhang (2004), Solving Large Scale Linear Prediction Problems Using Stochastic Gradient Descent "
            "Algorithms, ICML",
        ),
    ),
    Loss(
        name="logistic",
        family="margin",
        value=m.logistic,
        grad=keyed(m.logistic_grad, WRT),
        wrt=WRT,
        formula=r"\log(1 + e^{-m}) \text{ with } m = y f",
        gradient=r"-y\,\sigma(-m)",
        domain=DOMAIN + ", also infinite",
        noise_model=r"Bernoulli with $P(y = 1) = \sigma(f)$",
        minimiser=r"the log-odds, $\log\frac{\eta}{1 - \eta}$ with $\eta = P(y = 1)$",
        convex=True,
        lipschitz=Bound("1", lambda: 1.0),
        stable_form=r"\max(-m, 0) + \operatorname{log1p}(e^{-|m|})",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.soft_margin_loss",
                    "Same value; overflows to inf, with gradient NaN, from m = -710 on.",
                ),
                "scikit-learn": Counterpart(
                    "SGDClassifier(loss='log_loss')", "Same value; the score is the decision function."
                ),
            }
        ),
        invariances=SHARED,
        pitfalls=(
            "log(1 + exp(-m)) is inf at m = -1000 (1000 is right) and 0 at m = 40 (4e-18 is right).",
            "It is 0.693 at m = 0, not 1: to bound the 0-1 loss divide by log 2.",
            "It never reaches 0: on separable data without a regulariser the scores grow without end.",
        ),
        sources=("Cox (1958), The Regression Analysis of Binary Sequences, JRSS B 20", BOOSTING),
    ),
    Loss(
        name="exponential",
        family="margin",
        value=m.exponential,
        grad=keyed(m.exponential_grad, WRT),
        wrt=WRT,
        formula=r"e^{-m} \text{ with } m = y f",
        gradient=r"-y\, e^{-m}",
        domain=DOMAIN,
        noise_model=NO_DENSITY,
        minimiser=r"half the log-odds, $\tfrac12 \log\frac{\eta}{1 - \eta}$ with $\eta = P(y = 1)$",
        convex=True,
        lipschitz=None,
        stable_form=r"e^{-m} \text{, as } (e^{-m/2})^2 / N \text{ where it overflows and its mean need not}",
        frameworks=MappingProxyType(
            {
                "scikit-learn": Counterpart(
                    "GradientBoostingClassifier(loss='exponential')",
                    "Same value; labels are any two classes.",
                ),
            }
        ),
        invariances=SHARED,
        pitfalls=(
            "One mislabelled example with margin -10 costs 22026, as much as 22026 undecided ones.",
            "Its scores are half the log-odds: the probability is sigmoid(2 f).",
            "It overflows at m = -709.8, where the logistic loss is 709.8.",
        ),
        sources=(
            "Freund and Schapire (1997), A Decision-Theoretic Generalization of On-Line Learning and an "
            "Application to Boosting, Journal of Computer and System Sciences 55",
            BOOSTING,
        ),
    ),
    Loss(
        name="savage",
        family="margin",
        value=m.savage,
        grad=keyed(m.savage_grad, WRT),
        wrt=WRT,
        formula=r"\frac{1}{(1 + e^{m})^2} \text{ with } m = y f",
        gradient=r"-2 y\,\sigma(-m)^2\,\sigma(m)",
        domain=DOMAIN + ", also infinite",
        noise_model=NO_DENSITY,
        minimiser=r"the log-odds, $\log\frac{\eta}{1 - \eta}$ with $\eta = P(y = 1)$",
        convex=False,
        lipschitz=Bound(r"\tfrac{8}{27}", lambda: 8 / 27),
        stable_form=r"\sigma(-m)^2 \text{ with } \sigma(-m) = e^{\min(-m, 0)} / (1 + e^{-|m|})",
        frameworks=MappingProxyType(
            {
                "PyTorch": Counterpart(
                    "torch.nn.functional.mse_loss(sigmoid(f), (y + 1) / 2)",
                    "Written out; for y = 1 it is exactly 0 from f = 37 on.",
                ),
            }
        ),
        invariances=SHARED,
        pitfalls=(
            "Hopeless examples are given up, right or wrong: at m = -50 the slope is 4e-22.",
            "The paper writes 1/(1 + exp 2v)²: its score v is half of this one.",
            "It is not convex: where training ends depends on where it starts.",
        ),
        sources=(
            "Masnadi-Shirazi and Vasconcelos (2008), On the Design of Loss Functions for Classification: "
            "Theory, Robustness to Outliers, and SavageBoost, NIPS",
        ),
    ),
)
