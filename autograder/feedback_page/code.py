"""Code as HTML: escaped, with its words marked for colours that the page's style gives."""

from __future__ import annotations

import html
from functools import lru_cache

from pygments import lex  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    String,
)

_LONGEST = 50_000  # characters; a longer one is shown without colours
_CLASSES = (
    (Comment, "c"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (String, "s"),
    (Number, "n"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Decorator, "f"),
)


@lru_cache(maxsize=5_000)
def code_html(source: str, label: str, *, python: bool = True) -> str:
    """Write a program as HTML.

    Parameters
    ----------
    source
        The program, of unknown origin.
    label
        What readers of the page are told that it is.
    python
        Whether it is Python, and to be coloured.

    Examples
    --------
    >>> code_html("<b>", "mine", python=False)
    '<pre class="code" tabindex="0" role="group" aria-label="mine"><code>&lt;b&gt;</code></pre>'
    """
    source = source.rstrip()
    shown = _coloured(source) if python and len(source) <= _LONGEST else html.escape(source)
    name = html.escape(label)
    return f'<pre class="code" tabindex="0" role="group" aria-label="{name}"><code>{shown}</code></pre>'


def _coloured(source: str) -> str:
    written = []
    for kind, text in lex(source, PythonLexer(stripnl=False, ensurenl=False)):
        name = next((name for wanted, name in _CLASSES if kind in wanted), None)
        shown = html.escape(text)
        written.append(f'<span class="{name}">{shown}</span>' if name and text.strip() else shown)
    return "".join(written)
