"""What must hold for every loss in the registry, whatever the numbers: checked on drawn batches."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from solutions import LOSSES, Loss
from tests.solutions.batches import BATCHES, COUPLED, MEAN_WEIGHTS, PARAMETERS
from tests.solutions.changes import CHANGES

Batch = dict[str, Any]


def each(losses: list[Loss]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("loss", losses, ids=[loss.name for loss in losses])


def has_reduction(loss: Loss) -> bool:
    return "reduction" in inspect.signature(loss.value).parameters


each_loss = each(list(LOSSES.values()))
each_averaging_loss = each([loss for loss in LOSSES.values() if has_reduction(loss)])
each_loss_of_separate_rows = each(
    [loss for loss in LOSSES.values() if has_reduction(loss) and loss.name not in COUPLED]
)
each_convex_loss = each([loss for loss in LOSSES.values() if loss.convex])
each_lipschitz_loss = each([loss for loss in LOSSES.values() if loss.lipschitz])
modest = settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.filter_too_much]
)


def drawn(data: st.DataObject, loss: Loss) -> tuple[Batch, dict[str, Any]]:
    parameters = {name: data.draw(how, name) for name, how in PARAMETERS.get(loss.name, {}).items()}
    return data.draw(BATCHES[loss.name], "batch"), parameters


def direction(data: st.DataObject, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    return data.draw(arrays(np.float64, shape, elements=st.sampled_from([-1.0, 0.5, 1.0])))


def slope(f: Callable[[float], float], step: float) -> float:
    """Return f'(0) by the central difference of sixth order."""
    weights = {1: 45.0, 2: -9.0, 3: 1.0}
    return sum(w * (f(k * step) - f(-k * step)) for k, w in weights.items()) / (60 * step)


def bend(f: Callable[[float], float], step: float) -> float:
    """Return by how much the slope changes at 0: of the order of the step, unless there is a kink."""
    return abs(f(step) + f(-step) - 2 * f(0.0)) / step


def test_every_loss_says_how_its_batches_are_drawn() -> None:
    assert set(BATCHES) == set(LOSSES)


@each_loss
@modest
@given(data=st.data())
def test_gradient_is_the_slope_in_every_direction(loss: Loss, data: st.DataObject) -> None:
    batch, parameter = drawn(data, loss)
    gradients = loss.grad(**batch, **parameter)
    for name in loss.wrt:
        towards = direction(data, np.shape(batch[name]))

        def along(t: float, name: str = name, towards: Any = towards) -> float:
            try:
                return float(loss.value(**{**batch, name: batch[name] + t * towards}, **parameter))
            except ValueError:  # out of the domain, such as a probability above 1
                return float("nan")

        here = along(0.0)
        step = 2.0**-8
        numeric, finer = slope(along, step), slope(along, step / 8)
        assume(abs(numeric - finer) < 1e-8 * (1 + abs(here)))  # no kink and no end of the domain near by
        assume(bend(along, step / 2) < 0.75 * bend(along, step) + 1e-9 * (1 + abs(here)))  # and no kink here
        analytic = float(np.sum(gradients[name] * towards))
        assert analytic == pytest.approx(numeric, rel=1e-7, abs=1e-7 * (1 + abs(here)))


@each_averaging_loss
@modest
@given(data=st.data())
def test_reductions_agree(loss: Loss, data: st.DataObject) -> None:
    batch, parameter = drawn(data, loss)
    single = np.asarray(loss.value(**batch, **parameter, reduction="none"))
    weigh = MEAN_WEIGHTS.get(loss.name)
    weights = weigh(**batch, **parameter) if weigh else np.ones(single.shape)
    total = float(np.sum(np.abs(single)))
    value = {name: float(loss.value(**batch, **parameter, reduction=name)) for name in ("sum", "mean")}
    assert value["sum"] == pytest.approx(float(single.sum()), rel=1e-13, abs=1e-13 * total)
    assert value["mean"] * float(np.sum(weights)) == pytest.approx(value["sum"], rel=1e-13, abs=1e-13 * total)
    sums = loss.grad(**batch, **parameter, reduction="sum")
    for name, means in loss.grad(**batch, **parameter, reduction="mean").items():
        np.testing.assert_allclose(means * np.sum(weights), sums[name], rtol=1e-12, atol=1e-300)


@each_loss_of_separate_rows
@modest
@given(data=st.data())
def test_a_batch_is_its_rows(loss: Loss, data: st.DataObject) -> None:
    batch, parameter = drawn(data, loss)
    single = np.asarray(loss.value(**batch, **parameter, reduction="none"))
    slopes = loss.grad(**batch, **parameter, reduction="none")
    rows = single.shape[0] if single.ndim else 0
    split = {name for name, value in batch.items() if np.shape(value)[:1] == (rows,) and name != "thresholds"}
    for i in range(rows):
        one = {name: value[i : i + 1] if name in split else value for name, value in batch.items()}
        assert float(loss.value(**one, **parameter, reduction="sum")) == pytest.approx(
            float(np.sum(single[i])), rel=1e-13, abs=1e-300
        )
        for name, gradient in loss.grad(**one, **parameter, reduction="none").items():
            if name in split:
                np.testing.assert_allclose(slopes[name][i : i + 1], gradient, rtol=1e-13, atol=1e-300)


