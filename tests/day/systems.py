"""The three systems, and the rules of the course that uses each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.autograder.conftest import FIXTURES
from tests.conftest import ROOT, UNIT
from tests.day import downloads, gradebooks, people
from tests.day.people import Person


@dataclass(frozen=True)
class System:
    """A learning management system, and the rules of the course that uses it.

    Attributes
    ----------
    unit, points
        The folder of the authored assignment, and all points of it with the instructor's own question.
    deadline, zone, rule, policy
        As the instructor gives them to `init`.
    costs
        What the rule takes off in percent, by the seconds after the deadline, worked out by hand.
    knows
        By what the system knows a student in its gradebook.
    no_mark
        What stands there for no mark.
    says_when
        Whether a download says when each attempt was handed in, only who was late, or nothing.
    takes_back
        The zip of feedback that it takes.
    stranger
        What is said of work of somebody whom the class list does not have.
    """

    name: str
    unit: Path
    points: int
    deadline: str
    zone: str
    rule: str
    policy: Literal["last", "best"]
    costs: Mapping[int, str]
    class_list: Callable[[list[Person], str, int], bytes]
    download: Callable[..., Path]
    read_back: Callable[[Path, str], dict[str, str]]
    knows: Callable[[Person], str]
    no_mark: str
    says_when: Literal["exactly", "late", "never"]
    takes_back: str
    stranger: str


CANVAS = System(
    name="Canvas",
    unit=ROOT / "autograder" / "assignments" / UNIT,
    points=62,
    deadline="2027-01-15 23:59",
    zone="America/New_York",
    rule="10% per day, grace 10 minutes, closes after 7 days",
    policy="last",
    costs={1: "0", 600: "0", 601: "10", 86_400: "10", 86_401: "20", 604_800: "70", 604_801: "100"},
    class_list=people.canvas_list,
    download=downloads.canvas_zip,
    read_back=gradebooks.canvas_import,
    knows=lambda person: str(person.number),
    no_mark="",
    says_when="late",
    takes_back="canvas",
    stranger="Canvas user 4999 (strangermallory) is not in the class list",
)
MOODLE = System(
    name="Moodle",
    unit=FIXTURES / "tiny",
    points=14,
    deadline="2027-01-20 12:00",
    zone="Asia/Kolkata",
    rule="25% per day, closes after 2 days",
    policy="last",
    costs={0: "0", 1: "25", 86_400: "25", 86_401: "50", 172_800: "50", 172_801: "100"},
    class_list=people.moodle_list,
    download=downloads.moodle_zip,
    read_back=gradebooks.moodle_import,
    knows=lambda person: person.email,
    no_mark="-",
    says_when="never",
    takes_back="moodle",
    stranger="'Mallory Stranger' is not in the class list",
)
BLACKBOARD = System(
    name="Blackboard",
    unit=FIXTURES / "tiny",
    points=14,
    deadline="2027-03-27 23:59",  # the clocks are put forward that night: a day has 24 hours all the same
    zone="Europe/Berlin",
    rule="12.5% per day, grace 1 hour, closes after 1 week",
    policy="best",
    costs={3600: "0", 3601: "12.5", 86_400: "12.5", 86_401: "25", 604_800: "87.5", 604_801: "100"},
    class_list=people.blackboard_list,
    download=downloads.blackboard_zip,
    read_back=gradebooks.blackboard_import,
    knows=lambda person: person.id,
    no_mark="",
    says_when="exactly",
    takes_back="files",
    stranger="no user name of the class list is in it (mallory)",
)
