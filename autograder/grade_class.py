"""Grades a class: what is new runs in the engine, on all cores; what was graded before is not run again.

The order in which things are written makes a run safe to kill at any moment: verdicts are kept first, then a
batch of students goes to the gradebook in one transaction, then to the audit log, and only then it counts as
recorded. Whatever is missing is made up for by the next run, from the kept verdicts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from autograder.closed import lost_by_last
from autograder.course import Course
from autograder.engine.jail import Isolation
from autograder.engine.limits import Limits
from autograder.engine.pool import Job
from autograder.engine.source import SourceNotebook
from autograder.engine.verdict import GradedNotebook
from autograder.engine.workers import Workers, workers
from autograder.errors import AutograderError
from autograder.handed_in import handed_in_digest
from autograder.intake import Intake, Work
from autograder.isolation import isolation_notes
from autograder.policy import course_policy
from autograder.private import PRIVATE, VERDICTS
from autograder.remarks import other_accounts, remarks_on
from autograder.repairs import find_repairs
from autograder.settings import cell_timeout, load_config
from autograder.submission import handed_in_at
from autograder.submitters import find_submitters
from autograder.verdict_cache import VerdictCache, may_end_better
from autograder.wording import counted

if TYPE_CHECKING:
    from autograder.lateness import Graded
    from autograder.marks import Mark, Report

Progress = Callable[[str, int, int], None]
_BATCH = 50  # students in one transaction
_BATCH_SECONDS = 2.0
_KEEP_DAYS = 90.0  # verdicts that no mark comes from any more


@dataclass(frozen=True)
class Options:
    """How a class is graded.

    Attributes
    ----------
    student
        Grade this one only.
    timeout
        Seconds that a cell may run; None takes the course's setting.
    jobs
        How many notebooks are graded at once; None takes one per core.
    scheduler
        The address of a Dask cluster's scheduler, whose workers grade; None grades on this machine.
    force
        Run and record everything again.
    isolation
        "jail", the strongest that the machine offers; or "process", for submissions that are trusted.
    record
        Write marks; without it, verdicts are only kept, so that one can see what would change.
    retry
        Run again what ran out of time or crashed and is not recorded yet: it may be the machine's fault.
    event
        What the audit log calls it; None names it by what happens.
    """

    student: str | None = None
    timeout: float | None = None
    jobs: int | None = None
    scheduler: str | None = None
    force: bool = False
    isolation: Isolation = "jail"
    record: bool = True
    retry: bool = True
    event: str | None = None


def quiet(student: str, done: int, total: int) -> None:
    """Show no progress."""


def grade(course: Course, name: str, options: Options | None = None, *, progress: Progress = quiet) -> Report:
    """Grade everyone who handed in an assignment, or one student.

    A submission that can't be graded is recorded with zero and the reason; the others are graded as ever.

    Raises
    ------
    AutograderError
        If nobody can be graded: the assignment is unknown or not released, nothing is handed in, students'
        code can't be isolated, or the course can't be written to.
    KeyboardInterrupt
        If it was interrupted; the message says how far it came.
    """
    return ClassGrading(course, name, options or Options(), progress).run()


class ClassGrading:
    """One run over the submissions of an assignment."""

    def __init__(self, course: Course, name: str, options: Options, progress: Progress) -> None:
        course.require_assignment(name)
        course.require_writable()
        self._course = course
        self._name = name
        self._options = options
        self._progress = progress
        self._config = load_config(course)
        self._policy = course_policy(self._config)
        self._students, self._problems = find_submitters(course, name, options.student, self._policy)
        limits = Limits.for_timeout(options.timeout or cell_timeout(self._config))
        self._intake = Intake(course, name, options.isolation, limits)
        self._said: dict[str, list[str]] = {}
        self._works: dict[str, Work] = {}
        self._ready: list[Work] = []
        self._new: list[tuple[str, GradedNotebook]] = []
        self._flushed = time.monotonic()
        self._done = 0
        self._work_seen: dict[str, str] = {}  # digests of all that was handed in
        self._settled: dict[str, str] = {}  # those for which the marks hold in the end
        self._undecided: set[str] = set()  # whose best attempt is not known
        self._moved: set[str] = set()  # whose marks were recorded now
        self._unmoved: dict[str, Graded] = {}  # whose verdicts are in the gradebook already
        self._notes: list[str] = []
        self.results: dict[tuple[str, str], GradedNotebook] = {}

    @property
    def sources(self) -> dict[str, SourceNotebook]:
        """The source notebooks by which it grades."""
        return self._intake.sources

    def run(self) -> Report:
        """Grade, record, and report."""
        options, students = self._options, len(self._students)
        with workers(self._intake.setting, students, options.jobs, options.scheduler) as pool:
            if self._expects_work():
                pool.warm_up()
            self._open()  # before anything is written, because it may refuse
            with VerdictCache(self._course.root / PRIVATE / VERDICTS) as cache:
                self._cache = cache
                if self._policy.attempts == "best":
                    self._choose_attempts(pool)
                self._grade_all(pool)
                if self._options.record:
                    self._update_penalties()
                    cache.note_graded_work(self._name, self._settled)
                cache.prune(_KEEP_DAYS)
                self._recorded_at = cache.recorded_at(self._name)
        return self._report()

    def _expects_work(self) -> bool:
        """Guess, from who was recorded before, whether workers will be needed; they take a while to start."""
        kept = self._course.root / PRIVATE / VERDICTS
        if self._options.force or not kept.exists():
            return True
        with VerdictCache(kept) as cache:
            known = {student for student, _ in cache.recorded(self._name)}
        return not known.issuperset(self._students)

    def _choose_attempts(self, pool: Workers) -> None:
        from autograder.best_attempt import BestAttempts

        best = BestAttempts(
            self._course,
            self._name,
            self._intake,
            self._cache,
            self._lateness,
            self._penalty,
            force=self._options.force,
        )
        for student in self._students:
            self._note_work(student)
        best.choose(pool, self._students)
        if self._options.record:
            best.put_in_place()
        else:
            best.only_look()
        self._undecided = best.undecided
        self._problems += best.problems
        self._notes += best.notes
        self._students = [
            student for student in self._students if os.path.lexists(self._intake.folder(student))
        ]

    def _update_penalties(self) -> None:
        from autograder.audit_log import AuditLog
        from autograder.lateness import recorded_before, told_changed, update_penalties
        from autograder.private import AUDIT

        log = AuditLog(self._course.root / PRIVATE / AUDIT)
        done = self._moved | self._unmoved.keys()
        with self._session.gradebook() as gradebook:
            others = recorded_before(gradebook, self._cache, self._name, self._lateness, done)
            known = others | self._unmoved
            changed = update_penalties(gradebook, self._name, known, self._lateness, self._penalty, log)
        best = self._policy.attempts == "best"
        self._notes += told_changed([student for student in changed if student in others], best=best)

    def _grade_all(self, pool: Workers) -> None:
        self._recorded = self._cache.recorded(self._name)
        try:
            for job, graded in pool.grade(self._jobs()):
                self._take(job, graded)
            self._flush()
        except AutograderError:
            self._flush()
            raise
        except KeyboardInterrupt as stop:
            self._flush()
            raise KeyboardInterrupt(
                f"{self._done} of {counted(len(self._students), 'student')} graded and recorded; give the "
                "same command again, and the rest follows"
            ) from stop

    def _open(self) -> None:
        """Load nbgrader, while the workers start, and look up what it knows of the assignment."""
        from autograder.lateness import read_lateness, write_deadline
        from autograder.layout import not_released, read_layouts, require_released_notebooks
        from autograder.marks import recorded_scores
        from autograder.nbgrader_session import NbGraderSession
        from autograder.record import late_penalty
        from autograder.source_changes import require_unchanged

        self._session = NbGraderSession(self._course)
        self._penalty = late_penalty(self._config)
        if not self._session.has_gradebook():
            raise not_released(self._name)
        with self._session.gradebook() as gradebook:
            layouts = read_layouts(gradebook, self._name)
            require_released_notebooks(self._name, self._course.source / self._name, layouts, self.sources)
            if self._options.record:
                require_unchanged(self._name, layouts, self.sources)
                if (replaced := write_deadline(gradebook, self._name, self._policy)) is not None:
                    self._notes.append(replaced)
            self._lateness = read_lateness(gradebook, self._course, self._name, self._policy)
            self._held = recorded_scores(gradebook, self._name)

    def _jobs(self) -> Iterator[Job]:
        """Look at one submission after the other, as the workers need more; give what must run."""
        for student in self._students:
            self._note_work(student)
            work = self._intake.look_at(student)
            work.graded |= (kept := self._kept(work))
            work.waiting = set(work.keys) - set(kept)
            if not work.waiting:
                self._finish(work, record=not self._is_recorded(work))
                continue
            self._works[student] = work
            for notebook in sorted(work.waiting):
                yield self._intake.job(work, notebook)

    def _note_work(self, student: str) -> None:
        """Note what lies there before it is looked at: what comes later is not taken for graded."""
        if student not in self._work_seen:
            self._work_seen[student] = handed_in_digest(self._course, self._name, student, self._policy)

    def _kept(self, work: Work) -> dict[str, GradedNotebook]:
        """Look up the verdicts that are known and need not be found again."""
        recorded = {
            notebook: self._recorded[work.student, notebook]
            for notebook in self.sources
            if (work.student, notebook) in self._recorded
        }
        found = self._cache.get_many([*work.keys.values(), *recorded.values()])
        kept = {notebook: found[key] for notebook, key in work.keys.items() if key in found}
        held = {notebook: self._held.get((work.student, notebook), {}) for notebook in recorded}
        known = found | {work.origins[notebook]: graded for notebook, graded in work.unrun.items()}
        work.repairs = find_repairs(recorded, work.origins, known, held)
        if self._options.force:
            return {}
        if self._options.retry and any(recorded.get(notebook) != key for notebook, key in work.keys.items()):
            return {notebook: graded for notebook, graded in kept.items() if not may_end_better(graded)}
        return kept

    def _take(self, job: Job, graded: GradedNotebook) -> None:
        work = self._works[job.student]
        work.graded[job.notebook] = graded
        work.waiting.discard(job.notebook)
        if not graded.given_up:  # what is not kept is run again the next time
            self._new.append((work.keys[job.notebook], graded))
        if not work.waiting:
            self._finish(self._works.pop(job.student), record=True)

    def _finish(self, work: Work, *, record: bool) -> None:
        when = handed_in_at(work.found)
        told = [lost_by_last(self._course, self._name, work.student, when, self._policy, self._lateness)]
        if work.found.refused is None:
            told.append(self._lateness.forgotten(work.student, when))
        self._said[work.student] = [*_said_of(work), *filter(None, told)]
        for notebook, graded in work.graded.items():
            if not (graded.given_up and (work.student, notebook) in self._recorded):
                self.results[work.student, notebook] = _brief(graded)
        failed = sorted(notebook for notebook, graded in work.graded.items() if graded.given_up)
        if any((work.student, notebook) in self._recorded for notebook in failed):
            self._problems.append(
                f"{work.student}: {', '.join(failed)} could not be graded now; the marks in the gradebook "
                "stay as they were: run it again"
            )
        else:
            self._settle(work, record=record)
        self._done += 1
        self._progress(work.student, self._done, len(self._students))
        if len(self._ready) >= _BATCH or time.monotonic() - self._flushed > _BATCH_SECONDS:
            self._flush()

    def _settle(self, work: Work, *, record: bool) -> None:
        if work.student not in self._undecided:
            self._settled[work.student] = self._work_seen[work.student]
        if record:
            self._new += [(work.origins[notebook], graded) for notebook, graded in work.unrun.items()]
            self._ready.append(work)
        else:
            from autograder.lateness import Graded

            brief = {notebook: _brief(graded) for notebook, graded in work.graded.items()}
            self._unmoved[work.student] = Graded(handed_in_at(work.found), brief, work.keys)

    def _is_recorded(self, work: Work) -> bool:
        """Whether the gradebook holds these kept verdicts already, and autograded/ the notebooks."""
        folder = self._course.autograded / work.student / self._name
        return (
            not self._options.force
            and not work.repairs
            and all((folder / f"{notebook}.ipynb").exists() for notebook in work.rebuilt)
            and all(
                self._recorded.get((work.student, notebook)) == origin
                for notebook, origin in work.origins.items()
            )
        )

    def _flush(self) -> None:
        """Keep the new verdicts, and record the students that are ready."""
        if self._new:
            self._cache.put_many(self._new)
            self._new = []
        if self._ready and self._options.record:
            self._record(self._ready)
        self._ready = []
        self._flushed = time.monotonic()

    def _record(self, works: Sequence[Work]) -> None:
        from autograder.record_class import record_works

        self._moved |= {work.student for work in works}
        self._problems += record_works(
            self._session,
            self._name,
            works,
            self._penalty,
            self._cache,
            provided=self._intake.provided,
            event=self._options.event,
        )

    def _report(self) -> Report:
        from autograder.feedback import outdated_feedback
        from autograder.marks import Report, read_marks

        marks: list[Mark] = []
        notes = [*self._policy.unknown(self._course.assignments()), *self._notes]
        notes += other_accounts(self.results)
        if self._options.record:
            with self._session.gradebook() as gradebook:
                marks = [
                    replace(mark, isolation=self._isolation(mark))
                    for mark in read_marks(gradebook, self._name, self._students)
                ]
            notes += isolation_notes({mark.student: mark.isolation.values() for mark in marks})
            notes += outdated_feedback(self._course, self._name, self._recorded_at)
        said = [f"{student}: {line}" for student in self._students for line in self._said.get(student, ())]
        return Report(tuple(marks), (*self._problems, *said), tuple(notes))

    def _isolation(self, mark: Mark) -> dict[str, str]:
        return {
            notebook: self.results[mark.student, notebook].isolation
            for notebook in mark.scores
            if (mark.student, notebook) in self.results
        }


def _said_of(work: Work) -> list[str]:
    """Say what the instructor should know of a submission, one line each."""
    said = [line for graded in work.graded.values() for line in remarks_on(graded)]
    return list(dict.fromkeys([*said, *work.found.remarks]))


def _brief(graded: GradedNotebook) -> GradedNotebook:
    """Drop what cells showed, so that memory does not grow with the class."""
    return GradedNotebook(
        graded.notebook, graded.verdicts, isolation=graded.isolation, refused=graded.refused
    )
