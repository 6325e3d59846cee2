"""The examiner's side of the channel, with a peer that says whatever it likes."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograder.engine.inside.recorder import Recorder
from autograder.engine.inside.wire import Channel, Closed
from autograder.engine.jail import Candidate
from autograder.engine.student import CandidateGone, OutOfTime, Student

Peer = Callable[[Channel], None]
FUNCTION = {"t": "function", "v": 0, "parameters": [["x", 1, False]], "name": "f", "doc": ""}


def described(value: Any) -> dict[str, Any]:
    """The answer to a look-up of the name `f`."""
    return {"names": {"f": {"is": "value", "value": value}}}


class Asked:
    """A student whose candidate is played by a function in a thread."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __call__(self, peer: Peer, *, sent: int = 10**6) -> Student:
        ours, theirs = socket.socketpair()
        line, warden = socket.socketpair()
        self._sockets += [ours, theirs, line, warden]
        student = Student(Candidate(ours, line), sent, Recorder())
        student.begin(time.monotonic() + 30)
        self._threads.append(threading.Thread(target=self._play, args=(peer, theirs, warden)))
        self._threads[-1].start()
        return student

    def _play(self, peer: Peer, channel: socket.socket, warden: socket.socket) -> None:
        with contextlib.suppress(Closed, OSError):
            peer(Channel(channel))
        with contextlib.suppress(OSError):
            warden.sendall(b'{"ended": "the play is over", "limit": false}')
        channel.close()

    def close(self) -> None:
        for connection in self._sockets:
            connection.close()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def asked() -> Iterator[Asked]:
    """`asked(peer)` gives a student whose candidate is `peer`."""
    found = Asked()
    yield found
    found.close()


def saying(*replies: Any) -> Peer:
    """A peer that gives these replies, one to each request; the right "re" is filled in."""

    def peer(channel: Channel) -> None:
        for reply in replies:
            request = channel.receive()
            channel.send({"re": request["id"], **reply} if isinstance(reply, dict) else reply)
        channel.receive()

    return peer


def raw(message: bytes) -> Peer:
    """A peer that writes these bytes in answer to the first request."""

    def peer(channel: Channel) -> None:
        channel.receive()
        channel.send_packed(message)
        channel.receive()

    return peer


def test_an_honest_peer_is_understood(asked: Asked) -> None:
    student = asked(saying(described(FUNCTION), {"value": 3}))
    found = student.names(("f",))
    assert found["f"](1) == 3
    assert student.gone is None


@pytest.mark.parametrize(
    "peer",
    [
        raw(struct.pack(">I", 2**31)),
        raw(struct.pack(">I", 4) + b"null"),
        raw(struct.pack(">I", 4) + b"\xff\xfe\xfd\xfc"),
        raw(struct.pack(">I", 30_000) + b"[" * 30_000),
        saying({"re": 99}),
        saying({"re": None}),
        saying({"re": "1"}),
        saying({"re": [1]}),
        saying({"ask": 0}),
        saying({"ask": 0, "args": [], "kwargs": {"t": "dict", "v": []}}),
        saying({"ask": -1, "args": [], "kwargs": {"t": "dict", "v": []}}),
        saying({"ask": "exec", "args": ["1"], "kwargs": {"t": "dict", "v": []}}),
        saying({"ask": {"t": "function", "v": 0}, "args": [], "kwargs": {}}),
        saying({"ask": True, "args": 3, "kwargs": 3}),
    ],
)
def test_a_message_that_makes_no_sense_ends_the_candidate(asked: Asked, peer: Peer) -> None:
    student = asked(peer)
    with pytest.raises(CandidateGone):
        student.names(("f",))
    assert student.gone is not None
    assert "a message that makes no sense" in student.gone
    with pytest.raises(CandidateGone):  # and nothing is asked any more
        student.run("1")


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"names": None},
        {"names": [["f", 1]]},
        {"names": {"f": None}},
        {"names": {"f": {"is": "surprise", "value": 1}}},
        {"names": {"f": {"is": ["value"], "value": 1}}},
        {"names": {"g": {"is": "value", "value": 1}, "abs": {"is": "value", "value": 1}}},
    ],
)
def test_an_answer_without_the_name_leaves_it_undefined(asked: Asked, reply: dict[str, Any]) -> None:
    assert asked(saying(reply)).names(("f",)) == {}


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"value": None, "shown": 3, "warnings": 3},
        {"value": None, "shown": [3, None, {"output_type": "stream"}, {"output_type": "display_data"}]},
        {"value": None, "shown": [{"output_type": "display_data", "data": [1]}]},
        {"value": None, "warnings": [3, {"type": "exec", "text": 3}, {"type": ["UserWarning"]}]},
        {"value": None, "warnings": [{"type": "ValueError", "text": "not a warning"}]},
        {"value": None, "changed": [[], {"t": "dict", "v": []}]},
        {"value": None, "changed": [[[1, 2], [3]], {"t": "dict", "v": []}]},
    ],
)
def test_odd_trimmings_of_an_answer_are_left_out(asked: Asked, reply: dict[str, Any]) -> None:
    student = asked(saying(described(FUNCTION), reply))
    argument = 1
    assert student.names(("f",))["f"](argument) is None
    assert student.gone is None


