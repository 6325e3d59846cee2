"""Divergences of Gaussians in closed form, and the bound that a variational autoencoder trains on.

Gaussians here have independent dimensions, on the last axis: a loss *sums* over them, and its "mean" is
over the rows before. Spreads come as logarithms, any real number: a standard deviation σ as ``log_sigma``,
a variance σ² as ``log_var``. A spread on its own costs exp(x) - 1 - x, which vanishes with x² where two
spreads agree.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.kernels import excess, quiet, times_exp
from solutions.reduction import averaged, reduce
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction


@quiet
def kl_gaussian(
    mu1: npt.ArrayLike,
    log_sigma1: npt.ArrayLike,
    mu2: npt.ArrayLike,
    log_sigma2: npt.ArrayLike,
    *,
    reduction: Reduction = "mean",
) -> LossValue:
    """Kullback-Leibler divergence of one Gaussian from another, dimension by dimension.

    The first Gaussian does the averaging: a second that is too narrow costs e to the difference of the
    log-spreads, squared, one that is too wide only the difference itself.

    Parameters
    ----------
    mu1, log_sigma1 : array_like of float, shape (N, d) or (d,)
        Means and logarithms of the standard deviations of the first Gaussian.
    mu2, log_sigma2 : array_like of float, of the same shape
        Those of the second.
    reduction : {"mean", "sum", "none"}
        What becomes of the divergences of the rows.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array with one divergence per row.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or is an integer array.
    ValueError
        If the shapes differ, an array is empty or a single number, or the reduction is unknown.

    Notes
    -----
    Domain: any real numbers. Units: nats.

    Formula: log(σ2/σ1) + (σ1² + (μ1 - μ2)²)/(2 σ2²) - ½, summed over the dimensions. With x = 2 log(σ1/σ2)
    and w = (μ1 - μ2)/σ2 that is ½ (exp(x) - 1 - x) + ½ w²: nothing cancels.

    Gradient: w/σ2 for μ1 and -w/σ2 for μ2; exp(x) - 1 for log σ1 and -(exp(x) - 1) - w² for log σ2. Over N
    after the mean.

    References
    ----------
    Kullback (1959), Information Theory and Statistics.

    Examples
    --------
    >>> kl_gaussian([0.0], [-1000.0], [0.0], [0.0])
    np.float64(999.5)
    >>> kl_gaussian([[0.0, 1.0], [0.0, 0.0]], np.zeros((2, 2)), np.zeros((2, 2)), np.zeros((2, 2)))
    np.float64(0.25)
    """
    (mean1, spread1, mean2, spread2), dtype = _gaussians(
        {"mu1": mu1, "log_sigma1": log_sigma1, "mu2": mu2, "log_sigma2": log_sigma2}
    )
    shift = times_exp(mean1 - mean2, -spread2)
    values = excess(2 * (spread1 - spread2)) / 2 + shift**2 / 2
    return reduce(values.sum(axis=-1), reduction, dtype)


@quiet
def kl_gaussian_grad(
    mu1: npt.ArrayLike,
    log_sigma1: npt.ArrayLike,
    mu2: npt.ArrayLike,
    log_sigma2: npt.ArrayLike,
    *,
    reduction: Reduction = "mean",
) -> tuple[Array, Array, Array, Array]:
    """Gradients of `kl_gaussian` with respect to ``mu1``, ``log_sigma1``, ``mu2`` and ``log_sigma2``.

    Examples
    --------
    >>> kl_gaussian_grad([1.0], [0.0], [0.0], [0.0])
    (array([1.]), array([0.]), array([-1.]), array([-1.]))
    """
    (mean1, spread1, mean2, spread2), dtype = _gaussians(
        {"mu1": mu1, "log_sigma1": log_sigma1, "mu2": mu2, "log_sigma2": log_sigma2}
    )
    shift = times_exp(mean1 - mean2, -spread2)
    pull = times_exp(mean1 - mean2, -2 * spread2)
    growth = np.expm1(2 * (spread1 - spread2))
    rows = averaged(reduction, shift[..., 0].size)
    slopes = (pull, growth, -pull, -growth - shift**2)
    return tuple(np.asarray(slope / rows, dtype=dtype) for slope in slopes)  # type: ignore[return-value]


@quiet
def vae_kl(mu: npt.ArrayLike, log_var: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Kullback-Leibler divergence of a Gaussian from the standard normal: the regulariser of a VAE.

    It draws each code distribution q(z given x) towards the prior N(0, 1). Where it wins altogether, mean 0
    and variance 1 for every x, the code says nothing any more: posterior collapse.

    Parameters
    ----------
    mu, log_var : array_like of float, shape (N, d) or (d,)
        Means and logarithms of the *variances* of the codes.
    reduction
        As for `kl_gaussian`.

    Returns
    -------
    float or ndarray
        As for `kl_gaussian`.

    Raises
    ------
    TypeError, ValueError
        As for `kl_gaussian`.

    Notes
    -----
    Domain: any real numbers. Units: nats.

    Formula: ½ Σ (μ² + exp(v) - 1 - v) with v the log-variance, summed over the dimensions.

    Gradient: μ, and ½ (exp(v) - 1) for the log-variance; both over N after the mean.

    References
    ----------
    Kingma and Welling (2014), Auto-Encoding Variational Bayes, ICLR, appendix B.

    Examples
    --------
    >>> vae_kl([[1e-9], [0.0]], [[0.0], [1e-9]], reduction="none")  # exp(v) - 1 - v is 8e-17 if written so
    array([5.0e-19, 2.5e-19])
    """
    (mean, log_variance), dtype = _gaussians({"mu": mu, "log_var": log_var})
    return reduce(_to_standard_normal(mean, log_variance), reduction, dtype)


