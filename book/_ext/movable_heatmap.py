"""A loss over two parameters as contour bands, with a point that moves in both directions."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, cast

import contourpy
import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from .figure import Control, Handle, MovableFigure, check_control, check_grid, check_naming, check_words
from .movable_frame import Floats, Frame, decimals, grip, limits_of, listed, number, swatch
from .movable_tables import Function, call, check_size, encoded, kept

FINE = 61
"""Points along each axis of the grid on which contours are computed."""

MOST_LEVELS = 10
OPACITY = 0.1
"""Of one band. Each level covers what is above it, so that the colour gets stronger from band to band."""

Gradient = Callable[..., Sequence[ArrayLike]]


def heatmap(
    function: Function,
    *,
    x: tuple[str, ArrayLike, float],
    y: tuple[str, ArrayLike, float],
    slider: tuple[str, ArrayLike, float] | None = None,
    label: str,
    levels: ArrayLike | None = None,
    gradient: Gradient | None = None,
    step: float = 0.1,
    minimum: bool = False,
    alt: str = "",
    caption: str = "",
    name: str = "",
) -> MovableFigure:
    """Draw a function of two parameters as contour bands, with a point that can be moved over them.

    Parameters
    ----------
    function
        Called as ``f(x, y)`` with two arrays of one shape, with a slider as ``f(x, y, value)``; returns one
        value per element.
    x, y
        Label, positions and start of the point along the horizontal and the vertical axis.
    slider
        Label, positions and start of a slider for a parameter of the function.
    label
        What the function is, such as ``"mean squared error"``.
    levels
        Increasing values at which bands begin, at most ten; by default round numbers.
    gradient
        Called like the function; returns the two components of the gradient. An arrow then shows one step of
        steepest descent.
    step
        Learning rate of that step: the arrow ends at the point minus ``step`` times the gradient.
    minimum
        Whether the least value is marked and told.
    alt
        What the figure shows, in words, for readers who can't see it.
    caption
        Text below the figure; ``$…$`` is set as a formula.
    name
        Name that pages refer to, such as ``fig-bowl``.

    Raises
    ------
    ValueError
        If an argument can't be used; the message begins with its name.

    Examples
    --------
    >>> figure = heatmap(
    ...     lambda x, y: x**2 + 4 * y**2, gradient=lambda x, y: (2 * x, 8 * y), minimum=True,
    ...     x=("x", np.linspace(-2, 2, 21), 1), y=("y", np.linspace(-1, 1, 21), 0.5), label="height",
    ...     alt="Nested ellipses around the origin.", caption="A bowl.", name="fig-bowl",
    ... )
    >>> figure.readout
    'With x = 1 and y = 0.5: height 2, gradient (2, 4); the least height, 0, is at x = 0 and y = 0.'
    """
    check_naming(alt, caption, name)
    check_words("label", label, "say what the function is")
    across, up = check_control("x", *x), check_control("y", *y)
    parameter = None if slider is None else check_control("slider", *slider)
    if not np.isfinite(step) or step <= 0:
        raise ValueError(f"step: give a positive learning rate; got {step!r}")
    settings: list[list[float]] = [[]] if parameter is None else [[v] for v in parameter.positions.tolist()]
    components = 3 if gradient else 1
    check_size("x", components, len(settings), across.positions.size, up.positions.size)

    plane = np.meshgrid(across.positions, up.positions)
    values = np.array([call("function", label, function, *plane, *s) for s in settings])
    places = decimals(limits_of("function", values))
    whole = kept("function", values, places)
    frame = Frame(_range(across), _range(up))
    bands = _levels(levels, values)
    data: dict[str, Any] = {
        "places": places,
        "label": label,
        "labels": [control.spoken for control in (across, up, parameter) if control],
        "values": encoded(whole),
    }
    here = 0 if parameter is None else parameter.start
    spot = (here, up.start, across.start)
    slope = None
    if gradient is not None:
        slopes = _slopes(gradient, plane, settings)
        data["gplaces"] = [decimals(limits_of("gradient", component)) for component in slopes]
        slope = [float(component[spot]) for component in slopes]
        data["gradient"] = [
            encoded(kept("gradient", s, p)) for s, p in zip(slopes, data["gplaces"], strict=True)
        ]
        data["step"] = step
    if minimum:
        data["minima"] = [_lowest(label, function, across, up, s, places) for s in settings]
    contours = [_contours(function, label, frame, bands, s) for s in settings]
    if parameter is not None:
        data["contours"] = contours
    return MovableFigure(
        kind="heatmap",
        controls=(across, up, parameter) if parameter else (across, up),
        handles=(Handle("handle", x=0, y=1),),
        frame=frame,
        data=data,
        drawing=_drawing(data, frame, name, across, up, contours[here], here, slope),
        legend=_legend(bands, label, step if gradient else None, minimum),
        readout=_readout(data, float(whole[spot]) / 10.0**places, slope, across, up, parameter, here),
        alt=alt,
        caption=caption,
        name=name,
    )


def _range(control: Control) -> tuple[float, float]:
    return float(control.positions[0]), float(control.positions[-1])


def _levels(levels: ArrayLike | None, values: Floats) -> Floats:
    if levels is None:
        finite = values[np.isfinite(values)]
        return np.asarray(
            MaxNLocator(nbins=8).tick_values(finite.min(), finite.max())[1:-1], dtype=np.float64
        )
    bands = check_grid("levels", levels)
    if bands.size > MOST_LEVELS:
        raise ValueError(f"levels: give at most {MOST_LEVELS}; got {bands.size}")
    return bands


def _slopes(gradient: Gradient, plane: Sequence[Floats], settings: Sequence[list[float]]) -> Floats:
    """Both components of the gradient at every position: component, setting, y, x."""

    def component(i: int) -> Function:
        def values(*inputs: Any) -> ArrayLike:
            both = gradient(*inputs)
            if len(both) != 2:
                raise ValueError(f"it must return two components; got {len(both)}")
            return both[i]

        return values

    return np.array(
        [[call("gradient", f"component {i}", component(i), *plane, *s) for s in settings] for i in (0, 1)]
    )


def _lowest(
    label: str, function: Function, across: Control, up: Control, setting: list[float], places: int
) -> dict[str, Any]:
    """Where the function is least in the frame: the best point of a grid, then of finer grids around it."""
    x, y = across.positions, up.positions
    for _ in range(5):
        values = call("function", label, function, *np.meshgrid(x, y), *setting)
        row, column = np.unravel_index(np.argmin(np.where(np.isnan(values), np.inf, values)), values.shape)
        spot = float(x[column]), float(y[row])
        x, y = _around(x, int(column)), _around(y, int(row))
    value = float(values[row, column])
    texts = [number(v, p) for v, p in ((value, places), (spot[0], across.places), (spot[1], up.places))]
    return {"x": round(spot[0], across.places + 1), "y": round(spot[1], up.places + 1), "texts": texts}


def _around(grid: Floats, best: int) -> Floats:
    return np.linspace(grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)], 31)


def _contours(
    function: Function, label: str, frame: Frame, levels: Floats, setting: list[float]
) -> list[str]:
    """Path data of the region at or above each level; parts without a value are left out."""
    x, y = np.linspace(*frame.x, FINE), np.linspace(*frame.y, FINE)
    values = call("function", label, function, *np.meshgrid(x, y), *setting)
    generator = contourpy.contour_generator(
        x, y, np.ma.masked_invalid(values), fill_type=contourpy.FillType.OuterOffset
    )
    paths = []
    for level in levels:
        filled = cast("tuple[list[Floats], list[NDArray[np.uint32]]]", generator.filled(level, np.inf))
        path = ""
        for outline, offset in zip(*filled, strict=True):
            places = [f"{frame.across(a):.1f} {frame.down(b):.1f}" for a, b in outline]
            for first, after in itertools.pairwise(offset.tolist()):
                path += f"M{'L'.join(places[first:after])}Z"
        paths.append(path)
    return paths


def _drawing(
    data: dict[str, Any],
    frame: Frame,
    name: str,
    across: Control,
    up: Control,
    contours: Sequence[str],
    here: int,
    slope: Sequence[float] | None,
) -> str:
    """The SVG at the start position; the script changes the parts that carry data-part."""
    inner = "".join(
        f'<path class="movable-band" data-part="level-{i}" fill-opacity="{OPACITY}" d="{path}"/>'
        for i, path in enumerate(contours)
    )
    if "minima" in data:
        lowest = data["minima"][here]
        inner += frame.circle("movable-minimum", "minimum", 7, lowest["x"], lowest["y"])
    at = frame.across(across.value), frame.down(up.value)
    if slope is not None:
        tip = (
            frame.across(across.value - data["step"] * slope[0]),
            frame.down(up.value - data["step"] * slope[1]),
        )
        inner += f'<path class="movable-arrow" data-part="arrow" d="{arrow(at, tip)}"/>'
    return (
        frame.axes(across.label, up.label) + frame.inside(name, inner) + grip("handle", *at, 6, upright=True)
    )


def arrow(start: tuple[float, float], tip: tuple[float, float]) -> str:
    """Path data of an arrow; its head is never longer than the arrow."""
    dx, dy = tip[0] - start[0], tip[1] - start[1]
    length = float(np.hypot(dx, dy))
    if not 0.5 <= length < np.inf:
        return ""
    along, aside = min(9.0, length) / length, min(9.0, length) / length * 0.45
    wings = [(tip[0] - along * dx - s * aside * dy, tip[1] - along * dy + s * aside * dx) for s in (1, -1)]
    (a, b), (c, d) = wings
    shaft = f"M{start[0]:.1f} {start[1]:.1f}L{tip[0]:.1f} {tip[1]:.1f}"
    return f"{shaft}M{a:.1f} {b:.1f}L{tip[0]:.1f} {tip[1]:.1f}L{c:.1f} {d:.1f}"


def _legend(levels: Floats, label: str, step: float | None, minimum: bool) -> str:
    """Key of the colours with the levels as numbers, and the symbols."""
    places = decimals((0.0, float(np.diff(levels).min())))
    width = 300 / (levels.size + 1)
    told = [number(float(level), places) for level in levels]
    bars = ""
    for i, text in enumerate(told):
        at = 10 + width * (i + 1)
        place = f'x="{at:.1f}" y="3" width="{310 - at:.1f}" height="12"'
        bars += f'<rect class="movable-band" fill-opacity="{OPACITY}" {place}/>'
        bars += f'<text x="{at:.1f}" y="27" text-anchor="middle">{text}</text>'
    words = escape(f"Colour key: the colour gets stronger where the {label} exceeds {listed(told)}")
    frame = '<rect class="movable-key-frame" x="10" y="3" width="300" height="12"/>'
    key = f'<svg class="movable-key" viewBox="0 0 320 30" role="img" aria-label="{words}">{bars}{frame}</svg>'
    parts = [f'<li class="movable-key-item"><span>{escape(label)}</span>{key}</li>']
    parts.append(swatch('<circle class="movable-datum" cx="8" cy="8" r="6"/>', "your choice", 16))
    if step is not None:
        parts.append(
            swatch(
                f'<path class="movable-arrow" d="{arrow((1, 8), (30, 8))}"/>',
                f"one step of gradient descent, learning rate {step:g}",
            )
        )
    if minimum:
        parts.append(swatch('<circle class="movable-minimum" cx="8" cy="8" r="6"/>', f"least {label}", 16))
    return "".join(parts)


def _readout(
    data: dict[str, Any],
    value: float,
    slope: Sequence[float] | None,
    across: Control,
    up: Control,
    parameter: Control | None,
    here: int,
) -> str:
    """The start position in words; the script says the same sentence for every other position."""
    where = [f"{control.spoken} = {control.text}" for control in (across, up, parameter) if control]
    clause = f"{data['label']} {number(value, data['places'])}"
    if slope is not None:
        told = [number(s, p) for s, p in zip(slope, data["gplaces"], strict=True)]
        clause += f", gradient ({', '.join(told)})"
    if "minima" in data:
        least, x, y = data["minima"][here]["texts"]
        clause += f"; the least {data['label']}, {least}, is at {across.spoken} = {x} and {up.spoken} = {y}"
    return f"With {listed(where)}: {clause}."
