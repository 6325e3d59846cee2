"""Small parts of sentences that several commands print."""

from __future__ import annotations


def counted(number: float, noun: str, plural: str = "") -> str:
    """Put a number before a noun, which is in the plural unless it is one.

    Examples
    --------
    >>> counted(1, "finding"), counted(0.5, "point"), counted(2, "copy", "copies")
    ('1 finding', '0.5 points', '2 copies')
    """
    return f"{number:g} {noun if number == 1 else plural or f'{noun}s'}"
