"""When something was handed in, and what is taken for it where a system does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from autograder.errors import UsageError
from autograder.policy import Policy, PolicyError, parse_deadline, time_zone


@dataclass(frozen=True)
class Clock:
    """How the times of an assignment's submissions are read.

    Attributes
    ----------
    zone
        That of times which name none.
    deadline
        That of the assignment, if the course has one.
    extensions
        How much more time some students were given, by student.
    by
        When everything was handed in that came with no time of its own, at the latest; the instructor's word.
    """

    zone: tzinfo
    deadline: datetime | None = None
    extensions: Mapping[str, timedelta] = field(default_factory=dict)
    by: datetime | None = None

    def is_late(self, student: str, when: datetime) -> bool:
        """Whether work of then comes after the student's own deadline."""
        more = self.extensions.get(student, timedelta())
        return self.deadline is not None and when > self.deadline + more

    def counted(self, seen: datetime, late: bool | None) -> datetime:
        """Give the time that counts for work of which only the download's time, `seen`, is known.

        What the system does not count as late is not made late by the day of the download.
        """
        limits = [seen]
        if late is False and self.deadline is not None:
            limits.append(self.deadline)
        if not late and self.by is not None:
            limits.append(self.by)
        return min(limits)


def assignment_clock(
    policy: Policy,
    assignment: str,
    zone: str | None,
    by: str | None,
    extensions: Mapping[str, timedelta],
) -> Clock:
    """Set up the clock from the course's deadlines and what the command line says.

    Parameters
    ----------
    policy, assignment
        The rules of the course, and which deadline is meant.
    zone
        The name of a time zone; None takes that of the deadline, without one that of the course's other
        deadlines if they have one in common, else UTC.
    by
        A time such as `2027-01-15 23:59 Europe/Berlin`.
    extensions
        How much more time some students were given, by student.

    Raises
    ------
    UsageError
        If a time or a zone can't be read.
    """
    deadline = policy.deadlines.get(assignment)
    near = [deadline] if deadline else policy.deadlines.values()
    zones = {one.text.split()[-1] for one in near}
    named = zone or (zones.pop() if len(zones) == 1 else "UTC")
    try:
        found = time_zone(named)
    except PolicyError as error:
        raise UsageError(f"--zone: {error}") from None
    try:
        latest = parse_deadline(by).utc.replace(tzinfo=UTC) if by else None
    except PolicyError as error:
        raise UsageError(f"--handed-in-by: {error}") from None
    return Clock(found, deadline.utc.replace(tzinfo=UTC) if deadline else None, extensions, latest)


def stamp(time: datetime) -> str:
    """Write a time as nbgrader's timestamp.txt has it."""
    return f"{time.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'seconds')} UTC\n"


def read_stamp(content: bytes) -> datetime | None:
    """Read a timestamp.txt; None if it holds no time."""
    from nbgrader.utils import parse_utc  # type: ignore[import-untyped]

    try:
        text = content[:200].decode("utf-8").strip()
        return parse_utc(text).replace(tzinfo=UTC) if text else None
    except Exception:  # the date parser raises several kinds
        return None
