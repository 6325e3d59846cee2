"""The level of isolation at which marks came about, told wherever it is not the usual one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autograder.wording import counted

_UNTOLD = ("jail", "none")  # the full jail, and nothing of the student's was run
_LEVELS = {
    "jail-each": "each candidate had a jail of its own",
    "process": "there was no jail, and a hostile submission could do whatever the instructor can",
}


def unusual(levels: Iterable[str]) -> list[str]:
    """Pick the levels that are to be told."""
    return sorted(set(levels).difference(_UNTOLD))


def told(level: str) -> str:
    """Say in half a sentence what a level means.

    Examples
    --------
    >>> told("jail-each")
    "isolation 'jail-each': each candidate had a jail of its own"
    """
    return f"isolation {level!r}" + (f": {_LEVELS[level]}" if level in _LEVELS else "")


def isolation_notes(levels: Mapping[str, Iterable[str]]) -> list[str]:
    """Say how many marks came about at another level than the full jail, one line for each such level.

    Parameters
    ----------
    levels
        The levels of the notebooks that each mark comes from, by whose it is.

    Examples
    --------
    >>> isolation_notes({"ada": ["jail", "none"]})
    []
    """
    chosen = {student: unusual(theirs) for student, theirs in levels.items()}
    notes = []
    for level in sorted({level for theirs in chosen.values() for level in theirs}):
        number = sum(level in theirs for theirs in chosen.values())
        notes.append(f"{number} of {counted(len(levels), 'mark')} came about at {told(level)}")
    return notes
