"""What comes before grading, for `nbgrader autograde` too: deadline, extensions, the attempts that count."""

from __future__ import annotations

import shutil
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook  # type: ignore[import-untyped]

from autograder.attempts import attempted
from autograder.audit_log import AuditLog
from autograder.best_attempt import BestAttempts
from autograder.course import Course
from autograder.extension import add_submissions
from autograder.grade_one import opened
from autograder.lateness import (
    Lateness,
    read_lateness,
    recorded_before,
    told_changed,
    update_penalties,
    write_deadline,
)
from autograder.policy import course_policy
from autograder.private import AUDIT, PRIVATE, VERDICTS
from autograder.record import late_penalty
from autograder.settings import cell_timeout
from autograder.verdict_cache import VerdictCache


def before_autograde(converter: Any) -> None:
    """Write deadline, extensions and the penalties that they change; with "best", fill submitted/.

    Parameters
    ----------
    converter
        nbgrader's `Autograde`, which has looked up what is in submitted/ and looks again.

    Raises
    ------
    AutograderError
        If a setting is wrong, or students' code can't be isolated.
    """
    coursedir, config = converter.coursedir, converter.config
    policy = course_policy(config)
    course, name = Course(Path(coursedir.root)), coursedir.assignment_id
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        if (replaced := write_deadline(gradebook, name, policy)) is not None:
            converter.log.warning(replaced)
        gradebook.db.commit()
        lateness = read_lateness(gradebook, course, name, policy)
        with VerdictCache(course.root / PRIVATE / VERDICTS) as kept:
            late = recorded_before(gradebook, kept, name, lateness)
        log = AuditLog(course.root / PRIVATE / AUDIT)
        changed = update_penalties(gradebook, name, late, lateness, late_penalty(config), log)
        gradebook.db.commit()
    for line in told_changed(changed, best=policy.attempts == "best"):
        converter.log.warning(line)
    if policy.attempts == "best":
        _put_best_in_place(converter, course, lateness)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        add_submissions(gradebook, course, name, coursedir.student_id, enrol=converter.create_student)


def _put_best_in_place(converter: Any, course: Course, lateness: Lateness) -> None:
    coursedir, config, name = converter.coursedir, converter.config, converter.coursedir.assignment_id
    students = [student for student in attempted(course, name) if fnmatchcase(student, coursedir.student_id)]
    if not students:
        return
    intake, pool = opened(course.root, name, cell_timeout(config))
    with VerdictCache(course.root / PRIVATE / VERDICTS) as kept:
        best = BestAttempts(course, name, intake, kept, lateness, late_penalty(config))
        best.choose(pool, students)
    for student in best.put_in_place():
        # nbgrader would take an attempt that is older than the graded one for graded.
        shutil.rmtree(course.autograded / student / name, ignore_errors=True)
    for note in best.notes:
        converter.log.info(note)
    for problem in best.problems:
        converter.log.warning(problem)
    converter.init_notebooks()
