"""Movable figures in the book: numbered, captioned, and something that a page can refer to."""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.typing import ExtensionMetadata

from .assets import add_to_page
from .figure import PAGE_ASSETS

CLASS = "movable"


class NumberMovableFigures(SphinxTransform):
    """Wrap the output of a movable cell in a figure node, which Sphinx numbers and lets pages refer to."""

    default_priority = 200  # before Sphinx collects the names that pages can refer to

    def apply(self, **kwargs: Any) -> None:
        """Find the outputs and wrap them."""
        for output in list(self.document.findall(_is_movable)):
            naming = _naming(output)
            figure = nodes.figure(classes=[CLASS])
            figure.source, figure.line = output.source, output.line
            figure["names"].append(naming["data-name"])
            output.replace_self(figure)
            figure += output
            figure += nodes.caption("", "", *_inline(naming["data-caption"]))
            self.document.note_explicit_target(figure, figure)


def _is_movable(node: nodes.Node) -> bool:
    return (
        isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle" and bool(_naming(node))
    )


def _naming(output: nodes.Node) -> dict[str, str]:
    """The name and caption that the element carries; empty when the output is something else."""
    for raw in output.findall(nodes.raw):
        if raw.astext().startswith("<movable-figure "):
            parser = _FirstTag()
            parser.feed(raw.astext().split(">", 1)[0] + ">")
            return parser.attributes
    return {}


class _FirstTag(HTMLParser):
    attributes: dict[str, str]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes = {key: value or "" for key, value in attrs}


def _inline(caption: str) -> list[nodes.Node]:
    """Split a caption into text and `$…$` formulas."""
    pieces = re.split(r"\$([^$]+)\$", caption)
    return [
        nodes.math(piece, piece) if i % 2 else nodes.Text(piece) for i, piece in enumerate(pieces) if piece
    ]


def add_assets(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load script and style on the pages that show a movable figure."""
    if doctree is not None and any(CLASS in figure["classes"] for figure in doctree.findall(nodes.figure)):
        add_to_page(app, "movable-figure")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    os.environ[PAGE_ASSETS] = "1"  # the kernels that run the chapters inherit it
    app.add_transform(NumberMovableFigures)
    app.connect("html-page-context", add_assets)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
