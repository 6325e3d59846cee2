"""The book's own scripts and styles, on the pages that use them and on no others."""

from __future__ import annotations

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util.typing import ExtensionMetadata

from .figure import STATIC


def add_to_page(app: Sphinx, name: str) -> None:
    """Load `name`.css and `name`.js on the page that is being written; call it from html-page-context."""
    app.add_css_file(f"{name}.css")
    app.add_js_file(f"{name}.js", defer="defer")


def add_static_folder(app: Sphinx, config: Config) -> None:
    """Copy the folder into the site.

    Named in _config.yml, the folder would be searched by Jupyter Book, which puts every script and style in
    it on every page.
    """
    config.html_static_path.append(str(STATIC))
    app.add_css_file("course.css")
    app.add_css_file("print.css", media="print")
    app.add_js_file("print.js", defer="defer")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.connect("config-inited", add_static_folder)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
