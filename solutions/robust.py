"""Robust regression losses: an outlier in the targets costs, and pulls, less than its square.

They carry on where `regression` ends, with the same conventions: r = y_pred - y_true is the residual, a loss
gives one number per element, and each gradient, right under its value, belongs to the *reduced* loss.
"""

from __future__ import annotations

import math
import numbers
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solutions.checking import at_least, matching, positive
from solutions.kernels import difference, log1p_square, quiet, rounding_error, weigh
from solutions.reduction import reduce, scale, terms
from solutions.residual import residual_of
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction


@quiet
def pseudo_huber(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, delta: float = 1.0, reduction: Reduction = "mean"
) -> LossValue:
    """Huber's loss without a seam: squared error near 0 that bends smoothly into absolute error.

    Use it for `huber` where second derivatives matter. With delta = 1 it is the Charbonnier loss of image
    restoration, less a constant. Far out it stays delta²/2 below `huber`.

    Parameters
    ----------
    y_pred, y_true, reduction
        As for `mse`.
    delta : float, default 1.0
        Where the parabola bends, in the units of y; finite and greater than 0.

    Returns
    -------
    float or ndarray
        As for `mse`.

    Raises
    ------
    TypeError, ValueError
        As for `mse`; also if delta is not a finite number greater than 0.

    Notes
    -----
    Domain: any real numbers, delta > 0. Units: those of y, squared.

    Formula: delta² (sqrt(1 + (r/delta)²) - 1), about r²/2 near 0 and delta (``|r|`` - delta) far out. The
    root minus 1 would lose small residuals; delta r²/(sqrt(r² + delta²) + delta) is the same and keeps them.

    Gradient: r / sqrt(1 + (r/delta)²), always between -delta and delta; over N after the mean.

    References
    ----------
    Charbonnier, Blanc-Féraud, Aubert and Barlaud (1994), Two Deterministic Half-Quadratic Regularization
    Algorithms for Computed Imaging, ICIP. Hartley and Zisserman (2004), Multiple View Geometry, A6.8.

    Examples
    --------
    >>> pseudo_huber([1e-9, 3.0], [0.0, 0.0], reduction="none")
    array([5.00000000e-19, 2.16227766e+00])
    """
    residual, unit, dtype = residual_of(y_pred, y_true, reduction)
    less, ratio, bend = _bend(residual, positive(delta, "delta") / unit)
    return reduce(np.abs(residual) * (less / (np.hypot(1, ratio) + bend)), reduction, dtype, factor=unit**2)


