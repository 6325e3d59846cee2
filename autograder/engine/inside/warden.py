"""The warden of a candidate: hears when it ends or shall end, watches its memory, and says how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from collections.abc import Callable, Collection
from pathlib import Path

INTERRUPT = b"i"


class Warden:
    """Looks after one candidate, from its start until nothing of it is left.

    Parameters
    ----------
    candidate
        Its process.
    line
        Over which its end is asked for and reported; to close the other end of it ends the candidate.
    memory
        Bytes that it and what it starts may hold.
    """

    def __init__(self, candidate: int, line: socket.socket, memory: int) -> None:
        self._candidate = candidate
        self._line = line
        self._memory = memory
        self._ended = os.pidfd_open(candidate)
        self._why = ""
        self.watched: tuple[int, ...] = (self._ended, line.fileno())

    def look(self, ready: Collection[int]) -> bool:
        """See to the candidate and say whether it still runs; `ready` are descriptors that can be read."""
        if self._ended in ready:
            self._report(os.waitpid(self._candidate, 0)[1])
            return False
        if not self._why and (why := self._reason_to_end(ready)):
            self._why = why
            self.watched = (self._ended,)
            _end(self._candidate)  # which takes the system a while
        return True

    def _report(self, status: int) -> None:
        with contextlib.suppress(OSError):  # nobody may wait for the reason any more
            self._line.sendall(json.dumps({"ended": self._why or _ending(status)}).encode())
        self._line.close()
        os.close(self._ended)

    def _reason_to_end(self, ready: Collection[int]) -> str:
        """Say why it must end; nothing if it may go on."""
        if self._line.fileno() in ready:
            if self._line.recv(1) != INTERRUPT:
                return "it was told to end"
            os.kill(self._candidate, signal.SIGINT)
        if all(_memory(self._candidate, measure) > self._memory for measure in (_resident, _share)):
            return f"it used more than {self._memory // 2**20} MB of memory"
        return ""


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def _memory(pid: int, measure: Callable[[int], int]) -> int:
    """Measure the memory of a process and its descendants, in bytes; what ends meanwhile counts nothing."""
    try:
        return measure(pid) + sum(_memory(child, measure) for child in _children(pid))
    except (OSError, ValueError):
        return 0


def _resident(pid: int) -> int:
    """Measure what a process holds; pages that it shares with others count in full. Fast."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _share(pid: int) -> int:
    """Measure what a process holds; of pages that it shares with others, its part."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return 1024 * sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


def _end(pid: int) -> None:
    """Kill a process and its descendants, the youngest last, so that none can be missed for long."""
    try:
        os.kill(pid, signal.SIGSTOP)
        children = _children(pid)
        os.kill(pid, signal.SIGKILL)
        for child in children:
            _end(child)
    except OSError:
        pass


def _ending(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"it ended itself (exit status {code})"
    number = -code
    if number == signal.SIGXCPU:
        return "it used too much processor time"
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    return f"it was killed ({name})"
