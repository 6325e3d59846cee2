"""Checks of values: equal to the reference, refused with an error, or as good as the best."""

from __future__ import annotations

from collections.abc import Iterable

from autograder.checks.answers import Mistakes, as_numbers, difference, named
from autograder.checks.calls import Case, Function, expected_of, not_attempted, result_of, run
from autograder.shown import apart, shown, shown_call, shown_error


def check_value(
    function: Function,
    reference: Function,
    cases: Iterable[Case],
    *,
    mistakes: Mistakes = (),
    rtol: float = 1e-9,
    atol: float = 1e-12,
) -> None:
    """Check that a function returns what the reference returns.

    Parameters
    ----------
    function
        The student's function.
    reference
        The right function; called with the same arguments, in the order of the case.
    cases
        Inputs by argument name; the function gets copies, so it can't change them.
    mistakes
        Named mistakes to look for when the value is wrong: the id of a problem, or a sequence of them.
    rtol, atol
        |given − expected| ≤ atol + rtol·|expected| counts as equal.

    Raises
    ------
    AssertionError
        If the function fails, or returns something else.
    NotImplementedError
        If the function is not attempted.
    """
    for case in cases:
        given = result_of(function, case)
        expected = expected_of(reference, case)
        if (wrong := difference(given, expected, rtol, atol)) is not None:
            raise AssertionError(
                f"{shown_call(function, case)} gave {wrong}{named(mistakes, given, function, case)}"
            )


def check_raises(
    function: Function,
    cases: Iterable[Case],
    *,
    because: str,
    accepts: Iterable[Case],
    error: type[Exception] = ValueError,
    mistakes: Mistakes = (),
) -> None:
    """Check that a function refuses bad inputs and still accepts good ones.

    Parameters
    ----------
    function
        The student's function.
    cases
        Inputs that it must refuse.
    because
        Why they must be refused, as half a sentence: "the shapes differ".
    accepts
        Good inputs; a function that refuses everything does not pass.
    error
        The exception that refusing means.
    mistakes
        Named mistakes to look for in a value given instead.

    Raises
    ------
    AssertionError, NotImplementedError
        As in `check_value`.
    """
    for case in accepts:
        result_of(function, case)
    for case in cases:
        call = shown_call(function, case)
        try:
            given = run(function, case)
        except error:
            continue
        except (Exception, SystemExit) as other:
            not_attempted(function, other)
            raise AssertionError(
                f"{call} raised {shown_error(other)}, but {error.__name__} was expected, because {because}."
            ) from other
        raise AssertionError(
            f"{call} gave {shown(given, 6)}, but it should raise {error.__name__}, because {because}."
            f"{named(mistakes, given, function, case)}"
        )


def check_minimum(
    function: Function,
    loss: Function,
    reference: Function,
    cases: Iterable[Case],
    *,
    mistakes: Mistakes = (),
    slack: float = 1e-3,
) -> None:
    """Check that the parameters that a function finds are as good, by their loss, as the best ones.

    Parameters
    ----------
    function
        The student's fit; returns parameters.
    loss
        `loss(parameters, *inputs)`: how good parameters are.
    reference
        `reference(*inputs)`: the best parameters.
    cases, mistakes
        As in `check_value`.
    slack
        The loss may be this fraction above the least one.

    Raises
    ------
    AssertionError, NotImplementedError
        As in `check_value`.
    """
    for case in cases:
        given, call = result_of(function, case), shown_call(function, case)
        best = expected_of(reference, case)
        numbers, complaint = as_numbers(given, best)
        if complaint is not None:
            raise AssertionError(f"{call} gave {complaint}{named(mistakes, given, function, case)}")
        inputs = tuple(case.values())
        reached, least = (float(loss(tuple(parameters), *inputs)) for parameters in (numbers, best))
        if not reached <= least * (1 + slack) + 1e-12:
            one, other = apart(reached, least)
            raise AssertionError(
                f"{call} gave {shown(given, 6)}, whose loss is {one}; the least possible loss is {other}."
                f"{named(mistakes, given, function, case)}"
            )
