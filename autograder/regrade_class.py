"""Grades a class again after a test was changed: shows whose marks move and why, and then records it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from autograder.course import Course
from autograder.engine.source import SourceNotebook
from autograder.errors import AutograderError
from autograder.grade_class import ClassGrading, Options, Progress, quiet
from autograder.marks import Report
from autograder.nbgrader_session import NbGraderSession
from autograder.private import PRIVATE, VERDICTS
from autograder.regrade import Earlier, Owner, RegradeReport, differences, earlier_marks
from autograder.source_changes import apply_source_changes
from autograder.verdict_cache import VerdictCache


def regrade(
    course: Course,
    name: str,
    options: Options | None = None,
    *,
    dry_run: bool = False,
    progress: Progress = quiet,
) -> tuple[RegradeReport, Report | None]:
    """Grade everyone again by the source notebooks as they are now.

    Parameters
    ----------
    course, name, options, progress
        As for `autograder.grade_class.grade`.
    dry_run
        Write nothing, only say what would move.

    Returns
    -------
    tuple
        What moves; and the new marks, None in a dry run.

    Raises
    ------
    AutograderError
        As `grade` does; if the changes can't be taken over into the gradebook; and if there are changes,
        which are everyone's, but one student only is to be graded.
    """
    options = options or Options()
    grading = ClassGrading(course, name, replace(options, record=False), progress)
    if not dry_run:
        _require_applicable(course, name, grading.sources, options.student)
    grading.run()
    before = _earlier(course, name)
    if options.student is not None:
        before = {owner: marks for owner, marks in before.items() if owner[0] == options.student}
    if dry_run:
        return differences(before, grading.results), None
    with NbGraderSession(course).gradebook() as gradebook:
        apply_source_changes(gradebook, name, grading.sources)
    # It takes the verdicts that were found above, so that nothing runs twice.
    recorded = replace(options, record=True, retry=False, force=False, event="regraded")
    recording = ClassGrading(course, name, recorded, progress)
    report = recording.run()
    return differences(before, recording.results, recorded=True), report


def _require_applicable(
    course: Course, name: str, sources: Mapping[str, SourceNotebook], student: str | None
) -> None:
    """Raise an error, before anything is run, if the source has changes that can't be taken over now."""
    session = NbGraderSession(course)
    if not session.has_gradebook():
        return  # grading will say that it is not released
    with session.gradebook() as gradebook:
        changes = apply_source_changes(gradebook, name, sources)
        gradebook.db.rollback()
    if changes and student is not None:
        raise AutograderError(
            f"{name} was changed since it was released ({changes[0]}), and regrade takes changes over for "
            f"everyone: run it without --student. With --dry-run, it shows what would move for {student}."
        )


def _earlier(course: Course, name: str) -> dict[Owner, Earlier]:
    """Read what everyone has got, with the verdicts that it came from where they are kept."""
    with VerdictCache(course.root / PRIVATE / VERDICTS) as cache:
        keys = cache.recorded(name)
        verdicts = cache.get_many(keys.values())
    kept = {owner: verdicts[key] for owner, key in keys.items() if key in verdicts}
    with NbGraderSession(course).gradebook() as gradebook:
        return earlier_marks(gradebook, name, kept)
