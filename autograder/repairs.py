"""Marks of tests that were changed in the gradebook after grading had put them there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.engine.verdict import GradedNotebook

Held = Mapping[str, float | None]  # automatic scores by cell


@dataclass(frozen=True)
class Repair:
    """Changed marks of a notebook, which grading replaces.

    Attributes
    ----------
    notebook
        Its name.
    held
        What the gradebook held, by cell; None where it had no points.
    given
        What grading had given there.

    Examples
    --------
    >>> str(Repair("practice", {"essay": 3.0}, {"essay": 0.0})).partition(", ")[2]
    'which is repaired: essay was 3 instead of 0'
    """

    notebook: str
    held: Held
    given: Mapping[str, float]

    def __str__(self) -> str:
        cells = [
            f"{cell} was {'nothing' if score is None else f'{score:g}'} instead of {self.given[cell]:g}"
            for cell, score in self.held.items()
        ]
        what = "marks were changed in the gradebook since grading, which is repaired"
        return f"{self.notebook}.ipynb: {what}: {', '.join(cells)}"


def find_repairs(
    recorded: Mapping[str, str],
    current: Mapping[str, str],
    verdicts: Mapping[str, GradedNotebook],
    held: Mapping[str, Held],
) -> dict[str, Repair]:
    """Find what was changed in a student's notebooks since they were recorded, by notebook.

    What the gradebook holds is compared with the verdicts that were recorded, whatever new ones say: these
    may be of other tests, or of other work.

    Parameters
    ----------
    recorded
        The keys of the verdicts that were recorded, by notebook.
    current
        The keys of those that are to be recorded. A run that was broken off may have got as far as to the
        gradebook with them, so what they give is no change.
    verdicts
        Kept verdicts by key; where none are kept any more, nothing can be said.
    held
        What the gradebook holds, by notebook.
    """
    found = {}
    for notebook, key in recorded.items():
        if key not in verdicts:
            continue
        scores = held.get(notebook, {})
        changed = changed_marks(scores, verdicts[key])
        if (now := verdicts.get(current.get(notebook, ""))) is not None:
            changed = {cell: score for cell, score in changed_marks(scores, now).items() if cell in changed}
        if changed:
            given = {verdict.grade_id: verdict.points for verdict in verdicts[key].verdicts}
            found[notebook] = Repair(notebook, changed, {cell: given.get(cell, 0.0) for cell in changed})
    return found


def changed_marks(held: Held, graded: GradedNotebook) -> dict[str, float | None]:
    """Find the cells for which the gradebook does not hold what verdicts gave, with what it holds.

    A cell that has no verdict is marked by hand: grading gives it nothing.
    """
    given = {verdict.grade_id: verdict.points for verdict in graded.verdicts}
    wrong = {cell: held.get(cell) for cell, points in given.items() if not _same(held.get(cell), points)}
    return wrong | {cell: score for cell, score in held.items() if cell not in given and score}


def _same(held: float | None, points: float) -> bool:
    return held is not None and math.isclose(held, points, rel_tol=1e-6, abs_tol=1e-9)
