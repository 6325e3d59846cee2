"""The quick check of a chapter: ```{quiz} chapter.quiz.yml``` shows the questions of a quiz file in the page.

The page holds plain HTML: forms to answer, and a folded part with every answer and all feedback. With the
script `quick-check.js` the folded parts go, and each form answers what the reader chose. On paper all answers
stand open after the last question. Builders other than HTML get the same text as paragraphs and lists.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata
from sphinx.writers.html5 import HTML5Translator

from autograder.question import SIGNS, Question, QuizError
from autograder.quiz import load_quiz

from .assets import add_memory, add_to_page
from .movable_frame import number
from .quick_check_figure import figure_node, picture, quiz_figure, visit_html

logger = logging.getLogger(__name__)

HINTS = {
    "choice": "Choose one.",
    "several": "Choose all that hold.",
    "figure": "Choose one curve.",
    "number": "Type a decimal number.",
    "argmin": "Type a decimal number.",
    "sign": "Choose one.",
}


class quiz_element(nodes.Element):  # type: ignore[misc]
    """An HTML element: its tag, its attributes, and whether other formats leave it out."""


def element(
    tag: str, *children: nodes.Node, id_: str = "", css: str = "", only_html: bool = False, **html: str
) -> quiz_element:
    """Make an HTML element with this id; underscores in names of attributes stand for hyphens."""
    attributes = {key.replace("_", "-"): value for key, value in html.items()}
    ids = [id_] if id_ else []
    return quiz_element(
        "", *children, tag=tag, html=attributes, ids=ids, classes=css.split(), only_html=only_html
    )


class QuizDirective(SphinxDirective):
    """Show a quiz file; its path is relative to the page."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Read the file and lay out its questions."""
        path = Path(self.env.relfn2path(self.arguments[0])[1])
        for dependency in (path, *_sources()):
            self.env.note_dependency(str(dependency))
        try:
            quiz = load_quiz(path)
        except QuizError as error:
            logger.warning("%s", error, location=self.get_location(), type="quiz")
            return []
        questions: list[nodes.Node] = []
        for position, question in enumerate(quiz, start=1):
            questions += [self._form(question, position), self._answer(question, position)]
        footer = element(
            "p",
            element("output", css="quiz-score"),
            element("button", nodes.Text("Clear my answers"), css="quiz-reset", type="button"),
            css="quiz-footer",
            only_html=True,
            hidden="hidden",
        )
        return [element("div", *questions, footer, css="quiz", role="group", aria_label=quiz.title)]

    def _form(self, question: Question, position: int) -> quiz_element:
        heading, text = f"{question.id}-heading", f"{question.id}-text"
        hint = element("span", nodes.Text(" " + HINTS[question.kind]), css="quiz-hint")
        form = element(
            "form",
            element(
                "fieldset",
                element("legend", nodes.Text(f"Question {position}."), hint, id_=heading),
                element("div", *self._blocks(question.text), css="quiz-text", id_=text),
                *([figure_node(question.figure)] if question.figure else []),
                self._inputs(question),
                element(
                    "button",
                    nodes.Text("Check"),
                    css="quiz-check",
                    only_html=True,
                    type="submit",
                    hidden="hidden",
                ),
                element("div", css="quiz-status", only_html=True),
                aria_labelledby=f"{heading} {text}",
            ),
            css="quiz-question",
            autocomplete="off",
            data_kind=question.kind,
            data_version=version(question),
        )
        if isinstance(question.key, float):
            form["html"] |= {"data-key": repr(question.key), "data-tolerance": repr(question.tolerance)}
        form["names"].append(question.id)
        self.state.document.note_explicit_target(form, form)
        return form

    def _inputs(self, question: Question) -> nodes.Element:
        if question.kind in ("number", "argmin"):
            field = element("input", only_html=True, type="text", size="12", spellcheck="false")
            return element(
                "p", element("label", nodes.Text("Your answer: "), field), css="quiz-number", only_html=True
            )
        type_ = "checkbox" if question.kind == "several" else "radio"
        items = nodes.bullet_list(classes=["quiz-options"])
        for value, content in self._choices(question):
            box = element("input", only_html=True, type=type_, value=value, name=f"{question.id}-given")
            label = element("label", box, *self._swatch(question, value), element("span", *content))
            items += nodes.list_item("", label)
        return items

    def _swatch(self, question: Question, value: str) -> list[nodes.Node]:
        """A piece of the line that an option means."""
        if question.figure is None:
            return []
        line = element("path", css=f"quiz-line quiz-curve-{question.letters.index(value)}", d="M1 8H47")
        html = {"viewBox": "0 0 48 16", "aria_hidden": "true"}
        return [element("svg", line, css="quiz-swatch", only_html=True, **html)]

    def _choices(self, question: Question) -> list[tuple[str, Sequence[nodes.Node]]]:
        if question.kind == "sign":
            return [(sign, [nodes.Text(sign)]) for sign in SIGNS]
        choices: list[tuple[str, Sequence[nodes.Node]]] = []
        for option in question.options:
            blocks = self._blocks(option.text)
            content = (
                blocks[0].children if len(blocks) == 1 and isinstance(blocks[0], nodes.paragraph) else blocks
            )
            choices.append((option.letter, [nodes.Text(f"({option.letter}) "), *content]))
        return choices

    def _answer(self, question: Question, position: int) -> quiz_element:
        """Everything there is to say, folded; the script takes from here what fits the reader's answer.

        It stands beside the form, not in it, so that paper can have all answers after all questions.
        """
        items = nodes.bullet_list(classes=["quiz-answers"])
        for when, right, heading, feedback in _replies(question):
            heading_node = nodes.paragraph("", "", nodes.strong(heading, heading), classes=["quiz-when"])
            body = element("div", *self._blocks(feedback), css="quiz-feedback")
            item = nodes.list_item(
                "", element("div", heading_node, body, data_when=when, data_right=str(right).lower())
            )
            items += item
        summary = element("summary", nodes.Text(f"Answer to question {position}"))
        parts: list[nodes.Node] = [summary, items]
        if f"book/{question.read}" != self.env.docname:
            parts.append(element("div", self._read_again(question.read), css="quiz-read"))
        return element("details", *parts, css="quiz-answer")

    def _read_again(self, read: str) -> nodes.paragraph:
        page = addnodes.pending_xref(
            "",
            nodes.inline(read, read),
            refdomain="std",
            reftype="doc",
            reftarget=f"/book/{read}",
            refdoc=self.env.docname,
            refexplicit=False,
            refwarn=True,
        )
        return nodes.paragraph("", "", nodes.Text("Read again: "), page)

    def _blocks(self, text: str) -> list[nodes.Node]:
        """Parse Markdown (or whatever the page is written in)."""
        parent = nodes.Element()
        self.state.nested_parse(
            StringList(text.splitlines(), source=self.arguments[0]), self.content_offset, parent
        )
        return list(parent.children)


