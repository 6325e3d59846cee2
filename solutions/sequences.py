"""Connectionist temporal classification: a loss for sequences whose alignment with the input nobody knows.

Of T frames each says one of K symbols, where symbol 0 is the *blank*. A path, one symbol for each frame,
spells a text: merge repeats, then drop blanks, so that 1 1 0 1 spells 1 1. The probability of a text is the
sum over all paths that spell it. They are as many as there are ways to place it, and dynamic programming
adds them up frame by frame: after each frame all that counts is how far the text has been spelt. Those
*states* are the blank before each label, the label, and the blank at the end: 2L + 1 for L labels.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from solutions import checking
from solutions.kernels import Softmax, logsumexp, quiet, softmax, sum_of_others
from solutions.types import Array, Float64Array, FloatType, LabelArray

_BLANK = 0


@quiet
def ctc(logits: npt.ArrayLike, target: npt.ArrayLike) -> np.floating[Any]:
    """CTC loss: the surprise at a text, summed over all its alignments with the frames.

    For speech and handwriting, where the text is known but not which frame says what. The frames are taken as
    independent given the input, and a text of L labels needs L frames, plus one for each repeated label.

    Parameters
    ----------
    logits : array_like of float, shape (T, K)
        Scores of the K symbols at each of the T frames; symbol 0 is the blank.
    target : array_like of int, shape (L,)
        The text: labels from 1 to K - 1. It may be empty.

    Returns
    -------
    float
        The loss of the sequence, inf if no path spells the target. There is no ``reduction``: this is one
        sequence, and sequences of different lengths do not make an array.

    Raises
    ------
    TypeError
        If the logits do not hold real numbers or are an integer array, or the labels are no integers.
    ValueError
        If logits or target have the wrong shape, or a label is out of range or the blank.

    Notes
    -----
    Domain: any real logits; -inf forbids a symbol. Units: nats; not divided by the length of the target.

    Formula: -log Σ exp(Σ_t log softmax(z_t)[path_t]) over all paths that spell the target.

    Gradient: softmax(z_t) - γ_t, where γ_t[k] is the probability, given that the text is right, that frame t
    says k. It is 0 where the loss is infinite, as nearby logits do not change it.

    A likely text is computed from the paths that spell something else, an unlikely one from those that spell
    it: of two probabilities that add up to 1 the smaller one has all its digits.

    References
    ----------
    Graves, Fernández, Gomez and Schmidhuber (2006), Connectionist Temporal Classification, ICML.

    Examples
    --------
    >>> ctc([[0.0, 0.0], [0.0, 0.0]], [1])  # of 4 paths, 3 spell it: 11, 01 and 10
    np.float64(0.2876820724517809)
    >>> ctc([[0.0, 0.0], [0.0, 0.0]], [1, 1])  # the repeat needs a blank in between
    np.float64(inf)
    """
    frames, states, dtype = _spelling(logits, target)
    strays = float(_lost(frames, states)[0, 0])
    return dtype(-math.log1p(-strays) if strays < 0.5 else _surprise(frames, states))


@quiet
def ctc_grad(logits: npt.ArrayLike, target: npt.ArrayLike) -> Array:
    """Gradient of `ctc` with respect to ``logits``: what each frame says, minus what it should have said.

    Examples
    --------
    >>> ctc_grad([[0.0, 0.0], [0.0, 0.0]], [1])
    array([[ 0.16666667, -0.16666667],
           [ 0.16666667, -0.16666667]])
    """
    frames, states, dtype = _spelling(logits, target)
    lost = _lost(frames, states)
    likely = lost[0, 0] < 0.5
    return np.asarray((_blame(frames, states, lost) if likely else _gap(frames, states)), dtype=dtype)


def _lost(frames: Softmax, states: LabelArray) -> Float64Array:
    """Return for each state before each frame, and after the last, the probability that the rest goes wrong.

    Shape (T + 1, S + 1): the last state is the one of a target that has been spoilt.
    """
    following = _following(states, frames.p.shape[1])
    lost = np.empty((len(frames.p) + 1, states.size + 1))
    lost[-1] = np.append(np.arange(states.size) < states.size - 2, True)
    for t in reversed(range(len(frames.p))):
        lost[t] = lost[t + 1][following] @ frames.p[t]
    return lost


def _blame(frames: Softmax, states: LabelArray, lost: Float64Array) -> Float64Array:
    """Return the gradient from what is lost: p_k (V_k - V)/(1 - V), where V is the chance of another text.

    V_k is that chance if frame t says k, and V_k - V is the sum over the other symbols of p_j (V_k - V_j).
    """
    following = _following(states, frames.p.shape[1])
    slopes = np.empty_like(frames.p)
    reached = np.zeros(states.size + 1)
    reached[0] = 1.0
    for t, (p, q) in enumerate(zip(frames.p, frames.q, strict=True)):
        chance = reached @ lost[t + 1][following]
        slopes[t] = p * (chance * q - sum_of_others(p * chance))
        arriving = np.bincount(following.ravel(), np.outer(reached, p).ravel(), minlength=reached.size)
        reached = np.asarray(arriving, dtype=np.float64)
    return np.asarray(slopes / (1 - lost[0, 0]))


def _following(states: LabelArray, classes: int) -> LabelArray:
    """Return the state that follows each state after each symbol, shape (S + 1, K); the last one: spoilt."""
    following = np.full((states.size + 1, classes), states.size, dtype=np.intp)
    here = np.arange(states.size)
    jumping = here[_jumps(states)]
    following[jumping - 2, states[jumping]] = jumping
    following[here[:-1], states[1:]] = here[1:]
    following[here, states] = here
    return following


def _surprise(frames: Softmax, states: LabelArray) -> float:
    """Return -log P for the probability P of the target, however small."""
    reached, offset = _spell(_emissions(frames, states), states)
    return float(-offset - logsumexp(reached[-1, -2:]))


def _gap(frames: Softmax, states: LabelArray) -> Float64Array:
    """Return the gradient as a gap: what each frame says, minus what it says if the text is right."""
    emissions = _emissions(frames, states)
    before, _ = _spell(emissions, states)
    after, _ = _spell(emissions[::-1, ::-1], states[::-1])
    through = np.where(np.isneginf(emissions), -np.inf, before + after[::-1, ::-1] - emissions)
    symbols = states[:, None] == np.arange(frames.p.shape[1])
    visits = softmax(through).p  # all 0 if no path spells the text, and then the gap is 0
    return np.asarray(frames.p * (visits @ ~symbols) - frames.q * (visits @ symbols))


def _emissions(frames: Softmax, states: LabelArray) -> Float64Array:
    """Return the log-probability of each state's symbol at each frame, shape (T, S)."""
    return np.asarray(-(frames.below + np.log1p(frames.rest))[:, states])


