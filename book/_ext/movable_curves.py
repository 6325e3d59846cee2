"""Curves over x that one or two sliders change, and a point that runs along them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .figure import Control, Handle, MovableFigure, check_control, check_grid, check_naming, check_words
from .movable_frame import (
    BOTTOM,
    TOP,
    Floats,
    Frame,
    decimals,
    limits_of,
    line_swatches,
    listed,
    number,
    spoken,
    swatch,
)
from .movable_tables import Function, call, check_size, encoded, kept

MOST_CURVES = 4
"""Colours and dash patterns that stay distinguishable; `movable-figure.css` defines as many."""

Slider = tuple[str, ArrayLike]


def curves(
    functions: Mapping[str, Function],
    *,
    x: tuple[str, ArrayLike],
    slider: Slider | Sequence[Slider],
    start: float | Sequence[float],
    marker: tuple[str, ArrayLike, float] | None = None,
    minima: Sequence[str] = (),
    ylabel: str,
    ylim: tuple[float, float] | None = None,
    alt: str = "",
    caption: str = "",
    name: str = "",
) -> MovableFigure:
    """Draw functions of x as curves that one or two sliders change.

    Values are kept to a ten-thousandth of the height of the figure or finer. What is not finite is a gap.

    Parameters
    ----------
    functions
        Up to four functions by name. Each is called as ``f(x, value)``, with two sliders as
        ``f(x, value, other)``, with the whole grid of x and a position of each slider, and returns one number
        per x (or one for all).
    x
        Label of the horizontal axis and the grid.
    slider
        Label of the slider and its positions, or a list of two such pairs.
    start
        Position that the slider starts at; with two sliders, both positions.
    marker
        Label, positions and start of one more slider, which moves a point along every curve. The point can
        also be dragged in the drawing.
    minima
        Names of the functions whose least value over the range of x is marked.
    ylabel
        Label of the vertical axis, with the unit.
    ylim
        Lowest and highest value shown; by default those of all curves.
    alt
        What the figure shows, in words, for readers who can't see it.
    caption
        Text below the figure; ``$…$`` is set as a formula.
    name
        Name that pages refer to, such as ``fig-mse-movable``.

    Raises
    ------
    ValueError
        If an argument can't be used; the message begins with its name.

    Examples
    --------
    >>> from book_ext.movable import per_example
    >>> from solutions import mse
    >>> figure = curves(
    ...     {"loss": per_example(mse)},
    ...     x=("prediction", [0, 1, 2, 3, 4]), slider=("target", [1, 2, 3]), start=2, minima=["loss"],
    ...     ylabel="loss", alt="A parabola that touches zero at the target.",
    ...     caption="Squared error.", name="fig-se",
    ... )
    >>> figure.readout
    'With target = 2: the least loss, 0, is at prediction = 2.'
    """
    check_naming(alt, caption, name)
    check_words("ylabel", ylabel, "label the vertical axis")
    if not 1 <= len(functions) <= MOST_CURVES:
        raise ValueError(f"functions: give one to {MOST_CURVES} functions by name; got {len(functions)}")
    if isinstance(minima, str) or any(label not in functions for label in minima):
        raise ValueError(f"minima: give a list of names of functions, out of {', '.join(functions)}")
    xlabel, grid = check_words("x", x[0], "label the horizontal axis"), check_grid("x", x[1])
    sliders = _sliders(slider, start)
    point = None if marker is None else check_control("marker", *marker)
    if point is not None:
        grid = _with_points(grid, point.positions)

    settings = list(itertools.product(*(control.positions.tolist() for control in sliders)))
    check_size("slider", len(functions), len(settings), grid.size)
    samples = {
        label: np.array([call("functions", label, f, grid, *values) for values in settings])
        for label, f in functions.items()
    }
    limits = (
        check_grid("ylim", ylim)
        if ylim is not None
        else limits_of("functions", np.array(list(samples.values())))
    )
    frame = Frame((float(grid[0]), float(grid[-1])), (float(limits[0]), float(limits[1])))
    places, xplaces = decimals(frame.y), decimals(frame.x) + 1
    tables = {label: kept("functions", rows, places) for label, rows in samples.items()}
    lowest = {label: [_lowest(label, functions[label], grid, v) for v in settings] for label in minima}
    data: dict[str, Any] = {
        "places": places,
        "x": np.round(grid, xplaces).tolist(),
        "xlabel": spoken(xlabel),
        "labels": [control.spoken for control in sliders] + ([point.spoken] if point else []),
        "curves": [{"name": label, "y": encoded(table)} for label, table in tables.items()],
        "minima": [
            {
                "name": label,
                "x": [round(at, xplaces) for at, _ in found],
                "y": [round(least, places) for _, least in found],
                "texts": [[number(least, places), number(at, decimals(frame.x))] for at, least in found],
            }
            for label, found in lowest.items()
        ],
    }
    column = None
    if point is not None:
        data["marker"] = [int(np.argmin(np.abs(grid - position))) for position in point.positions]
        column = data["marker"][point.start]
    setting = int(np.ravel_multi_index([c.start for c in sliders], [c.positions.size for c in sliders]))
    rows = [table[setting] / 10.0**places for table in tables.values()]
    return MovableFigure(
        kind="curves",
        controls=(*sliders, point) if point else sliders,
        handles=(Handle("guide", x=len(sliders)),) if point else (),
        frame=frame,
        data=data,
        drawing=frame.axes(xlabel, ylabel) + frame.inside(name, _drawing(data, frame, rows, setting, column)),
        legend=_legend(list(functions), minima),
        readout=_readout(data, rows, setting, sliders, point, column),
        alt=alt,
        caption=caption,
        name=name,
    )


def _sliders(slider: Slider | Sequence[Slider], start: float | Sequence[float]) -> tuple[Control, ...]:
    """One or two sliders, each at its start."""
    pairs: Sequence[Any] = [slider] if len(slider) > 0 and isinstance(slider[0], str) else slider
    starts: Sequence[Any] = list(start) if isinstance(start, Iterable) else [start]
    if len(pairs) not in (1, 2) or any(len(pair) != 2 for pair in pairs):
        raise ValueError("slider: give a label and positions, or a list of two such pairs")
    if len(starts) != len(pairs):
        raise ValueError(f"start: give a position for each of the {len(pairs)} sliders; got {len(starts)}")
    return tuple(
        check_control("slider", label, positions, value, start_argument="start")
        for (label, positions), value in zip(pairs, starts, strict=True)
    )


def _with_points(grid: Floats, points: Floats) -> Floats:
    """Add the marker's positions to the grid, so that the marker stands on computed values only."""
    slack = 1e-9 * (grid[-1] - grid[0])
    if points[0] < grid[0] - slack or points[-1] > grid[-1] + slack:
        raise ValueError(f"marker: its positions leave the range of x, {grid[0]:g} to {grid[-1]:g}")
    missing = [point for point in points if np.abs(grid - point).min() > slack]
    return np.sort(np.concatenate([grid, missing]))


