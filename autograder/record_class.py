"""Records a batch of graded submissions everywhere: gradebook and autograded/, audit log, and as recorded.

In this order, so that what a killed run leaves out is made up for: only what counts as recorded is not
recorded again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.audit_log import AuditLog, scoring_event
from autograder.extension import read_extensions
from autograder.intake import Work
from autograder.marks import late_penalties
from autograder.nbgrader_session import NbGraderSession
from autograder.private import AUDIT, PRIVATE
from autograder.record import LatePenalty, Submission, record
from autograder.submission import handed_in_at
from autograder.verdict_cache import VerdictCache


def record_works(
    session: NbGraderSession,
    assignment: str,
    works: Sequence[Work],
    penalty: LatePenalty,
    cache: VerdictCache,
    *,
    provided: Mapping[str, bytes],
    event: str | None,
) -> list[str]:
    """Record graded work of an assignment, and say what the instructor should know of it, a line each.

    Parameters
    ----------
    session, assignment
        Where the marks go.
    works
        The work of some students, all of it graded, and its verdicts kept.
    penalty
        The rule for late work.
    cache
        Where it is noted what is recorded.
    provided
        The files that come with the assignment, which its graded notebooks may show.
    event
        What the audit log calls it; None names it by what happens.

    Raises
    ------
    AutograderError
        If the verdicts do not fit the released assignment, or the rule for late work fails; nothing is
        recorded then.
    """
    course = session.course
    extensions = read_extensions(course.root, assignment)
    submissions = [
        Submission(
            work.student,
            handed_in_at(work.found),
            {name: graded for name, graded in work.graded.items() if name not in work.found.notebooks},
            {name: rebuilt.notebook for name, rebuilt in work.rebuilt.items()},
            work.found.notebooks,
            extensions.get(work.student),
        )
        for work in works
    ]
    with session.gradebook() as gradebook:
        problems = record(gradebook, course.autograded, assignment, submissions, penalty, provided)
        penalties = late_penalties(gradebook, assignment, [work.student for work in works])
    AuditLog(course.root / PRIVATE / AUDIT).append_many(
        scoring_event(
            assignment,
            work.student,
            graded,
            work.keys.get(notebook, ""),
            event=event,
            late_penalty=penalties.get((work.student, notebook), 0.0),
            changed=work.repairs[notebook].held if notebook in work.repairs else None,
        )
        for work in works
        for notebook, graded in work.graded.items()
    )
    cache.mark_recorded_many(
        assignment,
        {
            (work.student, notebook): origin
            for work in works
            if work.student not in problems
            for notebook, origin in work.origins.items()
        },
    )
    return [
        *(f"{student}: {problem}" for student, problem in problems.items()),
        *(f"{work.student}: {repair}" for work in works for repair in work.repairs.values()),
    ]
