"""Everything that is known of every test in one table, for whoever wants to count for themselves."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course import Course
from autograder.engine.quarantine import rebuild
from autograder.engine.source import load_source
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.nbgrader_session import NbGraderSession
from autograder.private import PRIVATE, VERDICTS
from autograder.record import Submission, record
from autograder.tidy import TidyRow, tidy_rows
from autograder.tidy_files import write_tidy_csv, write_tidy_parquet
from autograder.verdict_cache import VerdictCache
from tests.autograder.conftest import RIGHT

HandIn = Callable[..., Path]
FIXTURES = Path(__file__).parent / "fixtures"
SAID = "=cmd|'!A0 \ud800 is wrong. This looks like 'the student's own': x times x."

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries


@pytest.fixture
def graded(released: Course) -> Course:
    """Ada handed in one of two notebooks, an hour late; Bob nothing; Cyd's work waits to be graded."""
    source = load_source(released.source / "tiny" / "practice.ipynb")
    rebuilt = rebuild(source, (released.release / "tiny" / "practice.ipynb").read_bytes())
    verdicts = (
        Verdict("double-values", "failed", 0.0, 2.0, SAID, 0.25),
        Verdict("half-values", "passed", 3.0, 3.0, "", 0.5),
    )
    practice = GradedNotebook("practice", verdicts, isolation="jail")
    with NbGraderSession(released).gradebook() as gradebook:
        gradebook.add_student("bob")
        gradebook.find_assignment("tiny").duedate = datetime(2027, 1, 15, 21, 58)
        submission = Submission(
            "ada", datetime(2027, 1, 15, 22, 58), {"practice": practice}, {"practice": rebuilt.notebook}
        )
        assert record(gradebook, released.autograded, "tiny", [submission], lambda *_: 0.5) == {}
    with VerdictCache(released.root / PRIVATE / VERDICTS) as cache:
        cache.put_many([("key", practice)])
        cache.mark_recorded_many("tiny", {("ada", "practice"): "key"})
    (released.submitted / "cyd" / "tiny").mkdir(parents=True)
    return released


def of(course: Course, student: str, notebook: str = "practice") -> list[TidyRow]:
    return [row for row in tidy_rows(course) if (row.student, row.notebook) == (student, notebook)]


def test_a_row_tells_all_of_a_test(graded: Course) -> None:
    failed, passed = of(graded, "ada")
    assert passed._asdict() == {
        "student": "ada",
        "assignment": "tiny",
        "notebook": "practice",
        "test": "half-values",
        "points": 3.0,
        "maximum": 3.0,
        "outcome": "passed",
        "message": "",
        "mistake": "",
        "seconds": 0.5,
        "isolation": "jail",
        "submitted_at": datetime.fromisoformat("2027-01-15T22:58:00Z"),
        "late_seconds": 3600.0,
        "penalty": 0.5,
        "objectives": ("t-half",),
    }
    assert (failed.outcome, failed.points, failed.mistake) == ("failed", 0.0, "the student's own")
    assert failed.objectives == ("t-double",)


def test_points_given_by_hand_count(graded: Course) -> None:
    with NbGraderSession(graded).gradebook() as gradebook:
        gradebook.find_grade("double-values", "practice", "tiny", "ada").manual_score = 1.5
        gradebook.find_grade("half-values", "practice", "tiny", "ada").extra_credit = 0.25
    assert [(row.outcome, row.points) for row in of(graded, "ada")] == [("failed", 1.5), ("passed", 3.25)]


@pytest.mark.parametrize(("minutes", "seconds"), [(45, 900.0), (61, 0.0)])
def test_who_has_more_time_is_late_by_less_and_never_early(
    graded: Course, minutes: int, seconds: float
) -> None:
    with NbGraderSession(graded).gradebook() as gradebook:
        gradebook.update_or_create_submission("tiny", "ada", extension=timedelta(minutes=minutes))
    assert {row.late_seconds for row in of(graded, "ada")} == {seconds}


