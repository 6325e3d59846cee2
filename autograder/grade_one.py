"""Grades one notebook of one student, as nbgrader's own commands and formgrader's button ask for it.

They ask for one notebook after the other, so the workers stay for the next one until the process ends.
"""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path

from autograder.course import open_course
from autograder.engine.limits import Limits
from autograder.engine.pool import Pool
from autograder.engine.quarantine import Rebuilt
from autograder.engine.verdict import GradedNotebook
from autograder.errors import AutograderError
from autograder.intake import Intake
from autograder.private import PRIVATE, VERDICTS
from autograder.verdict_cache import VerdictCache


def grade_one(
    root: Path, assignment: str, student: str, notebook: str, timeout: float
) -> tuple[Rebuilt | None, GradedNotebook]:
    """Grade a notebook that was handed in; verdicts that are kept are not run again.

    Parameters
    ----------
    root
        The course directory.
    assignment, student, notebook
        Which notebook.
    timeout
        Seconds that a cell may run.

    Returns
    -------
    tuple
        The rebuilt notebook, None if there is nothing to rebuild; and its verdicts.

    Raises
    ------
    AutograderError
        If students' code can't be isolated, or the assignment can't be read; never for what a student did.
    """
    intake, pool = opened(root, assignment, timeout)
    if notebook not in intake.sources:
        raise AutograderError(f"{root}/source/{assignment}: there is no {notebook}.ipynb")
    work = intake.look_at(student)
    rebuilt = work.rebuilt.get(notebook)
    if (key := work.keys.get(notebook)) is None:
        return rebuilt, work.graded[notebook]
    with VerdictCache(root / PRIVATE / VERDICTS) as kept:
        graded = kept.get(key, fresh=True)
        if graded is None:
            ((_, graded),) = pool.grade([intake.job(work, notebook)])
            if not graded.given_up:
                kept.put_many([(key, graded)])
    return rebuilt, graded


def opened(root: Path, assignment: str, timeout: float) -> tuple[Intake, Pool]:
    """Give what grades an assignment; it is made anew only when the source has changed."""
    return _opened(root, assignment, timeout, _version(root / "source" / assignment))


def _version(folder: Path) -> tuple[tuple[str, int], ...]:
    """Tell whether a source folder is still the one that was read."""
    return tuple((path.name, path.stat().st_mtime_ns) for path in sorted(folder.iterdir()))


@cache
def _opened(
    root: Path, assignment: str, timeout: float, version: tuple[tuple[str, int], ...]
) -> tuple[Intake, Pool]:
    intake = Intake(open_course(root), assignment, "jail", Limits.for_timeout(timeout))
    pool = Pool(intake.setting, 1)
    atexit.register(pool.close)
    return intake, pool
