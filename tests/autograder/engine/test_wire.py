"""What crosses the border between a candidate and the examiner, and what happens to what must not."""

from __future__ import annotations

import itertools
import json
import math
import struct
from collections import Counter, OrderedDict, defaultdict, namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from autograder.engine.inside import wire
from autograder.engine.inside.wire import NotData

Pair = namedtuple("Pair", "x y")


def crossed(value: Any) -> Any:
    """The value as it arrives: through JSON, like all that goes over a channel."""
    return wire.decode(json.loads(json.dumps(wire.encode(value))))


def same(one: Any, other: Any) -> bool:
    """Whether two values are alike to the last bit, types included; nan is like nan."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    if isinstance(one, (np.ndarray, np.generic)):
        return bool(
            one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
        )
    if isinstance(one, float):
        return struct.pack("d", one) == struct.pack("d", other) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, complex):
        return same(one.real, other.real) and same(one.imag, other.imag)
    return bool(one == other)


# --- what crosses


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1,
        2**64,
        -(3**400),
        0.1,
        -0.0,
        math.inf,
        math.nan,
        1 - 2j,
        complex(-0.0, math.nan),
        "",
        "smile 😀 \x00 \ud800",
        b"\x00\xff",
        bytearray(b"ab"),
        [],
        [1, [2.0, ["three"]]],
        (),
        (1, (2,)),
        {},
        {"a": 1, 2: "b", (3, "c"): [None], None: True},
        {1, "two", (3,)},
        frozenset({1.5}),
        range(3, 30, -4),
        int,
        np.float32,
        np.dtype("<f4"),
    ],
    ids=repr,
)
def test_plain_values_arrive_as_they_were(value: object) -> None:
    assert same(crossed(value), value)


@pytest.mark.parametrize(
    "array",
    [
        np.array(3.5),
        np.zeros(0),
        np.zeros((2, 0, 3), dtype="int8"),
        np.arange(6, dtype="float32").reshape(2, 3),
        np.arange(6).reshape(2, 3).T,
        np.arange(10)[::-2],
        np.broadcast_to(np.arange(3), (2, 3)),
        np.array([1 + 2j], dtype="complex64"),
        np.array([True, False]),
        np.array(["a", "ünf"]),
        np.array([b"ab", b"c"]),
        np.array([math.nan, -0.0, math.inf], dtype="float16"),
        np.array([1, 2], dtype=">i4"),
        np.array([1, 2], dtype="longdouble"),
    ],
    ids=repr,
)
def test_arrays_keep_dtype_shape_and_every_bit(array: np.ndarray[Any, Any]) -> None:
    assert same(crossed(array), array)
    assert crossed(array).flags.writeable


@pytest.mark.parametrize(
    "scalar", [np.float32(0.1), np.float64(0.1), np.int8(-3), np.uint64(2**63), np.bool_(True), np.str_("a")]
)
def test_numpy_scalars_stay_numpy_scalars(scalar: np.generic) -> None:
    assert same(crossed(scalar), scalar)


def test_what_is_read_once_is_read_when_it_crosses() -> None:
    table = {"a": 1, "b": 2}
    assert list(crossed(x * x for x in range(3))) == [0, 1, 4]
    assert list(crossed(map(str, [1, 2]))) == ["1", "2"]
    assert list(crossed(zip("ab", (1, 2), strict=True))) == [("a", 1), ("b", 2)]
    assert next(crossed(iter([7]))) == 7
    assert list(crossed(table.keys())) == ["a", "b"]
    assert crossed(table.keys()) & {"a"} == {"a"}
    assert list(crossed(table.values())) == [1, 2]
    assert list(crossed(table.items())) == [("a", 1), ("b", 2)]


@pytest.mark.parametrize(
    ("value", "arrives_as"),
    [
        (Pair(1, 2), (1, 2)),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (type("Text", (str,), {"__str__": lambda self: "100 points"})("honest"), "honest"),
        (type("Number", (float,), {"__eq__": lambda *_: True, "__hash__": float.__hash__})(1.5), 1.5),
        (type("Whole", (int,), {"__index__": lambda self: 100})(3), 3),
        (type("Row", (list,), {"__iter__": lambda self: iter([100])})([1, 2]), [1, 2]),
        (type("Table", (dict,), {"items": lambda self: [("points", 100)]})(a=1), {"a": 1}),
        (type("Couple", (tuple,), {"__iter__": lambda self: iter([100])})((1, 2)), (1, 2)),
        (np.array([1.0]).view(type("Array", (np.ndarray,), {"tobytes": lambda *_: b""})), np.array([1.0])),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_subclass_arrives_as_its_base_with_what_it_really_holds(value: object, arrives_as: object) -> None:
    assert same(crossed(value), arrives_as)


_NAMES = st.text(max_size=5)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    _NAMES,
    st.binary(max_size=8),
)
_ARRAYS = npst.arrays(
    st.one_of(
        npst.boolean_dtypes(),
        npst.integer_dtypes(endianness="?"),
        npst.floating_dtypes(sizes=(16, 32, 64)),
        npst.complex_number_dtypes(sizes=(64, 128)),
        npst.unicode_string_dtypes(max_len=4),
    ),
    npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
_VALUES = st.recursive(
    _SCALARS | _ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(
            _NAMES | st.integers(-(2**64) + 1, 2**64 - 1) | st.tuples(_NAMES), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(_VALUES)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_value_made_of_data_comes_back_the_same(value: Any) -> None:
    assert same(crossed(value), value)


# --- what does not


def _itself() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


def _deep() -> list[Any]:
    value: list[Any] = []
    for _ in range(200):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (object, "an object of type 'object' can't be graded; give numbers, texts"),
        (lambda: [{"deep": object()}], "an object of type 'object'"),
        (lambda: np.ma.masked_array([1, 2], mask=[False, True]), "a masked array"),
        (lambda: np.ma.masked, "a masked array"),
        (lambda: np.array([object()]), "dtype 'object'"),
        (lambda: np.zeros(2, dtype=[("points", float)]), "dtype .*points"),
        (lambda: np.zeros(1, dtype=[("points", float)])[0], "type 'void'"),
        (lambda: np.array(["2031-05-04"], dtype="datetime64[D]"), "dtype 'datetime64"),
        (lambda: np.broadcast_to(np.float64(0), 10**12), r"shape \(1000000000000,\) is too large"),
        (_itself, "contains itself"),
        (_deep, "more than 60 levels deep"),
        (lambda: itertools.count().__iter__(), "type 'count'"),
        (lambda: (0 for _ in itertools.count()), "an iterator gives more than 100000 items"),
        (lambda: len, "a function can't be sent here"),
        (lambda: type("Loss", (), {}), "a function can't be sent here"),
    ],
)
def test_what_can_not_cross_says_why(make: Callable[[], object], why: str) -> None:
    with pytest.raises(NotData, match=why):
        wire.encode(make())


def test_functions_cross_where_somebody_knows_how() -> None:
    functions = [len]
    sent = wire.encode({"f": len}, lambda function: {"t": "function", "v": functions.index(function)})
    assert wire.decode(sent, lambda data: functions[data["v"]]) == {"f": len}


# --- errors


class LossError(ValueError):
    """A student's own kind of error."""


