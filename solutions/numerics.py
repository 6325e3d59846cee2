"""Stable primitives: each computes a familiar expression where the familiar way of writing it breaks."""

import numpy as np

from solutions.types import Array, Float64Array

__all__ = ["difference", "log_cosh", "quiet"]

quiet = np.errstate(all="ignore")
"""Decorator: overflow to inf and NaN in, NaN out are answers here, and no reason for a warning."""

_SQUARES_FIT = 2.0**1000
"""Below this sum of squares, neither a square nor a sum of squares is near the top of float64, 2**1024."""

_STRAIGHT_FROM = 20.0
"""From here on, log cosh x and x - log 2 are the same float64 number: they differ by exp(-40) < 5e-18."""


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
