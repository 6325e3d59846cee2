"""Shares out the processors of a machine among worker processes that know nothing of each other."""

from __future__ import annotations

import contextlib
import os
import random
import socket


class Cores:
    """Some processors of this machine, taken by as few processes as possible until this one ends.

    Candidates are tied to one processor each; without this, those of two workers of one machine could share
    one while others idle. A processor is taken by binding an abstract socket named after it: the kernel gives
    it to one process only, and lets go of it however that process ends. Containers do not see each other's
    sockets; that each begins at random spreads them too.

    Parameters
    ----------
    count
        How many are wanted. When not enough are free, others are shared.

    Attributes
    ----------
    numbers
        The places of these processors among those that this process may use.
    """

    def __init__(self, count: int) -> None:
        cores = sorted(os.sched_getaffinity(0))
        first = random.randrange(len(cores))
        order = [(first + step) % len(cores) for step in range(len(cores))]
        self._sockets: list[socket.socket] = []
        free = [number for number in order if len(self._sockets) < count and self._take(cores[number])]
        shared = [number for number in order if number not in free] or order
        self.numbers = free + [shared[step % len(shared)] for step in range(count - len(free))]

    def _take(self, core: int) -> bool:
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with contextlib.suppress(OSError):
            claim.bind(f"\0autograder-core-{core}")
            self._sockets.append(claim)
            return True
        claim.close()
        return False

    def close(self) -> None:
        """Let go of them."""
        for claim in self._sockets:
            claim.close()
