"""Plain data across the border between a candidate and the examiner: encoded, framed, bounded; never pickle.

A value becomes JSON. What JSON has no form for is an object with the key `"t"` that names the type. Decoding
builds only the types listed here, so that an object with methods of its own never arrives.
"""

from __future__ import annotations

import base64
import builtins
import itertools
import json
import socket
import struct
import time
from collections.abc import Callable, Mapping
from types import GeneratorType
from typing import Any

import numpy as np

MAX_FRAME = 8 * 2**20  # bytes of one message
MAX_TRUSTED = 256 * 2**20  # bytes of one message between the coordinator and a worker
MAX_DEPTH = 60
MAX_ITEMS = 100_000  # of an iterator, which may have no end
MAX_BRACKETS = 300_000  # of one message: each becomes an object, many times as large as its text
MAX_HASHED_BITS = 64  # integers in sets and dicts: larger ones can be made to collide, which takes for ever
_ARRAY_KINDS = "biufcUS"
_AT_ONCE = 2**16  # bytes to ask the system for
_LENGTH = struct.Struct(">I")

Json = Any
FunctionOut = Callable[[Callable[..., Any]], Json]
FunctionIn = Callable[[Mapping[str, Json]], Callable[..., Any]]

_ITERATORS = (
    GeneratorType,
    map,
    filter,
    zip,
    enumerate,
    reversed,
    *map(type, (iter([]), iter(()), iter(""), iter({}), iter({}.values()), iter({}.items()), iter(set()))),
    type(iter(range(0))),
)
_VIEWS = {type({}.keys()): "keys", type({}.values()): "values", type({}.items()): "items"}
_SEQUENCES: dict[str, Callable[[list[Any]], Any]] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "iter": iter,
    "keys": lambda items: dict.fromkeys(items).keys(),
    "values": lambda items: dict(enumerate(items)).values(),
    "items": lambda items: dict(items).items(),
}
_TYPES = {
    **{
        kind.__name__: kind
        for kind in (bool, int, float, complex, str, bytes, list, tuple, dict, set, object)
    },
    **{f"numpy.{name}": np.dtype(name).type for name in ("bool", "int8", "int16", "int32", "int64")},
    **{f"numpy.{name}": np.dtype(name).type for name in ("uint8", "uint16", "uint32", "uint64")},
    **{
        f"numpy.{name}": np.dtype(name).type
        for name in ("float16", "float32", "float64", "complex64", "complex128")
    },
}
_TYPE_NAMES = {kind: name for name, kind in _TYPES.items()}


class NotData(TypeError):
    """A value that can't cross, or a message that no honest peer sends; the text says what and why."""


class Closed(EOFError):
    """The other side of the channel is gone."""


def no_functions(_: Any) -> Any:
    """Refuse a function where none can cross."""
    raise NotData("a function can't be sent here")


def encode(value: Any, function: FunctionOut = no_functions, depth: int = 0) -> Json:
    """Turn a value into JSON data; `function` gives a function its form.

    Values of a subclass (a named tuple, a `defaultdict`) cross as their base type.

    Raises
    ------
    NotData
        If it, or something in it, is of no type that can cross.
    """
    if depth > MAX_DEPTH:
        raise NotData(f"a value is nested more than {MAX_DEPTH} levels deep, or contains itself")
    kind = type(value)
    if value is None or kind in (bool, float, str):
        return value
    if isinstance(value, np.generic) and not isinstance(value, np.void):
        return {"t": "scalar", "v": _array(np.asarray(value))}
    if isinstance(value, int):
        return {"t": "int", "v": hex(value)} if value.bit_length() > 64 else int(value)
    if isinstance(value, (float, str)):
        return float(value) if isinstance(value, float) else str.__str__(value)
    if isinstance(value, complex):
        return {"t": "complex", "v": [value.real, value.imag]}
    if isinstance(value, (bytes, bytearray)):
        return {"t": kind.__name__ if kind is bytearray else "bytes", "v": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return [encode(item, function, depth + 1) for item in list.__iter__(value)]
    if isinstance(value, dict):
        pairs = dict.items(value)
        return {"t": "dict", "v": [[encode(part, function, depth + 1) for part in pair] for pair in pairs]}
    for base in (tuple, set, frozenset):
        if isinstance(value, base):
            items = base.__iter__(value)  # type: ignore[arg-type]
            return {"t": base.__name__, "v": [encode(item, function, depth + 1) for item in items]}
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, range):
        return {"t": "range", "v": [encode(part) for part in (value.start, value.stop, value.step)]}
    if kind in _VIEWS or isinstance(value, _ITERATORS):
        taken = list(itertools.islice(value, MAX_ITEMS + 1))
        if len(taken) > MAX_ITEMS:
            raise NotData(f"an iterator gives more than {MAX_ITEMS} items")
        return {"t": _VIEWS.get(kind, "iter"), "v": [encode(item, function, depth + 1) for item in taken]}
    if isinstance(value, type) and value in _TYPE_NAMES:
        return {"t": "type", "v": _TYPE_NAMES[value]}
    if isinstance(value, np.dtype):
        return {"t": "dtype", "v": value.str}
    if callable(value):
        return function(value)
    raise NotData(
        f"an object of type {kind.__name__!r} can't be graded; give numbers, texts, lists, tuples, dicts, "
        "sets or arrays of numbers"
    )


