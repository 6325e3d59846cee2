"""The watchman: measures what candidates hold, and names to their warden those that hold too much.

It is a process of its own, because a candidate can make itself slow to measure, and must not keep the zygote
from serving others by that.
"""

from __future__ import annotations

import os
import select
import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

NUMBER = struct.Struct("i")
_PAUSE = 0.05  # seconds between two looks
_REST = 5.0  # times as long as a look took, it rests before the next
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
        for candidate in _children(zygote):
            if _holds_more(list(_family(candidate)), memory):
                line.sendall(NUMBER.pack(candidate))
        pause = max(_PAUSE, _REST * (time.monotonic() - started))


def _holds_more(processes: list[int], memory: int) -> bool:
    resident = {process: _resident(process) for process in processes}
    total = sum(resident.values())
    if total <= memory or total > _FAR_TOO_MUCH * memory:
        return total > memory
    return sum(_share(process, resident[process]) for process in processes) > memory


def _family(process: int) -> Iterator[int]:
    yield process
    for child in _children(process):
        yield from _family(child)


def _children(process: int) -> list[int]:
    return [int(child) for text in _of_threads(process, "children") for child in text.split()]


def _resident(process: int) -> int:
    """Measure what a process holds; pages that it shares with others count in full. Fast."""
    # Of each thread: once its first thread has ended, a process that goes on shows nothing of its own.
    pages = max((int(text.split()[1]) for text in _of_threads(process, "statm")), default=0)
    return pages * os.sysconf("SC_PAGE_SIZE")


def _share(process: int, resident: int) -> int:
    """Measure what a process holds; of pages that it shares with others, its part, unless it hides that."""
    rollup = _text(Path(f"/proc/{process}/smaps_rollup"))
    parts = [int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")]
    return 1024 * sum(parts) if parts else resident


def _of_threads(process: int, name: str) -> list[str]:
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
    except OSError:  # it has ended
        return []
    return [text for thread in threads if (text := _text(thread / name))]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""
