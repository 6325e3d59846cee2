"""Checks of what a loss must be, whatever its numbers: shape, reduction, symmetry, its curve, its limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from autograder.checks.answers import Mistakes, as_numbers, difference, named
from autograder.checks.calls import Case, Function, Numbers, expected_of, result_of, run
from autograder.shown import apart, name_of, shown, shown_call

Moved = Callable[[Case], Case]


def check_shape(
    function: Function,
    shape: Callable[[Case], tuple[int, ...]],
    cases: Iterable[Case],
    *,
    mistakes: Mistakes = (),
) -> None:
    """Check that a function returns real numbers in a shape.

    Parameters
    ----------
    function
        The student's function.
    shape
        Gives the shape that the result for a case must have; `()` is one number.
    cases, mistakes
        As in `check_value`.

    Raises
    ------
    AssertionError, NotImplementedError
        As in `check_value`.
    """
    for case in cases:
        given, wanted = result_of(function, case), np.empty(shape(case))
        _, complaint = as_numbers(given, wanted)
        if complaint is not None:
            raise AssertionError(
                f"{shown_call(function, case)} gave {complaint}{named(mistakes, given, function, case)}"
            )


def check_same(
    function: Function,
    cases: Iterable[Case],
    moved: Moved,
    *,
    because: str,
    sign: float = 1.0,
    mistakes: Mistakes = (),
    rtol: float = 1e-9,
    atol: float = 1e-12,
) -> None:
    """Check that a function gives the same again for inputs that should change nothing.

    Symmetry (swap two inputs), invariance (add a number to all logits, permute the batch, scale an
    embedding) and, with `sign=-1`, antisymmetry are such checks.

    Parameters
    ----------
    function
        The student's function.
    cases, mistakes
        As in `check_value`.
    moved
        Changes a case into one that must give the same.
    because
        Why nothing may change, as half a sentence: "softmax knows only differences of logits".
    sign
        The result may be multiplied by it: -1 for an odd function.
    rtol, atol
        As in `check_value`.

    Raises
    ------
    AssertionError, NotImplementedError
        As in `check_value`.
    """
    for case in cases:
        other = moved(case)
        first, second = result_of(function, case), result_of(function, other)
        numbers, complaint = as_numbers(first, np.asarray(first)) if _is_array(first) else (None, "")
        if numbers is None or complaint is not None:
            raise AssertionError(
                f"{shown_call(function, case)} gave {shown(first)}, which is no array of numbers."
            )
        if difference(second, sign * numbers, rtol, atol) is not None:
            one, two = apart(first, second)
            raise AssertionError(
                f"{shown_call(function, case)} gave {one}, and {shown_call(function, other)} gave {two}, but "
                f"{'the two should be the same' if sign == 1 else 'the second should be minus the first'}, "
                f"because {because}.{named(mistakes, first, function, case)}"
            )


def check_reduction(
    function: Function,
    cases: Iterable[Case],
    *,
    examples: Iterable[str],
    mean: bool = True,
    mistakes: Mistakes = (),
) -> None:
    """Check that a function reduces a batch as it says: every example twice leaves a mean, and doubles a sum.

    Parameters
    ----------
    function
        The student's function; gives one number for a batch.
    cases, mistakes
        As in `check_value`.
    examples
        The arguments that have one entry per example along their first axis.
    mean
        Whether it is a mean; else it is a sum.

    Raises
    ------
    AssertionError, NotImplementedError
        As in `check_value`.
    """
    names = tuple(examples)
    for case in cases:
        twice = {
            name: np.concatenate([value, value]) if name in names else value for name, value in case.items()
        }
        once = result_of(function, case)
        numbers, complaint = as_numbers(once, np.empty(()))
        if complaint is not None:
            raise AssertionError(
                f"{shown_call(function, case)} gave {complaint}{named(mistakes, once, function, case)}"
            )
        again = result_of(function, twice)
        if difference(again, numbers * (1 if mean else 2), 1e-9, 1e-12) is not None:
            one, two = apart(once, again)
            rule = "a mean does not change" if mean else "a sum doubles"
            raise AssertionError(
                f"{shown_call(function, case)} gave {one}; with every example twice it gave {two}, but then "
                f"{rule}.{named(mistakes, once, function, case)}"
            )


def check_curve(
    function: Function,
    along: str,
    values: Numbers,
    *,
    others: Case | None = None,
    convex: bool = False,
    rising: bool = False,
    falling: bool = False,
    mistakes: Mistakes = (),
) -> None:
    """Check the shape of a loss as a function of one number: convex, rising or falling.

    Parameters
    ----------
    function
        The student's function of numbers; called once for each value.
    along
        The argument that moves.
    values
        Its values, in order, equally spaced for `convex`.
    others
        The other arguments.
    convex, rising, falling
        What the curve must be; rising and falling may be level in part.
    mistakes
        As in `check_value`.

    Raises
    ------
    AssertionError, NotImplementedError
        As in `check_value`.
    """
    heights = []
    for value in values:
        case = {along: float(value), **(others or {})}
        given = result_of(function, case)
        number, complaint = as_numbers(given, np.empty(()))
        if complaint is not None:
            raise AssertionError(
                f"{shown_call(function, case)} gave {complaint}{named(mistakes, given, function, case)}"
            )
        heights.append(float(number))
    curve = np.array(heights)
    slack = 1e-9 * max(1.0, float(np.max(np.abs(curve))))
    rules = (
        (rising, np.diff(curve) < -slack, "rise", 1),
        (falling, np.diff(curve) > slack, "fall", 1),
        (
            convex,
            np.diff(curve, n=2) < -slack,
            "be convex (never above the chord between two of its points)",
            2,
        ),
    )
    for wanted, broken, word, step in rules:
        if wanted and np.any(broken):
            at = int(np.argmax(broken))
            points = ", ".join(
                f"{shown(curve[i], 6)} at {along}={shown(float(values[i]), 6)}"
                for i in range(at, at + step + 1)
            )
            raise AssertionError(f"{name_of(function)} should {word} in {along}, but gave {points}.")


def check_stable(
    function: Function,
    reference: Function,
    cases: Iterable[Case],
    *,
    mistakes: Mistakes = (),
    rtol: float = 1e-9,
    atol: float = 0.0,
) -> None:
    """Check that a function keeps its digits at extreme inputs, where the textbook formula loses them.

    Parameters
    ----------
    function
        The student's function.
    reference
        The right function; give it what is right there, from `solutions`.
    cases, mistakes, rtol, atol
        As in `check_value`; without an absolute tolerance, so that tiny values must be right too.

    Raises
    ------
    AssertionError, NotImplementedError
        As in `check_value`; the message says what kind of accident it is.
    """
    for case in cases:
        given, expected = result_of(function, case), expected_of(reference, case)
        wrong = difference(given, expected, rtol, atol)
        if wrong is None:
            continue
        raise AssertionError(
            f"{shown_call(function, case)} gave {wrong}{_accident(given, expected)}"
            f"{named(mistakes, given, function, case)}"
        )


def check_breaks(
    function: Function,
    claim: Callable[..., bool],
    *,
    because: str,
    asked: Case | None = None,
    mistakes: Mistakes = (),
) -> None:
    """Check that a function gives inputs that break a claim: a counterexample is as good as any other.

    Parameters
    ----------
    function
        The student's function; returns the input, or a tuple of inputs.
    claim
        Says of these inputs whether the claim holds for them; may raise for inputs that make no sense.
    because
        What the counterexample must do, as half a sentence: "the loss must be infinite there".
    asked
        Inputs of the student's function, if it has any.
    mistakes
        As in `check_value`.

    Raises
    ------
    AssertionError, NotImplementedError
        As in `check_value`.
    """
    case = asked or {}
    given = result_of(function, case)
    inputs = given if isinstance(given, tuple) else (given,)
    try:
        holds = bool(run(claim, {str(number): value for number, value in enumerate(inputs)}))
    except Exception as error:
        why = f"which can't be tried: {error}"
        raise AssertionError(
            f"{shown_call(function, case)} gave {shown(given)}, {why}{named(mistakes, given, function, case)}"
        ) from error
    if holds:
        raise AssertionError(
            f"{shown_call(function, case)} gave {shown(given)}, but {because}."
            f"{named(mistakes, given, function, case)}"
        )


def _is_array(given: Any) -> bool:
    try:
        return np.asarray(given).dtype.kind in "iuf"
    except Exception:
        return False


def _accident(given: Any, expected: Numbers) -> str:
    """Say what kind of loss of digits it is."""
    numbers, complaint = as_numbers(given, expected)
    if complaint is not None:
        return ""
    if np.any(np.isnan(numbers)):
        return " A nan comes from ∞ − ∞, 0 · ∞ or 0 / 0 on the way."
    if np.any(np.isinf(numbers) & np.isfinite(expected)):
        return " Some intermediate number left the range of float64; the result need not."
    if np.any((numbers == 0) & (expected != 0)):
        return " A small number was lost: it was rounded to 0, or added to a much larger one."
    return " Two nearly equal numbers were subtracted on the way, and their digits cancelled."
