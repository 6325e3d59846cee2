"""How far the objectives of an assignment are reached: the share of all points on each that the class has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.assignment import Assignment
from autograder.class_report.item_analysis import shares_of
from autograder.class_report.page import ObjectiveResult
from autograder.class_report.parts import Item
from autograder.class_report.work import Work
from autograder.feedback_page.book import chapter, chapters_on, stated_objectives


def reached(
    work: Work, items: Sequence[Item], assignment: Assignment | None, address: str | None
) -> tuple[ObjectiveResult, ...]:
    """Give each objective that anybody's points tell of, the least reached first.

    A problem on two objectives counts for both. Each item counts with its points, over those students whose
    notebook was run; an item that still waits to be marked does not count for that student.
    """
    gained: dict[str, float] = {}
    possible: dict[str, float] = {}
    about: dict[str, list[Item]] = {}
    for item in items:
        shares = shares_of(work, item)
        known = shares[~np.isnan(shares)]
        for objective in item.objectives:
            gained[objective] = gained.get(objective, 0.0) + float(known.sum()) * item.maximum
            possible[objective] = possible.get(objective, 0.0) + len(known) * item.maximum
            about.setdefault(objective, []).append(item)
    found = []
    for objective, most in possible.items():
        if not most:
            continue
        chapter_name, text = stated_objectives().get(objective, ("", objective))
        names = (
            (chapter_name,) if chapter_name else chapters_on(assignment, [objective]) if assignment else ()
        )
        found.append(
            ObjectiveResult(
                id=objective,
                text=text,
                items=tuple(item.label for item in about[objective]),
                share=gained[objective] / most,
                maximum=sum(item.maximum for item in about[objective]),
                chapters=tuple(chapter(name, address) for name in names),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.share, one.id)))
