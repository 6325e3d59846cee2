"""Kernels: familiar expressions, elementwise or along the last axis, computed where the familiar way breaks.

They take float64 arrays that have been checked already. What is meant for readers is in `numerics`.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solutions.types import Array, Float64Array

quiet = np.errstate(all="ignore")
"""Decorator: overflow to inf and NaN in, NaN out are answers here, and no reason for a warning."""

_SQUARES_FIT = 2.0**1000
"""Below this sum of squares, neither a square nor a sum of squares is near the top of float64, 2**1024."""

_STRAIGHT_FROM = 20.0
"""From here on, log cosh x and x - log 2 are the same float64 number: they differ by exp(-40) < 5e-18."""

_NEAR = 0.5
"""Above this cosine, 1 - cos is computed from the sine."""

_VERY_NEAR = 0.99
"""Above this cosine, the difference of two unit vectors is computed from the sine."""

_BLOCK = 2**18
"""How many components of pairs of vectors are held at once: 2 MiB."""

_EXCESS = [1 / math.factorial(k) for k in range(17, 1, -1)]
"""Coefficients of (exp(x) - 1 - x)/x², highest power first: enough for |x| < 0.5."""


@quiet
def difference(a: Array, b: Array, *, terms: int = 1) -> tuple[Float64Array, float]:
    """Return a - b in float64, and the unit in which it is given.

    The unit is 1 for ordinary numbers. Near the top of the float64 range, though, 1e308 - (-1e308) overflows,
    and so does the sum of squares of a batch whose mean square is still a float64 number. There the
    difference comes in units of a power of two greater than ``terms``. Changing the unit is exact, and leaves
    room to add that many absolute values or squares whenever their mean can be represented.

    Parameters
    ----------
    a, b : array
        Two arrays of one shape.
    terms : int
        How many elements will be added up.

    Returns
    -------
    scaled : array of float64
        A new array with (a - b) / unit.
    unit : float
        A power of two, 1 for ordinary numbers.

    Examples
    --------
    >>> difference(np.array([2.5]), np.array([3.0]))
    (array([-0.5]), 1.0)
    >>> difference(np.array([1e308]), np.array([-1e308]))
    (array([1.e+308]), 2.0)
    """
    plain = np.asarray(np.subtract(a, b, dtype=np.float64))
    if np.vdot(plain, plain) < _SQUARES_FIT:
        return plain, 1.0
    unit = 2.0 ** terms.bit_length()
    shrink = 1.0 / unit
    scaled = np.multiply(a, shrink, dtype=np.float64) - np.multiply(b, shrink, dtype=np.float64)
    return np.asarray(scaled), unit


@quiet
def log_cosh(x: Float64Array, *, unit: float = 1.0) -> Float64Array:
    """Return log cosh(unit * x) / unit with full relative accuracy for every x.

    ``log(cosh(x))`` overflows from 711 on and is 0 at 1e-8, where the answer is 5e-17. Two facts mend both
    ends: cosh² = 1 + sinh² gives log cosh x = ½ log1p(sinh² x), which keeps small x; and from 20 on the curve
    is a straight line with slope 1, so only the part of ``|x|`` below 20 goes through sinh.

    Parameters
    ----------
    x : array of float64
        Any numbers.
    unit : float
        The unit in which x is given and the result is wanted, as in `difference`.

    Returns
    -------
    array of float64
        A new array of the shape of x.

    Examples
    --------
    >>> log_cosh(np.array([0.0, 1e-8, 1000.0]))
    array([0.00000000e+00, 5.00000000e-17, 9.99306853e+02])
    """
    size = np.abs(x)
    curved = np.minimum(size * unit, _STRAIGHT_FROM)
    size -= curved / unit
    squares = np.sinh(curved) ** 2
    return np.asarray(np.log1p(squares) * (0.5 / unit) + size)


def sigmoid(x: Float64Array) -> Float64Array:
    """Return 1/(1 + exp(-x)) with full relative accuracy on both sides.

    Take ``sigmoid(-x)`` for 1 - sigmoid(x): the subtraction would lose what is left near 1.
    """
    return np.asarray(np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x))))


def softplus(x: Float64Array) -> Float64Array:
    """Return log(1 + exp(x)) with full relative accuracy; ``-softplus(-x)`` is the log of the sigmoid."""
    return np.asarray(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))


def weigh(weight: Float64Array, value: Float64Array) -> Float64Array:
    """Return weight * value, and 0 where the weight is 0, whatever the value (also inf or NaN)."""
    return np.asarray(np.where(weight == 0, 0.0, weight * value))


def times_exp(a: Float64Array, x: Float64Array) -> Float64Array:
    """Return a * exp(x), also where exp(x) alone over- or underflows; 0 where a is 0."""
    half = np.exp(x / 2)
    return weigh(weigh(a, half), half)


def rounding_error(a: Array, b: Array, rounded: Float64Array) -> Float64Array:
    """Return, exactly, what the float64 ``rounded`` lacks of a - b (Knuth's TwoSum); 0 at infinity.

    Needed before a second subtraction that leaves as little as the rounding of the first.

    Examples
    --------
    >>> rounding_error(np.array([1e-8]), np.array([1.0]), np.array([1e-8]) - 1)
    array([-5.02475925e-17])
    """
    minus_b = rounded - a
    error = (a - (rounded - minus_b)) - (b + minus_b)
    return np.where(np.isfinite(error), error, 0.0)


def excess(x: Float64Array) -> Float64Array:
    """Return exp(x) - 1 - x, never negative, with full relative accuracy: about x²/2 near 0.

    There even ``expm1(x) - x`` loses its digits, so a power series takes over.

    Examples
    --------
    >>> excess(np.array([-1e-10, 1.0]))
    array([5.00000000e-21, 7.18281828e-01])
    """
    near = np.polyval(_EXCESS, x) * x * x
    # Beyond 1000 exp(x) is inf, and so is the answer: the minimum keeps inf - inf away.
    return np.where(np.abs(x) < 0.5, near, np.expm1(x) - np.minimum(x, 1000.0))


def log1p_square(x: Float64Array) -> Float64Array:
    """Return log(1 + x²), also where x² alone overflows."""
    return np.where(np.abs(x) < 1, np.log1p(x * x), 2 * np.log(np.hypot(1, x)))


class Softmax(NamedTuple):
    """The softmax of rows of logits, in the parts from which losses are built without cancellation.

    With the largest logit left out of the sum, ``log Z = top + log1p(rest)`` keeps every digit, and so does
    ``1 - p`` of the largest class, ``rest / (1 + rest)``.
    """

    p: Float64Array
    """Probabilities, of the shape of the logits."""
    q: Float64Array
    """1 - p, accurate also where p rounds to 1."""
    below: Float64Array
    """top - logits, never negative; ``below + log1p(rest)`` is -log p."""
    rest: Float64Array
    """Sum of exp(logits - top) over all classes but one of the largest; shape of the rows, last axis 1."""
    top: Float64Array
    """Largest logit of each row; last axis 1. It is 0 where a row holds nothing but -inf."""


@quiet
def softmax(logits: Float64Array) -> Softmax:
    """Take the softmax over the last axis apart.

    Examples
    --------
    >>> parts = softmax(np.array([[50.0, 0.0]]))
    >>> parts.below[0, 0] + np.log1p(parts.rest[0, 0])  # -log p: 0 if computed as log(softmax)
    np.float64(1.9287498479639178e-22)
    """
    rows = logits.reshape(-1, logits.shape[-1])
    every, best = np.arange(len(rows)), rows.argmax(axis=1)
    top = rows[every, best]
    top[np.isneginf(top)] = 0.0
    below = top[:, None] - rows
    if np.isinf(top).any():
        below[rows == top[:, None]] = 0.0
    weights = np.exp(-below)
    largest = weights[every, best]
    weights[every, best] = 0.0
    rest = weights.sum(axis=1)
    weights[every, best] = largest
    p = weights / (1 + rest)[:, None]
    q = 1 - p
    q[every, best] = rest / (1 + rest)
    p, q, below = (part.reshape(logits.shape) for part in (p, q, below))
    rest, top = (part.reshape(*logits.shape[:-1], 1) for part in (rest, top))
    return Softmax(p, q, below, rest, top)


@quiet
def logsumexp(logits: Float64Array) -> Float64Array:
    """Return log Σ exp(logits) over the last axis; -inf where a row holds nothing but -inf."""
    top = logits.max(axis=-1, keepdims=True)
    parts = softmax(logits)
    return np.where(np.isneginf(top), -np.inf, parts.top + np.log1p(parts.rest))[..., 0]


class Directions(NamedTuple):
    """Vectors along the last axis, each scaled by a power of two, so that no square over- or underflows.

    A vector is ``scaled * 2**power`` and its length is ``size * 2**power``.
    """

    scaled: Float64Array
    size: Float64Array
    """Lengths of ``scaled``; last axis 1. It is 0 for the zero vector."""
    power: npt.NDArray[np.int32]
    """Whole numbers; last axis 1."""

    @property
    def unit(self) -> Float64Array:
        """Vectors of length 1, and 0 for the zero vector, which has no direction."""
        return np.asarray(self.scaled / np.where(self.size == 0, 1.0, self.size))

    def length(self) -> Float64Array:
        """Return the lengths, one for each vector; an axis less."""
        return np.asarray(np.ldexp(self.size, self.power)[..., 0])

    def over_length(self, x: Float64Array) -> Float64Array:
        """Return x divided by the lengths; 0 for the zero vector, as its unit vector stays 0."""
        ratio = np.ldexp(x / np.where(self.size == 0, 1.0, self.size), -self.power)
        return np.where(self.size == 0, 0.0, ratio)


@quiet
def directions(x: Float64Array) -> Directions:
    """Take the vectors along the last axis apart into direction and length.

    Examples
    --------
    >>> directions(np.array([[3e-200, 4e-200], [0.0, 0.0]])).unit
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    power = np.frexp(np.abs(x).max(axis=-1, keepdims=True))[1]
    scaled = np.ldexp(x, -power)
    return Directions(scaled, np.sqrt(np.square(scaled).sum(axis=-1, keepdims=True)), power)


def tangent(unit: Float64Array, x: Float64Array) -> Float64Array:
    """Return x minus its part along unit vectors: the slope of the cosine comes from it.

    Written as ``x - (u·x) u``, nothing is left but rounding errors where x lies along u. With 1 = Σ u² the
    k-th component becomes x_k Σ u_l² - u_k Σ u_l x_l, and in both sums l = k can be left out, as it cancels.
    """
    return np.asarray(x * sum_of_others(unit * unit) - unit * sum_of_others(unit * x))


def one_minus_cosine(u: Float64Array, v: Float64Array, cosine: Float64Array | None = None) -> Float64Array:
    """Return 1 - cos along the last axis of unit vectors, also for tiny angles: there it is sin²/(1 + cos).

    Take ``one_minus_cosine(u, -v)`` for 1 + cos. The cosine with the zero vector is 0.

    Examples
    --------
    >>> one_minus_cosine(np.array([1.0, 1e-9]), np.array([1.0, 0.0]))
    array(5.e-19)
    """
    cosine = (u * v).sum(axis=-1) if cosine is None else cosine
    squared_sine = np.square(tangent(u, v)).sum(axis=-1)
    return np.where(cosine > _NEAR, squared_sine / (1 + cosine), 1 - cosine)


def difference_of_units(u: Float64Array, v: Float64Array) -> Float64Array:
    """Return u - v for unit vectors along the last axis, without cancellation where they nearly agree."""
    cosine = np.expand_dims((u * v).sum(axis=-1), -1)
    gap = np.expand_dims(one_minus_cosine(u, v), -1)
    return np.where(cosine > _VERY_NEAR, gap * u - tangent(u, v), u - v)


class Cosines(NamedTuple):
    """The cosine of each row of one matrix with each row of another, in three accurate forms."""

    cosine: Float64Array
    one_minus: Float64Array
    """1 - cosine, with all its digits where the cosine is near 1."""
    one_plus: Float64Array
    """1 + cosine, with all its digits where the cosine is near -1."""


def cosines(u: Float64Array, v: Float64Array) -> Cosines:
    """Return the cosines of all pairs of rows; rows are unit vectors or 0."""
    cosine = u @ v.T
    return Cosines(cosine, _one_minus_cosines(u, v, cosine), _one_minus_cosines(u, -v, -cosine))


def _one_minus_cosines(u: Float64Array, v: Float64Array, cosine: Float64Array) -> Float64Array:
    result = 1 - cosine
    rows, columns = np.nonzero(cosine > _NEAR)
    step = max(1, _BLOCK // u.shape[1])
    for start in range(0, rows.size, step):  # in blocks: the pairs of a large batch would fill the memory
        i, j = rows[start : start + step], columns[start : start + step]
        result[i, j] = one_minus_cosine(u[i], v[j], cosine[i, j])
    return result


def sum_of_others(x: Float64Array) -> Float64Array:
    """Return for each component the sum of the others along the last axis, without subtracting it."""
    result = np.zeros_like(x)
    result[..., 1:] = np.cumsum(x[..., :-1], axis=-1)
    result[..., :-1] += np.cumsum(x[..., :0:-1], axis=-1)[..., ::-1]
    return result
