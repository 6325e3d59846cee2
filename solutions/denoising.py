"""The regressions behind diffusion models and flows: generation as predicting noise, a score or a velocity.

Each is a mean squared error with a target that the training procedure draws itself: noise, or a straight line
from noise to data. That is why they train so calmly. ``reduction`` works as in `regression`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions.checking import positive, prediction, result_type, same_shape, target
from solutions.kernels import difference, quiet
from solutions.reduction import reduce, scale, terms
from solutions.regression import mse, mse_grad
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction


def ddpm_eps(eps_pred: npt.ArrayLike, eps: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Loss of a diffusion model: predict the noise that was mixed into the example.

    The variational bound gives each noise level its own weight; the authors of DDPM leave the weights out and
    get better pictures. Whoever puts them back in trains for likelihood instead.

    Parameters
    ----------
    eps_pred : array_like of float
        Predicted noise, any shape.
    eps : array_like of float
        The noise that was added, of the same shape.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``eps_pred``.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or holds integers that could wrap round.
    ValueError
        If the shapes differ, an array is empty or the reduction is unknown.

    Notes
    -----
    Domain: any real numbers. Units: none; the noise has variance 1.

    Formula: (eps_pred - eps)², the mean squared error.

    Gradient: 2 (eps_pred - eps), and that over N after the mean.

    References
    ----------
    Ho, Jain and Abbeel (2020), Denoising Diffusion Probabilistic Models, NeurIPS.

    Examples
    --------
    >>> ddpm_eps([0.5, -0.5], [0.0, -1.0])
    np.float64(0.25)
    """
    return mse(*_pair(eps_pred, eps), reduction=reduction)


