"""A light site that asks no other host for anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata


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
    app.connect("html-page-context", drop_thebe, priority=900)
    app.connect("build-finished", lighten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
