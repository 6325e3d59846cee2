"""Texts that a spreadsheet can't take for formulas: a student chooses what stands in a name or a message.

Excel, LibreOffice and Google Sheets run a cell that begins with one of a few characters, quoted or not. A
file that is opened under another locale is also cut at other separators: a formula can begin inside a text.
"""

from __future__ import annotations

import re

# The last four are what Excel takes for the first four where it is set to Japanese.
_TRIGGERS = r"=+\-@＝＋－＠"
# What a spreadsheet may skip before it looks at the first character: quotes, and what is not seen.
_SKIPPED = r"[\s\"`‘’“”\x00-\x1f\x7f-\x9f\xad\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u2069]*"
_START = rf"(?:{_SKIPPED}[{_TRIGGERS}]|[\t\r\n])"
_AT_START = re.compile(rf"\A(?={_START})")
_INSIDE = {
    delimiter: re.compile(rf"(?<=[{separators}])(?={_SKIPPED}[{_TRIGGERS}])")
    for delimiter, separators in ((",", r";\t\r\n"), (";", r",\t\r\n"), ("\t", r",;\r\n"), (":", r",;\t\r\n"))
}
_HARMLESS_ID = re.compile(r"[+\-@＋－＠][\w.@+-]*")


def defused(text: str, delimiter: str = ",") -> str:
    """Put an apostrophe before whatever a spreadsheet could take for the beginning of a formula.

    Parameters
    ----------
    text
        A text, not a number: of a number the apostrophe would make a text.
    delimiter
        What separates the cells of the file. Inside a text it is quoted, but other separators are not.

    Examples
    --------
    >>> defused("=1+1"), defused("ada"), defused("Ada; =1+1")
    ("'=1+1", 'ada', "Ada;' =1+1")
    """
    return _AT_START.sub("'", _INSIDE[delimiter].sub("'", text))


def is_safe_id(text: str) -> bool:
    """Tell whether an id can stay as it is: an LMS would not know the student by a changed one.

    It can if it doesn't begin like a formula, or if what follows `+`, `-` or `@` are letters, digits and
    dots, which call nothing: a spreadsheet may show an error then, but runs nothing.

    Examples
    --------
    >>> is_safe_id("ada@x.org"), is_safe_id("-ada.l"), is_safe_id("+1-cmd|' /C calc'!A0"), is_safe_id("=A1")
    (True, True, False, False)
    """
    return defused(text) == text or _HARMLESS_ID.fullmatch(text) is not None
