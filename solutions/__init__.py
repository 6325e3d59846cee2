"""The reference of the course: every loss with its value and its gradient.

Each loss is a pair of pure functions, ``huber`` and ``huber_grad``, with the same signature. ``LOSSES`` maps
the name of a loss to its record: the two functions and what the course knows about them.

>>> from solutions import LOSSES, mse, mse_grad
>>> mse([2.5, 0.0], [3.0, 1.0])
np.float64(0.625)
>>> mse_grad([2.5, 0.0], [3.0, 1.0])
array([-0.5, -1. ])
>>> LOSSES["mse"].grad(y_pred=[2.5, 0.0], y_true=[3.0, 1.0])
{'y_pred': array([-0.5, -1. ])}
"""

from solutions import numerics
from solutions.loss import INVARIANCES, Bound, Counterpart, Loss
from solutions.records import LOSSES
from solutions.regression import (
    half_mse,
    half_mse_grad,
    huber,
    huber_grad,
    log_cosh,
    log_cosh_grad,
    mae,
    mae_grad,
    mse,
    mse_grad,
    smooth_l1,
    smooth_l1_grad,
)

__all__ = [
    "INVARIANCES",
    "LOSSES",
    "Bound",
    "Counterpart",
    "Loss",
    "half_mse",
    "half_mse_grad",
    "huber",
    "huber_grad",
    "log_cosh",
    "log_cosh_grad",
    "mae",
    "mae_grad",
    "mse",
    "mse_grad",
    "numerics",
    "smooth_l1",
    "smooth_l1_grad",
]
