"""What the control groups of this process, such as a container's, leave it of the machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Share:
    """What may be used at most: bytes of memory, and processors; None where nothing is said."""

    memory: int | None
    cores: float | None


def share(root: Path = Path("/sys/fs/cgroup"), of: Path = Path("/proc/self/cgroup")) -> Share:
    """Read the smallest limits on the way from this process's group to the topmost one, of either version.

    Parameters
    ----------
    root
        Where the control groups are mounted.
    of
        The file in which the kernel names the groups of this process.
    """
    groups = [line.split(":", 2) for line in of.read_text().splitlines()] if of.exists() else []
    memory: list[int] = []
    cores: list[float] = []
    for _, controllers, group in groups:
        names = controllers.split(",")
        if controllers == "":  # version 2
            for folder in _upwards(root, group):
                memory += _numbers(folder / "memory.max")[:1]
                cores += _ratio(_numbers(folder / "cpu.max"))
        if "memory" in names:
            for folder in _upwards(root / "memory", group):
                memory += _numbers(folder / "memory.limit_in_bytes")
        if "cpu" in names:
            for folder in _upwards(root / "cpu", group):
                quota, period = (_numbers(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
                cores += _ratio(quota + period)
    bounded = [number for number in memory if number < 2**60]  # version 1 writes "no limit" as a huge number
    return Share(min(bounded, default=None), min(cores, default=None))


def _upwards(root: Path, group: str) -> Iterator[Path]:
    """Give the folder of a group and those above it; in a container its own is often all that is seen."""
    folder = root / group.lstrip("/")
    yield from (path for path in (folder, *folder.parents) if path.is_relative_to(root) and path.is_dir())


def _numbers(file: Path) -> list[int]:
    try:
        return [int(word) for word in file.read_text().split() if word != "max"]
    except (OSError, ValueError):
        return []


def _ratio(numbers: list[int]) -> list[float]:
    """Turn quota and period into processors; without a quota there is one number, or a negative one."""
    return [numbers[0] / numbers[1]] if len(numbers) == 2 and numbers[0] > 0 else []
