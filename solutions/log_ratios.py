"""Logarithms of ratios of probabilities, and what is left of them where the ratio is near 1.

A divergence of two distributions that nearly agree is of the order of their squared difference: the textbook
sum of p log(p/q) has terms of the order of the difference itself, and what remains after they cancel is
rounding. Everything here takes float64 arrays, elementwise or along the last axis.
"""

import math
from typing import NamedTuple

import numpy as np

from solutions.kernels import excess, quiet, softmax, weigh
from solutions.types import Float64Array

_ATANH_SERIES = [1 / k for k in range(3, 35, 2)]
_ATANH_NEAR = 0.3

_SQUARES_ONLY = 2.0**-60
"""Below it, exp(x) - 1 - x is x²/2 to the last digit."""


@quiet
def log_ratio(a: Float64Array, b: Float64Array) -> Float64Array:
    """Return log(a/b) for numbers from 0 to 2, also where a/b overflows; NaN for 0/0, for `weigh` to drop."""
    ratio = a / b
    return np.where((ratio > 1e-300) & (ratio < 1e300), np.log(ratio), np.log(a) - np.log(b))


@quiet
def kl_terms(p: Float64Array, q: Float64Array) -> Float64Array:
    """Return p log(p/q) - p + q: the terms of the Kullback-Leibler divergence, none of them negative.

    With s = (p - q)/(p + q), log(p/q) = 2 atanh s, and the term is (p - q) s + 2p (atanh s - s): near s = 0
    the second summand comes from its series.

    Examples
    --------
    >>> kl_terms(np.array([0.5]), np.array([0.5 + 2.0**-33])) * 2.0**66
    array([1.])
    """
    gap = p - q
    s = np.where(gap == 0, 0.0, gap / (p + q))
    near = np.clip(s, -_ATANH_NEAR, _ATANH_NEAR)
    series = near**3 * np.polynomial.polynomial.polyval(near * near, _ATANH_SERIES)
    return np.where(np.abs(s) < _ATANH_NEAR, gap * s + 2 * p * series, weigh(p, log_ratio(p, q)) - gap)


def exact_sum(*parts: Float64Array) -> Float64Array:
    """Return the sum over the last axis of all parts together, rounded once.

    Probabilities add up to 1 but for rounding, and next to a tiny divergence that rounding is not small.
    """
    terms = np.concatenate(parts, axis=-1)
    sums = [math.fsum(row) for row in terms.reshape(-1, terms.shape[-1]).tolist()]
    return np.array(sums).reshape(terms.shape[:-1])


@quiet
def log_shares(p: Float64Array) -> Float64Array:
    """Return log(p / max p) along the last axis: logits whose softmax is p over its sum."""
    top = p.max(axis=-1, keepdims=True)
    below = (p - top) / top
    return np.where(below > -0.5, np.log1p(below), log_ratio(p, top))


class SoftmaxPair(NamedTuple):
    """The softmax p of some logits beside the softmax q of others."""

    p: Float64Array
    q: Float64Array
    log_ratio: Float64Array
    """log(p/q), with the digits of the difference of the logits; NaN where both are 0."""

    @quiet
    def kl(self, temperature: float = 1.0) -> Float64Array:
        """Return KL(p‖q) of each row, times the squared temperature."""
        x = self.log_ratio
        far = weigh(self.p, x) + (self.q - self.p)
        terms = np.where(np.abs(x) < 1, weigh(self.p, excess(-x)), far)
        # The temperature goes in twice, and for tiny x first: its square may overflow where the product
        # does not.
        squares = weigh(self.p, (temperature * x) ** 2 / 2)
        scaled = np.where(np.abs(x) < _SQUARES_ONLY, squares, temperature * (temperature * terms))
        return np.asarray(scaled.sum(axis=-1))

    @quiet
    def difference(self) -> Float64Array:
        """Return q - p."""
        x = self.log_ratio
        return np.where(np.abs(x) < 1, -self.q * np.expm1(x), self.q - self.p)


@quiet
def softmax_pair(logits: Float64Array, others: Float64Array) -> SoftmaxPair:
    """Take the softmax of two arrays of logits, and their log-ratio without a detour over the probabilities.

    Let r be the likeliest class under p and d the difference of the logits, counted from class r. Then
    log(p/q) = d - c with c = log Σ q exp(d) = log1p(Σ q (exp(d) - 1)): where p and q nearly agree all d are
    small, and nothing is lost. Where they do not, c is far from 0 and the two log-probabilities may be
    subtracted.

    Examples
    --------
    >>> softmax_pair(np.array([1e-12, 0.0]), np.zeros(2)).log_ratio
    array([ 5.e-13, -5.e-13])
    """
    first, second = softmax(logits), softmax(others)
    r = np.expand_dims(first.below.argmin(axis=-1), -1)
    p_r, q_r, below_r = (np.take_along_axis(a, r, axis=-1) for a in (first.p, second.p, second.below))
    d = second.below - below_r - first.below
    growth = np.where(d < 1, second.p * np.expm1(d), first.p * (q_r / p_r) - second.p)
    total = growth.sum(axis=-1, keepdims=True)
    apart = (second.below + np.log1p(second.rest)) - (first.below + np.log1p(first.rest))
    return SoftmaxPair(first.p, second.p, np.where(np.abs(total) < 0.5, d - np.log1p(total), apart))
