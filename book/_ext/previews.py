"""Shows what a link points to beside the link: a term, an equation, a figure, an exercise, a reference.

The script `preview.js` copies a target on the same page from the page. For a target on another page it loads
that page's text from `_static/previews`, as a script, since pages opened as files may not read each other.
sphinx-tippy puts copies of the targets beside each page instead, which go stale when only the target changes,
and has neither a key that dismisses nor an eye for formulas set as MathML.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from .assets import add_to_page

FOLDER = "previews"


def offer(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Write the page's text for the previews of other pages."""
    if doctree is None or app.builder.name != "html":
        return
    path = Path(app.outdir) / "_static" / FOLDER / f"{page}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"bookPage({json.dumps(page)}, {json.dumps(context.get('body', ''))});\n", "utf-8")


def load(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Load the script on pages with text."""
    if doctree is not None:
        add_to_page(app, "preview")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.connect("html-page-context", load)
    app.connect("html-page-context", offer, priority=950)  # once the text is as the page will have it
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
