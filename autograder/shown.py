"""Calls, values and errors as messages show them: on one short line, numbers so that they can be copied."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

SHOWN = 40  # elements of an array that a message shows in full


def name_of(function: Callable[..., Any]) -> str:
    """Give the name of a function."""
    return str(getattr(function, "__name__", "the function"))


def shown_inputs(case: Mapping[str, Any]) -> str:
    """Show the inputs of a call by their names."""
    return ", ".join(f"{name}={shown(value)}" for name, value in case.items())


def shown_call(function: Callable[..., Any], case: Mapping[str, Any]) -> str:
    """Show a call with its inputs."""
    return f"{name_of(function)}({shown_inputs(case)})"


def shown_error(error: BaseException) -> str:
    """Show an error with its type."""
    text = str(error)
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


def kind_of(shape: tuple[int, ...]) -> str:
    """Say in words what a shape means."""
    return "one number" if shape == () else f"an array of shape {shape}"


def shown(value: Any, digits: int = 17) -> str:
    """Show a value on one short line, numbers so that they can be copied."""
    if isinstance(value, (tuple, list)) and len(value) <= SHOWN and all(np.ndim(v) == 0 for v in value):
        brackets = "()" if isinstance(value, tuple) else "[]"
        return brackets[0] + ", ".join(shown(v, digits) for v in value) + brackets[1]
    if isinstance(value, (float, np.floating)):
        return repr(float(f"{float(value):.{digits}g}"))
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and abs(int(value)) < 10**18:
        return str(int(value))
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        if value.ndim == 0:
            return shown(value[()], digits)
        if value.size > SHOWN:
            return f"<array of shape {value.shape}>"
        return "[" + ", ".join(shown(part, digits) for part in value) + "]"
    return reprlib.repr(value)


def apart(one: Any, other: Any) -> tuple[str, str]:
    """Show two values with 6 digits, or with all of them where 6 don't tell them apart."""
    pair = shown(one, 6), shown(other, 6)
    return pair if pair[0] != pair[1] else (shown(one), shown(other))
