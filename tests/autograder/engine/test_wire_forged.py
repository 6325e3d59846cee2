"""Messages that no honest peer sends: they are no data, and do no harm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.engine.inside import wire
from autograder.engine.inside.wire import NotData


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"t": "array"},
        {"t": "surprise", "v": 1},
        {"t": ["array"], "v": 1},
        {"t": None, "v": 1},
        {"t": "function", "v": 1},
        {"t": "list", "v": [1]},
        {"t": "tuple", "v": "ab"},
        {"t": "tuple", "v": {"t": "tuple", "v": []}},
        {"t": "set", "v": [[1]]},
        {"t": "dict", "v": [[1, 2, 3]]},
        {"t": "dict", "v": [[[], 1]]},
        {"t": "dict", "v": [1]},
        {"t": "int", "v": 3},
        {"t": "int", "v": "0x"},
        {"t": "complex", "v": [1]},
        {"t": "complex", "v": ["a", "b"]},
        {"t": "bytes", "v": "not base64!"},
        {"t": "bytes", "v": 7},
        {"t": "range", "v": [0, 1, 0]},
        {"t": "range", "v": []},
        {"t": "type", "v": "type"},
        {"t": "type", "v": ["int"]},
        {"t": "type", "v": "object.__subclasses__"},
        {"t": "dtype", "v": "O"},
        {"t": "dtype", "v": "|O"},
        {"t": "dtype", "v": "<f3"},
        {"t": "dtype", "v": "|V8"},
        {"t": "dtype", "v": "<i4,<i4"},
        {"t": "dtype", "v": 4},
        {"t": "scalar", "v": 1},
        {"t": "array", "d": "|O", "s": [1], "v": "AAAAAAAAAAA="},
        {"t": "array", "d": "<f8", "s": [2], "v": "AAAAAAAAAAA="},
        {"t": "array", "d": "<f8", "s": [-1], "v": "AAAAAAAAAAA="},
        {"t": "array", "d": "<f8", "s": [True], "v": "AAAAAAAAAAA="},
        {"t": "array", "d": "<f8", "s": [1.0], "v": "AAAAAAAAAAA="},
        {"t": "array", "d": "<f8", "s": [1] * 65, "v": "AAAAAAAAAAA="},
        {"t": "array", "d": "<f8", "s": "1", "v": "AAAAAAAAAAA="},
        {"t": "array", "d": "<f8", "s": [10**20, 0, 10**20], "v": ""},
        {"t": "array", "d": "<f8", "s": [1], "v": "AAAA"},
        {"t": "array", "d": "<U0", "s": [3], "v": ""},
        {"t": "array", "d": "<U999999999", "s": [0], "v": ""},
        {"t": "array", "d": "<f8", "s": None, "v": ""},
    ],
    ids=lambda message: json.dumps(message)[:60],
)
def test_a_message_that_makes_no_sense_is_no_data(message: object) -> None:
    with pytest.raises(NotData):
        wire.decode(message)


def test_a_message_nested_too_deep_is_no_data() -> None:
    message: object = 1
    for _ in range(500):
        message = {"t": "tuple", "v": [message]}
    with pytest.raises(NotData, match="levels deep"):
        wire.decode(message)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["t", "v", "d", "s"]), inner, max_size=4)
        | st.fixed_dictionaries(
            {
                "t": st.sampled_from(
                    [*wire._SEQUENCES, *["array", "scalar", "dict", "int", "range", "type", "dtype", "bytes"]]
                ),
                "v": inner,
            },
            optional={"d": st.sampled_from(["<f8", "|O", "<U2", "|b1"]) | inner, "s": inner},
        )
    ),
    max_leaves=15,
)


@given(_JSON)
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_decoded_is_data_or_not_data(message: object) -> None:
    try:
        value = wire.decode(message)
    except NotData:
        return
    wire.encode(value)  # only what can cross comes out


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"type": "eval", "text": "1"},
        {"type": "BaseException", "text": "1"},
        {"type": "__import__", "text": "os"},
        {"type": ["ValueError"], "text": {"a": 1}},
        {"type": "ExceptionGroup", "text": "a"},
        {"type": None, "text": None},
    ],
    ids=repr,
)
def test_a_forged_error_is_an_ordinary_one(message: dict[str, Any]) -> None:
    assert type(wire.decode_error(message)) is RuntimeError
