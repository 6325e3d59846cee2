"""What every movable figure shares: sliders, a frame with axes, a readout in words, and its HTML.

A kind of figure (curves today) brings its drawing at the start position, as SVG, and its numbers, as JSON.
The script of the same kind in `movable-figure.js` redraws from those numbers and knows no formula.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

STATIC = Path(__file__).resolve().parent.parent / "_static"
PAGE_ASSETS = "BOOK_PAGE_ASSETS"
"""Environment variable set by the book's build: the page loads script and style, no output carries them."""

WIDTH, HEIGHT = 400, 280
LEFT, RIGHT, TOP, BOTTOM = 54, 390, 10, 232

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Control:
    """A slider: what it stands for, the positions it can take, and the index of the one it starts at."""

    label: str
    positions: Floats
    start: int

    @property
    def texts(self) -> list[str]:
        """Every position as it is read out."""
        places = decimals(self.positions)
        return [number(position, places) for position in self.positions]

    def html(self, element_id: str) -> str:
        """Write the slider as a native range input with a visible label."""
        text = escape(self.texts[self.start])
        return (
            f'<div class="movable-control"><label for="{element_id}">{escape(self.label)}</label>'
            f'<input type="range" id="{element_id}" min="0" max="{len(self.positions) - 1}" step="1" '
            f'value="{self.start}" aria-valuetext="{text}" autocomplete="off">'
            f'<span class="movable-value" aria-hidden="true">{text}</span></div>'
        )


@dataclass(frozen=True)
class Frame:
    """The rectangle that is drawn in, and the ranges of x and y that it shows."""

    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, value: float) -> float:
        """Horizontal place of x in the drawing."""
        return LEFT + (value - self.x[0]) / (self.x[1] - self.x[0]) * (RIGHT - LEFT)

    def down(self, value: float) -> float:
        """Vertical place of y in the drawing, kept within a few frames' distance."""
        place = BOTTOM - (value - self.y[0]) / (self.y[1] - self.y[0]) * (BOTTOM - TOP)
        return min(max(place, -3.0 * HEIGHT), 4.0 * HEIGHT)

    def path(self, x: Sequence[float], y: Sequence[float | None]) -> str:
        """Path data of a line through the points; None makes a gap."""
        parts = []
        pen = "M"
        for a, b in zip(x, y, strict=True):
            if b is None:
                pen = "M"
                continue
            parts.append(f"{pen}{self.across(a):.1f} {self.down(b):.1f}")
            pen = "L"
        return "".join(parts)

    def axes(self, xlabel: str, ylabel: str) -> str:
        """Grid lines, tick labels and axis labels."""
        parts = []
        for value, text in ticks(self.x):
            place = f"{self.across(value):.1f}"
            parts.append(f'<path class="movable-grid" d="M{place} {TOP}V{BOTTOM}"/>')
            parts.append(f'<text x="{place}" y="{BOTTOM + 16}" text-anchor="middle">{text}</text>')
        for value, text in ticks(self.y):
            place = f"{self.down(value):.1f}"
            parts.append(f'<path class="movable-grid" d="M{LEFT} {place}H{RIGHT}"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{place}" dy="0.35em" text-anchor="end">{text}</text>')
        middle = (TOP + BOTTOM) / 2
        parts.append(f'<path class="movable-axis" d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"/>')
        parts.append(
            f'<text x="{(LEFT + RIGHT) / 2}" y="{BOTTOM + 36}" text-anchor="middle">{escape(xlabel)}</text>'
        )
        turned = f'x="12" y="{middle}" transform="rotate(-90 12 {middle})"'
        parts.append(f'<text {turned} text-anchor="middle">{escape(ylabel)}</text>')
        return "".join(parts)

    def as_data(self) -> dict[str, Any]:
        """The numbers from which the script computes the same places."""
        return {
            "x": self.x,
            "y": self.y,
            "left": LEFT,
            "right": RIGHT,
            "top": TOP,
            "bottom": BOTTOM,
            "height": HEIGHT,
        }


