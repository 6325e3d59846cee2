"""What came back from a student's function: read as numbers, compared with what was expected, and named."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.checks.calls import Case, Function, Numbers, run
from autograder.mistakes import Mistake, mistakes_of
from autograder.shown import SHOWN, apart, kind_of, name_of, shown

Mistakes = str | Sequence[Mistake]
"""The id of a problem whose named mistakes are looked for, or these mistakes themselves."""


def as_numbers(given: Any, expected: Numbers) -> tuple[Numbers, str | None]:
    """Read a result as real numbers in the shape of what was expected, or say what is odd about it."""
    wanted = f"but {kind_of(expected.shape)} was expected."
    nothing = np.empty(0)
    if given is None:
        return nothing, f"None, {wanted} Does every way through the function end in `return`?"
    if isinstance(given, (str, bytes)):
        return nothing, f"the text {shown(given)}, {wanted}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = np.array(given)
    except Exception:
        return nothing, f"{shown(given)}, which can't be read as an array, {wanted}"
    if array.dtype.kind == "c":
        return nothing, f"the complex {shown(given)}, {wanted}"
    if array.dtype.kind not in "iuf":
        return nothing, f"{shown(given)} of type {type(given).__name__}, {wanted}"
    if array.shape != expected.shape:
        return nothing, f"{kind_of(array.shape)}, {wanted}"
    return array.astype(np.float64), None


def difference(given: Any, expected: Numbers, rtol: float, atol: float) -> str | None:
    """Say how a result differs from what was expected; None if it does not."""
    numbers, complaint = as_numbers(given, expected)
    if complaint is not None:
        return complaint
    if np.allclose(numbers, expected, rtol=rtol, atol=atol):
        return None
    if expected.size > SHOWN:  # too many to be shown
        far = ~np.isclose(numbers, expected, rtol=rtol, atol=atol)
        place = tuple(int(i) for i in np.argwhere(far)[0])
        one, other = apart(numbers[place], expected[place])
        return f"{one} at {list(place)}, but {other} was expected there."
    one, other = apart(numbers, expected)
    return f"{one}, but {other} was expected."


def named(mistakes: Mistakes, given: Any, function: Function, case: Case) -> str:
    """Name the first mistake that gives this very answer; else say what nan and inf come from."""
    listed = mistakes_of(mistakes) if isinstance(mistakes, str) else mistakes
    same = (mistake for mistake in listed if _gives(mistake, given, function, case))
    try:
        undefined, finite = bool(np.any(np.isnan(given))), bool(np.all(np.isfinite(given)))
    except Exception:  # not numbers: the message says so already
        undefined, finite = False, True
    first = next(same, None)
    if first is not None and not (undefined and next(same, None)):  # nan is nan, whatever it came from
        return f" This looks like '{first.title}': {first.message}"
    return "" if finite else " nan and inf come from numbers that grow without bound, or from dividing by 0."


def _gives(mistake: Mistake, given: Any, function: Function, case: Case) -> bool:
    wrong = mistake.function(name_of(function))
    if wrong is None:
        return False
    try:
        return _same(given, run(wrong, case))
    except Exception:  # a mistake need not make sense for every input: then it is not the one made
        return False


def _same(given: Any, answer: Any) -> bool:
    if isinstance(given, tuple) and isinstance(answer, tuple):  # its parts may differ in shape
        return len(given) == len(answer) and all(map(_same, given, answer))
    expected = np.asarray(answer, dtype=np.float64)
    numbers, complaint = as_numbers(given, expected)
    return complaint is None and np.allclose(numbers, expected, rtol=1e-9, atol=0, equal_nan=True)
