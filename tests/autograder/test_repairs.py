"""What was changed or lost after grading: the next run puts it back, says so, and keeps a trace."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.audit_log import AuditLog
from autograder.cli import main
from autograder.course import Course
from autograder.engine.pool import Job, Pool
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.grade_class import Options, grade
from autograder.nbgrader_session import NbGraderSession
from autograder.private import AUDIT, PRIVATE
from autograder.regrade_class import regrade
from autograder.repairs import changed_marks
from autograder.verdict_cache import VerdictCache
from tests.autograder.conftest import RIGHT

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
    what = "practice.ipynb: marks were changed in the gradebook since grading, which is repaired"
    assert f"ada: {what}: double-values was 2 instead of 0" in report.problems
    repaired = next(entry for entry in reversed(events(graded)) if entry["notebook"] == "practice")
    assert repaired["event"] == "repaired"
    assert repaired["changed"] == {"double-values": 2.0}
    assert main(["audit", "--course", str(graded.root)]) == 0
    assert not any("changed" in problem for problem in grade(graded, "tiny").problems)


def test_changes_that_leave_the_sum_as_it_was_are_found(graded: Course) -> None:
    set_marks(graded, double_values=2.0, half_values=1.0)
    report = grade(graded, "tiny")
    told = "double-values was 2 instead of 0, half-values was 1 instead of 3"
    assert any(told in line for line in report.problems)
    with NbGraderSession(graded).gradebook() as gradebook:
        assert gradebook.find_grade("half-values", "practice", "tiny", "ada").auto_score == 3


def test_a_change_is_told_although_the_source_was_changed_too(graded: Course) -> None:
    set_marks(graded, double_values=2.0)
    path = graded.source / "tiny" / "practice.ipynb"
    path.write_text(path.read_text("utf-8").replace("half(3) == 1.5", "half(5) == 2.5"), encoding="utf-8")
    _, report = regrade(graded, "tiny")
    assert report is not None
    assert any("double-values was 2 instead of 0" in problem for problem in report.problems)
    repaired = next(entry for entry in reversed(events(graded)) if entry["notebook"] == "practice")
    assert (repaired["event"], repaired["changed"]) == ("repaired", {"double-values": 2.0})
    assert not any("changed" in problem for problem in grade(graded, "tiny").problems)


@pytest.mark.parametrize("before", [WRONG, None], ids=["graded", "refused"])
def test_a_change_is_told_although_the_student_handed_in_again(
    released: Course, hand_in: HandIn, before: dict[str, str] | None
) -> None:
    path = hand_in("ada", before or {})
    if before is None:
        path.write_text("{")
    grade(released, "tiny")
    set_marks(released, double_values=1.0)
    hand_in("ada", RIGHT)
    report = grade(released, "tiny")
    assert any("double-values was 1 instead of 0" in problem for problem in report.problems)
    assert report.marks[0].scores["practice"] == 5
    repaired = next(entry for entry in reversed(events(released)) if entry["notebook"] == "practice")
    assert (repaired["event"], repaired["changed"]) == ("repaired", {"double-values": 1.0})


def test_what_was_given_is_told_and_not_what_another_run_gives(
    graded: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_marks(graded, double_values=1.0)

    def luckier(self: Pool, jobs: Iterable[Job]) -> Iterator[tuple[Job, GradedNotebook]]:
        for job in jobs:
            tests = ("double-values", 2.0), ("half-values", 3.0)
            verdicts = tuple(Verdict(test, "passed", most, most) for test, most in tests)
            yield job, GradedNotebook("practice", verdicts)

    monkeypatch.setattr(Pool, "grade", luckier)
    report = grade(graded, "tiny", Options(force=True))
    assert any(problem.endswith("double-values was 1 instead of 0") for problem in report.problems)
    assert report.marks[0].scores["practice"] == 5


def test_a_run_that_was_broken_off_after_the_gradebook_is_no_change(
    graded: Course, hand_in: HandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    hand_in("ada", RIGHT)
    with monkeypatch.context() as patch:
        patch.setattr(VerdictCache, "mark_recorded_many", killed)
        with pytest.raises(KeyboardInterrupt):
            grade(graded, "tiny")
    report = grade(graded, "tiny")
    assert report.marks[0].scores["practice"] == 5
    assert not any("changed" in problem for problem in report.problems)


def test_a_run_that_failed_us_changes_no_mark(
    graded: Course, hand_in: HandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def giving_up(self: Pool, jobs: Iterable[Job]) -> Iterator[tuple[Job, GradedNotebook]]:
        for job in jobs:
            tests = ("double-values", 2.0), ("half-values", 3.0)
            verdicts = tuple(Verdict(test, "crashed", 0.0, most) for test, most in tests)
            yield job, GradedNotebook("practice", verdicts, given_up=True)

    with monkeypatch.context() as patch:
        patch.setattr(Pool, "grade", giving_up)
        report = grade(graded, "tiny", Options(force=True))
        assert report.marks[0].scores["practice"] == 3
        assert any("practice could not be graded now" in problem for problem in report.problems)
        moved, _ = regrade(graded, "tiny", Options(force=True), dry_run=True)
        assert moved.moves == ()
    report = grade(graded, "tiny")
    assert report.marks[0].scores["practice"] == 3
    assert not any("changed" in problem for problem in report.problems)


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
