"""Plots as inline SVG: sizes in percent, so that bars shrink with the page and the words beside them don't.

Every colour is a class, which the page's style gives: the page lets no style attribute in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from autograder.class_report.statistics import Interval

_HEIGHT = 150  # pixels of the bars of a histogram
_MOST_LABELS = 8
_MOST_LETTERS = 28  # of all labels together, that a phone has room for
_ROW = 17  # pixels of a line of words above a histogram
_APART = 0.4  # share of the width that two words never fill


@dataclass(frozen=True)
class Segment:
    """A stretch of a bar: which share of the whole width it takes, and the class that colours it."""

    share: float
    kind: str


@dataclass(frozen=True)
class Mark:
    """A line across a histogram, at a share of its width, with a word."""

    place: float
    word: str


def bar(segments: Sequence[Segment], interval: Interval | None = None, limit: float | None = None) -> Markup:
    """Draw a bar, below it the interval of its first segment, and a limit across it; words stand beside it.

    Examples
    --------
    >>> '<rect class="full" x="0%" y="2" width="50%" height="12"/>' in bar([Segment(0.5, "full")])
    True
    """
    drawn = ['<rect class="track" x="0" y="2" width="100%" height="12"/>']
    start = 0.0
    for segment in segments:
        width = min(segment.share, 1.0 - start)
        if width > 0:
            place = f'x="{_percent(start)}" y="2" width="{_percent(width)}" height="12"'
            drawn.append(f'<rect class="{escape(segment.kind)}" {place}/>')
        start += max(0.0, width)
    if limit is not None:
        drawn.append(_upright("limit", limit, 0, 16))
    height = 16
    if interval is not None:  # below, since no line can be told from every colour above
        height = 25
        low, high = _percent(interval.low), _percent(interval.high)
        drawn.append(f'<line class="whisker" x1="{low}" x2="{high}" y1="20" y2="20"/>')
        drawn += [_upright("whisker", end, 17, 23) for end in (interval.low, interval.high)]
    return Markup(
        f'<svg class="bar" width="100%" height="{height}" aria-hidden="true">{"".join(drawn)}</svg>'
    )


def histogram(
    label: str,
    counts: Sequence[int],
    ends: Sequence[str],
    marks: Sequence[Mark] = (),
    late_from: int | None = None,
) -> Markup:
    """Draw a histogram.

    Parameters
    ----------
    label
        What readers who can't see it are told.
    counts
        The height of each bar.
    ends
        What to write at the ends of the bars: one more than bars.
    marks
        Lines across it.
    late_from
        The first bar that is coloured as late.
    """
    top = _round_up(max(counts, default=0))
    above = _ROW * max(0, len(marks) - 1)  # each word has a line of its own
    drawn = []
    for height in (0, top // 2, top) if top > 1 else (0, top):
        y = _y(height, top, above)
        drawn.append(f'<line class="grid" x1="0" x2="100%" y1="{y:g}" y2="{y:g}"/>')
        drawn.append(f'<text class="side" x="-6" y="{y + 4:g}">{height}</text>')
    wide = 1 / len(counts)
    for number, count in enumerate(counts):
        if count:
            kind = "late" if late_from is not None and number >= late_from else "full"
            y = _y(count, top, above)
            size = f'width="{_percent(wide * 0.92)}" height="{_y(0, top, above) - y:g}"'
            drawn.append(f'<rect class="{kind}" x="{_percent((number + 0.04) * wide)}" y="{y:g}" {size}/>')
    step = -(-len(ends) // _MOST_LABELS)
    zero = ends.index("0") if "0" in ends else 0
    labelled = [number for number in range(len(ends)) if (number - zero) % step == 0]
    long = sum(len(ends[number]) for number in labelled) > _MOST_LETTERS
    for number in labelled:
        # On a phone, every second one of many letters is left out; the style does it.
        kind = "below spare" if long and (number - zero) % (2 * step) else "below"
        place = f'x="{_percent(number * wide)}" y="{_y(0, top, above) + 18:g}"'
        drawn.append(f'<text class="{kind}" {place}>{escape(ends[number])}</text>')
    for row, (mark, turned) in enumerate(_arranged(marks)):
        drawn.append(_upright("mark", mark.place, _ROW * row, _y(0, top, above)))
        place = f'x="{_percent(mark.place)}" y="{11 + _ROW * row}" dx="{-5 if turned == "before" else 5}"'
        drawn.append(f'<text class="word {turned}" {place}>{escape(mark.word)}</text>')
    named = f'role="img" aria-label="{escape(label)}"'
    size = f'width="100%" height="{_HEIGHT + 44 + above}"'
    return Markup(f'<svg class="histogram" {size} {named}>{"".join(drawn)}</svg>')


def _arranged(marks: Sequence[Mark]) -> list[tuple[Mark, str]]:
    """Order marks from the upper line of words to the lower, each word where it crosses no mark."""
    if not marks:
        return []
    places = [mark.place for mark in marks]
    middle, apart = sum(places) / len(places), max(places) - min(places) > _APART
    # Towards the left, words of later lines pass left of the marks before them; towards the right, the same.
    ordered = sorted(marks, key=lambda mark: mark.place, reverse=middle > 0.5)
    return [(mark, "before" if (mark.place if apart else middle) > 0.5 else "after") for mark in ordered]


def _upright(kind: str, place: float, top: float, bottom: float) -> str:
    x = _percent(place)
    return f'<line class="{kind}" x1="{x}" x2="{x}" y1="{top:g}" y2="{bottom:g}"/>'


def _y(count: float, top: float, above: float) -> float:
    return 18 + above + _HEIGHT * (1 - count / top)


def _percent(share: float) -> str:
    return f"{100 * min(1.0, max(0.0, share)):.4g}%"


def _round_up(most: int) -> int:
    """Give an even number that the axis can end with, not less than the highest bar.

    Examples
    --------
    >>> _round_up(1), _round_up(18), _round_up(431)
    (2, 20, 600)
    """
    size = 1
    while most > 10 * size:
        size *= 10
    return next(step * size for step in (2, 4, 6, 8, 10) if most <= step * size)
