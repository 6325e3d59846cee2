"""Which points the last line of a test cell gives."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from autograder.engine.check import compile_check, points_of


@pytest.mark.parametrize(
    ("value", "outcome", "points"),
    [
        (None, "passed", 4),
        # What is no number may be made of what a student gave, so it gives no points.
        ("well done", "failed", 0),
        ([], "failed", 0),
        (1j, "failed", 0),
        (np.array([1.0, 2.0]), "failed", 0),
        # Yes or no.
        (True, "passed", 4),
        (False, "failed", 0),
        (np.True_, "passed", 4),
        (np.False_, "failed", 0),
        # A number of points.
        (0, "failed", 0),
        (-0.0, "failed", 0),
        (1.5, "partial", 1.5),
        (1, "partial", 1),
        (4, "passed", 4),
        (4.0, "passed", 4),
        (np.float64(2.5), "partial", 2.5),
        (np.float32(2.5), "partial", 2.5),
        (np.int64(4), "passed", 4),
        (np.array(1.5), "partial", 1.5),
        (Fraction(1, 2), "partial", 0.5),
        (Decimal("0.5"), "partial", 0.5),
        # Numbers that no test may give.
        (-1, "failed", 0),
        (4.1, "failed", 0),
        (math.nan, "failed", 0),
        (math.inf, "failed", 0),
        (10**400, "failed", 0),
        (np.float64("nan"), "failed", 0),
        (Decimal("sNaN"), "failed", 0),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_the_points_that_a_value_is_worth(value: object, outcome: str, points: float) -> None:
    assert points_of(value, 4.0)[:2] == (outcome, points)


@pytest.mark.parametrize("value", [-1, 4.1, math.nan, 10**400], ids=lambda value: repr(value)[:20])
def test_a_number_that_no_test_may_give_is_the_instructors_to_mend(value: float) -> None:
    message = points_of(value, 4.0)[2]
    assert "not between 0 and 4" in message
    assert "tell your instructor" in message


def test_points_below_the_maximum_are_said() -> None:
    assert points_of(1.5, 4.0)[2] == "1.5 of 4 points."
    assert points_of(4, 4.0)[2] == ""


def value(text: str, **names: Any) -> Any:
    """What a test cell's last line gives."""
    return compile_check("test", text, 4.0).run(names)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("x = 1\nx + 0.5", 1.5),
        ("1.5;", None),
        ("1.5;  # half of it", None),
        ("1.5  # half of it; or more", 1.5),
        ("1.5  # half of it;", 1.5),
        ("(\n1.5\n);", None),
        ("1.5\nx = 2", None),
        ("if True:\n    1.5", None),
        ("'half;'", "half;"),
        ("", None),
        ("# nothing", None),
        ("2.5\n%matplotlib inline", 2.5),
    ],
)
def test_only_an_expression_in_the_last_line_counts(text: str, given: object) -> None:
    assert value(text) == given


def test_a_test_cell_sees_the_names_it_is_given_and_leaves_its_own() -> None:
    names: dict[str, Any] = {"double": lambda x: 2 * x}
    check = compile_check("test", "expected = 4\ndouble(2) == expected", 4.0)
    assert check.run(names) is True
    assert names["expected"] == 4


def test_the_failing_line_can_be_shown() -> None:
    check = compile_check("test", "x = 1\n  \nassert x == 2  # why\n", 4.0)
    assert check.line(3) == "assert x == 2  # why"
    assert check.line(0) == check.line(99) == ""