def _spell(emissions: Float64Array, states: LabelArray) -> tuple[Float64Array, float]:
    """Return the log-probability of each state after each frame, but for a constant; and the last constant.

    Without it the numbers stay small, and keep their digits, however many frames there are.
    """
    reached = np.empty_like(emissions)
    jumps = _jumps(states)
    now = np.full(states.size, -np.inf)
    now[0] = 0.0  # nothing has been spelt: as after a blank
    constant = 0.0
    for t, emission in enumerate(emissions):
        arriving = now.copy()
        arriving[1:] = np.logaddexp(arriving[1:], now[:-1])
        arriving[2:] = np.where(jumps[2:], np.logaddexp(arriving[2:], now[:-2]), arriving[2:])
        now = arriving + emission
        top = now.max()
        if top > -np.inf:
            now -= top
            constant += top
        reached[t] = now
    return reached, constant


def _jumps(states: LabelArray) -> npt.NDArray[np.bool_]:
    """Return which states may follow the one two before: labels that differ from the label before."""
    jumps = np.zeros(states.size, dtype=np.bool_)
    jumps[2:] = (states[2:] != _BLANK) & (states[2:] != states[:-2])
    return jumps


def _spelling(logits: npt.ArrayLike, target: npt.ArrayLike) -> tuple[Softmax, LabelArray, FloatType]:
    """Return the softmax of the frames, the symbol of each state, and the dtype of the result."""
    scores = checking.prediction(logits, "logits")
    if scores.ndim != 2:
        raise ValueError(f"logits has shape {scores.shape}, but must have shape (T, K): one row per frame.")
    text = _text(target, scores.shape[1])
    states = np.full(2 * text.size + 1, _BLANK, dtype=np.intp)
    states[1::2] = text
    return softmax(scores.astype(np.float64)), states, checking.result_type(scores)


def _text(target: npt.ArrayLike, classes: int) -> LabelArray:
    if np.shape(target) == (0,):
        return np.zeros(0, dtype=np.intp)
    text = checking.labels(target, "target", classes)
    if text.ndim != 1:
        raise ValueError(f"target has shape {text.shape}, but a text is a vector of labels, shape (L,).")
    if np.any(text == _BLANK):
        raise ValueError(
            f"target holds {_BLANK}, the blank, which the loss itself puts between labels: number the labels "
            f"from 1 to {classes - 1}."
        )
    return text
