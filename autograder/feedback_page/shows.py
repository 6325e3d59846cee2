"""Digests of what a feedback page shows, kept in the page, by which it is known whether it is up to date."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from autograder.engine.verdict import GradedNotebook
from autograder.feedback_page.gradebook import Marked

_META = re.compile(rb'<meta name="autograder-shows" content="([0-9a-f]{64}) ([0-9a-f]{64})">')
_HEAD = 2000  # bytes at the beginning of a page, in which it stands
_QUOTED_LINE = re.compile(r", at `.*", re.DOTALL)  # may be a hidden line, which no digest shall confirm


class Shown(NamedTuple):
    """What a page shows: the marks and comments of the gradebook; the work, and what tests said of it."""

    marks: str
    work: str


def read_shown(path: Path) -> Shown | None:
    """Read the digests off a page; None if it has none."""
    with path.open("rb") as file:
        found = _META.search(file.read(_HEAD))
    return Shown(found[1].decode(), found[2].decode()) if found else None


def marks_digest(marked: Marked) -> str:
    """Digest what the gradebook knows and a page tells."""
    given = {
        cell: [one.points, one.manual is not None, one.auto is None, one.extra]
        for cell, one in marked.given.items()
    }
    times = [str(marked.timestamp), str(marked.due)]
    return _digest([given, marked.comments, marked.remarks, times, marked.penalty])


def work_digest(notebook: Mapping[str, Any] | None, graded: GradedNotebook | None) -> str:
    """Digest a student's cells, what cells showed, and the verdicts; no test's source is in it."""
    cells = []
    for cell in notebook["cells"] if notebook else ():
        about = cell["metadata"].get("nbgrader", {})
        if about.get("grade") and not about.get("solution"):
            continue
        outputs = [
            {key: value for key, value in output.items() if key != "execution_count"}
            for output in cell.get("outputs", ())
        ]
        cells.append(["".join(cell["source"]) if about.get("solution") or not about else "", outputs])
    verdicts = [
        [verdict.grade_id, verdict.outcome, verdict.points, _QUOTED_LINE.sub("", verdict.message)]
        for verdict in (graded.verdicts if graded else ())
    ]
    return _digest([cells, verdicts])


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
