"""What hidden tests call, one line per check: compare a student's function with the reference, and teach.

A check calls the function on fresh inputs and raises `AssertionError` with a message that shows the call,
what came back and what was expected; where a named mistake (`autograder.mistakes`) gives the same answer, it
says so. A function that still raises `NotImplementedError` is not attempted, and the check raises that too.
"""

from autograder.checks.cases import (
    binary_cases,
    distribution_cases,
    draws,
    embedding_cases,
    line_cases,
    logit_cases,
    residual_cases,
)
from autograder.checks.gradient import check_gradient
from autograder.checks.properties import (
    check_breaks,
    check_curve,
    check_reduction,
    check_same,
    check_shape,
    check_stable,
)
from autograder.checks.value import check_minimum, check_raises, check_value

__all__ = [
    "binary_cases",
    "check_breaks",
    "check_curve",
    "check_gradient",
    "check_minimum",
    "check_raises",
    "check_reduction",
    "check_same",
    "check_shape",
    "check_stable",
    "check_value",
    "distribution_cases",
    "draws",
    "embedding_cases",
    "line_cases",
    "logit_cases",
    "residual_cases",
]
