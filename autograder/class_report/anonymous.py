"""An example of a student's code that names nobody.

Reports get forwarded, so nothing of the text is taken over as it was typed: what is shown is written anew
from the syntax tree. Comments and docstrings are not in it. A text of the student's own becomes "…". A name
that holds part of a name, an id or an e-mail address of anyone in the class, a number that could be an id, or
a word in another script than Latin becomes name_1, unless the assignment itself uses it. What isn't Python
can't be cleaned in this way, and is not shown.
"""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

_LONGEST = 20_000  # characters of a cell that is looked at
_LINES, _WIDTH = 15, 100  # what is shown of it
_HIDDEN = "…"
_SHORTEST_PART = 2  # letters of a whole part of a name, such as "al" in "al_loss"
_SHORTEST_START = 3  # letters that a part may begin with, such as "ada" in "adasloss"
_SHORTEST_WITHIN = 4  # letters that may be hidden within a part, such as "bert" in "robertsloss"
_SHORTEST_NUMBER = 5  # digits of an id that are looked for in numbers
_LONG_NUMBER = 6  # digits of a whole number that could be somebody's
_SHORTEST_ID = 3  # letters and digits of an id that are looked for in names, such as "u17"
_SPEC = re.compile(r"[<>^=]?[-+ ]?#?0?\d{0,3}[,_]?(\.\d{1,3})?[a-zA-Z%]?")
_PART = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+(?:[ ./-]\d+)*")  # as people write them, such as 12-345-678
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "å": "aa", "æ": "ae"})
# Letters that are another one with a stroke; nothing can be taken off them.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "þ": "th", "æ": "ae", "œ": "oe"}
)
_COMMON = frozenset({*dir(builtins), *keyword.kwlist, *dir(np), *dir(np.ndarray)})


