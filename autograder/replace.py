"""Puts new files and folders in the places of earlier ones: all of them, or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def replace_all(moves: Sequence[tuple[Path, Path]], aside: Path) -> None:
    """Move each new file or folder to its place; when one can't be moved, have it all as it was before.

    Parameters
    ----------
    moves
        What is new, and its place.
    aside
        An existing folder on the same file system, which takes what is replaced.
    """
    done: list[tuple[Path, Path, Path]] = []
    try:
        for number, (new, place) in enumerate(moves):
            place.parent.mkdir(exist_ok=True)
            earlier = aside / f"earlier-{number}"
            done.append((new, place, earlier))
            if place.exists():
                place.rename(earlier)
            new.rename(place)
    except BaseException:
        for new, place, earlier in reversed(done):
            if place.exists() and not new.exists():
                place.rename(new)
            if earlier.exists():
                earlier.rename(place)
        raise
