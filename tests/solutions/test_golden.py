"""Every loss agrees with values and gradients computed to 50 digits with mpmath (golden/losses.json)."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from solutions import LOSSES

CASES = json.loads(Path(__file__).with_name("golden").joinpath("losses.json").read_text("utf-8"))["cases"]
FLOAT32 = [case for case in CASES if "f32-exact-inputs" in case["tags"]]


def flat(nested: Any) -> list[Any]:
    return [leaf for item in nested for leaf in flat(item)] if isinstance(nested, list) else [nested]


def shape(nested: Any) -> tuple[int, ...]:
    return (len(nested), *shape(nested[0])) if isinstance(nested, list) else ()


def numbers(nested: Any) -> Any:
    """Read the numbers of a case: infinities are strings there, as are the names of options."""
    if isinstance(nested, list):
        return [numbers(item) for item in nested]
    return float(nested) if nested in ("inf", "-inf") else nested


def inputs_in(dtype: type[np.floating[Any]], case: dict[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """Return the inputs as arrays: labels stay whole numbers, all else is of this dtype."""
    arrays = {name: np.asarray(numbers(value)) for name, value in case["inputs"].items()}
    return {name: a.astype(dtype) if a.dtype.kind == "f" else a for name, a in arrays.items()}


def mistaken(found: Any, exact: Any, cond: str, dtype: type[np.floating[Any]]) -> list[tuple[Any, str]]:
    """Return the pairs (found, exact) that are further apart than rounding in this dtype explains."""
    info = np.finfo(dtype)
    relative = 64 * Fraction(float(info.eps)) * max(Fraction(1), Fraction(cond))
    smallest, largest = Fraction(float(info.smallest_subnormal)), Fraction(float(info.max))

    def close(value: float, text: str) -> bool:
        number = Fraction(text) if "inf" not in text else None
        if number is None or abs(number) > largest:
            return value == (-np.inf if text.startswith("-") else np.inf)
        below_normal = smallest if 0 < abs(number) < 2**60 * smallest else 0
        return (
            bool(np.isfinite(value))
            and abs(Fraction(value) - number) <= relative * abs(number) + below_normal
        )

    assert np.shape(found) == shape(exact)
    pairs = zip(np.asarray(found, dtype=np.float64).ravel().tolist(), flat(exact), strict=True)
    return [pair for pair in pairs if not close(*pair)]


def check(case: dict[str, Any], dtype: type[np.floating[Any]]) -> None:
    loss, expected, inputs = LOSSES[case["loss"]], case["expected"], inputs_in(dtype, case)
    parameters = {name: numbers(value) for name, value in case["kwargs"].items()}
    value = loss.value(**inputs, **parameters)
    assert isinstance(value, dtype)
    assert mistaken(value, expected["loss"], case["cond_loss"], dtype) == []
    gradients = loss.grad(**inputs, **parameters)
    assert list(gradients) == case["wrt"]
    if expected["grad"] is None:  # where the loss is infinite
        return
    for name, gradient in gradients.items():
        assert gradient.dtype == dtype
        assert mistaken(gradient, expected["grad"][name], case["cond_grad"], dtype) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_in_float64(case: dict[str, Any]) -> None:
    check(case, np.float64)


@pytest.mark.parametrize("case", FLOAT32, ids=lambda case: case["id"])
def test_in_float32(case: dict[str, Any]) -> None:
    check(case, np.float32)


def test_every_case_is_of_a_loss_and_every_loss_has_a_case() -> None:
    assert {case["loss"] for case in CASES} == set(LOSSES)
