"""Collects an assignment from nbgrader's exchange, with nbgrader's own collector."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from autograder.collecting.attempts import TIMESTAMP, Attempts
from autograder.collecting.collect import finish
from autograder.collecting.recognise import Notebooks, Received
from autograder.collecting.report import CollectReport
from autograder.collecting.times import read_stamp
from autograder.course import Course
from autograder.errors import AutograderError, shortened
from autograder.nbgrader_session import NbGraderSession
from autograder.roster import Roster, course_roster
from autograder.submission import UnsafeFolder, id_error, read_files


def collect_from_exchange(course: Course, assignment: str) -> CollectReport:
    """Have nbgrader collect the latest submission of each student, and file it as an attempt.

    nbgrader writes to a draft, so that nothing in submitted/ is lost. Links that a student put into the
    exchange are refused; nbgrader would follow them and copy what only the instructor may read.

    Raises
    ------
    AutograderError
        If nbgrader can't collect: no course id, no exchange, no permission.
    """
    course.require_assignment(assignment)
    course.require_writable()
    roster = course_roster(course)
    report = CollectReport(assignment)
    notebooks = Notebooks(course.source / assignment)
    session = NbGraderSession(course)
    with Attempts(course, assignment) as attempts:
        draft = attempts.drafts / "exchange"
        draft.mkdir()
        failure, warnings = session.collect(assignment, str(draft.relative_to(course.root)))
        if failure is not None:
            raise AutograderError(f"nothing was collected: {failure}")
        report.problems += warnings
        for folder in sorted(draft.glob(f"*/{assignment}")):
            _keep(attempts, notebooks, roster, folder, report)
        finish(course, attempts, notebooks, roster, report)
    return report


def _keep(
    attempts: Attempts, notebooks: Notebooks, roster: Roster | None, folder: Path, report: CollectReport
) -> None:
    """File what nbgrader collected of one student."""
    student = folder.parent.name
    if (wrong := id_error(student)) is not None:
        report.problems.append(f"{student!r} in the exchange: set aside, it can't be a student id: {wrong}")
        return
    if roster is not None and roster.by_id(student) is None:
        report.problems.append(
            f"{student} in the exchange: set aside, the class list has nobody of that name"
        )
        return
    try:
        files = read_files(folder)
        time = read_stamp(files.pop(TIMESTAMP, b""))
        if time is None:
            time = datetime.now(UTC)
            report.problems.append(f"{student}: the exchange has no time for it; it counts as of now")
        found = notebooks.recognise([Received(name, content) for name, content in files.items()])
        report.renamed += [f"{student}: {line}" for line in found.renamed]
        report.problems += [f"{student}: {shortened(line, 500)}" for line in found.problems]
        if attempts.keep_submitted(student):
            report.count_new(student)
            report.notes.append(f"{student}: what was in submitted/ is kept as an attempt")
        time = time.replace(microsecond=0)
        if attempts.keep(student, time, time, found.files):
            report.count_new(student)
    except UnsafeFolder as error:
        report.problems.append(f"{student} in the exchange: set aside, {error}")
