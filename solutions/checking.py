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


def embeddings(value: npt.ArrayLike, name: str) -> Array:
    """Return embeddings: a matrix with one vector in each row."""
    array = prediction(value, name)
    if array.ndim != 2:
        raise ValueError(f"{name} has shape {array.shape}, but must be (N, d): one vector in each row.")
    return array


def one_per_row(array: Array | npt.NDArray[np.intp], name: str, rows: Array, rows_name: str) -> None:
    """Refuse labels of another shape than (N,) for embeddings of shape (N, d)."""
    if array.shape != rows.shape[:1]:
        raise ValueError(
            f"{name} has shape {array.shape}, but must have shape {rows.shape[:1]}: "
            f"one label for each row of {rows_name}."
        )


def positive(value: float, name: str, *, infinite: bool = False) -> float:
    """Return a parameter that must be a number above zero, finite unless ``infinite`` allows otherwise."""
    number = _one_number(value, name)
    if not number > 0 or (math.isinf(number) and not infinite):
        kind = "a number" if infinite else "a finite number"
        raise ValueError(f"{name} must be {kind} greater than 0, not {value!r}.")
    return number


def at_least(value: float, bound: float, name: str) -> float:
    """Return a parameter that must be finite, and not below a bound: a margin, a weight, a power."""
    number = finite(value, name)
    if number < bound:
        raise ValueError(f"{name} must be at least {bound:g}, not {value!r}.")
    return number


def between(value: float, low: float, high: float, name: str, *, ends: str = "()") -> float:
    """Return a parameter that must lie in an interval; its brackets ``ends`` say if the ends belong."""
    number = finite(value, name)
    inside = (number >= low if ends[0] == "[" else number > low) and (
        number <= high if ends[1] == "]" else number < high
    )
    if not inside:
        raise ValueError(f"{name} must lie in {ends[0]}{low:g}, {high:g}{ends[1]}, not {value!r}.")
    return number


def finite(value: float, name: str) -> float:
    """Return a parameter that must be one finite real number."""
    if not math.isfinite(number := _one_number(value, name)):
        raise ValueError(f"{name} must be finite, not {value!r}.")
    return number


def labels(
    value: npt.ArrayLike, name: str, classes: int, *, ignore: int | None = None
) -> npt.NDArray[np.intp]:
    """Return class labels: whole numbers from 0 to ``classes - 1``, or ``ignore``."""
    array = np.asarray(value)
    if array.dtype.kind not in "iu":
        raise TypeError(
            f"{name} has dtype {array.dtype}, but class labels are integers from 0 to {classes - 1}."
        )
    if array.size and (array.min() < 0 or array.max() >= classes):
        wrong = array[((array < 0) | (array >= classes)) & (array != ignore)]
        if wrong.size:
            raise ValueError(
                f"{name} holds {wrong[0]}, but with {classes} classes labels go from 0 to {classes - 1}."
            )
    return array.astype(np.intp)


def above(array: Array, bound: float, name: str, *, inclusive: bool = False) -> Array:
    """Return an array all of whose numbers lie above a bound, or on it if that is inclusive; NaN may pass."""
    wrong = array < bound if inclusive else array <= bound
    if np.any(wrong):
        allowed = "at least" if inclusive else "greater than"
        raise ValueError(f"{name} holds {array[wrong].ravel()[0]:g}, but must be {allowed} {bound:g}.")
    return array


def signs(value: npt.ArrayLike, name: str) -> Array:
    """Return binary labels of a margin loss: -1 or +1."""
    array = target(value, name)
    if not np.all(np.abs(array) == 1):
        found = array[np.abs(array) != 1].ravel()[0]
        raise ValueError(
            f"{name} holds {found:g}, but must hold -1 and +1 only: from 0/1 labels take 2 * y - 1."
        )
    return _neutral(array, value)


def binary(value: npt.ArrayLike, name: str, *, soft: bool = False) -> Array:
    """Return binary targets: 0 and 1, and if they may be ``soft`` anything between."""
    array = target(value, name)
    if soft and array.min() >= 0 and array.max() <= 1:
        return _neutral(array, value)
    wrong = ~((array >= 0) & (array <= 1)) if soft else (array != 0) & (array != 1)
    if np.any(wrong):
        found = array[wrong].ravel()[0]
        allowed = "must lie between 0 and 1" if soft else "must hold 0 and 1 only"
        raise ValueError(f"{name} holds {found:g}, but {allowed}: from -1/+1 labels take (y + 1) / 2.")
    return _neutral(array, value)


def probabilities(value: npt.ArrayLike, name: str) -> Array:
    """Return numbers from 0 to 1: probabilities, or targets that may be soft."""
    array = target(value, name)
    if not np.all((array >= 0) & (array <= 1)):
        found = array[~((array >= 0) & (array <= 1))].ravel()[0]
        raise ValueError(f"{name} holds {found:g}, but must lie between 0 and 1: is it a logit?")
    return array


def distributions(value: npt.ArrayLike, name: str) -> Array:
    """Return probabilities that add up to 1 along the last axis, up to rounding."""
    array = probabilities(value, name)
    if array.ndim == 0:
        raise ValueError(f"{name} is a single number: a distribution has one probability for each class.")
    sums = array.sum(axis=-1, dtype=np.float64)
    off = np.abs(sums - 1)
    if np.any(off > 1e-6):
        found = sums.ravel()[off.argmax()]
        raise ValueError(f"{name} adds up to {found:.6g} along its last axis, not to 1: divide by the sum.")
    return array


def _neutral(array: Array, value: npt.ArrayLike) -> Array:
    """Give labels that came as integers the narrow dtype, so that the other arguments decide the result's."""
    return array.astype(np.float32) if np.asarray(value).dtype.kind == "i" else array


def flag(value: bool, name: str) -> bool:
    """Return a parameter that must be True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, not {value!r}.")
    return bool(value)


def _one_number(value: Any, name: str) -> float:
    number = value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value
    if not isinstance(number, numbers.Real) or isinstance(number, bool):
        raise TypeError(f"{name} must be one real number, not {value!r}.")
    return float(number)


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
