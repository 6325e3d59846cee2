"""Puts the report together: opens the course, reads the class once, and computes every section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from nbgrader.api import Gradebook, Student  # type: ignore[import-untyped]
from sqlalchemy import select

from autograder.authored import ASSIGNMENTS
from autograder.class_marks import chosen_assignments
from autograder.class_report.anonymous import Anonymiser
from autograder.class_report.answers import Answers
from autograder.class_report.durations import slowest
from autograder.class_report.help_needed import help_needed
from autograder.class_report.item_analysis import analyse
from autograder.class_report.look_at import look_at
from autograder.class_report.misconceptions import Misconceptions
from autograder.class_report.page import Distribution, Head, Report
from autograder.class_report.parts import find_items
from autograder.class_report.punctuality import arrivals, is_late
from autograder.class_report.reached import reached
from autograder.class_report.statistics import Numbers, shares_in_bins, spread
from autograder.class_report.work import REFUSED, Work, read_work
from autograder.course import Course
from autograder.engine.source import load_source
from autograder.errors import AutograderError
from autograder.feedback_page.book import book_address
from autograder.feedback_page.outline import authored, course_outlines
from autograder.lateness import Lateness, read_lateness
from autograder.marks import read_marks
from autograder.nbgrader_session import NbGraderSession
from autograder.policy import Policy, course_policy
from autograder.roster import Roster, course_roster
from autograder.settings import load_config
from autograder.tidy import graded_cells
from autograder.wording import counted


def build_report(
    course: Course, name: str, *, anonymous: bool = False, assignments: Path = ASSIGNMENTS
) -> Report:
    """Compute the report on a class.

    Parameters
    ----------
    course, name
        The assignment.
    anonymous
        Leave out the students who may need help, so that nobody is named.
    assignments
        Where the course's own units are.

    Raises
    ------
    AutograderError
        If the assignment is unknown or not released, nobody's work is graded, or something can't be read.
    """
    course.require_assignment(name)
    config = load_config(course)
    policy = course_policy(config)
    roster = course_roster(course)
    session = NbGraderSession(course)
    if not session.has_gradebook():
        raise _nothing_graded(name)
    with session.gradebook() as gradebook:
        chosen_assignments(course, gradebook, [name])
        cells = graded_cells(course, gradebook, name)
        lateness = read_lateness(gradebook, course, name, policy)
        people = _people(gradebook, roster)
        earlier = {} if anonymous else _earlier_shares(gradebook, name)
    unit = authored(name, assignments)
    items = find_items(cells, course_outlines(course, name, unit))
    sources = {path.stem: load_source(path) for path in sorted((course.source / name).glob("*.ipynb"))}
    misconceptions = Misconceptions(items, assignments / name if unit else None, sources)
    answers = Answers(items)
    work = read_work(course, name, cells, [misconceptions, answers])
    if not work.students:
        raise _nothing_graded(name)
    anonymiser = Anonymiser(
        (text for person in people.values() for text in person.texts),
        (cell.source for source in sources.values() for cell in source.cells if cell.kind != "text"),
    )
    missing = _missing(work, roster)
    answered = answers.results(work)
    head = _head(work, roster, missing, lateness, policy, name)
    results = analyse(work, items)
    mistakes = misconceptions.results(course, name, work, anonymiser)
    objectives = reached(work, items, unit, book_address(config))
    names = {id: person.name for id, person in people.items()}
    tests = slowest(work, items)
    return Report(
        assignment=name,
        written=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        anonymous=anonymous,
        notes=tuple(_notes(work, roster)),
        look_at=look_at(head, results, mistakes, answered, objectives, answers.another_account),
        head=head,
        distributions=_distributions(work, name),
        items=results,
        mistakes=mistakes,
        answers=answered,
        arrivals=arrivals(lateness, work.students),
        tests=tests,
        timeouts=int(work.ended("timeout").any(axis=1).sum()),
        help=None if anonymous else help_needed(work, items, missing, names, earlier),
        objectives=objectives,
    )


def _nothing_graded(name: str) -> AutograderError:
    return AutograderError(f"nobody's {name} is graded yet: run `autograder grade {name}` first")


@dataclass(frozen=True)
class _Person:
    """How a student is called, and every text that would tell who it is."""

    name: str
    texts: tuple[str, ...]


def _people(gradebook: Gradebook, roster: Roster | None) -> dict[str, _Person]:
    """Find everyone's names, ids and addresses, in the gradebook and in the class list."""
    people = {}
    rows = gradebook.db.execute(select(Student.id, Student.first_name, Student.last_name, Student.email))
    for id, first, last, email in rows:
        name = f"{first or ''} {last or ''}".strip() or id
        people[id] = _Person(name, tuple(filter(None, (id, first, last, email))))
    for student in roster.students if roster else ():
        known = people.get(student.id)
        listed = (student.id, student.first_name, student.last_name, student.email)
        texts = {*(known.texts if known else ()), *listed, *_identifying(student.columns)}
        people[student.id] = _Person(student.name, tuple(sorted(filter(None, texts))))
    return people


