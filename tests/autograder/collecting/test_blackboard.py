"""Downloads of Blackboard: user names, receipts, several attempts in one zip, the server's clock."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograder.collecting.collect import collect
from autograder.course import Course
from tests.autograder.collecting.conftest import BLACKBOARD_LIST, Zip, attempts, class_list, submitted

Work = Callable[..., bytes]

RECEIPT = """\
Name: {name} ({user})
Assignment: Practice_1
Date Submitted: Friday, January 15, 2027 9:04:59 PM CET
Current Mark: Needs Marking

Submission Field:
There is no student submission text data for this assignment.

Comments:
{comment}

Files:
\tOriginal filename: practice.ipynb
\tFilename: Practice_1_{user}_attempt_{time}_practice.ipynb
"""


def handed_in(
    user: str,
    time: str,
    notebook: bytes,
    *,
    name: str = "A B",
    comment: str = "There are no student comments for this assignment.",
) -> dict[str, bytes]:
    """Give the two files that an attempt has in a download."""
    before = f"Practice_1_{user}_attempt_{time}"
    receipt = RECEIPT.format(name=name, user=user, time=time, comment=comment)
    return {f"{before}.txt": receipt.encode(), f"{before}_practice.ipynb": notebook}


def test_all_attempts_are_kept_with_their_times_and_the_last_counts(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, BLACKBOARD_LIST)
    files = handed_in("ada", "2027-01-15-21-04-59", work("second"))
    files |= handed_in("ada", "2027-01-14-08-00-00", work("first"))
    report = collect(course, "tiny", [make_zip(files)], zone="Europe/Berlin")
    assert attempts(course, "ada") == ["2027-01-14T07-00-00Z", "2027-01-15T20-04-59Z"]
    assert submitted(course, "ada") == work("second")
    assert submitted(course, "ada", "timestamp.txt") == b"2027-01-15 20:04:59 UTC\n"
    assert report.problems == []
    assert report.missing == ["c_babbage (Charles Babbage)", "babbage (Other Babbage)"]


def test_times_are_read_in_the_zone_of_the_deadline(course: Course, make_zip: Zip, work: Work) -> None:
    config = course.root / "nbgrader_config.py"
    deadline = 'c.Autograder.deadlines = {"tiny": "2027-01-15 23:59 America/New_York"}'
    config.write_text(f"{config.read_text()}\n{deadline}\n")
    collect(course, "tiny", [make_zip({"P_ada_attempt_2027-01-15-21-04-59_practice.ipynb": work("1")})])
    assert attempts(course, "ada") == ["2027-01-16T02-04-59Z"]


@pytest.mark.parametrize(
    ("deadlines", "first"),
    [
        ({"other": "2027-01-15 23:59 America/New_York"}, "2027-01-16T02-04-59Z"),
        ({"a": "2027-01-15 23:59 America/New_York", "b": "2027-01-15 23:59 UTC"}, "2027-01-15T21-04-59Z"),
        ({}, "2027-01-15T21-04-59Z"),
    ],
    ids=["another deadline", "deadlines that differ", "none"],
)
def test_without_a_deadline_the_zone_is_that_which_the_other_deadlines_share(
    deadlines: dict[str, str], first: str, course: Course, make_zip: Zip, work: Work
) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.Autograder.deadlines = {deadlines!r}\n")
    collect(course, "tiny", [make_zip({"P_ada_attempt_2027-01-15-21-04-59_practice.ipynb": work("1")})])
    assert attempts(course, "ada") == [first]


def test_an_attempt_with_the_bytes_of_the_one_before_is_kept_once_but_a_return_to_older_work_counts(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, BLACKBOARD_LIST)
    files = handed_in("ada", "2027-01-11-08-00-00", work("a"))
    files |= handed_in("ada", "2027-01-12-08-00-00", work("a"))
    files |= handed_in("ada", "2027-01-13-08-00-00", work("b"))
    files |= handed_in("ada", "2027-01-14-08-00-00", work("a"))
    collect(course, "tiny", [make_zip(files)])
    assert attempts(course, "ada") == ["2027-01-11T08-00-00Z", "2027-01-13T08-00-00Z", "2027-01-14T08-00-00Z"]
    assert submitted(course, "ada") == work("a")


def test_the_receipt_tells_where_the_user_name_begins(course: Course, make_zip: Zip, work: Work) -> None:
    class_list(course, BLACKBOARD_LIST)
    files = handed_in("c_babbage", "2027-01-11-08-00-00", work("c"), name="Eve (babbage)")
    collect(course, "tiny", [make_zip(files)])
    assert submitted(course, "c_babbage") == work("c")
    assert not (course.submitted / "babbage").exists()


def test_without_the_receipt_an_unclear_user_name_is_set_aside(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, BLACKBOARD_LIST)
    files = handed_in("c_babbage", "2027-01-11-08-00-00", work("c"))
    del files["Practice_1_c_babbage_attempt_2027-01-11-08-00-00.txt"]
    report = collect(course, "tiny", [make_zip(files)])
    assert report.handed_in == []
    assert "its user name may be babbage or c_babbage, and it has no receipt" in report.problems[0]


def test_a_file_that_imitates_an_attempt_stays_with_its_student(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, BLACKBOARD_LIST)
    files = handed_in("ada", "2027-01-11-08-00-00", work("ada"))
    files["Practice_1_ada_attempt_2027-01-11-08-00-00_babbage_attempt_2099-01-01-00-00-00_quiz.ipynb"] = work(
        "ada", "quiz"
    )
    collect(course, "tiny", [make_zip(files)])
    assert submitted(course, "ada", "quiz.ipynb") == work("ada", "quiz")
    assert not (course.submitted / "babbage").exists()


def test_a_comment_on_the_receipt_is_pointed_out(course: Course, make_zip: Zip, work: Work) -> None:
    class_list(course, BLACKBOARD_LIST)
    files = handed_in("ada", "2027-01-11-08-00-00", work("ada"), comment="Please don't count question 2.")
    report = collect(course, "tiny", [make_zip(files)])
    assert any("holds a comment of the student" in note for note in report.notes)


def test_a_user_name_that_is_not_in_the_class_list_is_set_aside(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, BLACKBOARD_LIST)
    report = collect(course, "tiny", [make_zip(handed_in("mallory", "2027-01-11-08-00-00", work("mallory")))])
    assert "no user name of the class list is in it (mallory)" in report.problems[0]


def test_a_time_that_does_not_exist_is_no_time(course: Course, make_zip: Zip, work: Work) -> None:
    report = collect(
        course, "tiny", [make_zip({"P_ada_attempt_2027-13-45-21-04-59_practice.ipynb": work("1")})]
    )
    assert "there is no time 2027-13-45-21-04-59" in report.problems[0]
