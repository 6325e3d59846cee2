"""Each bad input gets one error that names the argument and says what to do."""

import re
from collections.abc import Callable
from inspect import signature
from typing import Any

import numpy as np
import pytest

from solutions import LOSSES, Loss, gaussian_nll, huber, huber_grad, mse, mse_grad, smooth_l1, smooth_l1_grad
from solutions.types import Array, LossValue
from tests.solutions.batches import EXAMPLES

Function = Callable[..., LossValue | dict[str, Array]]
PAIRS = ("mse", "half_mse", "mae", "huber", "smooth_l1", "log_cosh", "pinball", "barron")
FUNCTIONS = [function for name in PAIRS for function in (LOSSES[name].value, LOSSES[name].grad)]
each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
OF_PROBABILITIES = ("kl", "js", "hellinger_sq")
SIZES_MAY_DIFFER = ("gan_d_bce", "gan_d_hinge", "wgan_critic", "lsgan_d", "ctc")
EVERY_INPUT = [
    pytest.param(loss, name, id=f"{loss.name}-{name}") for loss in LOSSES.values() for name in loss.wrt
]
each_input = pytest.mark.parametrize(("loss", "name"), EVERY_INPUT)


def refused(error: type[Exception], *parts: str) -> Any:
    """Expect an error whose message contains these parts, in this order."""
    return pytest.raises(error, match=".*".join(map(re.escape, parts)))


@each_function
def test_column_against_row(function: Function) -> None:
    shapes = "y_pred has shape (3,) and y_true has shape (3, 1)"
    with refused(ValueError, shapes, "nothing is broadcast", "y_true.reshape((3,))"):
        function(np.ones(3), np.ones((3, 1)))


@each_function
def test_different_lengths(function: Function) -> None:
    shapes = "y_pred has shape (3,) and y_true has shape (2,)"
    with refused(ValueError, shapes, "one target for each prediction"):
        function([1.0, 2.0, 3.0], [1.0, 2.0])


@each_function
def test_scalar_against_array(function: Function) -> None:
    with refused(ValueError, "y_pred has shape (2,) and y_true has shape ()"):
        function([1.0, 2.0], 0.0)


@each_function
def test_unknown_reduction(function: Function) -> None:
    with refused(ValueError, "unknown reduction 'average'", "'mean', 'sum', 'none'"):
        function([1.0], [2.0], reduction="average")


@each_function
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_empty_batch(function: Function, reduction: str) -> None:
    with refused(ValueError, "y_pred is empty (shape (0,))", "at least one element"):
        function([], [], reduction=reduction)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64])
def test_unsigned_arrays_would_wrap_round(dtype: Any) -> None:
    whole = np.array([3], dtype)
    with refused(TypeError, f"y_pred has dtype {whole.dtype}", "3 - 5 gives 254", "y_pred).astype(float)"):
        mse(whole, [5.0])
    with refused(TypeError, f"y_true has dtype {whole.dtype}", "3 - 5 gives 254", "y_true).astype(float)"):
        mse([5.0], whole)


@pytest.mark.parametrize(
    "bad", [np.array([1]), np.array([True]), [True], np.int64(1), np.ones(1, np.longdouble)]
)
def test_predictions_must_be_floats(bad: Any) -> None:
    with refused(TypeError, f"y_pred has dtype {np.asarray(bad).dtype}", "np.asarray(y_pred).astype(float)"):
        mse_grad(bad, [1.0])


def test_boolean_targets() -> None:
    with refused(TypeError, "y_true has dtype bool", "np.asarray(y_true).astype(float)"):
        mse([0.5], np.array([True]))


def test_complex_numbers() -> None:
    with refused(TypeError, "y_pred has dtype complex128", "y_pred.real"):
        mse(np.array([1j]), [1.0])


@pytest.mark.parametrize("bad", [["1.5"], [None], {"a": 1.0}, None, np.array(["2020-01-01"], "M8[D]")])
def test_what_is_not_a_number(bad: Any) -> None:
    with refused(TypeError, "y_true has dtype", "must hold real numbers"):
        mse([1.0], bad)


def test_ragged_rows() -> None:
    with refused(ValueError, "y_pred is not a rectangular array", "equally long"):
        mse([[1.0, 2.0], [3.0]], [1.0])


def test_masked_arrays() -> None:
    with refused(TypeError, "y_true is a masked array", "y_true.compressed()"):
        mse([1.0, 2.0], np.ma.masked_array([1.0, 2.0], mask=[False, True]))


@pytest.mark.parametrize("function", [huber, huber_grad])
@pytest.mark.parametrize("delta", [0.0, -1.0, -np.inf, np.nan])
def test_delta_must_be_positive(function: Function, delta: float) -> None:
    with refused(ValueError, "delta must be a number greater than 0", repr(delta)):
        function([1.0], [2.0], delta=delta)


