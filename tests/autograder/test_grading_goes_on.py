"""Whatever goes wrong with one student, or in the middle: every mark is right or said to be missing."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from autograder.cli import main
from autograder.course import Course
from autograder.submission import Inspection
from autograder.workflow import grade

HandIn = Callable[..., Path]
GiveMark = Callable[[str], None]
AUTOGRADE = "autograder.nbgrader_session.NbGraderSession.autograde"


def exported(course: Course) -> dict[str, dict[str, str]]:
    """The exported rows by student, whatever needs attention."""
    main(["export", "--course", str(course.root)])
    with (course.root / "marks.csv").open(newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_an_inspection_that_fails_costs_one_student_only(
    released: Course, hand_in: HandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("ada", "bob"):
        hand_in(student, {})

    def inspect(folder: Path, _: object) -> Inspection:
        if folder.parent.name == "ada":
            raise AttributeError("no attribute 'get'")
        return Inspection(refused="as ever")

    monkeypatch.setattr("autograder.workflow.inspect_submission", inspect)
    report = grade(released, "tiny")
    assert report.problems == (
        """ada: refused: it can't be looked at (AttributeError("no attribute 'get'"))""",
        "bob: refused: as ever",
    )
    assert [mark.total for mark in report.marks] == [0, 0]
    assert report.marks[0].remarks[0].startswith("refused: it can't be looked at")


def test_a_notebook_with_null_for_metadata_is_refused_and_the_class_is_graded(
    released: Course, hand_in: HandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = hand_in("ada", {})
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][3]["metadata"]["nbgrader"] = None
    path.write_text(json.dumps(notebook), encoding="utf-8")
    hand_in("bob", {})
    monkeypatch.setattr(AUTOGRADE, lambda *_, **__: "not run here")
    report = grade(released, "tiny")
    assert (
        "ada: practice.ipynb was refused: the nbgrader metadata of cell 4 is None, not a table"
        in report.problems
    )
    assert "bob: practice.ipynb was not graded: not run here" in report.problems


