"""Who hands in what and when, and the mark that each must have in the end: the key.

The key is worked out here by hand: from the tests that a piece of work passes, known from how it was made,
and from a table that says what each case of lateness costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Literal

from tests.day.people import Person
from tests.day.work import Unit, Work
from tests.redteam.attack import Scene
from tests.redteam.attacks import CATALOGUE

HOSTILE = (
    "skip-tag", "edited-tests", "many-points", "forged-outputs", "reads-source", "rewrites-others",
    "rival-to-zero", "own-reference", "detached", "html-output",
)  # fmt: skip
EARLY, IN_TIME = -7200, -600  # seconds after the deadline: before and after the first download
FIRST_DOWNLOAD = -3600


@dataclass(frozen=True)
class Attempt:
    """One time that a student hands in: how many seconds after the deadline, and the percent that costs."""

    late: int
    percent: Fraction
    work: Work
    how: str = "as it is"
    older: bytes = b""

    @property
    def points(self) -> Fraction:
        """What the tests give, after what lateness costs: by this the best attempt is chosen."""
        return self._less(sum(self.work.points.values(), Fraction(0)))

    @property
    def mark(self) -> Fraction:
        """What it is worth in the end, the essay included."""
        return self._less(sum(self.work.scores.values(), Fraction(0)))

    def _less(self, points: Fraction) -> Fraction:
        return points * (100 - self.percent) / 100


@dataclass(frozen=True)
class Student:
    """A student and all attempts, the first one first; who has none hands in nothing, or only a trap.

    `again` is when the last attempt is handed in a second time, unchanged, which must cost nothing.
    """

    person: Person
    attempts: tuple[Attempt, ...] = ()
    trap: bool = False
    again: int | None = None

    def counts(self, policy: Literal["last", "best"], until: int) -> Attempt | None:
        """Tell which attempt counts of those handed in until so many seconds after the deadline."""
        known = [attempt for attempt in self.attempts if attempt.late <= until]
        if not known or policy == "last":
            return known[-1] if known else None
        return max(enumerate(known), key=lambda entry: (entry[1].points, entry[0]))[1]


def plan(
    people: Sequence[Person], unit: Unit, costs: Mapping[int, str], scene: Scene, random: Random
) -> list[Student]:
    """Decide who does what.

    Parameters
    ----------
    people
        The class. Its last two, who have the same name, hand in.
    unit
        The assignment.
    costs
        The percent that each of some cases costs, by the seconds after the deadline.
    scene
        What attacks aim at.
    random
        Decides who plays which part.
    """
    shuffled = random.sample(people[:-2], len(people) - 2)
    parts = iter([*shuffled, *people[-2:]])
    cases = [(late, Fraction(percent)) for late, percent in costs.items()]
    in_time = Fraction(0)

    def work(person: Person, skill: float, essay: int | None = 3) -> Work:
        return unit.work(person.id, random, skill, essay)

    students = []
    for name in HOSTILE:
        person = next(parts)
        hostile = unit.hostile(person.id, CATALOGUE[name], scene)
        students.append(Student(person, (Attempt(EARLY, in_time, hostile),)))
    students += [Student(next(parts)) for _ in range(4)]
    students.append(Student(next(parts), trap=True))
    for late, percent in cases:
        person = next(parts)
        students.append(Student(person, (Attempt(late, percent, work(person, 0.8)),)))

    for first, second, case in (
        (0.2, 1.0, (IN_TIME, in_time)),
        (0.3, 0.9, (IN_TIME, in_time)),
        (1.0, 0.2, (IN_TIME, in_time)),  # worse than before
        (0.9, 0.3, (IN_TIME, in_time)),
        (0.0, 1.0, cases[-2]),  # late, but worth it
        (0.9, 1.0, cases[-2]),  # late, and not worth it
        (0.5, 1.0, cases[-1]),  # after the closing
    ):
        person = next(parts)
        attempts = Attempt(EARLY, in_time, work(person, first)), Attempt(*case, work(person, second, 4))
        students.append(Student(person, attempts))
    for essay in (None, 2):  # hand in the same code, and only the essay is another
        person = next(parts)
        before, now = (unit.work(person.id, Random(person.id), 0.8, points) for points in (essay, 4))
        students.append(Student(person, (Attempt(EARLY, in_time, before), Attempt(IN_TIME, in_time, now))))
    person = next(parts)
    students.append(Student(person, (Attempt(EARLY, in_time, work(person, 0.7)),), again=cases[-2][0]))

    for missing in ("practice", "quiz"):
        person = next(parts)
        whole = work(person, 0.9, None if missing == "practice" else 2)
        students.append(Student(person, (Attempt(EARLY, in_time, whole.without(missing)),)))
    for how in ("renamed", "twice", "beside", "zipped", "zip in zip"):
        person = next(parts)
        older = work(person, 0.0).notebooks["practice"]
        students.append(Student(person, (Attempt(EARLY, in_time, work(person, 0.9), how, older),)))
    for person in parts:
        done = work(person, random.choice([0.0, 0.5, 0.8, 1.0]), random.choice([None, 0, 1, 2, 3, 4]))
        students.append(Student(person, (Attempt(EARLY, in_time, done),)))
    return students
