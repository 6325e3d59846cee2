"""A light site that asks no other host for anything: formulas are drawn by a MathJax inside the site.

MathJax comes with the package sphinx-mathjax-offline. That package would copy all of its 24 MB; the pages
need the TeX-to-HTML bundle, the TeX extensions that it loads when a formula uses them, and the fonts: 2 MB.
"""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util.typing import ExtensionMetadata

PACKAGE = "sphinx-mathjax-offline"
BUNDLE = "tex-chtml.js"
FOLDERS = ("input/tex/extensions", "output/chtml/fonts/woff-v2")


def mathjax_folder() -> Path:
    """Find the installed MathJax."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ExtensionError(f"MathJax is not installed, so formulas can't be shown: pip install {PACKAGE}")
    return Path(spec.origin).parent / "static" / "mathjax"


def use_local_mathjax(app: Sphinx, config: Config) -> None:
    """Point the pages at the site's own copy."""
    mathjax_folder()
    config.mathjax_path = f"mathjax/{BUNDLE}"
    config.mathjax_options = {"defer": "defer"}
    # Without the context menu no formula is a tab stop, and nothing offers the 4 MB speech engine, which is
    # not copied. Screen readers get the MathML that MathJax puts beside every formula.
    config.mathjax3_config = {**(config.mathjax3_config or {}), "options": {"enableMenu": False}}


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Copy what the pages need of MathJax into the finished site."""
    if error is not None or app.builder.format != "html":
        return
    source, target = mathjax_folder(), Path(app.outdir) / "_static" / "mathjax"
    for folder in FOLDERS:
        shutil.copytree(source / folder, target / folder, dirs_exist_ok=True)
    shutil.copy2(source / BUNDLE, target / BUNDLE)


def lighten(app: Sphinx, error: Exception | None) -> None:
    """Empty the theme's icon script: 1.5 MB on every page, and its style sheet draws the icons anyway."""
    script = Path(app.outdir) / "_static" / "scripts" / "fontawesome.js"
    if error is None and script.exists():
        script.write_text("// The icons are drawn from the font of the style sheet.\n", encoding="utf-8")


def drop_thebe(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Leave out the launcher of remote kernels.

    Jupyter Book always loads sphinx-thebe, which declares its constants twice on a page (an error in the
    browser's console) and names another host.
    """
    context["script_files"] = [script for script in context["script_files"] if not _is_thebe(script)]


def _is_thebe(script: Any) -> bool:
    body = script.attributes.get("body") or ""
    return "THEBE_JS_URL" in body or str(script.filename).endswith("sphinx-thebe.js")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.connect("config-inited", use_local_mathjax)
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", copy_mathjax)
    app.connect("build-finished", lighten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