def _array(value: np.ndarray[Any, Any]) -> Json:
    if isinstance(value, np.ma.MaskedArray):
        raise NotData("a masked array can't be graded; give an ordinary array")
    if value.dtype.kind not in _ARRAY_KINDS:
        raise NotData(
            f"an array of dtype {str(value.dtype)[:80]!r} can't be graded; give an array of numbers"
        )
    if value.nbytes > MAX_FRAME // 2:
        raise NotData(f"an array of shape {value.shape} is too large to be graded")
    content = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
    return {"t": "array", "d": value.dtype.str, "s": list(value.shape), "v": content}


def decode(data: Json, function: FunctionIn = no_functions, depth: int = 0) -> Any:
    """Build the value that `encode` described; `function` builds functions from their form.

    Raises
    ------
    NotData
        If the data describe no value.
    """
    if depth > MAX_DEPTH:
        raise NotData(f"a message is nested more than {MAX_DEPTH} levels deep")
    if data is None or isinstance(data, (bool, int, float, str)):
        if isinstance(data, int) and data.bit_length() > 64:
            raise NotData("a message holds a large integer in the form of a small one")
        return data
    if isinstance(data, list):
        return [decode(item, function, depth + 1) for item in data]
    try:
        return _decode_tagged(data, function, depth)
    except NotData:
        raise
    except Exception as error:  # whatever building it raises, the message was wrong
        raise NotData(f"a message holds no value: {type(error).__name__}") from error


def _decode_tagged(data: Mapping[str, Json], function: FunctionIn, depth: int) -> Any:
    tag = data["t"]
    if tag == "array":
        return _decode_array(data)
    content = data["v"]
    if tag == "scalar":
        return _decode_array(content)[()]
    if tag in _SEQUENCES:
        items = [decode(item, function, depth + 1) for item in _list(content)]
        return _SEQUENCES[tag](_hashable(items) if tag in ("set", "frozenset", "keys") else items)
    if tag == "dict":
        pairs = ([decode(part, function, depth + 1) for part in pair] for pair in _list(content))
        return {_hashable([key])[0]: value for key, value in pairs}
    if tag == "int":
        return int(content, 16)
    if tag == "complex":
        real, imaginary = content
        return complex(float(real), float(imaginary))
    if tag in ("bytes", "bytearray"):
        return (bytes if tag == "bytes" else bytearray)(base64.b64decode(content, validate=True))
    if tag == "range":
        return _range(*(int(decode(part)) for part in content))
    if tag == "type":
        return _TYPES[content]
    if tag == "dtype":
        return _dtype(content)
    return function(data)


def _hashable(items: list[Any]) -> list[Any]:
    if any(isinstance(item, int) and item.bit_length() > MAX_HASHED_BITS for item in items):
        raise NotData(f"integers of more than {MAX_HASHED_BITS} bits in a set or as keys can't be graded")
    return items


def _range(start: int, stop: int, step: int) -> range:
    numbers = range(start, stop, step)
    # A test that goes through it would hold a list of all its numbers, or take for ever.
    if len(numbers) > MAX_ITEMS:
        raise NotData(f"a range of {len(numbers)} numbers is too long to be graded")
    return numbers


def _list(content: Json) -> list[Json]:
    if not isinstance(content, list):
        raise NotData("a message holds no value: a list was expected")
    return content


def _dtype(text: Json) -> np.dtype[Any]:
    if not isinstance(text, str) or len(text) > 12 or text[:1] not in "<>|=" or text[1:2] not in _ARRAY_KINDS:
        raise NotData("a message holds an array of an unknown dtype")
    dtype = np.dtype(text)
    if dtype.str != text:  # "<i4,<i4" would be a structured one
        raise NotData("a message holds an array of an unknown dtype")
    return dtype


def _decode_array(data: Json) -> np.ndarray[Any, Any]:
    dtype, shape = _dtype(data["d"]), data["s"]
    if len(shape) > 32 or not all(type(size) is int and size >= 0 for size in shape):
        raise NotData("a message holds an array of an impossible shape")
    content = base64.b64decode(data["v"], validate=True)
    return np.frombuffer(content, dtype).reshape(shape).copy()


