"""What every movable figure shares: sliders, what can be dragged, a readout in words, and its HTML.

A kind of figure (curves, points, heatmap) brings its drawing at the start position, as SVG, and its numbers,
as JSON. The script of the same kind in `movable-figure.js` redraws from those numbers and knows no formula.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .movable_frame import HEIGHT, WIDTH, Floats, Frame, decimals, number, spoken

STATIC = Path(__file__).resolve().parent.parent / "_static"
PAGE_ASSETS = "BOOK_PAGE_ASSETS"
"""Environment variable set by the book's build: the page loads script and style, no output carries them."""


@dataclass(frozen=True)
class Control:
    """A slider: what it stands for, the positions it can take, and the index of the one it starts at."""

    label: str
    positions: Floats
    start: int

    @property
    def spoken(self) -> str:
        """The label as sentences use it."""
        return spoken(self.label)

    @property
    def places(self) -> int:
        """Decimal places that the positions are read out with."""
        return decimals(self.positions)

    @property
    def value(self) -> float:
        """The position that the slider starts at."""
        return float(self.positions[self.start])

    @property
    def text(self) -> str:
        """The start as it is read out."""
        return number(self.value, self.places)

    def html(self, element_id: str) -> str:
        """Write the slider as a native range input with a visible label."""
        text = escape(self.text)
        return (
            f'<div class="movable-control"><label for="{element_id}">{escape(self.label)}</label>'
            f'<input type="range" id="{element_id}" min="0" max="{len(self.positions) - 1}" step="1" '
            f'value="{self.start}" aria-valuetext="{text}" autocomplete="off">'
            f'<span class="movable-value" aria-hidden="true">{text}</span></div>'
        )


@dataclass(frozen=True)
class Handle:
    """What the pointer can drag: a part of the drawing, and the sliders that it moves along x and along y."""

    part: str
    x: int | None = None
    y: int | None = None


@dataclass(frozen=True)
class MovableFigure:
    """A figure whose sliders work in the static page, in JupyterLab, and (unmoved) on paper."""

    kind: str
    controls: tuple[Control, ...]
    handles: tuple[Handle, ...]
    frame: Frame
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
        positions = [np.round(control.positions, control.places).tolist() for control in self.controls]
        content = {
            "kind": self.kind,
            "frame": self.frame.as_data(),
            "handles": [asdict(handle) for handle in self.handles],
            "positions": positions,
            **self.data,
        }
        data = json.dumps(content, separators=(",", ":"), allow_nan=False)
        data = data.replace("<", "\\u003c")  # so that no text in it can end the script element
        image = f'role="img" aria-label="{escape(self.alt)}"'
        draggable = ' class="movable-draggable"' if self.handles else ""
        hint = '<p class="movable-hint">Drag in the picture, or use the sliders.</p>' if self.handles else ""
        return (
            f"<movable-figure{naming}>"
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}"{draggable} {image}>{self.drawing}</svg>'
            f'<ul class="movable-legend">{self.legend}</ul>'
            f'<div class="movable-controls">{hint}{controls}</div>'
            f'<output class="movable-readout" for="{" ".join(ids)}">{escape(self.readout)}</output>'
            f'<script type="application/json">{data}</script>'
            "</movable-figure>"
        )


def check_words(argument: str, value: object, what: str) -> str:
    """Return a text that says something, or raise a ValueError that names the argument."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{argument}: {what}, as a text; got {value!r}")
    return value


def check_naming(alt: object, caption: object, name: object) -> None:
    """Insist on what every figure says about itself."""
    check_words("alt", alt, "say what the figure shows, for readers who can't see it")
    check_words("caption", caption, "give the text below the figure")
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise ValueError(
            f"name: give lower-case words joined by hyphens, such as 'fig-mse-movable'; got {name!r}"
        )


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
    argument: str, label: object, positions: ArrayLike, start: float, start_argument: str | None = None
) -> Control:
    """Return a slider that starts at one of its positions, or raise a ValueError that names the argument."""
    start_argument = start_argument or argument
    label = check_words(argument, label, "label what moves")
    grid = check_grid(argument, positions)
    nearest = int(np.argmin(np.abs(grid - start)))
    if not np.isclose(grid[nearest], start, rtol=0, atol=1e-9 * (grid[-1] - grid[0])):
        raise ValueError(
            f"{start_argument}: {start!r} is no position of {label!r}; the nearest is {grid[nearest]:g}"
        )
    return Control(label, grid, nearest)
