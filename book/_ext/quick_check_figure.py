"""The figure of a quick check's question: SVG in the page, a picture in other formats."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import NoReturn

from docutils import nodes
from sphinx.writers.html5 import HTML5Translator

from autograder.quiz_figure import Figure

from .movable_frame import HEIGHT, WIDTH, Frame


class quiz_figure(nodes.container):  # type: ignore[misc]
    """The drawing as SVG, and as a picture: its address and alternative text, and the HTML to show it."""


def figure_node(figure: Figure) -> quiz_figure:
    """Draw a figure."""
    uri = f"data:image/png;base64,{b64encode(figure.png()).decode()}"
    alt = " ".join(figure.alt.split())
    html = f'<img alt="{escape(alt)}" src="{uri}">'
    return quiz_figure("", nodes.raw("", html, format="html"), svg=svg(figure), alt=alt, uri=uri)


def svg(figure: Figure) -> str:
    """Draw the curves with their letters; colours, dashes and fonts come from `quick-check.css`."""
    frame = Frame((float(figure.x[0]), float(figure.x[-1])), figure.y_limits)
    parts = [frame.axes(figure.x_label, figure.y_label)]
    for i, curve in enumerate(figure.curves):
        path = frame.path(figure.x, curve)
        parts.append(f'<path class="quiz-line quiz-curve-{i}" d="{path}"/>')
    for i, (letter, (x, y)) in enumerate(zip("abcd", figure.letter_places(), strict=False)):
        place = f'x="{frame.across(x):.1f}" y="{frame.down(y):.1f}" dy="0.35em" text-anchor="middle"'
        parts.append(f'<text class="quiz-letter quiz-curve-{i}" {place}>({letter})</text>')
    words = escape(" ".join(figure.alt.split()))
    return (
        f'<svg class="quiz-figure" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{words}">'
        f"{''.join(parts)}</svg>"
    )


def visit_html(self: HTML5Translator, node: quiz_figure) -> NoReturn:
    """Write the drawing."""
    self.body.append(node["svg"])
    raise nodes.SkipNode


def picture(node: quiz_figure) -> nodes.image:
    """Give the picture, for formats other than HTML."""
    return nodes.image("", uri=node["uri"], alt=node["alt"], candidates={"?": node["uri"]})
