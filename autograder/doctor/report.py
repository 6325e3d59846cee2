"""The doctor's round: all checks by topic, and how what they find is shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.doctor.check import INSTALL, Check, Finding, Level, fail, findings
from autograder.wording import counted

_WIDTH = 16  # of the longest name of a check
_COLOURS = {"ok": "32", "note": "33", "FAIL": "1;31"}


@dataclass(frozen=True)
class Found:
    """A finding, with the check and the topic that it belongs to."""

    topic: str
    name: str
    finding: Finding

    def to_dict(self) -> dict[str, Any]:
        """Give it as data."""
        return {"topic": self.topic, "check": self.name} | dataclasses.asdict(self.finding)


def examine(root: Path | None = None) -> Iterator[Found]:
    """Check this machine and, if there is one, a course; give each finding as soon as it is there.

    Parameters
    ----------
    root
        The course directory.
    """
    topics: list[tuple[str, Callable[[Path | None], list[Check]]]] = [
        ("this machine", _of_machine),
        ("what is installed", _of_packages),
    ]
    if root is not None:
        topics += [("the course", _of_course), ("marks and records", _of_records)]
    for topic, load in topics:
        for check in _loaded(load, root):
            for finding in findings(check):
                yield Found(topic, check.name, finding)


# Each topic is loaded when its turn comes: what one needs and is not installed must not end the round.


def _of_machine(root: Path | None) -> list[Check]:
    from autograder.doctor.jail import jail_checks
    from autograder.doctor.machine import machine_checks

    return [*machine_checks(root), *jail_checks()]


def _of_packages(_: Path | None) -> list[Check]:
    from autograder.doctor.packages import package_checks

    return package_checks()


def _of_course(root: Path | None) -> list[Check]:
    from autograder.doctor.course import course_checks
    from autograder.doctor.patient import Patient

    assert root is not None
    return course_checks(Patient(root))


def _of_records(root: Path | None) -> list[Check]:
    from autograder.doctor.patient import Patient
    from autograder.doctor.records import record_checks

    assert root is not None
    return record_checks(Patient(root))


def _loaded(load: Callable[[Path | None], list[Check]], root: Path | None) -> list[Check]:
    try:
        return load(root)
    except ImportError as error:
        said = f"nothing of this can be checked: {error}"
        return [Check("packages", lambda: fail(said, INSTALL))]


def lines(found: Iterable[Found], *, colour: bool) -> Iterator[str]:
    """Write findings as lines: the level as a word, aligned; what to do below; a sum at the end."""
    topic = ""
    levels: list[Level] = []
    for one in found:
        if one.topic != topic:
            topic = one.topic
            yield f"\n{topic.capitalize()}" if levels else topic.capitalize()
        level = one.finding.level
        levels.append(level)
        word = f"{level:4}"
        if colour:
            word = f"\033[{_COLOURS[level]}m{word}\033[0m"
        yield f"  {word}  {one.name:{_WIDTH}}  {one.finding.text}"
        for step in one.finding.do:
            yield "→ ".rjust(_WIDTH + 12) + step.replace("\n", "\n" + " " * (_WIDTH + 12))
    red, notes = levels.count("FAIL"), levels.count("note")
    summary = "Nothing is red" if not red else f"{counted(red, 'red line')}: put these right first"
    yield f"\n{summary}; {counted(notes, 'note')}, {levels.count('ok')} ok."
