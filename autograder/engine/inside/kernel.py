"""Runs cells as a Jupyter kernel does: IPython's shell, with displays, figures and tracebacks recorded."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, ClassVar

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from .recorder import Recorder, Stream

_FIRST_CELLS = (
    "def f():\n    raise ValueError('x')\n\n\n[1.5, 'x']",
    "import numpy as np\nnp.random.seed(0)\nnp.linalg.norm(np.fft.fft([1.0]))\nf()",  # NumPy loads these late
)
_FIRST_FIGURE = (
    "import matplotlib.pyplot as plt\nplt.plot([1, 2], label='$x$')\nplt.legend()\nplt.show()",
    "%matplotlib inline",
    "plt.close('all')",
)


class _RecordingHook(DisplayHook):
    recorder: ClassVar[Recorder]

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: dict[str, Any], md_dict: dict[str, Any] | None = None) -> None:
        self.recorder.show("execute_result", format_dict, md_dict or {}, self.count())

    def finish_displayhook(self) -> None:
        pass

    def count(self) -> int:
        return int(getattr(self.shell, "execution_count", 0))


class _RecordingPublisher(DisplayPublisher):
    recorder: ClassVar[Recorder]

    def publish(
        self, data: dict[str, Any], metadata: dict[str, Any] | None = None, *_: Any, **__: Any
    ) -> None:
        self.recorder.show("display_data", data, metadata or {})

    def clear_output(self, wait: bool = False) -> None:
        self.recorder.clear()


class _Shell(InteractiveShell):
    recorder: ClassVar[Recorder]
    displayhook_class = Type(_RecordingHook)
    display_pub_class = Type(_RecordingPublisher)

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        self.recorder.error(etype.__name__, _text(evalue), [str(line) for line in stb])

    def enable_gui(self, gui: str | None = None) -> None:
        """Take any backend of `%matplotlib`; only the inline one shows something here."""

    def ask_exit(self) -> None:
        """Do nothing: `exit()` in a cell must not take the later cells along."""

    def init_sys_modules(self) -> None:
        sys.modules["__main__"] = self.user_module  # where Jupyter's code lives too


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(its text can't be read)"


def _no_input(prompt: str = "") -> str:
    raise StdinNotImplementedError("input() can't be answered here: nobody is at the keyboard while grading")


class Kernel:
    """One IPython shell, and what its cells show.

    Parameters
    ----------
    modules
        What to load beforehand; what can't be loaded is left out.
    """

    def __init__(self, modules: Sequence[str] = ()) -> None:
        self.recorder = Recorder()
        for part in (_RecordingHook, _RecordingPublisher, _Shell):
            part.recorder = self.recorder
        config = Config()
        config.HistoryManager.enabled = False  # it would write a database, from a thread
        config.InteractiveShell.colors = "neutral"
        # Jupyter's own form colours five lines of every frame, in libraries too, which takes longer than to
        # run a whole notebook; this one shows one line of each.
        config.InteractiveShell.xmode = "Plain"
        self.shell = _Shell.instance(config=config)
        formatter: Any = self.shell.display_formatter
        formatter.active_types = formatter.format_types
        self.shell.user_ns["input"] = _no_input
        self._raw: int | None = None
        for name in modules:
            with contextlib.suppress(Exception):  # the cell that imports it will show why
                importlib.import_module(name)

    def warm_up(self) -> None:
        """Do once what is slow the first time, so that no candidate has to: show, draw, format an error."""
        for source in _FIRST_CELLS + (_FIRST_FIGURE if "matplotlib.pyplot" in sys.modules else ()):
            self.run(source)
        self.shell.reset()  # type: ignore[no-untyped-call]
        self.shell.execution_count = 1
        self.shell.user_ns["input"] = _no_input

    def open_capture(self) -> None:
        """Make the file that other programs' output goes to; once confined, a process can't."""
        self._raw = os.memfd_create("output")

    def capture(self) -> None:
        """Record what is written to sys.stdout, sys.stderr and, by other programs, to their descriptors."""
        sys.stdout, sys.stderr = Stream(self.recorder, "stdout"), Stream(self.recorder, "stderr")
        if self._raw is not None:
            for number in (1, 2):
                os.dup2(self._raw, number)

    def run(self, source: str) -> list[dict[str, Any]]:
        """Run a cell; return what it showed."""
        # Only then IPython compiles a cell once more, to see whether it waits at its top level.
        self.shell.autoawait = "await" in source or "async" in source
        self.shell.run_cell(source, store_history=True)  # type: ignore[no-untyped-call]
        return self.shown()

    def shown(self) -> list[dict[str, Any]]:
        """Take what was shown since the last time."""
        if self._raw is not None and (size := os.lseek(self._raw, 0, os.SEEK_CUR)):
            text = os.pread(self._raw, min(size, 100_000), 0).decode(errors="replace")
            os.ftruncate(self._raw, 0)
            os.lseek(self._raw, 0, os.SEEK_SET)
            self.recorder.stream("stdout", text)
        return self.recorder.take()
