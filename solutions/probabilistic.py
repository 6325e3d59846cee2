"""Losses of a predicted distribution: the network says what it expects, and how sure it is.

Each prediction is the centre and the logarithm of the width of a density, so that any two real numbers are a
valid prediction. r = mean - y_true is the residual. Densities can exceed 1: these losses may be negative, and
all but `crps_gaussian` have no lower bound. Gradients come as a tuple, one array for each predicted argument.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solutions.checking import flag, positive, prediction, result_type, same_shape, target
from solutions.kernels import difference, log1p_square, quiet, rounding_error, times_exp
from solutions.reduction import reduce, scale
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction

_HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


@quiet
def gaussian_nll(
    mean: npt.ArrayLike,
    log_var: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    full: bool = False,
    reduction: Reduction = "mean",
) -> LossValue:
    """Negative log-likelihood of a Gaussian whose variance is predicted too.

    For noise that differs from example to example: where the network is unsure it may widen the Gaussian, and
    pays log_var/2 for it. With a fixed variance it is `half_mse` up to scale and a constant.

    Parameters
    ----------
    mean, log_var : array_like of float
        Predicted means and logarithms of the variances, of one shape (any shape).
    y_true : array_like of float
        Targets, of the same shape.
    full : bool, default False
        Whether to add the constant log(2π)/2.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``mean``.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or holds integers that could wrap round.
    ValueError
        If the shapes differ, an array is empty or the reduction is unknown.

    Notes
    -----
    Domain: any real numbers. Units: nats, for y in the units in which the variance is meant.

    Formula: ½(log_var + z²) with z = r exp(-log_var/2), and ½ log 2π if full.

    Gradients: r exp(-log_var) for the mean, ½(1 - z²) for log_var; over N after the mean. The first is the
    residual over the variance: hard examples that were given a large variance hardly pull any more.

    References
    ----------
    Nix and Weigend (1994), Estimating the Mean and Variance of the Target Probability Distribution, ICNN.
    Seitzer, Tavakoli, Antic and Martius (2022), On the Pitfalls of Heteroscedastic Uncertainty Estimation,
    ICLR.

    Examples
    --------
    >>> gaussian_nll([3.0, 3.0], [0.0, np.log(4.0)], [5.0, 5.0], reduction="none")
    array([2.        , 1.19314718])
    """
    inputs = _located(mean, log_var, "log_var", y_true)
    z, log_variance = _standardised(inputs, inputs.width / 2), inputs.width
    values = log_variance / 2 + z * (z / 2)
    return reduce(values + (_HALF_LOG_2PI if flag(full, "full") else 0.0), reduction, inputs.dtype)


@quiet
def gaussian_nll_grad(
    mean: npt.ArrayLike,
    log_var: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    full: bool = False,
    reduction: Reduction = "mean",
) -> tuple[Array, Array]:
    """Gradients of `gaussian_nll` with respect to ``mean`` and ``log_var``; ``full`` changes nothing.

    Examples
    --------
    >>> gaussian_nll_grad([3.0, 5.0], [0.0, np.log(4.0)], [5.0, 5.0], reduction="none")
    (array([-2.,  0.]), array([-1.5,  0.5]))
    """
    inputs = _located(mean, log_var, "log_var", y_true)
    z = _standardised(inputs, inputs.width / 2)
    slopes = times_exp(z, -inputs.width / 2), _one_minus_square(inputs, z, inputs.width) / 2
    return _scaled(slopes, reduction, inputs.dtype)


@quiet
def laplace_nll(
    mean: npt.ArrayLike, log_b: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> LossValue:
    """Negative log-likelihood of a Laplace density whose width is predicted too.

    The robust sibling of `gaussian_nll`: with a fixed width it is `mae` up to scale and a constant. b is the
    mean absolute deviation; the standard deviation is b times √2.

    Parameters
    ----------
    mean, log_b : array_like of float
        Predicted centres (median and mean in one) and logarithms of the widths b, of one shape.
    y_true, reduction
        As for `gaussian_nll`.

    Returns
    -------
    float or ndarray
        As for `gaussian_nll`.

    Raises
    ------
    TypeError, ValueError
        As for `gaussian_nll`.

    Notes
    -----
    Domain: any real numbers. Units: nats.

    Formula: log 2 + log_b + ``|r|`` exp(-log_b).

    Gradients: sign(r) exp(-log_b) for the mean, 0 at r = 0; 1 - ``|r|`` exp(-log_b) for log_b; over N after
    the mean.

    References
    ----------
    Laplace (1774), Mémoire sur la probabilité des causes par les événements. Kendall and Gal (2017), What
    Uncertainties Do We Need in Bayesian Deep Learning for Computer Vision?, NIPS.

    Examples
    --------
    >>> laplace_nll([3.0, 3.0], [0.0, np.log(2.0)], [5.0, 5.0], reduction="none")
    array([2.69314718, 2.38629436])
    """
    inputs = _located(mean, log_b, "log_b", y_true)
    size = np.abs(_standardised(inputs, inputs.width))
    return reduce(math.log(2) + inputs.width + size, reduction, inputs.dtype)


@quiet
def laplace_nll_grad(
    mean: npt.ArrayLike, log_b: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> tuple[Array, Array]:
    """Gradients of `laplace_nll` with respect to ``mean`` and ``log_b``.

    Examples
    --------
    >>> laplace_nll_grad([3.0, 3.0], [0.0, np.log(2.0)], [5.0, 3.0], reduction="none")
    (array([-1.,  0.]), array([-1.,  1.]))
    """
    inputs = _located(mean, log_b, "log_b", y_true)
    sign, size = np.sign(inputs.residual), np.abs(inputs.residual * inputs.unit)
    for_mean = times_exp(sign, -inputs.width)
    near = (1 - size - sign * inputs.lost * inputs.unit) - size * np.expm1(-inputs.width)
    far = 1 - np.abs(_standardised(inputs, inputs.width))
    for_width = np.where(_near_one(inputs), near, far)
    return _scaled((for_mean, for_width), reduction, inputs.dtype)


@quiet
def student_t_nll(
    mean: npt.ArrayLike,
    log_sigma: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    nu: float = 4.0,
    reduction: Reduction = "mean",
) -> LossValue:
    """Negative log-likelihood of a Student-t density, the one with heavy tails.

    An outlier costs its logarithm only, and far out its pull on the mean even falls. A small nu means heavy
    tails: 1 is the Cauchy density; as nu grows it becomes the Gaussian with standard deviation sigma.

    Parameters
    ----------
    mean, log_sigma : array_like of float
        Predicted centres and logarithms of the scales, of one shape. The standard deviation is larger than
        sigma: sigma sqrt(nu/(nu - 2)), and infinite for nu up to 2.
    y_true, reduction
        As for `gaussian_nll`.
    nu : float, default 4.0
        Degrees of freedom, finite and greater than 0.

    Returns
    -------
    float or ndarray
        As for `gaussian_nll`.

    Raises
    ------
    TypeError, ValueError
        As for `gaussian_nll`; also if nu is not a finite number greater than 0.

    Notes
    -----
    Domain: any real numbers, nu > 0. Units: nats.

    Formula: log Γ(nu/2) - log Γ((nu+1)/2) + ½ log(π nu) + log_sigma + ½(nu+1) log(1 + z²/nu) with
    z = r exp(-log_sigma). The two log Γ agree in ever more digits as nu grows: their difference is computed
    as one.

    Gradients: (nu+1) r/(nu sigma² + r²) for the mean, largest at ``|z|`` = sqrt(nu); nu (1 - z²)/(nu + z²)
    for log_sigma; over N after the mean.

    References
    ----------
    Lange, Little and Taylor (1989), Robust Statistical Modeling Using the t Distribution, JASA 84.

    Examples
    --------
    >>> student_t_nll([0.0, 0.0], [0.0, 0.0], [0.0, 100.0], nu=1.0, reduction="none")
    array([ 1.14472989, 10.35517025])
    """
    inputs = _located(mean, log_sigma, "log_sigma", y_true)
    nu = positive(nu, "nu")
    v = np.abs(_standardised(inputs, inputs.width)) / math.sqrt(nu)
    # Where z is too large a number for a float64, its logarithm is not.
    log_z = np.log(np.abs(inputs.residual)) + math.log(inputs.unit) - inputs.width
    tail = np.where(np.isinf(v), 2 * log_z - math.log(nu), log1p_square(v))
    values = _log_normaliser(nu) + inputs.width + (nu / 2 + 0.5) * tail
    return reduce(values, reduction, inputs.dtype)


@quiet
def student_t_nll_grad(
    mean: npt.ArrayLike,
    log_sigma: npt.ArrayLike,
    y_true: npt.ArrayLike,
    *,
    nu: float = 4.0,
    reduction: Reduction = "mean",
) -> tuple[Array, Array]:
    """Gradients of `student_t_nll` with respect to ``mean`` and ``log_sigma``.

    Examples
    --------
    >>> student_t_nll_grad([1.0, 100.0], [0.0, 0.0], [0.0, 0.0], nu=1.0, reduction="none")
    (array([1.      , 0.019998]), array([ 0.        , -0.99980002]))
    """
    inputs = _located(mean, log_sigma, "log_sigma", y_true)
    nu = positive(nu, "nu")
    z = _standardised(inputs, inputs.width)
    v = z / math.sqrt(nu)
    inner = times_exp(z, -inputs.width) * (1 + 1 / nu) / (1 + v * v)
    outer = (nu + 1) / inputs.residual / (1 + 1 / (v * v)) / inputs.unit
    bounded = -nu / (1 + 1 / (v * v))
    for_width = np.where(
        np.abs(z) < 1e9, _one_minus_square(inputs, z, 2 * inputs.width) / (1 + v * v), bounded
    )
    return _scaled((np.where(np.abs(v) > 1, outer, inner), for_width), reduction, inputs.dtype)


@quiet
def crps_gaussian(
    mean: npt.ArrayLike, log_sigma: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> LossValue:
    """Continuous ranked probability score of a Gaussian forecast.

    The squared distance between the predicted distribution function and the step at the target, integrated.
    It is in the units of y and becomes the absolute error as sigma goes to 0: a sharp forecast that is wrong
    costs its error, where `gaussian_nll` knows no limit.

    Parameters
    ----------
    mean, log_sigma : array_like of float
        Predicted means and logarithms of the standard deviations, of one shape.
    y_true, reduction
        As for `gaussian_nll`.

    Returns
    -------
    float or ndarray
        As for `gaussian_nll`.

    Raises
    ------
    TypeError, ValueError
        As for `gaussian_nll`.

    Notes
    -----
    Domain: any real numbers. Units: those of y.

    Formula: sigma (w (2Φ(w) - 1) + 2φ(w) - 1/√π) with w = (y_true - mean)/sigma, and Φ and φ the distribution
    function and the density of the standard Gaussian. Equally ``|r|`` erf(``|w|``/√2) + g, where
    g = sigma (√2 exp(-w²/2) - 1)/√π; it is greater than 0, as no forecast with a width is perfect.

    Gradients: erf(r/(sigma √2)), always between -1 and 1, for the mean; g for log_sigma; over N after the
    mean.

    References
    ----------
    Matheson and Winkler (1976), Scoring Rules for Continuous Probability Distributions, Management Science
    22. Gneiting and Raftery (2007), Strictly Proper Scoring Rules, Prediction, and Estimation, JASA 102.

    Examples
    --------
    >>> crps_gaussian([0.0, 0.0], [0.0, 0.0], [0.0, 40.0], reduction="none")
    array([ 0.23369498, 39.43581042])
    """
    inputs = _located(mean, log_sigma, "log_sigma", y_true)
    hit, spread = _crps_parts(inputs)
    return reduce(np.abs(inputs.residual * hit) * inputs.unit + spread, reduction, inputs.dtype)


@quiet
def crps_gaussian_grad(
    mean: npt.ArrayLike, log_sigma: npt.ArrayLike, y_true: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> tuple[Array, Array]:
    """Gradients of `crps_gaussian` with respect to ``mean`` and ``log_sigma``.

    Examples
    --------
    >>> crps_gaussian_grad([0.0, 0.0], [0.0, 0.0], [0.0, 40.0], reduction="none")
    (array([ 0., -1.]), array([ 0.23369498, -0.56418958]))
    """
    inputs = _located(mean, log_sigma, "log_sigma", y_true)
    return _scaled(_crps_parts(inputs), reduction, inputs.dtype)


class _Located(NamedTuple):
    """A prediction of centre and width beside its target."""

    residual: Float64Array
    """mean - y_true, in its unit."""
    unit: float
    lost: Float64Array
    """What rounding took off the residual, in the same unit."""
    width: Float64Array
    """Logarithm of the width, or of its square."""
    dtype: FloatType


def _located(mean: npt.ArrayLike, width: npt.ArrayLike, name: str, y_true: npt.ArrayLike) -> _Located:
    """Check the three arrays and return what the losses need of them."""
    centre, log_width, true = prediction(mean, "mean"), prediction(width, name), target(y_true, "y_true")
    same_shape(centre, "mean", log_width, name)
    same_shape(centre, "mean", true, "y_true")
    dtype = result_type(centre, log_width, true)
    residual, unit = difference(centre, true)
    lost = rounding_error(centre / unit, true / unit, residual)
    return _Located(residual, unit, lost, log_width.astype(np.float64), dtype)


def _standardised(inputs: _Located, log_width: Float64Array) -> Float64Array:
    """Return the residual over the width."""
    return np.asarray(times_exp(inputs.residual, -log_width) * inputs.unit)


def _near_one(inputs: _Located) -> npt.NDArray[np.bool_]:
    """Return where 1 minus the residual over the width may cancel although both are known to all digits."""
    return (np.abs(inputs.width) < 0.5) & (np.abs(inputs.residual) < 2 / inputs.unit)


def _one_minus_square(inputs: _Located, z: Float64Array, log_var: Float64Array) -> Float64Array:
    """Return 1 - z², with its digits also where z = r exp(-log_var/2) is almost 1."""
    r = inputs.residual * inputs.unit
    near = (1 - r) * (1 + r) - 2 * r * inputs.lost * inputs.unit - r * r * np.expm1(-log_var)
    return np.where(_near_one(inputs), near, (1 - z) * (1 + z))


def _log_normaliser(nu: float) -> float:
    """Return log Γ(nu/2) - log Γ((nu+1)/2) + ½ log(π nu), also where the log Γ are equal in all digits.

    From nu/2 = 25 on its asymptotic series is exact to rounding, and Γ(x+1) = x Γ(x) leads from any smaller
    number there.
    """
    x = nu / 2
    steps = max(0, math.ceil(25 - x))
    start = sum(math.log1p(0.5 / (x + k)) for k in range(steps))
    y = x + steps
    series = (1 / 8 - (1 / 192 - (1 / 640 - 17 / 14336 / y**2) / y**2) / y**2) / y
    return start + series + _HALF_LOG_2PI + 0.5 * math.log(x / y)


def _crps_parts(inputs: _Located) -> tuple[Float64Array, Float64Array]:
    """Return erf(r/(sigma √2)) and sigma (√2 exp(-w²/2) - 1)/√π: the gradients, and parts of the value."""
    w = _standardised(inputs, inputs.width)
    spread = np.expm1((math.log(2) - w * w) / 2) * np.exp(inputs.width)
    return _erf(w / math.sqrt(2)), spread / math.sqrt(math.pi)


def _erf(x: Float64Array) -> Float64Array:
    """Return the error function of each element, by the C library that Python stands on."""
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), dtype=np.float64)


def _scaled(
    slopes: tuple[Float64Array, Float64Array], reduction: Reduction, dtype: FloatType
) -> tuple[Array, Array]:
    return scale(slopes[0], reduction, dtype), scale(slopes[1], reduction, dtype)
