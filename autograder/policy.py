"""The rules of a course: when work is due, what lateness costs, and which attempt counts.

They are the section `c.Autograder` of nbgrader_config.py. Read here without loading nbgrader, which takes
seconds; its plug-in for late work, in `late_plugin`, applies them.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from traitlets.config import Config

from autograder.errors import AutograderError
from autograder.wording import counted

Attempts = Literal["last", "best"]
PLUGIN = "autograder.late_plugin.LatePolicyPlugin"
_SETTINGS = (
    "deadlines",
    "late_policy",
    "attempts",
    "book_url",
    "browser_url",
)  # addresses are read elsewhere
_DAY = 24 * 60 * 60
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2})?)\s+(\S+)")
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
_EXAMPLE = "2027-01-15 23:59 Europe/Berlin"


class PolicyError(ValueError):
    """A rule that can't be understood; the message says what is wrong, and the caller adds where."""


@dataclass(frozen=True)
class Deadline:
    """When an assignment is due.

    Attributes
    ----------
    text
        As the instructor wrote it.
    utc
        The same moment in UTC without a time zone, as nbgrader's gradebook has it.
    """

    text: str
    utc: datetime

    def __str__(self) -> str:
        utc = f"{self.utc:%Y-%m-%d %H:%M} UTC"
        return self.text if self.text.endswith("UTC") else f"{self.text} ({utc})"


