"""What must hold for every loss in the registry, whatever the numbers: checked on drawn batches."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from solutions import LOSSES, Loss

Batch = dict[str, npt.NDArray[np.float64]]


def each(losses: list[Loss]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("loss", losses, ids=[loss.name for loss in losses])


each_loss = each(list(LOSSES.values()))
each_convex_loss = each([loss for loss in LOSSES.values() if loss.convex])
each_regression_loss = each([loss for loss in LOSSES.values() if loss.family == "regression"])
modest = settings(max_examples=25, deadline=None, derandomize=True)

reals = st.floats(-50, 50).filter(lambda x: x == 0 or abs(x) > 1e-6)


@st.composite
def regression_batch(draw: st.DrawFn) -> Batch:
    shape = draw(array_shapes(max_dims=2, max_side=4))
    return {name: draw(arrays(np.float64, shape, elements=reals)) for name in ("y_pred", "y_true")}


BATCHES: dict[str, st.SearchStrategy[Batch]] = {"regression": regression_batch()}
EXAMPLES: dict[str, Batch] = {
    "regression": {"y_pred": np.array([3.0, -0.5]), "y_true": np.array([1.0, 0.25])},
}
PARAMETERS = {"delta": st.floats(0.01, 20), "beta": st.floats(0.01, 20)}


def parameters(data: st.DataObject, loss: Loss) -> dict[str, float]:
    names = [p.name for p in inspect.signature(loss.value).parameters.values() if p.kind is p.KEYWORD_ONLY]
    return {name: data.draw(PARAMETERS[name], name) for name in names if name != "reduction"}


def drawn(data: st.DataObject, loss: Loss) -> tuple[Batch, dict[str, float]]:
    return data.draw(BATCHES[loss.family], "batch"), parameters(data, loss)


def slope(f: Callable[[float], float], step: float) -> float:
    """Return f'(0) by the central difference of sixth order."""
    weights = {1: 45.0, 2: -9.0, 3: 1.0}
    return sum(w * (f(k * step) - f(-k * step)) for k, w in weights.items()) / (60 * step)


@each_loss
@modest
@given(data=st.data())
def test_gradient_is_the_slope_in_every_direction(loss: Loss, data: st.DataObject) -> None:
    batch, parameter = drawn(data, loss)
    reduction = data.draw(st.sampled_from(["mean", "sum"]))
    gradients = loss.grad(**batch, **parameter, reduction=reduction)
    for name in loss.wrt:
        direction = data.draw(
            arrays(np.float64, batch[name].shape, elements=st.sampled_from([-1.0, 0.5, 1.0]))
        )

        def along(t: float, name: str = name, direction: npt.NDArray[np.float64] = direction) -> float:
            moved = {**batch, name: batch[name] + t * direction}
            return float(loss.value(**moved, **parameter, reduction=reduction))

        numeric = slope(along, 2**-7)
        assume(abs(numeric - slope(along, 2**-8)) < 1e-9 * (1 + abs(along(0))))  # no kink inside the step
        analytic = float(np.sum(gradients[name] * direction))
        assert analytic == pytest.approx(numeric, rel=1e-8, abs=1e-8 * (1 + abs(along(0))))


@each_loss
@modest
@given(data=st.data())
def test_reductions_agree(loss: Loss, data: st.DataObject) -> None:
    batch, parameter = drawn(data, loss)
    each = np.asarray(loss.value(**batch, **parameter, reduction="none"))
    assert each.shape == batch[loss.wrt[0]].shape
    assert float(loss.value(**batch, **parameter, reduction="sum")) == pytest.approx(each.sum(), rel=1e-14)
    assert float(loss.value(**batch, **parameter)) == pytest.approx(each.mean(), rel=1e-14)
    slopes = loss.grad(**batch, **parameter, reduction="none")
    sums, means = loss.grad(**batch, **parameter, reduction="sum"), loss.grad(**batch, **parameter)
    for name in loss.wrt:
        np.testing.assert_array_equal(sums[name], slopes[name])
        np.testing.assert_allclose(means[name], slopes[name] / each.size, rtol=1e-14)


@each_loss
@modest
@given(data=st.data())
def test_batch_equals_loop(loss: Loss, data: st.DataObject) -> None:
    batch, parameter = drawn(data, loss)
    each = np.asarray(loss.value(**batch, **parameter, reduction="none"))
    slopes = loss.grad(**batch, **parameter, reduction="none")
    for index in np.ndindex(each.shape):
        one = {name: value[index] for name, value in batch.items()}
        assert each[index] == loss.value(**one, **parameter)
        for name, gradient in loss.grad(**one, **parameter).items():
            assert slopes[name][index] == gradient


@each_regression_loss
@modest
@given(data=st.data())
def test_a_perfect_prediction_costs_nothing_and_stays(loss: Loss, data: st.DataObject) -> None:
    batch, parameter = drawn(data, loss)
    perfect = {**batch, "y_pred": batch["y_true"].copy()}
    assert loss.value(**perfect, **parameter) == 0
    assert not np.any(loss.grad(**perfect, **parameter)["y_pred"])
    assert float(loss.value(**batch, **parameter)) >= 0


