"""The report's formulas, against small cases that can be done by hand, and within their ranges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.class_report.statistics import (
    FEWEST,
    correlation_interval,
    item_rest,
    shares_in_bins,
    spread,
    wilson,
)

shares = st.lists(st.floats(0, 1), min_size=1, max_size=60)


def test_quartiles_lie_between_the_two_nearest_students() -> None:
    # Ordered 1 2 4 8: the lower quartile is at place 0.75, 1 + 0.75 · (2 − 1); the upper 4 + 0.25 · (8 − 4).
    found = spread([8.0, 1.0, 4.0, 2.0])
    assert found is not None
    assert (found.least, found.lower, found.median, found.upper, found.greatest) == (1, 1.75, 3, 5, 8)
    assert (found.count, found.mean) == (4, 3.75)
    assert spread([]) is None


def test_wilson_by_hand() -> None:
    # 1 of 1 with z² = 3.8415: the middle is (1 + z²/2)/(1 + z²), half of it z·√(z²/4)/(1 + z²); together 1.
    square = 3.841458820694124
    found = wilson(1, 1)
    assert found is not None
    assert found.low == pytest.approx(1 / (1 + square))
    assert found.high == pytest.approx(1.0)
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 has 0.2553 to 0.3662.
    found = wilson(81, 263)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 0) is None


@given(st.integers(1, 20_000), st.data())
def test_wilson_holds_the_rate_and_stays_between_0_and_1(count: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, count))
    found = wilson(hits, count)
    assert found is not None
    assert 0 <= found.low <= hits / count + 1e-12
    assert hits / count - 1e-12 <= found.high <= 1
    mirrored = wilson(count - hits, count)
    assert mirrored is not None
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-9)


def test_the_rest_leaves_the_item_out() -> None:
    item = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], dtype=float)
    rest = np.array([0, 0, 0, 0, 1, 0, 1, 1, 1, 1], dtype=float)
    # Both means are 0.5, both variances 0.25; four of five agree: cov = 0.4 − 0.25 = 0.15, r = 0.6.
    assert item_rest(item, item + rest) == pytest.approx(0.6)
    assert item_rest(item, item + (1 - rest)) == pytest.approx(-0.6)
    assert np.corrcoef(item, item + rest)[0, 1] > 0.8  # what the item's own points would make of it


@pytest.mark.parametrize(
    ("item", "total"),
    [
        (np.ones(FEWEST), np.arange(FEWEST, dtype=float)),  # all have the item
        (np.arange(FEWEST, dtype=float), np.arange(FEWEST, dtype=float) + 3),  # all have the same rest
        (np.array([0.0, 1, 0]), np.array([1.0, 3, 0])),  # too few students
    ],
)
def test_a_correlation_that_says_nothing_is_not_given(item: np.ndarray, total: np.ndarray) -> None:
    assert item_rest(item, total) is None


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30)), min_size=FEWEST, max_size=80))
def test_a_correlation_and_its_interval_stay_between_minus_1_and_1(points: list[tuple[int, int]]) -> None:
    item, rest = (np.array(column, dtype=float) for column in zip(*points, strict=True))
    found = item_rest(item, item + rest)
    if found is None:
        assert len(set(item)) == 1 or len(set(rest)) == 1
        return
    interval = correlation_interval(found, len(points))
    assert -1 <= interval.low <= found + 1e-5
    assert found - 1e-5 <= interval.high <= 1


def test_the_interval_of_a_correlation_by_hand() -> None:
    # atanh(0) = 0, and 1.96/√(103 − 3) = 0.196.
    interval = correlation_interval(0.0, 103)
    assert interval.high == pytest.approx(math.tanh(0.1959964), abs=1e-6)
    assert interval.low == pytest.approx(-interval.high)


@given(shares)
def test_every_share_is_in_one_bin(given_shares: list[float]) -> None:
    assert sum(shares_in_bins(given_shares)) == len(given_shares)


def test_a_bin_holds_its_lower_end_whatever_rounding_does() -> None:
    tenths = [0.1 + 0.1 + 0.1, 0.3, 3 / 10, 1 - 0.7]  # the last is a little less than 0.3
    assert shares_in_bins(tenths)[3] == 4
    assert shares_in_bins([1.0, 1.5])[9] == 2  # extra points


@given(shares)
def test_quartiles_are_in_order(given_shares: list[float]) -> None:
    found = spread(given_shares)
    assert found is not None
    ordered = (found.least, found.lower, found.median, found.upper, found.greatest)
    assert list(ordered) == sorted(ordered)
    assert found.least - 1e-12 <= found.mean <= found.greatest + 1e-12
