"""What a check is, and how checks are run: one that breaks is a finding itself, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from autograder.errors import AutograderError, shortened

INSTALL = "python -m pip install -r requirements.txt -c constraints.txt     (in the project's folder)"

Level = Literal["ok", "note", "FAIL"]


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes
    ----------
    level
        "ok"; "note", which works but is good to know; or "FAIL".
    text
        One line in plain words.
    do
        What to do about it, step by step: commands as they are typed, lines as they are written, or words.
    """

    level: Level
    text: str
    do: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """Something to look at: its name, and how to look. More than one finding is a line each."""

    name: str
    look: Callable[[], Finding | Iterable[Finding]]


class NotChecked(Exception):
    """A check can't be made because of something that another check reports."""


def ok(text: str) -> Finding:
    """All is well."""
    return Finding("ok", text)


def note(text: str, *do: str) -> Finding:
    """It works, and is good to know."""
    return Finding("note", text, do)


def fail(text: str, *do: str) -> Finding:
    """It does not work."""
    return Finding("FAIL", text, do)


def findings(check: Check) -> Iterator[Finding]:
    """Make a check, whatever happens in it."""
    try:
        found = check.look()
        yield from [found] if isinstance(found, Finding) else found
    except NotChecked as reason:
        yield note(f"not checked: {reason}")
    except AutograderError as error:  # its message says what to do
        yield fail(shortened(error, 1000))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        yield fail(
            f"can't be looked at: {place}{error.strerror or shortened(error)}", "Put that right first."
        )
    except Exception as error:  # of whatever library it asked
        yield fail(
            f"the check itself broke: {type(error).__name__}: {shortened(error, 500)}",
            "The other checks went on. If the packages are as they should be, please report this line.",
        )
