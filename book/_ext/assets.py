"""The book's own scripts and styles, on the pages that use them and on no others."""

from __future__ import annotations

from hashlib import sha256

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.typing import ExtensionMetadata

from .figure import STATIC


def add_to_page(app: Sphinx, name: str) -> None:
    """Load `name`.css and `name`.js on the page that is being written; call it from html-page-context."""
    app.add_css_file(f"{name}.css")
    app.add_js_file(f"{name}.js", defer="defer")


def add_memory(app: Sphinx) -> None:
    """Load what remembers a reader's answers and edits, before the scripts that use it."""
    app.add_js_file("memory.js", priority=400, defer="defer")


def add_static_folder(app: Sphinx, config: Config) -> None:
    """Copy the folder into the site.

    Named in _config.yml, the folder would be searched by Jupyter Book, which puts every script and style in
    it on every page.
    """
    config.html_static_path.append(str(STATIC))
    # Sphinx copies the folder only when a page changes; with this, a change in the folder changes every page.
    files = sorted(path for path in STATIC.rglob("*") if path.is_file())
    config.book_static = sha256(b"".join(sha256(path.read_bytes()).digest() for path in files)).hexdigest()
    app.add_css_file("course.css")
    app.add_css_file("print.css", media="print")
    app.add_js_file("contents.js", defer="defer")
    app.add_js_file("print.js", defer="defer")
    app.add_js_file("wide-formulas.js", defer="defer")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.add_config_value("book_static", "", "html", str)
    app.connect("config-inited", add_static_folder)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
