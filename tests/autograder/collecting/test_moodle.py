"""Downloads of Moodle: folders or flat, full names that are ambiguous, blind marking, no times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from autograder.collecting.collect import collect
from autograder.course import Course
from autograder.extension import extend
from tests.autograder.collecting.conftest import MOODLE_LIST, Zip, attempts, class_list, submitted

Work = Callable[..., bytes]


@pytest.mark.parametrize("between", ["/", "_/", "_"], ids=["folders", "folders before 4.1", "flat"])
def test_full_names_are_looked_up_in_the_class_list(
    between: str, course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, MOODLE_LIST)
    files = {
        f"Ada Lovelace_40213_assignsubmission_file{between}practice.ipynb": work("ada"),
        f"Ada Lovelace_40213_assignsubmission_file{between}quiz.ipynb": work("ada", "quiz"),
        f"Zoë-Ann O'Neil_40214_assignsubmission_file{between}practice.ipynb": work("zoe"),
        f"BABBAGE Charles_40215_assignsubmission_file{between}practice.ipynb": work("charles"),
    }
    report = collect(course, "tiny", [make_zip(files)])
    assert submitted(course, "ada", "quiz.ipynb") == work("ada", "quiz")
    assert submitted(course, "zoe") == work("zoe")
    assert submitted(course, "charles") == work("charles")
    assert report.missing == ["grace1 (Grace Hopper)", "grace2 (Grace Hopper)"]


def test_two_students_of_one_name_are_not_guessed(course: Course, make_zip: Zip, work: Work) -> None:
    class_list(course, MOODLE_LIST)
    files = {
        "Grace Hopper_40216_assignsubmission_file/practice.ipynb": work("grace"),
        "Grace Hopper_40216_assignsubmission_file/quiz.ipynb": work("grace", "quiz"),
        "Grace Hopper_40217_assignsubmission_file_practice.ipynb": work("another grace"),
    }
    report = collect(course, "tiny", [make_zip(files)])
    assert report.handed_in == []
    assert report.problems == [
        "submissions.zip: 'Grace Hopper_40216_assignsubmission_file/practice.ipynb' and 1 more: set aside, "
        "the class list has several with this name (grace1, grace2); open the quiz in it: the account name "
        "there tells whose it is. Then unpack the zip, put the student's id in place of the name "
        "(ID_40216_assignsubmission_file), and collect that folder:\n"
        "  grace1_40216_assignsubmission_file if it is of grace1\n"
        "  grace2_40216_assignsubmission_file if it is of grace2",
        *report.problems[1:],
    ]
    assert "\n  grace2_40217_assignsubmission_file_ if it is of grace2" in report.problems[1]


def test_a_number_that_an_earlier_download_gave_to_a_student_still_tells_who_it_is(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, MOODLE_LIST)
    files = {
        f"{name}_assignsubmission_file/practice.ipynb": work(name)
        for name in ("Ada Lovelace_40213", "grace1_40216", "grace2_40217")
    }
    collect(course, "tiny", [make_zip(files)])
    class_list(course, MOODLE_LIST.replace("Ada,Lovelace,ada,ada@example.org\n", ""))  # Ada has left
    files = {
        f"{name}_assignsubmission_file/practice.ipynb": work(f"{name} again")
        for name in ("Ada Lovelace_40213", "Grace Hopper_40216", "Grace Hopper_40217", "Eve Noether_40299")
    }
    report = collect(course, "tiny", [make_zip(files, "2027-01-11 12:00:00", "b.zip")])
    assert submitted(course, "ada") == work("Ada Lovelace_40213 again")
    assert submitted(course, "grace1") == work("Grace Hopper_40216 again")
    assert submitted(course, "grace2") == work("Grace Hopper_40217 again")
    assert len(report.problems) == 1
    assert "'Eve Noether' is not in the class list; open the quiz" in report.problems[0]


def test_a_number_that_was_given_to_two_students_by_mistake_tells_nothing(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, MOODLE_LIST)
    for name in ("grace1", "grace2"):
        files = {f"{name}_40216_assignsubmission_file/practice.ipynb": work(name)}
        collect(course, "tiny", [make_zip(files, name=f"{name}.zip")])
    files = {"Grace Hopper_40216_assignsubmission_file/practice.ipynb": work("again")}
    assert "several with this name" in collect(course, "tiny", [make_zip(files)]).problems[0]


def test_an_id_in_place_of_the_name_says_who_it_is(course: Course, make_zip: Zip, work: Work) -> None:
    class_list(course, MOODLE_LIST)
    files = {"grace2_40216_assignsubmission_file_/practice.ipynb": work("grace")}
    collect(course, "tiny", [make_zip(files)])
    assert submitted(course, "grace2") == work("grace")


def test_a_second_participant_with_a_student_s_name_spoils_nothing(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, MOODLE_LIST)
    files = {
        "Ada Lovelace_40213_assignsubmission_file_/practice.ipynb": work("ada"),
        "Ada Lovelace_66666_assignsubmission_file_/practice.ipynb": work("somebody else"),
    }
    report = collect(course, "tiny", [make_zip(files)])
    assert report.handed_in == []
    assert "several participants (40213, 66666) have the name of ada" in report.problems[0]


def test_a_file_that_imitates_a_folder_of_moodle_s_stays_with_its_student(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, MOODLE_LIST)
    inside = "Charles Babbage_1_assignsubmission_file_/practice.ipynb"
    files = {f"Ada Lovelace_40213_assignsubmission_file_/{inside}": work("ada")}
    collect(course, "tiny", [make_zip(files)])
    assert submitted(course, "ada") == work("ada")
    assert not (course.submitted / "charles").exists()


def test_blind_marking_needs_no_class_list_or_the_numbers_in_it(
    course: Course, make_zip: Zip, work: Work
) -> None:
    download = make_zip({"Participant_40213_assignsubmission_file_/practice.ipynb": work("ada")})
    collect(course, "tiny", [download])
    assert submitted(course, "Participant 40213") == work("ada")
    class_list(course, MOODLE_LIST)
    report = collect(course, "tiny", [download])
    assert "Moodle hides who it is" in report.problems[0]
    head, *rows = MOODLE_LIST.splitlines()
    class_list(course, f"Identifier,{head}\nParticipant 40213,{rows[0]}\n")
    collect(course, "tiny", [download])
    assert submitted(course, "ada") == work("ada")


def test_without_a_class_list_the_full_name_is_the_student_id(
    course: Course, make_zip: Zip, work: Work
) -> None:
    collect(course, "tiny", [make_zip({"Ada Lovelace_4_assignsubmission_file_/practice.ipynb": work("a")})])
    assert submitted(course, "Ada Lovelace") == work("a")


@pytest.mark.parametrize("end", ["", "_"], ids=["now", "before 4.1"])
def test_typed_text_is_a_problem_only_where_there_is_nothing_else(
    end: str, course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, MOODLE_LIST)
    files = {
        f"Ada Lovelace_4_assignsubmission_file{end}/practice.ipynb": work("ada"),
        f"Ada Lovelace_4_assignsubmission_onlinetext{end}/onlinetext.html": b"<p>hello</p>",
        f"Charles Babbage_5_assignsubmission_onlinetext{end}/onlinetext.html": b"<p>my answer</p>",
    }
    report = collect(course, "tiny", [make_zip(files)])
    assert submitted(course, "ada") == work("ada")
    assert len(report.problems) == 1
    typed = f"Charles Babbage_5_assignsubmission_onlinetext{end}/onlinetext.html': set aside"
    assert typed in report.problems[0]
    assert any("Ada Lovelace_4_assignsubmission_onlinetext" in note for note in report.notes)


def test_times_after_the_deadline_are_named_and_can_be_put_right(
    with_deadline: Course, make_zip: Zip, work: Work
) -> None:
    class_list(with_deadline, MOODLE_LIST)
    files = {"Ada Lovelace_4_assignsubmission_file_/practice.ipynb": work("ada")}
    download = make_zip(files, "2027-01-20 09:00:00")
    report = collect(with_deadline, "tiny", [download])
    assert "Moodle does not say when 1 student (ada) handed in, and the download" in report.problems[0]
    (folder,) = (with_deadline.root / "attempts" / "ada" / "tiny").glob("*Z")
    (folder / "timestamp.txt").write_text("2027-01-15 13:00:00 UTC\n")
    collect(with_deadline, "tiny", [download])
    assert submitted(with_deadline, "ada", "timestamp.txt") == b"2027-01-15 13:00:00 UTC\n"


def test_the_instructor_can_say_by_when_all_was_handed_in(course: Course, make_zip: Zip, work: Work) -> None:
    class_list(course, MOODLE_LIST)
    files = {"Ada Lovelace_4_assignsubmission_file_/practice.ipynb": work("ada")}
    download = make_zip(files, "2027-01-20 09:00:00")
    report = collect(course, "tiny", [download], by="2027-01-15 23:59 Europe/Berlin")
    assert attempts(course, "ada") == ["2027-01-20T09-00-00Z"]  # the order is by what the zip says
    assert submitted(course, "ada", "timestamp.txt") == b"2027-01-15 22:59:00 UTC\n"
    assert report.problems == []


def test_who_has_more_time_is_not_asked_about_before_it_is_over(
    with_deadline: Course, make_zip: Zip, work: Work
) -> None:
    class_list(with_deadline, MOODLE_LIST)
    extend(with_deadline, "tiny", "ada", timedelta(days=5))
    files = {
        f"{name}_assignsubmission_file_/practice.ipynb": work(name)
        for name in ("Ada Lovelace_4", "Charles Babbage_5")
    }
    (problem,) = collect(with_deadline, "tiny", [make_zip(files, "2027-01-20 09:00:00")]).problems
    assert "does not say when 1 student (charles) handed in" in problem


def test_the_instructor_can_say_so_after_collecting_too(
    with_deadline: Course, make_zip: Zip, work: Work
) -> None:
    class_list(with_deadline, MOODLE_LIST)
    files = {
        f"{name}_assignsubmission_file_/practice.ipynb": work(name)
        for name in ("Ada Lovelace_4", "Charles Babbage_5")
    }
    download = make_zip(files, "2027-01-20 09:00:00")
    assert "say --handed-in-by if all were in time" in collect(with_deadline, "tiny", [download]).problems[0]
    (folder,) = (with_deadline.root / "attempts" / "charles" / "tiny").glob("*Z")
    (folder / "timestamp.txt").write_text("2027-01-16 13:00:00 UTC\n")  # he was late, his teacher knows
    report = collect(with_deadline, "tiny", [download], by="2027-01-15 12:00 UTC")
    assert report.problems == []
    assert "Another time counts now for what was collected of 1 student (ada)." in report.notes
    assert submitted(with_deadline, "ada", "timestamp.txt") == b"2027-01-15 12:00:00 UTC\n"
    assert submitted(with_deadline, "charles", "timestamp.txt") == b"2027-01-16 13:00:00 UTC\n"
    collect(with_deadline, "tiny", [download])
    assert submitted(with_deadline, "ada", "timestamp.txt") == b"2027-01-15 12:00:00 UTC\n"


def test_the_name_of_a_group_may_stand_before_the_student_s(
    course: Course, make_zip: Zip, work: Work
) -> None:
    class_list(course, MOODLE_LIST + "Lovelace,Byron-Ada,byron,byron@example.org\n")
    people = {
        "Team 1-a-Ada Lovelace_4": "ada",
        "Team 2-Zoë-Ann O'Neil_5": "zoe",
        "Team-Byron-Ada Lovelace_6": "byron",
    }
    report = collect(
        course,
        "tiny",
        [
            make_zip(
                {f"{name}_assignsubmission_file_/practice.ipynb": work(id) for name, id in people.items()}
                | {"Team 3-Grace Hopper_7_assignsubmission_file_/practice.ipynb": work("grace")}
            )
        ],
    )
    assert submitted(course, "ada") == work("ada")
    assert submitted(course, "zoe") == work("zoe")
    assert attempts(course, "byron") == []  # it may be Ada's, of the group Team-Byron
    assert [problem.partition(", ")[2][:44] for problem in report.problems] == [
        "the class list has several with this name (a",
        "the class list has several with this name (g",
    ]


def test_a_double_name_is_not_taken_for_a_group(course: Course, make_zip: Zip, work: Work) -> None:
    class_list(course, MOODLE_LIST)
    files = {
        "Mary-Ada Lovelace_4_assignsubmission_file_/practice.ipynb": work("mary"),
        "Charles Babbage_5_assignsubmission_file_/practice.ipynb": work("charles"),
    }
    report = collect(course, "tiny", [make_zip(files)])
    assert attempts(course, "ada") == []
    assert "'Mary-Ada Lovelace' is not in the class list" in report.problems[0]


def test_only_times_that_nobody_has_corrected_are_asked_about(
    with_deadline: Course, make_zip: Zip, work: Work
) -> None:
    class_list(with_deadline, MOODLE_LIST)
    early = {"Ada Lovelace_40213_assignsubmission_file_/practice.ipynb": work("ada")}
    late = {"Charles Babbage_40215_assignsubmission_file_/practice.ipynb": work("charles")}
    collect(with_deadline, "tiny", [make_zip(early, "2027-01-15 11:00:00", "early.zip")])
    everything = make_zip(early | late, "2027-01-20 08:00:00", "late.zip")
    for _ in range(2):  # until something is done about it; of Ada it is known that she was in time
        report = collect(with_deadline, "tiny", [everything])
        assert "Moodle does not say when 1 student (charles) handed in" in report.problems[0]
    (attempt,) = attempts(with_deadline, "charles")
    stamp = with_deadline.root / "attempts" / "charles" / "tiny" / attempt / "timestamp.txt"
    stamp.write_text("2027-01-15 12:30:00 UTC\n")
    assert collect(with_deadline, "tiny", [everything]).problems == []
    assert submitted(with_deadline, "charles", "timestamp.txt") == stamp.read_bytes()
