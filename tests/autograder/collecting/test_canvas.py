"""Downloads of Canvas: users by their number, LATE, resubmissions, names that imitate others."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograder.collecting.collect import collect
from autograder.course import Course
from tests.autograder.collecting.conftest import CANVAS_LIST, Zip, attempts, class_list, submitted

Work = Callable[..., bytes]


def test_each_file_goes_to_the_student_with_its_user_id(course: Course, make_zip: Zip, work: Work) -> None:
    class_list(course, CANVAS_LIST)
    download = make_zip(
        {
            "lovelaceada_1815_40001_practice.ipynb": work("ada"),
            "lovelaceada_1815_40002_quiz.ipynb": work("ada", "quiz"),
            "oneilzoëann_1900_40003_practice.ipynb": work("zoe"),
        }
    )
    report = collect(course, "tiny", [download])
    assert submitted(course, "ada") == work("ada")
    assert submitted(course, "ada", "quiz.ipynb") == work("ada", "quiz")
    assert submitted(course, "zoe") == work("zoe")
    assert [(one.student, one.notebooks) for one in report.handed_in] == [
        ("ada", ("practice", "quiz")),
        ("zoe", ("practice",)),
    ]
    assert report.missing == ["charles (Charles Babbage)"]
    assert report.problems == []


def test_without_a_class_list_the_user_id_is_the_student_id(
    course: Course, make_zip: Zip, work: Work
) -> None:
    collect(course, "tiny", [make_zip({"lovelaceada_1815_40001_practice.ipynb": work("ada")})])
    assert submitted(course, "1815") == work("ada")


def test_a_resubmission_is_an_attempt_of_its_own_and_the_last_one_counts(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, CANVAS_LIST)
    first = make_zip({"lovelaceada_1815_40001_practice.ipynb": work("1")}, "2027-01-08 10:00:00", "a.zip")
    second = make_zip({"lovelaceada_1815_40009_practice-1.ipynb": work("2")}, "2027-01-09 10:00:00", "b.zip")
    report = collect(course, "tiny", [second, first])  # whatever the order on the command line
    assert attempts(course, "ada") == ["2027-01-08T10-00-00Z", "2027-01-09T10-00-00Z"]
    assert submitted(course, "ada") == work("2")
    assert "ada: 'practice-1.ipynb' is practice.ipynb" in report.renamed


def test_of_two_files_for_one_notebook_the_later_upload_is_taken(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, CANVAS_LIST)
    files = {
        "lovelaceada_1815_40010_practice.ipynb": work("later"),
        "lovelaceada_1815_40009_practice-1.ipynb": work("earlier"),
    }
    report = collect(course, "tiny", [make_zip(files)])
    assert submitted(course, "ada") == work("later")
    assert submitted(course, "ada", "practice-1.ipynb") == work("earlier")  # nothing is lost
    assert report.problems == [
        "ada: 'practice.ipynb' was taken as practice.ipynb, and not 'practice-1.ipynb', which is that "
        "notebook too"
    ]


def test_the_day_of_the_download_makes_nobody_late_whom_canvas_does_not_call_late(
    with_deadline: Course, make_zip: Zip, work: Work
) -> None:
    class_list(with_deadline, CANVAS_LIST)
    files = {
        "lovelaceada_1815_40001_practice.ipynb": work("ada"),
        "babbagecharles_LATE_1791_40002_practice.ipynb": work("charles"),
    }
    report = collect(with_deadline, "tiny", [make_zip(files, "2027-01-20 09:00:00")])
    assert submitted(with_deadline, "ada", "timestamp.txt") == b"2027-01-15 12:00:00 UTC\n"
    assert submitted(with_deadline, "charles", "timestamp.txt") == b"2027-01-20 09:00:00 UTC\n"
    assert report.problems == [
        "Canvas calls 1 student (charles) late and does not say by how much: correct their timestamp.txt "
        "below attempts/ and collect again"
    ]


@pytest.mark.parametrize("listed", ["Mallory", "lovelaceada_1815"], ids=["renamed since", "listed so"])
def test_a_name_that_ends_in_a_number_does_not_hand_in_for_someone_else(
    listed: str, course: Course, make_zip: Zip, work: Work
) -> None:
    # Mallory, who is user 555, calls herself "lovelaceada_1815" and hands in "practice.ipynb".
    class_list(course, f"{CANVAS_LIST}{listed},555,mallory,S1,\n")
    imitation = {"lovelaceada_1815_555_777_practice.ipynb": work("mallory")}
    report = collect(course, "tiny", [make_zip(imitation)])
    assert not (course.submitted / "ada").exists()
    assert report.problems == [
        "submissions.zip: 'lovelaceada_1815_555_777_practice.ipynb': set aside, its name may be that of "
        "Canvas user 1815 or 555, and the class list does not tell"
    ]


def test_where_only_one_of_two_readings_is_of_the_class_its_name_must_agree_all_the_same(
    course: Course, make_zip: Zip, work: Work
) -> None:
    # User 555 is not in the class list; Ada is user 1815, but she is not called Mallory.
    class_list(course, CANVAS_LIST)
    report = collect(course, "tiny", [make_zip({"mallory_1815_555_777_practice.ipynb": work("mallory")})])
    assert attempts(course, "ada") == []
    assert "may be that of Canvas user 1815 or 555, and the class list does not tell" in report.problems[0]


@pytest.mark.parametrize("who", ["lovelaceada_1815", "anon_ab3de"])
def test_the_later_upload_is_known_by_its_number_whatever_the_files_are_called(
    who: str, course: Course, make_zip: Zip, work: Work
) -> None:
    files = {f"{who}_40001_practice.ipynb": work("1"), f"{who}_40002_better.ipynb": work("2")}
    report = collect(course, "tiny", [make_zip(files)])
    assert submitted(course, report.handed_in[0].student) == work("2")


def test_a_file_whose_own_name_starts_with_a_number_is_told_by_the_student_s_name(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, CANVAS_LIST)
    collect(course, "tiny", [make_zip({"lovelaceada_1815_40001_2_practice.ipynb": work("ada")})])
    assert submitted(course, "ada") == work("ada")


def test_a_plain_class_list_may_have_the_user_ids_as_ids(course: Course, make_zip: Zip, work: Work) -> None:
    class_list(course, "id,first_name,last_name\n1815,Ada,Lovelace\n")
    files = {"lovelaceada_1815_1_practice.ipynb": work("a"), "babbage_1791_2_practice.ipynb": work("b")}
    report = collect(course, "tiny", [make_zip(files)])
    assert [one.student for one in report.handed_in] == ["1815"]
    assert "Canvas user 1791 (babbage) is not in the class list" in report.problems[0]


def test_who_is_not_in_the_class_list_is_set_aside(course: Course, make_zip: Zip, work: Work) -> None:
    class_list(course, CANVAS_LIST)
    report = collect(course, "tiny", [make_zip({"mallory_555_777_practice.ipynb": work("m")})])
    assert report.handed_in == []
    assert report.problems == [
        "submissions.zip: 'mallory_555_777_practice.ipynb': set aside, Canvas user 555 (mallory) is not in "
        "the class list once, in the column ID"
    ]


def test_what_the_test_student_handed_in_is_no_problem(course: Course, make_zip: Zip, work: Work) -> None:
    class_list(course, f'{CANVAS_LIST}"Student, Test",99,5f2c0a,S1,\n')
    files = {
        "studenttest_99_40001_practice.ipynb": work("try"),
        "studenttest_LATE_99_40002_quiz.ipynb": work("try", "quiz"),
        "lovelaceada_1815_40003_practice.ipynb": work("ada"),
    }
    report = collect(course, "tiny", [make_zip(files)])
    assert report.problems == []
    assert "Canvas's own test student is not in the class: 2 files left out." in report.notes
    assert [one.student for one in report.handed_in] == ["ada"]


def test_who_only_calls_themselves_as_the_test_student_is_called_is_collected(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, CANVAS_LIST)
    report = collect(course, "tiny", [make_zip({"studenttest_1815_40001_practice.ipynb": work("ada")})])
    assert [one.student for one in report.handed_in] == ["ada"]


def test_anonymous_names_are_student_ids_only_where_there_is_no_class_list(
    course: Course, make_zip: Zip, work: Work
) -> None:
    download = make_zip({"anon_aB3xY_40001_practice.ipynb": work("someone")})
    collect(course, "tiny", [download])
    assert submitted(course, "anon_aB3xY") == work("someone")
    class_list(course, CANVAS_LIST)
    report = collect(course, "tiny", [download])
    assert "end anonymous grading there" in report.problems[0]


def test_text_that_was_typed_in_is_named(course: Course, make_zip: Zip, work: Work) -> None:
    files = {
        "lovelaceada_1815_text.html": b"<p>my answer</p>",
        "babbagecharles_1791_4_practice.ipynb": work("c"),
    }
    report = collect(course, "tiny", [make_zip(files)])
    assert "typed into Canvas" in report.problems[0]
    assert [one.student for one in report.handed_in] == ["1791"]
