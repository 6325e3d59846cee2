"""A student's markdown, made harmless for those who open it: shown as it was written, and nothing in it acts.

nbgrader's feedback and formgrader turn markdown into HTML with whatever HTML and links are in it, and draw
its formulas with MathJax. Formgrader's page is in the instructor's logged-in Jupyter.
"""

from __future__ import annotations

import html
import re
import urllib.parse

_BREAK = "\u2060"  # a word joiner: it can't be seen, and what it stands in is no tag or command any more
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
# MathJax's commands that make links, load more of MathJax, style the page, or can spell one of these.
_COMMAND = re.compile(
    r"\\(?=(?:href|url|require|class|cssId|style|data|html\w*|csname|(?:re)?newcommand|newenvironment|let|[gex]?def)\b)"
)
_LINK = re.compile(r"(\]\(\s*<?|\]:\s*<?)([^\s)>]+)")
# Any picture but those whose address stands right there, and is a file beside the notebook or data: another's
# address may stand elsewhere in the text, or behind a description that goes over several lines.
_FOREIGN_PICTURE = re.compile(
    r"!(?=\[)(?!\[[^\[\]\n]*\]\(\s*<?"
    r"(?:attachment:|data:image/(?:png|jpeg|gif|webp);base64,|[\w.][\w./%-]*[\s)>]))"
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
_GOOD_SCHEMES = ("http", "https", "mailto", "attachment")
_GOOD_DATA = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,")


def harmless_markdown(text: str) -> str:
    """Take out of a markdown text what could act: tags, scripts in links, pictures from elsewhere.

    Examples
    --------
    >>> harmless_markdown("[my *answer*](javascript:alert(1))")
    '[my *answer*](#alert(1))'
    """
    text = _LINK.sub(_checked_link, text)
    text = _FOREIGN_PICTURE.sub("", text)
    return _COMMAND.sub("\\\\" + _BREAK, harmless_text(text))


def harmless_text(text: str) -> str:
    """Take the tags out of a text that a page may show without escaping it."""
    return _TAG.sub("<" + _BREAK, text)


def _checked_link(link: re.Match[str]) -> str:
    before, address = link.groups()
    # As a browser reads it: without the ways in which a scheme can be hidden.
    plain = urllib.parse.unquote(html.unescape(address)).replace("\\", "").lower()
    plain = "".join(character for character in plain if character > " ")
    scheme = _SCHEME.match(plain)
    if scheme is None or scheme[1] in _GOOD_SCHEMES or _GOOD_DATA.match(plain):
        return link[0]
    return f"{before}#{address.rpartition(':')[2]}"
