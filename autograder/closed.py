"""Where the last attempt counts: who loses all points because it came after the assignment closed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from autograder.attempts import list_attempts
from autograder.course import Course
from autograder.policy import Policy
from autograder.submission import handed_in_at, inspect_submission

if TYPE_CHECKING:
    from autograder.lateness import Lateness


def lost_by_last(
    course: Course, assignment: str, student: str, when: datetime | None, policy: Policy, lateness: Lateness
) -> str | None:
    """Say in a line that the last attempt gets nothing for being late, though an earlier one would have.

    Parameters
    ----------
    course, assignment, student
        Whose work.
    when
        When what is in submitted/ was handed in.
    policy, lateness
        The rules, and the deadline that holds. With "best" nobody loses points so.
    """

    def is_nothing(time: datetime | None) -> bool:
        return policy.late.taken_off(1.0, lateness.seconds(student, time)) >= 1.0

    if policy.attempts != "last" or not is_nothing(when):
        return None
    for attempt in reversed(list_attempts(course, student, assignment)):
        found = inspect_submission(attempt.folder, ())
        if found.refused is None and not is_nothing(handed_in_at(found)):
            folder = attempt.folder.relative_to(course.root)
            return (
                f"the last attempt came so late that it gets nothing, and an earlier one would not have lost "
                f"everything: {folder}. To have that one count, copy what is in it to submitted/{student}/"
                f'{assignment}/ and grade again; or set c.Autograder.attempts = "best" for the whole course'
            )
    return None