def ddpm_eps_grad(eps_pred: npt.ArrayLike, eps: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `ddpm_eps` with respect to ``eps_pred``: 2 (eps_pred - eps), over N for the mean.

    Examples
    --------
    >>> ddpm_eps_grad([0.5, -0.5], [0.0, -1.0])
    array([0.5, 0.5])
    """
    return mse_grad(*_pair(eps_pred, eps), reduction=reduction)


@quiet
def denoising_score_matching(
    score: npt.ArrayLike, eps: npt.ArrayLike, *, sigma: float = 1.0, reduction: Reduction = "mean"
) -> LossValue:
    """Denoising score matching: learn the slope of the log-density from noisy examples.

    The example x + sigma eps has the score -eps/sigma given x. Its square grows like 1/sigma², so the loss is
    weighted by sigma²: every noise level then counts about the same.

    Parameters
    ----------
    score : array_like of float
        Predicted score (the gradient of the log-density) at the noisy example, any shape.
    eps : array_like of float
        The standard normal noise, before it was scaled by sigma, of the same shape.
    sigma : float, default 1.0
        Noise level, finite and greater than 0. With 1.0 nothing is scaled; noise-conditional score networks
        go from 1 down to 0.01.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``score``.

    Raises
    ------
    TypeError, ValueError
        As for `ddpm_eps`; also if sigma is not a finite number greater than 0.

    Notes
    -----
    Domain: any real numbers, sigma > 0. Units: none; the score has those of 1/sigma.

    Formula: (sigma score + eps)². With eps_pred = -sigma score it is `ddpm_eps`.

    Gradient: 2 sigma (sigma score + eps), and that over N after the mean.

    References
    ----------
    Vincent (2011), A Connection Between Score Matching and Denoising Autoencoders, Neural Computation 23.
    Song and Ermon (2019), Generative Modeling by Estimating Gradients of the Data Distribution, NeurIPS.

    Examples
    --------
    >>> denoising_score_matching([1.0, -2.0], [-0.25, 1.5], sigma=0.5)
    np.float64(0.15625)
    """
    residual, unit, _, dtype = _weighted_error(score, eps, sigma, reduction)
    return reduce(residual * residual, reduction, dtype, factor=unit**2)


@quiet
def denoising_score_matching_grad(
    score: npt.ArrayLike, eps: npt.ArrayLike, *, sigma: float = 1.0, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `denoising_score_matching` with respect to ``score``, over N for the mean.

    Examples
    --------
    >>> denoising_score_matching_grad([1.0, -2.0], [-0.25, 1.5], sigma=0.5)
    array([0.125, 0.25 ])
    """
    residual, unit, sigma, dtype = _weighted_error(score, eps, sigma)
    return scale(residual * sigma, reduction, dtype, factor=2 * unit)


@quiet
def flow_matching(
    v: npt.ArrayLike, x1: npt.ArrayLike, x0: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> LossValue:
    """Flow matching along straight lines: predict the velocity from a noise sample to a data point.

    The network sees the point (1-t) x0 + t x1 and the time t; many lines cross there, and the least loss is
    reached by their mean velocity. So the loss does not go to 0, and the learned paths are curved.

    Parameters
    ----------
    v : array_like of float
        Predicted velocity, any shape.
    x1 : array_like of float
        Data, where the line ends at t = 1; of the same shape.
    x0 : array_like of float
        Noise, where it starts; of the same shape.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``v``.

    Raises
    ------
    TypeError, ValueError
        As for `ddpm_eps`.

    Notes
    -----
    Domain: any real numbers. Units: those of the data, squared.

    Formula: (v - (x1 - x0))².

    Gradient: 2 (v - (x1 - x0)), and that over N after the mean.

    References
    ----------
    Lipman, Chen, Ben-Hamu, Nickel and Le (2023), Flow Matching for Generative Modeling, ICLR. Liu, Gong and
    Liu (2023), Flow Straight and Fast, ICLR.

    Examples
    --------
    >>> flow_matching([0.5, 1.0], x1=[1.0, 2.0], x0=[0.25, 0.5])
    np.float64(0.15625)
    """
    residual, unit, dtype = _velocity_error(v, x1, x0, reduction)
    return reduce(residual * residual, reduction, dtype, factor=unit**2)


@quiet
def flow_matching_grad(
    v: npt.ArrayLike, x1: npt.ArrayLike, x0: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> Array:
    """Gradient of `flow_matching` with respect to ``v``: 2 (v - (x1 - x0)), over N for the mean.

    Examples
    --------
    >>> flow_matching_grad([0.5, 1.0], x1=[1.0, 2.0], x0=[0.25, 0.5])
    array([-0.25, -0.5 ])
    """
    residual, unit, dtype = _velocity_error(v, x1, x0)
    return scale(residual, reduction, dtype, factor=2 * unit)


def _pair(eps_pred: npt.ArrayLike, eps: npt.ArrayLike) -> tuple[Array, Array]:
    """Return predicted and true noise of one shape."""
    pred, true = prediction(eps_pred, "eps_pred"), target(eps, "eps")
    same_shape(pred, "eps_pred", true, "eps")
    return pred, true


def _weighted_error(
    score: npt.ArrayLike, eps: npt.ArrayLike, sigma: float, reduction: Reduction = "none"
) -> tuple[Float64Array, float, float, FloatType]:
    """Return sigma score + eps, its unit (1 but for huge numbers), sigma and the dtype of the result."""
    sigma = positive(sigma, "sigma")
    pred, noise = prediction(score, "score"), target(eps, "eps")
    same_shape(pred, "score", noise, "eps")
    weighted = np.multiply(pred, sigma, dtype=np.float64)
    return *difference(weighted, -noise, terms=terms(reduction, pred.size)), sigma, result_type(pred, noise)


def _velocity_error(
    v: npt.ArrayLike, x1: npt.ArrayLike, x0: npt.ArrayLike, reduction: Reduction = "none"
) -> tuple[Float64Array, float, FloatType]:
    """Return v - (x1 - x0), its unit (1 but for huge numbers) and the dtype of the result."""
    pred, end, start = prediction(v, "v"), target(x1, "x1"), target(x0, "x0")
    same_shape(pred, "v", end, "x1")
    same_shape(pred, "v", start, "x0")
    velocity, unit = difference(end, start)
    residual, further = difference(
        pred.astype(np.float64) / unit, velocity, terms=terms(reduction, pred.size)
    )
    return residual, unit * further, result_type(pred, end, start)
