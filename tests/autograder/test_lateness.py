"""What lateness costs work that is graded already, when a time or a rule has changed since."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from nbgrader.apps.api import NbGraderAPI  # type: ignore[import-untyped]

from autograder.audit import audit
from autograder.cli import main
from autograder.course import Course
from autograder.export import export
from autograder.grade_class import Options, grade
from autograder.marks import read_marks
from autograder.nbgrader_session import NbGraderSession
from autograder.private import PRIVATE, VERDICTS
from autograder.release import release
from autograder.settings import load_config
from tests.autograder.conftest import RIGHT

HandIn = Callable[..., Path]

HALF = RIGHT | {"half-code": "def half(x):\n    return x"}  # 2 points of 5
RULES = """
c.Autograder.deadlines = {"tiny": "2027-01-10 12:00 UTC"}
c.Autograder.late_policy = {"percent_per_day": 10}
"""


def configure(course: Course, text: str) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.fixture
def late(released: Course, hand_in: HandIn) -> Path:
    """The timestamp.txt of Ada, who handed in a right practice.ipynb a day late; she has 4.5 of 5 points."""
    configure(released, RULES)
    stamp = hand_in("ada", RIGHT).parent / "timestamp.txt"
    stamp.write_text("2027-01-11 12:00:00 UTC")
    assert total(released) == 4.5
    return stamp


def total(course: Course, name: str = "tiny") -> float:
    (mark,) = grade(course, name).marks
    return mark.total


def totals(course: Course) -> dict[str, float]:
    return {mark.student: mark.total for mark in grade(course, "tiny").marks}


def test_a_time_that_is_corrected_counts_and_is_what_the_gradebook_knows(
    released: Course, late: Path
) -> None:
    late.write_text("2027-01-12 12:00:00 UTC")
    assert total(released) == 4
    with NbGraderSession(released).gradebook() as gradebook:
        assert gradebook.find_submission("tiny", "ada").timestamp == datetime(2027, 1, 12, 12)
    assert audit(released).findings == ()


@pytest.mark.parametrize("answers", [RIGHT, HALF], ids=["the same work", "other work"])
def test_what_has_no_time_is_not_late_by_that_of_earlier_work(
    released: Course, late: Path, hand_in: HandIn, answers: dict[str, str]
) -> None:
    late.unlink()
    hand_in("ada", answers)
    report = grade(released, "tiny")
    assert [mark.total for mark in report.marks] == [5 if answers == RIGHT else 2]
    said = (
        "ada: what is in submitted/ has no timestamp.txt, so it counts as in time; before, it was handed in "
        "2027-01-11 12:00:00 UTC, which was late"
    )
    assert said in report.problems
    assert said not in grade(released, "tiny").problems
    with NbGraderSession(released).gradebook() as gradebook:
        assert gradebook.find_submission("tiny", "ada").timestamp is None


def by_grade(course: Course) -> None:
    assert [mark.student for mark in grade(course, "tiny", Options(student="ada")).marks] == ["ada"]


def by_nbgrader(course: Course) -> None:
    config = load_config(course)
    config.CourseDirectory.root = str(course.root)
    result = NbGraderAPI(config=config).autograde("tiny", "ada")
    assert result["success"], result["error"]


@pytest.mark.parametrize("grade_ada", [by_grade, by_nbgrader])
def test_a_changed_deadline_counts_for_those_too_who_are_not_graded_now(
    released: Course, late: Path, hand_in: HandIn, grade_ada: Callable[[Course], None]
) -> None:
    # Bob is as late as Ada, Cyd was in time, and what Dan handed in can't be read.
    for student, day in {"bob": 11, "cyd": 10, "dan": 11}.items():
        (hand_in(student, RIGHT).parent / "timestamp.txt").write_text(f"2027-01-{day} 12:00:00 UTC")
    (released.submitted / "dan" / "tiny" / "practice.ipynb").write_text("{")
    assert totals(released) == {"ada": 4.5, "bob": 4.5, "cyd": 5, "dan": 0}
    with NbGraderSession(released).gradebook() as gradebook:
        gradebook.find_grade("double-values", "practice", "tiny", "dan").manual_score = 2
    for day, marks in {9: (4, 4, 4.5, 2), 12: (5, 5, 5, 2)}.items():
        configure(released, f'c.Autograder.deadlines = {{"tiny": "2027-01-{day:02} 12:00 UTC"}}\n')
        grade_ada(released)
        with NbGraderSession(released).gradebook() as gradebook:
            found = {mark.student: mark.total for mark in read_marks(gradebook, "tiny")}
        assert found == dict(zip(("ada", "bob", "cyd", "dan"), marks, strict=True))
        assert [finding for finding in audit(released).findings if not finding.by_hand] == []


def test_whose_penalty_changed_without_being_graded_is_told(
    released: Course, late: Path, hand_in: HandIn
) -> None:
    stamp = hand_in("bob", RIGHT).parent / "timestamp.txt"
    stamp.write_text("2027-01-11 12:00:00 UTC")
    assert totals(released) == {"ada": 4.5, "bob": 4.5}
    configure(released, 'c.Autograder.late_policy["percent_per_day"] = 20\n')
    said = "what is taken off for lateness was brought up to date for 1 student (bob), who was not graded now"
    for notes in ((said,), ()):
        assert grade(released, "tiny", Options(student="ada")).notes == notes
    stamp.parent.rename(stamp.parents[1] / "put aside")
    configure(released, 'c.Autograder.late_policy["percent_per_day"] = 10\n')
    assert "(bob)" in grade(released, "tiny").notes[0]


def test_what_a_person_gave_for_an_unreadable_notebook_is_not_cut(released: Course, late: Path) -> None:
    (late.parent / "practice.ipynb").write_text("{")
    assert total(released) == 0
    with NbGraderSession(released).gradebook() as gradebook:
        gradebook.find_grade("double-values", "practice", "tiny", "ada").manual_score = 2
    assert total(released) == 2
    configure(released, 'c.Autograder.late_policy["percent_per_day"] = 50\n')
    assert total(released) == 2


def test_a_notebook_of_the_same_name_in_another_assignment_has_its_own_penalty(
    released: Course, late: Path
) -> None:
    shutil.copytree(released.source / "tiny", released.source / "other")
    release(released, "other")
    shutil.copytree(late.parent, released.submitted / "ada" / "other")
    configure(released, 'c.Autograder.deadlines["other"] = "2027-02-01 12:00 UTC"\n')
    assert (total(released), total(released, "other")) == (4.5, 5)
    for name in ("tiny", "other"):  # now, nothing but penalties can change
        grade(released, name)
        with NbGraderSession(released).gradebook() as gradebook:
            totals = [read_marks(gradebook, each)[0].total for each in ("tiny", "other")]
        assert totals == [4.5, 5]


def test_who_loses_everything_by_handing_in_again_after_closing_is_named(
    released: Course, late: Path
) -> None:
    configure(released, 'c.Autograder.late_policy["closes_after_days"] = 7\n')
    attempts = released.root / "attempts" / "ada" / "tiny"
    for day in (10, 11, 18):
        late.write_text(f"2027-01-{day} 12:00:01 UTC")
        shutil.copytree(late.parent, attempts / f"2027-01-{day}T12-00-01Z")
    report = grade(released, "tiny")
    assert [mark.total for mark in report.marks] == [0]
    (line,) = [problem for problem in report.problems if "last attempt" in problem]
    assert line == (
        "ada: the last attempt came so late that it gets nothing, and an earlier one would not have lost "
        "everything: attempts/ada/tiny/2027-01-11T12-00-01Z. To have that one count, copy what is in it to "
        'submitted/ada/tiny/ and grade again; or set c.Autograder.attempts = "best" for the whole course'
    )
    assert line in grade(released, "tiny").problems  # as long as it is so

    shutil.copytree(attempts / "2027-01-11T12-00-01Z", late.parent, dirs_exist_ok=True)
    report = grade(released, "tiny")
    assert [mark.total for mark in report.marks] == [4]
    assert not any("last attempt" in problem for problem in report.problems)


def test_who_has_no_attempt_that_would_count_is_not_named(released: Course, late: Path) -> None:
    configure(released, 'c.Autograder.late_policy["closes_after_days"] = 7\n')
    late.write_text("2027-01-18 12:00:00 UTC")
    shutil.copytree(late.parent, released.root / "attempts" / "ada" / "tiny" / "2027-01-18T12-00-00Z")
    assert not any("last attempt" in problem for problem in grade(released, "tiny").problems)


def test_an_export_tells_whose_work_was_handed_in_again_since(
    released: Course, late: Path, hand_in: HandIn, tmp_path: Path
) -> None:
    assert export(released, tmp_path / "marks.csv").problems == ()
    hand_in("ada", {})
    late.write_text("2027-01-12 12:00:00 UTC")
    assert export(released, tmp_path / "marks.csv").problems == (
        "ada: tiny was handed in again, or its time corrected, and the mark is of before; run "
        "`autograder grade tiny --student ada`",
    )
    assert total(released) == 0
    assert export(released, tmp_path / "marks.csv").problems == ()
    late.unlink()  # other work that comes without a time
    hand_in("ada", HALF)
    assert "ada: tiny was handed in again" in export(released, tmp_path / "marks.csv").problems[0]
    assert total(released) == 2
    hand_in("ada", RIGHT)
    assert "ada: tiny was handed in again" in export(released, tmp_path / "marks.csv").problems[0]
    by_nbgrader(released)
    assert export(released, tmp_path / "marks.csv").problems == ()
    assert total(released) == 5
    for path in (released.root / PRIVATE).glob(f"{VERDICTS}*"):
        path.unlink()
    assert export(released, tmp_path / "marks.csv").problems == ()
    late.write_text("2027-01-12 12:00:00 UTC")  # which is seen even so
    assert "ada: tiny was handed in again" in export(released, tmp_path / "marks.csv").problems[0]


def test_points_given_by_hand_for_late_work_wait_for_their_penalty_and_that_is_said(
    released: Course, late: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = (
        "autograder: tiny: what is taken off for lateness is not what the rule gives for the points of "
        "1 student (ada) as they are now; run `autograder grade tiny`"
    )
    at = ["--course", str(released.root)]
    with NbGraderSession(released).gradebook() as gradebook:
        gradebook.find_grade("half-values", "practice", "tiny", "ada").manual_score = 1
    for command in (["export"], ["feedback", "tiny"]):
        assert main([*command, *at]) == 3
        assert line in capsys.readouterr().err.splitlines()
    assert total(released) == 2.7
    for command in (["export"], ["feedback", "tiny"]):
        assert main([*command, *at]) == 0
        assert "lateness" not in capsys.readouterr().err
