"""The check of a gradient: equal to the reference, which must agree with central differences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from autograder.checks.answers import Mistakes, as_numbers, difference, named
from autograder.checks.calls import Case, Function, Numbers, expected_of, result_of, run
from autograder.shown import apart, shown_call, shown_inputs


def check_gradient(
    function: Function,
    reference: Function,
    value: Function,
    cases: Iterable[Case],
    *,
    mistakes: Mistakes = (),
    rtol: float = 1e-9,
    atol: float = 1e-12,
) -> None:
    """Check a gradient with respect to the first argument, against the reference and central differences.

    Parameters
    ----------
    function
        The student's gradient.
    reference
        The right gradient.
    value
        The right loss, of which central differences are taken.
    cases, mistakes, rtol, atol
        As in `check_value`.

    Raises
    ------
    AssertionError, NotImplementedError
        As in `check_value`; the message adds the measured slope where the gradient is furthest off.
    ValueError
        If the reference itself disagrees with central differences: then the test is wrong, not the student.
    """
    for case in cases:
        expected = expected_of(reference, case)
        slopes = _central_differences(value, case)
        if difference(expected, slopes, 1e-6, 1e-8) is not None:
            raise ValueError(
                f"the reference gradient disagrees with central differences at {shown_inputs(case)}"
            )
        given = result_of(function, case)
        if (wrong := difference(given, expected, rtol, atol)) is not None:
            raise AssertionError(
                f"{shown_call(function, case)} gave {wrong}{named(mistakes, given, function, case)}"
                f"{_slope_evidence(given, slopes, next(iter(case)))}"
            )


def _central_differences(value: Function, case: Case) -> Numbers:
    """Measure the slope of a loss along each element of its first argument."""
    first, at = next(iter(case.items()))
    slopes = np.zeros(np.shape(at))
    for index in np.ndindex(slopes.shape):
        step = 6e-6 * max(1.0, abs(float(at[index])))
        up, down = np.array(at, dtype=np.float64), np.array(at, dtype=np.float64)
        up[index] += step
        down[index] -= step
        rise = run(value, {**case, first: up}) - run(value, {**case, first: down})
        slopes[index] = rise / (up[index] - down[index])
    return slopes


def _slope_evidence(given: Any, slopes: Numbers, argument: str) -> str:
    numbers, complaint = as_numbers(given, slopes)
    if complaint is not None or slopes.size == 0:
        return ""
    index = np.unravel_index(int(np.argmax(np.abs(numbers - slopes))), slopes.shape)
    place = f"{argument}[{', '.join(str(int(i)) for i in index)}]" if index else argument
    one, other = apart(numbers[index], slopes[index])
    return (
        f" Measured with small steps, the loss changes by {other} per unit of {place}; you have {one} there."
    )
