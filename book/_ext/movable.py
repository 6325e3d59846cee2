"""Movable figures for a chapter: write the functions, get sliders that work in the static page.

Every number that the page shows is computed here, by the author's own functions; the browser looks it up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .figure import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Control,
    Floats,
    Frame,
    MovableFigure,
    check_control,
    check_grid,
    check_name,
    check_words,
    decimals,
    number,
    rounded,
)

Function = Callable[[Any, Any], ArrayLike]

MOST_CURVES = 4
"""Colours and dash patterns that stay distinguishable; `movable-figure.css` defines as many."""


def curves(
    functions: Mapping[str, Function],
    *,
    x: tuple[str, ArrayLike],
    slider: tuple[str, ArrayLike],
    start: float,
    marker: tuple[str, ArrayLike, float] | None = None,
    minima: Sequence[str] = (),
    ylabel: str,
    ylim: tuple[float, float] | None = None,
    alt: str = "",
    caption: str = "",
    name: str = "",
) -> MovableFigure:
    """Draw functions of x as curves that a slider moves.

    Values are kept to a ten-thousandth of the height of the figure or finer. What is not finite is a gap.

    Parameters
    ----------
    functions
        Up to four functions by name. Each is called as ``f(x, value)`` with the whole grid of x and one
        slider position, and returns one number per x (or one for all).
    x
        Label of the horizontal axis and the grid.
    slider
        Label of the slider and its positions.
    start
        Position that the slider starts at.
    marker
        Label, positions and start of a second slider, which moves a point along every curve.
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
    >>> figure = curves(
    ...     {"loss": lambda y_pred, y_true: (y_pred - y_true) ** 2},
    ...     x=("prediction", [0, 1, 2, 3, 4]), slider=("target", [1, 2, 3]), start=2, minima=["loss"],
    ...     ylabel="loss", alt="A parabola that touches zero at the target.",
    ...     caption="Squared error.", name="fig-se",
    ... )
    >>> figure.readout
    'With target = 2: the least loss, 0, is at prediction = 2.'
    """
    check_words("alt", alt, "say what the figure shows, for readers who can't see it")
    check_words("caption", caption, "give the text below the figure")
    check_name(name)
    check_words("ylabel", ylabel, "label the vertical axis")
    if not 1 <= len(functions) <= MOST_CURVES:
        raise ValueError(f"functions: give one to {MOST_CURVES} functions by name; got {len(functions)}")
    if isinstance(minima, str) or any(label not in functions for label in minima):
        raise ValueError(f"minima: give a list of names of functions, out of {', '.join(functions)}")
    xlabel, grid = check_words("x", x[0], "label the horizontal axis"), check_grid("x", x[1])
    parameter = check_control("slider", *slider, start, start_argument="start")
    point = None if marker is None else check_control("marker", *marker, start_argument="marker")
    if point is not None:
        grid = _with_points(grid, point.positions)

    samples = {label: _sample(label, f, grid, parameter) for label, f in functions.items()}
    frame = Frame((float(grid[0]), float(grid[-1])), _limits(ylim, samples))
    places = decimals(frame.y)
    data: dict[str, Any] = {
        "frame": frame.as_data(),
        "x": rounded(grid, decimals(frame.x) + 1),
        "xlabel": xlabel,
        "labels": [parameter.label] if point is None else [parameter.label, point.label],
        "curves": [
            {"name": label, "y": [rounded(row, places) for row in rows]} for label, rows in samples.items()
        ],
    }
    if point is not None:
        data["marker"] = [int(np.argmin(np.abs(grid - position))) for position in point.positions]
    data["minima"] = []
    for label in minima:
        lowest = [_lowest(functions[label], grid, float(value)) for value in parameter.positions]
        data["minima"].append(
            {
                "name": label,
                "x": rounded(np.array([at for at, _ in lowest]), decimals(frame.x) + 1),
                "y": rounded(np.array([value for _, value in lowest]), places),
                "texts": [[number(value, places), number(at, decimals(frame.x))] for at, value in lowest],
            }
        )
    return MovableFigure(
        kind="curves",
        controls=(parameter,) if point is None else (parameter, point),
        data=data,
        drawing=_drawing(data, frame, name, ylabel, parameter, point),
        legend=_legend(list(functions), minima),
        readout=_readout(data, places, parameter, point),
        alt=alt,
        caption=caption,
        name=name,
    )


def _with_points(grid: Floats, points: Floats) -> Floats:
    """Add the marker's positions to the grid, so that the marker stands on computed values only."""
    slack = 1e-9 * (grid[-1] - grid[0])
    if points[0] < grid[0] - slack or points[-1] > grid[-1] + slack:
        raise ValueError(f"marker: its positions leave the range of x, {grid[0]:g} to {grid[-1]:g}")
    missing = [point for point in points if np.abs(grid - point).min() > slack]
    return np.sort(np.concatenate([grid, missing]))


