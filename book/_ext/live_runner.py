"""Run a reader's cells inside the page: output as it comes, figures, the last value, short tracebacks.

`live.py` sends this file to the page, so it needs nothing but the standard library; matplotlib is used when
a cell does.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import importlib.util
import io
import linecache
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

CHARACTERS, LINES, FIGURES = 20_000, 1_000, 10
"""What one run of a cell may show."""

LONGEST_WAIT = 400
"""Characters that may wait for the end of their line."""

LONGEST_ERROR = 4_000

Emit = Callable[[str, str], None]
"""Receives what is to be shown: its kind (stdout, stderr, result, error, figure, cut) and a text."""


class Output:
    """Passes on text line by line and in order, up to the limit, so that no loop can flood the page."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._characters, self._lines, self._figures = CHARACTERS, LINES, FIGURES
        self._full = False
        self._kind = self._pending = ""

    def write(self, kind: str, text: str) -> None:
        """Show text, at the latest when its line ends."""
        if self._full:
            return
        if kind != self._kind:
            self.flush()
            self._kind = kind
        self._pending += text
        if "\n" in text or len(self._pending) >= LONGEST_WAIT:
            self.flush()

    def flush(self) -> None:
        """Show what waits for the end of its line."""
        text, self._pending = self._pending, ""
        kept = "".join(text[: self._characters].splitlines(keepends=True)[: self._lines])
        self._characters -= len(kept)
        self._lines -= kept.count("\n")
        if kept:
            self._emit(self._kind, kept)
        if len(kept) < len(text):
            self._full = True
            self._emit("cut", "[The output is long; the rest is not shown.]")

    def figure(self, png: bytes, labels: list[str]) -> None:
        """Show a figure; its axis labels help to tell it in words."""
        self.flush()
        self._figures -= 1
        if self._figures >= 0:
            about = f": {', '.join(labels)}" if labels else ""
            self._emit("figure", f"Figure from your code{about}\n{base64.b64encode(png).decode()}")
        elif self._figures == -1:
            self._emit("cut", "[Further figures are not shown.]")


class _Stream(io.TextIOBase):
    """One of the two standard streams of a cell."""

    def __init__(self, kind: str, output: Output) -> None:
        self._kind, self._output = kind, output

    def write(self, text: str) -> int:
        self._output.write(self._kind, text)
        return len(text)

    def flush(self) -> None:
        self._output.flush()


class Runner:
    """Runs cells one after the other in one namespace."""

    def __init__(self, emit: Emit, namespace: dict[str, Any]) -> None:
        self._emit = emit
        self._namespace = namespace
        self._names: set[str] = set()
        os.environ["MPLBACKEND"] = "agg"

    def run(self, name: str, source: str) -> bool:
        """Run a cell under a name that tracebacks give, such as "Cell 3"; say whether it ended well."""
        self._names.add(name)
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        output = Output(self._emit)
        streams = _Stream("stdout", output), _Stream("stderr", output)
        with contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
            try:
                pyplot = _pyplot(output)
                self._execute(name, source, output)
            except BaseException as error:
                if "matplotlib.pyplot" in sys.modules:
                    sys.modules["matplotlib.pyplot"].close("all")  # or the next cell would show them
                output.flush()
                self._emit("error", _shorten(self._explain(error)))
                return False
            if pyplot:
                pyplot.show()
        output.flush()
        return True

    def _execute(self, name: str, source: str, output: Output) -> None:
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec", dont_inherit=True), self._namespace)
        if isinstance(last, ast.Expr):
            code = compile(ast.Expression(last.value), name, "eval", dont_inherit=True)
            value = eval(code, self._namespace)
            if value is not None and not source.rstrip().endswith(";"):
                self._namespace["_"] = value
                output.write("result", repr(value))

    def _explain(self, error: BaseException) -> str:
        report = traceback.TracebackException.from_exception(error)
        self._cut(report)
        return "".join(report.format() if report.stack else report.format_exception_only())

    def _cut(self, report: traceback.TracebackException | None) -> None:
        """Keep the lines of the reader's own cells only."""
        if report is not None:
            mine = [frame for frame in report.stack if frame.filename in self._names]
            report.stack = traceback.StackSummary.from_list(mine)
            self._cut(report.__cause__)
            self._cut(report.__context__)


def _pyplot(output: Output) -> Any:
    """The module pyplot with a `show` that shows in the page, or None where matplotlib is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        return None
    from matplotlib import pyplot

    def show(*args: object, **kwargs: object) -> None:
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            png = io.BytesIO()
            figure.savefig(png, format="png", bbox_inches="tight")
            labels = [label for ax in figure.axes for label in (ax.get_xlabel(), ax.get_ylabel()) if label]
            output.figure(png.getvalue(), labels)
        pyplot.close("all")

    pyplot.show = show
    return pyplot


def _shorten(text: str) -> str:
    """Leave out the middle of a very long message."""
    if len(text) <= LONGEST_ERROR:
        return text
    return f"{text[: LONGEST_ERROR // 2]}\n[…]\n{text[-LONGEST_ERROR // 2 :]}"
