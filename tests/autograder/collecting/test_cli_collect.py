"""`autograder collect`: what it prints, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from autograder.cli import main
from autograder.course import Course
from tests.autograder.collecting.conftest import CANVAS_LIST, Zip, class_list

Work = Callable[..., bytes]


def test_it_lists_who_handed_in_what_and_who_is_missing(
    course: Course, make_zip: Zip, work: Work, capsys: pytest.CaptureFixture[str]
) -> None:
    class_list(course, CANVAS_LIST)
    download = make_zip({"lovelaceada_1815_40001_practice.ipynb": work("ada")})
    assert main(["collect", "tiny", "--from", str(download), "--course", str(course.root)]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[:7] == [
        "student  name          attempts  new  last                     notebooks",
        "ada      Ada Lovelace  1         1    2027-01-10 12:00:00 UTC  practice",
        "",
        "tiny: 1 student handed in, 1 new attempt.",
        "Nothing from 2 students of the class list:",
        "  charles (Charles Babbage)",
        "  zoe (Zoë-Ann O'Neil)",
    ]
    assert said.err == ""


def test_the_report_can_be_had_as_json(
    course: Course, make_zip: Zip, work: Work, capsys: pytest.CaptureFixture[str]
) -> None:
    download = make_zip({"lovelaceada_1815_40001_practice.ipynb": work("ada")})
    arguments = ["collect", "tiny", "--from", str(download), "--course", str(course.root), "--json"]
    assert main(arguments) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["new"] == {"1815": 1}
    assert [one["student"] for one in report["handed_in"]] == ["1815"]


def test_what_was_set_aside_ends_with_3(
    course: Course, make_zip: Zip, work: Work, capsys: pytest.CaptureFixture[str]
) -> None:
    class_list(course, CANVAS_LIST)
    download = make_zip({"mallory_555_777_practice.ipynb": work("m")})
    arguments = ["collect", "tiny", "--from", str(download), "--course", str(course.root), "--json"]
    assert main(arguments) == 3
    said = capsys.readouterr()
    assert json.loads(said.out)["problems"] == [said.err.removeprefix("autograder: ").strip()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "one of the arguments --from --exchange is required"),
        (["--from", "a.zip", "--exchange"], "not allowed with argument"),
        (["--from", "a.zip", "--lms", "ilias"], "invalid choice: 'ilias'"),
    ],
)
def test_wrong_usage_ends_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["collect", "tiny", *arguments])
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_options_of_a_download_do_not_go_with_the_exchange(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["collect", "tiny", "--exchange", "--zone", "UTC", "--course", str(course.root)]
    assert main(arguments) == 2
    assert "the exchange has its own times" in capsys.readouterr().err


def test_an_unknown_assignment_ends_with_2(
    course: Course, make_zip: Zip, work: Work, capsys: pytest.CaptureFixture[str]
) -> None:
    download = make_zip({"lovelaceada_1815_40001_practice.ipynb": work("ada")})
    assert main(["collect", "tny", "--from", str(download), "--course", str(course.root)]) == 2
    assert "tiny" in capsys.readouterr().err
