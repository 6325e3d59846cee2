"""How much a submission may use."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """What the candidate and the examiner of one notebook may use.

    Attributes
    ----------
    cell_seconds
        Wall time of one cell, or of one test with all its calls.
    notebook_seconds
        Wall time of all cells together.
    memory
        Bytes of the candidate and all that it starts.
    disk, file_size
        Bytes that a candidate may write in all, and to one file.
    processes
        Processes and threads of a candidate.
    sent
        Bytes that a candidate may send to the examiner in all.
    """

    cell_seconds: float = 30.0
    notebook_seconds: float = 120.0
    memory: int = 1024 * MIB
    disk: int = 64 * MIB
    file_size: int = 32 * MIB
    processes: int = 24
    sent: int = 128 * MIB

    @classmethod
    def for_timeout(cls, seconds: float) -> Limits:
        """Give the limits that go with a course's time-out for one cell."""
        return cls(cell_seconds=float(seconds), notebook_seconds=4.0 * seconds)
