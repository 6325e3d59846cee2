"""Work that is recorded as graded, without running any of it: `graded("ada", …)`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest

from autograder.course import Course
from autograder.engine.quarantine import rebuild
from autograder.engine.source import load_source
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.nbgrader_session import NbGraderSession
from autograder.private import PRIVATE, VERDICTS
from autograder.record import Submission, record
from autograder.verdict_cache import VerdictCache, verdicts_digest

Graded = Callable[..., None]


@pytest.fixture
def graded(released: Course) -> Graded:
    """`graded("ada", failed={"half-values": "why"})` records a practice notebook with its verdicts."""
    session = NbGraderSession(released)

    def _graded(
        student: str,
        *,
        answers: dict[str, str] | None = None,
        failed: dict[str, str] | None = None,
        outputs: Sequence[dict[str, Any]] = (),
        text: str = "",
        remarks: Sequence[str] = (),
        timestamp: datetime | None = None,
        penalty: float | None = None,
    ) -> None:
        failures = failed or {}
        source = load_source(released.source / "tiny" / "practice.ipynb")
        notebook = json.loads((released.release / "tiny" / "practice.ipynb").read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = (answers or {}).get(grade_id, cell["source"])
        if text:
            notebook["cells"].append({"cell_type": "markdown", "id": "own", "metadata": {}, "source": text})
        rebuilt = rebuild(source, json.dumps(notebook).encode())
        verdicts = tuple(
            Verdict(test, "failed", 0.0, most, failures[test])
            if test in failures
            else Verdict(test, "passed", most, most)
            for test, most in source.max_points.items()
        )
        grading = GradedNotebook(
            "practice", verdicts, {"double-code": list(outputs)}, isolation="jail", remarks=tuple(remarks)
        )
        submission = Submission(
            student, timestamp, notebooks={"practice": grading}, rebuilt={"practice": rebuilt.notebook}
        )
        with session.gradebook() as gradebook:
            record(gradebook, released.autograded, "tiny", [submission], lambda *_: penalty)
        key = verdicts_digest(grading)
        with VerdictCache(released.root / PRIVATE / VERDICTS) as kept:
            kept.put_many([(key, grading)])
            kept.mark_recorded_many("tiny", {(student, "practice"): key})

    return _graded
