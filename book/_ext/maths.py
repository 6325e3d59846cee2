"""Formulas as MathML, made when the book is built: no script draws them, and screen readers read them.

Browsers lay out MathML themselves, with the font of `fonts.py`. Compared with drawing in the page (MathJax:
262 kB of script and 120 kB of fonts, formulas appear late) and with KaTeX's ready-made HTML (twice the
page, and twice the elements), MathML adds about 5 kB to a long chapter over the formulas as typed.
Temml turns TeX into it; sphinxcontrib-katex, the nearest extension, can only make KaTeX's HTML.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

from .fonts import missing_characters
from .node import Worker, package

logger = logging.getLogger(__name__)


@functools.cache
def _temml() -> Worker:
    return Worker(Path(__file__).with_name("maths.cjs"), package("temml") / "dist" / "temml.cjs")


@functools.cache
def mathml(tex: str, display: bool = False) -> str:
    """Turn a TeX formula into MathML; raise a ValueError that says what can't be read."""
    answer = json.loads(_temml().ask(json.dumps({"tex": tex, "display": display})))
    if "error" in answer:
        raise ValueError(answer["error"])
    return str(answer["mathml"])


def _write(translator: HTML5Translator, node: nodes.Element, display: bool) -> None:
    tex = node.astext()
    try:
        result = mathml(tex, display)
    except ValueError as error:
        logger.warning("the formula %r can't be set: %s", tex, error, location=node, type="maths")
        result = f"<code>{translator.encode(tex)}</code>"
    if missing := missing_characters(result):
        logger.warning(
            "the formula %r has %s, which the font lacks: add it to MATHS_SIGNS in fonts.py",
            *(tex, missing),
            location=node,
            type="maths",
        )
    translator.body.append(result)


class PunctuationStays(SphinxPostTransform):
    """Keep a comma or full stop on the line of the formula before it; browsers would break between them."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Move the punctuation from the text into the formula's element."""
        for formula in self.document.findall(nodes.math):
            text = formula.next_node(descend=False, siblings=True)
            if isinstance(text, nodes.Text) and (match := re.match(r"[.,;:!?)’”]+", text.astext())):
                formula["after"] = match[0]
                text.parent.replace(text, nodes.Text(text.astext()[match.end() :]))


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    translator.body.append(translator.starttag(node, "span", "", CLASS="math"))
    _write(translator, node, display=False)
    translator.body.append(translator.encode(node.get("after", "")) + "</span>")
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula, with its number and a link to itself."""
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    _write(translator, node, display=True)
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def stop(app: Sphinx, error: Exception | None) -> None:
    """End the process that made the formulas."""
    if _temml.cache_info().currsize:
        _temml().close()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    app.add_post_transform(PunctuationStays)
    app.connect("build-finished", stop)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
