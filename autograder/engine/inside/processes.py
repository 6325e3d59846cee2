"""What `/proc` tells of processes that may end at any moment: then it tells nothing."""

from __future__ import annotations

from pathlib import Path


def children_of(process: int) -> list[int]:
    """Give the numbers of a process's children."""
    return [int(child) for text in of_threads(process, "children") for child in text.split()]


def of_threads(process: int, name: str) -> list[str]:
    """Read one file of each thread of a process."""
    try:
        threads = list(Path(f"/proc/{process}/task").iterdir())
    except OSError:  # it has ended
        return []
    return [text for thread in threads if (text := text_of(thread / name))]


def text_of(path: Path) -> str:
    """Read a file; empty if it is gone, or not ours to read."""
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""
