"""What was changed or lost after grading: the next run puts it back, says so, and keeps a trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.audit_log import AuditLog
from autograder.cli import main
from autograder.course import Course
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.grade_class import Options, grade
from autograder.nbgrader_session import NbGraderSession
from autograder.private import AUDIT, PRIVATE
from autograder.repairs import changed_marks

HandIn = Callable[..., Path]
WRONG = {"double-code": "def double(x):\n    return x", "half-code": "def half(x):\n    return x / 2"}


@pytest.fixture
def graded(released: Course, hand_in: HandIn) -> Course:
    """A course in which ada got 0 and 3 points for the tests of her notebook."""
    hand_in("ada", WRONG)
    assert grade(released, "tiny").problems == ("ada: quiz.ipynb was not handed in",)
    return released


def set_marks(course: Course, **values: float | None) -> None:
    """Change automatic scores behind the back of grading."""
    with NbGraderSession(course).gradebook() as gradebook:
        for cell, score in values.items():
            gradebook.find_grade(cell.replace("_", "-"), "practice", "tiny", "ada").auto_score = score


def events(course: Course) -> list[dict[str, Any]]:
    path = course.root / PRIVATE / AUDIT
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("force", [False, True])
def test_a_mark_that_was_changed_is_put_back_which_is_said_and_logged(graded: Course, force: bool) -> None:
    set_marks(graded, double_values=2.0)
    report = grade(graded, "tiny", Options(force=force))
    assert report.marks[0].scores["practice"] == 3
    what = "practice.ipynb: marks were changed in the gradebook since grading, and put back"
    assert f"ada: {what}: double-values from 2 to 0" in report.problems
    repaired = next(entry for entry in reversed(events(graded)) if entry["notebook"] == "practice")
    assert repaired["event"] == "repaired"
    assert repaired["changed"] == {"double-values": 2.0}
    assert main(["audit", "--course", str(graded.root)]) == 0
    assert not any("changed" in problem for problem in grade(graded, "tiny").problems)


def test_changes_that_leave_the_sum_as_it_was_are_found(graded: Course) -> None:
    set_marks(graded, double_values=2.0, half_values=1.0)
    report = grade(graded, "tiny")
    assert any("double-values from 2 to 0, half-values from 1 to 3" in line for line in report.problems)
    with NbGraderSession(graded).gradebook() as gradebook:
        assert gradebook.find_grade("half-values", "practice", "tiny", "ada").auto_score == 3


def test_new_work_of_a_student_is_no_repair(graded: Course, hand_in: HandIn) -> None:
    hand_in("ada", {})
    assert not any("changed" in problem for problem in grade(graded, "tiny").problems)
    assert "repaired" not in {entry["event"] for entry in events(graded)}


def test_a_mark_that_is_set_by_hand_in_formgrader_stays(graded: Course) -> None:
    with NbGraderSession(graded).gradebook() as gradebook:
        gradebook.find_grade("double-values", "practice", "tiny", "ada").manual_score = 1.5
    report = grade(graded, "tiny")
    assert report.marks[0].scores["practice"] == 4.5
    assert not any("changed" in problem for problem in report.problems)


def test_a_graded_notebook_that_was_deleted_is_written_again_without_running_anything(
    graded: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = graded.autograded / "ada" / "tiny" / "practice.ipynb"
    before = path.read_bytes()
    path.unlink()
    monkeypatch.setattr("autograder.intake.Intake.job", lambda *_: pytest.fail("something ran"))
    grade(graded, "tiny")
    assert path.read_bytes() == before
    logged = list(AuditLog(graded.root / PRIVATE / AUDIT).events())
    grade(graded, "tiny")
    assert list(AuditLog(graded.root / PRIVATE / AUDIT).events()) == logged  # nothing was left to write


def test_points_of_a_cell_that_no_test_gives_are_a_change_and_none_are_not() -> None:
    verdicts = GradedNotebook("p", (Verdict("test", "passed", 2.0, 2.0),))
    assert changed_marks({"test": 2.0, "essay": None, "plot": 0.0}, verdicts) == {}
    assert changed_marks({"test": 2.0, "essay": 4.0}, verdicts) == {"essay": 4.0}
    assert changed_marks({}, verdicts) == {"test": None}
