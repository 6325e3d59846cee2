"""Numbers of a student's own in a quiz: drawn by the name of the account, the same in notebook and grading.

Anybody can work out anybody's numbers: they keep an answer from being passed on, and are no secret.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

REFERENCE = "reference"
"""The account for which the source notebook's answers are computed."""

DRAWN_FOR_ANOTHER = "The numbers of this question were drawn for the account "
"""How the verdict begins on a question whose numbers are another student's."""


def drawn(account: str, question: str, values: dict[str, list[float]]) -> dict[str, float]:
    """Draw one of the values of each name, by account; quiz notebooks hold a copy of this function."""
    numbers = {}
    for name, possible in values.items():
        text = "/".join([account.strip().lower(), question, name])
        digest = hashlib.sha256(text.encode("utf-8", "replace")).digest()
        numbers[name] = possible[int.from_bytes(digest[:4], "big") % len(possible)]
    return numbers


def all_draws(values: Mapping[str, Sequence[float]]) -> Iterator[dict[str, float]]:
    """Give every combination of values that some account may have."""
    for chosen in itertools.product(*values.values()):
        yield dict(zip(values, chosen, strict=True))


def same_account(account: Any, student: str) -> bool:
    """Tell whether the account that a notebook names is the student's."""
    return isinstance(account, str) and account.strip().lower() == student.strip().lower()
