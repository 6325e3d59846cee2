"""Shows what a link points to beside the link: a term, an equation, a figure, an exercise, a reference.

The script `preview.js` copies a target on the same page from the page. A target on another page is put into
a `<template>` here, so that previews work offline and from a folder. sphinx-tippy does something similar
with 13 kB of scripts from another host, without a key that dismisses, and not for formulas set as MathML.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.util.typing import ExtensionMetadata

from .assets import add_to_page


def add_previews(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Append the targets that lie on other pages, and load the script."""
    if doctree is None or not isinstance(app.builder, StandaloneHTMLBuilder):
        return
    add_to_page(app, "preview")
    targets = dict(_foreign_targets(app.builder, page, doctree))
    pieces = []
    for uri, (docname, identifier) in targets.items():
        node = _find(app.env.get_doctree(docname), identifier)
        if node is not None:
            html = app.builder.render_partial(_plain(node))["fragment"]
            pieces.append(f'<template data-preview="{uri}">{html}</template>')
    context["body"] = context.get("body", "") + "".join(pieces)


def _foreign_targets(
    builder: StandaloneHTMLBuilder, page: str, doctree: nodes.document
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Every link to a place on another page: as written, and the page and place that it names."""
    base = posixpath.dirname(builder.get_target_uri(page))
    names = {builder.get_target_uri(name): name for name in builder.env.found_docs}
    for link in doctree.findall(nodes.reference):
        uri, _, identifier = link.get("refuri", "").partition("#")
        docname = names.get(posixpath.normpath(posixpath.join(base, uri))) if link.get("internal") else None
        if uri and identifier and docname:
            yield link["refuri"], (docname, identifier)


def _find(doctree: nodes.document, identifier: str) -> nodes.Element | None:
    """What a reader wants to see of a place: a whole term or formula; of a section, its beginning."""
    for node in doctree.findall(nodes.Element):
        if identifier not in node.get("ids", ()) and f"equation-{node.get('label')}" != identifier:
            continue
        if isinstance(node, nodes.term):
            return node.parent
        if isinstance(node, nodes.section):
            first = [child for child in node.children if isinstance(child, nodes.title | nodes.paragraph)]
            return nodes.container("", *(child.deepcopy() for child in first[:2]))
        if isinstance(node, nodes.target):
            continue
        return node
    return None


def _plain(node: nodes.Element) -> nodes.Element:
    """A copy with the words of its links but not the links, which would lead astray on another page."""
    copy = node.deepcopy()
    for link in [*copy.findall(addnodes.pending_xref), *copy.findall(nodes.reference)]:
        link.replace_self(link.children)
    for title in copy.findall(nodes.title):
        title.replace_self(nodes.paragraph("", "", nodes.strong("", "", *title.children)))
    for inner in copy.findall(nodes.Element):
        inner["ids"] = []
    return copy


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.connect("html-page-context", add_previews)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
