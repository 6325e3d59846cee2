"""Movable figures for a chapter: name the functions, get sliders and dragging that work in the static page.

Every number that the page shows is computed by the author's own functions when the book is built; the browser
looks it up.
"""

from .movable_curves import curves
from .movable_heatmap import heatmap
from .movable_points import points
from .movable_tables import per_example

__all__ = ["curves", "heatmap", "per_example", "points"]
