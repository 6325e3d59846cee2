"""More time for one student, given before or after the work is handed in, whichever way it is graded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from nbgrader.apps.api import NbGraderAPI  # type: ignore[import-untyped]

from autograder.audit import audit
from autograder.class_report.build import build_report
from autograder.cli import main
from autograder.course import Course
from autograder.feedback_page.gradebook import read_marked
from autograder.grade_class import grade
from autograder.marks import read_marks
from autograder.nbgrader_session import NbGraderSession
from autograder.settings import load_config
from tests.autograder.conftest import RIGHT

HandIn = Callable[..., Path]

HALF = RIGHT | {"half-code": "def half(x):\n    return x"}  # 2 points of 5
RULES = """
c.Autograder.deadlines = {"tiny": "2027-01-10 13:00 Europe/Berlin"}
c.Autograder.late_policy = {"percent_per_day": 10}
"""


@pytest.fixture
def course(released: Course) -> Course:
    """A course with a deadline, 2027-01-10 12:00 UTC, of which Ada and Bob are known."""
    configure(released, RULES)
    (released.root / "class_list.csv").write_text(
        "id,first_name,last_name,email\nada,Ada,A,a@example.org\nbob,Bob,B,b@example.org\n"
    )
    return released


@pytest.fixture
def two_days_late(course: Course, hand_in: HandIn) -> Callable[[], None]:
    """Ada and Bob hand in two days late; without more time, each has 4 of 5 points."""

    def _two_days_late() -> None:
        for student in ("ada", "bob"):
            (hand_in(student, RIGHT).parent / "timestamp.txt").write_text("2027-01-12 12:00:00 UTC")

    return _two_days_late


def configure(course: Course, text: str) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + text, encoding="utf-8")


def extend(course: Course, *options: str) -> int:
    return main(["extend", "tiny", *options, "--course", str(course.root)])


def totals(course: Course) -> dict[str, float]:
    with NbGraderSession(course).gradebook() as gradebook:
        return {mark.student: mark.total for mark in read_marks(gradebook, "tiny")}


def by_grade(course: Course) -> None:
    grade(course, "tiny")


def by_nbgrader(course: Course) -> None:
    config = load_config(course)
    config.CourseDirectory.root = str(course.root)
    result = NbGraderAPI(config=config).autograde("tiny", "*", force=True)
    assert result["success"], result["error"]


all_ways = pytest.mark.parametrize("by", [by_grade, by_nbgrader])


@all_ways
def test_what_is_given_before_anything_is_handed_in_counts_when_it_is_graded(
    course: Course,
    two_days_late: Callable[[], None],
    by: Callable[[Course], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert extend(course, "ada", "--days", "2") == 0
    said = "ada has until 2027-01-12 13:00:00 Europe/Berlin for tiny, 2 days more than the others.\n"
    assert capsys.readouterr() == (said, "")
    two_days_late()
    by(course)
    assert totals(course) == {"ada": 5, "bob": 4}
    by(course)
    assert totals(course) == {"ada": 5, "bob": 4}
    assert audit(course).findings == ()
    with NbGraderSession(course).gradebook() as gradebook:
        assert gradebook.find_submission("tiny", "ada").total_seconds_late == 0
        marked = read_marked(gradebook, "tiny")
        due = {student: f"{marked[student]['practice'].due}" for student in ("ada", "bob")}
        assert due == {"ada": "2027-01-12 12:00:00", "bob": "2027-01-10 12:00:00"}
    assert build_report(course, "tiny").arrivals.late == 1


@all_ways
def test_what_is_given_afterwards_counts_when_it_is_graded_again(
    course: Course,
    two_days_late: Callable[[], None],
    by: Callable[[Course], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    two_days_late()
    by(course)
    assert totals(course) == {"ada": 4, "bob": 4}
    capsys.readouterr()
    for options, told, ada in (
        (
            ("--hours", "24"),
            "until 2027-01-11 13:00:00 Europe/Berlin for tiny, 1 day more than the others",
            4.5,
        ),
        (
            ("--until", "2027-01-12 12:00 UTC"),
            "until 2027-01-12 13:00:00 Europe/Berlin for tiny, 2 days more than the others; before, it "
            "was 1 day",
            5,
        ),
    ):
        assert extend(course, "ada", *options) == 0
        assert capsys.readouterr().out == (
            f"ada has {told}.\nWork of ada is graded already. Next: autograder grade tiny\n"
        )
        by(course)
        assert totals(course) == {"ada": ada, "bob": 4}
        assert audit(course).findings == ()
    assert extend(course, "ada", "--none") == 0
    assert capsys.readouterr().out == (
        "ada has no extension for tiny; before, it was 2 days.\n"
        "Work of ada is graded already. Next: autograder grade tiny\n"
    )
    by(course)
    assert totals(course) == {"ada": 4, "bob": 4}
    assert audit(course).findings == ()


def test_an_extension_that_is_taken_back_before_anything_is_handed_in_does_not_count(
    course: Course, two_days_late: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert extend(course, "ada", "--days", "2") == 0
    assert extend(course, "bob", "--days", "1") == 0
    assert extend(course, "bob", "--days", "2") == 0
    assert extend(course, "ada", "--none") == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "bob has until 2027-01-12 13:00:00 Europe/Berlin for tiny, 2 days more than the others; before, it "
        "was 1 day.",
        "ada has no extension for tiny; before, it was 2 days.",
    ]
    two_days_late()
    by_grade(course)
    assert totals(course) == {"ada": 4, "bob": 5}


def test_the_extension_moves_with_the_deadline(course: Course, two_days_late: Callable[[], None]) -> None:
    assert extend(course, "ada", "--days", "1") == 0
    configure(course, 'c.Autograder.deadlines = {"tiny": "2027-01-11 12:00 UTC"}\n')
    two_days_late()
    by_grade(course)
    assert totals(course) == {"ada": 5, "bob": 4.5}


def test_one_that_nbgrader_gives_later_holds(course: Course, two_days_late: Callable[[], None]) -> None:
    assert extend(course, "ada", "--days", "1") == 0
    two_days_late()
    by_grade(course)
    assert totals(course) == {"ada": 4.5, "bob": 4}
    with NbGraderSession(course).gradebook() as gradebook:
        gradebook.grant_extension("tiny", "ada", days=2)
    by_grade(course)
    assert totals(course) == {"ada": 5, "bob": 4}


@all_ways
def test_the_best_attempt_is_the_one_with_most_points_by_the_students_own_deadline(
    course: Course, hand_in: HandIn, by: Callable[[Course], None]
) -> None:
    configure(course, 'c.Autograder.attempts = "best"\nc.Autograder.late_policy = {"percent_per_day": 90}\n')
    for student in ("ada", "bob"):
        for answers, day in ((HALF, 9), (RIGHT, 12)):
            folder = hand_in(student, answers).parent
            (folder / "timestamp.txt").write_text(f"2027-01-{day:02} 12:00:00 UTC")
            filed = course.root / "attempts" / student / "tiny" / f"2027-01-{day:02}T12-00-00Z"
            shutil.copytree(folder, filed)
    shutil.rmtree(course.submitted / "ada")
    assert extend(course, "ada", "--days", "2") == 0
    by(course)
    assert totals(course) == {"ada": 5, "bob": 2}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("aba", "--days", "2"), "there is no student 'aba'. Did you mean 'ada'? Known: ada, bob."),
        (("ada", "--until", "2027-01-10 12:00 UTC"), "is not after the deadline of tiny"),
        (("ada", "--until", "tomorrow"), "--until: 'tomorrow' is no date and time with a time zone"),
        (("ada", "--days", "400"), "more than a year is too much time"),
    ],
)
def test_what_gives_no_more_time_to_anyone_is_refused(
    course: Course,
    snapshot: Callable[[Path], dict[str, bytes]],
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    error: str,
) -> None:
    before = snapshot(course.root)
    assert extend(course, *arguments) == 2
    assert error in capsys.readouterr().err
    assert snapshot(course.root) == before


def test_without_a_deadline_or_the_assignment_it_is_refused(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(course, "c.Autograder.deadlines = {}\n")
    assert extend(course, "ada", "--days", "2") == 2
    assert "tiny has no deadline, so nobody needs more time" in capsys.readouterr().err
    assert main(["extend", "tini", "ada", "--days", "2", "--course", str(course.root)]) == 2
    assert "there is no assignment 'tini' in " in capsys.readouterr().err


def test_a_spoilt_file_of_extensions_stops_grading_with_its_name(
    course: Course, two_days_late: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    two_days_late()
    for text, error in (
        ("{", "can't be read"),
        (json.dumps({"tiny": {"ada": "2 days"}}), "must hold seconds"),
    ):
        (course.root / "extensions.json").write_text(text)
        assert main(["grade", "tiny", "--course", str(course.root)]) == 1
        assert f"autograder: {course.root / 'extensions.json'}: {error}" in capsys.readouterr().err


def test_it_is_given_before_the_release_too(course: Course, two_days_late: Callable[[], None]) -> None:
    kept = course.gradebook.rename(course.root / "put-aside.db")
    assert extend(course, "ada", "--hours", "48") == 0
    assert not course.gradebook.exists()
    kept.rename(course.gradebook)
    two_days_late()
    by_grade(course)
    assert totals(course) == {"ada": 5, "bob": 4}
    with NbGraderSession(course).gradebook() as gradebook:
        assert gradebook.find_submission("tiny", "ada").extension == timedelta(days=2)
