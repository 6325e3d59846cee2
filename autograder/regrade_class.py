"""Grades a class again after a test was changed: shows whose marks move and why, and then records it."""

from __future__ import annotations

from dataclasses import replace

from autograder.course import Course
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
        As `grade` does; and if the changes can't be taken over into the gradebook.
    """
    options = options or Options()
    grading = ClassGrading(course, name, replace(options, record=False), progress)
    grading.run()
    before = _earlier(course, name)
    if options.student is not None:
        before = {owner: marks for owner, marks in before.items() if owner[0] == options.student}
    moves = differences(before, grading.results)
    if dry_run:
        return moves, None
    with NbGraderSession(course).gradebook() as gradebook:
        apply_source_changes(gradebook, name, grading.sources)
    recorded = replace(options, record=True, force=False, event="regraded")
    return moves, ClassGrading(course, name, recorded, progress).run()


def _earlier(course: Course, name: str) -> dict[Owner, Earlier]:
    """Read what everyone has got, with the verdicts that it came from where they are kept."""
    with VerdictCache(course.root / PRIVATE / VERDICTS) as cache:
        keys = cache.recorded(name)
        verdicts = cache.get_many(keys.values())
    kept = {owner: verdicts[key] for owner, key in keys.items() if key in verdicts}
    with NbGraderSession(course).gradebook() as gradebook:
        return earlier_marks(gradebook, name, kept)
