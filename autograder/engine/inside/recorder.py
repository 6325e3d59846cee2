"""What a cell shows, in order, as nbformat outputs: streams, displays, results and errors."""

from __future__ import annotations

import io
from typing import Any

MAX_TEXT = 100_000  # characters of the streams of one cell
MAX_DISPLAYS = 50
_CUT = "\n… the rest of this output was cut off.\n"


class Recorder:
    """The outputs of the cell that runs now."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, Any]] = []
        self._characters = 0
        self._displays = 0

    def take(self) -> list[dict[str, Any]]:
        """Give the outputs so far, and start anew."""
        taken, self.outputs = self.outputs, []
        self._characters = self._displays = 0
        return taken

    def stream(self, name: str, text: str) -> None:
        """Record text on stdout or stderr, next to what came just before on the same one."""
        if self._characters > MAX_TEXT:
            return
        text, self._characters = text[: MAX_TEXT - self._characters], self._characters + len(text)
        if self._characters > MAX_TEXT:
            text += _CUT
        last = self.outputs[-1] if self.outputs else None
        if last is not None and last["output_type"] == "stream" and last["name"] == name:
            last["text"] += text
        elif text:
            self.outputs.append({"output_type": "stream", "name": name, "text": text})

    def show(
        self, kind: str, data: dict[str, Any], metadata: dict[str, Any], count: int | None = None
    ) -> None:
        """Record a display ("display_data") or the value of a cell ("execute_result")."""
        self._displays += 1
        if self._displays > MAX_DISPLAYS:
            return
        output: dict[str, Any] = {"output_type": kind, "data": data, "metadata": metadata}
        if kind == "execute_result":
            output["execution_count"] = count
        self.outputs.append(output)

    def error(self, name: str, text: str, traceback: list[str]) -> None:
        """Record the error that ended the cell."""
        self.outputs.append({"output_type": "error", "ename": name, "evalue": text, "traceback": traceback})

    def clear(self) -> None:
        """Forget what was shown (`clear_output`)."""
        self.outputs.clear()


class Stream(io.TextIOBase):
    """A `sys.stdout` or `sys.stderr` that records."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, recorder: Recorder, name: str) -> None:
        self._recorder = recorder
        self.name = name

    def write(self, text: str) -> int:
        """Record a text."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._recorder.stream(self.name, str(text))
        return len(text)

    def writable(self) -> bool:
        """Say that one can write here."""
        return True
