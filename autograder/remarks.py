"""What an instructor should know of a graded notebook, in the words of every list and page that tells it."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.drawn import DRAWN_FOR_ANOTHER
from autograder.engine.verdict import GradedNotebook
from autograder.wording import counted


def remarks_on(graded: GradedNotebook) -> list[str]:
    """Give one line for each thing, which names the notebook."""
    if graded.refused is not None:
        return [graded.refused]
    said = []
    for outcome, what in (("timeout", "ran out of time"), ("crashed", "crashed")):
        if tests := [verdict.grade_id for verdict in graded.verdicts if verdict.outcome == outcome]:
            said.append(f"{graded.notebook}.ipynb: {what}: {', '.join(tests)}")
    return [*said, *(f"{graded.notebook}.ipynb: {remark}" for remark in graded.remarks)]


def other_accounts(results: Mapping[tuple[str, str], GradedNotebook]) -> list[str]:
    """Say who wrote another account name into a quiz, in one line; no line if nobody did.

    The verdicts tell it: a question with numbers of another student's says so first of all, and a student's
    own text is only quoted later in a verdict.
    """
    wrong = {
        notebook: sorted(
            student
            for (student, where), graded in results.items()
            if where == notebook and any(v.message.startswith(DRAWN_FOR_ANOTHER) for v in graded.verdicts)
        )
        for notebook in sorted({notebook for _, notebook in results})
    }
    return [
        f"{counted(len(students), 'student')} wrote another account name into {notebook}.ipynb, so questions "
        f"with numbers of their own gave no points: {', '.join(students)}"
        for notebook, students in wrong.items()
        if students
    ]