@dataclass(frozen=True)
class LatePolicy:
    """What lateness costs. A day has 24 hours and counts from the deadline, also after a grace period.

    Attributes
    ----------
    grace_minutes
        So long after the deadline, lateness costs nothing.
    percent_per_day
        Of what a notebook scored, taken off for each day that has started.
    closes_after_days
        Later than that, work counts nothing; None never closes.
    """

    grace_minutes: float = 0.0
    percent_per_day: float = 0.0
    closes_after_days: float | None = None

    def taken_off(self, score: float, seconds_late: float) -> float:
        """Give the points that a notebook loses; parts of a second are not counted.

        Examples
        --------
        >>> rule = LatePolicy(grace_minutes=10, percent_per_day=10, closes_after_days=7)
        >>> rule.taken_off(5, 600), rule.taken_off(5, 601), rule.taken_off(5, 24 * 3600 + 1)
        (0.0, 0.5, 1.0)
        """
        late = math.floor(seconds_late)
        if late <= 0 or late <= self.grace_minutes * 60:
            return 0.0
        if self.closes_after_days is not None and late > self.closes_after_days * _DAY:
            return score
        started = -(-late // _DAY)
        return score * min(100.0, self.percent_per_day * started) / 100

    def __str__(self) -> str:
        parts = []
        if self.percent_per_day:
            parts.append(f"{self.percent_per_day:g}% off per started day")
        if self.grace_minutes:
            parts.append(f"{counted(self.grace_minutes, 'minute')} of grace")
        if self.closes_after_days is not None:
            parts.append(f"nothing after {counted(self.closes_after_days, 'day')}")
        return ", ".join(parts) or "nothing off"


@dataclass(frozen=True)
class Policy:
    """All rules of a course; without any, nothing is late and the last attempt counts."""

    deadlines: Mapping[str, Deadline] = field(default_factory=dict)
    late: LatePolicy = LatePolicy()
    attempts: Attempts = "last"

    def told(self, assignment: str) -> str:
        """Say in a sentence when an assignment is due, and what lateness costs."""
        if (deadline := self.deadlines.get(assignment)) is None:
            return f"No deadline is set for {assignment} (c.Autograder.deadlines in nbgrader_config.py)."
        return f"Due {deadline}; late work: {self.late}."

    def unknown(self, assignments: Collection[str]) -> list[str]:
        """Say which deadlines are of no assignment of the course, one line each."""
        lines = []
        for name in sorted(set(self.deadlines) - set(assignments)):
            near = difflib.get_close_matches(name, assignments, n=1)
            guess = f"; did you mean {near[0]!r}?" if near else ""
            lines.append(f"c.Autograder.deadlines: the course has no assignment {name!r} (yet){guess}")
        return lines


def course_policy(config: Config) -> Policy:
    """Read the rules of a course from its configuration.

    Raises
    ------
    AutograderError
        If a setting is unknown or makes no sense; the message names it.
    """
    section = config.get("Autograder", {})
    if unknown := sorted(set(section) - set(_SETTINGS)):
        near = difflib.get_close_matches(unknown[0], _SETTINGS, n=1)
        guess = f"Did you mean {near[0]!r}? " if near else ""
        raise AutograderError(
            f"nbgrader_config.py: there is no setting c.Autograder.{unknown[0]}. {guess}"
            f"Known: {', '.join(_SETTINGS)}"
        )
    policy = Policy(
        _checked("deadlines", _deadlines, section.get("deadlines", {})),
        _checked("late_policy", late_policy, section.get("late_policy", {})),
        _checked("attempts", attempts_policy, section.get("attempts", "last")),
    )
    plugin = config.get("AssignLatePenalties", {}).get("plugin_class")
    if policy.late != LatePolicy() and plugin != PLUGIN:
        raise AutograderError(
            "nbgrader_config.py: c.Autograder.late_policy has no effect without the line "
            f'c.AssignLatePenalties.plugin_class = "{PLUGIN}"; add it'
        )
    return policy


def parse_deadline(text: object) -> Deadline:
    """Read a moment with its time zone, such as "2027-01-15 23:59 Europe/Berlin".

    Raises
    ------
    PolicyError
        If it is none, or when clocks are changed: skipped that day, or there twice.
    """
    if not isinstance(text, str) or not (found := _MOMENT.fullmatch(text.strip())):
        raise PolicyError(f"{text!r} is no date and time with a time zone, such as {_EXAMPLE!r}")
    try:
        local = datetime.fromisoformat(f"{found[1]} {found[2]}")
    except ValueError as error:
        raise PolicyError(f"{text!r} is no date and time: {error}") from None
    zone = time_zone(found[3])
    try:
        early, late = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except OverflowError:
        raise PolicyError(f"{text!r} is no date and time: in UTC, it is in no year of the calendar") from None
    if early.astimezone(zone).replace(tzinfo=None) != local:
        raise PolicyError(f"{text!r} does not exist: the clocks are put forward over it")
    if early != late:
        offset = f"{late.astimezone(zone):%z}"
        raise PolicyError(
            f"{text!r} is there twice, because the clocks are put back; write which one you mean with its "
            f"offset, such as '{found[1]} {found[2]} {offset[:3]}:{offset[3:]}' for the later one"
        )
    return Deadline(" ".join(text.split()), early.replace(tzinfo=None))


def time_zone(name: str) -> tzinfo:
    """Find a time zone by its name, such as "Europe/Berlin", or its offset, such as "+01:00".

    Raises
    ------
    PolicyError
        If this machine knows none of that name.
    """
    if offset := _OFFSET.fullmatch(name):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        if ahead < timedelta(hours=24) and int(offset[3]) < 60:
            return timezone(ahead if offset[1] == "+" else -ahead)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PolicyError(
            f"{name!r} is no time zone that this machine knows; write one such as 'Europe/Berlin', "
            "'America/New_York', 'UTC' or '+01:00'"
        ) from None


def late_policy(settings: object) -> LatePolicy:
    """Check a rule for late work that is written as a dict of numbers.

    Raises
    ------
    PolicyError
        If it is none.
    """
    known = ("grace_minutes", "percent_per_day", "closes_after_days")
    if not isinstance(settings, Mapping):
        raise PolicyError(f"must be a dict such as {{'percent_per_day': 10}}; it is {settings!r}")
    for name, value in settings.items():
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            guess = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"
            raise PolicyError(f"there is no {name!r}{guess}")
        if name == "closes_after_days" and value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
            raise PolicyError(f"{name!r} must be a number, 0 or more; it is {value!r}")
        if name == "percent_per_day" and value > 100:
            raise PolicyError(f"'percent_per_day' must be 100 or less; it is {value!r}")
    return LatePolicy(**settings)


def attempts_policy(given: object) -> Attempts:
    """Check which attempt is to count: "last" or "best"."""
    if given not in ("last", "best"):
        raise PolicyError(f"must be 'last' or 'best'; it is {given!r}")
    return given


def _deadlines(settings: object) -> dict[str, Deadline]:
    if not isinstance(settings, Mapping):
        raise PolicyError(f"must be a dict such as {{'u1-foundations': {_EXAMPLE!r}}}; it is {settings!r}")
    found = {}
    for name, text in settings.items():
        try:
            found[name] = parse_deadline(text)
        except PolicyError as error:
            raise PolicyError(f"{name!r}: {error}") from None
    return found


def _checked(name: str, check: Callable[[object], Any], given: object) -> Any:
    try:
        return check(given)
    except PolicyError as error:
        raise AutograderError(f"nbgrader_config.py: c.Autograder.{name}: {error}") from None
