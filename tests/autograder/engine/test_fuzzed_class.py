"""A class that hands in spoilt notebooks: each ends in a mark or a clear verdict, and no other mark moves.

A normal test run takes 200 of them; with AUTOGRADER_FUZZED=1000 in the environment it takes 1,000.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from autograder.cli import main
from autograder.course import Course
from autograder.engine.verdict import GradedNotebook
from autograder.grade_class import ClassGrading, Options, quiet
from autograder.marks import Report
from tests.autograder.engine.fuzz import fuzzed

HandIn = Callable[..., Path]
Graded = dict[str, GradedNotebook]

FUZZED = int(os.environ.get("AUTOGRADER_FUZZED", "200"))
DOUBLE, HALF = "def double(x):\n    return 2 * x", "def half(x):\n    return x / 2"
HONEST: tuple[tuple[dict[str, str], float], ...] = (
    ({"double-code": DOUBLE, "half-code": HALF}, 5.0),
    ({"double-code": DOUBLE}, 2.0),
    ({"double-code": "def double(x):\n    return x", "half-code": HALF}, 3.0),
    ({}, 0.0),
)
EVERY = 10  # between so many spoilt notebooks there is an honest one


def hand_in_class(released: Course, hand_in: HandIn) -> dict[str, float]:
    """Hand in spoilt notebooks and honest ones between them; give the marks that the honest ones must get."""
    whole = [hand_in("template", answers).read_bytes() for answers, _ in HONEST]
    shutil.rmtree(released.submitted / "template")
    wanted = {}
    for number in range(FUZZED):
        folder = released.submitted / f"s{number:04}-spoilt" / "tiny"
        folder.mkdir(parents=True)
        (folder / "practice.ipynb").write_bytes(fuzzed(number, whole[0]))
        if number % EVERY == 0:
            answers, mark = HONEST[number // EVERY % len(HONEST)]
            hand_in(f"s{number:04}-true", answers)
            wanted[f"s{number:04}-true"] = mark
    return wanted


def test_a_class_of_spoilt_notebooks_is_graded_to_the_end_and_honest_marks_do_not_move(
    released: Course, hand_in: HandIn, capfd: pytest.CaptureFixture[str]
) -> None:
    wanted = hand_in_class(released, hand_in)
    students = sorted(path.name for path in released.submitted.iterdir())
    grading = ClassGrading(released, "tiny", Options(timeout=5), quiet)
    report: Report = grading.run()

    marks = {mark.student: mark.scores["practice"] for mark in report.marks}
    assert sorted(marks) == students
    assert {student: marks[student] for student in wanted} == wanted

    graded = {student: grading.results[student, "practice"] for student in students}
    said = "\n".join(report.problems)
    for student in students:
        require_clear(student, graded[student], marks[student])
        if graded[student].refused is not None:
            assert f"{student}: practice.ipynb was refused: " in said
        else:
            written = released.autograded / student / "tiny" / "practice.ipynb"
            nbformat.validate(json.loads(written.read_bytes()))
    assert said.replace("\n", " ").isprintable()
    outcomes = {verdict.outcome for result in graded.values() for verdict in result.verdicts}
    assert outcomes >= {"passed", "failed", "not attempted", "refused", "crashed"}
    assert capfd.readouterr() == ("", "")
    assert main(["audit", "--course", str(released.root)]) == 0


def require_clear(student: str, graded: GradedNotebook, mark: float) -> None:
    """Every test has a verdict, every point that is missing has a reason, and the mark is their sum."""
    assert [verdict.grade_id for verdict in graded.verdicts] == ["double-values", "half-values"], student
    assert sum(verdict.points for verdict in graded.verdicts) == mark, student
    for verdict in graded.verdicts:
        assert verdict.outcome == "passed" or verdict.message.strip(), student
        assert len(verdict.message) < 5000, student
