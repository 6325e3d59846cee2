"""Losses of generative adversarial networks: two players, each with a loss of the discriminator's scores.

A discriminator gives each example a score D, a logit that it is real; a critic's score has no such reading.
The losses of scores take a batch of scores of real examples, ``d_real``, and one of generated ones,
``d_fake``. The two may differ in length, as each batch has its own mean or sum; only "none" needs pairs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions.checking import prediction, result_type, same_shape
from solutions.kernels import quiet, sigmoid, softplus
from solutions.reduction import reduce, scale
from solutions.regression import half_mse, half_mse_grad
from solutions.types import Array, Float64Array, FloatType, LossValue, Reduction


@quiet
def gan_d_bce(d_real: npt.ArrayLike, d_fake: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Discriminator's loss of the original GAN: cross-entropy, real against generated.

    At its optimum D is the log of the density ratio of real and generated examples. The loss is then 2 log 2
    where the two agree, so a loss near 1.386 means that the discriminator cannot tell them apart.

    Parameters
    ----------
    d_real, d_fake : array_like of float
        Scores D of real and of generated examples; the same shape but for the length of the first axis.
    reduction : {"mean", "sum", "none"}
        Mean over the real ones plus mean over the generated ones, or sum plus sum; or one value for each
        pair, for which the shapes must be equal.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``d_real``.

    Raises
    ------
    TypeError
        If an argument does not hold real numbers, or is an integer array.
    ValueError
        If the shapes do not fit, an array is empty or the reduction is unknown.

    Notes
    -----
    Domain: any real scores, also ±inf. Units: nats.

    Formula: softplus(-d_real) + softplus(d_fake), the means of both added.

    Gradient: -σ(-d_real) and σ(d_fake), each over the size of its batch after the mean.

    References
    ----------
    Goodfellow et al. (2014), Generative Adversarial Nets, NIPS.

    Examples
    --------
    >>> gan_d_bce([1.5, -0.5], [-0.75, 0.25])
    np.float64(1.1941503440783015)
    """
    real, fake, dtype = _two_batches(d_real, d_fake, reduction)
    return _added(softplus(-real), softplus(fake), reduction, dtype)


