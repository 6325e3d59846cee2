"""Turn the arguments of a loss into arrays, or say clearly why they cannot be.

The dtype rules, the same for every loss:

======================== ===========================================================================
what comes in            what happens
======================== ===========================================================================
list, tuple or number    int and float entries become float64
float32, float64 array   taken as it is
float16 array            widened to float32 (no value changes): three digits are too few for a loss
signed integer array     a target becomes float64; a prediction is a TypeError
unsigned or bool array   TypeError: uint8 arithmetic wraps round (3 - 5 gives 254)
anything else            TypeError
======================== ===========================================================================

All arithmetic runs in float64. The result is float32 if every array came as float32 or float16, and float64
otherwise.
"""

import math
import numbers
from typing import Any

import numpy as np
import numpy.typing as npt

from solutions.types import Array, FloatType


def prediction(value: npt.ArrayLike, name: str) -> Array:
    """Return the array that a loss is differentiated with respect to."""
    return _real_array(value, name, integers_allowed=False)


def target(value: npt.ArrayLike, name: str) -> Array:
    """Return the array that a prediction is compared with; signed integers are welcome here."""
    return _real_array(value, name, integers_allowed=True)


def matching(y_pred: npt.ArrayLike, y_true: npt.ArrayLike) -> tuple[Array, Array, FloatType]:
    """Return predictions and targets of one shape, and the dtype of the result."""
    pred, true = prediction(y_pred, "y_pred"), target(y_true, "y_true")
    same_shape(pred, "y_pred", true, "y_true")
    return pred, true, result_type(pred, true)


def result_type(*arrays: Array) -> FloatType:
    """Return float32 if all the arrays are float32, else float64."""
    return np.float32 if all(array.dtype == np.float32 for array in arrays) else np.float64


def same_shape(first: Array, first_name: str, second: Array, second_name: str) -> None:
    """Refuse two shapes that differ: broadcasting would compare the wrong pairs without a word."""
    if first.shape == second.shape:
        return
    shapes = f"{first_name} has shape {first.shape} and {second_name} has shape {second.shape}"
    if first.size == second.size:
        advice = f"bring them to one shape, for example with {second_name}.reshape({first.shape})"
    else:
        advice = "give one target for each prediction"
    raise ValueError(f"{shapes}, but they must be equal, as nothing is broadcast: {advice}.")


def positive(value: float, name: str, *, infinite: bool = False) -> float:
    """Return a parameter that must be a number above zero, finite unless ``infinite`` allows otherwise."""
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
        raise TypeError(f"{name} must be one real number, not {value!r}.")
    number = float(value)
    if not number > 0 or (math.isinf(number) and not infinite):
        kind = "a number" if infinite else "a finite number"
        raise ValueError(f"{name} must be {kind} greater than 0, not {value!r}.")
    return number


def _real_array(value: npt.ArrayLike, name: str, *, integers_allowed: bool) -> Array:
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(f"{name} is a masked array, and its mask would be ignored: pass {name}.compressed().")
    try:
        array: npt.NDArray[Any] = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} is not a rectangular array: make its rows equally long.") from error
    if array.dtype.kind == "f" and array.dtype.itemsize <= 8:
        result: Array = array.astype(np.float64 if array.dtype.itemsize == 8 else np.float32, copy=False)
    elif _whole_numbers_are_safe(value, array, integers_allowed):
        result = array.astype(np.float64)
    else:
        raise TypeError(_why_refused(array.dtype, name))
    if result.size == 0:
        raise ValueError(f"{name} is empty (shape {result.shape}): pass at least one element.")
    return result


def _whole_numbers_are_safe(value: npt.ArrayLike, array: npt.NDArray[Any], integers_allowed: bool) -> bool:
    # The 2 in a list such as [2, 3] is a number; the dtype of an array was somebody's decision, or oversight.
    if not hasattr(value, "dtype"):
        return array.dtype.kind in "iu"
    return integers_allowed and array.dtype.kind == "i"


def _why_refused(dtype: np.dtype[Any], name: str) -> str:
    found = f"{name} has dtype {dtype}"
    convert = f"convert with np.asarray({name}).astype(float)"
    if dtype.kind == "u":
        return f"{found}, whose differences wrap round (in uint8, 3 - 5 gives 254): {convert}."
    if dtype.kind == "c":
        return f"{found}, but a loss compares real numbers: take {name}.real or np.abs({name})."
    if dtype.kind in "bif":
        return f"{found}, but must hold float32 or float64 numbers: {convert}."
    return f"{found}, but must hold real numbers: remove what is not a number, then {convert}."
