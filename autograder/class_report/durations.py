"""The tests that took longest, and those that ran out of time or crashed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autograder.class_report.page import Duration
from autograder.class_report.parts import Item
from autograder.class_report.work import Work

MOST = 10  # tests that the report lists


def slowest(work: Work, items: Sequence[Item]) -> tuple[Duration, ...]:
    """Give the tests that took longest for a twentieth of the class; first those that were stopped."""
    owner = {column: item.name for item in items for column in item.columns}
    stopped, crashed = work.ended("timeout"), work.ended("crashed")
    # What was not attempted took no time, and would make every test look fast.
    counted = ~np.isnan(work.seconds) & ~work.ended("not attempted") & ~work.ended("refused")
    found = []
    for column, cell in enumerate(work.cells):
        seconds = work.seconds[counted[:, column], column]
        if not len(seconds):
            continue
        median, high, greatest = (float(q) for q in np.quantile(seconds, (0.5, 0.95, 1)))
        found.append(
            Duration(
                test=cell.name,
                item=owner.get(column, cell.notebook),
                count=len(seconds),
                median=median,
                high=high,
                greatest=greatest,
                timeouts=int(stopped[:, column].sum()),
                crashes=int(crashed[:, column].sum()),
            )
        )
    return tuple(sorted(found, key=lambda test: (-test.timeouts, -test.high, test.test))[:MOST])