@each_convex_loss
@modest
@given(data=st.data())
def test_convex_losses_lie_above_their_tangents(loss: Loss, data: st.DataObject) -> None:
    batch, parameter = drawn(data, loss)
    value, gradients = float(loss.value(**batch, **parameter)), loss.grad(**batch, **parameter)
    scale = data.draw(st.sampled_from([1e-3, 1.0, 30.0]))
    steps = {
        name: scale * data.draw(arrays(np.float64, batch[name].shape, elements=st.floats(-1, 1)))
        for name in loss.wrt
    }
    moved = {**batch, **{name: batch[name] + step for name, step in steps.items()}}
    tangent = value + sum(float(np.sum(gradients[name] * steps[name])) for name in loss.wrt)
    assert float(loss.value(**moved, **parameter)) >= tangent - 1e-13 * (1 + abs(tangent) + abs(value))


@each_regression_loss
@modest
@given(data=st.data())
def test_lipschitz_bound_holds_and_is_reached(loss: Loss, data: st.DataObject) -> None:
    batch, parameter = drawn(data, loss)
    far = {**batch, "y_pred": batch["y_true"] + 1e6}
    steepest = np.max(loss.grad(**far, **parameter, reduction="none")["y_pred"])
    if loss.lipschitz is None:
        assert steepest > 1e5
        return
    bound = loss.lipschitz.value(**parameter)
    assert steepest == pytest.approx(bound, rel=1e-15)
    assert np.all(np.abs(loss.grad(**batch, **parameter, reduction="none")["y_pred"]) <= bound)


def translated(batch: Batch, s: float) -> Batch:
    return {name: value + s for name, value in batch.items()}


def scaled(batch: Batch, s: float) -> Batch:
    return {name: value * s for name, value in batch.items()}


def permuted(batch: Batch, _: float) -> Batch:
    return {name: value.ravel()[::-1].reshape(value.shape) for name, value in batch.items()}


def exchanged(batch: Batch, _: float) -> Batch:
    return {"y_pred": batch["y_true"], "y_true": batch["y_pred"]}


CHANGES: dict[str, tuple[Callable[[Batch, float], Batch], int]] = {
    "translation": (translated, 0),
    "permutation": (permuted, 0),
    "sign-symmetry": (lambda batch, _: scaled(batch, -1.0), 0),
    "exchange": (exchanged, 0),
    "scaling-1": (scaled, 1),
    "scaling-2": (scaled, 2),
}


@pytest.mark.parametrize(
    ("loss", "invariance"),
    [pytest.param(loss, name, id=f"{loss.name}-{name}") for loss in LOSSES.values() for name in CHANGES],
)
@modest
@given(data=st.data())
def test_invariances_hold_where_claimed(loss: Loss, invariance: str, data: st.DataObject) -> None:
    change, degree = CHANGES[invariance]
    if invariance not in loss.invariances:
        batch = EXAMPLES[loss.family]
        before, after = float(loss.value(**batch)), float(loss.value(**change(batch, 4.0)))
        assert after != pytest.approx(before * 4.0**degree, rel=1e-3), "holds, but is not claimed"
        return
    batch, parameter = drawn(data, loss)
    s = data.draw(st.sampled_from([0.25, 3.0, 16.0]))
    before, after = (float(loss.value(**b, **parameter)) for b in (batch, change(batch, s)))
    # Adding s rounds y_pred and y_true, which near a perfect prediction is all that is left of the residual.
    rounding = (
        1e-13 * (1 + float(np.max(np.abs(batch["y_true"])))) * s if invariance == "translation" else 0.0
    )
    assert after == pytest.approx(before * s**degree, rel=1e-12, abs=100 * rounding)


@each_loss
@modest
@given(data=st.data())
def test_float32_in_float32_out(loss: Loss, data: st.DataObject) -> None:
    batch, parameter = drawn(data, loss)
    single = {name: value.astype(np.float32) for name, value in batch.items()}
    double = {name: value.astype(np.float64) for name, value in single.items()}
    for reduction in ("mean", "sum", "none"):
        value = loss.value(**single, **parameter, reduction=reduction)
        assert value.dtype == np.float32
        wide = np.asarray(loss.value(**double, **parameter, reduction=reduction))
        np.testing.assert_array_equal(value, wide.astype(np.float32))
        for name, gradient in loss.grad(**single, **parameter, reduction=reduction).items():
            wide = loss.grad(**double, **parameter, reduction=reduction)[name]
            np.testing.assert_array_equal(gradient, wide.astype(np.float32), strict=True)


@each_loss
@modest
@given(data=st.data())
def test_inputs_may_be_read_only_strided_or_lists_and_stay_as_they_are(
    loss: Loss, data: st.DataObject
) -> None:
    batch, parameter = drawn(data, loss)

    def results(inputs: Any) -> list[Any]:
        reductions = ("mean", "sum", "none")
        values = [loss.value(**inputs, **parameter, reduction=name) for name in reductions]
        return values + [
            g for name in reductions for g in loss.grad(**inputs, **parameter, reduction=name).values()
        ]

    originals = {name: value.copy() for name, value in batch.items()}
    expected = results(batch)
    for name, value in batch.items():
        np.testing.assert_array_equal(value, originals[name])

    locked = {name: value.copy() for name, value in batch.items()}
    for value in locked.values():
        value.flags.writeable = False
    strided = {name: np.repeat(value, 2, axis=-1)[..., ::2] for name, value in batch.items()}
    lists = {name: value.tolist() for name, value in batch.items()}
    for inputs in (locked, strided, lists):
        for found, wanted in zip(results(inputs), expected, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-14)
