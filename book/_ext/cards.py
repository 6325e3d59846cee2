"""What a link to a page looks like in a chat or on a social network: title, description, and a picture.

sphinxext-opengraph takes the first lines of the text for the description, formulas as TeX source, and keeps
its drawing in the build's environment; the pages of this book have descriptions written for the purpose.
"""

from __future__ import annotations

import hashlib
import textwrap
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from docutils import nodes
from matplotlib.figure import Figure
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

FOLDER = "_images/cards"
WIDTH, HEIGHT = 1200, 630
INK, FAINT, PAPER, BLUE, ORANGE = "#1f2937", "#4b5563", "#fdfdfb", "#0072B2", "#D55E00"


def add_card(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Add the tags that other sites read, and draw the picture."""
    if doctree is None:
        return
    site = app.config.html_title
    title = next(iter(doctree.findall(nodes.title)), nodes.title(text=site)).astext()
    description = description_of(doctree)
    name = hashlib.sha256(f"{site}\n{title}\n{description}".encode()).hexdigest()[:16] + ".png"
    picture = Path(app.outdir) / FOLDER / name
    if not picture.exists():
        picture.parent.mkdir(parents=True, exist_ok=True)
        draw(picture, site, title, description)
    base = app.config.html_baseurl
    tags = {
        "og:type": "article",
        "og:site_name": site,
        "og:title": title,
        "og:description": description,
        "og:url": base + app.builder.get_target_uri(page),
        "og:image": f"{base}{FOLDER}/{name}",
        "og:image:width": str(WIDTH),
        "og:image:height": str(HEIGHT),
        "og:image:alt": f"{title}. {description}",
    }
    lines = [f'<meta property="{key}" content="{escape(value)}" />' for key, value in tags.items() if value]
    lines.append('<meta name="twitter:card" content="summary_large_image" />')
    context["metatags"] = context.get("metatags", "") + "\n".join(lines) + "\n"


def description_of(doctree: nodes.document) -> str:
    """The description in the head of the page, or nothing."""
    for meta in doctree.findall(nodes.meta):
        if meta.get("name") == "description":
            return str(meta["content"])
    return ""


def draw(path: Path, site: str, title: str, description: str) -> None:
    """Draw a card: the words over a parabola and its tangent."""
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100, facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    x = np.linspace(-1, 1, 200)
    axes.plot(x, x**2, color=BLUE, linewidth=10, alpha=0.9)
    axes.plot(x, 0.8 * x - 0.16, color=ORANGE, linewidth=5, alpha=0.9)
    axes.set(xlim=(-3.6, 1.05), ylim=(-0.12, 2.4))
    axes.axis("off")
    axes.text(-3.4, 2.16, site, size=20, color=FAINT, parse_math=False)
    axes.text(
        -3.4, 1.85, textwrap.fill(title, 30), size=42, color=INK, weight="bold", va="top", parse_math=False
    )
    words = textwrap.fill(description, 40)
    axes.text(-3.4, 0.95, words, size=20, color=FAINT, va="top", linespacing=1.5, parse_math=False)
    figure.savefig(path)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.connect("html-page-context", add_card)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