@quiet
def gan_d_bce_grad(
    d_real: npt.ArrayLike, d_fake: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> tuple[Array, Array]:
    """Gradient of `gan_d_bce` with respect to ``d_real`` and ``d_fake``.

    Examples
    --------
    >>> gan_d_bce_grad([0.0, 0.0], [0.0])
    (array([-0.25, -0.25]), array([0.5]))
    """
    real, fake, dtype = _two_batches(d_real, d_fake, reduction)
    return scale(-sigmoid(-real), reduction, dtype), scale(sigmoid(fake), reduction, dtype)


@quiet
def gan_d_hinge(d_real: npt.ArrayLike, d_fake: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Discriminator's hinge loss: real scores above 1, generated ones below -1, and no more.

    Once both margins hold the discriminator rests. The generator's partner of this loss is the mean of
    -d_fake, without a hinge.

    Parameters
    ----------
    d_real, d_fake, reduction
        As for `gan_d_bce`.

    Returns
    -------
    float or ndarray
        As for `gan_d_bce`.

    Raises
    ------
    TypeError, ValueError
        As for `gan_d_bce`.

    Notes
    -----
    Domain: any real scores. Units: those of the score.

    Formula: max(0, 1 - d_real) + max(0, 1 + d_fake), the means of both added.

    Gradient: -1 where d_real < 1, and 1 where d_fake > -1; else 0, at the kinks too.

    References
    ----------
    Lim and Ye (2017), Geometric GAN, arXiv:1705.02894. Miyato, Kataoka, Koyama and Yoshida (2018), Spectral
    Normalization for Generative Adversarial Networks, ICLR.

    Examples
    --------
    >>> gan_d_hinge([1.5, -0.5], [-0.75, 0.25])
    np.float64(1.5)
    """
    real, fake, dtype = _two_batches(d_real, d_fake, reduction)
    return _added(np.maximum(1 - real, 0), np.maximum(1 + fake, 0), reduction, dtype)


@quiet
def gan_d_hinge_grad(
    d_real: npt.ArrayLike, d_fake: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> tuple[Array, Array]:
    """Gradient of `gan_d_hinge` with respect to ``d_real`` and ``d_fake``.

    Examples
    --------
    >>> gan_d_hinge_grad([1.5, -0.5], [-0.75, 0.25])
    (array([ 0. , -0.5]), array([0.5, 0.5]))
    """
    real, fake, dtype = _two_batches(d_real, d_fake, reduction)
    down, up = 0.0 - np.heaviside(1 - real, 0), np.heaviside(1 + fake, 0)
    return scale(down, reduction, dtype), scale(up, reduction, dtype)


@quiet
def wgan_critic(d_real: npt.ArrayLike, d_fake: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Critic's loss of the Wasserstein GAN: how much higher are generated examples scored than real ones?

    If the critic's slope is kept at most 1, the negative of the least loss is the Wasserstein-1 distance.
    Without that constraint, by a gradient penalty or spectral normalisation, it falls without end.

    Parameters
    ----------
    d_real, d_fake, reduction
        As for `gan_d_bce`.

    Returns
    -------
    float or ndarray
        As for `gan_d_bce`; it may be negative, and should become so.

    Raises
    ------
    TypeError, ValueError
        As for `gan_d_bce`.

    Notes
    -----
    Domain: any real scores. Units: those of the score.

    Formula: d_fake - d_real, the means of both subtracted.

    Gradient: -1 and 1, each over the size of its batch after the mean.

    References
    ----------
    Arjovsky, Chintala and Bottou (2017), Wasserstein Generative Adversarial Networks, ICML.

    Examples
    --------
    >>> wgan_critic([1.5, -0.5], [-0.75, 0.25])
    np.float64(-0.75)
    """
    real, fake, dtype = _two_batches(d_real, d_fake, reduction)
    return _added(-real, fake, reduction, dtype)


@quiet
def wgan_critic_grad(
    d_real: npt.ArrayLike, d_fake: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> tuple[Array, Array]:
    """Gradient of `wgan_critic` with respect to ``d_real`` and ``d_fake``.

    Examples
    --------
    >>> wgan_critic_grad([1.5, -0.5], [-0.75, 0.25])
    (array([-0.5, -0.5]), array([0.5, 0.5]))
    """
    real, fake, dtype = _two_batches(d_real, d_fake, reduction)
    return scale(-np.ones_like(real), reduction, dtype), scale(np.ones_like(fake), reduction, dtype)


@quiet
def lsgan_d(d_real: npt.ArrayLike, d_fake: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Discriminator's loss of the least-squares GAN: real scores at 1, generated ones at 0.

    A generated example that is on the right side of the border, but far from it, is still pulled: the
    generator's slope does not die out as it does under `gan_g_minimax`.

    Parameters
    ----------
    d_real, d_fake, reduction
        As for `gan_d_bce`.

    Returns
    -------
    float or ndarray
        As for `gan_d_bce`.

    Raises
    ------
    TypeError, ValueError
        As for `gan_d_bce`.

    Notes
    -----
    Domain: any real scores; they are used as they are, without a sigmoid. Units: those of the score, squared.

    Formula: ½ (d_real - 1)² + ½ d_fake², the means of both added.

    Gradient: d_real - 1 and d_fake, each over the size of its batch after the mean.

    References
    ----------
    Mao, Li, Xie, Lau, Wang and Smolley (2017), Least Squares Generative Adversarial Networks, ICCV.

    Examples
    --------
    >>> lsgan_d([1.5, -0.5], [-0.75, 0.25])
    np.float64(0.78125)
    """
    real, fake, dtype = _two_batches(d_real, d_fake, reduction)
    at_one = half_mse(real, np.ones_like(real), reduction=reduction)
    at_zero = half_mse(fake, np.zeros_like(fake), reduction=reduction)
    return _narrow(at_one + at_zero, dtype)


@quiet
def lsgan_d_grad(
    d_real: npt.ArrayLike, d_fake: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> tuple[Array, Array]:
    """Gradient of `lsgan_d` with respect to ``d_real`` and ``d_fake``.

    Examples
    --------
    >>> lsgan_d_grad([1.5, -0.5], [-0.75, 0.25])
    (array([ 0.25, -0.75]), array([-0.375,  0.125]))
    """
    real, fake, dtype = _two_batches(d_real, d_fake, reduction)
    to_one = half_mse_grad(real, np.ones_like(real), reduction=reduction)
    to_zero = half_mse_grad(fake, np.zeros_like(fake), reduction=reduction)
    return to_one.astype(dtype), to_zero.astype(dtype)


@quiet
def gan_g_minimax(d_fake: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Generator's loss in the minimax game: the log-probability that its example is found out.

    Exactly what the discriminator maximises. It saturates: while the discriminator is sure, at D = -50, the
    slope is 2e-22 and the generator learns nothing. Train with `gan_g_nonsaturating`.

    Parameters
    ----------
    d_fake : array_like of float
        Scores D of generated examples, any shape.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the elements.

    Returns
    -------
    float or ndarray
        A number that is never positive, or with "none" an array of the shape of ``d_fake``.

    Raises
    ------
    TypeError
        If the scores are not real numbers, or are an integer array.
    ValueError
        If the array is empty or the reduction is unknown.

    Notes
    -----
    Domain: any real scores, also ±inf. Units: nats.

    Formula: log(1 - σ(D)) = -softplus(D).

    Gradient: -σ(D), and that over N after the mean.

    References
    ----------
    Goodfellow et al. (2014), Generative Adversarial Nets, NIPS.

    Examples
    --------
    >>> gan_g_minimax([-50.0])
    np.float64(-1.9287498479639178e-22)
    """
    fake, dtype = _scores(d_fake)
    return reduce(-softplus(fake), reduction, dtype)


@quiet
def gan_g_minimax_grad(d_fake: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `gan_g_minimax` with respect to ``d_fake``: -σ(D), over N for the mean.

    Examples
    --------
    >>> gan_g_minimax_grad([-50.0])
    array([-1.92874985e-22])
    """
    fake, dtype = _scores(d_fake)
    return scale(-sigmoid(fake), reduction, dtype)


@quiet
def gan_g_nonsaturating(d_fake: npt.ArrayLike, *, reduction: Reduction = "mean") -> LossValue:
    """Generator's loss in practice: the surprise that its example passes as real.

    It has the fixed point of `gan_g_minimax`, but pulls hardest where the discriminator is surest.

    Parameters
    ----------
    d_fake, reduction
        As for `gan_g_minimax`.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of the shape of ``d_fake``.

    Raises
    ------
    TypeError, ValueError
        As for `gan_g_minimax`.

    Notes
    -----
    Domain: any real scores, also ±inf. Units: nats.

    Formula: -log σ(D) = softplus(-D).

    Gradient: -σ(-D), and that over N after the mean.

    References
    ----------
    Goodfellow et al. (2014), Generative Adversarial Nets, NIPS.

    Examples
    --------
    >>> gan_g_nonsaturating([-50.0])
    np.float64(50.0)
    """
    fake, dtype = _scores(d_fake)
    return reduce(softplus(-fake), reduction, dtype)


@quiet
def gan_g_nonsaturating_grad(d_fake: npt.ArrayLike, *, reduction: Reduction = "mean") -> Array:
    """Gradient of `gan_g_nonsaturating` with respect to ``d_fake``: -σ(-D), over N for the mean.

    Examples
    --------
    >>> gan_g_nonsaturating_grad([-50.0])
    array([-1.])
    """
    fake, dtype = _scores(d_fake)
    return scale(-sigmoid(-fake), reduction, dtype)


def _scores(d_fake: npt.ArrayLike) -> tuple[Float64Array, FloatType]:
    """Return scores in float64, and the dtype of the result."""
    fake = prediction(d_fake, "d_fake")
    return fake.astype(np.float64, copy=False), result_type(fake)


def _two_batches(
    d_real: npt.ArrayLike, d_fake: npt.ArrayLike, reduction: Reduction
) -> tuple[Float64Array, Float64Array, FloatType]:
    """Return both batches of scores in float64, and the dtype of the result."""
    real, fake = prediction(d_real, "d_real"), prediction(d_fake, "d_fake")
    if reduction == "none" or real.ndim != fake.ndim or real.shape[1:] != fake.shape[1:]:
        same_shape(real, "d_real", fake, "d_fake")
    wide = real.astype(np.float64, copy=False), fake.astype(np.float64, copy=False)
    return *wide, result_type(real, fake)


def _added(real: Float64Array, fake: Float64Array, reduction: Reduction, dtype: FloatType) -> LossValue:
    """Reduce the losses of both batches and add them up, with one rounding at the end."""
    return _narrow(reduce(real, reduction, np.float64) + reduce(fake, reduction, np.float64), dtype)


def _narrow(value: LossValue, dtype: FloatType) -> LossValue:
    return dtype(value) if np.ndim(value) == 0 else np.asarray(value, dtype)