@dataclass(frozen=True)
class MovableFigure:
    """A figure whose sliders work in the static page, in JupyterLab, and (unmoved) on paper."""

    kind: str
    controls: tuple[Control, ...]
    data: dict[str, Any]
    drawing: str
    legend: str
    readout: str
    alt: str
    caption: str
    name: str

    def __repr__(self) -> str:
        return f"[Movable figure {self.name}: {self.alt}] {self.readout}"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def _repr_html_(self) -> str:
        if os.environ.get(PAGE_ASSETS):
            return self._element(caption=self.caption)
        style = (STATIC / "movable-figure.css").read_text(encoding="utf-8")
        script = (STATIC / "movable-figure.js").read_text(encoding="utf-8")
        return (
            f'<style>{style}</style><figure id="{self.name}">{self._element()}'
            f"<figcaption>{escape(self.caption)}</figcaption></figure><script>{script}</script>"
        )

    def _element(self, caption: str | None = None) -> str:
        ids = [f"{self.name}-slider-{i}" for i in range(len(self.controls))]
        controls = "".join(control.html(i) for control, i in zip(self.controls, ids, strict=True))
        # For the book's build, which makes a numbered figure with this name and caption of the element.
        naming = "" if caption is None else f' data-name="{self.name}" data-caption="{escape(caption)}"'
        texts = [control.texts for control in self.controls]
        data = json.dumps(
            {"kind": self.kind, "texts": texts, **self.data}, separators=(",", ":"), allow_nan=False
        )
        data = data.replace("<", "\\u003c")  # so that no text in it can end the script element
        image = f'role="img" aria-label="{escape(self.alt)}"'
        return (
            f"<movable-figure{naming}>"
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" {image}>{self.drawing}</svg>'
            f'<ul class="movable-legend">{self.legend}</ul>'
            f'<div class="movable-controls">{controls}</div>'
            f'<output class="movable-readout" for="{" ".join(ids)}">{escape(self.readout)}</output>'
            f'<script type="application/json">{data}</script>'
            "</movable-figure>"
        )


def check_words(argument: str, value: object, what: str) -> str:
    """Return a text that says something, or raise a ValueError that names the argument."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{argument}: {what}, as a text; got {value!r}")
    return value


def check_name(name: object) -> str:
    """Return a name that pages can refer to, or raise a ValueError."""
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise ValueError(
            f"name: give lower-case words joined by hyphens, such as 'fig-mse-movable'; got {name!r}"
        )
    return name


def check_grid(argument: str, values: ArrayLike) -> Floats:
    """Return increasing, finite numbers, at least two, or raise a ValueError that names the argument."""
    try:
        grid = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{argument}: give a one-dimensional array of numbers; {error}") from error
    if grid.ndim != 1 or grid.size < 2 or not np.isfinite(grid).all() or not (np.diff(grid) > 0).all():
        raise ValueError(
            f"{argument}: give at least two finite, increasing numbers; got an array of shape {grid.shape}"
        )
    return grid


def check_control(
    argument: str, label: object, positions: ArrayLike, start: float, start_argument: str
) -> Control:
    """Return a slider that starts at one of its positions, or raise a ValueError that names the argument."""
    label = check_words(argument, label, "label what moves")
    grid = check_grid(argument, positions)
    nearest = int(np.argmin(np.abs(grid - start)))
    if not np.isclose(grid[nearest], start, rtol=0, atol=1e-9 * (grid[-1] - grid[0])):
        raise ValueError(
            f"{start_argument}: {start!r} is no position of {label!r}; the nearest is {grid[nearest]:g}"
        )
    return Control(label, grid, nearest)


def decimals(values: Floats | tuple[float, float]) -> int:
    """Decimal places that resolve a ten-thousandth of the range of the values, or finer."""
    return max(0, 4 - math.floor(math.log10(float(max(values)) - float(min(values)))))


def number(value: float | None, places: int) -> str:
    """Write a number for reading: no trailing zeros, a real minus sign."""
    if value is None:
        return "not finite"
    text = f"{value:.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


def rounded(values: Floats, places: int) -> list[float | int | None]:
    """Round for the page; whole numbers become int (shorter), and what is not finite None."""
    result: list[float | int | None] = []
    for value in np.round(values, places).tolist():
        result.append(None if not math.isfinite(value) else int(value) if value == int(value) else value)
    return result


def ticks(limits: tuple[float, float]) -> list[tuple[float, str]]:
    """Round numbers within the limits, and how they are written."""
    places = decimals(limits)
    values = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(*limits)
    slack = 1e-9 * (limits[1] - limits[0])
    return [(float(v), number(v, places)) for v in values if limits[0] - slack <= v <= limits[1] + slack]
