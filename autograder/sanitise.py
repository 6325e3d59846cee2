"""What a student's code showed, made safe and small before anyone looks at it.

Outputs end in notebooks, in formgrader and in feedback pages, all opened by people whose browser is logged in
somewhere. So nothing passes but text, pictures and plain tables, and none of it without bound. Whatever comes
in, well-formed or not, the functions here return and take time in proportion to its size.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import html
import itertools
import re
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Characters of text, and of base64 for pictures.
TEXT_LIMIT = 20_000  # one output
HTML_LIMIT = 100_000
IMAGE_LIMIT = 1_500_000
CELL_LIMIT = 3_000_000
NOTEBOOK_LIMIT = 6_000_000
OUTPUTS_LIMIT = 100  # outputs of one cell

_NOTE = "[{}]"
_LONGEST_SIDE = 8_000  # pixels: a small file can hold a picture that no browser can show
_IMAGES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
# Shown as their source: to render them would let in links and HTML.
_SOURCES = ("text/markdown", "text/latex")

# Escape characters that don't start a colour, the other control characters, marks that turn the direction of
# writing around (with them a text can be made to look like another), and halves of characters.
_UNWANTED = re.compile(
    "\x1b(?!\\[[0-9;]{0,40}m)(?:\\[[0-?]{0,40}[@-~])?"
    "|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def clean_notebook_outputs(outputs: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """Clean the outputs of a whole notebook, by cell id; cells that come too late for the room get a note."""
    cleaned = {}
    room = NOTEBOOK_LIMIT
    for cell, shown in outputs.items():
        cleaned[cell] = clean_outputs(shown, min(room, CELL_LIMIT))
        room = max(0, room - sum(map(_size, cleaned[cell])))
    return cleaned


def clean_outputs(outputs: list[dict[str, Any]], room: int = CELL_LIMIT) -> list[dict[str, Any]]:
    """Clean the outputs of a cell.

    Streams, errors and displayed text, pictures and tables stay. A note says what was left out or shortened.

    Parameters
    ----------
    outputs
        Outputs in the notebook format, of unknown origin.
    room
        How many characters they may have together.

    Examples
    --------
    >>> clean_outputs([{"output_type": "stream", "name": "stdout", "text": "3\\x07"}])
    [{'output_type': 'stream', 'name': 'stdout', 'text': '3'}]
    """
    cleaned: list[dict[str, Any]] = []
    joined = _joined(outputs if isinstance(outputs, list) else [outputs])
    if (more := len(joined) - OUTPUTS_LIMIT) > 1:  # one more takes no more room than the note would
        joined[OUTPUTS_LIMIT:] = [_note(f"{more} more outputs left out")]
    for output in joined:
        for clean in _clean_output(output):
            if (size := _size(clean)) > room:
                cleaned.append(_note("the rest is left out: the cell or the notebook shows too much"))
                return cleaned
            room -= size
            cleaned.append(clean)
    return cleaned


def clean_text(text: object, limit: int = TEXT_LIMIT) -> str:
    """Remove control characters other than colours from a text, and the middle if it is too long.

    Examples
    --------
    >>> clean_text("\\x1b[0;31mred\\x1b[0m\\x1b[2J\\x00 text"), clean_text("abcdefghij" * 9, limit=50)
    ('\\x1b[0;31mred\\x1b[0m text', 'abcdefghijab\\n[66 characters left out]\\nijabcdefghij')
    """
    given = text if isinstance(text, str) else str(text)
    if len(given) > limit:
        note = f"\n{_NOTE.format(f'{len(given)} characters left out')}\n"
        kept = max(0, limit - len(note)) // 2
        note = f"\n{_NOTE.format(f'{len(given) - 2 * kept} characters left out')}\n"
        given = given[:kept] + note + given[len(given) - kept :]
    return _UNWANTED.sub("", given)


def _note(said: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": f"{_NOTE.format(said)}\n"}


def _size(output: Mapping[str, Any]) -> int:
    if output["output_type"] == "error":
        return len(output["evalue"]) + sum(map(len, output["traceback"]))
    return len(output.get("text", "")) + sum(map(len, output.get("data", {}).values()))


def _joined(outputs: Iterable[Any]) -> list[Any]:
    """Join what was written to a stream bit by bit."""
    joined: list[Any] = []
    for name, group in itertools.groupby(outputs, _stream_name):
        if name is None:
            joined.extend(group)
        else:
            text = "".join(_text(output.get("text")) or "" for output in group)
            joined.append({"output_type": "stream", "name": name, "text": text})
    return joined


def _stream_name(output: Any) -> str | None:
    if not isinstance(output, Mapping) or output.get("output_type") != "stream":
        return None
    return "stderr" if output.get("name") == "stderr" else "stdout"


def _text(value: Any) -> str | None:
    """Give a text, which a notebook may keep as a list of lines; None for anything else."""
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "".join(value)
    return value if isinstance(value, str) else None


def _clean_output(output: Any) -> Iterator[dict[str, Any]]:
    kind = output.get("output_type") if isinstance(output, Mapping) else None
    if kind == "stream":
        yield {**output, "text": clean_text(output["text"])}
    elif kind == "error":
        traceback = output.get("traceback")
        lines = [line for line in traceback if isinstance(line, str)] if isinstance(traceback, list) else []
        yield {
            "output_type": "error",
            "ename": clean_text(_text(output.get("ename")) or "Error", 200),
            "evalue": clean_text(_text(output.get("evalue")) or "", 2_000),
            "traceback": [clean_text("\n".join(lines))],
        }
    elif kind in ("display_data", "execute_result"):
        data = output.get("data")
        shown, left_out = _clean_data(data if isinstance(data, Mapping) else {})
        if shown:
            counted = {"execution_count": None} if kind == "execute_result" else {}
            metadata = _clean_metadata(output.get("metadata"), shown)
            yield {"output_type": kind, "data": shown, "metadata": metadata, **counted}
        if left_out:
            yield _note(f"left out: {clean_text(', '.join(left_out), 500)}")
    else:
        yield _note("left out: an output of an unknown kind")


def _clean_data(data: Mapping[Any, Any]) -> tuple[dict[str, str], list[str]]:
    """Clean the forms in which one thing is displayed; name those that are left out."""
    shown: dict[str, str] = {}
    left_out: list[str] = []
    for mime, value in data.items():
        text = _text(value)
        if text is None:
            left_out.append(str(mime))
        elif mime == "text/plain":
            shown.setdefault(mime, clean_text(text))
        elif mime in _SOURCES:
            shown["text/plain"] = clean_text(text)
        elif mime == "text/html" and len(text) <= HTML_LIMIT:
            shown[mime] = clean_html(text)
        elif mime in _IMAGES and (picture := _clean_image(mime, text)):
            shown[mime] = picture
        else:
            left_out.append(str(mime))
    return shown, left_out


def _clean_metadata(metadata: Any, shown: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Keep the size at which a picture is to be shown."""
    sizes = {}
    for mime in shown.keys() & _IMAGES.keys():
        given = metadata.get(mime) if isinstance(metadata, Mapping) else None
        if isinstance(given, Mapping):
            sides = {side: given.get(side) for side in ("height", "width")}
            kept = {k: v for k, v in sides.items() if type(v) is int and 0 < v <= _LONGEST_SIDE}
            if kept:
                sizes[mime] = kept
    return sizes


