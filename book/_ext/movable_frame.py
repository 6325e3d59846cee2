"""The rectangle that a movable figure is drawn in, its axes, and how numbers are written.

`movable-figure.js` computes the same places and writes numbers in the same way.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

WIDTH, HEIGHT = 400, 280
LEFT, RIGHT, TOP, BOTTOM = 54, 390, 10, 232

Floats = NDArray[np.float64]


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

    def path(self, x: Sequence[float] | Floats, y: Sequence[float] | Floats) -> str:
        """Path data of a line through the points; NaN makes a gap."""
        parts = []
        pen = "M"
        for a, b in zip(x, y, strict=True):
            if math.isnan(b):
                pen = "M"
                continue
            parts.append(f"{pen}{self.across(a):.1f} {self.down(b):.1f}")
            pen = "L"
        return "".join(parts)

    def circle(self, role: str, part: str, radius: float, x: float, y: float) -> str:
        """Draw a circle that the script can move; one at NaN is hidden."""
        place = f'cx="{self.across(x):.1f}" cy="0" visibility="hidden"'
        if not math.isnan(y):
            place = f'cx="{self.across(x):.1f}" cy="{self.down(y):.1f}" visibility="visible"'
        return f'<circle class="{role}" data-part="{part}" r="{radius:g}" {place}/>'

    def inside(self, name: str, drawing: str) -> str:
        """Cut a drawing off at the edges of the frame."""
        window = f'<rect x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" height="{BOTTOM - TOP}"/>'
        return f'<clipPath id="{name}-clip">{window}</clipPath><g clip-path="url(#{name}-clip)">{drawing}</g>'

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


def limits_of(argument: str, values: Floats) -> tuple[float, float]:
    """Range that holds all finite values, with a margin."""
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        raise ValueError(f"{argument}: no value is finite, so there is nothing to draw")
    margin = 0.05 * float(np.ptp(finite)) or 1.0
    return float(finite.min()) - margin, float(finite.max()) + margin


def grip(part: str, across: float, down: float, radius: float, *, upright: bool = False) -> str:
    """Draw a disc that can be dragged, upright as well or sideways only; around it what a finger reaches."""
    role = "movable-handle movable-upright" if upright else "movable-handle"
    place = f'data-part="{part}" transform="translate({across:.1f} {down:.1f})"'
    discs = f'<circle class="movable-reach" r="18"/><circle class="movable-datum" r="{radius:g}"/>'
    return f'<g class="{role}" {place}>{discs}</g>'


def swatch(symbol: str, words: str, width: int = 32) -> str:
    """One entry of the legend: a small drawing, 16 high, and what it stands for."""
    image = f'<svg viewBox="0 0 {width} 16" aria-hidden="true">{symbol}</svg>'
    return f"<li>{image}{escape(words)}</li>"


def line_swatches(names: Sequence[str]) -> str:
    """Legend of lines in the figure's colours and dash patterns."""
    return "".join(
        swatch(f'<path class="movable-line movable-{i}" d="M1 8H31"/>', name) for i, name in enumerate(names)
    )


def decimals(values: Floats | tuple[float, float]) -> int:
    """Decimal places that resolve a ten-thousandth of the range of the values, or finer."""
    return max(0, 4 - math.floor(math.log10(float(max(values)) - float(min(values)))))


def number(value: float, places: int) -> str:
    """Write a number for reading: no trailing zeros, a real minus sign."""
    if math.isnan(value):
        return "not finite"
    text = f"{value:.{places}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text.replace("-", "−")


def listed(words: Sequence[str]) -> str:
    """Join words as in a sentence: 'a', 'a and b', 'a, b and c'."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def spoken(label: str) -> str:
    """A label without the unit in parentheses at its end, as sentences use it."""
    return re.sub(r" \([^()]*\)$", "", label)


def ticks(limits: tuple[float, float]) -> list[tuple[float, str]]:
    """Round numbers within the limits, and how they are written."""
    places = decimals(limits)
    values = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(*limits)
    slack = 1e-9 * (limits[1] - limits[0])
    return [(float(v), number(v, places)) for v in values if limits[0] - slack <= v <= limits[1] + slack]
