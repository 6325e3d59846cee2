"""What a site with an address of its own needs: a sitemap, cards for links, a page for wrong addresses.

The address comes from `html: baseurl:` in _config.yml or from the environment variable BOOK_URL. Without one,
only the page for wrong addresses is made, for a site at the root of its host.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlparse
from xml.etree import ElementTree

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.typing import ExtensionMetadata

NOT_FOUND = """
<h1>This page does not exist</h1>
<p>The address may be old or mistyped. The search, at the top of the sidebar or with Ctrl + K, covers every
page; the <a href="{home}">first page</a> lists all chapters.</p>
"""


def write_sitemap(app: Sphinx, error: Exception | None) -> None:
    """List all pages; sphinx-sitemap would list those that this build has written."""
    if error is not None or app.builder.format != "html":
        return
    path = Path(app.outdir) / "sitemap.xml"
    if not app.config.html_baseurl:
        path.unlink(missing_ok=True)
        return
    sitemap = ElementTree.Element("urlset", xmlns="http://www.sitemaps.org/schemas/sitemap/0.9")
    for docname in sorted(app.env.found_docs):
        place = ElementTree.SubElement(ElementTree.SubElement(sitemap, "url"), "loc")
        place.text = app.config.html_baseurl + app.builder.get_target_uri(docname)
    ElementTree.ElementTree(sitemap).write(path, encoding="utf-8", xml_declaration=True)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Load what the address allows."""
    address = os.environ.get("BOOK_URL") or app.config.html_baseurl
    path = "/"
    if address:
        parts = urlparse(address)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ExtensionError(
                f"the address of the site, {address!r}, must be whole, such as https://losses.example.org/book/"
            )
        path = parts.path.rstrip("/") + "/"
        address = f"{parts.scheme}://{parts.netloc}{path}"
        app.config.html_baseurl = address
        app.setup_extension("book_ext.cards")
    app.connect("build-finished", write_sitemap)
    app.setup_extension("notfound.extension")
    app.config.notfound_urls_prefix = path
    app.config.notfound_context = {
        "title": "Page not found",
        "body": NOT_FOUND.format(home=path + "index.html"),
    }
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
