"""A batch too large for the cache is worked through in blocks, and nothing but the time tells."""

import numpy as np
import pytest

from solutions import huber, huber_grad, mse
from solutions.blocks import BLOCK

SHAPES = [(BLOCK + 1,), (3 * BLOCK,), (2000, 17), (40, 25, 30), (2, BLOCK)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_blocks_change_no_result(
    shape: tuple[int, ...], reduction: str, dtype: type[np.float64] | type[np.float32]
) -> None:
    rng = np.random.default_rng(0)
    y_pred, y_true = rng.normal(size=(2, *shape)).astype(dtype)
    eps = 8 * float(np.finfo(dtype).eps)
    for blocked in (huber, huber_grad):
        whole = blocked.__wrapped__(y_pred, y_true, delta=0.5, reduction=reduction)  # type: ignore[attr-defined]
        result = blocked(y_pred, y_true, delta=0.5, reduction=reduction)  # type: ignore[arg-type]
        assert result.dtype == dtype
        np.testing.assert_allclose(result, whole, rtol=eps)
        assert np.shape(result) == np.shape(whole)


def test_arguments_may_be_given_by_name_and_strided() -> None:
    rng = np.random.default_rng(1)
    y_pred, y_true = rng.normal(size=(2, 300, 400))
    expected = np.mean((y_pred[::2, ::2] - y_true[::2, ::2]) ** 2)
    assert mse(y_true=y_true[::2, ::2], y_pred=y_pred[::2, ::2]) == pytest.approx(expected, rel=1e-14)


def test_a_mean_is_right_where_the_mean_of_a_block_overflows() -> None:
    y_pred = np.zeros(100 * BLOCK)
    y_pred[0] = 1e157
    assert mse(y_pred, np.zeros_like(y_pred)) == pytest.approx(1e157 / len(y_pred) * 1e157, rel=1e-14)


def test_errors_of_large_batches_are_those_of_small_ones() -> None:
    large = np.zeros(2 * BLOCK)
    with pytest.raises(ValueError, match="y_pred has shape"):
        mse(large, large[:, None])
    with pytest.raises(ValueError, match="unknown reduction 'avg'"):
        mse(large, large, reduction="avg")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="y_true has dtype uint8"):
        mse(large, large.astype(np.uint8))
