"""With `attempts = "best"`: grades all that a student handed in, and finds the attempt with most points.

Nothing is recorded here. Verdicts are kept, so that the attempt that counts is not run again when it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from autograder.attempts import (
    Attempt,
    attempt_of,
    list_attempts,
    overruled_time,
    put_into_submitted,
    submitted_attempt,
)
from autograder.course import Course
from autograder.engine.pool import Job
from autograder.engine.verdict import GradedNotebook
from autograder.engine.workers import Workers
from autograder.errors import shortened
from autograder.intake import Intake, Work
from autograder.submission import UnsafeFolder, handed_in_at
from autograder.verdict_cache import VerdictCache, may_end_better

if TYPE_CHECKING:
    from autograder.lateness import Lateness
    from autograder.record import LatePenalty


@dataclass(frozen=True)
class Choice:
    """The attempt of a student that counts.

    Attributes
    ----------
    student, attempt
        Whose, and which.
    points
        What each attempt would get, after penalties, in the order of time.
    earlier
        What lies in submitted/, if it is not filed as an attempt yet.
    in_place
        Whether the attempt lies in submitted/ already, its time too.
    handed_in
        The time of it that counts, in UTC without a zone; None if it has none.
    """

    student: str
    attempt: Attempt
    points: Mapping[Attempt, float]
    earlier: Attempt | None
    in_place: bool
    handed_in: datetime | None

    def __str__(self) -> str:
        numbers = {attempt: number for number, attempt in enumerate(self.points, start=1)}
        others = [f"{numbers[attempt]} has {points:g}" for attempt, points in self.points.items()]
        del others[numbers[self.attempt] - 1]
        when = "with no time of its own" if self.handed_in is None else f"handed in {self.handed_in} UTC"
        return (
            f"{self.student}: attempt {numbers[self.attempt]} of {len(numbers)} counts, {when}, "
            f"with {self.points[self.attempt]:g} points; attempt "
            f"{', '.join(others)}"
        )


@dataclass
class _Trials:
    """A student's attempts while they are graded; verdicts by key, for equal notebooks run once."""

    student: str
    works: dict[Attempt, Work]
    current: Attempt | None  # the one in submitted/
    unfiled: Attempt | None
    same: bool  # whether submitted/ holds the very files of `current`, its time too
    verdicts: dict[str, GradedNotebook] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)


