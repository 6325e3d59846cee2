"""Numbers on the command line: read, or refused with what is needed."""

from __future__ import annotations

import argparse


def count(text: str) -> int:
    """Read a number of things."""
    return _whole_number(text, "a whole number, 1 or more, is needed")


def whole_seconds(text: str) -> int:
    """Read a number of seconds."""
    return _whole_number(text, "a whole number of seconds, 1 or more, is needed")


def _whole_number(text: str, needed: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{needed}; not {text!r}")
    return int(text)
