"""What a student's cells showed, as HTML: text, pictures and plain tables."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from autograder.sanitise import clean_html, clean_outputs

_COLOUR = re.compile("\x1b\\[[0-9;]*m")
_PICTURES = ("image/png", "image/jpeg")


def outputs_html(outputs: list[dict[str, Any]]) -> str:
    """Write the outputs of one cell as HTML; they are cleaned here, whatever was done to them before."""
    return "".join(map(_output, clean_outputs(outputs))) if outputs else ""


def _output(output: Mapping[str, Any]) -> str:
    if output["output_type"] == "stream":
        label = "warnings and messages" if output.get("name") == "stderr" else "printed"
        return _text(output["text"], label)
    if output["output_type"] == "error":
        return _text("\n".join(output["traceback"]), "error")
    data = output["data"]
    for kind in _PICTURES:
        if kind in data:
            # The text that stands for a picture says nothing but its type, such as <Figure size 640x480>.
            source = f"data:{kind};base64,{data[kind]}"
            return f'<p class="picture"><img src="{source}" alt="picture drawn by your code"></p>'
    if "text/html" in data:
        label = 'tabindex="0" role="group" aria-label="table shown by your code"'
        return f'<div class="wide shown" {label}>{clean_html(data["text/html"])}</div>'
    return _text(data["text/plain"], "value")


def _text(text: str, label: str) -> str:
    shown = html.escape(_COLOUR.sub("", text).rstrip())
    if not shown:
        return ""
    return f'<pre class="output" tabindex="0" role="group" aria-label="{label}">{shown}</pre>'