def _sample(label: str, f: Function, grid: Floats, parameter: Control) -> Floats:
    """Compute one curve at every slider position: one row each."""
    rows = []
    for value in parameter.positions:
        try:
            with np.errstate(all="ignore"):
                result = np.asarray(f(grid.copy(), float(value)), dtype=np.float64)
            rows.append(np.broadcast_to(result, grid.shape))
        except Exception as error:
            raise ValueError(
                f"functions: {label!r} fails at {parameter.label} = {value:g}: {error}"
            ) from error
    return np.array(rows)


def _limits(ylim: tuple[float, float] | None, samples: Mapping[str, Floats]) -> tuple[float, float]:
    if ylim is not None:
        low, high = check_grid("ylim", ylim)
        return float(low), float(high)
    values = np.concatenate([rows.ravel() for rows in samples.values()])
    values = values[np.isfinite(values)]
    if values.size == 0:
        raise ValueError("functions: no value is finite, so there is nothing to draw")
    margin = 0.05 * float(np.ptp(values)) or 1.0
    return float(values.min()) - margin, float(values.max()) + margin


def _lowest(f: Function, grid: Floats, value: float) -> tuple[float, float]:
    """Where a function is least in the range of the grid: the best point, then finer grids around it."""
    for _ in range(4):
        with np.errstate(all="ignore"):
            y = np.broadcast_to(np.asarray(f(grid.copy(), value), dtype=np.float64), grid.shape)
        if np.isnan(y).all():
            raise ValueError(f"minima: the function has no value at all for slider position {value:g}")
        best = int(np.nanargmin(y))
        at, least = float(grid[best]), float(y[best])
        grid = np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)], 101)
    return at, least


def _drawing(
    data: dict[str, Any], frame: Frame, name: str, ylabel: str, parameter: Control, point: Control | None
) -> str:
    """The SVG at the start position; the script moves the parts that carry data-part."""
    window = f'<rect x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" height="{BOTTOM - TOP}"/>'
    parts = [
        frame.axes(data["xlabel"], ylabel),
        f'<clipPath id="{name}-clip">{window}</clipPath><g clip-path="url(#{name}-clip)">',
    ]
    rows = [curve["y"][parameter.start] for curve in data["curves"]]
    for i, row in enumerate(rows):
        parts.append(
            f'<path class="movable-line movable-{i}" data-part="line-{i}" d="{frame.path(data["x"], row)}"/>'
        )
    for i, lowest in enumerate(data["minima"]):
        place = _centre(frame, lowest["x"][parameter.start], lowest["y"][parameter.start])
        parts.append(f'<circle class="movable-minimum" data-part="minimum-{i}" r="7" {place}/>')
    if point is not None:
        column = data["marker"][point.start]
        at = data["x"][column]
        parts.append(
            f'<path class="movable-guide" data-part="guide" d="M{frame.across(at):.1f} {TOP}V{BOTTOM}"/>'
        )
        for i, row in enumerate(rows):
            place = _centre(frame, at, row[column])
            parts.append(f'<circle class="movable-point movable-{i}" data-part="point-{i}" r="4.5" {place}/>')
    return "".join(parts) + "</g>"


def _centre(frame: Frame, x: float, y: float | None) -> str:
    if y is None:
        return f'cx="{frame.across(x):.1f}" cy="0" visibility="hidden"'
    return f'cx="{frame.across(x):.1f}" cy="{frame.down(y):.1f}" visibility="visible"'


def _legend(names: Sequence[str], minima: Sequence[str]) -> str:
    items = [
        f'<li><svg viewBox="0 0 32 10" aria-hidden="true">'
        f'<path class="movable-line movable-{i}" d="M1 5H31"/></svg>{escape(label)}</li>'
        for i, label in enumerate(names)
    ]
    if minima:
        ring = '<circle class="movable-minimum" cx="8" cy="8" r="6"/>'
        meaning = f"least {escape(minima[0])}" if len(minima) == 1 else "least values"
        items.append(f'<li><svg viewBox="0 0 16 16" aria-hidden="true">{ring}</svg>{meaning}</li>')
    return "".join(items)


def _readout(data: dict[str, Any], places: int, parameter: Control, point: Control | None) -> str:
    """The start position in words; the script says the same sentence for every other position."""
    where = f"{parameter.label} = {parameter.texts[parameter.start]}"
    clauses = []
    if point is not None:
        column = data["marker"][point.start]
        values = [f"{c['name']} {number(c['y'][parameter.start][column], places)}" for c in data["curves"]]
        where = f"{point.label} = {point.texts[point.start]} and {where}"
        clauses.append(", ".join(values))
    for lowest in data["minima"]:
        least, at = lowest["texts"][parameter.start]
        clauses.append(f"the least {lowest['name']}, {least}, is at {data['xlabel']} = {at}")
    return f"With {where}" + (f": {'; '.join(clauses)}." if clauses else ".")
