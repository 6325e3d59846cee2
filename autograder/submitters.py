"""Who is to be graded: those with a folder in submitted/, and with "best", in attempts/ too."""

from __future__ import annotations

from autograder.assignment import unknown_name
from autograder.attempts import attempted
from autograder.course import Course
from autograder.errors import AutograderError, UsageError
from autograder.policy import Policy
from autograder.submission import find_submissions, id_error


def find_submitters(
    course: Course, name: str, student: str | None, policy: Policy
) -> tuple[list[str], list[str]]:
    """Find who is to be graded, and one line for each entry of submitted/ that can't be.

    Raises
    ------
    AutograderError
        If nobody handed in, or not the `student` who is asked for.
    """
    if student is not None and (wrong := id_error(student)) is not None:
        raise UsageError(f"{student!r} can't be a student id: {wrong}")
    students, problems = find_submissions(course.submitted, name, course.assignments())
    if policy.attempts == "best":
        students = sorted({*students, *attempted(course, name)})
    if student is None:
        if not students and not problems:
            raise AutograderError(
                f"{course.submitted} holds no submission of {name}. Put each in submitted/STUDENT/{name}/, "
                f"or make up a class with `autograder sample-class {name}`."
            )
        return students, problems
    if student not in students:
        own = [problem for problem in problems if problem.startswith(f"{student}: ")]
        if own:
            raise AutograderError(own[0])
        raise UsageError(unknown_name(f"submission of {name} by", student, students, course.submitted))
    return [student], []
