"""What hidden tests call, one line per check: compare a student's function with the reference, and teach.

A check calls the function on fresh inputs and raises `AssertionError` with a message that shows the call,
what came back and what was expected; where a named mistake (`autograder.mistakes`) gives the same answer, it
says so. A function that still raises `NotImplementedError` is not attempted, and the check raises that too.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.mistakes import Mistake
from autograder.seeds import fresh
from autograder.shown import apart, kind_of, name_of, shown, shown_call, shown_error, shown_inputs

Case = Mapping[str, Any]
Function = Callable[..., Any]
Numbers = NDArray[np.float64]


def check_value(
    function: Function,
    reference: Function,
    cases: Iterable[Case],
    *,
    mistakes: Sequence[Mistake] = (),
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
        Named mistakes to look for when the value is wrong, the most specific first.
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
        given = _call(function, case)
        expected = _expected(reference, case)
        if (wrong := _difference(given, expected, rtol, atol)) is not None:
            raise AssertionError(
                f"{shown_call(function, case)} gave {wrong}{_named(mistakes, given, reference, case)}"
            )


def check_gradient(
    function: Function,
    reference: Function,
    value: Function,
    cases: Iterable[Case],
    *,
    mistakes: Sequence[Mistake] = (),
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
        expected = _expected(reference, case)
        slopes = _central_differences(value, case)
        if _difference(expected, slopes, 1e-6, 1e-8) is not None:
            raise ValueError(
                f"the reference gradient disagrees with central differences at {shown_inputs(case)}"
            )
        given = _call(function, case)
        if (wrong := _difference(given, expected, rtol, atol)) is not None:
            raise AssertionError(
                f"{shown_call(function, case)} gave {wrong}{_named(mistakes, given, reference, case)}"
                f"{_slope_evidence(given, slopes, next(iter(case)))}"
            )


def check_raises(
    function: Function,
    cases: Iterable[Case],
    *,
    because: str,
    accepts: Iterable[Case],
    error: type[Exception] = ValueError,
    mistakes: Sequence[Mistake] = (),
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
        Named mistakes to look for in a value given instead; they don't need a reference.

    Raises
    ------
    AssertionError, NotImplementedError
        As in `check_value`.
    """
    for case in accepts:
        _call(function, case)
    for case in cases:
        call = shown_call(function, case)
        try:
            given = _run(function, case)
        except error:
            continue
        except (Exception, SystemExit) as other:
            _not_attempted(function, other)
            raise AssertionError(
                f"{call} raised {shown_error(other)}, but {error.__name__} was expected, because {because}."
            ) from other
        raise AssertionError(
            f"{call} gave {shown(given, 6)}, but it should raise {error.__name__}, because {because}."
            f"{_named(mistakes, given, None, case)}"
        )


