"""The rules of a course as words: what `autograder init` takes on the command line."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from autograder.assignment import unknown_name
from autograder.errors import UsageError
from autograder.policy import Deadline, LatePolicy, PolicyError, late_policy, parse_deadline

_NUMBER = r"(\d+(?:\.\d+)?)"
_PARTS = {
    "percent_per_day": re.compile(rf"{_NUMBER}\s*% per day"),
    "grace_minutes": re.compile(rf"grace {_NUMBER} (minute|hour)s?"),
    "closes_after_days": re.compile(rf"closes after {_NUMBER} (day|week)s?"),
}
_UNITS = {"hour": 60, "week": 7}


def parse_late(text: str) -> LatePolicy:
    """Read a rule for late work: parts between commas, each at most once, in any order.

    Examples
    --------
    >>> parse_late("10% per day, grace 10 minutes, closes after 7 days")
    LatePolicy(grace_minutes=10.0, percent_per_day=10.0, closes_after_days=7.0)

    Raises
    ------
    UsageError
        If a part is not understood, or said twice.
    """
    settings: dict[str, float] = {}
    for part in text.split(","):
        name, value = _part(part.strip())
        if name in settings:
            raise UsageError(f"--late: {part.strip()!r} says a second time what was said before")
        settings[name] = value
    try:
        return late_policy(settings)
    except PolicyError as error:
        raise UsageError(f"--late: {error}") from None


def _part(text: str) -> tuple[str, float]:
    words = " ".join(text.split()).casefold()
    for name, pattern in _PARTS.items():
        if found := pattern.fullmatch(words):
            unit = found[2] if pattern.groups > 1 else ""
            return name, float(found[1]) * _UNITS.get(unit, 1)
    raise UsageError(
        f"--late: {text!r} is not understood. Write parts such as '10% per day', 'grace 10 minutes', "
        "'closes after 7 days' with commas between them"
    )


def parse_deadlines(texts: Sequence[str], assignments: Collection[str]) -> dict[str, Deadline]:
    """Read deadlines, each written ASSIGNMENT=MOMENT, of assignments that exist.

    Raises
    ------
    UsageError
        If one is not understood, is of no assignment, or an assignment has two.
    """
    deadlines: dict[str, Deadline] = {}
    for text in texts:
        name, equals, moment = (part.strip() for part in text.partition("="))
        if not equals:
            raise UsageError(
                f"--deadline: {text!r} is not of the form u1-foundations='2027-01-15 23:59 Europe/Berlin'"
            )
        if name not in assignments:
            raise UsageError(f"--deadline: {unknown_name('assignment', name, assignments)}")
        if name in deadlines:
            raise UsageError(f"--deadline: {name} is given two deadlines")
        try:
            deadlines[name] = parse_deadline(moment)
        except PolicyError as error:
            raise UsageError(f"--deadline {name}: {error}") from None
    return deadlines