@quiet
def vae_kl_grad(
    mu: npt.ArrayLike, log_var: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> tuple[Array, Array]:
    """Gradients of `vae_kl` with respect to ``mu`` and ``log_var``: μ and ½ (exp(v) - 1), over N.

    Examples
    --------
    >>> vae_kl_grad([0.5], [-1000.0])
    (array([0.5]), array([-0.5]))
    """
    (mean, log_variance), dtype = _gaussians({"mu": mu, "log_var": log_var})
    rows = averaged(reduction, mean[..., 0].size)
    return np.asarray(mean / rows, dtype=dtype), np.asarray(np.expm1(log_variance) / 2 / rows, dtype=dtype)


@quiet
def negative_elbo_gaussian(
    x_hat: npt.ArrayLike,
    x: npt.ArrayLike,
    mu: npt.ArrayLike,
    log_var: npt.ArrayLike,
    *,
    reduction: Reduction = "mean",
) -> LossValue:
    """Negative evidence lower bound of a VAE whose decoder is a Gaussian with variance 1.

    Reconstruction error plus `vae_kl`. The evidence log p(x) is at least the ELBO, which is maximised; this
    is its negative, to be minimised like every loss. The variance 1 of the decoder fixes the balance of the
    two.

    Parameters
    ----------
    x_hat : array_like of float, shape (N, D) or (D,)
        What the decoder makes of one drawn code.
    x : array_like of float, of the same shape
        The data.
    mu, log_var : array_like of float, shape (N, d) or (d,)
        As for `vae_kl`.
    reduction
        As for `kl_gaussian`.

    Returns
    -------
    float or ndarray
        As for `kl_gaussian`.

    Raises
    ------
    TypeError, ValueError
        As for `kl_gaussian`; also if there are not as many codes as data.

    Notes
    -----
    Domain: any real numbers. Units: nats.

    Formula: ½ ‖x̂ - x‖² + (D/2) log 2π + `vae_kl`. The first two are -log N(x; x̂, 1), for one draw of the
    code.

    Gradient: x̂ - x, μ and ½ (exp(v) - 1); all over N after the mean.

    References
    ----------
    Kingma and Welling (2014), Auto-Encoding Variational Bayes, ICLR. Rezende, Mohamed and Wierstra (2014),
    Stochastic Backpropagation and Approximate Inference in Deep Generative Models, ICML.

    Examples
    --------
    >>> negative_elbo_gaussian([0.5, 1.0], [0.0, 1.5], [0.0], [0.0])
    np.float64(2.0878770664093453)
    """
    residual, (mean, log_variance), dtype = _autoencoded(x_hat, x, mu, log_var)
    reconstruction = ((residual**2).sum(axis=-1) + residual.shape[-1] * math.log(2 * math.pi)) / 2
    return reduce(reconstruction + _to_standard_normal(mean, log_variance), reduction, dtype)


@quiet
def negative_elbo_gaussian_grad(
    x_hat: npt.ArrayLike,
    x: npt.ArrayLike,
    mu: npt.ArrayLike,
    log_var: npt.ArrayLike,
    *,
    reduction: Reduction = "mean",
) -> tuple[Array, Array, Array]:
    """Gradients of `negative_elbo_gaussian` with respect to ``x_hat``, ``mu`` and ``log_var``.

    Examples
    --------
    >>> negative_elbo_gaussian_grad([0.5, 1.0], [0.0, 1.5], [0.25], [0.0])
    (array([ 0.5, -0.5]), array([0.25]), array([0.]))
    """
    residual, (mean, log_variance), dtype = _autoencoded(x_hat, x, mu, log_var)
    rows = averaged(reduction, residual[..., 0].size)
    slopes = (residual, mean, np.expm1(log_variance) / 2)
    return tuple(np.asarray(slope / rows, dtype=dtype) for slope in slopes)  # type: ignore[return-value]


def _to_standard_normal(mean: Float64Array, log_variance: Float64Array) -> Float64Array:
    return np.asarray((mean**2 + excess(log_variance)).sum(axis=-1) / 2)


def _gaussians(arguments: dict[str, npt.ArrayLike]) -> tuple[list[Float64Array], FloatType]:
    """Return the arguments, by name, as float64 arrays of one shape, and the dtype of the result."""
    arrays = {name: checking.prediction(value, name) for name, value in arguments.items()}
    first, *others = arrays
    for name in others:
        checking.same_shape(arrays[first], first, arrays[name], name)
    if arrays[first].ndim == 0:
        raise ValueError(f"{first} is a single number: pass a vector, [{first}] for one dimension.")
    return [array.astype(np.float64) for array in arrays.values()], checking.result_type(*arrays.values())


def _autoencoded(
    x_hat: npt.ArrayLike, x: npt.ArrayLike, mu: npt.ArrayLike, log_var: npt.ArrayLike
) -> tuple[Float64Array, list[Float64Array], FloatType]:
    """Return the residual, mean and log-variance of the code, and the dtype of the result."""
    output, data = checking.prediction(x_hat, "x_hat"), checking.target(x, "x")
    checking.same_shape(output, "x_hat", data, "x")
    code, code_dtype = _gaussians({"mu": mu, "log_var": log_var})
    if output.ndim == 0 or output.shape[:-1] != code[0].shape[:-1]:
        raise ValueError(
            f"x_hat has shape {output.shape} and mu has shape {code[0].shape}, but must have shapes "
            "(N, D) and (N, d): one code for each example."
        )
    dtype = np.float32 if checking.result_type(output, data) == code_dtype == np.float32 else np.float64
    return np.subtract(output, data, dtype=np.float64), code, dtype
