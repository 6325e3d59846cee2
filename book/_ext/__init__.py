"""The few things the book needs that no library offers.

Each module says in its first line what it is for.
As a Sphinx extension, `book_ext` loads all of them. Importing `book_ext` alone loads none, so that a
chapter's cells can import `book_ext.movable` without pulling in Sphinx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

EXTENSIONS = (
    "book_ext.accessible",
    "book_ext.assets",
    "book_ext.bibliography",
    "book_ext.browser_edition",
    "book_ext.downloads",
    "book_ext.execution",
    "book_ext.figure_page",
    "book_ext.fonts",
    "book_ext.incremental",
    "book_ext.launch",
    "book_ext.lighten",
    "book_ext.live",
    "book_ext.loss_cards",
    "book_ext.maths",
    "book_ext.previews",
    "book_ext.quick_check",
    "book_ext.site_address",
)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Load every extension of the book."""
    for extension in EXTENSIONS:
        app.setup_extension(extension)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
