"""What the course knows about its losses, as pages: everything here is written from `solutions.LOSSES`.

```{loss-cards} margin``` writes a card for every loss of a family, ```{loss-index}``` the table of all
losses, ```{loss-table} mse mae``` a table that compares some. In ```{loss-guide}``` each line names a loss
and when to take it; the table adds what the loss estimates.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata, OptionSpec

from solutions import LOSSES
from solutions.loss import Loss

from . import markdown
from .loss_words import Vocabulary, Words, read_words

logger = logging.getLogger(__name__)

WORDS = "book/reference/loss-cards.yml"
CARD, TABLE = "loss-card", "loss-table"
LONGEST_LINE = 45
"""Characters of TeX that fit on a line of a phone, roughly."""


def card(loss: Loss, words: Words, is_page: Callable[[str], bool]) -> str:
    """Write the card of a loss: a section with the label `loss-<name>`, its underscores as hyphens."""
    arguments = " and ".join(map(markdown.code, loss.wrt))
    names = dict.fromkeys(name.split(",")[0] for name in (words.title, *words.also))
    rows = {
        "Formula": displayed(loss.formula),
        f"Gradient in {arguments}": displayed(loss.gradient),
        "It estimates": prose(loss.minimiser),
        "Noise model": prose(loss.noise_model),
        "Domain": prose(loss.domain),
        "The model gives": prose(words.output),
        "Shape": shape(loss),
        "Stable form": displayed(loss.stable_form),
        "In frameworks": bullets(
            f"{framework}: {markdown.code(other.name)}. {prose(other.convention)}"
            for framework, other in loss.frameworks.items()
        ),
        "Pitfalls": bullets(map(prose, loss.pitfalls)),
        "Sources": bullets(map(prose, loss.sources)),
        "Taught in": f"{{doc}}`/{words.chapter}`" if words.chapter and is_page(words.chapter) else "",
    }
    return markdown.blocks(
        f"({label(loss.name)})=\n## {words.title}",
        f"```{{index}} {', '.join(names)}\n```",
        markdown.code(f"{loss.name}{parameters(loss)}")
        + (f", also called {', '.join(words.also)}." if words.also else ""),
        boxed(CARD, *(f"{term}\n{markdown.item(':  ', body)}" for term, body in rows.items() if body)),
    )


def index(losses: Mapping[str, Loss], vocabulary: Vocabulary, level: int = 3) -> str:
    """Write a table for each family: losses, linked to their cards, formula, what they estimate."""
    tables = []
    for family, title in vocabulary.families.items():
        rows = [
            (linked(loss, vocabulary), in_line(loss.formula), prose(loss.minimiser, in_table=True))
            for loss in losses.values()
            if loss.family == family
        ]
        head = ("Loss", "Formula, one element", "It estimates")
        tables += [f"{'#' * level} {title}", boxed(TABLE, markdown.table(head, ["---"] * 3, rows))]
    return markdown.blocks(*tables)


def comparison(losses: Iterable[Loss], vocabulary: Vocabulary, activation: bool = False) -> str:
    """Write a table of some losses: formula, gradient, and their properties or the output activation."""
    head = ("Loss, output activation" if activation else "Loss", "Formula", "Gradient", "Properties")
    rows = [
        (
            linked(loss, vocabulary)
            + (f": {prose(vocabulary.losses[loss.name].output, in_table=True)}" if activation else ""),
            in_line(loss.formula),
            in_line(loss.gradient),
            shape(loss, in_table=True),
        )
        for loss in losses
    ]
    columns = 3 if activation else 4
    return boxed(TABLE, markdown.table(head[:columns], ["---"] * columns, [row[:columns] for row in rows]))


def guide(lines: Iterable[str], losses: Mapping[str, Loss], vocabulary: Vocabulary) -> str:
    """Write a table of reasons, each with the loss that it speaks for and what that loss estimates."""
    rows = []
    for line in filter(None, map(str.strip, lines)):
        name, _, reason = map(str.strip, line.partition(":"))
        if name not in losses or not reason:
            raise ValueError(f"loss-guide wants 'loss: when to take it', not {line!r}")
        loss = losses[name]
        rows.append((reason, linked(loss, vocabulary), prose(loss.minimiser, in_table=True)))
    return boxed(TABLE, markdown.table(("Take it if", "Loss", "It estimates"), ["---"] * 3, rows))


def label(name: str) -> str:
    """Name the place of a card, for the role `ref`."""
    return f"loss-{name.replace('_', '-')}"


def linked(loss: Loss, vocabulary: Vocabulary) -> str:
    """Link the card of a loss by its title."""
    return f"{{ref}}`{vocabulary.losses[loss.name].title} <{label(loss.name)}>`"


def parameters(loss: Loss) -> str:
    """Write the arguments of a loss without their types, as one calls it."""
    signature = inspect.signature(loss.value)
    plain = [each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()]
    return str(inspect.Signature(plain))


def shape(loss: Loss, in_table: bool = False) -> str:
    """Say whether a loss is convex, and how steep it can be."""
    convex = "Convex" if loss.convex else "Not convex"
    if loss.lipschitz is None:
        return f"{convex}, no Lipschitz constant."
    return f"{convex}, Lipschitz with the constant {markdown.formula(loss.lipschitz.latex, in_table)}."


def prose(text: str, in_table: bool = False) -> str:
    r"""Protect the text of a record from Markdown, but for its formulas.

    Examples
    --------
    >>> prose("At $z_0 = 1$ the gradient is 2*z and log_p is _not_ less.")
    'At $z_0 = 1$ the gradient is 2\\*z and log_p is \\_not\\_ less.'
    """
    pieces = re.split(r"\$([^$]+)\$", text)
    pieces[::2] = [markdown.escape(piece, in_table) for piece in pieces[::2]]
    pieces[1::2] = [markdown.formula(piece, in_table) for piece in pieces[1::2]]
    return markdown.paragraph("".join(pieces))


def boxed(css: str, *texts: str) -> str:
    """Put blocks into a box that a style sheet can name."""
    return markdown.blocks(f":::{{container}} {css}", *texts, ":::")


def bullets(items: Iterable[str]) -> str:
    """Write a list."""
    return "\n".join(markdown.item("-", text) for text in items)


def in_line(tex: str) -> str:
    """Write a formula in a cell of a table, on several lines if it has several parts."""
    return "<br>".join(markdown.formula(part, in_table=True) for part in parts(tex))


def displayed(tex: str) -> str:
    """Write a displayed formula, on several lines if it has several parts."""
    lines = parts(tex)
    if len(lines) == 1:
        return f"$$ {tex} $$"
    aligned = r" \\ &".join(lines)
    return rf"$$ \begin{{aligned}} &{aligned} \end{{aligned}} $$"


def parts(tex: str) -> list[str]:
    r"""Take a long formula apart: before a condition, at a wide space, but never within brackets.

    Examples
    --------
    >>> parts(r"\log \sum_{j=0}^{K-1} e^{s_j} - s_0 \quad s_j = \cos(q, k_j) / \tau")
    ['\\log \\sum_{j=0}^{K-1} e^{s_j} - s_0', 's_j = \\cos(q, k_j) / \\tau']
    >>> parts(r"e^{-m} \text{ with } m = y f")
    ['e^{-m} \\text{ with } m = y f']
    """
    if len(tex) <= LONGEST_LINE:
        return [tex]
    lines = [""]
    for piece in re.split(r"\\q?quad\b|(?=\\;=\\;|\\text\{[;,]? with )", tex):
        if lines[-1] and is_whole(lines[-1]):
            lines.append("")
        lines[-1] += (r"\quad " if lines[-1] and not piece.startswith(r"\text") else "") + piece.strip()
    return [re.sub(r"^\\text\{\W+", r"\\text{", line) for line in lines]


def is_whole(tex: str) -> bool:
    """Whether every bracket that opens in a formula closes."""
    return all(
        len(re.findall(opening, tex)) == len(re.findall(closing, tex))
        for opening, closing in (("{", "}"), (r"\\begin\b", r"\\end\b"), (r"\\left\b", r"\\right\b"))
    )


class LossDirective(SphinxDirective):
    """One of the four directives; which one, its name says."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec] = {"activation": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Write Markdown, or a warning that says what is wrong, and parse it."""
        source = Path(self.env.srcdir)
        records = Path(str(resources.files("solutions"))).rglob("*.py")
        for path in (source / WORDS, source / "_toc.yml", *sorted(records)):
            self.env.note_dependency(str(path))
        try:
            text = self._text(read_words(source / WORDS), "".join(self.arguments).split())
        except ValueError as error:
            logger.warning("%s", error, location=self.get_location(), type="losses")
            return []
        lines = StringList(text.splitlines(), source=self.name)
        # Headings go into the page's own section; so must the first label, or it would come after them.
        place = self.state_machine.node
        self.state.nested_parse(lines, self.content_offset, place, match_titles=True)
        return []

    def _text(self, vocabulary: Vocabulary, names: list[str]) -> str:
        known = vocabulary.families if self.name == "loss-cards" else LOSSES
        if unknown := [name for name in names if name not in known]:
            raise ValueError(f"{self.name} does not know {', '.join(unknown)}, only {', '.join(known)}")
        if self.name == "loss-index":
            return index(LOSSES, vocabulary)
        if self.name == "loss-guide":
            return guide(self.content, LOSSES, vocabulary)
        if self.name == "loss-table":
            return comparison([LOSSES[name] for name in names], vocabulary, "activation" in self.options)
        chosen = [loss for loss in LOSSES.values() if loss.family in names]
        pages = self.env.found_docs
        return markdown.blocks(
            *(card(loss, vocabulary.losses[loss.name], pages.__contains__) for loss in chosen)
        )


def add_style(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the style of the cards on the pages that have some."""
    if doctree is not None and any(
        {CARD, TABLE} & set(box["classes"]) for box in doctree.findall(nodes.container)
    ):
        app.add_css_file("loss-cards.css")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    for name in ("loss-cards", "loss-guide", "loss-index", "loss-table"):
        app.add_directive(name, LossDirective)
    app.connect("html-page-context", add_style)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