def test_a_gradebook_that_fails_for_one_student_is_told_from_what_students_write(
    released: Course, hand_in: HandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("ada", "bob", "error accessing the nbgrader database"):
        hand_in(student, {})

    def init_assignment(_: object, assignment: str, student: str) -> None:
        if student == "bob":
            raise OperationalError("select", {}, Exception("database is locked"))
        raise RuntimeError("sqlalchemy.exc.OperationalError: not really\nKeyboardInterrupt")

    monkeypatch.setattr("nbgrader.converters.autograde.Autograde.init_assignment", init_assignment)
    problems = [problem for problem in grade(released, "tiny").problems if "quiz" not in problem]
    said = "practice.ipynb was not graded"
    assert problems[0].startswith(f"ada: {said}: nbgrader could not handle it: sqlalchemy.exc.Oper")
    assert problems[1].startswith(f"bob: {said}: {released.gradebook}: the gradebook can't be used: ")
    assert problems[1].endswith("database is locked")
    assert problems[2].startswith(f"error accessing the nbgrader database: {said}: nbgrader could not")
    assert len(problems) == 3


def test_a_mark_stays_where_its_notebook_can_not_be_graded_again(
    released: Course, hand_in: HandIn, give_mark: GiveMark, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AUTOGRADE, lambda *_, **__: "not run here")
    for student in ("ada", "bob"):
        hand_in(student, {})
        give_mark(student)
    graded = released.autograded / "ada"
    graded.rename(released.autograded / "aside")
    graded.write_text("a file")
    report = grade(released, "tiny")
    assert {mark.student: mark.total for mark in report.marks} == {"ada": 5, "bob": 0}
    assert report.problems[0] == (
        f"ada: not graded, an earlier mark stays: {graded} is not a folder; move it away"
    )


def test_a_mark_and_its_notebook_stay_when_the_gradebook_fails_at_the_start(
    released: Course, hand_in: HandIn, give_mark: GiveMark, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in("ada", {})
    give_mark("ada")

    def begin(*_: object) -> None:
        raise OperationalError("update", {}, Exception("database is locked"))

    monkeypatch.setattr("autograder.workflow.begin", begin)
    report = grade(released, "tiny")
    assert [mark.total for mark in report.marks] == [5]
    assert report.problems[0].startswith("ada: not graded, an earlier mark stays: ")
    assert [path.name for path in (released.autograded / "ada").rglob("*")] == ["tiny", "practice.ipynb"]


def test_folders_in_the_way_are_named_before_anything_is_graded(
    released: Course, hand_in: HandIn, give_mark: GiveMark, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in("ada", {})
    give_mark("ada")
    released.autograded.rename(released.root / "aside")
    released.autograded.write_text("a file")
    assert main(["grade", "tiny", "--course", str(released.root)]) == 1
    error = f"autograder: {released.autograded} is not a folder; move it away\n"
    assert capsys.readouterr().err == error
    released.autograded.unlink()
    assert exported(released)["ada"]["total"] == "5"


@pytest.fixture
def interrupted(
    released: Course,
    hand_in: HandIn,
    give_mark: GiveMark,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],  # asked for here, so that tests can read what the interruption said
) -> Course:
    """A course where Ctrl-C was pressed while the second of four students was graded."""
    for student in ("ada", "bob", "cyd", "dan"):
        hand_in(student, {})
    for student in ("bob", "cyd"):
        give_mark(student)
    page = released.feedback / "bob" / "tiny" / "practice.html"
    page.parent.mkdir(parents=True)
    page.write_text("5 of 5")

    def autograde(_: object, __: str, student: str, *___: Any, **____: Any) -> str:
        if student == "bob":
            raise KeyboardInterrupt
        return "not run here"

    with monkeypatch.context() as patch:
        patch.setattr(AUTOGRADE, autograde)
        assert main(["grade", "tiny", "--course", str(released.root)]) == 130
    return released


def test_an_interruption_names_who_must_be_graded_again(
    interrupted: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert capsys.readouterr().err == (
        "autograder: stopped; 1 of 4 students were graded; grade these again: bob, cyd, dan\n"
    )


def test_export_names_marks_that_are_not_there_yet(
    interrupted: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["export", "--course", str(interrupted.root)]) == 3
    problem = "tiny is not graded yet, and its 0 means nothing; run `autograder grade tiny --student"
    assert capsys.readouterr().err.splitlines() == [
        f"autograder: bob: {problem} bob`",
        f"autograder: dan: {problem} dan`",
    ]
    rows = exported(interrupted)
    assert {student: row["remarks"] for student, row in rows.items()} == {
        "ada": "practice.ipynb was not graded: not run here | quiz.ipynb was not handed in",
        "bob": "Grading did not finish; grade again.",
        "cyd": "",
        "dan": "handed in, not graded yet",
    }
    assert rows["cyd"]["total"] == "5"


def test_feedback_is_not_given_on_marks_that_are_not_there_yet(
    interrupted: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["feedback", "tiny", "--course", str(interrupted.root)]) == 3
    output, errors = capsys.readouterr()
    assert output.startswith("Feedback for 2 students in ")
    assert errors == (
        "autograder: bob: no feedback written, because grading did not finish; "
        "run `autograder grade tiny --student bob`\n"
    )
    pages = interrupted.feedback.glob("*/tiny/*.html")
    assert sorted(f"{page.parents[1].name}/{page.name}" for page in pages) == [
        "ada/practice.html", "ada/quiz.html", "cyd/practice.html", "cyd/quiz.html",
    ]  # fmt: skip


def test_work_in_the_wrong_place_needs_attention(
    released: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    (released.submitted / "bob").mkdir(parents=True)
    (released.submitted / "bob" / "practice.ipynb").touch()
    said = "submitted/bob holds no folder 'tiny', but 'practice.ipynb'; move the work to submitted/bob/tiny/"
    assert main(["grade", "tiny", "--course", str(released.root)]) == 3
    assert capsys.readouterr().err == f"autograder: bob: not graded, {said}\n"
    assert main(["grade", "tiny", "--student", "bob", "--course", str(released.root)]) == 1
    assert capsys.readouterr().err == f"autograder: bob: not graded, {said}\n"
