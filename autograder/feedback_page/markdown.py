"""Markdown as HTML: an instructor's statement in full, a student's text with its formatting only."""

from __future__ import annotations

import base64
import html
import mimetypes
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.dollarmath import dollarmath_plugin

from autograder.feedback_page.formulas import formula

_TAG = re.compile(
    r"</?(?:b|br|dd|details|div|dl|dt|em|i|kbd|li|ol|p|s|small|span|strong|sub|summary|sup|u|ul)\s*/?>",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_DATA = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
_LINK = re.compile(r"(?:https?://|mailto:|#)", re.IGNORECASE)
_WIDE = 30  # characters of a formula in a line of text that may be wider than a phone
_TOP = 4  # the level of the first heading within a text: above it are the page, the problem, "What was asked"


def statement_html(text: str, files: Mapping[str, bytes] | None = None) -> str:
    """Write an instructor's markdown as HTML that shows everything, runs nothing and fetches nothing.

    Parameters
    ----------
    text
        The markdown.
    files
        The files that come with the assignment: pictures that the text names are put into it.
    """
    return str(_for_instructors().render(text, {"files": files or {}}))


def inline_html(text: str) -> str:
    """Write a line of an instructor's markdown as HTML without a paragraph around it."""
    return str(_for_instructors().renderInline(" ".join(text.split()), {"files": {}}))


def student_html(text: str) -> str:
    """Write a student's markdown as HTML: formatting and formulas; tags, links and pictures stay as typed.

    Examples
    --------
    >>> student_html("so *x* is <b onclick=a()>0</b> [here](http://example.org)")
    '<p>so <em>x</em> is &lt;b onclick=a()&gt;0&lt;/b&gt; [here](http://example.org)</p>\\n'
    """
    return str(_for_students().render(text.replace("\u2060", ""), {"files": {}}))


@cache
def _for_instructors() -> MarkdownIt:
    return _parser().enable("table")


@cache
def _for_students() -> MarkdownIt:
    unwanted = ["html_block", "html_inline", "link", "autolink", "image", "reference", "entity"]
    return _parser().enable("table").disable(unwanted)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}, renderer_cls=_Renderer)
    parser.use(dollarmath_plugin, double_inline=True)
    parser.add_render_rule("math_inline", _math_inline)
    for rule in ("math_inline_double", "math_block", "math_block_label"):
        parser.add_render_rule(rule, _math_block)
    return parser


def _math_inline(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    tex = tokens[idx].content.strip()
    if len(tex) <= _WIDE:
        return formula(tex)
    return f'<span class="long" tabindex="0" role="group" aria-label="formula">{formula(tex)}</span>'


def _math_block(
    self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
) -> str:
    # On a phone it scrolls sideways, by keyboard too. A span, because it may stand in a paragraph.
    shown = formula(tokens[idx].content.strip(), display=True)
    return f'<span class="formula" tabindex="0" role="group" aria-label="formula">{shown}</span>\n'


class _Renderer(RendererHTML):
    """The library's renderer, with nothing that acts and headings that fit into the page."""

    def html_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _plain_tags(tokens[idx].content)

    def html_inline(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _plain_tags(tokens[idx].content)

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<h{_level(tokens[idx])}>"

    def heading_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"</h{_level(tokens[idx])}>\n"

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="wide" tabindex="0" role="group" aria-label="table"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _cell(tokens[idx])

    td_open = th_open

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        from autograder.feedback_page.code import code_html

        token = tokens[idx]
        return code_html(token.content, "program", python=token.info.strip().startswith(("py", "ipython")))

    code_block = fence

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        address = str(tokens[idx].attrGet("href") or "")
        if not _LINK.match(address):  # to a file that the page does not come with
            return "<a>"
        return f'<a href="{html.escape(address)}" rel="noopener noreferrer">'

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        alt = html.escape(self.renderInlineAsText(token.children or [], options, env))
        source = _picture(str(token.attrGet("src") or ""), env["files"])
        return f'<img src="{source}" alt="{alt}">' if source else f"[picture: {alt}]"


def _level(token: Token) -> int:
    return min(6, _TOP - 1 + max(1, int(token.tag[1]) - 1))


def _cell(token: Token) -> str:
    """Open a cell of a table, its alignment as a class: the page lets no style attribute in."""
    align = re.search(r"left|right|center", str(token.attrGet("style") or ""))
    return f'<{token.tag} class="{align[0]}">' if align else f"<{token.tag}>"


def _plain_tags(text: str) -> str:
    """Keep tags that only format or fold; any other tag is shown as text."""
    text = _COMMENT.sub("", text)
    written, position = [], 0
    for tag in _TAG.finditer(text):
        written += [html.escape(html.unescape(text[position : tag.start()]), quote=False), tag[0].lower()]
        position = tag.end()
    written.append(html.escape(html.unescape(text[position:]), quote=False))
    return "".join(written)


def _picture(source: str, files: Mapping[str, Any]) -> str | None:
    """Give a picture's address if it is data, or make it data if it is a file of the assignment."""
    if _DATA.fullmatch(source):
        return source
    kind = mimetypes.guess_type(source)[0]
    content = files.get(source.removeprefix("./"))
    if content is None or kind not in _PICTURES:
        return None
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
