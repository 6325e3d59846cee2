"""Collecting from nbgrader's exchange: with nbgrader's own collector, and without following links."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.collecting.exchange import collect_from_exchange
from autograder.course import Course
from autograder.errors import AutograderError
from tests.autograder.collecting.conftest import MOODLE_LIST, attempts, class_list, submitted

Work = Callable[..., bytes]
Inbound = Callable[[str, str, bytes], Path]


@pytest.fixture
def inbound(course: Course, tmp_path: Path) -> Inbound:
    """`inbound("ada", "2027-01-08 10:00:00", notebook)` submits as `nbgrader submit` does."""
    exchange = tmp_path / "exchange"
    folder = exchange / "course" / "inbound"
    folder.mkdir(parents=True)
    exchange.chmod(0o777)
    config = course.root / "nbgrader_config.py"
    config.write_text(
        f"{config.read_text()}\nc.Exchange.root = {str(exchange)!r}\n"
        'c.CourseDirectory.course_id = "course"\nc.ExchangeCollect.check_owner = False\n'
    )

    def _inbound(student: str, time: str, notebook: bytes) -> Path:
        submission = folder / f"{student}+tiny+{time} UTC+c2Fs"
        submission.mkdir()
        (submission / "practice.ipynb").write_bytes(notebook)
        (submission / "timestamp.txt").write_text(f"{time} UTC")
        return submission

    return _inbound


def test_the_latest_submission_is_an_attempt_with_its_time(
    course: Course, inbound: Inbound, work: Work
) -> None:
    class_list(course, MOODLE_LIST)
    inbound("ada", "2027-01-08 10:00:00", work("1"))
    report = collect_from_exchange(course, "tiny")
    assert report.problems == []
    inbound("ada", "2027-01-09 10:00:00", work("2"))
    report = collect_from_exchange(course, "tiny")
    assert attempts(course, "ada") == ["2027-01-08T10-00-00Z", "2027-01-09T10-00-00Z"]
    assert submitted(course, "ada") == work("2")
    assert submitted(course, "ada", "timestamp.txt") == b"2027-01-09 10:00:00 UTC\n"
    assert [(one.student, one.attempts, one.new) for one in report.handed_in] == [("ada", 2, 1)]
    assert collect_from_exchange(course, "tiny").handed_in[0].new == 0


def test_a_link_in_the_exchange_is_not_followed_and_the_others_are_collected(
    course: Course, inbound: Inbound, work: Work
) -> None:
    folder = inbound("ada", "2027-01-08 10:00:00", b"")
    (folder / "practice.ipynb").unlink()
    (folder / "practice.ipynb").symlink_to(course.source / "tiny" / "practice.ipynb")
    inbound("charles", "2027-01-08 10:00:00", work("charles"))
    report = collect_from_exchange(course, "tiny")
    assert [one.student for one in report.handed_in] == ["charles"]
    assert not (course.submitted / "ada").exists()
    assert len(report.problems) == 1
    assert "ada+tiny" in report.problems[0]
    assert "'practice.ipynb' is a symbolic link" in report.problems[0]


def test_a_time_that_no_calendar_likes_is_taken_all_the_same(
    course: Course, inbound: Inbound, work: Work
) -> None:
    folder = inbound("ada", "2027-01-08 10:00:00", work("1"))
    (folder / "timestamp.txt").write_text("0001-01-01 10:00:00 UTC")
    collect_from_exchange(course, "tiny")
    assert attempts(course, "ada") == ["0001-01-01T10-00-00Z"]
    assert submitted(course, "ada", "timestamp.txt") == b"0001-01-01 10:00:00 UTC\n"
    assert collect_from_exchange(course, "tiny").handed_in[0].new == 0


def test_who_is_not_in_the_class_list_is_set_aside(course: Course, inbound: Inbound, work: Work) -> None:
    class_list(course, MOODLE_LIST)
    inbound("mallory", "2027-01-08 10:00:00", work("m"))
    report = collect_from_exchange(course, "tiny")
    assert report.problems == ["mallory in the exchange: set aside, the class list has nobody of that name"]
    assert len(report.missing) == 5


def test_without_an_exchange_the_error_says_what_nbgrader_says(course: Course, tmp_path: Path) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.Exchange.root = {str(tmp_path / 'none')!r}\n")
    with pytest.raises(AutograderError, match=r"nothing was collected: .*none"):
        collect_from_exchange(course, "tiny")
