"""Makes the pages light and quick to show, and keeps other hosts out of them.

A default page of Jupyter Book carries 713 kB, compressed, of which a chapter uses a third. What nothing on
the page uses is left out, what remains waits until the text is there, and pictures wait until they come near.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.images import get_image_size
from sphinx.util.typing import ExtensionMetadata

from .fonts import as_source, cache_folder, cut
from .node import NODE, package

TEMPLATES = Path(__file__).resolve().parent.parent / "_templates"

# A file is of use to pages whose text has the mark.
NEEDS = {
    "clipboard.min.js": "highlight",
    "copybutton.js": "highlight",
    "copybutton.css": "highlight",
    "design-tabs.js": "sd-tab-set",
    "sphinx-design.min.css": "sd-",
    "exercise.css": "exercise",
    "proof.css": "proof",
    "togglebutton.js": "dropdown admonition",
    "togglebutton.css": "dropdown admonition",
}
FIRST = "documentation_options.js"
"""Scripts written into the page use its constants at once."""

ICON_FONT = "vendor/fontawesome/webfonts/fa-solid-900.woff2"
ICON_SCRIPT = "scripts/fontawesome.js"


def switch_off_thebe(app: Sphinx, config: Config) -> None:
    """Leave out the launcher of remote kernels, which Jupyter Book always loads.

    It declares its constants twice on a page (an error in the browser's console) and names another host.
    """
    for listeners in list(app.events.listeners.values()):
        for listener in list(listeners):
            if listener.handler.__module__ == "sphinx_thebe":
                app.disconnect(listener.id)


def use_templates(app: Sphinx, config: Config) -> None:
    """Let the course's page template come before the theme's."""
    config.templates_path.append(str(TEMPLATES))


class ImagesWait(SphinxPostTransform):
    """Give every picture its size, so that nothing moves when it comes, and let it wait until it is near."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Set the attributes."""
        for image in self.document.findall(nodes.image):
            image["loading"] = "lazy"
            size = get_image_size(str(Path(self.app.srcdir) / image["uri"]))
            if size and "width" not in image and "height" not in image:
                image["width"], image["height"] = map(str, size)


def trim(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Leave out files that this page has no use for, and let scripts run once the text is there."""
    body = context.get("body", "")
    # As attributes, width and height give the picture's shape; docutils writes them as a fixed size.
    context["body"] = re.sub(r'style="width: (\d+)px; height: (\d+)px;"', r'width="\1" height="\2"', body)

    def needed(file: Any) -> bool:
        name = Path(str(file.filename or "").split("?")[0]).name
        return "thebe" not in name and NEEDS.get(name, "") in body

    context["script_files"] = [file for file in context["script_files"] if needed(file)]
    context["css_files"] = [file for file in context["css_files"] if needed(file)]
    if page != "search":  # there, other scripts use the functions of these at once
        context["script_files"] = [_deferred(file) for file in context["script_files"]]


def _deferred(file: Any) -> Any:
    """The same script, run once the text is there; pages share the objects, so this makes another."""
    if not file.filename or str(file.filename).endswith(FIRST):
        return file
    return type(file)(file.filename, priority=file.priority, **{"defer": "defer", **file.attributes})


def purge(app: Sphinx, error: Exception | None) -> None:
    """Drop the rules and icons of the theme that no page uses, and the script that would draw icons again."""
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    if (static / ICON_SCRIPT).exists():
        (static / ICON_SCRIPT).write_text("// The icons are drawn from a font.\n", encoding="utf-8")
    sheets = [
        *(static / "styles").glob("*.css"),
        *(sheet for sheet in static.glob("*.css") if sheet.name not in _ours()),
    ]
    command = [NODE, Path(__file__).with_name("purge.cjs"), package("purgecss"), app.outdir, *sheets]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ExtensionError(f"the style sheets can't be cut: {done.stderr.strip()[-2000:]}")
    for sheet, css in json.loads(done.stdout):
        Path(sheet).write_text(css, encoding="utf-8")

    embed_icons(static, cache_folder(app))


def embed_icons(static: Path, cache: Path) -> None:
    """Put the icons that the theme still uses into its style sheet, and drop the fonts."""
    if not (static / ICON_FONT).exists():  # no page changed, so Sphinx copied nothing and all is done
        return
    sheets = list((static / "styles").glob("*.css"))
    icons = {ord(letter) for sheet in sheets for letter in _icons(sheet.read_text(encoding="utf-8"))}
    source = as_source(cut(static / ICON_FONT, icons, [], cache))
    for sheet in sheets:
        css = sheet.read_text(encoding="utf-8")
        css = re.sub(r"@font-face{[^}]*(fa-regular|fa-brands|fa-v4)[^}]*}", "", css)
        css = re.sub(r"src:url\([^)]*fa-solid[^}]*", lambda _: f"src:{source}", css)
        sheet.write_text(css, encoding="utf-8")
    shutil.rmtree((static / ICON_FONT).parent)


def _ours() -> set[str]:
    from .figure import STATIC

    return {sheet.name for sheet in STATIC.glob("*.css")}


def _icons(css: str) -> set[str]:
    """Characters of the icon font that a style sheet writes: as they are, or as a code."""
    codes = re.findall(r"\\([ef][0-9a-f]{3})\b", css)
    return {chr(int(code, 16)) for code in codes} | set(re.findall("[\ue000-\uf8ff]", css))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.connect("config-inited", switch_off_thebe)
    app.connect("config-inited", use_templates)
    app.add_post_transform(ImagesWait)
    app.connect("html-page-context", trim, priority=900)
    app.connect("build-finished", purge, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
