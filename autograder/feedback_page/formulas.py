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
_SCRIPTS = frozenset({"msub", "msup", "msubsup", "munder", "mover", "munderover"})
_CLOSING = frozenset(")]}|‖⌉⌋⟩!")
_THIN = "0.167em"  # as wide as TeX's thin space

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
        _space_functions(tree)
        return ElementTree.tostring(tree, encoding="unicode")
    except Exception:  # of many kinds, among them RecursionError
        return f"<code>{html.escape(tex)}</code>"


def _require_mathml(tree: ElementTree.Element) -> None:
    for element in tree.iter():
        name = _name(element)
        if name not in _ELEMENTS:
            raise ValueError(f"a formula can't hold <{name}>")
        if wrong := element.attrib.keys() - _ATTRIBUTES:
            raise ValueError(f"a formula can't have {', '.join(wrong)}")


def _space_functions(tree: ElementTree.Element) -> None:
    """Set functions with a name, such as log, off from what stands beside them, as TeX does.

    latex2mathml leaves that to browsers, which write log x as one word, and wide gaps around max.
    """
    for element in tree.iter():
        if _name(element) == "mo" and _is_function(element):
            element.attrib |= {"lspace": "0", "rspace": "0"}
    for row in list(tree.iter()):
        if _name(row) not in ("mrow", "math", "mstyle", "mtd"):
            continue
        children = list(row)
        for place in range(len(children) - 1, -1, -1):  # from the end: what is put in moves the rest
            if not _is_function(children[place]):
                continue
            if place + 1 < len(children) and _is_argument(children[place + 1]):
                row.insert(place + 1, _thin_space())
            before = children[place - 1] if place else None
            if before is not None and not _is_function(before) and _ends_factor(before):
                row.insert(place, _thin_space())


def _is_function(element: ElementTree.Element) -> bool:
    """Tell whether an element is the name of a function, perhaps with an index or a power."""
    if _name(element) in _SCRIPTS and len(element):
        return _is_function(element[0])
    text = element.text or ""
    return _name(element) in ("mi", "mo") and len(text) > 1 and text != "mod" and text.isalpha()


def _is_argument(element: ElementTree.Element) -> bool:
    """Tell whether an element after a function must be set off: a bracket or an operator is by itself."""
    if _is_function(element):
        return True
    if (_name(element) == "mrow" or _name(element) in _SCRIPTS) and len(element):
        return _is_argument(element[0])
    return _name(element) not in ("mo", "mspace")


def _ends_factor(element: ElementTree.Element) -> bool:
    """Tell whether a product goes on after an element: not after an operator or an opening bracket."""
    if _name(element) == "mrow" and len(element):
        return _ends_factor(element[-1])
    if _name(element) in _SCRIPTS and len(element):
        return _ends_factor(element[0])
    return _name(element) not in ("mo", "mspace") or element.text in _CLOSING


def _thin_space() -> ElementTree.Element:
    return ElementTree.Element(f"{{{_NAMESPACE}}}mspace", {"width": _THIN})


def _name(element: ElementTree.Element) -> str:
    return element.tag.removeprefix(f"{{{_NAMESPACE}}}")
