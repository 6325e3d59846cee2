"""What an instructor should know of a graded notebook, in the words of every list and page that tells it."""

from __future__ import annotations

from autograder.engine.verdict import GradedNotebook


def remarks_on(graded: GradedNotebook) -> list[str]:
    """Give one line for each thing, which names the notebook."""
    if graded.refused is not None:
        return [graded.refused]
    said = []
    for outcome, what in (("timeout", "ran out of time"), ("crashed", "crashed")):
        if tests := [verdict.grade_id for verdict in graded.verdicts if verdict.outcome == outcome]:
            said.append(f"{graded.notebook}.ipynb: {what}: {', '.join(tests)}")
    return [*said, *(f"{graded.notebook}.ipynb: {remark}" for remark in graded.remarks)]
