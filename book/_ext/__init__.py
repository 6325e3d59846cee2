"""The few things the book needs that no library offers.

They are the quick check, the movable figures, formulas as MathML, and reference lists with author and year.
As a Sphinx extension, `book_ext` loads all of them. Importing `book_ext` alone loads none, so that a
chapter's cells can import `book_ext.movable` without pulling in Sphinx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

EXTENSIONS = (
    "book_ext.assets",
    "book_ext.bibliography",
    "book_ext.figure_page",
    "book_ext.maths",
    "book_ext.offline",
    "book_ext.quick_check",
)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Load every extension of the book."""
    for extension in EXTENSIONS:
        app.setup_extension(extension)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
