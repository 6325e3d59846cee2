"""Which of several attempts counts, what lateness takes off it, and that all ways to grade agree on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from nbgrader.apps.api import NbGraderAPI  # type: ignore[import-untyped]

from autograder.audit import audit
from autograder.best_attempt import BestAttempts
from autograder.cli import main
from autograder.course import Course
from autograder.engine.pool import Job, Pool
from autograder.engine.verdict import GradedNotebook, given_up_notebook
from autograder.export import export
from autograder.grade_class import Options, grade
from autograder.marks import Mark, Report, read_marks
from autograder.nbgrader_session import NbGraderSession
from autograder.regrade_class import regrade
from autograder.settings import load_config
from tests.autograder.conftest import RIGHT

HandIn = Callable[..., Path]
Snapshot = Callable[[Path], dict[str, bytes]]
Attempt = Callable[..., Path]

HALF = RIGHT | {"half-code": "def half(x):\n    return x"}  # 2 points of 5
NONE = HALF | {"double-code": "def double(x):\n    return x"}
RULES = """
c.Autograder.deadlines = {"tiny": "2027-01-10 13:00 Europe/Berlin"}
c.Autograder.late_policy = {"grace_minutes": 10, "percent_per_day": 10, "closes_after_days": 7}
c.Autograder.attempts = "best"
"""


def configure(course: Course, text: str) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.fixture
def course(released: Course) -> Course:
    """A course with a deadline, 2027-01-10 12:00 UTC, in which the best attempt counts."""
    configure(released, RULES)
    return released


@pytest.fixture
def attempt(course: Course, hand_in: HandIn) -> Attempt:
    """`attempt("ada", "2027-01-09 10:00:00", RIGHT)` hands in; the last one handed in stays in submitted/."""

    def _attempt(student: str, when: str, answers: dict[str, str]) -> Path:
        submitted = hand_in(student, answers).parent
        (submitted / "timestamp.txt").write_text(f"{when} UTC")
        folder = course.root / "attempts" / student / "tiny"
        name = when.replace(" ", "T").replace(":", "-") + "Z"
        return Path(shutil.copytree(submitted, folder / name))

    return _attempt


def marks(course: Course) -> dict[str, Mark]:
    with NbGraderSession(course).gradebook() as gradebook:
        return {mark.student: mark for mark in read_marks(gradebook, "tiny")}


def totals(course: Course) -> dict[str, float]:
    return {student: mark.total for student, mark in marks(course).items()}


def totals_of(report: Report) -> dict[str, float]:
    return {mark.student: mark.total for mark in report.marks}


def handed_in(course: Course, student: str) -> str:
    return (course.submitted / student / "tiny" / "timestamp.txt").read_text()


def hand_in_a_class(course: Course, attempt: Attempt) -> None:
    attempt("ada", "2027-01-08 10:00:00", RIGHT)
    attempt("ada", "2027-01-09 10:00:00", HALF)
    attempt("bob", "2027-01-08 10:00:00", HALF)
    attempt("bob", "2027-01-09 10:00:00", HALF)
    attempt("cyd", "2027-01-08 10:00:00", HALF)
    attempt("cyd", "2027-01-11 12:00:01", RIGHT)
    attempt("dan", "2027-01-10 12:10:00", HALF)
    attempt("dan", "2027-01-17 12:00:01", RIGHT)
    attempt("eve", "2027-01-08 10:00:00", HALF)
    attempt("eve", "2027-01-10 12:10:01", HALF)
    shutil.rmtree(course.submitted / "eve")


TOTALS = {"ada": 5, "bob": 2, "cyd": 4, "dan": 2, "eve": 2}
NOTES = (
    "ada: attempt 1 of 2 counts, handed in 2027-01-08 10:00:00 UTC, with 5 points; attempt 2 has 2",
    "bob: attempt 2 of 2 counts, handed in 2027-01-09 10:00:00 UTC, with 2 points; attempt 1 has 2",
    "cyd: attempt 2 of 2 counts, handed in 2027-01-11 12:00:01 UTC, with 4 points; attempt 1 has 2",
    "dan: attempt 1 of 2 counts, handed in 2027-01-10 12:10:00 UTC, with 2 points; attempt 2 has 0",
    "eve: attempt 1 of 2 counts, handed in 2027-01-08 10:00:00 UTC, with 2 points; attempt 2 has 1.8",
)


def test_all_ways_to_grade_count_the_attempt_with_most_points(
    course: Course,
    attempt: Attempt,
    snapshot: Snapshot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hand_in_a_class(course, attempt)
    other = Course(Path(shutil.copytree(course.root, tmp_path / "other")))
    before = snapshot(course.root / "attempts")
    assert main(["grade", "tiny", "--course", str(course.root)]) == 3
    output = capsys.readouterr().out.splitlines()
    assert tuple(sorted(line for line in output if ": attempt " in line)) == NOTES
    assert totals(course) == TOTALS
    assert marks(course)["cyd"].remarks[-1] == "1 taken off for being late"
    assert handed_in(course, "ada") == "2027-01-08 10:00:00 UTC"
    assert handed_in(course, "eve") == "2027-01-08 10:00:00 UTC"
    assert snapshot(course.root / "attempts") == before
    assert audit(course).findings == ()

    moves, report = regrade(course, "tiny")
    assert report is not None
    assert {mark.student: mark.total for mark in report.marks} == TOTALS
    assert moves.moves == ()

    config = load_config(other)
    config.CourseDirectory.root = str(other.root)
    result = NbGraderAPI(config=config).autograde("tiny", "*")
    assert result["success"], result["error"]
    assert totals(other) == TOTALS
    assert handed_in(other, "ada") == "2027-01-08 10:00:00 UTC"
    assert {student: m.remarks for student, m in marks(other).items() if "late" in str(m.remarks)} == {
        student: m.remarks for student, m in marks(course).items() if "late" in str(m.remarks)
    }

    def never(*_: object) -> None:
        raise AssertionError("something is run again")

    monkeypatch.setattr(Pool, "_grade", never)
    assert grade(course, "tiny").notes == report.notes


def test_a_dry_run_finds_the_best_attempt_and_leaves_everything(
    course: Course, attempt: Attempt, snapshot: Snapshot
) -> None:
    attempt("ada", "2027-01-08 10:00:00", HALF)
    assert grade(course, "tiny").marks[0].total == 2
    attempt("ada", "2027-01-08 11:00:00", RIGHT)
    attempt("ada", "2027-01-09 11:00:00", NONE)
    before = snapshot(course.submitted), snapshot(course.root / "attempts")
    moves, report = regrade(course, "tiny", dry_run=True)
    assert report is None
    assert [(move.before, move.after) for move in moves.moves] == [(2, 5)]
    assert (snapshot(course.submitted), snapshot(course.root / "attempts")) == before
    assert totals(course) == {"ada": 2}
    assert grade(course, "tiny").marks[0].total == 5


def test_what_is_not_filed_is_an_attempt_too_and_is_filed(
    course: Course, attempt: Attempt, hand_in: HandIn
) -> None:
    attempt("ada", "2027-01-08 10:00:00", RIGHT)
    attempt("bob", "2027-01-08 10:00:00", HALF)
    attempt("cyd", "2027-01-08 10:00:00", RIGHT)
    for student, answers in {"ada": NONE, "bob": RIGHT}.items():  # put there by hand
        (hand_in(student, answers).parent / "timestamp.txt").write_text("2027-01-08 10:00:00 UTC")
    (course.submitted / "cyd" / "tiny" / "timestamp.txt").unlink()  # the same work without its time
    assert {mark.student: mark.total for mark in grade(course, "tiny").marks} == {
        "ada": 5,
        "bob": 5,
        "cyd": 5,
    }
    folder = course.root / "attempts"
    assert sorted(os.listdir(folder / "ada" / "tiny")) == ["2027-01-08T10-00-00Z", "2027-01-08T10-00-00Z-2"]
    filed = folder / "ada" / "tiny" / "2027-01-08T10-00-00Z-2" / "practice.ipynb"
    assert NONE["double-code"].splitlines()[1] in filed.read_text(encoding="utf-8")
    assert os.listdir(folder / "bob" / "tiny") == ["2027-01-08T10-00-00Z"]  # what counts is not moved
    assert os.listdir(folder / "cyd" / "tiny") == ["2027-01-08T10-00-00Z"]


def test_who_is_not_graded_when_a_rule_changes_may_have_another_best_attempt(
    course: Course, attempt: Attempt
) -> None:
    attempt("ada", "2027-01-08 10:00:00", HALF)
    attempt("bob", "2027-01-08 10:00:00", HALF)
    attempt("bob", "2027-01-11 12:00:01", RIGHT)
    assert totals_of(grade(course, "tiny")) == {"ada": 2, "bob": 4}
    configure(course, 'c.Autograder.late_policy["percent_per_day"] = 40\n')
    report = grade(course, "tiny", Options(student="ada"))
    assert report.notes == (
        "what is taken off for lateness was brought up to date for 1 student (bob), who was not graded now; "
        "grade the whole class, because another attempt may be the best now",
    )
    assert totals(course) == {"ada": 2, "bob": 1}
    assert totals_of(grade(course, "tiny")) == {"ada": 2, "bob": 2}


def test_an_export_tells_whose_attempts_were_not_compared_yet(
    course: Course, attempt: Attempt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt("ada", "2027-01-08 10:00:00", HALF)
    attempt("bob", "2027-01-08 10:00:00", HALF)
    attempt("bob", "2027-01-09 10:00:00", NONE)
    grade(course, "tiny")  # puts Bob's first attempt into submitted/
    assert export(course, tmp_path / "marks.csv").problems == ()
    submitted = course.submitted / "ada" / "tiny"
    first = Path(shutil.copytree(submitted, tmp_path / "first"))
    attempt("ada", "2027-01-09 10:00:00", RIGHT)
    shutil.rmtree(submitted)
    first.rename(submitted)  # where collecting leaves it, until attempts are compared
    outdated = (
        "ada: tiny was handed in again, or its time corrected, and the mark is of before; run "
        "`autograder grade tiny --student ada`",
    )
    assert export(course, tmp_path / "marks.csv").problems == outdated
    with monkeypatch.context() as patch:
        tired = given_up_notebook("practice", {}, "the machine is tired")
        patch.setattr(Pool, "_grade", lambda *_: tired)
        grade(course, "tiny")
    assert export(course, tmp_path / "marks.csv").problems == outdated
    put_in_place = BestAttempts.put_in_place

    def meanwhile(self: BestAttempts) -> list[str]:
        folder = course.root / "attempts" / "bob" / "tiny"
        shutil.copytree(folder / "2027-01-09T10-00-00Z", folder / "2027-01-10T10-00-00Z")
        (folder / "2027-01-10T10-00-00Z" / "timestamp.txt").write_text("2027-01-10 10:00:00 UTC")
        return put_in_place(self)

    with monkeypatch.context() as patch:
        patch.setattr(BestAttempts, "put_in_place", meanwhile)
        assert totals_of(grade(course, "tiny")) == {"ada": 5, "bob": 2}
    attempt("cyd", "2027-01-08 10:00:00", HALF)
    shutil.rmtree(course.submitted / "cyd")
    (bob, cyd) = export(course, tmp_path / "marks.csv").problems
    assert bob.startswith("bob: tiny was handed in again")
    assert cyd.startswith("cyd: tiny is not graded yet")
    grade(course, "tiny")
    assert export(course, tmp_path / "marks.csv").problems == ()


def test_an_attempt_without_a_time_is_not_late_by_that_of_another(course: Course, attempt: Attempt) -> None:
    attempt("ada", "2027-01-11 12:00:01", HALF)
    assert totals_of(grade(course, "tiny")) == {"ada": 1.6}
    for folder in (attempt("ada", "2027-01-16 10:00:00", HALF), course.submitted / "ada" / "tiny"):
        (folder / "timestamp.txt").unlink()
    report = grade(course, "tiny")
    assert "attempt 2 of 2 counts, with no time of its own, with 2 points" in report.notes[0]
    assert totals_of(report) == {"ada": 2}


def test_work_in_submitted_that_lacks_only_its_time_gets_it_back(course: Course, attempt: Attempt) -> None:
    attempt("ada", "2027-01-11 12:00:01", RIGHT)
    (course.submitted / "ada" / "tiny" / "timestamp.txt").unlink()
    assert totals_of(grade(course, "tiny")) == {"ada": 4}
    assert handed_in(course, "ada") == "2027-01-11 12:00:01 UTC"


def test_a_time_that_was_corrected_counts_for_the_same_work_in_submitted(
    course: Course, attempt: Attempt
) -> None:
    for student in ("ada", "bob"):
        kept = attempt(student, "2027-01-10 11:00:00", RIGHT)
        (course.submitted / student / "tiny" / "timestamp.txt").write_text("2027-01-10 12:00:00 UTC\n")
        (kept / "timestamp.txt").write_text("2027-01-10 15:00:00 UTC\n")  # three hours late
    by_hand = course.submitted / "bob" / "tiny" / "timestamp.txt"
    by_hand.write_text("2027-01-10 09:00:00 UTC\n")  # a correction in the wrong place
    os.utime(by_hand, (2_000_000_000, 2_000_000_000))
    attempt("cyd", "2027-01-10 11:00:00", HALF)
    (attempt("cyd", "2027-01-11 11:00:00", RIGHT) / "timestamp.txt").write_text("2027-01-10 13:00:00 UTC\n")
    report = grade(course, "tiny")
    assert totals_of(report) == {"ada": 4.5, "bob": 4.5, "cyd": 4.5}
    assert handed_in(course, "ada") == handed_in(course, "bob") == "2027-01-10 15:00:00 UTC\n"
    assert [line for line in report.problems if "submitted/" in line] == [
        "bob: submitted/ said '2027-01-10 09:00:00 UTC'; the time of its attempt counts. Correct the "
        "timestamp.txt in attempts/bob/tiny/2027-01-10T11-00-00Z/ and grade again, if that is wrong"
    ]
    assert report.notes == (
        "cyd: attempt 2 of 2 counts, handed in 2027-01-10 13:00:00 UTC, with 4.5 points; attempt 1 has 2",
    )
    for student in ("ada", "bob"):  # no attempt was made of it
        assert os.listdir(course.root / "attempts" / student / "tiny") == ["2027-01-10T11-00-00Z"]


def test_an_attempt_that_must_not_be_read_does_not_count(course: Course, attempt: Attempt) -> None:
    attempt("ada", "2027-01-08 10:00:00", HALF)
    (course.submitted / "ada" / "tiny" / "notes.txt").symlink_to(course.gradebook)
    bad = attempt("bob", "2027-01-08 10:00:00", RIGHT)
    os.link(course.gradebook, bad / "notes.txt")
    shutil.rmtree(course.submitted / "bob")
    report = grade(course, "tiny")
    assert totals(course) == {"ada": 2}
    assert any(
        line.startswith("bob: no attempt can be read ('notes.txt' is a hard link") for line in report.problems
    )
    (filed,) = (course.root / "attempts" / "ada" / "tiny").glob("20*Z/notes.txt")
    assert filed.is_symlink()
    assert not (course.submitted / "ada" / "tiny" / "notes.txt").exists()


def test_nothing_is_written_through_a_link(course: Course, attempt: Attempt, tmp_path: Path) -> None:
    for student in ("ada", "bob"):
        attempt(student, "2027-01-08 10:00:00", RIGHT)
        shutil.rmtree(course.submitted / student)
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "tiny").mkdir(parents=True)
    (course.submitted / "ada").symlink_to(elsewhere)
    (course.submitted / "bob").mkdir()
    (course.submitted / "bob" / "tiny").symlink_to(elsewhere)
    report = grade(course, "tiny")
    assert totals(course) == {"ada": 0, "bob": 5}
    assert any("submitted/ada is not a folder of its own" in problem for problem in report.problems)
    assert [str(path.relative_to(elsewhere)) for path in elsewhere.rglob("*")] == ["tiny"]
    assert os.listdir(course.submitted / "bob") == ["tiny"]


def test_a_run_that_was_killed_between_two_attempts_is_made_up_for(course: Course, attempt: Attempt) -> None:
    attempt("ada", "2027-01-08 10:00:00", RIGHT)
    attempt("ada", "2027-01-09 10:00:00", HALF)
    (course.submitted / "ada" / "tiny").rename(course.submitted / "ada" / ".tiny.old")
    (course.submitted / "ada" / ".tiny.new").mkdir()
    assert [mark.total for mark in grade(course, "tiny", Options(student="ada")).marks] == [5]
    assert os.listdir(course.submitted / "ada") == ["tiny"]


def test_points_that_differ_by_a_rounding_error_only_are_equal(course: Course, attempt: Attempt) -> None:
    configure(course, 'c.Autograder.late_policy = {"percent_per_day": 60 / 29}\n')
    attempt("ada", "2027-01-08 10:00:00", HALF)
    attempt("ada", "2027-02-08 10:00:00", RIGHT)  # after 29 days: 60% of 5 are lost, nearly
    report = grade(course, "tiny")
    assert "attempt 2 of 2 counts" in report.notes[0]
    assert report.marks[0].total == pytest.approx(2)


def test_what_could_not_be_run_now_decides_nothing(
    course: Course, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt("ada", "2027-01-08 10:00:00", HALF)
    assert totals_of(grade(course, "tiny")) == {"ada": 2}
    attempt("ada", "2027-01-09 10:00:00", NONE)
    better = attempt("ada", "2027-01-09 11:00:00", RIGHT) / "practice.ipynb"
    run = Pool._grade

    def broken(self: Pool, job: Job) -> GradedNotebook:
        if job.submitted == better.read_bytes():
            return given_up_notebook(job.notebook, {}, "the machine is tired")
        return run(self, job)

    with monkeypatch.context() as patch:
        patch.setattr(Pool, "_grade", broken)
        report = grade(course, "tiny")
    assert any("ada: the attempts could not be compared now" in problem for problem in report.problems)
    assert totals_of(grade(course, "tiny")) == {"ada": 5}


def test_by_force_all_attempts_are_run_again(
    course: Course, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt("ada", "2027-01-08 10:00:00", HALF)
    attempt("ada", "2027-01-09 10:00:00", RIGHT)
    grade(course, "tiny")
    runs = []
    run = Pool._grade

    def counted(self: Pool, job: Job) -> GradedNotebook:
        runs.append(job.submitted)
        return run(self, job)

    monkeypatch.setattr(Pool, "_grade", counted)
    grade(course, "tiny", Options(force=True))
    assert len(set(runs)) == 2


def test_a_dry_run_compares_attempts_by_the_rules_as_they_are_now(course: Course, attempt: Attempt) -> None:
    attempt("ada", "2027-01-08 10:00:00", HALF)
    attempt("ada", "2027-01-17 12:00:01", RIGHT)  # the assignment is closed
    assert totals_of(grade(course, "tiny")) == {"ada": 2}
    configure(course, 'c.Autograder.deadlines = {"tiny": "2027-01-18 12:00 UTC"}\n')
    moves, _ = regrade(course, "tiny", dry_run=True)
    assert [(move.before, move.after) for move in moves.moves] == [(2, 5)]


def test_a_changed_deadline_rule_or_extension_counts_without_a_new_run(
    course: Course, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt("ada", "2027-01-11 12:00:01", RIGHT)
    assert grade(course, "tiny").marks[0].total == 4

    def never(*_: object) -> None:
        raise AssertionError("something is run again")

    monkeypatch.setattr(Pool, "_grade", never)
    configure(course, 'c.Autograder.late_policy["percent_per_day"] = 20\n')
    assert grade(course, "tiny").marks[0].total == 3
    with NbGraderSession(course).gradebook() as gradebook:
        gradebook.update_or_create_submission("tiny", "ada", extension=timedelta(days=1))
    assert grade(course, "tiny").marks[0].total == 5  # one second late is within grace
    configure(course, 'c.Autograder.deadlines = {"tiny": "2027-01-09 13:00 Europe/Berlin"}\n')
    report = grade(course, "tiny")
    assert report.marks[0].total == 3
    assert report.notes[0] == (
        "the deadline of tiny is 2027-01-09 13:00 Europe/Berlin (2027-01-09 12:00 UTC) now; "
        "it was 2027-01-10 12:00:00 UTC"
    )
    assert audit(course).findings == ()
    assert grade(course, "tiny").notes == ()
    configure(course, "c.Autograder.deadlines = {}\n")
    report = grade(course, "tiny")
    assert report.marks[0].total == 3
    assert report.notes == (
        "tiny is due 2027-01-09 12:00:00 UTC in the gradebook, which holds because nbgrader_config.py names "
        "no deadline; formgrader can change it, or have none",
    )
