"""Formulas as MathML, which browsers lay out without a script.

The book uses Temml, which needs Node; feedback is also written on graders that have none. latex2mathml is
pure Python. It passes HTML and links in a formula on as they are, so each element that it gives is checked.
"""

from __future__ import annotations

import html
from functools import lru_cache
from xml.etree import ElementTree

from latex2mathml.converter import convert

_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_ELEMENTS = frozenset(
    {
        "math",
        "menclose",
        "mfrac",
        "mi",
        "mmultiscripts",
        "mn",
        "mo",
        "mover",
        "mpadded",
        "mphantom",
        "mprescripts",
    }
    | {
        "mroot",
        "mrow",
        "mspace",
        "msqrt",
        "mstyle",
        "msub",
        "msubsup",
        "msup",
        "mtable",
        "mtd",
        "mtext",
        "mtr",
    }
    | {"munder", "munderover", "none"}
)
_ATTRIBUTES = frozenset(
    {"accent", "columnalign", "depth", "display", "displaystyle", "fence", "form", "height", "linebreak"}
    | {"linethickness", "lspace", "mathvariant", "maxsize", "minsize", "notation", "rspace", "scriptlevel"}
    | {"separator", "stretchy", "width"}
)
_LONGEST = 5_000  # characters

ElementTree.register_namespace("", _NAMESPACE)


@lru_cache(maxsize=20_000)
def formula(tex: str, *, display: bool = False) -> str:
    """Write a formula as MathML; one that can't be read stays as it was typed.

    Examples
    --------
    >>> formula("x")
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="inline"><mrow><mi>x</mi></mrow></math>'
    >>> formula("\\\\frac{1}{")
    '<code>\\\\frac{1}{</code>'
    """
    try:
        if len(tex) > _LONGEST:
            raise ValueError("too long")
        tree = ElementTree.fromstring(convert(tex, display="block" if display else "inline"))
        _require_mathml(tree)
        return ElementTree.tostring(tree, encoding="unicode")
    except Exception:  # of many kinds, among them RecursionError
        return f"<code>{html.escape(tex)}</code>"


def _require_mathml(tree: ElementTree.Element) -> None:
    for element in tree.iter():
        name = element.tag.removeprefix(f"{{{_NAMESPACE}}}")
        if name not in _ELEMENTS:
            raise ValueError(f"a formula can't hold <{name}>")
        if wrong := element.attrib.keys() - _ATTRIBUTES:
            raise ValueError(f"a formula can't have {', '.join(wrong)}")