class Hostile(Exception):
    """An error that is no help."""

    def __str__(self) -> str:
        raise SystemExit("no text for you")


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (ValueError("negative"), ValueError, "negative"),
        (KeyError("a"), KeyError, "'a'"),
        (LossError("negative"), ValueError, "LossError: negative"),
        (type("ValueError", (ArithmeticError,), {})("fake"), ArithmeticError, "ValueError: fake"),
        (np.linalg.LinAlgError("singular"), ValueError, "LinAlgError: singular"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), ValueError, "UnicodeDecodeError: 'utf-8' codec"),
        (NotImplementedError(), NotImplementedError, ""),
        (AssertionError("wrong"), AssertionError, "wrong"),
        (StopIteration(3), RuntimeError, "StopIteration was raised"),
        (OSError(2, "No such file"), OSError, "[Errno 2] No such file"),
        (SystemExit(0), SystemExit, "0"),
        (KeyboardInterrupt(), KeyboardInterrupt, ""),
        (GeneratorExit(), RuntimeError, ""),
        (KeyError(3), KeyError, "'3'"),
        (ExceptionGroup("two", [ValueError(1)]), RuntimeError, "ExceptionGroup: two (1 sub-exception)"),
        (RuntimeError("x" * 10_000), RuntimeError, "x" * 4000),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_an_error_arrives_as_the_nearest_built_in_one(
    error: BaseException, kind: type[BaseException], text: str
) -> None:
    arrived = wire.decode_error(json.loads(json.dumps(wire.encode_error(error))))
    assert isinstance(arrived, kind)
    assert str(arrived).startswith(text)


def test_an_error_whose_text_can_not_be_read_arrives_without_it() -> None:
    assert wire.encode_error(Hostile()) == {"type": "Exception", "text": "Hostile: (its text can't be read)"}