def check_minimum(
    function: Function,
    loss: Function,
    reference: Function,
    cases: Iterable[Case],
    *,
    mistakes: Sequence[Mistake] = (),
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
        given, call = _call(function, case), shown_call(function, case)
        best = _expected(reference, case)
        numbers, complaint = _as_numbers(given, best)
        if complaint is not None:
            raise AssertionError(f"{call} gave {complaint}{_named(mistakes, given, reference, case)}")
        inputs = tuple(case.values())
        reached, least = (float(loss(tuple(parameters), *inputs)) for parameters in (numbers, best))
        if not reached <= least * (1 + slack) + 1e-12:
            one, other = apart(reached, least)
            raise AssertionError(
                f"{call} gave {shown(given, 6)}, whose loss is {one}; the least possible loss is {other}."
                f"{_named(mistakes, given, reference, case)}"
            )


def residual_cases(
    seed: int, *, sizes: Sequence[int] = (4, 1, 3, 6), weighted: bool = False, scale: float = 1.0
) -> list[dict[str, Any]]:
    """Fresh predictions and targets (and weights), short enough to be copied from a message and tried out.

    `sizes` are the numbers of examples, `scale` is a factor on predictions and targets. With `weighted`, the
    last of several weights is 0. The first prediction is too low, the next too high, and so on: so no lot of
    residuals makes a function right that gets their signs wrong.

    Examples
    --------
    >>> residual_cases(7, sizes=[2])
    [{'y_pred': array([0.6, 8.9]), 'y_true': array([3.8, 7.6])}]
    """
    rng = np.random.default_rng(fresh(seed))
    cases = []
    for size in sizes:
        y_true = np.round(rng.uniform(-5, 9, size), 1)
        residual = np.round(rng.uniform(0.5, 4, size), 1) * np.resize([-1.0, 1.0], size)
        case = {"y_pred": _scaled(y_true + residual, scale), "y_true": _scaled(y_true, scale)}
        if weighted:
            case["weights"] = _weights(rng, size)
        cases.append(case)
    return cases


def _weights(rng: np.random.Generator, size: int) -> Numbers:
    """Draw weights whose sum is no plain number: with 1, N and such, a wrong denominator does not show."""
    while True:
        weights = np.round(rng.uniform(0.2, 3, size), 1)
        if size > 1:
            weights[-1] = 0.0
        if not np.any(np.isclose(np.sum(weights), [0.5, 1, 2, size / 2, size, 2 * size])):
            return weights


def _scaled(values: Numbers, scale: float) -> Numbers:
    """Scale to numbers of three digits, which a message can show in full."""
    return np.array([float(f"{value * scale:.3g}") for value in np.round(values, 1)])


def line_cases(
    seed: int, *, size: int = 5, learning_rate: float = 0.05, steps: Sequence[int] = (1, 2, 5)
) -> list[dict[str, Any]]:
    """Fresh points near a line, with a learning rate and a number of gradient-descent steps to take."""
    rng = np.random.default_rng(fresh(seed))
    cases = []
    for count in steps:
        x = np.round(rng.uniform(-2, 3, size), 1)
        y = np.round(rng.uniform(-3, 3) * x + rng.uniform(2, 9) + rng.normal(0, 0.5, size), 1)
        cases.append({"x": x, "y": y, "learning_rate": learning_rate, "steps": count})
    return cases


def _run(function: Function, case: Case) -> Any:
    """Call on copies of the inputs, without warnings: on stderr they cost marks under stock nbgrader."""
    arguments = [np.array(value) if isinstance(value, np.ndarray) else value for value in case.values()]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(*arguments)


def _call(function: Function, case: Case) -> Any:
    try:
        return _run(function, case)
    except (Exception, SystemExit) as error:
        _not_attempted(function, error)
        raise AssertionError(f"{shown_call(function, case)} raised {shown_error(error)}") from error


def _not_attempted(function: Function, error: BaseException) -> None:
    if isinstance(error, NotImplementedError):
        raise NotImplementedError(
            f"{name_of(function)} is not attempted yet: put your code where it says YOUR CODE HERE."
        ) from None


def _expected(reference: Function, case: Case) -> Numbers:
    return np.asarray(_run(reference, case), dtype=np.float64)


def _as_numbers(given: Any, expected: Numbers) -> tuple[Numbers, str | None]:
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


def _difference(given: Any, expected: Numbers, rtol: float, atol: float) -> str | None:
    """Say how a result differs from what was expected; None if it does not."""
    numbers, complaint = _as_numbers(given, expected)
    if complaint is not None:
        return complaint
    if np.allclose(numbers, expected, rtol=rtol, atol=atol):
        return None
    one, other = apart(numbers, expected)
    return f"{one}, but {other} was expected."


def _named(mistakes: Sequence[Mistake], given: Any, reference: Function | None, case: Case) -> str:
    """Name the first mistake that gives this very answer; else say what nan and inf come from."""
    for mistake in mistakes:
        try:
            answer = np.asarray(_run(partial(mistake.answer, reference), case), dtype=np.float64)
        except Exception:  # a mistake need not make sense for every input: then it is not the one made
            continue
        numbers, complaint = _as_numbers(given, answer)
        if complaint is None and np.allclose(numbers, answer, rtol=1e-9, atol=0, equal_nan=True):
            return f" This looks like '{mistake.name}': {mistake.message}"
    try:
        finite = bool(np.all(np.isfinite(given)))
    except Exception:  # not numbers: the message says so already
        finite = True
    return "" if finite else " nan and inf come from numbers that grow without bound, or from dividing by 0."


def _central_differences(value: Function, case: Case) -> Numbers:
    """Measure the slope of a loss along each element of its first argument."""
    first, at = next(iter(case.items()))
    slopes = np.zeros(np.shape(at))
    for index in np.ndindex(slopes.shape):
        step = 6e-6 * max(1.0, abs(float(at[index])))
        up, down = np.array(at, dtype=np.float64), np.array(at, dtype=np.float64)
        up[index] += step
        down[index] -= step
        rise = _run(value, {**case, first: up}) - _run(value, {**case, first: down})
        slopes[index] = rise / (up[index] - down[index])
    return slopes


def _slope_evidence(given: Any, slopes: Numbers, argument: str) -> str:
    numbers, complaint = _as_numbers(given, slopes)
    if complaint is not None or slopes.size == 0:
        return ""
    index = np.unravel_index(int(np.argmax(np.abs(numbers - slopes))), slopes.shape)
    place = f"{argument}[{', '.join(str(int(i)) for i in index)}]" if index else argument
    one, other = apart(numbers[index], slopes[index])
    return (
        f" Measured with small steps, the loss changes by {other} per unit of {place}; you have {one} there."
    )
