"""The residual of the regression losses, kept in range."""

import numpy.typing as npt

from solutions.checking import matching
from solutions.kernels import difference
from solutions.reduction import terms
from solutions.types import Float64Array, FloatType, Reduction


def residual_of(
    y_pred: npt.ArrayLike, y_true: npt.ArrayLike, reduction: Reduction = "none"
) -> tuple[Float64Array, float, FloatType]:
    """Return y_pred - y_true in float64, its unit (1 but for huge numbers) and the dtype of the result."""
    pred, true, dtype = matching(y_pred, y_true)
    return *difference(pred, true, terms=terms(reduction, pred.size)), dtype
