"""Marks of tests that were changed in the gradebook after grading had put them there."""

from __future__ import annotations

import math
from collections.abc import Mapping

from autograder.engine.verdict import GradedNotebook

Held = Mapping[str, float | None]  # automatic scores by cell


def changed_marks(held: Held, graded: GradedNotebook) -> dict[str, float | None]:
    """Find the cells for which the gradebook does not hold what verdicts gave, with what it holds.

    A cell that has no verdict is marked by hand: grading gives it nothing.
    """
    given = {verdict.grade_id: verdict.points for verdict in graded.verdicts}
    wrong = {cell: held.get(cell) for cell, points in given.items() if not _same(held.get(cell), points)}
    return wrong | {cell: score for cell, score in held.items() if cell not in given and score}


def told(changed: Held, graded: GradedNotebook) -> str:
    """Say that changed marks of a notebook were put back, from what to what.

    Examples
    --------
    >>> told({"essay": 3.0}, GradedNotebook("practice", ()))
    'practice.ipynb: marks were changed in the gradebook since grading, and put back: essay from 3 to 0'
    """
    given = {verdict.grade_id: verdict.points for verdict in graded.verdicts}
    cells = [
        f"{cell} from {'nothing' if score is None else f'{score:g}'} to {given.get(cell, 0.0):g}"
        for cell, score in changed.items()
    ]
    what = "marks were changed in the gradebook since grading, and put back"
    return f"{graded.notebook}.ipynb: {what}: {', '.join(cells)}"


def _same(held: float | None, points: float) -> bool:
    return held is not None and math.isclose(held, points, rel_tol=1e-6, abs_tol=1e-9)
