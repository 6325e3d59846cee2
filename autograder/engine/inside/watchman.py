"""The watchman: measures what candidates hold, and names to their warden those that hold too much.

It is a process of its own, because a candidate can make itself slow to measure, and must not keep the zygote
from serving others by that.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

from .processes import children_of, of_threads, text_of

NUMBER = struct.Struct("i")
_PAUSE = 0.05  # seconds between two looks
_REST = 5.0  # times as long as a look took, it rests before the next,
_LONGEST = 0.5  # but no more seconds than this: a candidate can make itself slow to measure
_FAR_TOO_MUCH = 4  # times the limit with shared pages counted in full: enough not to look any closer


def watch(zygote: int, memory: int, line: socket.socket) -> None:
    """Send the numbers of the zygote's children that hold too much, until the zygote ends.

    Parameters
    ----------
    zygote
        Its number in `/proc`.
    memory
        Bytes that a candidate and what it starts may hold.
    line
        To the zygote; what comes from there first says that `/proc` shows the candidates.
    """
    if not line.recv(1):
        return
    pause = _PAUSE
    while not select.select([line], [], [], pause)[0]:
        started = time.monotonic()
        for candidate in children_of(zygote):
            if _holds_more(list(_family(candidate)), memory):
                line.sendall(NUMBER.pack(candidate))
        pause = min(max(_PAUSE, _REST * (time.monotonic() - started)), _LONGEST)


def _holds_more(processes: list[int], memory: int) -> bool:
    resident = {process: _resident(process) for process in processes}
    total = sum(resident.values())
    if total <= memory or total > _FAR_TOO_MUCH * memory:
        return total > memory
    return sum(_share(process, resident[process]) for process in processes) > memory


def _family(process: int) -> Iterator[int]:
    yield process
    for child in children_of(process):
        yield from _family(child)


def _resident(process: int) -> int:
    """Measure what a process holds, also in swap; pages that it shares with others count in full. Fast."""
    # Of each thread: once its first thread has ended, a process that goes on shows nothing of its own.
    return 1024 * max(
        (_sum_of(text, "VmRSS:", "VmSwap:") for text in of_threads(process, "status")), default=0
    )


def _share(process: int, resident: int) -> int:
    """Measure what a process holds; of pages that it shares with others, its part, unless it hides that."""
    rollup = text_of(Path(f"/proc/{process}/smaps_rollup"))
    return 1024 * _sum_of(rollup, "Pss:", "SwapPss:") if "Pss:" in rollup else resident


def _sum_of(text: str, *names: str) -> int:
    """Add up the numbers, in KiB, of some lines."""
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(names))
