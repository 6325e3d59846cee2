"""Grading a class again after a test was changed: what is shown is what is recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode

from autograder.cli import main
from autograder.course import Course
from autograder.engine.pool import Pool
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.errors import AutograderError
from autograder.grade_class import Options, grade
from autograder.nbgrader_session import NbGraderSession
from autograder.notebooks import new_cell, notebook_text, read_notebook
from autograder.regrade_class import regrade
from tests.autograder.conftest import RIGHT

HandIn = Callable[..., Path]
SLOPPY = RIGHT | {"half-code": "def half(x):\n    return x // 2 + 0.5"}  # right for odd numbers


@pytest.fixture
def course(released: Course, hand_in: HandIn) -> Course:
    """A graded class of two, after which a test was changed."""
    hand_in("ada", RIGHT)
    hand_in("bob", SLOPPY)
    assert [mark.total for mark in grade(released, "tiny").marks] == [5, 5]
    change_source(released, "half-values", "assert half(4) == 2")
    return released


def change_source(course: Course, grade_id: str, text: str) -> None:
    path = course.source / "tiny" / "practice.ipynb"
    notebook = read_notebook(path)
    (cell,) = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id]
    cell.source = text
    path.write_text(notebook_text(notebook), encoding="utf-8")


def points(course: Course) -> dict[str, float]:
    with NbGraderSession(course).gradebook() as gradebook:
        return {s.student.id: s.score for s in gradebook.find_assignment("tiny").submissions}


def test_a_dry_run_says_what_would_move_and_a_real_one_what_moved(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["regrade", "tiny", "--course", str(course.root)]
    assert main([*command, "--dry-run"]) == 0
    shown, said = capsys.readouterr()
    assert shown.splitlines()[0].startswith("bob  practice  5 → 2  half-values 3 → 0 (passed → failed: ")
    assert shown.splitlines()[-1] == "1 notebook would move (0 up, 1 down), 3 would not."
    assert said == "Nothing was written. Without --dry-run, these marks are recorded.\n"
    assert points(course) == {"ada": 5, "bob": 5}

    assert main(command) == 3
    shown, said = capsys.readouterr()
    assert "1 notebook moved (0 up, 1 down), 3 did not; the new marks are recorded." in shown.splitlines()
    assert "would" not in shown + said
    assert points(course) == {"ada": 5, "bob": 2}


@pytest.mark.parametrize(
    "change", [{"points": 2}, {"grade_id": "another"}, {"grade": False, "locked": False}]
)
def test_a_test_that_is_new_or_gone_or_worth_something_else_stops_grading(
    released: Course, hand_in: HandIn, change: dict[str, object]
) -> None:
    hand_in("ada", RIGHT)
    path = released.source / "tiny" / "practice.ipynb"
    notebook = read_notebook(path)
    notebook.cells[-1].metadata.nbgrader.update(change)
    path.write_text(notebook_text(notebook), encoding="utf-8")
    with pytest.raises(AutograderError, match=r"practice\.ipynb, half-values .*changed since tiny was"):
        grade(released, "tiny")


def _text_of_setup(cells: list[NotebookNode]) -> None:
    cells[1].source += "\nlimit = 3"


def _setup_is_gone(cells: list[NotebookNode]) -> None:
    del cells[1]


def _another_locked_cell(cells: list[NotebookNode]) -> None:
    about = {"grade_id": "helper", "locked": True, "grade": False, "solution": False, "schema_version": 3}
    cells.insert(1, new_cell("code", "limit = 3", "helper", {"nbgrader": {**about, "task": False}}))


def _helper_and_test(cells: list[NotebookNode]) -> None:
    _another_locked_cell(cells)
    cells[-1].metadata.nbgrader.points = 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_text_of_setup, "practice.ipynb, setup was changed since tiny was released."),
        (_setup_is_gone, "practice.ipynb, setup was changed since tiny was released."),
        (_another_locked_cell, "practice.ipynb, helper was changed since tiny was released."),
        (_helper_and_test, "practice.ipynb, helper and 1 other cell were changed since tiny was released."),
    ],
)
def test_a_locked_cell_that_was_changed_stops_grading_until_regrade_takes_it_over(
    released: Course, hand_in: HandIn, change: Callable[[list[NotebookNode]], None], says: str
) -> None:
    hand_in("ada", RIGHT)
    grade(released, "tiny")
    path = released.source / "tiny" / "practice.ipynb"
    notebook = read_notebook(path)
    change(notebook.cells)
    path.write_text(notebook_text(notebook), encoding="utf-8")
    with pytest.raises(AutograderError, match=re.escape(says)):
        grade(released, "tiny")
    regrade(released, "tiny")
    assert [mark.student for mark in grade(released, "tiny").marks] == ["ada"]


def test_of_one_student_a_changed_test_is_tried_only(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["regrade", "tiny", "--course", str(course.root), "--student", "bob"]
    assert main(command) == 1
    assert capsys.readouterr().err == (
        "autograder: tiny was changed since it was released (practice/half-values: changed), and regrade "
        "takes changes over for everyone: run it without --student. With --dry-run, it shows what would move "
        "for bob.\n"
    )
    assert main([*command, "--dry-run"]) == 0
    assert "bob  practice  5 → 2" in capsys.readouterr().out
    assert points(course) == {"ada": 5, "bob": 5}
    assert main(["grade", "tiny", "--course", str(course.root)]) == 1  # its guard still stands
    assert "was changed since tiny was released" in capsys.readouterr().err


def test_one_student_alone_is_graded_again_where_no_test_was_changed(
    released: Course, hand_in: HandIn
) -> None:
    hand_in("ada", RIGHT)
    grade(released, "tiny")
    hand_in("ada", SLOPPY | {"double-code": "def double(x):\n    return x"})
    moves, report = regrade(released, "tiny", Options(student="ada"))
    assert [(move.student, move.before, move.after) for move in moves.moves] == [("ada", 5, 3)]
    assert report is not None
    assert report.marks[0].total == 3


def test_what_can_not_be_taken_over_is_said_before_anything_runs(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = course.source / "tiny" / "practice.ipynb"
    notebook = read_notebook(path)
    notebook.cells = [
        c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") != "half-code"
    ]
    path.write_text(notebook_text(notebook), encoding="utf-8")
    monkeypatch.setattr(Pool, "grade", lambda *_: pytest.fail("something ran"))
    assert main(["regrade", "tiny", "--course", str(course.root)]) == 1
    assert "half-code is gone, in which students answered" in capsys.readouterr().err


@pytest.mark.parametrize("force", [False, True])
def test_what_runs_out_of_time_runs_once_and_is_recorded_as_it_is_shown(
    course: Course, monkeypatch: pytest.MonkeyPatch, force: bool
) -> None:
    runs: list[str] = []

    def first_too_slow_then_fine(self: Pool, jobs: object) -> object:
        for job in jobs:  # type: ignore[attr-defined]
            runs.append(job.student)
            slow = runs.count(job.student) == 1
            test = Verdict("half-values", "timeout" if slow else "passed", 0.0 if slow else 3.0, 3.0)
            yield job, GradedNotebook("practice", (Verdict("double-values", "passed", 2.0, 2.0), test))

    monkeypatch.setattr(Pool, "grade", first_too_slow_then_fine)
    moves, _ = regrade(course, "tiny", Options(force=force))
    assert runs == ["ada", "bob"]
    assert moves.recorded
    assert {move.student: move.after for move in moves.moves} == {"ada": 2, "bob": 2} == points(course)
    grade(course, "tiny")  # what is recorded stays
    assert runs == ["ada", "bob"]


def test_feedback_that_shows_other_marks_is_counted(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    at = ["--course", str(course.root)]
    assert main(["feedback", "tiny", *at]) == 0
    main(["regrade", "tiny", *at])
    note = "feedback pages of 1 student don't show the marks as they are now: run `autograder feedback tiny`"
    assert note in capsys.readouterr().out.splitlines()  # everyone was recorded again, but only bob moved
    assert main(["feedback", "tiny", *at]) == 0
    capsys.readouterr()
    main(["grade", "tiny", *at, "--json"])
    assert json.loads(capsys.readouterr().out)["notes"] == []


@pytest.mark.parametrize("what", ["points", "comment"])
def test_feedback_that_lacks_what_was_given_by_hand_is_counted(
    released: Course, hand_in: HandIn, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    at = ["--course", str(released.root)]
    hand_in("ada", RIGHT)
    hand_in("bob", RIGHT)
    main(["grade", "tiny", *at])
    main(["feedback", "tiny", *at])
    with NbGraderSession(released).gradebook() as gradebook:
        if what == "points":
            gradebook.find_grade("half-values", "practice", "tiny", "ada").manual_score = 1.0
        else:
            gradebook.find_comment("half-code", "practice", "tiny", "ada").manual_comment = "Well done"
    capsys.readouterr()
    note = "feedback pages of 1 student don't show the marks as they are now: run `autograder feedback tiny`"
    for command in (["grade", "tiny"], ["export"]):
        main([*command, *at])
        assert note in capsys.readouterr().out.splitlines()
    main(["feedback", "tiny", *at])
    for command in (["grade", "tiny"], ["export"]):
        capsys.readouterr()
        main([*command, *at])
        assert "feedback pages" not in capsys.readouterr().out