def _lowest(label: str, f: Function, grid: Floats, values: Sequence[float]) -> tuple[float, float]:
    """Where a function is least in the range of the grid: the best point, then finer grids around it."""
    for _ in range(4):
        y = call("minima", label, f, grid, *values)
        best = int(np.argmin(np.where(np.isnan(y), np.inf, y)))
        if not np.isfinite(y[best]):
            raise ValueError(f"minima: {label!r} has no least value at {', '.join(f'{v:g}' for v in values)}")
        at, least = float(grid[best]), float(y[best])
        grid = np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)], 101)
    return at, least


def _drawing(
    data: dict[str, Any], frame: Frame, rows: Sequence[Floats], setting: int, column: int | None
) -> str:
    """What moves, at the start position; the script changes the parts that carry data-part."""
    parts = [
        f'<path class="movable-line movable-{i}" data-part="line-{i}" d="{frame.path(data["x"], row)}"/>'
        for i, row in enumerate(rows)
    ]
    for i, lowest in enumerate(data["minima"]):
        at, least = lowest["x"][setting], lowest["y"][setting]
        parts.append(frame.circle("movable-minimum", f"minimum-{i}", 7, at, least))
    if column is not None:
        at = data["x"][column]
        place = f"{frame.across(at):.1f}"
        parts.append(f'<path class="movable-guide" data-part="guide" d="M{place} {TOP}V{BOTTOM}"/>')
        for i, row in enumerate(rows):
            parts.append(
                frame.circle(f"movable-point movable-{i}", f"point-{i}", 4.5, at, float(row[column]))
            )
    return "".join(parts)


def _legend(names: Sequence[str], minima: Sequence[str]) -> str:
    ring = '<circle class="movable-minimum" cx="8" cy="8" r="6"/>'
    meaning = f"least {minima[0]}" if len(minima) == 1 else "least values"
    return line_swatches(names) + (swatch(ring, meaning, 16) if minima else "")


def _readout(
    data: dict[str, Any],
    rows: Sequence[Floats],
    setting: int,
    sliders: Sequence[Control],
    point: Control | None,
    column: int | None,
) -> str:
    """The start position in words; the script says the same sentence for every other position."""
    where = [f"{control.spoken} = {control.text}" for control in ([point] if point else []) + [*sliders]]
    clauses = []
    if column is not None:
        values = [number(float(row[column]), data["places"]) for row in rows]
        clauses.append(", ".join(f"{c['name']} {v}" for c, v in zip(data["curves"], values, strict=True)))
    for lowest in data["minima"]:
        least, at = lowest["texts"][setting]
        clauses.append(f"the least {lowest['name']}, {least}, is at {data['xlabel']} = {at}")
    return f"With {listed(where)}" + (f": {'; '.join(clauses)}." if clauses else ".")
