"""A class whose work is recorded as graded, without running any of it: `class_of(...)`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from autograder.course import Course
from autograder.engine.quarantine import rebuild
from autograder.engine.source import load_source
from autograder.engine.verdict import GradedNotebook, Outcome, Verdict, refused_notebook
from autograder.nbgrader_session import NbGraderSession
from autograder.private import PRIVATE, VERDICTS
from autograder.record import Submission, record
from autograder.verdict_cache import VerdictCache, verdicts_digest
from tests.autograder.conftest import RIGHT

Failure = str | tuple[Outcome, str]
"""A message, or an outcome with its message."""


@dataclass(frozen=True)
class Worked:
    """What a student did: the failures by test, as message or as outcome and message; all else passed.

    `quiz` is None for who did not hand it in; `refused` says why the practice was not run.
    """

    failed: Mapping[str, Failure] = field(default_factory=dict)
    quiz: Mapping[str, Failure] | None = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    when: datetime | None = None
    penalty: float | None = None
    refused: str | None = None
    seconds: float = 0.01


ClassOf = Callable[[Mapping[str, Worked]], Course]


@pytest.fixture
def class_of(released: Course) -> ClassOf:
    """`class_of({"ada": Worked(), …})` gives a course in which these students are graded in `tiny`."""
    sources = {name: load_source(released.source / "tiny" / f"{name}.ipynb") for name in ("practice", "quiz")}
    texts = {
        name: (released.release / "tiny" / f"{name}.ipynb").read_text(encoding="utf-8") for name in sources
    }

    def _verdicts(name: str, failures: Mapping[str, Failure], seconds: float) -> tuple[Verdict, ...]:
        found = []
        for test, most in sources[name].max_points.items():
            if (failed := failures.get(test)) is None:
                found.append(Verdict(test, "passed", most, most, seconds=seconds))
            else:
                outcome: Outcome = "failed" if isinstance(failed, str) else failed[0]
                message = failed if isinstance(failed, str) else failed[1]
                found.append(Verdict(test, outcome, 0.0, most, message, seconds))
        return tuple(found)

    def _rebuilt(name: str, answers: Mapping[str, str]) -> object:
        notebook = json.loads(texts[name])
        for cell in notebook["cells"]:
            grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
            cell["source"] = answers.get(grade_id, cell["source"])
        return rebuild(sources[name], json.dumps(notebook).encode()).notebook

    def _class_of(students: Mapping[str, Worked]) -> Course:
        plain = {name: _rebuilt(name, RIGHT) for name in sources}
        submissions: list[Submission] = []
        keys: dict[tuple[str, str], str] = {}
        kept: dict[str, GradedNotebook] = {}
        penalties: dict[str, float | None] = {}
        for student, work in students.items():
            graded: dict[str, GradedNotebook] = {}
            rebuilt = {}
            if work.refused is None:
                graded["practice"] = GradedNotebook(
                    "practice", _verdicts("practice", work.failed, work.seconds), isolation="jail"
                )
                own = {**RIGHT, **work.answers}
                rebuilt["practice"] = _rebuilt("practice", own) if work.answers else plain["practice"]
            else:
                graded["practice"] = refused_notebook(
                    "practice", sources["practice"].max_points, work.refused
                )
            missing = {}
            if work.quiz is None:
                missing["quiz"] = "quiz.ipynb was not handed in"
                lost = refused_notebook("quiz", sources["quiz"].max_points, missing["quiz"])
            else:
                lost = GradedNotebook("quiz", _verdicts("quiz", work.quiz, work.seconds), isolation="jail")
                graded["quiz"] = lost
                rebuilt["quiz"] = plain["quiz"]
            for one in (graded["practice"], lost):
                keys[student, one.notebook] = key = verdicts_digest(one)
                kept[key] = one
            submissions.append(Submission(student, work.when, graded, rebuilt, missing))  # type: ignore[arg-type]
            penalties[student] = work.penalty
        with NbGraderSession(released).gradebook() as gradebook:
            for start in range(0, len(submissions), 200):
                record(
                    gradebook,
                    released.autograded,
                    "tiny",
                    submissions[start : start + 200],
                    lambda student, score, late: penalties[student],
                )
        with VerdictCache(released.root / PRIVATE / VERDICTS) as cache:
            cache.put_many(list(kept.items()))
            cache.mark_recorded_many("tiny", keys)
        return released

    return _class_of


def names(prefix: str, count: int) -> Sequence[str]:
    """Name students: "ok-00", "ok-01" and so on."""
    return [f"{prefix}-{number:02}" for number in range(count)]
