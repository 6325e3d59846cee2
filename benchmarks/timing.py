"""Time contenders round-robin in one process, so that a noisy machine hits all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def round_robin(
    contenders: Mapping[str, Callable[[], object]], *, rounds: int, repeat: int = 1
) -> dict[str, float]:
    """Median seconds per call of each contender; one untimed round first."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds + 1):
        for name, call in contenders.items():
            start = time.perf_counter()
            for _ in range(repeat):
                call()
            if turn:
                seconds[name].append((time.perf_counter() - start) / repeat)
    return {name: statistics.median(times) for name, times in seconds.items()}
