"""Where a page's notebook can be run without installing anything, offered in the header of the page.

In the browser edition, if the book has one. On Colab and Binder, if `launch_repository` in _config.yml names
a repository on GitHub: both fetch the notebook from the branch of it that holds the built site.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ConfigError
from sphinx.util.typing import ExtensionMetadata

from .browser_edition import FOLDER, place, python_source
from .downloads import has_notebook

GITHUB = "https://github.com/"
COLAB = "https://colab.research.google.com/github"
BINDER = "https://mybinder.org/v2/gh"
NEEDED = ("numpy", "matplotlib")


def repository(app: Sphinx) -> str:
    """Owner and name of the repository; empty when there is none."""
    url: str = app.config.launch_repository
    if url and not url.startswith(GITHUB):
        raise ConfigError(f"launch_repository in _config.yml: {url!r} does not start with {GITHUB}")
    return url.removeprefix(GITHUB).strip("/").removesuffix(".git")


def add_buttons(
    app: Sphinx, docname: str, template: str, context: dict[str, Any], page: nodes.document | None
) -> None:
    """Put a group of links into the header of a page that has a notebook."""
    if page is None or not has_notebook(page):
        return
    buttons = []
    if app.config.browser_edition:
        address = context["pathto"](f"{FOLDER}/notebooks/index.html", 1)
        size = app.config.live_fetches.partition(" from ")[0]
        source = urlsplit(python_source(app)).hostname or "this site"
        open_here = _link(
            f"In the browser ({size})", f"{address}?path={quote(place(docname))}", "fas fa-play"
        )
        buttons.append(
            open_here | {"tooltip": f"Opens JupyterLite; running code fetches {size} from {source}"}
        )
    if name := repository(app):
        branch, path = app.config.launch_branch, f"{docname}.ipynb"
        buttons.append(_link("Colab", f"{COLAB}/{name}/blob/{branch}/{path}", "fas fa-cloud"))
        urlpath = quote(f"lab/tree/{path}", safe="")
        buttons.append(
            _link("Binder", f"{BINDER}/{name}/{quote(branch, safe='')}?urlpath={urlpath}", "fas fa-cloud")
        )
    if buttons:
        group = {
            "type": "group",
            "tooltip": "Run this page",
            "icon": "fas fa-rocket",
            "buttons": buttons,
            "label": "launch-buttons",
        }
        context["header_buttons"].insert(0, group)


def _link(text: str, url: str, icon: str) -> dict[str, str]:
    return {"type": "link", "text": text, "url": url, "icon": icon}


def tell_binder(app: Sphinx, error: Exception | None) -> None:
    """Say in the site what its notebooks need: Binder looks for it in the branch that it takes them from."""
    if error is None and app.builder.format == "html" and repository(app):
        path = Path(app.outdir) / "binder" / "requirements.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{name}=={version(name)}\n" for name in NEEDED), encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.setup_extension("book_ext.browser_edition")
    app.add_config_value("launch_repository", "", "html", str)
    app.add_config_value("launch_branch", "gh-pages", "html", str)
    app.connect("html-page-context", add_buttons, priority=600)  # after the theme's own buttons
    app.connect("build-finished", tell_binder)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
