"""Live cells: a code cell tagged `live` gets buttons to change and run its code in the page.

The page holds the cell as it was when the book was built, and an empty bar for the buttons. The script
`live-cell.js` brings the bar to life; `live-worker.js` runs Python, which is fetched when a reader first
presses Run, from Pyodide's server or, after `make pyodide`, from the site itself.
"""

from __future__ import annotations

import json
import shutil
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

from . import live_runner, pyodide
from .assets import add_memory, add_to_page

logger = logging.getLogger(__name__)

LIVE = "tag_live"
LEFT_OUT = {"tag_movable", "tag_no-live"}
"""Cells that are not run in the page; `live-cell.js` knows them too."""

WHEELS_ON_SERVER = 14_000_000
"""Bytes of numpy, matplotlib and what they need; the lock does not say."""

OWN = "pyodide/"
"""Where the site has Python itself, seen from live.json."""

BAR = """
<div class="live-bar" role="group" aria-label="Live cell">
<button type="button" class="live-run">Run</button>
<button type="button" class="live-stop">Stop</button>
<button type="button" class="live-edit">Edit</button>
<button type="button" class="live-reset">Reset</button>
<p class="live-status" role="status">The first Run fetches {fetches}.</p>
</div>
<div class="live-output" role="log" aria-label="Output of your code" tabindex="0"></div>
"""


class live_bar(nodes.Element):  # type: ignore[misc]
    """The buttons under a live cell's code, its status and its output."""


class AddBars(SphinxPostTransform):
    """Put a bar under the code of every live cell."""

    default_priority = 500  # after myst-nb has folded the cells that are to be folded
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Find the live cells of the page, and cells that they would miss."""
        cells = [node for node in self.document.findall(nodes.container) if _is(node, "cell_code")]
        live = [cell for cell in cells if LIVE in cell["classes"]]
        for cell in live:
            output = next((child for child in cell if _is(child, "cell_code_output")), None)
            cell.insert(cell.index(output) if output else len(cell), live_bar())
        for cell in cells if live else ():
            if not LEFT_OUT & set(cell["classes"]) and not any(
                _is(node, "cell_code_source") for node in cell.findall(nodes.container)
            ):
                logger.warning(
                    "this cell's code is not on the page, so live cells can't run it: "
                    "fold it with the tag hide-input, or leave it out with no-live",
                    location=cell,
                    type="live",
                )


def _is(node: nodes.Node, element: str) -> bool:
    return isinstance(node, nodes.Element) and node.get("nb_element") == element


def visit_html(self: HTML5Translator, node: live_bar) -> None:
    """Write the bar."""
    self.body.append(BAR.format(fetches=escape(self.config.live_fetches)))


def depart_html(self: HTML5Translator, node: live_bar) -> None:
    """Nothing is left to write."""


def choose_source(app: Sphinx, config: Config) -> None:
    """Take Python from the folder that `make pyodide` fills, if it is complete, otherwise from the server."""
    folder = _own(app)
    if (folder / pyodide.LOCK).exists():
        config.live_source, where = OWN, "this site"
        size = sum(path.stat().st_size for path in folder.iterdir())
    else:
        config.live_source = pyodide.server()
        where = str(urlsplit(config.live_source).hostname)
        size = sum(path.stat().st_size for path in pyodide.core()) + WHEELS_ON_SERVER
    config.live_fetches = f"up to {-(-size // 1_000_000)} MB from {where}"


def _own(app: Sphinx) -> Path:
    return Path(app.srcdir) / "_build" / "pyodide"


def add_assets(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load script and style on the pages that have a live cell."""
    if doctree is not None and next(doctree.findall(live_bar), None) is not None:
        add_memory(app)
        add_to_page(app, "live-cell")


def write_site(app: Sphinx, error: Exception | None) -> None:
    """Add what the worker needs: where Python is, the hash of each of its files, and the runner."""
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    lock = pyodide.lock_for()
    if app.config.live_source == OWN:
        lock = json.loads((_own(app) / pyodide.LOCK).read_text(encoding="utf-8"))
        shutil.copytree(_own(app), static / "pyodide", dirs_exist_ok=True)
    site = {
        "source": app.config.live_source,
        "fetches": app.config.live_fetches,
        "files": pyodide.integrity(lock),
        "lock": lock,
        "runner": Path(live_runner.__file__).read_text(encoding="utf-8"),
    }
    (static / "live.json").write_text(json.dumps(site), encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.add_config_value("live_source", "", "html", str)
    app.add_config_value("live_fetches", "", "html", str)
    app.add_node(live_bar, html=(visit_html, depart_html))
    app.add_post_transform(AddBars)
    app.connect("config-inited", choose_source)
    app.connect("html-page-context", add_assets)
    app.connect("build-finished", write_site)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
