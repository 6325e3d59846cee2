"""Students who may need help, each with the reasons; the only part of the report that names anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from autograder.class_report.item_analysis import not_attempted
from autograder.class_report.page import Help, Person
from autograder.class_report.parts import Item
from autograder.class_report.statistics import FEWEST
from autograder.class_report.work import MISSING, REFUSED, Work

LOW, QUARTER = 0.5, 0.25
"""Below half of the points, and in the lowest quarter of those who handed in."""
FELL = 0.25
"""So much less of the points than in earlier assignments."""
LEFT = 0.5
"""So many of the problems and questions that were handed in are as they were."""
MOST = 100  # students in each of the two lists of the page


def help_needed(
    work: Work,
    items: Sequence[Item],
    missing: Sequence[str],
    names: Mapping[str, str],
    earlier: Mapping[str, Mapping[str, float]],
) -> Help:
    """Find the students who may need help; first those with most reasons, of these the one with least points.

    Parameters
    ----------
    work, items
        The work of the class, and what it is about.
    missing
        Who handed in nothing.
    names
        Names by id.
    earlier
        The shares of points that students have in earlier assignments, by assignment and student.
    """
    totals, most = work.totals, work.maximum
    shares = totals / most if most else np.zeros(len(totals))
    waiting = work.waiting
    quarter, median = (float(np.quantile(shares, at)) if len(shares) else 0.0 for at in (QUARTER, 0.5))
    left = np.array([not_attempted(work, item) for item in items]).reshape(len(items), len(work.students))
    ran = np.array([work.ran(item.notebook) for item in items]).reshape(len(items), len(work.students))
    people = []
    for number, student in enumerate(work.students):
        reasons = _unseen(work, number)
        share = float(shares[number])
        if share < LOW and share <= quarter and not waiting[number]:
            # Of a handful of students, or where half the class has as little, more would say nothing.
            where = ", in the lowest quarter of the class" if len(shares) >= FEWEST and share < median else ""
            reasons.append(f"{share:.0%} of the points{where}")
        known = [of[student] for of in earlier.values() if student in of]
        if known and not waiting[number] and (before := float(np.mean(known))) - share >= FELL:
            reasons.append(f"{share:.0%} now, {before:.0%} in earlier assignments")
        tried = int(ran[:, number].sum())
        untouched = int(left[:, number].sum())
        if tried and untouched >= LEFT * tried:
            reasons.append(f"{untouched} of {tried} problems and questions not attempted")
        if reasons:
            name = names.get(student, student)
            people.append(Person(student, name, float(totals[number]), tuple(reasons)))
    people.sort(key=lambda person: (-len(person.reasons), person.points, person.id))
    nobody = tuple(Person(id, names.get(id, id), None, ("nothing handed in",)) for id in sorted(missing))
    return Help(tuple(people), nobody, tuple(earlier))


def _unseen(work: Work, number: int) -> list[str]:
    """Say which notebooks of a student were not run, and why."""
    why = {MISSING: "not handed in", REFUSED: "refused: it could not be run"}
    return [
        f"{name}.ipynb {why[int(state)]}"
        for name, state in zip(work.notebooks, work.states[number], strict=True)
        if int(state) in why
    ]
