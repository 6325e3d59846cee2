"""What grading a notebook results in: one verdict for each test cell, and what every cell showed.

It is plain data and goes to JSON and back unchanged, so that it can cross between processes and be kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Outcome = Literal["passed", "partial", "failed", "timeout", "crashed", "not attempted", "refused"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True)
class Verdict:
    """What the examiner says of one test cell.

    Attributes
    ----------
    grade_id
        The test cell.
    outcome
        One of `OUTCOMES`; only "passed" and "partial" give points.
    points, max_points
        What it is worth, and could have been worth.
    message
        What the student is told: why points are missing; empty when it passed.
    seconds
        How long the test ran.
    """

    grade_id: str
    outcome: Outcome
    points: float
    max_points: float
    message: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise ValueError(f"{self.grade_id}: outcome must be one of {OUTCOMES}, not {self.outcome!r}")
        if not 0 <= self.points <= self.max_points:
            raise ValueError(f"{self.grade_id}: {self.points} points are not between 0 and {self.max_points}")
        if self.points and self.outcome not in ("passed", "partial"):
            raise ValueError(f"{self.grade_id}: {self.outcome!r} gives no points, but has {self.points}")


@dataclass(frozen=True)
class GradedNotebook:
    """All that grading one notebook of one student gave.

    Attributes
    ----------
    notebook
        Its name, such as "practice".
    verdicts
        One for each test cell of the source notebook, in its order.
    outputs
        What each code cell showed, by cell id of the rebuilt notebook: nbformat outputs.
    isolation
        The level at which the student's code ran, such as "jail"; "none" when none of it ran.
    remarks
        What the instructor should know, one line each.
    refused
        Why nothing of it was run; None when it was.
    seconds
        How long it all took.
    given_up
        Whether processes of ours failed, so that the zeros say nothing of the work and it is to be run again.
    """

    notebook: str
    verdicts: tuple[Verdict, ...]
    outputs: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    isolation: str = "none"
    remarks: tuple[str, ...] = ()
    refused: str | None = None
    seconds: float = 0.0
    given_up: bool = False

    @property
    def points(self) -> float:
        """What its test cells are worth together."""
        return sum(verdict.points for verdict in self.verdicts)

    def to_json(self) -> str:
        """Write it as JSON."""
        fields = vars(self) | {"verdicts": [vars(verdict) for verdict in self.verdicts]}
        return json.dumps(fields, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> GradedNotebook:
        """Read what `to_json` wrote."""
        fields = json.loads(text)
        verdicts = tuple(Verdict(**verdict) for verdict in fields.pop("verdicts"))
        return cls(verdicts=verdicts, remarks=tuple(fields.pop("remarks")), **fields)


def refused_notebook(notebook: str, max_points: Mapping[str, float], reason: str) -> GradedNotebook:
    """Give a notebook that is not run its verdicts: zero for each test cell, with the reason.

    Parameters
    ----------
    notebook
        Its name.
    max_points
        The test cells of the source notebook and what each could have been worth.
    reason
        Why it is not run.
    """
    verdicts = tuple(Verdict(grade_id, "refused", 0.0, most, reason) for grade_id, most in max_points.items())
    return GradedNotebook(notebook, verdicts, refused=reason)


def given_up_notebook(notebook: str, max_points: Mapping[str, float], reason: str) -> GradedNotebook:
    """Give a notebook on which our own processes failed its verdicts; arguments as for a refused one."""
    verdicts = tuple(Verdict(grade_id, "crashed", 0.0, most, reason) for grade_id, most in max_points.items())
    return GradedNotebook(notebook, verdicts, isolation="unknown", remarks=(reason,), given_up=True)
