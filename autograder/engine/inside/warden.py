"""The warden of a candidate: hears when it ends or shall end, and says how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from collections.abc import Collection

from .processes import children_of

INTERRUPT = b"i"


class Warden:
    """Looks after one candidate, from its start to its end.

    Parameters
    ----------
    candidate
        Its process.
    line
        Over which its end is asked for and reported; to close the other end of it ends the candidate.
    cpu_seconds
        Processor time that it may use.
    """

    def __init__(self, candidate: int, line: socket.socket, cpu_seconds: float) -> None:
        self.candidate = candidate
        self._line = line
        self._cpu_seconds = cpu_seconds
        self._ended = os.pidfd_open(candidate)
        self._why = ""
        self.watched: tuple[int, ...] = (self._ended, line.fileno())

    def look(self, ready: Collection[int]) -> bool:
        """See to the candidate and say whether it still runs; `ready` are descriptors that can be read."""
        if self._ended in ready:
            self._report()
            return False
        if not self._why and self._line.fileno() in ready:
            if self._line.recv(1) == INTERRUPT:
                os.kill(self.candidate, signal.SIGINT)
            else:
                self.end("it was told to end")
        return True

    def end(self, why: str) -> None:
        """End the candidate, which takes the system a while; `why` is reported."""
        self._why = self._why or why
        self.watched = (self._ended,)
        _end(self.candidate)

    def _report(self) -> None:
        _, status, used = os.wait4(self.candidate, 0)
        why = self._why
        if not why and used.ru_utime + used.ru_stime >= self._cpu_seconds:
            why = "it used too much processor time"
        report = {"ended": why or _ending(status), "limit": bool(why)}
        with contextlib.suppress(OSError):  # nobody may wait for the reason any more
            self._line.sendall(json.dumps(report).encode())
        self._line.close()
        os.close(self._ended)


def _end(process: int) -> None:
    """Kill a process and its descendants, the youngest last, so that none can be missed for long.

    Each step is taken whatever became of the others: a candidate may end threads and processes meanwhile.
    """
    _send(process, signal.SIGSTOP)
    children = children_of(process)
    _send(process, signal.SIGKILL)
    for child in children:
        _end(child)


def _send(process: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)


def _ending(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"it ended itself (exit status {code})"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return f"it was killed ({name})"
