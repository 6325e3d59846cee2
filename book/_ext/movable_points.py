"""Data points on a number line that can be dragged, and the prediction that each loss would make for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .figure import Control, Handle, MovableFigure, check_control, check_grid, check_naming, check_words
from .movable_curves import MOST_CURVES
from .movable_frame import (
    BOTTOM,
    Floats,
    Frame,
    decimals,
    grip,
    limits_of,
    line_swatches,
    listed,
    number,
    spoken,
    swatch,
)
from .movable_tables import Function, call, check_size, encoded, kept

MOST_POINTS = 8
RADIUS = 7.0
FINER = 2
"""Decimal places of the table beyond what is read out, so that neighbouring predictions differ."""


def points(
    losses: Mapping[str, Function],
    *,
    candidates: tuple[str, ArrayLike],
    targets: tuple[str, ArrayLike],
    start: Sequence[float],
    slider: tuple[str, ArrayLike, float] | None = None,
    ylabel: str,
    ylim: tuple[float, float] | None = None,
    alt: str = "",
    caption: str = "",
    name: str = "",
) -> MovableFigure:
    """Draw the mean loss of one prediction for several data points, which can be dragged.

    The losses are tabulated for every candidate and every position of a point. A mean over the points is
    then a mean of rows of the table, and its least value is searched among the candidates. Several
    neighbouring candidates that are equally good are told as an interval.

    Parameters
    ----------
    losses
        Up to four losses by name. Each is called as ``f(prediction, target)`` with two arrays of one shape,
        with a slider as ``f(prediction, target, value)``, and returns one loss per element.
    candidates
        Label of the horizontal axis and the predictions that are tried. They include every position of the
        targets and are at least twice as fine.
    targets
        Label of the data points, which are counted from 1, and the positions that they can take.
    start
        Positions at which the points start, one to eight.
    slider
        Label, positions and start of a slider for a parameter of the losses.
    ylabel
        Label of the vertical axis, with the unit.
    ylim
        Lowest and highest value shown; by default those of the mean losses at the start.
    alt
        What the figure shows, in words, for readers who can't see it.
    caption
        Text below the figure; ``$…$`` is set as a formula.
    name
        Name that pages refer to, such as ``fig-mean-median``.

    Raises
    ------
    ValueError
        If an argument can't be used; the message begins with its name.

    Examples
    --------
    >>> from book_ext.movable import per_example
    >>> from solutions import mae
    >>> figure = points(
    ...     {"absolute error": per_example(mae)},
    ...     candidates=("c", np.linspace(0, 9, 91)), targets=("value", np.arange(10)), start=[1, 2, 5, 8],
    ...     ylabel="mean loss", alt="A line with bends, lowest between the middle points.",
    ...     caption="The median.", name="fig-median",
    ... )
    >>> figure.readout
    'With the points at 1, 2, 5 and 8: the least mean absolute error, 2.5, is anywhere from c = 2 to 5.'
    """
    check_naming(alt, caption, name)
    check_words("ylabel", ylabel, "label the vertical axis")
    if not 1 <= len(losses) <= MOST_CURVES:
        raise ValueError(f"losses: give one to {MOST_CURVES} losses by name; got {len(losses)}")
    xlabel = check_words("candidates", candidates[0], "label the horizontal axis")
    grid = check_grid("candidates", candidates[1])
    label = check_words("targets", targets[0], "label the data points")
    positions = check_grid("targets", targets[1])
    if not 1 <= len(start) <= MOST_POINTS:
        raise ValueError(f"start: give positions of one to {MOST_POINTS} points; got {len(start)}")
    _check_fineness(grid, positions)
    handles = [
        check_control("targets", f"{label} {i + 1}", positions, value, start_argument="start")
        for i, value in enumerate(start)
    ]
    parameter = None if slider is None else check_control("slider", *slider)

    settings: list[list[float]] = [[]] if parameter is None else [[v] for v in parameter.positions.tolist()]
    check_size("targets", len(losses), len(settings), positions.size, grid.size)
    prediction, target = np.meshgrid(grid, positions)
    tables = {
        name_of: np.array([call("losses", name_of, f, prediction, target, *values) for values in settings])
        for name_of, f in losses.items()
    }
    here = 0 if parameter is None else parameter.start
    rows = [handle.start for handle in handles]
    means = np.array([table[here][rows].mean(axis=0) for table in tables.values()])
    limits = check_grid("ylim", ylim) if ylim is not None else limits_of("losses", means)
    frame = Frame((float(grid[0]), float(grid[-1])), (float(limits[0]), float(limits[1])))
    read, xplaces = decimals(frame.y), decimals(frame.x)
    whole = {name_of: kept("losses", table, read + FINER) for name_of, table in tables.items()}

    data = {
        "places": read,
        "finer": FINER,
        "radius": RADIUS,
        "candidates": np.round(grid, xplaces + 1).tolist(),
        "xplaces": xplaces,
        "xlabel": spoken(xlabel),
        "slider": None if parameter is None else parameter.spoken,
        "losses": [{"name": name_of, "table": encoded(table)} for name_of, table in whole.items()],
    }
    sums = [table[here][rows].sum(axis=0) for table in whole.values()]
    minima = [least(total, len(rows)) for total in sums]
    return MovableFigure(
        kind="points",
        controls=(*handles, parameter) if parameter else tuple(handles),
        handles=tuple(Handle(f"handle-{i}", x=i) for i in range(len(handles))),
        frame=frame,
        data=data,
        drawing=_drawing(
            frame, name, xlabel, ylabel, grid, sums, minima, 10.0 ** (read + FINER), positions[rows]
        ),
        legend=_legend(list(losses)),
        readout=_readout(data, grid, sums, minima, [h.text for h in handles], parameter),
        alt=alt,
        caption=caption,
        name=name,
    )


def _check_fineness(candidates: Floats, targets: Floats) -> None:
    """Insist on what it takes to tell a flat minimum, between two targets, from a single one."""
    slack = 1e-9 * (candidates[-1] - candidates[0])
    missing = [target for target in targets if np.abs(candidates - target).min() > slack]
    if missing:
        raise ValueError(f"candidates: they must include every target, and {missing[0]:g} is missing")
    widest, narrowest = float(np.diff(candidates).max()), float(np.diff(targets).min())
    if 2 * widest > narrowest * (1 + 1e-9):
        raise ValueError(
            f"candidates: make them at least twice as fine as the targets, which lie {narrowest:g} apart; "
            f"a step of {widest:g} is too wide to tell one minimum from a whole interval"
        )


def least(total: Floats, count: int) -> list[tuple[int, int]]:
    """Where a sum of `count` rounded rows is least: first and last index of each run of equal values.

    Each row is rounded to whole numbers, off by at most ½. So two sums that should be equal differ by at most
    `count`.
    """
    comparable = np.where(np.isnan(total), np.inf, total)
    lowest = comparable.min()
    if not np.isfinite(lowest):
        return []
    best = np.flatnonzero(comparable <= lowest + count)
    breaks = np.flatnonzero(np.diff(best) > 1) + 1
    return [(int(run[0]), int(run[-1])) for run in np.split(best, breaks)]


def ends(run: tuple[int, int], candidates: Floats) -> tuple[float, float]:
    """Ends of the interval of equally good predictions; two equal neighbours enclose one minimum."""
    low, high = float(candidates[run[0]]), float(candidates[run[1]])
    return ((low + high) / 2,) * 2 if run[1] - run[0] == 1 else (low, high)


def rings(frame: Frame, runs: Sequence[tuple[int, int]], candidates: Floats, value: float) -> str:
    """Path of a ring around each minimum, drawn out to a capsule where the minimum is flat."""
    parts = []
    for run in runs:
        low, high = (frame.across(end) for end in ends(run, candidates))
        top, bottom = frame.down(value) - RADIUS, frame.down(value) + RADIUS
        arc = f"A{RADIUS:g} {RADIUS:g} 0 0 1"
        parts.append(f"M{low:.1f} {top:.1f}H{high:.1f}{arc} {high:.1f} {bottom:.1f}")
        parts.append(f"H{low:.1f}{arc} {low:.1f} {top:.1f}Z")
    return "".join(parts)


def _drawing(
    frame: Frame,
    name: str,
    xlabel: str,
    ylabel: str,
    candidates: Floats,
    sums: Sequence[Floats],
    minima: Sequence[list[tuple[int, int]]],
    scale: float,
    positions: Floats,
) -> str:
    """The SVG at the start position; the script changes the parts that carry data-part."""
    count = len(positions)
    lines, marks = "", ""
    for i, (total, runs) in enumerate(zip(sums, minima, strict=True)):
        mean = total / count / scale
        line = frame.path(candidates, mean)
        lines += f'<path class="movable-line movable-{i}" data-part="line-{i}" d="{line}"/>'
        ring = rings(frame, runs, candidates, float(np.nanmin(mean))) if runs else ""
        marks += f'<path class="movable-minimum movable-{i}" data-part="minimum-{i}" d="{ring}"/>'
    handles = "".join(
        grip(f"handle-{i}", frame.across(position), BOTTOM, RADIUS) for i, position in enumerate(positions)
    )
    return frame.axes(xlabel, ylabel) + frame.inside(name, lines + marks) + handles


def _legend(names: Sequence[str]) -> str:
    datum = '<circle class="movable-datum" cx="8" cy="8" r="6"/>'
    ring = '<circle class="movable-minimum" cx="8" cy="8" r="6"/>'
    means = line_swatches([f"mean {name}" for name in names])
    return means + swatch(ring, "least value", 16) + swatch(datum, "data points", 16)


def _readout(
    data: dict[str, Any],
    candidates: Floats,
    sums: Sequence[Floats],
    minima: Sequence[list[tuple[int, int]]],
    texts: Sequence[str],
    parameter: Control | None,
) -> str:
    """The start position in words; the script says the same sentence for every other position."""
    where = f"With the points at {listed(texts)}"
    if parameter is not None:
        where += f", and {parameter.spoken} = {parameter.text}"
    clauses = []
    for loss, total, runs in zip(data["losses"], sums, minima, strict=True):
        if not runs:
            clauses.append(f"the mean {loss['name']} is nowhere finite")
            continue
        # Halves are rounded up, as in the browser.
        lowest = np.floor(np.nanmin(total) / len(texts) / 10 ** data["finer"] + 0.5) / 10.0 ** data["places"]
        spots = []
        for run in runs:
            low, high = (number(end, data["xplaces"]) for end in ends(run, candidates))
            spots.append(
                f"at {data['xlabel']} = {low}"
                if low == high
                else f"anywhere from {data['xlabel']} = {low} to {high}"
            )
        clauses.append(
            f"the least mean {loss['name']}, {number(float(lowest), data['places'])}, is {' or '.join(spots)}"
        )
    return f"{where}: {'; '.join(clauses)}."