def test_who_has_no_marks_has_rows_that_say_so(graded: Course) -> None:
    outcomes = {row.student: (row.outcome, row.points, row.seconds) for row in tidy_rows(graded)}
    assert outcomes["bob"] == ("nothing handed in", None, None)
    assert outcomes["cyd"] == ("not graded yet", None, None)
    quiz = of(graded, "ada", "quiz")
    assert quiz
    assert {(row.outcome, row.points) for row in quiz} == {("unknown", 0.0)}  # not handed in, nothing ran


def test_every_student_has_every_test_once(graded: Course) -> None:
    seen = [(row.student, row.notebook, row.test) for row in tidy_rows(graded)]
    assert len(seen) == len(set(seen))
    with NbGraderSession(graded).gradebook() as gradebook:
        tests = sum(len(notebook.grade_cells) for notebook in gradebook.find_assignment("tiny").notebooks)
    assert len(seen) == 3 * tests


def test_as_csv_no_text_is_a_formula_and_numbers_stay_numbers(
    graded: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--format", "csv", "--course", str(graded.root)]) == 0
    with (graded.root / "tests.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert f"Wrote {len(rows)} rows to " in capsys.readouterr().out
    first = rows[0]
    assert first["message"].startswith("'=cmd|'!A0 ? is wrong.")
    assert first["submitted_at"] == "2027-01-15T22:58:00Z"
    assert (first["points"], first["maximum"], first["seconds"]) == ("0", "2", "0.25")
    assert rows[-1]["points"] == ""


def test_without_pyarrow_parquet_is_refused_with_what_to_install(
    graded: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["export", "--format", "parquet", "--course", str(graded.root)]) == 1
    error = capsys.readouterr().err
    assert "install the extra `parquet` of this project, or `pip install pyarrow`" in error
    assert "--format csv writes the same table" in error
    assert not (graded.root / "tests.parquet").exists()


def test_parquet_holds_the_same_rows_with_their_types(
    graded: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra `parquet` is not installed")
    monkeypatch.setattr("autograder.tidy_files._PART", 2)  # more than one part
    rows = list(tidy_rows(graded))
    assert write_tidy_parquet(rows, tmp_path / "tests.parquet") == len(rows)
    read = parquet.read_table(tmp_path / "tests.parquet").to_pylist()
    assert [TidyRow(**{**row, "objectives": tuple(row["objectives"])}) for row in read] == rows


@pytest.mark.parametrize("format", ["csv", "nbgrader"])
def test_a_course_without_marks_writes_nothing(
    released: Course, tmp_path: Path, format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "x"
    assert main(["export", "--format", format, "--course", str(released.root), "--to", str(target)]) == 1
    assert "has no marks yet: release an assignment and grade it first" in capsys.readouterr().err
    assert not target.exists()


def test_a_quiz_question_has_the_objectives_that_it_was_authored_with(
    graded: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.tidy.ASSIGNMENTS", FIXTURES)
    assert {row.test: row.objectives for row in of(graded, "ada", "quiz")} == {
        "tiny-choice-check": ("t-double",),
        "tiny-several-check": ("t-double",),
        "tiny-number-check": ("t-half",),
        "tiny-sign-check": ("t-half",),
    }


def test_after_a_real_grading_the_rows_add_up_to_the_marks(
    released: Course, hand_in: HandIn, tmp_path: Path
) -> None:
    hand_in("ada", {**RIGHT, "double-code": "def double(x):\n    return x * x"})
    assert main(["grade", "tiny", "--course", str(released.root)]) == 3  # her quiz is missing
    write_tidy_csv(tidy_rows(released, ["tiny"]), tmp_path / "tests.csv")
    with (tmp_path / "tests.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sum(float(row["points"]) for row in rows) == 3
    outcomes = {row["test"]: row["outcome"] for row in rows if row["notebook"] == "practice"}
    assert outcomes == {"double-values": "failed", "half-values": "passed"}
    assert {row["outcome"] for row in rows if row["notebook"] == "quiz"} == {"refused"}
    assert all(float(row["seconds"]) >= 0 for row in rows)
