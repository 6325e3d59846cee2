"""Deadlines in nbgrader's gradebook, and what is taken off for lateness once a rule or a time has changed."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from nbgrader.api import (  # type: ignore[import-untyped]
    Assignment,
    Grade,
    Gradebook,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import func, select, update

from autograder.audit_log import AuditLog, scoring_event
from autograder.course import Course
from autograder.engine.verdict import GradedNotebook
from autograder.errors import shortened
from autograder.extension import read_extensions
from autograder.nbgrader_session import NbGraderSession
from autograder.policy import Policy, course_policy
from autograder.private import PRIVATE, VERDICTS
from autograder.record import LatePenalty, late_penalty, penalty_for, seconds_late
from autograder.settings import load_config
from autograder.verdict_cache import VerdictCache
from autograder.wording import counted


class Graded(NamedTuple):
    """The recorded work of a student: when it was handed in, its verdicts, and their keys by notebook."""

    when: datetime | None
    notebooks: dict[str, GradedNotebook]
    keys: dict[str, str]


class _Times(NamedTuple):
    id: str
    when: datetime | None
    extension: timedelta | None


class _Held(NamedTuple):
    id: str
    score: float
    penalty: float | None


@dataclass(frozen=True)
class Lateness:
    """The times of an assignment that the gradebook knows, with the deadline that holds.

    `extensions` are for students of whom the gradebook knows no work yet.
    """

    due: datetime | None
    students: Mapping[str, _Times]
    extensions: Mapping[str, timedelta]

    def seconds(self, student: str, when: datetime | None) -> float:
        """Give how late a student is who handed in then; without a time, work counts as in time.

        The time that the gradebook knows may be that of another attempt.
        """
        known = self.students.get(student)
        return seconds_late(when, self.due, known.extension if known else self.extensions.get(student))

    def forgotten(self, student: str, when: datetime | None) -> str | None:
        """Say so in a line if work was late as far as the gradebook knows, and has no time any more."""
        known = self.students.get(student)
        if when is not None or known is None or known.when is None or not self.seconds(student, known.when):
            return None
        return (
            "what is in submitted/ has no timestamp.txt, so it counts as in time; before, it was "
            f"handed in {known.when:%Y-%m-%d %H:%M:%S} UTC, which was late"
        )


def write_deadline(gradebook: Gradebook, assignment: str, policy: Policy) -> str | None:
    """Make the deadline of the course's rules the due date in the gradebook; say what it replaced there.

    Without a deadline in the rules, the date that the gradebook has stays, because formgrader sets it too; it
    is told, for it may be one that was taken out of the rules.
    """
    found = select(Assignment.duedate).where(Assignment.name == assignment)
    before = gradebook.db.execute(found).scalar_one_or_none()
    if (deadline := policy.deadlines.get(assignment)) is None:
        return before and (
            f"{assignment} is due {before:%Y-%m-%d %H:%M:%S} UTC in the gradebook, which holds because "
            "nbgrader_config.py names no deadline; formgrader can change it, or have none"
        )
    if before == deadline.utc:
        return None
    gradebook.db.execute(update(Assignment).where(Assignment.name == assignment).values(duedate=deadline.utc))
    if before is None:
        return None
    return f"the deadline of {assignment} is {deadline} now; it was {before:%Y-%m-%d %H:%M:%S} UTC"


def read_lateness(gradebook: Gradebook, course: Course, assignment: str, policy: Policy) -> Lateness:
    """Read when everyone handed in, and their extensions; the rules' deadline, else the gradebook's."""
    found = select(Assignment.duedate).where(Assignment.name == assignment)
    deadline = policy.deadlines.get(assignment)
    due = deadline.utc if deadline else gradebook.db.execute(found).scalar_one_or_none()
    work = SubmittedAssignment
    rows = select(work.student_id, work.id, work.timestamp, work.extension).join(
        Assignment, work.assignment_id == Assignment.id
    )
    known = gradebook.db.execute(rows.where(Assignment.name == assignment))
    extensions = read_extensions(course.root, assignment)
    return Lateness(due, {student: _Times(*times) for student, *times in known}, extensions)


def recorded_before(
    gradebook: Gradebook, cache: VerdictCache, assignment: str, lateness: Lateness, but: Collection[str] = ()
) -> dict[str, Graded]:
    """Read the recorded work of those who were late, or lose something for it, as far as it is kept.

    When a deadline or a rule changes, it does so for them too, though they may not be graded now.

    Parameters
    ----------
    gradebook, cache
        Where it is recorded.
    assignment, lateness
        Which, and the deadline that holds.
    but
        Students to leave out.
    """
    whens = {
        student: lateness.students[student].when
        for student, notebooks in _held(gradebook, assignment).items()
        if student in lateness.students and student not in but
        if lateness.seconds(student, lateness.students[student].when)
        or any(row.penalty for row in notebooks.values())
    }
    keys = {place: key for place, key in cache.recorded(assignment).items() if place[0] in whens}
    verdicts = cache.get_many(keys.values())
    found = {student: Graded(when, {}, {}) for student, when in whens.items()}
    for (student, notebook), key in keys.items():
        if key in verdicts:
            found[student].notebooks[notebook] = verdicts[key]
            found[student].keys[notebook] = key
    return found


def update_penalties(
    gradebook: Gradebook,
    assignment: str,
    graded: Mapping[str, Graded],
    lateness: Lateness,
    penalty: LatePenalty,
    log: AuditLog,
) -> list[str]:
    """Bring what is taken off up to date for work whose marks are recorded already; name whose changed.

    A new deadline, another rule, an extension or a mark given by hand changes it, though no verdict moves.
    The log comes first, so that a run that is killed before the gradebook is written repeats both.
    """
    if not graded:
        return []
    held = _held(gradebook, assignment)
    events = []
    changed = []
    for student, work in graded.items():
        for name, row, taken_off in _wrong_penalties(student, work, held, lateness, penalty):
            verdicts, key = work.notebooks[name], work.keys.get(name, "")
            event = scoring_event(
                assignment, student, verdicts, key, event="penalised", late_penalty=taken_off or 0.0
            )
            events.append(event)
            changed.append(student)
            gradebook.db.execute(
                update(SubmittedNotebook)
                .where(SubmittedNotebook.id == row.id)
                .values(late_submission_penalty=taken_off)
            )
        known = lateness.students.get(student)
        if known is not None and known.when != work.when:
            gradebook.db.execute(
                update(SubmittedAssignment)
                .where(SubmittedAssignment.id == known.id)
                .values(timestamp=work.when)
            )
    if events:
        log.append_many(events)
    return list(dict.fromkeys(changed))


def _wrong_penalties(
    student: str,
    work: Graded,
    held: Mapping[str, Mapping[str, _Held]],
    lateness: Lateness,
    penalty: LatePenalty,
) -> Iterator[tuple[str, _Held, float | None]]:
    """Find the notebooks from which not as much is taken off as the rule says, with what it says."""
    late = lateness.seconds(student, work.when)
    for name, row in held.get(student, {}).items():
        if (verdicts := work.notebooks.get(name)) is None:
            continue
        counts_late = late > 0 and verdicts.refused is None
        taken_off = penalty_for(penalty, student, row.score, late) if counts_late else None
        if not math.isclose(taken_off or 0.0, row.penalty or 0.0, rel_tol=1e-6, abs_tol=1e-9):
            yield name, row, taken_off


def told_owed(course: Course, names: Iterable[str]) -> list[str]:
    """Say of each assignment, in a line, from whose late work other points are taken off than the rule says.

    After points were given by hand, or a rule was changed, that is so until it is graded again.

    Raises
    ------
    AutograderError
        If the settings can't be read, or the rule fails.
    """
    session, kept = NbGraderSession(course), course.root / PRIVATE / VERDICTS
    if not (session.has_gradebook() and kept.exists()):
        return []
    config = load_config(course)
    policy, penalty = course_policy(config), late_penalty(config)
    told = []
    with session.gradebook() as gradebook, VerdictCache(kept) as cache:
        for name in names:
            lateness = read_lateness(gradebook, course, name, policy)
            works = recorded_before(gradebook, cache, name, lateness)
            held = _held(gradebook, name)
            owed = [s for s, work in works.items() if any(_wrong_penalties(s, work, held, lateness, penalty))]
            if owed:
                who = f"{counted(len(owed), 'student')} ({shortened(', '.join(sorted(owed)), 300)})"
                told.append(
                    f"{name}: what is taken off for lateness is not what the rule gives for the points of "
                    f"{who} as they are now; run `autograder grade {name}`"
                )
    return told


def told_changed(students: Collection[str], *, best: bool) -> list[str]:
    """Say in a line for whom lateness costs something else now, though they were not graded; or in none.

    With "best", another attempt may have most points then.
    """
    if not students:
        return []
    who = f"{counted(len(students), 'student')} ({shortened(', '.join(sorted(students)), 300)})"
    were = "was" if len(students) == 1 else "were"
    more = "; grade the whole class, because another attempt may be the best now" if best else ""
    return [
        f"what is taken off for lateness was brought up to date for {who}, who {were} not graded now{more}"
    ]


def _held(gradebook: Gradebook, assignment: str) -> dict[str, dict[str, _Held]]:
    """Read the score and the penalty of each notebook, by student."""
    notebook = SubmittedNotebook
    columns = (SubmittedAssignment.student_id, Notebook.name, notebook.id, notebook.late_submission_penalty)
    rows = (
        select(*columns, func.sum(Grade.score))
        .join(notebook, notebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, notebook.notebook_id == Notebook.id)
        .join(Assignment, Notebook.assignment_id == Assignment.id)
        .join(Grade, Grade.notebook_id == notebook.id)
        .where(Assignment.name == assignment)
        .group_by(*columns)
    )
    held: dict[str, dict[str, _Held]] = {}
    for student, name, id, penalty, score in gradebook.db.execute(rows):
        held.setdefault(student, {})[name] = _Held(id, score or 0.0, penalty)
    return held
