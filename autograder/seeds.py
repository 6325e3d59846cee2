"""Seeds of hidden inputs: as authored, or of one student's own inside an examiner.

A student who has seen the hidden tests, or who stored what they were called with, gains nothing when the
inputs are others for everyone. They are derived from a seed, so a second run meets the same ones.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager

# Of the process, not of a thread or context: threads that a test starts draw a student's inputs too.
_current: tuple[str, str] | None = None


@contextmanager
def use(student_seed: str, grade_id: str) -> Iterator[None]:
    """Derive all seeds from a student's seed while a test cell runs.

    Parameters
    ----------
    student_seed
        What `autograder.secret.student_seed` gave.
    grade_id
        The test cell.
    """
    global _current
    before, _current = _current, (student_seed, grade_id)
    try:
        yield
    finally:
        _current = before


def student() -> str | None:
    """Tell whose work is being tested; None outside of `use`, or when the work is nobody's."""
    return None if _current is None else _current[0].partition(":")[2] or None


def fresh(seed: int) -> int:
    """Turn the authored seed of hidden inputs into the one to use; outside of `use` that is itself."""
    if _current is None:
        return seed
    student_seed, grade_id = _current
    about = json.dumps([grade_id, seed]).encode()
    digits = student_seed.partition(":")[0]
    return int.from_bytes(hmac.new(digits.encode(), about, hashlib.sha256).digest()[:8], "big")
