"""What the commands share: where the course is, how they name paths and complain, and how they end."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

DONE, FAILED, WRONG, ATTENTION, STOPPED = 0, 1, 2, 3, 130


def course_option(parser: argparse.ArgumentParser) -> None:
    """Add `--course`."""
    parser.add_argument(
        "--course",
        metavar="DIR",
        type=Path,
        default=Path(),
        help="the course directory (default: the current one)",
    )


def shown(path: Path) -> str:
    """Give the shorter of a path's absolute and relative forms."""
    return min(str(path), os.path.relpath(path), key=len)


def complain(text: str) -> None:
    """Say what is wrong, apart from the command's output."""
    print(f"autograder: {text}", file=sys.stderr)


def attention(problems: Iterable[str]) -> int:
    """Say what needs attention, a line each; give the exit status."""
    status = DONE
    for problem in problems:
        complain(problem)
        status = ATTENTION
    return status
