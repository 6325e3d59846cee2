"""The channel between a candidate and its examiner: whole messages, bounded in size, number and time."""

from __future__ import annotations

import socket
import struct
import time
from typing import Any

import pytest

from autograder.engine.inside.wire import Channel, Closed, NotData


@pytest.fixture
def line() -> Any:
    """Two ends of a line; what is written into the first is read from the second."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_messages_arrive_whole_and_in_order(line: Any) -> None:
    one, other = map(Channel, line)
    for number in range(3):
        one.send({"number": number})
    assert [other.receive()["number"] for _ in range(3)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (struct.pack(">I", 2**32 - 1), "a message of 4294967295 bytes is too large"),
        (struct.pack(">I", 3) + b"\xff\xff\xff", "not JSON"),
        (struct.pack(">I", 4) + b"nope", "not JSON"),
        (struct.pack(">I", 4) + b"[{}]", "not an object"),
        (struct.pack(">I", 0), "not JSON"),
        (struct.pack(">I", 200_000) + b"[" * 200_000, "not JSON"),
        (struct.pack(">I", 9_007) + b'{"a":' + b"1" * 9_001 + b"}", "not JSON"),
    ],
    ids=["huge", "bytes", "text", "list", "nothing", "deep", "long number"],
)
def test_what_is_no_message_is_no_data(line: Any, written: bytes, why: str) -> None:
    line[0].sendall(written)
    with pytest.raises(NotData, match=why):
        Channel(line[1]).receive()


def test_a_message_that_is_too_large_is_not_sent(line: Any) -> None:
    with pytest.raises(NotData, match="too large; the limit is 100"):
        Channel(line[0], largest_sent=100).send({"text": "x" * 100})


def test_more_than_the_budget_is_refused(line: Any) -> None:
    one, other = Channel(line[0]), Channel(line[1], budget=30)
    one.send({"text": "x" * 10})
    one.send({"text": "x" * 10})
    other.receive()
    with pytest.raises(NotData, match="more data than a submission may send in all"):
        other.receive()


def test_a_silent_or_lost_peer_is_noticed(line: Any) -> None:
    channel = Channel(line[1])
    line[0].sendall(b"\x00\x00")  # half a length, and no more
    with pytest.raises(TimeoutError):
        channel.receive(deadline=0.0)
    line[0].close()
    with pytest.raises(Closed):
        channel.receive()
    with pytest.raises(Closed):
        channel.send({})


def test_a_peer_that_never_reads_does_not_hold_the_sender(line: Any) -> None:
    with pytest.raises(TimeoutError):
        Channel(line[0]).send({"text": "x" * 2**22}, time.monotonic() + 0.2)