def encode_error(error: BaseException) -> Json:
    """Describe an exception by the nearest built-in type and its text."""
    name = built_in_name(type(error))
    own = type(error).__name__
    try:
        is_key = isinstance(error, KeyError) and len(error.args) == 1 and type(error.args[0]) is str
        text = error.args[0] if is_key else str(error)  # the str of a KeyError is the repr of its key
    except BaseException:  # it may raise anything, SystemExit too
        text = "(its text can't be read)"
    return {"type": name, "text": text[:4000] if own == name else f"{own[:80]}: {text}"[:4000]}


def built_in_name(kind: type) -> str:
    """Name the nearest built-in type of an error or a warning."""
    names: list[str] = [base.__name__ for base in kind.__mro__ if vars(builtins).get(base.__name__) is base]
    return names[0]


def decode_error(data: Json) -> BaseException:
    """Build the built-in exception that `encode_error` described; anything odd becomes a RuntimeError."""
    name, text = data.get("type"), data.get("text")
    kind = getattr(builtins, name, None) if isinstance(name, str) else None
    if name in ("StopIteration", "StopAsyncIteration"):
        # Raised here, it would end a loop of the test as if there were nothing left to compare.
        return RuntimeError(f"{name} was raised")
    if not (isinstance(kind, type) and issubclass(kind, Exception | SystemExit | KeyboardInterrupt)):
        kind = RuntimeError
    text = text[:4000] if isinstance(text, str) else ""
    try:
        return kind(text)
    except TypeError:  # UnicodeDecodeError and its kin want more than a text
        return (
            ValueError(f"{name}: {text}") if issubclass(kind, ValueError) else RuntimeError(f"{name}: {text}")
        )


def packed(message: Json, largest: int = MAX_FRAME) -> bytes:
    """Write a message as it goes over a channel; raise `NotData` if it is too large."""
    payload = json.dumps(message, separators=(",", ":")).encode()
    if len(payload) > largest:
        raise NotData(f"a message of {len(payload)} bytes is too large; the limit is {largest}")
    return _LENGTH.pack(len(payload)) + payload


class Channel:
    """Messages over a socket: each a length and JSON, with a bound on its size and on how long one waits.

    Parameters
    ----------
    connection
        A connected stream socket.
    budget
        Bytes that may be received in all; None is no bound.
    largest, largest_sent
        Bytes of one message that is received, or sent.
    """

    def __init__(
        self,
        connection: socket.socket,
        budget: int | None = None,
        largest: int = MAX_FRAME,
        largest_sent: int = MAX_FRAME,
    ) -> None:
        self._largest = largest
        self._largest_sent = largest_sent
        self._arrived = bytearray()
        self._socket = connection
        self._budget = budget

    def send(self, message: Json, deadline: float | None = None) -> None:
        """Send a message; `deadline` is a `time.monotonic()`.

        Raises
        ------
        NotData
            If it is too large.
        Closed, TimeoutError
            If the other side is gone, or does not read.
        """
        self.send_packed(packed(message, self._largest_sent), deadline)

    def send_packed(self, message: bytes, deadline: float | None = None) -> None:
        """Send what `packed` made, as `send` does."""
        self._wait_until(deadline)
        try:
            self._socket.sendall(message)
        except (BrokenPipeError, ConnectionError) as error:
            raise Closed("the other side is gone") from error

    def receive(self, deadline: float | None = None) -> Json:
        """Wait for a message.

        Raises
        ------
        NotData
            If what comes is no message.
        Closed, TimeoutError
            If the other side is gone, or the deadline passes.
        """
        self._await(_LENGTH.size, deadline)
        (length,) = _LENGTH.unpack_from(self._arrived)
        if length > self._largest:
            raise NotData(f"a message of {length} bytes is too large; the limit is {self._largest}")
        self._await(_LENGTH.size + length, deadline)  # until it is whole it stays, for a later call to take
        payload = bytes(self._arrived[_LENGTH.size : _LENGTH.size + length])
        del self._arrived[: _LENGTH.size + length]
        if self._budget is not None:
            self._budget -= length
            if self._budget < 0:
                raise NotData("more data than a submission may send in all")
            if payload.count(b"[") + payload.count(b"{") > MAX_BRACKETS:
                raise NotData(f"a message of more than {MAX_BRACKETS} parts is too large")
        try:
            message = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise NotData("a message is not JSON") from error
        if not isinstance(message, dict):
            raise NotData("a message is not an object")
        return message

    def _await(self, size: int, deadline: float | None) -> None:
        while len(self._arrived) < size:
            self._wait_until(deadline)
            try:
                part = self._socket.recv(_AT_ONCE)
            except ConnectionError as error:
                raise Closed("the other side is gone") from error
            if not part:
                raise Closed("the other side is gone")
            self._arrived += part

    def _wait_until(self, deadline: float | None) -> None:
        if deadline is None:
            self._socket.settimeout(None)
            return
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("out of time")
        self._socket.settimeout(left)
