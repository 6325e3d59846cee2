"""Markdown as notebooks show it: text that is protected from it, and its blocks."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

LINE_MARK = re.compile(r"^(?:(\d+)(?=[.)]\s)|>|(?:[-+]|#+)(?=\s))", re.MULTILINE)
"""What makes a line of text a list, a heading or a quotation."""


def escape(text: str, in_table: bool = False) -> str:
    r"""Protect what is meant as it stands.

    Examples
    --------
    >>> escape("2 * 3 costs $5 for a_b")
    '2 \\* 3 costs \\$5 for a_b'
    """
    text = re.sub(r"[\\`*$~]|(?<!\w)_|_(?!\w)|<(?=[A-Za-z/!?])|\](?=[(\[:])", r"\\\g<0>", text)
    text = re.sub(r"&(?=#?\w+;)", "&amp;", text)
    return text.replace("|", "\\|") if in_table else text


def paragraph(text: str) -> str:
    r"""Protect the starts of the lines of a paragraph.

    Examples
    --------
    >>> paragraph("1986. A great year.")
    '1986\\. A great year.'
    """
    return LINE_MARK.sub(lambda mark: f"{mark[0]}\\" if mark[1] else f"\\{mark[0]}", text)


def code(text: str, in_table: bool = False) -> str:
    """Write code in a line of text."""
    text = text.replace("\n", " ")
    marks = "`" * (longest_run(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    text = text.replace("|", "\\|") if in_table else text
    return f"{marks}{space}{text}{space}{marks}"


def code_block(text: str, language: str) -> str:
    """Write a block of code."""
    fence = "`" * max(3, longest_run(text) + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def longest_run(text: str) -> int:
    """Count the backticks of the longest row of them."""
    return max(map(len, re.findall("`+", text)), default=0)


def formula(tex: str, in_table: bool = False, in_html: bool = False) -> str:
    """Write a formula in a line of text."""
    tex = " ".join(tidy(tex).split())
    if in_table:  # where a bar would end the cell
        tex = tex.replace("\\|", "\\Vert ").replace("|", "\\vert ")
    if in_html:  # where they could begin and end a tag
        tex = tex.replace("<", "\\lt ").replace(">", "\\gt ")
    return f"${tex}$"


def displayed(tex: str, in_quote: bool = False) -> str:
    """Write a displayed formula, on one line where the marks of a quotation would end up in it."""
    return f"$$ {' '.join(tex.split())} $$" if in_quote else f"$$\n{tex}\n$$"


def tidy(tex: str) -> str:
    """Drop comments and blank lines from a formula."""
    lines = (re.sub(r"(?<!\\)%.*", "", line).rstrip() for line in tex.splitlines())
    return "\n".join(line for line in lines if line.strip()).strip()


def link(text: str, address: str) -> str:
    """Write a link."""
    return f"[{text}](<{address}>)" if re.search(r"[\s()]", address) else f"[{text}]({address})"


def item(mark: str, text: str) -> str:
    """Write an item of a list, which may hold several blocks."""
    return f"{mark} " + textwrap.indent(text, " " * (len(mark) + 1)).strip()


def quote(text: str) -> str:
    """Frame blocks as a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def folded(summary: str, body: str) -> str:
    """Fold blocks under a summary, which is HTML."""
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


def table(head: Sequence[str], alignments: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, alignments, *rows])


def blocks(*texts: str) -> str:
    """Write blocks one below the other, without the empty ones."""
    return "\n\n".join(filter(None, texts))
