"""Named mistakes: the wrong answers that learners give, so that a check can recognise them.

They stand in the `mistakes.yml` of an assignment, by problem. A mistake is recognised by its own code: what
that gives on the very inputs of a failed check is compared with what the student's function gave.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from autograder.authored import ASSIGNMENTS, read_checked, read_yaml
from autograder.errors import AutograderError

_TEXT = {"type": "string", "pattern": r"\S"}
_SCHEMA = {
    "type": "object",
    "additionalProperties": {
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "required": ["name", "title", "message", "cell", "passes", "code"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string", "pattern": "^[a-z0-9-]+$"},
                "title": _TEXT,
                "message": {"type": "string", "pattern": r"\.$"},
                "cell": _TEXT,
                "passes": {"type": "array", "items": _TEXT},
                "code": _TEXT,
            },
        },
    },
}


@dataclass(frozen=True)
class Mistake:
    """A mistake that can be recognised by the answer it gives.

    Attributes
    ----------
    name
        What its file and the sample classes call it: "forgot-the-mean".
    title
        As feedback calls it: "forgot the mean".
    message
        One sentence that says what happened and what to do.
    cell
        The solution cell whose text `code` replaces.
    passes
        The test cells below it that this answer passes all the same, because what they check is right in it.
    code
        The wrong answer.
    """

    name: str
    title: str
    message: str
    cell: str
    passes: tuple[str, ...]
    code: str

    def function(self, name: str) -> Callable[..., Any] | None:
        """Give the wrong function of that name, if this mistake is about it."""
        found: Callable[..., Any] | None = _names(self.code).get(name)
        return found


@cache
def _names(code: str) -> dict[str, Any]:
    """Run the code of a mistake, as in a notebook that has imported NumPy."""
    names: dict[str, Any] = {"np": np}
    exec(compile(code, "<mistake>", "exec"), names)
    return names


def load_mistakes(path: Path) -> Mapping[str, tuple[Mistake, ...]]:
    """Read a `mistakes.yml` and check it: the mistakes of each problem, the most specific first.

    Raises
    ------
    AutograderError
        If the file can't be read or breaks the format; the message says where.
    """
    return _mistakes(read_checked(path, _SCHEMA))


@cache
def mistakes_of(problem: str) -> tuple[Mistake, ...]:
    """Give the mistakes of a problem of the course, whose id begins like the name of its assignment.

    Raises
    ------
    AutograderError
        If no assignment has such a problem.
    """
    for path in ASSIGNMENTS.glob(f"{problem.partition('-')[0]}-*/mistakes.yml"):
        if problem in (known := _mistakes(read_yaml(path))):
            return known[problem]
    raise AutograderError(f"no mistakes.yml in {ASSIGNMENTS} has a problem {problem!r}")


def _mistakes(data: Mapping[str, Any]) -> dict[str, tuple[Mistake, ...]]:
    return {
        problem: tuple(Mistake(**{**entry, "passes": tuple(entry["passes"])}) for entry in entries)
        for problem, entries in data.items()
    }
