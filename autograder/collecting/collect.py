"""Collects an assignment from downloads of a learning management system."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autograder.collecting.archive import OF_A_STUDENT, is_archive, opened_archive
from autograder.collecting.attempts import TIMESTAMP, Attempts
from autograder.collecting.download import opened_download
from autograder.collecting.entry import Aside, Entry, Refused, path_error
from autograder.collecting.names import given_names, keep_names, known_numbers
from autograder.collecting.naming import Named
from autograder.collecting.other_assignment import require_this_assignment
from autograder.collecting.people import People
from autograder.collecting.recognise import Notebooks, Received
from autograder.collecting.report import CollectReport, Handed
from autograder.collecting.systems import SYSTEMS, is_handed_in, recognised
from autograder.collecting.times import Clock, assignment_clock, stamp
from autograder.course import Course
from autograder.errors import AutograderError, shortened
from autograder.extension import read_extensions
from autograder.policy import course_policy
from autograder.roster import Roster, Student, course_roster
from autograder.settings import load_config
from autograder.submission import LIMIT, MOST_ENTRIES, UnsafeFolder
from autograder.wording import counted


@dataclass(frozen=True)
class _Handed:
    """One attempt of a student as the download has it."""

    system: str
    student: str
    seen: datetime
    counted: datetime
    files: tuple[Named, ...]


def collect(
    course: Course,
    assignment: str,
    downloads: Sequence[Path],
    *,
    lms: str | None = None,
    zone: str | None = None,
    by: str | None = None,
) -> CollectReport:
    """File what downloads hold as attempts, and put the last of each student into submitted/.

    What can't be read or attributed is set aside with the reason; everything else is collected all the same.
    Collecting the same again changes nothing.

    Parameters
    ----------
    course, assignment
        Where it goes.
    downloads
        Zips or folders.
    lms
        "canvas", "moodle" or "blackboard"; None recognises it from the names.
    zone
        The time zone of times that name none; see `assignment_clock`.
    by
        A time by which all was handed in that came with no time of its own.

    Raises
    ------
    AutograderError
        If nothing can be collected: the assignment is unknown, a download is missing, none can be read, or
        they are of another assignment.
    """
    course.require_assignment(assignment)
    course.require_writable()
    policy = course_policy(load_config(course))
    clock = assignment_clock(policy, assignment, zone, by, read_extensions(course.root, assignment))
    roster = course_roster(course)
    report = CollectReport(assignment)
    notebooks = Notebooks(course.source / assignment)
    with ExitStack() as stack:
        attempts = stack.enter_context(Attempts(course, assignment))
        entries, asides = _open_all(stack, downloads, clock, lms)
        people = People(roster, known_numbers(course, assignment))
        handed_in, more = _sort(entries, people, clock, report)
        files = (file for one in handed_in for file in one.files)
        require_this_assignment(course, assignment, notebooks, files)
        uncorrected = []
        for one in handed_in:
            try:
                asides_of_one, when = _keep(attempts, notebooks, one, report)
                more += asides_of_one
                if when == stamp(one.counted):
                    uncorrected.append(one)
                if attempts.of(one.student):
                    keep_names(course, one.student, assignment, given_names(one.system, one.files))
            except AutograderError as error:
                report.problems.append(f"{one.student}: not collected, {error}")
        _warn_of_times(uncorrected, clock, report)
        report.problems += [str(aside) for aside in [*asides, *more]]
        finish(course, attempts, notebooks, roster, report)
    return report


def finish(
    course: Course, attempts: Attempts, notebooks: Notebooks, roster: Roster | None, report: CollectReport
) -> None:
    """Put each student's last attempt into submitted/, and report on the class.

    With the policy "best", `grade` chooses among the attempts: then only an empty place is filled, and a time
    that was corrected carried over.
    """
    best = course_policy(load_config(course)).attempts == "best"
    students = attempts.students()
    for student in students:
        listed = roster.by_id(student) if roster else None
        try:
            _finish_one(attempts, notebooks, student, listed, best, report)
        except AutograderError as error:
            report.problems.append(f"{student}: left as it is, {error}")
    if attempts.redated:
        report.notes.append(
            f"Another time counts now for what was collected of {_listed(set(attempts.redated))}."
        )
    there = {one.student for one in report.handed_in}
    report.missing += [
        one.id if one.name == one.id else f"{one.id} ({one.name})"
        for one in (roster.students if roster else ())
        if one.id not in there
    ]


def _finish_one(
    attempts: Attempts,
    notebooks: Notebooks,
    student: str,
    listed: Student | None,
    best: bool,
    report: CollectReport,
) -> None:
    overruled = None
    try:
        if attempts.keep_submitted(student):
            report.count_new(student)
            report.notes.append(f"{student}: what was in submitted/ is kept as an attempt")
        overruled = attempts.put_in_place(student, best=best)
    except UnsafeFolder as error:
        report.problems.append(f"submitted/{student}/{report.assignment}: left as it is, {error}")
    if not (kept := attempts.of(student)):
        return
    files = attempts.files(kept[-1])
    last = files.get(TIMESTAMP, b"").decode("utf-8", errors="replace").strip()
    if overruled is not None:
        attempt, before = overruled
        counts = attempts.files(attempt).get(TIMESTAMP, b"").decode("utf-8", errors="replace").strip()
        report.problems.append(
            f"{student}: submitted/ said {shortened(repr(before))}; {counts or 'no time'} counts, as its "
            f"attempt says. Correct the timestamp.txt in attempts/{student}/{report.assignment}/"
            f"{attempt.folder.name}/ and collect again, if that is wrong"
        )
    for name in notebooks.names:
        if f"{name}.ipynb" not in files and any((one.folder / f"{name}.ipynb").exists() for one in kept):
            report.problems.append(f"{student}: the last attempt holds no {name}.ipynb; an earlier one does")
    report.handed_in.append(
        Handed(
            student,
            listed.name if listed else "",
            attempts=len(kept),
            new=report.new.get(student, 0),
            last=last,
            notebooks=tuple(name for name in notebooks.names if f"{name}.ipynb" in files),
        )
    )


def _open_all(
    stack: ExitStack, downloads: Sequence[Path], clock: Clock, lms: str | None
) -> tuple[dict[str, list[Entry]], list[Aside]]:
    """Open all downloads; give their files by system, and what was refused."""
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    asides: list[Aside] = []
    refused: list[Aside] = []
    paths = list(dict.fromkeys(path.absolute() for path in downloads))
    for path in paths:
        if not path.exists():
            raise AutograderError(f"{path} does not exist; name a zip or a folder that was downloaded")
    named = Counter(path.name for path in paths)
    for path in paths:
        source = path.name if named[path.name] == 1 else str(path)  # Canvas calls all submissions.zip
        try:
            download = stack.enter_context(opened_download(path, source, clock.zone, is_handed_in))
            asides += download.asides
            entries[lms or recognised(download.entries)] += download.entries
        except Refused as refusal:
            refused.append(Aside(str(path), str(refusal)))
    if refused and not entries:
        lines = [*(f"{aside.what}: {aside.reason}" for aside in refused), *map(str, asides)]
        raise AutograderError(shortened("; ".join(lines), 2000))
    return entries, [*refused, *asides]


def _sort(
    by_system: Mapping[str, list[Entry]], people: People, clock: Clock, report: CollectReport
) -> tuple[list[_Handed], list[Aside]]:
    """Find out whose the files are, and when they were handed in; the earliest come first."""
    handed_in = []
    asides = []
    for name, entries in by_system.items():
        system = SYSTEMS[name]
        found = system.sort(entries, people, clock.zone)
        asides += found.asides
        report.notes += found.notes
        groups: defaultdict[tuple[str, str, str], list[Named]] = defaultdict(list)
        for file in found.files:
            groups[file.entry.source, file.student, file.attempt].append(file)
        ours = [_attempt(name, student, files, clock) for (_, student, _), files in groups.items()]
        if ours:
            report.notes.append(_where_times_come_from(system.title, ours, clock))
        handed_in += ours
    return sorted(handed_in, key=lambda one: (one.student, one.seen)), asides


def _attempt(system: str, student: str, files: Sequence[Named], clock: Clock) -> _Handed:
    first = files[0]
    if first.time is not None:
        return _Handed(system, student, first.time, first.time, tuple(files))
    seen = max(file.entry.time for file in files)
    late = None if first.late is None else any(file.late for file in files)
    return _Handed(system, student, seen, clock.counted(seen, late), tuple(files))


def _where_times_come_from(title: str, handed_in: Sequence[_Handed], clock: Clock) -> str:
    if all(one.files[0].time is not None for one in handed_in):
        return f"Times are those in {title}'s names, read as of {clock.zone}."
    return (
        f"{title}'s download does not say when work was handed in. What counts is the time in the zip, which "
        "may be that of the download, unless the deadline or --handed-in-by puts it earlier."
    )


def _warn_of_times(handed_in: Iterable[_Handed], clock: Clock, report: CollectReport) -> None:
    """Say which times need a look before marks are taken off for lateness.

    Parameters
    ----------
    handed_in
        Attempts whose times stand as the download gave them: nobody has corrected them.
    clock, report
        As elsewhere.
    """
    called_late: defaultdict[str, set[str]] = defaultdict(set)
    after: defaultdict[str, set[str]] = defaultdict(set)
    for one in handed_in:
        title = SYSTEMS[one.system].title
        if one.files[0].time is not None:
            continue
        if any(file.late for file in one.files):
            called_late[title].add(one.student)
        elif clock.is_late(one.student, one.counted):
            after[title].add(one.student)
    correct = "correct their timestamp.txt below attempts/ and collect again"
    report.problems += [
        f"{title} calls {_listed(students)} late and does not say by how much: {correct}"
        for title, students in called_late.items()
    ]
    report.problems += [
        f"{title} does not say when {_listed(students)} handed in, and the download is of after the "
        f"deadline: say --handed-in-by if all were in time, or {correct}"
        for title, students in after.items()
    ]


def _listed(students: Collection[str]) -> str:
    return f"{counted(len(students), 'student')} ({shortened(', '.join(sorted(students)), 1000)})"


def _keep(
    attempts: Attempts, notebooks: Notebooks, one: _Handed, report: CollectReport
) -> tuple[list[Aside], str | None]:
    """File one attempt; give what had to be left out of it, and what its timestamp.txt says."""
    received, asides = _read(one.files)
    if not received:
        return asides, None
    found = notebooks.recognise(received)
    report.renamed += [f"{one.student}: {line}" for line in found.renamed]
    report.problems += [f"{one.student}: {line}" for line in found.problems]
    try:
        if attempts.keep_submitted(one.student):
            report.count_new(one.student)
            report.notes.append(f"{one.student}: what was in submitted/ is kept as an attempt")
    except UnsafeFolder:
        pass  # it is reported when the last attempt is put there
    if attempts.keep(one.student, one.seen, one.counted, found.files):
        report.count_new(one.student)
    return asides, attempts.time_of(one.student, found.files)


def _read(files: Iterable[Named]) -> tuple[list[Received], list[Aside]]:
    """Read the files of an attempt, and those in zips among them."""
    received: list[Received] = []
    asides: list[Aside] = []
    room = LIMIT
    for file in files:
        try:
            if (wrong := path_error(file.file)) is not None:  # what the system put before it hid it so far
                raise Refused(wrong)
            content = file.entry.read()
            if is_archive(file.file, content):
                inside = _unpacked(file, content, asides)
            else:
                inside = [Received(file.file, content, file.order)]
        except Refused as refusal:
            asides.append(Aside(file.entry.shown, str(refusal)))
            continue
        for one in inside:
            if len(one.content) > room or len(received) >= MOST_ENTRIES:
                reason = f"the submission is larger than {LIMIT // 2**20} MB or {MOST_ENTRIES} files with it"
                asides.append(Aside(f"{file.entry.shown}, {shortened(repr(one.name))}", reason))
                continue
            room -= len(one.content)
            received.append(one)
    return received, asides


def _unpacked(file: Named, content: bytes, asides: list[Aside]) -> list[Received]:
    """Read a zip that a student handed in; a zip in that one is not opened."""
    found = []
    zone = file.entry.time.tzinfo
    assert zone is not None
    with opened_archive(io.BytesIO(content), file.entry.shown, OF_A_STUDENT, zone) as (entries, refused):
        asides += refused
        for entry in entries:
            try:
                inside = entry.read()
            except Refused as refusal:
                asides.append(Aside(entry.shown, str(refusal)))
                continue
            if is_archive(entry.name, inside):
                asides.append(Aside(entry.shown, "it is a zip in a zip that was handed in"))
            else:
                found.append(Received(entry.name, inside, file.order))
    return found