@quiet
def pseudo_huber_grad(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, delta: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `pseudo_huber` with respect to ``y_pred``: r/sqrt(1 + (r/delta)²), over N for the mean.

    Examples
    --------
    >>> pseudo_huber_grad([0.75, 1e200], [0.0, 0.0], reduction="none")
    array([0.6, 1. ])
    """
    residual, unit, dtype = residual_of(y_pred, y_true)
    less, ratio, _ = _bend(residual, positive(delta, "delta") / unit)
    return scale(np.copysign(less, residual) / np.hypot(1, ratio), reduction, dtype, factor=unit)


@quiet
def epsilon_insensitive(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, epsilon: float = 0.1, reduction: Reduction = "mean"
) -> LossValue:
    """Absolute error of which the first epsilon is free: the loss of support vector regression.

    Examples inside the tube of half-width epsilon have no say in the fit; the others are the support vectors.

    Parameters
    ----------
    y_pred, y_true, reduction
        As for `mse`.
    epsilon : float, default 0.1
        Half the width of the tube, in the units of y; finite, at least 0. With 0 the loss is `mae`.

    Returns
    -------
    float or ndarray
        As for `mse`.

    Raises
    ------
    TypeError, ValueError
        As for `mse`; also if epsilon is not a finite number of at least 0.

    Notes
    -----
    Domain: any real numbers, epsilon >= 0. Units: those of y.

    Formula: max(0, ``|r|`` - epsilon).

    Gradient: the sign of r where ``|r|`` > epsilon, else 0, on the edge of the tube too; over N after the
    mean.

    References
    ----------
    Vapnik (1995), The Nature of Statistical Learning Theory. Smola and Schölkopf (2004), A Tutorial on
    Support Vector Regression, Statistics and Computing 14.

    Examples
    --------
    >>> epsilon_insensitive([0.5, 2.0], [0.0, 0.0], epsilon=0.5, reduction="none")
    array([0. , 1.5])
    """
    _, outside, unit, dtype = _outside(y_pred, y_true, epsilon, reduction)
    return reduce(np.maximum(outside, 0), reduction, dtype, factor=unit)


@quiet
def epsilon_insensitive_grad(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, epsilon: float = 0.1, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `epsilon_insensitive` for ``y_pred``: sign(r) outside the tube, over N for the mean.

    Examples
    --------
    >>> epsilon_insensitive_grad([0.5, -2.0], [0.0, 0.0], epsilon=0.5, reduction="none")
    array([ 0., -1.])
    """
    residual, outside, _, dtype = _outside(y_pred, y_true, epsilon)
    return scale(np.where(outside <= 0, 0.0, np.sign(residual)), reduction, dtype)


@quiet
def barron(
    y_pred: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    alpha: float = 1.0,
    c: float = 1.0,
    reduction: Reduction = "mean",
) -> LossValue:
    """Barron's general robust loss: one dial, alpha, from squared error to ignoring outliers.

    alpha = 2 is squared error (r/c)²/2, 1 is `pseudo_huber` in units of c, 0 the Cauchy (Lorentzian) loss,
    -2 Geman-McClure and -inf Welsch. Turn alpha down step by step to fit without being caught by outliers.

    Parameters
    ----------
    y_pred, y_true, reduction
        As for `mse`.
    alpha : float, default 1.0
        The shape: any number, also ±inf. Below 1 the loss is no longer convex.
    c : float, default 1.0
        The scale, in the units of y: residuals well below c count as noise. Finite, greater than 0.

    Returns
    -------
    float or ndarray
        As for `mse`.

    Raises
    ------
    TypeError, ValueError
        As for `mse`; also if alpha is NaN, or c is not a finite number greater than 0.

    Notes
    -----
    Domain: any real numbers, c > 0. Units: none, as r is divided by c.

    Formula, with x = r/c and b = ``|alpha - 2|``::

        x² / 2                                  alpha = 2
        log(1 + x²/2)                           alpha = 0
        1 - exp(-x²/2)                          alpha = -inf
        (b/alpha) ((1 + x²/b)^(alpha/2) - 1)    elsewhere; in the limit exp(x²/2) - 1 for alpha = inf

    The last line fails next to 0 and 2. With w = (b/2) log(1 + x²/b) it is w times expm1(z)/z, z = w alpha/b,
    which holds at 0 too; far out, powers of the hypotenuse of 1 and x/sqrt(b) take over.

    Gradient: (x/c) (1 + x²/b)^(alpha/2 - 1), and that over N after the mean. It grows with ``|r|`` for
    alpha > 1, levels off for alpha = 1 and falls back to 0 for alpha < 1.

    References
    ----------
    Barron (2019), A General and Adaptive Robust Loss Function, CVPR, arXiv:1701.03077.

    Examples
    --------
    >>> barron([4.0], [0.0], alpha=-2.0)
    np.float64(1.6)
    >>> [float(barron([4.0], [0.0], alpha=alpha).round(4)) for alpha in (2, 1, 0, -np.inf)]
    [8.0, 3.1231, 2.1972, 0.9997]
    """
    s, alpha, dtype = _scaled(y_pred, y_true, alpha, c)
    w, v = _log_term(s, alpha)
    if alpha in (0, 2):
        return reduce(w, reduction, dtype)
    b = abs(alpha - 2)
    ratio = math.copysign(1, alpha) if math.isinf(alpha) else alpha / b
    z = ratio * w
    values = np.where(np.abs(z) > 0.5, np.expm1(z) / ratio, w * np.where(z == 0, 1.0, np.expm1(z) / z))
    if 0 < alpha < math.inf:
        half, weight = _half_power(s, v, alpha)
        far = half * (half * (weight / alpha)) - 1 / ratio
        values = np.where((v > 1) & (z > 0.5), far, values)
    return reduce(values, reduction, dtype)


@quiet
def barron_grad(
    y_pred: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    alpha: float = 1.0,
    c: float = 1.0,
    reduction: Reduction = "mean",
) -> Array:
    """Gradient of `barron` with respect to ``y_pred``: (x/c) (1 + x²/b)^(alpha/2 - 1), over N for the mean.

    Examples
    --------
    >>> barron_grad([1.0, 100.0], [0.0, 0.0], alpha=-2.0, reduction="none")
    array([6.40000000e-01, 1.59872077e-05])
    """
    s, alpha, dtype = _scaled(y_pred, y_true, alpha, c)
    if alpha == 2:
        return scale(s.residual / s.c / s.c * s.unit, reduction, dtype)
    x, (w, v) = s.x, _log_term(s, alpha)
    half = np.exp(np.copysign(w / 2, alpha - 2))
    near = weigh(half, weigh(half, x) / s.c)
    if not math.isinf(alpha):
        b, size = abs(alpha - 2), np.abs(s.residual)
        half, weight = _half_power(s, v, alpha)
        hypotenuse = np.hypot(s.c / s.unit * math.sqrt(b), size)
        far = weight * (half / hypotenuse / s.unit) * half * (size / hypotenuse)
        far = np.where(np.isinf(size), v ** (alpha - 1) / s.c * math.sqrt(b), far)
        near = np.where(v > 1, np.copysign(far, x), near)
    return scale(near, reduction, dtype)


@quiet
def tukey_biweight(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, c: float = 4.685, reduction: Reduction = "mean"
) -> LossValue:
    """Tukey's bisquare: beyond c a residual costs a constant and has no pull at all.

    The strictest of the robust losses here: outliers are left out rather than toned down. It is not convex,
    so start near a solution, such as one found with `huber`. With c = 4.685 standard deviations of the noise
    it needs some 5 % more data than `mse` if there are no outliers after all.

    Parameters
    ----------
    y_pred, y_true, reduction
        As for `mse`.
    c : float, default 4.685
        From here on a residual is ignored, in the units of y. Finite, greater than 0.

    Returns
    -------
    float or ndarray
        As for `mse`.

    Raises
    ------
    TypeError, ValueError
        As for `mse`; also if c is not a finite number greater than 0.

    Notes
    -----
    Domain: any real numbers, c > 0. Units: those of y, squared.

    Formula: (c²/6) (1 - (1 - s)³) with s = (r/c)², and c²/6 where ``|r|`` > c. The same without cancellation:
    (q²/2) (1 - s + s²/3), where q is ``|r|``, at most c, and s = (q/c)².

    Gradient: r (1 - s)², and 0 where ``|r|`` > c; over N after the mean.

    References
    ----------
    Beaton and Tukey (1974), The Fitting of Power Series, Meaning Polynomials, Illustrated on
    Band-Spectroscopic Data, Technometrics 16. Holland and Welsch (1977), Robust Regression Using Iteratively
    Reweighted Least-Squares, Communications in Statistics A6: 4.685.

    Examples
    --------
    >>> tukey_biweight([0.5, 3.0, 1e9], [0.0, 0.0, 0.0], c=3.0, reduction="none")
    array([0.12155993, 1.5       , 1.5       ])
    """
    residual, _, c, dtype = _up_to(y_pred, y_true, c)
    s = np.square(residual / c)
    return reduce(residual * (residual * (0.5 - s / 2 + s * s / 6)), reduction, dtype)


@quiet
def tukey_biweight_grad(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, *, c: float = 4.685, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `tukey_biweight` with respect to ``y_pred``: r(1 - s)², 0 beyond c, over N for the mean.

    Examples
    --------
    >>> tukey_biweight_grad([1.0, 3.0, 1e9], [0.0, 0.0, 0.0], c=2.0, reduction="none")
    array([0.5625, 0.    , 0.    ])
    """
    residual, left, c, dtype = _up_to(y_pred, y_true, c)
    return scale(residual * np.square(left / c * (1 + np.abs(residual) / c)), reduction, dtype)


def _bend(residual: Float64Array, delta: float) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return the lesser of ``|r|`` and delta, its ratio to the greater, and that of delta to the greater."""
    size = np.abs(residual)
    less, more = np.minimum(size, delta), np.maximum(size, delta)
    return less, less / more, delta / more


class _Scaled(NamedTuple):
    """The residual in units of c, and what it is made of where that overflows."""

    residual: Float64Array
    """r / unit."""
    unit: float
    c: float

    @property
    def x(self) -> Float64Array:
        """r / c."""
        return np.asarray(self.residual / self.c * self.unit)

    def root(self, b: float) -> Float64Array:
        """Return the square root of v = ``|x|``/sqrt(b), which never overflows for a finite r."""
        return np.asarray(np.sqrt(np.abs(self.residual)) / math.sqrt(self.c / self.unit) / b**0.25)


def _scaled(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, alpha: float, c: float
) -> tuple[_Scaled, float, FloatType]:
    """Return the residual in units of c, alpha and the dtype of the result."""
    if not isinstance(alpha, numbers.Real) or isinstance(alpha, bool):
        raise TypeError(f"alpha must be one real number, not {alpha!r}.")
    if math.isnan(alpha):
        raise ValueError("alpha must be a number or ±inf, not NaN.")
    c = positive(c, "c")
    pred, true, dtype = matching(y_pred, y_true)
    residual, unit = difference(pred, true)
    return _Scaled(residual, unit, c), float(alpha), dtype


def _log_term(s: _Scaled, alpha: float) -> tuple[Float64Array, Float64Array]:
    """Return (b/2) log(1 + x²/b), with its limit x²/2 for b = 0 or inf, and ``|x|``/sqrt(b), there 0."""
    x, b = s.x, abs(alpha - 2)
    if b == 0 or math.isinf(b):
        return x * (x / 2), np.zeros_like(x)
    v = np.abs(x) / math.sqrt(b)
    # For v up to 1 it is x²/2 times log(1 + v²)/v², which is 1 where v² vanishes.
    ratio = np.where(v < 1e-9, 1.0, np.log1p(v * v) / (v * v))
    far = np.where(np.isinf(v), 2 * b * np.log(s.root(b)), b / 2 * log1p_square(v))
    return np.where(v < 1, x * x / 2 * ratio, far), v


def _half_power(s: _Scaled, v: Float64Array, alpha: float) -> tuple[Float64Array, float]:
    """Return p and a weight, such that weight p² is b (1 + x²/b)^(alpha/2).

    A half of the power, as what it meets on the way to the result may bring that back into range.
    """
    b = abs(alpha - 2)
    if b < 1:  # dividing by sqrt(b) could overflow
        base, root, weight = np.hypot(math.sqrt(b), s.x), s.root(1.0), b ** (1 - alpha / 2)
    else:
        base, root, weight = np.hypot(1, v), s.root(b), b
    return np.where(np.isinf(base), root**alpha, base ** (alpha / 2)), weight


def _outside(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, epsilon: float, reduction: Reduction = "none"
) -> tuple[Float64Array, Float64Array, float, FloatType]:
    """Return the residual, by how much it sticks out of the tube, their unit and the dtype of the result."""
    epsilon = at_least(epsilon, 0, "epsilon")
    pred, true, dtype = matching(y_pred, y_true)
    residual, unit = difference(pred, true, terms=terms(reduction, pred.size))
    lost = rounding_error(pred / unit, true / unit, residual)
    outside = (np.abs(residual) - epsilon / unit) + np.sign(residual) * lost
    return residual, outside, unit, dtype


def _up_to(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, c: float
) -> tuple[Float64Array, Float64Array, float, FloatType]:
    """Return the residual clipped to ±c, what its size lacks of c, c itself and the dtype of the result."""
    c = positive(c, "c")
    pred, true, dtype = matching(y_pred, y_true)
    residual = np.subtract(pred, true, dtype=np.float64)
    lost = rounding_error(pred, true, residual)
    left = np.maximum(c - np.abs(residual) - np.sign(residual) * lost, 0)
    return np.clip(residual, -c, c), left, c, dtype
