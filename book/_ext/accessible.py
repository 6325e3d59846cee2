"""Mends what the theme and docutils write and assistive technology stumbles over.

What a template can mend is mended in `book/_templates`.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

MENDINGS = (
    # A label that hides the words on the button: "Show code cell source".
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    # A list may hold list items only, and these roles are deprecated.
    (re.compile(r'(<div) role="list"( class="citation-list">)'), r"\1\2"),
    (re.compile(r'(<div class="citation" id="[^"]*") role="doc-biblioentry"'), r"\1"),
    # The corner of a table is no header.
    (re.compile(r'<th class="head"><p></p></th>'), '<td class="head"></td>'),
)


def mend(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Mend the text of a page."""
    body = context.get("body", "")
    for pattern, replacement in MENDINGS:
        body = pattern.sub(replacement, body)
    context["body"] = body


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.connect("html-page-context", mend)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
