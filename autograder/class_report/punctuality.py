"""When a class handed in, relative to the deadline of each student."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime

from autograder.class_report.page import Arrivals
from autograder.lateness import Lateness

_STEPS = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168)  # hours of a bin
_MOST_BINS = 24
_EARLIEST, _LATEST = -14 * 24.0, 7 * 24.0  # hours; what lies outside goes to the first or the last bin


def arrivals(lateness: Lateness, students: Collection[str]) -> Arrivals:
    """Sort the times of handing in into bins; without a deadline, relative to the last of them."""
    times = {
        student: known for student in students if (known := lateness.students.get(student)) and known.when
    }
    whens: list[datetime] = [known.when for known in times.values() if known.when]
    unknown = len(students) - len(times)
    if lateness.due is not None:
        hours = [-lateness_hours(lateness, student) for student in times]
        relative = "the deadline"
    else:
        last = max(whens, default=None)
        hours = [(when - last).total_seconds() / 3600 for when in whens] if last else []
        relative = "the last one handed in"
    late = sum(lateness.seconds(student, known.when) > 0 for student, known in times.items())
    edges, bins = _histogram(hours)
    return Arrivals(relative, lateness.due is not None, edges, bins, late, unknown)


def lateness_hours(lateness: Lateness, student: str) -> float:
    """Give how many hours before a student's own deadline the work came; negative if it came later."""
    known = lateness.students[student]
    assert known.when is not None
    assert lateness.due is not None
    due = lateness.due + known.extension if known.extension else lateness.due
    return (due - known.when).total_seconds() / 3600


def _histogram(hours: list[float]) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Choose bins of a round width, of which one ends at 0: work at that very second is in time."""
    if not hours:
        return (), ()
    clipped = [min(_LATEST, max(_EARLIEST, hour)) for hour in hours]
    for step in _STEPS:
        first = math.floor(min(clipped) / step)
        last = max(math.ceil(max(clipped) / step), first + 1)
        if last - first <= _MOST_BINS:
            break
    bins = [0] * (last - first)
    for hour in clipped:
        place = math.ceil(hour / step) - 1 - first  # a bin holds its later end, as a deadline does
        bins[min(len(bins) - 1, max(0, place))] += 1
    return tuple(step * number for number in range(first, last + 1)), tuple(bins)
