"""How a class did on each problem and question, and which of these tell little about who has understood."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from autograder.class_report.page import ItemResult
from autograder.class_report.parts import Item
from autograder.class_report.statistics import (
    FEWEST,
    Numbers,
    correlation_interval,
    item_rest,
    wilson,
)
from autograder.class_report.work import Work
from autograder.wording import counted

WEAK = 0.2
"""Below this, Ebel and Frisbie advise to improve or drop a question."""
_EASY, _HARD, _LEFT_OUT = 0.95, 0.3, 0.3
_TINY = 1e-9


def shares_of(work: Work, item: Item) -> Numbers:
    """Give each student's share of an item's points, at most 1; nan without a notebook, or while it waits.

    An item that is worth nothing has the share 0.
    """
    points = work.settled[:, list(item.columns)].sum(axis=1)  # nan if any is
    shares = np.clip(points / item.maximum if item.maximum else 0 * points, 0.0, 1.0)
    found: Numbers = np.where(work.ran(item.notebook), shares, np.nan)
    return found


def not_attempted(work: Work, item: Item) -> NDArray[np.bool_]:
    """Tell who handed in the notebook and left an item as it was."""
    left = work.ended("not attempted")[:, list(item.columns)]
    return np.logical_and(left.all(axis=1), work.ran(item.notebook))


def analyse(work: Work, items: tuple[Item, ...]) -> tuple[ItemResult, ...]:
    """Analyse every item."""
    return tuple(_analysed(work, item) for item in items)


def _analysed(work: Work, item: Item) -> ItemResult:
    shares = shares_of(work, item)
    known = ~np.isnan(shares)
    left = not_attempted(work, item) & known
    full = known & (shares >= 1 - _TINY)
    some = known & ~full & (shares > _TINY)
    count = int(known.sum())
    correlation, pairs, why = _discrimination(work, item)
    rate = float(full.sum() / count) if count else None
    result = ItemResult(
        id=item.id,
        label=item.label,
        title=item.title,
        notebook=item.notebook,
        maximum=item.maximum,
        count=count,
        full=int(full.sum()),
        some=int(some.sum()),
        none=int((known & ~full & ~some & ~left).sum()),
        not_attempted=int((left & ~full & ~some).sum()),
        waiting=int((work.ran(item.notebook) & np.isnan(shares)).sum()),
        pass_rate=rate,
        pass_interval=wilson(int(full.sum()), count),
        mean_share=float(np.mean(shares[known])) if count else None,
        discrimination=correlation,
        discrimination_interval=None if correlation is None else correlation_interval(correlation, pairs),
        pairs=pairs,
        why_none=why,
        advice=(),
    )
    return _advised(result)


def _discrimination(work: Work, item: Item) -> tuple[float | None, int, str]:
    """Correlate an item with the rest, over those whose notebooks were all run; say why not, if it can't be.

    Cells that somebody still has to mark are left out of the rest.
    """
    settled = work.settled
    rows = work.ran_all & ~np.isnan(settled[:, list(item.columns)]).any(axis=1)
    pairs = int(rows.sum())
    if pairs < FEWEST:
        return None, pairs, f"only {counted(pairs, 'student')} with all notebooks; {FEWEST} are needed"
    points = settled[rows]
    total = points[:, ~np.isnan(points).any(axis=0)].sum(axis=1)
    own = points[:, list(item.columns)].sum(axis=1)
    found = item_rest(own, total)
    if found is not None:
        return found, pairs, ""
    alike = "here" if np.ptp(own) < _TINY else "in all the rest"
    return None, pairs, f"everyone has the same points {alike}"


def _advised(item: ItemResult) -> ItemResult:
    said = []
    rate, correlation, interval = item.pass_rate, item.discrimination, item.discrimination_interval
    if correlation is not None and interval is not None:
        if interval.high < 0:
            said.append(
                "Students who do well elsewhere do worse here: perhaps the key, a test or the wording is "
                "wrong."
            )
        elif correlation < 0:
            said.append(
                f"Slightly negative, which can be chance with {item.pairs} students; look at the key and the "
                "wording all the same."
            )
        elif correlation < WEAK and rate is not None and rate <= _EASY:
            said.append("Hardly tells who does well elsewhere: it may ask for something else, or be unclear.")
    if rate is not None and item.count >= FEWEST:
        if rate > _EASY:
            said.append("Nearly everyone has it: good practice, but it tells little.")
        elif rate < _HARD and item.not_attempted < _LEFT_OUT * item.count:
            said.append("Few have it in full: see the mistakes and answers below.")
    if item.count and item.not_attempted >= _LEFT_OUT * item.count:
        said.append("Many did not try it: too long, too late in the notebook, or out of reach?")
    if item.waiting:
        said.append(f"{counted(item.waiting, 'answer')} must still be marked by hand, and do not count here.")
    return replace(item, advice=tuple(said))
