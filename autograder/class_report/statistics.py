"""The formulas of the report, each with its source; `None` where a number would say nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEWEST = 10
"""With fewer students a correlation says next to nothing, and none is given."""
_95 = 1.959963984540054  # how many standard deviations hold 95 % of a normal distribution

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An interval of 95 % confidence."""

    low: float
    high: float


@dataclass(frozen=True)
class Spread:
    """How numbers lie: how many there are, their mean, and the quartiles with least and greatest."""

    count: int
    mean: float
    least: float
    lower: float
    median: float
    upper: float
    greatest: float


def wilson(hits: int, count: int) -> Interval | None:
    """Give the interval of a rate (Wilson 1927); None without any student.

    Examples
    --------
    >>> interval = wilson(8, 10)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.49, 0.943)
    """
    if not count:
        return None
    rate, square = hits / count, _95**2 / count
    middle = (rate + square / 2) / (1 + square)
    half = _95 * math.sqrt(rate * (1 - rate) / count + square / (4 * count)) / (1 + square)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def spread(values: Sequence[float] | Numbers) -> Spread | None:
    """Give mean and quartiles, these interpolated (type 7 of Hyndman & Fan 1996); None without a value.

    Examples
    --------
    >>> found = spread([1.0, 2.0, 3.0, 6.0])
    >>> found.mean, found.lower, found.median, found.upper
    (3.0, 1.75, 2.5, 3.75)
    """
    if not len(values):
        return None
    least, lower, median, upper, greatest = (float(q) for q in np.quantile(values, (0, 0.25, 0.5, 0.75, 1)))
    return Spread(len(values), float(np.mean(values)), least, lower, median, upper, greatest)


def shares_in_bins(shares: Sequence[float] | Numbers, bins: int = 10) -> list[int]:
    """Count shares in equal bins from 0 to 1. A bin holds its lower end; the last one also 1 and all above.

    Examples
    --------
    >>> shares_in_bins([0.0, 0.1, 0.5, 1.0, 1.2], bins=2)
    [2, 3]
    """
    # A rounding error must not move 3 of 10 points into the bin below.
    places = np.floor(np.asarray(shares, dtype=np.float64) * bins + 1e-9).astype(int)
    return [int(n) for n in np.bincount(np.clip(places, 0, bins - 1), minlength=bins)]


def item_rest(item: Numbers, total: Numbers) -> float | None:
    """Correlate an item with the total of all other items (Henrysson 1963).

    Left in the total, an item would correlate with itself. None with fewer than `FEWEST` students, or if all
    have the same points for the item, or for the rest.

    Examples
    --------
    >>> points = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], dtype=float)
    >>> item_rest(points, points + np.array([3, 3, 3, 3, 3, 5, 5, 5, 5, 5]))
    1.0
    """
    rest = total - item
    if len(item) < FEWEST or np.ptp(item) < 1e-9 or np.ptp(rest) < 1e-9:
        return None
    found = float(np.corrcoef(item, rest)[0, 1])
    return round(min(1.0, max(-1.0, found)), 12)


def correlation_interval(correlation: float, count: int) -> Interval:
    """Give the interval of a correlation of `count` pairs, by Fisher's transformation (1921).

    Examples
    --------
    >>> interval = correlation_interval(0.5, 28)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.156, 0.736)
    """
    z = math.atanh(min(0.999999, max(-0.999999, correlation)))
    half = _95 / math.sqrt(count - 3)
    return Interval(math.tanh(z - half), math.tanh(z + half))