class Anonymiser:
    """Knows whom an example must not name, and which names the assignment itself uses.

    Parameters
    ----------
    people
        Names, ids and e-mail addresses of the class.
    sources
        The code of the assignment's own cells.
    """

    def __init__(self, people: Iterable[str], sources: Iterable[str]) -> None:
        self._people: set[str] = set()
        self._ids: set[str] = set()
        self._numbers: set[str] = set()
        for text in people:
            for spelling in (text, text.casefold().translate(_SPELT_OUT)):
                self._people.update(
                    part for part in map(_folded, _PART.findall(spelling)) if len(part) >= _SHORTEST_PART
                )
            for whole in (_letters_and_digits(text), _letters_and_digits(text.partition("@")[0])):
                if len(whole) >= _SHORTEST_ID and not whole.isalpha():
                    self._ids.add(whole)
            digits = (re.sub(r"\D", "", number) for number in _NUMBER.findall(text))
            self._numbers.update(run for run in digits if len(run) >= _SHORTEST_NUMBER)
        self._names = set(_COMMON)
        self._texts: set[str] = set()
        for source in sources:
            self._names.update(re.findall(r"[^\W\d]\w*", source))
            self._texts.update(_texts_in(source))
        self._longest_id = max(map(len, self._ids), default=0)
        self._longest_part = max(map(len, self._people), default=0)
        self._longest_number = max(map(len, self._numbers), default=0)
        self._parts = {_folded(part) for name in self._names for part in _parts_of(name)}

    def example(self, code: str) -> str | None:
        """Write code anew, so that it names nobody, cut to a few lines; None if it is not plain Python.

        Examples
        --------
        >>> print(Anonymiser(["Ada Lovelace"], []).example("lovelace = 'by Ada'  # Ada was here"))
        name_1 = '…'
        """
        if len(code) > _LONGEST:
            return None
        try:
            tree = _Rewriting(self).visit(_without_docstrings(ast.parse(code)))
            lines = ast.unparse(ast.fix_missing_locations(tree)).splitlines()
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
        shown = [line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…" for line in lines[:_LINES]]
        return "\n".join(shown + ["…"] * (len(lines) > _LINES)) or None

    def names_somebody(self, name: str) -> bool:
        """Whether a name in a program could say who wrote it."""
        if name in self._names:
            return False
        if self._is_number(re.sub(r"\D", "", name)):
            return True
        if _holds(_letters_and_digits(name), self._ids, _SHORTEST_ID, self._longest_id):
            return True
        return any(map(self._is_somebody, _parts_of(name)))

    def keeps_text(self, text: str) -> bool:
        """Whether a text in a program is the assignment's, or a word that its code uses."""
        return text in self._texts or text in self._names or text == ""

    def keeps_number(self, value: complex) -> bool:
        """Whether a number in a program can't be part of an id."""
        return not self._is_number(re.sub(r"\D", "", repr(value)), own=isinstance(value, int))

    def _is_number(self, digits: str, *, own: bool = True) -> bool:
        """Whether digits hold the number of anyone in the class or, if `own`, are as long as somebody's."""
        if own and len(digits.rstrip("0")) >= _LONG_NUMBER:
            return True
        return _holds(digits, self._numbers, _SHORTEST_NUMBER, self._longest_number)

    def _is_somebody(self, part: str) -> bool:
        folded = _folded(part)
        if folded in self._parts:
            return False
        if folded in self._people or folded[:_SHORTEST_START] in self._people:
            return True
        if not folded.isascii() and not (len(folded) == 1 and "GREEK" in unicodedata.name(folded, "")):
            return True  # such as half of a Chinese name, which no space divides
        return _holds(folded, self._people, _SHORTEST_WITHIN, self._longest_part)


def _holds(text: str, wanted: Collection[str], shortest: int, longest: int) -> bool:
    """Whether one of many words is in a text, in time that grows with the text and not with the words.

    The other way round, with every name of 20,000 students, would take far longer; and without the longest
    word as a limit, a student's name of thousands of letters would.
    """
    return any(
        text[start:end] in wanted
        for start in range(len(text) - shortest + 1)
        for end in range(start + shortest, min(len(text), start + longest) + 1)
    )


class _Rewriting(ast.NodeTransformer):
    """Replaces names, texts and numbers in a tree; the same name always by the same other one."""

    def __init__(self, anonymiser: Anonymiser) -> None:
        self._anonymiser = anonymiser
        self._renamed: dict[str, str] = {}

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for field, value in ast.iter_fields(node):
            if field == "type_comment":
                setattr(node, field, None)
            elif isinstance(value, str):
                setattr(node, field, self._name(value))
            elif isinstance(value, list) and value and all(isinstance(one, str) for one in value):
                setattr(node, field, [self._name(one) for one in value])
        return super().generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        value: Any = node.value
        if isinstance(value, str) and not self._anonymiser.keeps_text(value):
            value = _HIDDEN
        elif isinstance(value, bytes):
            value = b""
        elif (
            isinstance(value, (int, float, complex))
            and not isinstance(value, bool)
            and not self._anonymiser.keeps_number(value)
        ):
            value = 0
        return ast.Constant(value)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        spec = node.format_spec
        node.value = self.visit(node.value)
        plain = isinstance(spec, ast.JoinedStr) and all(
            isinstance(part, ast.Constant) and _SPEC.fullmatch(str(part.value)) for part in spec.values
        )
        if not plain:
            node.format_spec = None
        return node

    def _name(self, name: str) -> str:
        """Replace a name, or the parts of a dotted one, such as a module's."""
        if "." in name:
            return ".".join(map(self._name, name.split(".")))
        if not self._anonymiser.names_somebody(name):
            return name
        return self._renamed.setdefault(name, f"name_{len(self._renamed) + 1}")


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """Drop texts that stand alone as a statement."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [one for one in body if not _is_text(one)]
            node.body = kept or ([] if isinstance(node, ast.Module) else [ast.Pass()])  # type: ignore[attr-defined]
    return tree


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _texts_in(source: str) -> set[str]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _parts_of(name: str) -> list[str]:
    """Split a name as programmers put it together: `adasLoss_1` is "adas" and "Loss"."""
    return _PART.findall(re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])", "_", name)) + _PART.findall(name)


def _folded(text: str) -> str:
    """Make spellings of one name alike: without accents and capitals."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return letters.translate(_PLAIN)


def _letters_and_digits(text: str) -> str:
    return re.sub(r"[\W_]", "", _folded(text))
