"""A test cell, made ready to run: its code, and the points that its last line gives."""

from __future__ import annotations

import ast
import math
import numbers
from dataclasses import dataclass
from decimal import Decimal
from types import CodeType
from typing import Any

import numpy as np
from IPython.core.displayhook import DisplayHook

from autograder.engine.source import python_source, without_magics
from autograder.engine.verdict import Outcome


@dataclass(frozen=True)
class Check:
    """A compiled test cell; `value` is its last line, if that is an expression."""

    grade_id: str
    max_points: float
    body: CodeType
    value: CodeType | None
    lines: tuple[str, ...]

    def run(self, names: dict[str, Any]) -> Any:
        """Run it; return the value of its last line, or None."""
        exec(self.body, names)
        return None if self.value is None else eval(self.value, names)

    def line(self, number: int) -> str:
        """Give a line of its text."""
        return self.lines[number - 1].strip() if 0 < number <= len(self.lines) else ""


def compile_check(grade_id: str, source: str, max_points: float) -> Check:
    """Compile a test cell of the source notebook."""
    text = python_source(source)
    tree = without_magics(ast.parse(text))
    value = None
    name = filename(grade_id)
    if tree.body and isinstance(tree.body[-1], ast.Expr) and not _is_quiet(text):
        last = tree.body.pop()
        assert isinstance(last, ast.Expr)
        value = compile(ast.Expression(last.value), name, "eval")
    return Check(grade_id, max_points, compile(tree, name, "exec"), value, tuple(text.splitlines()))


def _is_quiet(text: str) -> bool:
    """Whether a semicolon at the end keeps the last value from being shown, and so from counting."""
    return bool(DisplayHook.semicolon_at_end_of_expression(text))  # type: ignore[no-untyped-call]


def filename(grade_id: str) -> str:
    """Name the file that tracebacks show for a test cell."""
    return f"<check {grade_id}>"


def points_of(value: Any, max_points: float) -> tuple[Outcome, float, str]:
    """Judge the value of a test cell's last line: none or True passes, a number is partial credit.

    Anything else fails. nbgrader gives full marks for False, for numbers below 0, for nan, and for what is
    no number, such as the array that a sum is when a student's list holds arrays; and it loses the submission
    when the number is too large.
    """
    if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0:
        value = value.item()  # the bool or number that it stands for
    if isinstance(value, bool):
        return ("passed", max_points, "") if value else ("failed", 0.0, "The check says no.")
    if value is None:
        return "passed", max_points, ""
    if not isinstance(value, (numbers.Real, Decimal)):
        kind = type(value).__name__
        return (
            "failed",
            0.0,
            f"The check's last line should give points, but gave something of type {kind!r}.",
        )
    try:
        points = float(value)
    except (OverflowError, ValueError):  # an integer of 400 digits; a Decimal that is not even a quiet nan
        points = math.inf
    if not math.isfinite(points) or not 0 <= points <= max_points:
        wrong = f"The check gave {points:g} points, which is not between 0 and {max_points:g}"
        return "failed", 0.0, f"{wrong}; tell your instructor."
    if points == max_points:
        return "passed", points, ""
    return (
        ("partial", points, f"{points:g} of {max_points:g} points.")
        if points
        else ("failed", 0.0, "0 points.")
    )
