"""The names that the annotations of this package use."""

from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.floating[Any]]
"""An array as it comes in or goes out: float32 or float64."""

Float64Array: TypeAlias = npt.NDArray[np.float64]
"""An array in the middle of a computation, which always runs in float64."""

LabelArray: TypeAlias = npt.NDArray[np.intp]
"""Class labels, checked: whole numbers from 0 on."""

FloatType: TypeAlias = type[np.float32] | type[np.float64]
"""The dtype in which a result is handed back."""

Reduction: TypeAlias = Literal["mean", "sum", "none"]

LossValue: TypeAlias = np.floating[Any] | Array
"""A number for reduction "mean" and "sum", an array for "none"."""
