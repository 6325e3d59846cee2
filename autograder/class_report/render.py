"""Writes the report as one HTML file that needs nothing else and lets nothing in."""

from __future__ import annotations

from functools import cache

from jinja2 import Template
from markupsafe import Markup

from autograder.class_report import charts
from autograder.class_report.help_needed import FELL, LEFT, LOW, MOST, QUARTER
from autograder.class_report.item_analysis import WEAK
from autograder.class_report.look_at import NOT_REACHED
from autograder.class_report.page import (
    AnswerResult,
    Arrivals,
    Choice,
    Distribution,
    Duration,
    Head,
    ItemResult,
    Report,
)
from autograder.class_report.statistics import FEWEST, Interval
from autograder.feedback_page.code import code_html
from autograder.feedback_page.markdown import inline_html, statement_html
from autograder.html_page import environment, policy, style

_PACKAGE = "autograder.class_report"


def render(report: Report) -> str:
    """Write a report as HTML."""
    own = style(_PACKAGE, "report.css")
    rules = {"low": LOW, "quarter": QUARTER, "fell": FELL, "left": LEFT, "most": MOST, "fewest": FEWEST}
    return _template().render(
        report=report,
        style=own,
        policy=policy(own),
        rules=rules | {"weak": WEAK, "reached": NOT_REACHED},
        plots=_Plots,
    )


class _Plots:
    """The plots, as the template asks for them."""

    @staticmethod
    def handed_in(head: Head) -> Markup:
        """Draw who handed in, and when, as one bar."""
        everyone = max(1, head.graded + head.ungraded + head.missing)
        parts = {
            "full": head.graded - head.late,
            "none": head.late,
            "some": head.ungraded,
            "left": head.missing,
        }
        return charts.bar([charts.Segment(count / everyone, kind) for kind, count in parts.items()])

    @staticmethod
    def distribution(one: Distribution) -> Markup:
        """Draw how points lie, with mean and median."""
        marks = []
        if one.spread is not None and one.maximum:
            marks.append(charts.Mark(one.spread.median / one.maximum, "median"))
            marks.append(charts.Mark(one.spread.mean / one.maximum, "mean"))
        return charts.histogram(
            f"Points in {one.name}: the table below has the numbers",
            one.bins,
            [f"{10 * number}" for number in range(11)],
            marks,
        )

    @staticmethod
    def item(one: ItemResult) -> Markup:
        """Draw how many have an item in full, in part, not, or did not try it; with the first interval."""
        if not one.count:
            return charts.bar([])
        parts = {"full": one.full, "some": one.some, "none": one.none, "left": one.not_attempted}
        segments = [charts.Segment(count / one.count, kind) for kind, count in parts.items()]
        return charts.bar(segments, one.pass_interval)

    @staticmethod
    def share(share: float, kind: str = "full", limit: float | None = None) -> Markup:
        """Draw a share."""
        return charts.bar([charts.Segment(share, kind)], limit=limit)

    @staticmethod
    def choice(one: Choice, of: AnswerResult) -> Markup:
        """Draw how many gave an answer; a sign that depends on the numbers is counted where it was wrong."""
        return charts.bar([charts.Segment(one.count / of.count, "full" if one.holds else "none")])

    @staticmethod
    def arrivals(one: Arrivals) -> Markup:
        """Draw when work came."""
        late = next((n for n, edge in enumerate(one.edges[:-1]) if edge >= 0), None)
        marks = []
        if one.has_deadline and one.edges[0] <= 0 <= one.edges[-1]:
            width = one.edges[-1] - one.edges[0]
            marks.append(charts.Mark(-one.edges[0] / width, "deadline"))
        return charts.histogram(
            f"When work came, relative to {one.relative_to}: the table below has the numbers",
            one.bins,
            [duration(edge, in_days=one.edges[-1] - one.edges[0] > 48) for edge in one.edges],
            marks,
            late if one.has_deadline else None,
        )

    @staticmethod
    def seconds(one: Duration, all_of_them: tuple[Duration, ...]) -> Markup:
        """Draw how long a test ran: the median, and up to where 95 in 100 are."""
        longest = max(test.high for test in all_of_them) or 1.0
        middle = one.median / longest
        return charts.bar(
            [charts.Segment(middle, "full"), charts.Segment(one.high / longest - middle, "some")]
        )


def duration(hours: float, *, in_days: bool = False) -> str:
    """Write a time relative to another one: in days if asked for or whole, else in hours or minutes.

    Examples
    --------
    >>> duration(-48), duration(0), duration(6), duration(0.25), duration(-36, in_days=True)
    ('−2 d', '0', '+6 h', '+15 min', '−1.5 d')
    """
    if not hours:
        return "0"
    size = abs(hours)
    if in_days or not size % 24:
        text = f"{size / 24:.3g} d"
    else:
        text = f"{size:g} h" if size == int(size) else f"{60 * size:g} min"
    return f"{'−' if hours < 0 else '+'}{text}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}%"


def _percents(interval: Interval | None) -> str:
    if interval is None:
        return "–"
    return f"{100 * interval.low:.0f} to {100 * interval.high:.0f}%"


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def _seconds(value: float) -> str:
    if value < 0.001:
        return "under 1\u00a0ms"
    return f"{1000 * value:.0f}\u00a0ms" if value < 1 else f"{value:.1f}\u00a0s"


def _points(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


@cache
def _template() -> Template:
    made = environment(_PACKAGE)
    made.filters |= {
        "percent": _percent,
        "percents": _percents,
        "signed": _signed,
        "seconds": _seconds,
        "points": _points,
        "duration": duration,
        "markdown": lambda text: Markup(statement_html(text)),
        "inline": lambda text: Markup(inline_html(text)),
        "code": lambda text, label: Markup(code_html(text, label)),
    }
    return made.get_template("report.html")
