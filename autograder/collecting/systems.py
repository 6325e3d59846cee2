"""The learning management systems whose downloads are read, and how a download is recognised."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autograder.collecting.blackboard import BLACKBOARD
from autograder.collecting.canvas import CANVAS
from autograder.collecting.entry import Entry, Refused
from autograder.collecting.moodle import MOODLE
from autograder.collecting.naming import System

# Moodle's and Blackboard's names can't be mistaken for another's; Canvas's are looser.
SYSTEMS: Mapping[str, System] = {"moodle": MOODLE, "blackboard": BLACKBOARD, "canvas": CANVAS}


def is_handed_in(name: str) -> bool:
    """Whether a path is one that a system gives to what was handed in."""
    return any(system.is_named(name) for system in SYSTEMS.values())


def recognised(entries: Iterable[Entry]) -> str:
    """Tell which system a download is of: the one that names most of its files.

    Raises
    ------
    Refused
        If no file is named by any.
    """
    votes = dict.fromkeys(SYSTEMS, 0)
    for entry in entries:
        for name, system in SYSTEMS.items():
            if system.is_named(entry.name):
                votes[name] += 1
                break
    best = max(votes, key=lambda name: votes[name])
    if not votes[best]:
        raise Refused(
            "no file in it is named as Canvas, Moodle or Blackboard name what was handed in; download all "
            "submissions of the assignment there"
        )
    return best
