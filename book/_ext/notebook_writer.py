"""The text of a page for its notebook, written from the page as Sphinx resolved it.

So numbers, titles and citations are those that the page's readers see. What has no form here is a warning,
never a directive left standing in somebody's notebook.
"""

from __future__ import annotations

import base64
import html
import mimetypes
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urljoin

from docutils import nodes
from sphinx.locale import admonitionlabels
from sphinx.util import logging
from sphinx_exercise.nodes import (  # type: ignore[import-untyped]
    exercise_enumerable_node,
    exercise_node,
    solution_node,
)

from . import markdown
from .quick_check import quiz_element

logger = logging.getLogger(__name__)

UNSEEN = (nodes.comment, nodes.meta, nodes.substitution_definition, nodes.target)
"""What no reader of the page sees."""

TASKS = (exercise_node, exercise_enumerable_node, solution_node)
"""Boxes that may be long; a notebook shows them without the frame of a quotation."""

LANGUAGES = {"ipython3": "python", "none": "", "default": ""}

Numbers = Mapping[str, Mapping[str, tuple[int, ...]]]


class PageWriter:
    """Writes one page.

    Parameters
    ----------
    numbers
        The page's numbers, as Sphinx keeps them: by kind, then by id.
    formats
        How numbers are written out, by kind, such as "Fig. %s" for a figure.
    address
        Absolute address of the page; None when the site has none, and then nothing links into the book.
    folder
        Where the paths of images start.
    """

    def __init__(
        self, numbers: Numbers, formats: Mapping[str, str], address: str | None, folder: Path
    ) -> None:
        self._numbers = numbers
        self._formats = formats
        self._address = address
        self._folder = folder
        self.attachments: dict[str, dict[str, str]] = {}
        """Images by name, in the form in which markdown cells carry them."""

    def pieces(self, node: nodes.Element, level: int = 0) -> Iterator[str | nodes.container]:
        """Write a page or a section of it: pieces of Markdown, and between them the code cells as they are.

        A heading always begins a piece.
        """
        heading = ""
        run: list[nodes.Node] = []
        for child in [*node.children, None]:
            if isinstance(child, nodes.title):
                heading = f"{'#' * min(level, 6)} {self._line(child)}"
            elif child is not None and not is_code_cell(child) and not isinstance(child, nodes.section):
                run.append(child)
            else:
                if text := markdown.blocks(heading, self._blocks(run)):
                    yield text
                heading, run = "", []
                if isinstance(child, nodes.section):
                    yield from self.pieces(child, level + 1)
                elif child is not None:
                    yield child

    def caption(self, node: nodes.Element, kind: str = "figure") -> str:
        """Write number and caption of a figure or a table; empty when it has neither."""
        number = self._number(node, kind)
        words = [self._line(n) for n in node.children if isinstance(n, nodes.caption | nodes.title)]
        return " ".join([f"**{number}.**", *words] if number else words)

    def _write(self, kind: str, node: nodes.Node) -> str:
        """Write a node with the method for its class, or for the nearest of those that it is derived from."""
        if isinstance(node, UNSEEN):
            return ""
        for class_ in type(node).__mro__:
            if method := getattr(self, f"_{kind}_{class_.__name__}", None):
                return str(method(node))
        return self._refuse(node, f"{type(node).__name__!r}")

    def _refuse(self, node: nodes.Node, what: str) -> str:
        logger.warning(
            "the notebook of this page can't hold %s here; write it in another way, or teach "
            "book/_ext/notebook_writer.py how to",
            what,
            location=node,
            type="download",
        )
        return ""

    def _blocks(self, children: Iterable[nodes.Node]) -> str:
        """Write what stands one below the other; words that stand free make a paragraph."""
        written: list[str] = []
        free: list[nodes.Node] = []
        for child in [*children, None]:
            if isinstance(child, nodes.Text | nodes.Inline) and not isinstance(child, UNSEEN):
                free.append(child)
                continue
            written.append("".join(self._write("inline", node) for node in free).strip())
            free = []
            if child is not None and not isinstance(child, nodes.title):  # whose it is writes it
                written.append(self._write("block", child))
        return markdown.blocks(*written)

    def _inside(self, node: nodes.Element) -> str:
        return self._blocks(node.children)

    def _words(self, node: nodes.Element) -> str:
        return "".join(self._write("inline", child) for child in node.children)

    def _line(self, node: nodes.Element) -> str:
        return self._words(node).strip()

    def _digits(self, node: nodes.Element, kind: str) -> str:
        """Write a node's number, such as 1.2; empty when it has none."""
        numbers = self._numbers.get(kind, {})
        found = next((numbers[id_] for id_ in node["ids"] if id_ in numbers), ())
        return ".".join(map(str, found))

    def _number(self, node: nodes.Element, kind: str) -> str:
        """Write a node's number as the book does, such as "Fig. 1.2"; empty when it has none."""
        digits = self._digits(node, kind)
        return self._formats[kind] % digits if digits else ""

    # Blocks

    _block_compound = _block_glossary = _block_proof_node = _inside
    _block_section = _inside  # exercises and theorems keep their content in one

    def _block_paragraph(self, node: nodes.paragraph) -> str:
        return markdown.paragraph(self._line(node))

    def _block_rubric(self, node: nodes.rubric) -> str:
        return f"**{self._line(node)}**"

    def _block_transition(self, node: nodes.transition) -> str:
        return "---"

    def _block_container(self, node: nodes.container) -> str:
        if is_code_cell(node):
            return self._refuse(node, "a code cell inside of something else")
        if "design_component" in node:
            return self._refuse(node, f"a {node['design_component']}")
        return self._inside(node)

    def _block_math_block(self, node: nodes.math_block) -> str:
        tex = markdown.tidy(node.astext())
        if node.get("nowrap"):  # an environment of its own, such as align
            return tex
        digits = self._digits(node, "displaymath")
        return markdown.displayed(f"{tex} \\tag{{{digits}}}" if digits else tex, _is_quoted(node))

    def _block_literal_block(self, node: nodes.literal_block) -> str:
        language = node.get("language", "")
        return markdown.code_block(node.astext(), LANGUAGES.get(language, language))

    def _block_bullet_list(self, node: nodes.bullet_list) -> str:
        return self._list(node, lambda _: "-")

    def _block_enumerated_list(self, node: nodes.enumerated_list) -> str:
        return self._list(node, lambda position: f"{node.get('start', 1) + position}.")

    def _list(self, node: nodes.Element, mark: Callable[[int], str]) -> str:
        items = [markdown.item(mark(i), self._inside(child)) for i, child in enumerate(node.children)]
        return ("\n\n" if any("\n\n" in item for item in items) else "\n").join(items)

    def _block_definition_list(self, node: nodes.definition_list) -> str:
        return "\n\n".join(map(self._definition, node.children))

    def _definition(self, node: nodes.Element) -> str:
        terms = ", ".join(self._line(child) for child in node.children if isinstance(child, nodes.term))
        rest = [self._inside(child) for child in node.children if isinstance(child, nodes.definition)]
        return markdown.item("-", f"**{terms}**: {markdown.blocks(*rest)}")

    def _block_block_quote(self, node: nodes.block_quote) -> str:
        return markdown.quote(self._inside(node))

    def _block_footnote(self, node: nodes.footnote) -> str:
        label, *rest = node.children
        return f"<sup>{label.astext()}</sup> {self._blocks(rest)}"

    def _block_citation(self, node: nodes.citation) -> str:
        label, *rest = node.children
        return markdown.item("-", f"**{markdown.escape(label.astext())}.** {self._blocks(rest)}")

    def _block_Admonition(self, node: nodes.Element) -> str:
        title = next((child for child in node.children if isinstance(child, nodes.title)), nodes.title())
        kind = type(node).__name__
        label = str(admonitionlabels.get(kind, ""))
        if kind == "exercise_enumerable_node":
            label = self._number(node, "exercise")
        elif "realtype" in node:  # a theorem, a definition or their like
            label = f"{node['realtype'].title()} {self._digits(node, node['countertype'])}".strip()
        if "dropdown" in node["classes"]:
            return markdown.folded(label + _as_html(title), self._inside(node))
        heading = f"{label}{self._words(title)}".strip()
        text = markdown.blocks(f"**{heading}**" if heading else "", self._inside(node))
        return text if isinstance(node, TASKS) else markdown.quote(text)

    def _block_figure(self, node: nodes.figure) -> str:
        before = [n for n in node.children if not isinstance(n, nodes.caption | nodes.legend)]
        after = [n for n in node.children if isinstance(n, nodes.legend)]
        return markdown.blocks(self._blocks(before), self.caption(node), *map(self._inside, after))

    def _block_table(self, node: nodes.table) -> str:
        rows = [[self._entry(entry) for entry in row.children] for row in node.findall(nodes.row)]
        alignments = [_alignment(entry) for entry in list(node.findall(nodes.row))[-1].children]
        head = rows.pop(0) if next(node.findall(nodes.thead), None) is not None else [""] * len(alignments)
        return markdown.blocks(self.caption(node, "table"), markdown.table(head, alignments, rows))

    def _entry(self, entry: nodes.Element) -> str:
        if "morerows" in entry or "morecols" in entry:
            return self._refuse(entry, "a table cell that spans others")
        if not all(isinstance(child, nodes.paragraph) for child in entry.children):
            return self._refuse(entry, "a list or another block in a table cell")
        return "<br>".join(self._line(child).replace("\n", " ") for child in entry.children)

    def _block_quiz_element(self, node: quiz_element) -> str:
        if node["only_html"]:
            return ""
        first, *rest = node.children
        if node["tag"] == "legend":
            return f"**{self._write('inline', first)}**{''.join(self._write('inline', n) for n in rest)}"
        if node["tag"] == "details":
            return markdown.folded(_as_html(first), self._blocks(rest))
        return self._inside(node)

    def _block_quiz_figure(self, node: nodes.Element) -> str:
        return self._image(node["uri"], node["alt"])

    # Pieces of a line

    _inline_inline = _inline_abbreviation = _words

    def _inline_Text(self, node: nodes.Text) -> str:
        return markdown.escape(node.astext(), _is_in_table(node))

    def _inline_emphasis(self, node: nodes.Element) -> str:
        return f"*{self._line(node)}*"

    def _inline_strong(self, node: nodes.Element) -> str:
        return f"**{self._line(node)}**"

    def _inline_literal(self, node: nodes.literal) -> str:
        return markdown.code(node.astext(), _is_in_table(node))

    def _inline_math(self, node: nodes.math) -> str:
        after = node.get("after", "")  # punctuation, which the page keeps together with the formula
        return markdown.formula(node.astext(), _is_in_table(node)) + markdown.escape(after)

    def _inline_superscript(self, node: nodes.Element) -> str:
        return f"<sup>{self._line(node)}</sup>"

    def _inline_subscript(self, node: nodes.Element) -> str:
        return f"<sub>{self._line(node)}</sub>"

    def _inline_footnote_reference(self, node: nodes.Element) -> str:
        return f"<sup>{node.astext()}</sup>"

    def _inline_reference(self, node: nodes.reference) -> str:
        text, uri = self._words(node), node.get("refuri", "")
        if not node.get("internal") and re.match(r"[a-z]+:", uri):
            return markdown.link(text, uri)
        if self._address is None or not uri or uri.startswith("#"):
            return text  # what it names is in this notebook, or can't be reached from it
        return markdown.link(text, urljoin(self._address, uri))

    def _inline_raw(self, node: nodes.raw) -> str:
        # Scripts belong to the page. The theme, for one, adds two for kernels that the book doesn't use.
        return node.astext() if "html" in node["format"] and "<script" not in node.astext() else ""

    def _inline_image(self, node: nodes.image) -> str:
        return self._image(node["uri"], node.get("alt", ""))

    def _image(self, uri: str, alt: str) -> str:
        if re.match(r"https?:", uri):
            return f"![{markdown.escape(alt)}]({uri})"
        if inside := re.fullmatch(r"data:image/(\w+)[\w+]*;base64,(.*)", uri):
            name, content = f"picture-{len(self.attachments) + 1}.{inside[1]}", inside[2]
        else:
            path = self._folder / uri
            name = f"picture-{len(self.attachments) + 1}{path.suffix}"
            content = base64.b64encode(path.read_bytes()).decode()
        self.attachments[name] = {mimetypes.guess_type(name)[0] or "application/octet-stream": content}
        return f"![{markdown.escape(alt)}](attachment:{name})"

    def _inline_index(self, node: nodes.Element) -> str:
        return ""

    def _inline_quiz_element(self, node: quiz_element) -> str:
        return "" if node["only_html"] else self._words(node)


def is_code_cell(node: nodes.Node) -> bool:
    """Whether a node of a page is a code cell with its output."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _as_html(title: nodes.Element) -> str:
    """Write a title for HTML, which Markdown does not reach; formulas are drawn there too."""
    return "".join(
        markdown.formula(node.astext(), in_html=True) + html.escape(node.get("after", ""))
        if isinstance(node, nodes.math)
        else html.escape(node.astext())
        for node in title.children
    )


def _alignment(entry: nodes.Element) -> str:
    return {"text-right": "--:", "text-center": ":-:"}.get(" ".join(entry["classes"]), "---")


def _is_in_table(node: nodes.Node) -> bool:
    return any(isinstance(ancestor, nodes.entry) for ancestor in _ancestors(node))


def _is_quoted(node: nodes.Node) -> bool:
    return any(
        isinstance(ancestor, nodes.block_quote | nodes.Admonition)
        and not isinstance(ancestor, TASKS)
        and "dropdown" not in ancestor["classes"]
        for ancestor in _ancestors(node)
    )


def _ancestors(node: nodes.Node) -> Iterator[nodes.Element]:
    while node.parent is not None:
        node = node.parent
        yield node
