"""A file of a download, before anybody has looked into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from autograder.errors import shortened
from autograder.submission import DEEPEST, name_error

_SYSTEM_FILES = {".ds_store", "thumbs.db", "desktop.ini"}  # what file managers leave behind
_SYSTEM_FOLDERS = {"__macosx", ".ipynb_checkpoints"}


class Refused(Exception):
    """A file, or an archive, that must not be read; the message says why."""


@dataclass(frozen=True)
class Entry:
    """A file of a download.

    Attributes
    ----------
    source
        The download that it is in, by its name.
    name
        Its path in there, with "/" between folders.
    time
        When it was last changed, as the archive or the folder says.
    read
        Gives its content; raises `Refused` when that is not what it was said to be.
    """

    source: str
    name: str
    time: datetime
    read: Callable[[], bytes]

    @property
    def shown(self) -> str:
        """Where it is, for a message."""
        return f"{self.source}: {shortened(repr(self.name))}"


@dataclass(frozen=True)
class Aside:
    """What was not taken, and why."""

    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what}: set aside, {self.reason}"


def is_of_the_system(name: str) -> bool:
    """Whether a file manager or Jupyter put it there, so that nobody meant to hand it in."""
    parts = name.casefold().split("/")
    return not _SYSTEM_FOLDERS.isdisjoint(parts) or parts[-1] in _SYSTEM_FILES or parts[-1].startswith("._")


def path_error(name: str) -> str | None:
    """Say why a path must not be followed or kept; None when it may.

    Examples
    --------
    >>> path_error("u2/practice.ipynb"), path_error("../grades.csv")
    (None, "its path leads out of the download ('..')")
    """
    if "\\" in name:
        return "its path holds a backslash"
    if name.startswith("/") or name[1:2] == ":":
        return "its path is absolute"
    parts = name.split("/")
    if ".." in parts:
        return "its path leads out of the download ('..')"
    if "." in parts or "" in parts:
        return "its path holds an empty part"
    if len(parts) > DEEPEST:
        return f"its folders are nested more than {DEEPEST} deep"
    if any(len(part.encode(errors="replace")) > 255 for part in parts):
        return "its name is longer than 255 bytes"
    wrong = next((wrong for part in parts if (wrong := name_error(part)) is not None), None)
    return f"its name {wrong}" if wrong else None
