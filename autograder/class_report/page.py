"""What the report says, as plain records; they are also what `--json` writes. Shares are between 0 and 1."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.class_report.statistics import Interval, Spread
from autograder.feedback_page.page import Chapter


@dataclass(frozen=True)
class Head:
    """Who handed in, and how the marks lie.

    `listed` counts the class list, and is None without one; `missing` counts those who handed in nothing;
    `unlisted` those who handed in without being on the list. `off` is how many lose points for being late.
    `totals` are the points that count, of everyone whose work is graded.
    """

    listed: int | None
    graded: int
    ungraded: int
    missing: int
    unlisted: int
    late: int
    off: int
    refused: int
    waiting: int
    maximum: float
    totals: Spread | None
    attempts: str
    due: str


@dataclass(frozen=True)
class Distribution:
    """How the points of the assignment, or of a notebook, lie: counts in ten equal bins of the maximum."""

    name: str
    maximum: float
    spread: Spread | None
    bins: tuple[int, ...]


@dataclass(frozen=True)
class ItemResult:
    """How a class did on a problem or question.

    `count` are the students whose notebook was run and whose points are known; `full`, `some`, `none` and
    `not_attempted` divide them. `discrimination` is None if `why_none` says why. `pairs` are the students
    that it is computed from.
    """

    id: str
    label: str
    title: str
    notebook: str
    maximum: float
    count: int
    full: int
    some: int
    none: int
    not_attempted: int
    waiting: int
    pass_rate: float | None
    pass_interval: Interval | None
    mean_share: float | None
    discrimination: float | None
    discrimination_interval: Interval | None
    pairs: int
    why_none: str
    advice: tuple[str, ...]

    @property
    def name(self) -> str:
        """Label and title, as they stand in a sentence."""
        return f"{self.label} “{self.title}”"


@dataclass(frozen=True)
class MistakeResult:
    """A named mistake: how many made it, of how many, what feedback told them, and an example."""

    item: str
    title: str
    advice: str
    count: int
    of: int
    example: str | None


@dataclass(frozen=True)
class Choice:
    """An answer to a question, and how many gave it; `holds` is None where that can't be said."""

    label: str
    text: str
    holds: bool | None
    feedback: str
    count: int


@dataclass(frozen=True)
class AnswerResult:
    """The answers to a question; `no_numbers` counts those without the student's own numbers."""

    item: str
    text: str
    kind: str
    count: int
    choices: tuple[Choice, ...]
    not_answered: int
    unreadable: int
    no_numbers: int
    unknown: int


@dataclass(frozen=True)
class Arrivals:
    """When students handed in, in equal bins of hours relative to `relative_to`.

    The first bin also holds all that came before it, the last one all that came later.
    """

    relative_to: str
    has_deadline: bool
    edges: tuple[float, ...]
    bins: tuple[int, ...]
    late: int
    unknown: int


@dataclass(frozen=True)
class Duration:
    """How long a test ran, in seconds, over the class."""

    test: str
    item: str
    count: int
    median: float
    high: float
    greatest: float
    timeouts: int
    crashes: int


@dataclass(frozen=True)
class ObjectiveResult:
    """How much of the points on an objective the class reached."""

    id: str
    text: str
    items: tuple[str, ...]
    share: float
    maximum: float
    chapters: tuple[Chapter, ...]


@dataclass(frozen=True)
class Person:
    """A student who may need help, and why."""

    id: str
    name: str
    points: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Help:
    """Who may need help among those who handed in, and who handed in nothing."""

    students: tuple[Person, ...]
    missing: tuple[Person, ...]
    compared_with: tuple[str, ...]


@dataclass(frozen=True)
class Advice:
    """One thing to look at: what, why, and where in the report it is."""

    what: str
    why: str
    anchor: str


@dataclass(frozen=True)
class Report:
    """The whole report; `help` is None in one that names nobody. `notes` say what is not known, and why."""

    assignment: str
    written: str
    anonymous: bool
    notes: tuple[str, ...]
    look_at: tuple[Advice, ...]
    head: Head
    distributions: tuple[Distribution, ...]
    items: tuple[ItemResult, ...]
    mistakes: tuple[MistakeResult, ...]
    answers: tuple[AnswerResult, ...]
    arrivals: Arrivals
    tests: tuple[Duration, ...]
    timeouts: int
    help: Help | None
    objectives: tuple[ObjectiveResult, ...]
