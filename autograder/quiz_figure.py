"""The figure of a question that asks for a curve: computed curves, told apart by letter and kind of line.

The book draws it as SVG, a quiz notebook holds it as PNG. Curves and options have the same letters, in order.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

POINTS = 121
"""Points of the grid; odd, so that the middle of the range is one of them."""

LINES = ("solid", "dashed", "dotted", "dash-dotted")
"""The kinds of line, in the order of the options: four at most, for more can't be told apart."""

_PENS: tuple[tuple[str, str, str | tuple[float, tuple[float, ...]]], ...] = (
    ("(a)", "#0072b2", "-"),
    ("(b)", "#d55e00", (0, (4, 2))),
    ("(c)", "#007a59", (0, (1, 1.5))),
    ("(d)", "#a8527f", (0, (5, 1.5, 1, 1.5))),
)
"""Letter, Okabe-Ito colour and dashes of each kind of line, on paper."""

_LEAST_DIFFERENCE = 0.02
"""How far two curves must be apart somewhere, as a part of the height of the drawing."""


@dataclass(frozen=True, eq=False)
class Figure:
    """Curves over a shared grid `x`, the labels of the axes, and the words for who can't see them."""

    x_label: str
    y_label: str
    alt: str
    x: Floats
    curves: tuple[Floats, ...]

    @property
    def y_limits(self) -> tuple[float, float]:
        """The range of y that shows all curves, with a margin."""
        low, high = float(np.min(self.curves)), float(np.max(self.curves))
        margin = 0.06 * (high - low)
        return low - margin, high + margin

    def letter_places(self) -> list[tuple[float, float]]:
        """The point of each curve that is farthest from all other curves; there stands its letter."""
        low, high = self.y_limits
        across = np.linspace(0, 1.5, self.x.size)  # drawings are about half as wide again as they are high
        points = [np.column_stack([across, (curve - low) / (high - low)]) for curve in self.curves]
        ends = self.x.size // 10  # room for the letter itself
        places = []
        for i, curve in enumerate(self.curves):
            others = np.vstack([p for j, p in enumerate(points) if j != i])
            gaps = np.linalg.norm(points[i][ends:-ends, None] - others[None], axis=2).min(axis=1)
            best = ends + int(np.argmax(gaps))
            places.append((float(self.x[best]), float(curve[best])))
        return places

    def look_alike(self) -> tuple[int, int] | None:
        """Two curves that nobody could tell apart; None when there are none."""
        low, high = self.y_limits
        for j, second in enumerate(self.curves):
            for i, first in enumerate(self.curves[:j]):
                if np.max(np.abs(first - second)) <= _LEAST_DIFFERENCE * (high - low):
                    return i, j
        return None

    def png(self) -> bytes:
        """Draw it on white paper; the same figure gives the same bytes."""
        import matplotlib.style  # takes a second, which reading a question's key while grading should not
        from matplotlib.figure import Figure as Drawing

        with matplotlib.style.context("default"):  # whatever the author's own settings are
            drawing = Drawing(figsize=(5.6, 3.6), layout="constrained")
            axes = drawing.add_subplot(xlabel=self.x_label, ylabel=self.y_label)
            axes.set(xlim=(self.x[0], self.x[-1]), ylim=self.y_limits)
            axes.grid(color="#dddddd", linewidth=0.6)
            axes.set_axisbelow(True)
            marks = zip(_PENS, self.curves, self.letter_places(), strict=False)
            for (letter, colour, dashes), curve, (x, y) in marks:
                axes.plot(self.x, curve, color=colour, linestyle=dashes, linewidth=2)
                paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}
                axes.text(x, y, letter, color=colour, ha="center", va="center", weight="bold", bbox=paper)
            file = io.BytesIO()
            drawing.savefig(file, format="png", dpi=100, metadata={"Software": None})
        return file.getvalue()


def grid(low: float, high: float) -> Floats:
    """Evenly spaced points; raise a ValueError when the range is empty."""
    if not low < high:
        raise ValueError(f"`from` must be less than `to`, but {low:g} is not less than {high:g}")
    return np.linspace(low, high, POINTS)


def heights(curve: object, x: Floats) -> Floats:
    """Compute a curve on the grid; raise a ValueError that says why it can't be drawn."""
    if not callable(curve):
        raise ValueError(f"a curve is a function of the grid, such as `lambda r: r**2`; this is {curve!r}")
    try:
        with np.errstate(all="ignore"):  # a value that is not finite is told below, with its place
            y = np.asarray(curve(x.copy()), dtype=np.float64)
    except Exception as error:
        raise ValueError(f"fails on the grid: {error!r}") from error
    if y.shape != x.shape:
        raise ValueError(
            f"gives shape {y.shape} on a grid of shape {x.shape}; write a constant as `lambda r: 0 * r + 1`"
        )
    if not np.isfinite(y).all():
        raise ValueError(f"is not finite at x = {x[~np.isfinite(y)][0]:g}; choose another range of x")
    return y