class BestAttempts:
    """Finds the attempts that count among those of many students.

    Parameters
    ----------
    course, name
        The assignment.
    intake
        By which it is graded.
    cache
        Where verdicts are kept.
    lateness, penalty
        When work was due, and the rule for late work.
    force
        Run again what was run before.
    """

    def __init__(
        self,
        course: Course,
        name: str,
        intake: Intake,
        cache: VerdictCache,
        lateness: Lateness,
        penalty: LatePenalty,
        *,
        force: bool = False,
    ) -> None:
        self._course = course
        self._name = name
        self._intake = intake
        self._cache = cache
        self._lateness = lateness
        self._penalty = penalty
        self._force = force
        self._running: dict[int, tuple[_Trials, str]] = {}
        self.choices: dict[str, Choice] = {}
        self.problems: list[str] = []
        self.undecided: set[str] = set()  # for whom submitted/ may not hold what counts

    def choose(self, pool: Workers, students: Sequence[str]) -> None:
        """Fill `choices` for those with more than one attempt, or with one that is not in submitted/."""
        for job, graded in pool.grade(self._jobs(students)):
            trials, key = self._running.pop(id(job))
            trials.verdicts[key] = graded
            trials.waiting.discard(key)
            if not graded.given_up:
                self._cache.put_many([(key, graded)])
            if not trials.waiting:
                self._decide(trials)

    @property
    def notes(self) -> list[str]:
        """Say which attempt counts, a line for each student with several."""
        return [str(choice) for choice in self.choices.values() if len(choice.points) > 1]

    def put_in_place(self) -> list[str]:
        """Put the attempts that count into submitted/, and name the students for whom that changed."""
        changed = []
        for student, choice in self.choices.items():
            if choice.in_place:
                continue
            try:
                put_into_submitted(self._course, student, self._name, choice.attempt, choice.earlier)
                changed.append(student)
            except (OSError, UnsafeFolder) as error:
                self.undecided.add(student)
                self.problems.append(
                    f"{student}: the attempt that counts can't be put into submitted/ ({shortened(error)})"
                )
        return changed

    def only_look(self) -> None:
        """Have the attempts that count graded from where they lie, and leave submitted/ as it is."""
        self._intake.chosen = {student: choice.attempt.folder for student, choice in self.choices.items()}

    def _jobs(self, students: Sequence[str]) -> Iterator[Job]:
        for student in students:
            if (trials := self._trials(student)) is None:
                continue
            wanted = {
                key: (work, notebook) for work in trials.works.values() for notebook, key in work.keys.items()
            }
            trials.verdicts = {} if self._force else self._cache.get_many(wanted)
            if trials.verdicts.keys() != wanted.keys():  # something is new: the machine gets another chance
                trials.verdicts = {
                    key: graded for key, graded in trials.verdicts.items() if not may_end_better(graded)
                }
            trials.waiting = wanted.keys() - trials.verdicts.keys()
            if not trials.waiting:
                self._decide(trials)
            for key in sorted(trials.waiting):
                job = self._intake.job(*wanted[key])
                self._running[id(job)] = (trials, key)  # the pool holds the job until it gives it back
                yield job

    def _trials(self, student: str) -> _Trials | None:
        """Look at all attempts; None if there is nothing to choose."""
        filed = list_attempts(self._course, student, self._name)
        if not filed:
            return None
        works = {attempt: self._intake.look_at(student, attempt.folder) for attempt in filed}
        current, unfiled = None, None
        submitted = self._intake.look_at(student, self._course.submitted / student / self._name)
        if submitted.found.refused is not None or submitted.found.files:
            readable = {
                attempt: work.found.files for attempt, work in works.items() if work.found.refused is None
            }
            if submitted.found.refused is None:
                current = attempt_of(submitted.found.files, readable)
            if current is None:
                when = handed_in_at(submitted.found)
                current = unfiled = submitted_attempt(self._course, student, self._name, when)
            if unfiled is not None:
                works[unfiled] = submitted
        same = current is not None and works[current].found.files == submitted.found.files
        if current is not None and unfiled is None and not same:
            self._tell_of_another_time(student, current)
        if len(works) == 1 and same:
            return None
        return _Trials(student, dict(sorted(works.items())), current, unfiled, same)

    def _tell_of_another_time(self, student: str, attempt: Attempt) -> None:
        folder = self._course.submitted / student / self._name
        if (other := overruled_time(folder, attempt)) is not None:
            self.problems.append(
                f"{student}: submitted/ said {shortened(repr(other))}; the time of its attempt counts. "
                f"Correct the timestamp.txt in attempts/{student}/{self._name}/{attempt.folder.name}/ and "
                "grade again, if that is wrong"
            )

    def _decide(self, trials: _Trials) -> None:
        if any(graded.given_up for graded in trials.verdicts.values()):
            self.undecided.add(trials.student)
            self.problems.append(
                f"{trials.student}: the attempts could not be compared now, submitted/ stays as it is: "
                "run it again"
            )
            return
        points = {attempt: self._points(trials, work) for attempt, work in trials.works.items()}
        readable = {a: p for a, p in points.items() if trials.works[a].found.refused is None}
        if not readable:
            refused = next(iter(trials.works.values())).found.refused
            if trials.current is None:
                self.problems.append(f"{trials.student}: no attempt can be read ({refused}); not graded")
            return
        # Of equals the later one; in other digits than those that are shown, there are no equals.
        best = max(readable, key=lambda attempt: (round(readable[attempt], 9), attempt))
        self.choices[trials.student] = Choice(
            trials.student,
            best,
            points,
            trials.unfiled,
            in_place=trials.same and best == trials.current,
            handed_in=handed_in_at(trials.works[best].found),
        )

    def _points(self, trials: _Trials, work: Work) -> float:
        """Add up what an attempt would get without marks that are given by hand."""
        from autograder.record import penalty_for

        late = self._lateness.seconds(work.student, handed_in_at(work.found))
        total = 0.0
        for notebook in self._intake.sources:
            key = work.keys.get(notebook)
            graded = work.graded[notebook] if key is None else trials.verdicts[key]
            score = sum(verdict.points for verdict in graded.verdicts)
            counts_late = late > 0 and graded.refused is None
            taken_off = penalty_for(self._penalty, work.student, score, late) if counts_late else None
            total += score - (taken_off or 0.0)
        return total