@pytest.mark.parametrize("function", [smooth_l1, smooth_l1_grad])
@pytest.mark.parametrize("beta", [0.0, -1.0, np.inf, np.nan])
def test_beta_must_be_positive_and_finite(function: Function, beta: float) -> None:
    with refused(ValueError, "beta must be a finite number greater than 0", repr(beta)):
        function([1.0], [2.0], beta=beta)


@pytest.mark.parametrize("bad", ["1", None, [1.0], True, np.ones(1), 1j])
def test_parameters_must_be_numbers(bad: Any) -> None:
    with refused(TypeError, "delta must be one real number"):
        huber([1.0], [2.0], delta=bad)
    with refused(TypeError, "beta must be one real number"):
        smooth_l1([1.0], [2.0], beta=bad)


def test_a_parameter_may_be_an_array_of_one_number() -> None:
    assert huber([3.0], [0.0], delta=np.asarray(0.5)) == huber([3.0], [0.0], delta=0.5)  # type: ignore[arg-type]


def test_switches_are_true_or_false() -> None:
    with refused(TypeError, "full must be True or False, not 'no'"):
        gaussian_nll([1.0], [0.0], [0.0], full="no")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("y_pred", "y_true", "dtype"),
    [
        ([1, 2], [2, 2], np.float64),
        (1, 2, np.float64),
        ([np.uint8(1)], [2], np.float64),
        (np.array([1.0]), np.array([2]), np.float64),
        (np.array([1.0], np.float32), np.array([2.0], np.float32), np.float32),
        (np.array([1.0], np.float32), np.array([2.0]), np.float64),
        (np.array([1.0], np.float16), np.array([2.0], np.float16), np.float32),
        (np.array([1.0], ">f4"), np.array([2.0], ">f4"), np.float32),
    ],
)
def test_what_is_welcome_instead(y_pred: Any, y_true: Any, dtype: Any) -> None:
    value, gradient = mse(y_pred, y_true), mse_grad(y_pred, y_true)
    assert isinstance(value, dtype)
    assert gradient.dtype == dtype
    assert value == 1.0 / np.size(y_pred)
    assert np.shape(gradient) == np.shape(y_pred)


# --- every loss, every input that it is differentiated by --------------------------------------------


def example(loss: Loss) -> dict[str, Any]:
    return {name: np.asarray(value) for name, value in EXAMPLES[loss.name].items()}


@each_input
@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
def test_integers_and_truth_values_are_no_logits(loss: Loss, name: str, dtype: Any) -> None:
    batch = example(loss)
    for function in (loss.value, loss.grad):
        # Whole numbers may be probabilities, but these do not add up to 1.
        expected = ValueError if dtype is np.int64 and loss.name in OF_PROBABILITIES else TypeError
        with refused(expected, name):
            function(**{**batch, name: np.ones(batch[name].shape, dtype)})


@each_input
def test_an_empty_array_is_no_batch(loss: Loss, name: str) -> None:
    batch = example(loss)
    empty = {key: value[:0] if value.ndim else value for key, value in batch.items()}
    if not batch[name].ndim:
        return
    for function in (loss.value, loss.grad):
        with refused(ValueError, "is empty"):
            function(**empty)


@pytest.mark.parametrize(
    "loss", [loss for loss in LOSSES.values() if len(EXAMPLES[loss.name]) > 1], ids=lambda loss: loss.name
)
def test_one_example_more_in_one_argument_is_refused(loss: Loss) -> None:
    batch = example(loss)
    first = loss.wrt[0]
    if not batch[first].ndim or loss.name in SIZES_MAY_DIFFER:
        return
    longer = {**batch, first: np.concatenate([batch[first], batch[first]])}
    for function in (loss.value, loss.grad):
        with pytest.raises(ValueError, match=r"shape|size|length|items|rows") as caught:
            function(**longer)
        assert first in str(caught.value)


@each_input
def test_a_column_is_not_a_row(loss: Loss, name: str) -> None:
    batch = example(loss)
    if batch[name].ndim != 1 or len(batch) == 1:
        return
    for function in (loss.value, loss.grad):
        with pytest.raises(ValueError, match=r"shape|one row"):
            function(**{**batch, name: batch[name][:, None]})


@pytest.mark.parametrize(
    "loss",
    [loss for loss in LOSSES.values() if "reduction" in signature(loss.value).parameters],
    ids=lambda loss: loss.name,
)
def test_an_unknown_reduction_is_named(loss: Loss) -> None:
    for function in (loss.value, loss.grad):
        with refused(ValueError, "unknown reduction 'average'", "'mean', 'sum', 'none'"):
            function(**example(loss), reduction="average")