def _clean_image(mime: str, text: str) -> str | None:
    """Give a picture back if it is what it says it is, and of a size that a browser can show."""
    if len(text) > IMAGE_LIMIT:
        return None
    packed = "".join(text.split())
    try:
        raw = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        return None
    if not raw.startswith(_IMAGES[mime]):
        return None
    if mime == "image/png" and (
        len(raw) < 24 or not 0 < max(struct.unpack(">II", raw[16:24])) <= _LONGEST_SIDE
    ):
        return None
    return packed


# HTML is not repaired but written anew: only these tags, with only these attributes, come out as tags; every
# other character comes out as text. None of them can run, load, link or change how what follows is read.
_TAGS = frozenset(
    {"b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "div", "dl", "dt", "em", "h1", "h2"}
    | {
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
    }
    | {"table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"}
)
_EMPTY = frozenset({"br", "col", "hr"})
_DEPTH = 30  # readers of HTML become slow where tags are nested without end
_PART = re.compile(
    r"<(?:style|script|title)\b[^<]{0,20000}</(?:style|script|title)\s*>"  # their content is no text
    r"|<!--[^<>]*-->"
    r"|<(/?)([a-zA-Z][a-zA-Z0-9]{0,20})(?=[\s/>])([^<>]*)>",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"\s(colspan|rowspan|border)\s*=\s*[\"']?([0-9]{1,3})(?![0-9])", re.IGNORECASE)
# Formulas in it stay text: a formula can hold a link, and a link can hold a script.
_OPENING = '<div class="tex2jax_ignore mathjax_ignore">'
_CLOSING = "</div>"


def clean_html(text: str) -> str:
    """Reduce HTML to its text, tables, lists and emphasis.

    Examples
    --------
    >>> clean_html("<td onclick='alert(1)' colspan=2>a<script>b()</script> &lt; <img src=x>c")
    '<div class="tex2jax_ignore mathjax_ignore"><td colspan="2">a &lt; c</td></div>'
    """
    if text.startswith(_OPENING) and text.endswith(_CLOSING):  # cleaned before
        text = text[len(_OPENING) : -len(_CLOSING)]
    written = [_OPENING]
    opened: list[str] = []
    position = 0
    for part in _PART.finditer(text):
        written.append(_as_text(text[position : part.start()]))
        position = part.end()
        closing, name, attributes = part[1], (part[2] or "").lower(), part[3]
        if name not in _TAGS:
            continue
        if closing:
            if name in opened:
                while (last := opened.pop()) != name:
                    written.append(f"</{last}>")
                written.append(f"</{name}>")
        elif name in _EMPTY or len(opened) < _DEPTH:
            kept = {key.lower(): value for key, value in _ATTRIBUTE.findall(attributes)}
            written.append("".join([f"<{name}", *(f' {key}="{value}"' for key, value in kept.items()), ">"]))
            if name not in _EMPTY:
                opened.append(name)
    written.append(_as_text(text[position:]))
    written.extend(f"</{name}>" for name in reversed(opened))
    written.append(_CLOSING)
    return "".join(written)


def _as_text(text: str) -> str:
    with contextlib.suppress(ValueError):  # a character number with thousands of digits
        text = html.unescape(text)
    return html.escape(_UNWANTED.sub("", text), quote=False)