@pytest.mark.parametrize(
    "reply",
    [
        {"value": {"t": "surprise", "v": 1}},
        {"value": {"t": "yours", "v": 5}},
        {"value": {"t": "function", "v": "0"}},
        {"changed": {"t": "surprise"}, "value": 1},
        {"changed": 3, "value": {}},
    ],
)
def test_a_value_that_makes_no_sense_is_an_error_of_the_call(asked: Asked, reply: dict[str, Any]) -> None:
    function = asked(saying(described(FUNCTION), reply)).names(("f",))["f"]
    with pytest.raises(TypeError):
        function(1)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "ValueError", "text": "no"}, ValueError),
        ({"type": "OutOfTime", "text": "no"}, RuntimeError),
        ({"type": "GeneratorExit", "text": "no"}, RuntimeError),
        (["ValueError"], RuntimeError),
        (None, RuntimeError),
    ],
)
def test_a_forged_error_is_an_ordinary_one(asked: Asked, error: Any, kind: type[Exception]) -> None:
    function = asked(saying(described(FUNCTION), {"error": error, "value": 1})).names(("f",))["f"]
    with pytest.raises(kind):
        function(1)


@pytest.mark.parametrize(
    "about",
    [
        {"name": 3, "doc": 3, "parameters": 3},
        {"name": "x" * 10**5, "parameters": [["x", 1]]},
        {"parameters": [["x", 1, False], ["x", 1, False]]},
        {"parameters": [["x y", 9, None]]},
        {"parameters": {"t": 1}},
        {"name": "\x00", "doc": "\x00"},
    ],
)
def test_a_function_that_is_described_badly_is_a_function(asked: Asked, about: dict[str, Any]) -> None:
    student = asked(saying(described({"t": "function", "v": 0, **about}), {"value": 3}))
    function = student.names(("f",))["f"]
    assert function(1) == 3
    assert len(function.__name__) <= 200


def test_more_than_a_submission_may_send_in_all_ends_it(asked: Asked) -> None:
    student = asked(saying(*[{"outputs": ["x" * 3000]}] * 4), sent=10_000)
    for _ in range(3):
        student.run("1")
    with pytest.raises(CandidateGone, match="more data than a submission may send in all"):
        student.run("1")


def test_the_reason_of_an_end_is_the_wardens(asked: Asked) -> None:
    student = asked(lambda channel: None)
    with pytest.raises(CandidateGone):
        student.run("1")
    assert student.gone == "the play is over"


def test_a_peer_that_never_answers_is_left_when_the_time_is_over(asked: Asked) -> None:
    def silent(channel: Channel) -> None:
        channel.receive()
        channel.receive()

    student = asked(silent)
    student.begin(time.monotonic() + 0.2)
    with pytest.raises(OutOfTime):
        student.run("1")
    assert student.late
    assert student.gone == "it did not stop when its time was over"


def test_after_the_time_is_over_nothing_is_asked_and_nobody_is_ended(asked: Asked) -> None:
    student = asked(saying(described(1)))
    student.begin(time.monotonic())
    with pytest.raises(OutOfTime):
        student.names(("f",))
    assert student.late
    assert student.gone is None
    student.begin(time.monotonic() + 30)
    assert student.names(("f",)) == {"f": 1}
