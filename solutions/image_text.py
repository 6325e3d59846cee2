"""Contrastive losses of images and their texts, with a learned temperature.

As in `partners`, similarities are cosines, values are in nats, and a gradient is that of the whole reduced
loss: after a mean it holds the factor 1/N, and for both "sum" and "none" it is that of the sum.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solutions.checking import prediction
from solutions.kernels import Cosines, Directions, cosines, quiet, sigmoid, softplus, tangent, weigh
from solutions.reduction import averaged, reduce
from solutions.similarities import choose, diagonal, scores, two_views
from solutions.types import Array, Float64Array, LossValue, Reduction


@quiet
def clip(
    image: npt.ArrayLike, text: npt.ArrayLike, logit_scale: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> LossValue:
    """CLIP's loss: `info_nce_in_batch` from image to text and back, averaged, with a learned temperature.

    Each image must find its caption and each caption its image. What is learned is the logarithm of the
    inverse temperature: it starts at log(1/0.07) = 2.66, and CLIP stops it at log 100 = 4.61.

    Parameters
    ----------
    image, text : array_like of float, shape (N, d)
        Embeddings; row i of one belongs to row i of the other.
    logit_scale : float or array_like of one float
        Logarithm of the factor by which cosines are multiplied.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the N pairs.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of shape (N,): for each pair, the mean of its two directions.

    Raises
    ------
    TypeError, ValueError
        As for `info_nce_in_batch`; also if logit_scale is not one number.

    Notes
    -----
    Domain: any real arguments. Units: nats.

    Formula for pair i: ½ (log Σ_j exp(s_ij) - s_ii) + ½ (log Σ_j exp(s_ji) - s_ii), with
    s_ij = exp(logit_scale) cos(image_i, text_j).

    Gradient with respect to s: the mean of the softmax of rows and of columns, minus 1 on the diagonal. With
    respect to logit_scale: the sum of that times s.

    References
    ----------
    Radford et al. (2021), Learning Transferable Visual Models From Natural Language Supervision, ICML.

    Examples
    --------
    >>> clip([[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 3.0]], 0.0).round(6)
    np.float64(0.313262)
    """
    scale = _number(logit_scale, "logit_scale")
    images, texts, dtype = two_views(image, "image", text, "text", scale)
    to_text, to_image = _both_ways(cosines(images.unit, texts.unit), scale)
    losses = [choose(score, diagonal(score)).losses for score in (to_text, to_image)]
    return reduce(losses[0] / 2 + losses[1] / 2, reduction, dtype)


@quiet
def clip_grad(
    image: npt.ArrayLike, text: npt.ArrayLike, logit_scale: npt.ArrayLike, *, reduction: Reduction = "mean"
) -> tuple[Array, Array, Array]:
    """Gradients of `clip` with respect to ``image``, ``text`` and ``logit_scale``.

    Examples
    --------
    >>> clip_grad([[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 3.0]], 0.0)[2]
    array(-0.26894142)
    """
    scale = _number(logit_scale, "logit_scale")
    images, texts, dtype = two_views(image, "image", text, "text", scale)
    logits = _both_ways(cosines(images.unit, texts.unit), scale)
    divisor = 2 * averaged(reduction, len(logits[0]))
    # Divided first, as slopes times exp(logit_scale) may overflow where their mean does not.
    to_text, to_image = (choose(score, diagonal(score)).slopes / divisor for score in logits)
    # Each row of slopes adds up to 0, so the distance of a logit from the top of its row can stand for it.
    at_scale = weigh(to_text, logits[0]).sum() + weigh(to_image, logits[1]).sum()
    pull, factor = to_text + to_image.T, _exp(scale)
    return (
        _through(images, pull @ texts.unit, factor).astype(dtype),
        _through(texts, pull.T @ images.unit, factor).astype(dtype),
        np.full(scale.shape, at_scale, dtype),
    )


@quiet
def siglip(
    image: npt.ArrayLike,
    text: npt.ArrayLike,
    log_t: npt.ArrayLike,
    bias: npt.ArrayLike,
    *,
    reduction: Reduction = "mean",
) -> LossValue:
    """SigLIP's loss: for each image and each text of the batch, do the two belong together?

    N² yes-or-no questions take the place of the 2N choices of `clip`, so no softmax runs over the batch.
    Nearly all answers are "no": the bias starts at -10 (and t at 10), so that the first steps do not have to
    undo that.

    Parameters
    ----------
    image, text : array_like of float, shape (N, d)
        Embeddings; row i of one belongs to row i of the other.
    log_t, bias : float or array_like of one float
        Logarithm of the factor by which cosines are multiplied, and what is added then.
    reduction : {"mean", "sum", "none"}
        What becomes of the losses of the N images.

    Returns
    -------
    float or ndarray
        A number, or with "none" an array of shape (N,): for each image, the sum over all texts.

    Raises
    ------
    TypeError, ValueError
        As for `info_nce_in_batch`; also if log_t or bias is not one number.

    Notes
    -----
    Domain: any real arguments. Units: nats.

    Formula for image i: Σ_j log(1 + exp(-y_ij (t cos(image_i, text_j) + bias))), with t = exp(log_t), y = +1
    for j = i and -1 elsewhere. The mean divides by N, not by N².

    Gradient with respect to a logit: -y σ(-y logit), with the sigmoid σ. With respect to bias: the sum of
    that; with respect to log_t: the sum of that times t cos.

    References
    ----------
    Zhai, Mustafa, Kolesnikov and Beyer (2023), Sigmoid Loss for Language Image Pre-Training, ICCV.

    Examples
    --------
    >>> siglip([[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [0.0, 3.0]], 0.0, 0.0).round(6)
    np.float64(1.006409)
    """
    log_factor, offset = _number(log_t, "log_t"), _number(bias, "bias")
    images, texts, dtype = two_views(image, "image", text, "text", log_factor, offset)
    logits = weigh(images.unit @ texts.unit.T, _exp(log_factor)) + offset.item()
    return reduce(softplus(-_together(logits) * logits).sum(axis=1), reduction, dtype)


@quiet
def siglip_grad(
    image: npt.ArrayLike,
    text: npt.ArrayLike,
    log_t: npt.ArrayLike,
    bias: npt.ArrayLike,
    *,
    reduction: Reduction = "mean",
) -> tuple[Array, Array, Array, Array]:
    """Gradients of `siglip` with respect to ``image``, ``text``, ``log_t`` and ``bias``.

    Examples
    --------
    >>> siglip_grad([[1.0, 0.0]], [[0.0, 1.0]], 0.0, 0.0)
    (array([[ 0. , -0.5]]), array([[-0.5,  0. ]]), array(0.), array(-0.5))
    """
    log_factor, offset = _number(log_t, "log_t"), _number(bias, "bias")
    images, texts, dtype = two_views(image, "image", text, "text", log_factor, offset)
    cosine, t = images.unit @ texts.unit.T, _exp(log_factor)
    logits = weigh(cosine, t) + offset.item()
    sign = _together(logits)
    margin = sign * logits
    count = averaged(reduction, len(logits))
    pull = -sign * sigmoid(-margin) / count
    # Where an answer is wrong, σ(-margin) is 1 - σ(margin), and the ones of different signs cancel first.
    rest = np.where(margin < 0, -sigmoid(margin), sigmoid(-margin))
    at_bias = -(sign * (margin < 0)).sum() - (sign * rest).sum()
    return (
        _through(images, pull @ texts.unit, t).astype(dtype),
        _through(texts, pull.T @ images.unit, t).astype(dtype),
        np.full(log_factor.shape, weigh((cosine * pull).sum(), t), dtype),
        np.full(offset.shape, at_bias / count, dtype),
    )


def _both_ways(cosine: Cosines, scale: Array) -> tuple[Float64Array, Float64Array]:
    """Return scores of rows and of columns, times exp(scale)."""
    factor = _exp(scale)
    turned = Cosines(*(form.T for form in cosine))
    return weigh(scores(cosine), factor), weigh(scores(turned), factor)


def _through(rows: Directions, slopes: Float64Array, factor: Float64Array) -> Float64Array:
    """Apply the chain rule as `through` does, to slopes times a factor; where it is inf, 0 stays 0."""
    return rows.over_length(weigh(tangent(rows.unit, slopes), factor))


def _together(logits: Float64Array) -> Float64Array:
    return np.asarray(2 * np.eye(len(logits)) - 1)


def _number(value: npt.ArrayLike, name: str) -> Array:
    """Return an array of any shape that holds one learned number."""
    array = prediction(value, name)
    if array.size != 1:
        raise ValueError(f"{name} has shape {array.shape}, but must be one number.")
    return array


def _exp(number: Array) -> Float64Array:
    return np.exp(np.asarray(number.item(), np.float64))