def _replies(question: Question) -> list[tuple[str, bool, str, str]]:
    """All feedback of a question: for what answer, whether that is right, its heading, the feedback."""
    if question.options:
        yes, no = ("right", "not right") if question.kind == "figure" else ("holds", "does not hold")
        replies = [
            (o.letter, o.holds, f"({o.letter}) {yes if o.holds else no}", o.feedback)
            for o in question.options
        ]
        if isinstance(question.key, frozenset) and len(question.key) > 1:
            one_of_them = question.assess({min(question.key)})
            replies.append(("incomplete", False, "Some, but not all", one_of_them.feedback[-1]))
        return replies
    if question.kind == "sign":
        return [
            (sign, sign == question.key, f"{sign}: {'right' if sign == question.key else 'not right'}", text)
            for sign, text in question.feedback.items()
        ]
    assert isinstance(question.key, float)
    places = places_for(question.tolerance)
    replies = [("right", True, f"{number(question.key, places)}: right", question.feedback["right"])]
    for mistake in question.mistakes:
        replies.append(
            (repr(mistake.answer), False, f"{number(mistake.answer, places)}: not right", mistake.feedback)
        )
    return [*replies, ("wrong", False, "Any other number", question.feedback["wrong"])]


def version(question: Question) -> str:
    """Name what an answer refers to: an answer remembered for another version of a question means nothing."""
    curves = [] if question.figure is None else [curve.round(6).tolist() for curve in question.figure.curves]
    asked = [question.kind, question.text, [option.text for option in question.options], curves]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:8]


def places_for(tolerance: float) -> int:
    """Decimal places that show a number to a tenth of the tolerance."""
    return max(0, 1 - math.floor(math.log10(tolerance)))


def _sources() -> list[Path]:
    """What a computed key depends on besides the quiz file."""
    solutions = Path(str(resources.files("solutions")))
    autograder = Path(str(resources.files("autograder")))
    parts = [path for pattern in ("quiz*", "question*", "drawn.py") for path in autograder.glob(pattern)]
    return [*sorted(solutions.rglob("*.py")), *sorted(parts)]


class PlainQuiz(SphinxPostTransform):
    """For paper and plain text: the same words as paragraphs and lists, without forms."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        """Replace the HTML elements where the format is another."""
        if self.app.builder.format == "html":
            return
        for figure in list(self.document.findall(quiz_figure)):
            figure.replace_self(picture(figure))
        for node in reversed(list(self.document.findall(quiz_element))):
            if node["only_html"]:
                node.parent.remove(node)
            elif node["tag"] in ("legend", "summary"):
                node.replace_self(nodes.paragraph("", "", nodes.strong("", "", *node.children)))
            elif node["tag"] == "label":
                node.replace_self(nodes.paragraph("", "", *node.children))
            elif node["tag"] == "span":
                node.replace_self(nodes.inline("", "", *node.children))
            else:
                node.replace_self(nodes.container("", *node.children, ids=node["ids"]))


def open_html(self: HTML5Translator, node: quiz_element) -> None:
    """Open the element."""
    self.body.append(self.starttag(node, node["tag"], "", **node["html"]))


def close_html(self: HTML5Translator, node: quiz_element) -> None:
    """Close the element, if it is of those that close."""
    if node["tag"] != "input":
        self.body.append(f"</{node['tag']}>")


def add_assets(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load script and style on the pages that have a quiz."""
    if doctree is not None and next(doctree.findall(quiz_element), None) is not None:
        add_memory(app)
        add_to_page(app, "quick-check")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.add_node(quiz_element, html=(open_html, close_html))
    app.add_node(quiz_figure, html=(visit_html, None))
    app.add_directive("quiz", QuizDirective)
    app.add_post_transform(PlainQuiz)
    app.connect("html-page-context", add_assets)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