def _identifying(columns: Mapping[str, str]) -> Iterable[str]:
    """Give the cells of a class list that may be a name or an id; its marks are neither."""
    words = ("name", "id", "user", "mail", "login", "student", "number")
    return (cell for heading, cell in columns.items() if any(word in heading.casefold() for word in words))


def _missing(work: Work, roster: Roster | None) -> list[str]:
    handed_in = {*work.students, *work.ungraded}
    if roster is None:
        return list(work.nothing)
    return [student.id for student in roster.students if student.id not in handed_in]


def _head(
    work: Work,
    roster: Roster | None,
    missing: list[str],
    lateness: Lateness,
    policy: Policy,
    name: str,
) -> Head:
    listed = {student.id for student in roster.students} if roster else set()
    handed_in = {*work.students, *work.ungraded}
    counts = "the attempt with most points" if policy.attempts == "best" else "the last attempt"
    return Head(
        listed=len(listed) if roster else None,
        graded=len(work.students),
        ungraded=len(work.ungraded),
        missing=len(missing),
        unlisted=len(handed_in - listed) if roster else 0,
        late=sum(is_late(lateness, student) for student in work.students),
        off=int((work.penalties > 0).sum()),
        refused=int((work.states == REFUSED).any(axis=1).sum()),
        waiting=int(work.waiting.sum()),
        maximum=work.maximum,
        totals=spread(work.totals),
        attempts=f"Of several attempts, {counts} counts.",
        due=policy.told(name) if name in policy.deadlines else _due(lateness),
    )


def _due(lateness: Lateness) -> str:
    return f"Due {lateness.due:%Y-%m-%d %H:%M} UTC." if lateness.due else "No deadline is set."


def _distributions(work: Work, name: str) -> tuple[Distribution, ...]:
    found = [_distribution(name, work.totals, work.maximum)]
    for notebook in work.notebooks:
        columns = [n for n, cell in enumerate(work.cells) if cell.notebook == notebook]
        points = np.nansum(work.points[work.ran(notebook)][:, columns], axis=1)
        most = sum(work.cells[column].maximum for column in columns)
        found.append(_distribution(f"{notebook}.ipynb", points, most))
    return tuple(found)


def _distribution(name: str, points: Numbers, most: float) -> Distribution:
    shares = points / most if most else np.zeros(len(points))
    return Distribution(name, most, spread(points), tuple(shares_in_bins(shares)))


def _earlier_shares(gradebook: Gradebook, name: str) -> dict[str, dict[str, float]]:
    """Read shares of points in assignments due before this one; without dates, in those named before it."""
    this = gradebook.find_assignment(name)
    found = {}
    for other in sorted(gradebook.assignments, key=lambda one: one.name):
        dated = this.duedate is not None and other.duedate is not None
        before = other.duedate < this.duedate if dated else other.name < this.name
        if other.name != name and before:
            marks = read_marks(gradebook, other.name)
            shares = {mark.student: mark.total / mark.maximum for mark in marks if mark.maximum}
            if shares:
                found[str(other.name)] = shares
    return found


def _notes(work: Work, roster: Roster | None) -> list[str]:
    """Say what is not known, and why."""
    notes = []
    if roster is None:
        notes.append(
            "The course has no class list, so only those are counted as missing whom the gradebook knows; "
            "`autograder students --from FILE` takes one."
        )
    if work.unkept:
        whose = counted(work.unkept, "student")
        notes.append(
            f"What the tests said is not kept any more of {whose}: their points count, but their mistakes, "
            "answers, what they did not attempt and how long tests took are not known. "
            "`autograder grade` finds it out again."
        )
    return notes
