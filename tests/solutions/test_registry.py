"""The records in LOSSES are complete, immutable and in step with the functions that the package exports."""

import inspect
import re
from dataclasses import FrozenInstanceError, fields
from typing import Any

import numpy as np
import pytest

import solutions
from solutions import INVARIANCES, LOSSES, Loss, huber, huber_grad

FAMILIES = (
    "regression",
    "probabilistic",
    "binary",
    "margin",
    "multiclass",
    "divergences",
    "contrastive",
    "ranking",
    "alignment",
    "generative",
    "structured",
    "numerics",
)
each_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


def test_huber_record_in_use() -> None:
    record = LOSSES["huber"]
    inputs: dict[str, Any] = {"y_pred": [0.5, 3.0], "y_true": [0.0, 0.0]}
    assert record.value(**inputs, delta=2.0) == huber(**inputs, delta=2.0) == 2.0625
    assert list(record.grad(**inputs, delta=2.0)) == ["y_pred"]
    np.testing.assert_array_equal(record.grad(**inputs, delta=2.0)["y_pred"], huber_grad(**inputs, delta=2.0))
    assert record.lipschitz is not None
    assert (record.lipschitz.latex, record.lipschitz.value(delta=2.0)) == (r"\delta", 2.0)


def test_losses_come_in_the_order_of_the_course() -> None:
    families = [loss.family for loss in LOSSES.values()]
    assert list(dict.fromkeys(families)) == list(FAMILIES)
    assert sorted(families, key=FAMILIES.index) == families


def test_every_pair_is_exported_and_has_a_record() -> None:
    gradients = {name.removesuffix("_grad") for name in solutions.__all__ if name.endswith("_grad")}
    assert gradients == set(LOSSES)
    for name, record in LOSSES.items():
        assert record.value is getattr(solutions, name)
        assert record.grad.__wrapped__ is getattr(solutions, f"{name}_grad")  # type: ignore[attr-defined]


def test_registry_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        LOSSES["mse"] = LOSSES["mae"]  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        LOSSES["mse"].name = "rmse"  # type: ignore[misc]
    with pytest.raises(TypeError):
        LOSSES["mse"].frameworks["PyTorch"] = None  # type: ignore[index]


@each_loss
def test_record_is_complete(loss: Loss) -> None:
    may_be_empty = ("frameworks", "invariances")  # a loss that no framework has, or without a symmetry
    empty = [field.name for field in fields(loss) if getattr(loss, field.name) in ("", ())]
    assert [name for name in empty if name not in may_be_empty] == []
    assert loss.family in FAMILIES
    assert set(loss.frameworks) <= {"PyTorch", "Keras", "scikit-learn", "optax"}
    assert set(loss.invariances) <= set(INVARIANCES)


@each_loss
def test_each_source_names_its_year(loss: Loss) -> None:
    assert [source for source in loss.sources if not re.search(r"\(1[789]\d\d\)|\(20\d\d\)", source)] == []


@each_loss
def test_latex_is_balanced(loss: Loss) -> None:
    bound = loss.lipschitz.latex if loss.lipschitz else ""
    for latex in (loss.formula, loss.gradient, loss.stable_form, bound):
        assert latex.count("{") == latex.count("}")
        assert latex.count(r"\left") == latex.count(r"\right")
        assert latex.count(r"\begin") == latex.count(r"\end")


def parameters(function: Any) -> list[tuple[str, Any, Any]]:
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


@each_loss
def test_value_and_gradient_share_one_signature(loss: Loss) -> None:
    assert parameters(loss.value) == parameters(loss.grad)
    names = [name for name, _, _ in parameters(loss.value)]
    assert "reduction" not in names[:-1]


@each_loss
def test_both_functions_show_an_example(loss: Loss) -> None:
    assert f">>> {loss.name}(" in (loss.value.__doc__ or "")
    assert f">>> {loss.name}_grad(" in (loss.grad.__doc__ or "")