@each_convex_loss
@modest
@given(data=st.data())
def test_convex_losses_lie_above_their_tangents(loss: Loss, data: st.DataObject) -> None:
    batch, parameter = drawn(data, loss)
    value, gradients = float(loss.value(**batch, **parameter)), loss.grad(**batch, **parameter)
    scale = data.draw(st.sampled_from([1e-3, 1.0, 30.0]))
    steps = {name: scale * direction(data, np.shape(batch[name])) for name in loss.wrt}
    moved = {**batch, **{name: batch[name] + step for name, step in steps.items()}}
    tangent = value + sum(float(np.sum(gradients[name] * steps[name])) for name in loss.wrt)
    try:
        reached = float(loss.value(**moved, **parameter))
    except ValueError:  # the step left the domain
        return
    assert reached >= tangent - 1e-12 * (1 + abs(tangent) + abs(value))


@each_lipschitz_loss
@modest
@given(data=st.data())
def test_no_gradient_is_steeper_than_the_lipschitz_bound(loss: Loss, data: st.DataObject) -> None:
    assert loss.lipschitz is not None
    batch, parameter = drawn(data, loss)
    bound = loss.lipschitz.value(**parameter)
    if not has_reduction(loss) or loss.name in COUPLED:
        slopes = loss.grad(**batch, **parameter)
        steepest = np.sqrt(sum(float(np.sum(np.square(g))) for g in slopes.values()))
    else:
        shape = np.shape(loss.value(**batch, **parameter, reduction="none"))
        slopes = loss.grad(**batch, **parameter, reduction="none")
        squares = [
            np.square(g).reshape(*shape, -1).sum(axis=-1)
            for g in slopes.values()
            if np.shape(g)[: len(shape)] == shape
        ]
        steepest = float(np.sqrt(np.max(sum(squares))))
    assert steepest <= bound * (1 + 1e-12)


@pytest.mark.parametrize(
    ("loss", "invariance"),
    [
        pytest.param(loss, name, id=f"{loss.name}-{name}")
        for loss in LOSSES.values()
        for name in loss.invariances
    ],
)
@modest
@given(data=st.data())
def test_invariances_hold_where_claimed(loss: Loss, invariance: str, data: st.DataObject) -> None:
    change, degree = CHANGES[invariance]
    batch, parameter = drawn(data, loss)
    s = data.draw(st.sampled_from([0.25, 3.0, 16.0]))
    before, after = (float(loss.value(**b, **parameter)) for b in (batch, change(batch, s)))
    largest = max(float(np.max(np.abs(value))) for value in batch.values())
    rounding = 1e-12 * (1 + largest) * (1 + s) * (1 + abs(before))
    assert after == pytest.approx(before * s**degree, rel=1e-10, abs=rounding * s**degree)


@each_loss
@modest
@given(data=st.data())
def test_float32_in_float32_out(loss: Loss, data: st.DataObject) -> None:
    batch, parameter = drawn(data, loss)

    def cast(dtype: type[np.floating[Any]], inputs: Batch) -> Batch:
        return {
            name: np.asarray(value).astype(dtype) if np.asarray(value).dtype.kind == "f" else value
            for name, value in inputs.items()
        }

    single = cast(np.float32, batch)
    try:
        value, wide = (loss.value(**b, **parameter) for b in (single, cast(np.float64, single)))
    except ValueError:  # rounded to float32, a distribution may miss 1 by too much
        return
    assert np.asarray(value).dtype == np.float32
    np.testing.assert_allclose(value, wide, rtol=3e-7, atol=1e-37)
    wider = loss.grad(**cast(np.float64, single), **parameter)
    for name, gradient in loss.grad(**single, **parameter).items():
        assert gradient.dtype == np.float32
        assert gradient.shape == np.shape(batch[name])
        np.testing.assert_allclose(gradient, wider[name], rtol=3e-7, atol=1e-37)


@each_loss
@modest
@given(data=st.data())
def test_inputs_may_be_read_only_strided_or_lists_and_stay_as_they_are(
    loss: Loss, data: st.DataObject
) -> None:
    batch, parameter = drawn(data, loss)
    batch = {name: np.asarray(value) for name, value in batch.items()}

    def results(inputs: Batch) -> list[Any]:
        return [loss.value(**inputs, **parameter), *loss.grad(**inputs, **parameter).values()]

    originals = {name: value.copy() for name, value in batch.items()}
    expected = results(batch)
    for name, value in batch.items():
        np.testing.assert_array_equal(value, originals[name])

    locked = {name: value.copy() for name, value in batch.items()}
    for value in locked.values():
        value.flags.writeable = False
    strided = {
        name: np.repeat(value, 2, axis=-1)[..., ::2] if value.ndim else value for name, value in batch.items()
    }
    lists = {name: value.tolist() for name, value in batch.items()}
    for inputs in (locked, strided, lists):
        for found, wanted in zip(results(inputs), expected, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-300)
