"""Calls of a student's function: on copies, without warnings; what it raised is told with its inputs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograder.shown import name_of, shown_call, shown_error

Case = Mapping[str, Any]
Function = Callable[..., Any]
Numbers = NDArray[np.float64]


def run(function: Function, case: Case) -> Any:
    """Call on copies of the inputs, without warnings: on stderr they cost marks under stock nbgrader."""
    arguments = [np.array(value) if isinstance(value, np.ndarray) else value for value in case.values()]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(*arguments)


def result_of(function: Function, case: Case) -> Any:
    try:
        return run(function, case)
    except (Exception, SystemExit) as error:
        not_attempted(function, error)
        raise AssertionError(f"{shown_call(function, case)} raised {shown_error(error)}") from error


def not_attempted(function: Function, error: BaseException) -> None:
    if isinstance(error, NotImplementedError):
        raise NotImplementedError(
            f"{name_of(function)} is not attempted yet: put your code where it says YOUR CODE HERE."
        ) from None


def expected_of(reference: Function, case: Case) -> Numbers:
    return np.asarray(run(reference, case), dtype=np.float64)
