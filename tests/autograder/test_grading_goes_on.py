"""Whatever goes wrong with one student, or in the middle: every mark is right or said to be missing."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from autograder import grade_class
from autograder.cli import main
from autograder.course import Course
from autograder.engine.pool import Job, Pool, WorkerDied
from autograder.engine.verdict import GradedNotebook
from autograder.errors import AutograderError
from autograder.grade_class import grade
from autograder.submission import Inspection
from tests.autograder.conftest import RIGHT

HandIn = Callable[..., Path]
GiveMark = Callable[[str], None]

WRONG = {"double-code": "def double(x):\n    return x", "half-code": "def half(x):\n    return x / 2"}


def exported(course: Course) -> dict[str, dict[str, str]]:
    """The exported rows by student, whatever needs attention."""
    main(["export", "--course", str(course.root)])
    with (course.root / "marks.csv").open(newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose notebooks were run, in the order in which they were finished."""
    seen: list[str] = []
    grade_all = Pool.grade

    def watched(self: Pool, jobs: object) -> object:
        for job, graded in grade_all(self, jobs):  # type: ignore[arg-type]
            seen.append(job.student)
            yield job, graded

    monkeypatch.setattr(Pool, "grade", watched)
    return seen


def test_an_inspection_that_fails_costs_one_student_only(
    released: Course, hand_in: HandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    for student in ("ada", "bob"):
        hand_in(student, {})

    def inspect(folder: Path, _: object) -> Inspection:
        if folder.parent.name == "ada":
            raise AttributeError("no attribute 'get'")
        return Inspection(refused="as ever")

    monkeypatch.setattr("autograder.intake.inspect_submission", inspect)
    report = grade(released, "tiny")
    assert report.problems == (
        """ada: refused: it can't be looked at (AttributeError("no attribute 'get'"))""",
        "bob: refused: as ever",
    )
    assert [mark.total for mark in report.marks] == [0, 0]
    assert report.marks[0].remarks[0].startswith("refused: it can't be looked at")


def test_work_that_the_machine_failed_at_is_run_again_the_next_time(
    released: Course, hand_in: HandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in("ada", RIGHT)

    def ends(*_: object) -> None:
        raise WorkerDied

    with monkeypatch.context() as patch:
        patch.setattr("autograder.engine.pool._Worker.grade", ends)
        report = grade(released, "tiny")
    assert [mark.scores["practice"] for mark in report.marks] == [0]
    assert any("The grading process ended while it graded this notebook" in line for line in report.problems)
    assert [mark.scores["practice"] for mark in grade(released, "tiny").marks] == [5]


def test_results_that_come_before_the_next_job_is_asked_for_are_recorded_once(
    released: Course, hand_in: HandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_after_the_other(self: Pool, jobs: Iterable[Job]) -> Iterator[tuple[Job, GradedNotebook]]:
        for job in jobs:
            yield job, GradedNotebook(job.notebook, ())

    monkeypatch.setattr(Pool, "grade", one_after_the_other)
    hand_in("ada", RIGHT)
    hand_in("ada", {}, "quiz")
    progress: list[tuple[str, int, int]] = []
    grade(released, "tiny", progress=lambda *at: progress.append(at))
    assert progress == [("ada", 1, 1)]


def test_a_notebook_with_null_for_metadata_is_repaired_and_the_class_is_graded(
    released: Course, hand_in: HandIn
) -> None:
    path = hand_in("ada", RIGHT)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    locked = next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("locked"))
    locked["metadata"]["nbgrader"] = None
    path.write_text(json.dumps(notebook), encoding="utf-8")
    hand_in("bob", RIGHT)
    report = grade(released, "tiny")
    assert {mark.student: mark.scores["practice"] for mark in report.marks} == {"ada": 5, "bob": 5}
    assert any(problem.startswith("ada: practice.ipynb: ") for problem in report.problems)
    assert not any(problem.startswith("bob: practice.ipynb: ") for problem in report.problems)


def test_a_gradebook_that_fails_keeps_all_earlier_marks_and_the_next_run_needs_no_code_to_run_again(
    released: Course, hand_in: HandIn, give_mark: GiveMark, monkeypatch: pytest.MonkeyPatch, runs: list[str]
) -> None:
    for student in ("ada", "bob"):
        hand_in(student, WRONG)
        give_mark(student)

    def locked(*_: object) -> None:
        raise OperationalError("update", {}, Exception("database is locked"))

    with monkeypatch.context() as patch:
        patch.setattr(grade_class, "_BATCH_SECONDS", 600)  # both in one batch, however slow the machine is
        patch.setattr("autograder.record._write_rows", locked)
        with pytest.raises(AutograderError, match=r"gradebook\.db: the gradebook can't be used: .*locked"):
            grade(released, "tiny")
    assert {student: row["practice"] for student, row in exported(released).items()} == {
        "ada": "5",
        "bob": "5",
    }
    assert sorted(runs) == ["ada", "bob"]

    assert {mark.student: mark.total for mark in grade(released, "tiny").marks} == {"ada": 3, "bob": 3}
    assert sorted(runs) == ["ada", "bob"]  # the verdicts were kept


def test_a_graded_notebook_that_can_not_be_written_is_named_and_made_up_for(
    released: Course, hand_in: HandIn, runs: list[str]
) -> None:
    for student in ("ada", "bob"):
        hand_in(student, RIGHT)
    in_the_way = released.autograded / "ada"
    released.autograded.mkdir(exist_ok=True)
    in_the_way.write_text("a file")
    report = grade(released, "tiny")
    assert {mark.student: mark.total for mark in report.marks} == {"ada": 5, "bob": 5}
    assert f"ada: {in_the_way / 'tiny'} can't be written (Not a directory)" in report.problems

    in_the_way.unlink()
    assert not any(str(in_the_way) in problem for problem in grade(released, "tiny").problems)
    assert (in_the_way / "tiny" / "practice.ipynb").exists()
    assert sorted(runs) == ["ada", "bob"]


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
    runs: list[str],  # asked for here, so that a test can see what ran before the interruption
    capsys: pytest.CaptureFixture[str],  # and what it said
) -> Course:
    """A course where Ctrl-C was pressed when the second of four students was graded."""
    for student in ("ada", "bob", "cyd", "dan"):
        hand_in(student, WRONG)
    give_mark("cyd")
    take = grade_class.ClassGrading._take

    def stopped(self: grade_class.ClassGrading, job: object, graded: object) -> None:
        if runs[:-1]:
            raise KeyboardInterrupt
        take(self, job, graded)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(grade_class, "_BATCH_SECONDS", 600)  # nothing is written before the interruption
        patch.setattr(grade_class.ClassGrading, "_take", stopped)
        assert main(["grade", "tiny", "--jobs", "1", "--course", str(released.root)]) == 130
    return released


def test_an_interruption_says_how_far_it_came(
    interrupted: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert capsys.readouterr().err == (
        "autograder: stopped; 1 of 4 students graded and recorded; "
        "give the same command again, and the rest follows\n"
    )


def test_after_an_interruption_every_mark_is_right_or_said_to_be_missing(
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
    assert {student: row["total"] for student, row in rows.items()} == {
        "ada": "3",
        "bob": "0",
        "cyd": "5",  # from an earlier grading
        "dan": "0",
    }
    assert rows["dan"]["remarks"] == "handed in, not graded yet"


def test_feedback_is_given_on_the_marks_that_are_there(
    interrupted: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["feedback", "tiny", "--course", str(interrupted.root)]) == 0
    output, errors = capsys.readouterr()
    assert output.startswith("Feedback for 2 students in ")
    assert errors == ""
    pages = interrupted.feedback.glob("*/tiny/*.html")
    assert sorted(f"{page.parents[1].name}/{page.name}" for page in pages) == [
        "ada/practice.html", "ada/quiz.html", "cyd/practice.html", "cyd/quiz.html",
    ]  # fmt: skip


def test_the_same_command_grades_the_rest(interrupted: Course, runs: list[str]) -> None:
    before = len(runs)
    report = grade(interrupted, "tiny")
    assert {mark.student: mark.total for mark in report.marks} == dict.fromkeys(
        ["ada", "bob", "cyd", "dan"], 3
    )
    assert "ada" not in runs[before:]
    assert {"cyd", "dan"} <= set(runs[before:])


def test_the_command_can_be_stopped_at_any_moment(released: Course, hand_in: HandIn) -> None:
    hand_in("ada", RIGHT)
    hand_in("bob", RIGHT | {"half-code": "while True:\n    pass"})
    command = [sys.executable, "-m", "autograder", "grade", "tiny", "--course", str(released.root)]
    with subprocess.Popen(
        [*command, "--progress", "--jobs", "1"],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # Where tests run in the background, Ctrl-C may be ignored by all that they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as grading:
        assert grading.stderr is not None
        assert grading.stderr.readline() == "[1/2] ada\n"
        grading.send_signal(signal.SIGINT)
        _, errors = grading.communicate()
    assert (grading.returncode, "Traceback" in errors) == (130, False)
    assert "autograder: stopped; 1 of 2 students graded and recorded" in errors
    assert exported(released)["ada"]["practice"] == "5"
    assert main([*command[3:], "--timeout", "2"]) == 3
    assert {student: row["practice"] for student, row in exported(released).items()} == {
        "ada": "5",
        "bob": "2",
    }


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
