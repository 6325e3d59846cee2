"""Checks a notebook whenever it is saved, until the learner stops; gives hints and solutions when asked."""

from __future__ import annotations

import os
import select
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TextIO

from autograder.errors import AutograderError
from autograder.self_check import Checked, SelfCheck
from autograder.self_check_text import advice, hint_text, overview, solution_text

_PAUSE = 0.3  # seconds between two looks at the file
_KEYS = "h + Enter: a hint · s + Enter: the solution · q + Enter: stop. Save the notebook to check again."


def watch(check: SelfCheck, keys: TextIO = sys.stdin) -> None:
    """Check now and after every save; read `h`, `s` and `q` from `keys` in between, until `q`."""
    _Watch(check, keys).run()


class _Watch:
    def __init__(self, check: SelfCheck, keys: TextIO) -> None:
        self._check = check
        self._keys: TextIO | None = keys
        self._checked: Checked | None = None
        self._given: Counter[str] = Counter()

    def run(self) -> None:
        seen = None
        while True:
            if _version(self._check.path) not in (seen, None):
                time.sleep(_PAUSE / 3)  # an editor may still be writing
                seen = _version(self._check.path)
                self._look()
            for key in self._typed():
                if key == "q":
                    return
                self._answer(key)

    def _look(self) -> None:
        try:
            self._checked = self._check.check()
        except (
            AutograderError,
            OSError,
        ) as error:  # half written, or gone for now: the next save may mend it
            _say(str(error))
            return
        _say(f"\n{time.strftime('%H:%M:%S')}  {overview(self._checked)}\n\n{advice(self._checked)}\n{_KEYS}")

    def _typed(self) -> list[str]:
        """Wait a moment for lines; give the first letter of each."""
        if self._keys is None:
            time.sleep(_PAUSE)
            return []
        ready, _, _ = select.select([self._keys], [], [], _PAUSE)
        if not ready:
            return []
        text = os.read(self._keys.fileno(), 1000).decode(errors="replace")
        if not text:  # nobody is there to type
            self._keys = None
        return [line.strip()[0].lower() for line in text.splitlines() if line.strip()]

    def _answer(self, key: str) -> None:
        part = self._checked.next if self._checked else None
        if part is None:
            _say("Nothing is left to help with.")
        elif key == "h":
            self._given[part.id] += 1
            _say(hint_text(part, self._given[part.id]))
        elif key == "s":
            _say(solution_text(part))
        else:
            _say(_KEYS)


def _version(path: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except FileNotFoundError:  # for a moment, where an editor replaces the file
        return None
    return status.st_mtime_ns, status.st_size


def _say(text: str) -> None:
    print(text, flush=True)
