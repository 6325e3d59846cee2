"""What the names in a download say, whatever the system: who handed in which file, in which attempt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from autograder.collecting.entry import Aside, Entry
from autograder.collecting.people import People


@dataclass(frozen=True)
class Named:
    """A file of which the name says whose it is.

    Attributes
    ----------
    student
        The student's id.
    file
        The name under which the student handed it in.
    attempt
        What tells this attempt of the student from others in the same download.
    order
        Of two files with one name, the one with the higher number came later.
    time
        When it was handed in, where the name says so.
    late
        Whether the system says that it was late; None where it says nothing about that.
    prefix
        What the system wrote before the student's name for the file, where it takes feedback back under that.
    """

    entry: Entry
    student: str
    file: str
    attempt: str = ""
    order: int = 0
    time: datetime | None = None
    late: bool | None = None
    prefix: str = ""


@dataclass
class Sorted:
    """What is known of the files of a download."""

    files: list[Named] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def put_aside(self, entries: Iterable[Entry], reason: str) -> None:
        """Set files aside."""
        self.asides += [Aside(entry.shown, reason) for entry in entries]


@dataclass(frozen=True)
class System:
    """How a learning management system names files.

    Attributes
    ----------
    title
        What people call it.
    is_named
        Whether a path is one of its names.
    sort
        Says of each file whose it is; files that it can't attribute are set aside, never guessed.
    """

    title: str
    is_named: Callable[[str], bool]
    sort: Callable[[list[Entry], People, tzinfo], Sorted]


def find_part(pattern: re.Pattern[str], path: str) -> tuple[re.Match[str], str] | None:
    """Find the first part of a path that matches as a whole, with what stands below it.

    Further in, a name may be a student's own and imitate the system's.
    """
    parts = path.split("/")
    for number, part in enumerate(parts):
        if (match := pattern.fullmatch(part)) is not None:
            return match, "/".join(parts[number + 1 :])
    return None
