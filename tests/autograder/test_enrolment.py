"""Setting a course up with a class list and rules, and a newer class list later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course import Course, open_course
from autograder.errors import AutograderError
from autograder.nbgrader_session import NbGraderSession
from autograder.policy import LatePolicy, Policy, course_policy, parse_deadline
from autograder.roster import CLASS_LIST, course_roster
from autograder.settings import load_config
from tests.autograder.conftest import FIXTURES

HandIn = Callable[..., Path]
LIST = "id,first_name,last_name,email\nada,Ada,Lovelace,ada@example.org\nbob,Bob,Ng,\n"
ID_IS_ADA = (
    "A student's id is the column 'id', such as ada; this is the account name that students write into the "
    "quiz's first cell."
)
NEWER = "id,first_name,last_name,email\nbob,Bob,Wu,bob@example.org\ncyd,Cyd,Ray,\n"


@pytest.fixture
def class_list(tmp_path: Path) -> Path:
    path = tmp_path / "class.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


def in_gradebook(course: Course) -> dict[str, tuple[str, str, str]]:
    with NbGraderSession(course).gradebook() as gradebook:
        return {s.id: (s.first_name, s.last_name, s.email) for s in gradebook.students}


def test_a_course_starts_with_its_class_and_its_rules(
    tmp_path: Path, class_list: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "course"
    rules = ["--late", "10% per day, grace 10 minutes, closes after 7 days", "--attempts", "best"]
    deadline = ["--deadline", "u1-foundations=2027-01-15 23:59 Europe/Berlin"]
    chosen = ["--assignment", "u1-foundations", "--class-list", str(class_list)]
    assert main(["init", str(root), *chosen, *deadline, *rules]) == 0
    assert capsys.readouterr().out.splitlines()[1:4] == [
        "u1-foundations: Due 2027-01-15 23:59 Europe/Berlin (2027-01-15 22:59 UTC); late work: 10% off per "
        "started day, 10 minutes of grace, nothing after 7 days.",
        "2 students from the class list (a plain table).",
        ID_IS_ADA,
    ]
    course = open_course(root)
    assert course_policy(load_config(course)) == Policy(
        {"u1-foundations": parse_deadline("2027-01-15 23:59 Europe/Berlin")}, LatePolicy(10, 10, 7), "best"
    )
    assert in_gradebook(course) == {
        "ada": ("Ada", "Lovelace", "ada@example.org"),
        "bob": ("Bob", "Ng", None),
    }
    assert (root / CLASS_LIST).read_bytes() == class_list.read_bytes()
    assert (root / CLASS_LIST).stat().st_mode & 0o077 == 0


def test_a_course_without_rules_says_how_they_are_written(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path / "course"), "--assignment", "u1-foundations"]) == 0
    course = open_course(tmp_path / "course")
    assert course_policy(load_config(course)) == Policy()
    assert course_roster(course) is None
    text = (course.root / "nbgrader_config.py").read_text(encoding="utf-8")
    for line in ("c.Autograder.deadlines = {}", "c.Autograder.late_policy = {}", '"grace_minutes": 10,'):
        assert line in text


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (["--class-list", "{tmp}/none.csv"], 1, "none.csv: can't be read"),
        (["--late", "soon"], 2, "--late: 'soon' is not understood"),
        (["--deadline", "u9=2027-01-15 23:59 UTC"], 2, "--deadline: there is no assignment 'u9'"),
    ],
)
def test_nothing_is_made_from_wrong_options(
    tmp_path: Path,
    options: list[str],
    status: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [option.replace("{tmp}", str(tmp_path)) for option in options]
    assert main(["init", str(tmp_path / "course"), *given]) == status
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_newer_list_adds_changes_and_removes(
    released: Course, class_list: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["students", "--from", str(class_list), "--course", str(released.root)]
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines() == [
        "added    ada: Ada Lovelace",
        "added    bob: Bob Ng",
        "2 students in the class list (a plain table): 2 added, 0 changed, 0 gone.",
        ID_IS_ADA,
    ]
    assert main(command) == 0
    assert ": 0 added, 0 changed, 0 gone.\n" in capsys.readouterr().out

    class_list.write_text(NEWER, encoding="utf-8")
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines() == [
        "added    cyd: Cyd Ray",
        "changed  bob: last name Ng → Wu, email (none) → bob@example.org",
        "gone     ada: Ada Lovelace",
        "2 students in the class list (a plain table): 1 added, 1 changed, 1 gone.",
        ID_IS_ADA.replace("ada", "bob"),
    ]
    assert in_gradebook(released) == {"bob": ("Bob", "Wu", "bob@example.org"), "cyd": ("Cyd", "Ray", None)}


def test_nobody_with_work_is_removed(
    released: Course,
    class_list: Path,
    hand_in: HandIn,
    give_mark: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    class_list.write_text(LIST + "dan,Dan,Do,\neve,Eve,Oh,\n", encoding="utf-8")
    command = ["students", "--from", str(class_list), "--course", str(released.root)]
    assert main(command) == 0
    give_mark("ada")
    hand_in("dan", {})
    give_mark("guest")  # never on a list
    class_list.write_text(NEWER, encoding="utf-8")
    capsys.readouterr()
    assert main(command) == 0
    assert capsys.readouterr().out.splitlines()[2:-1] == [
        "gone     eve: Eve Oh",
        "kept     ada: gone from the list, but there is work of theirs",
        "kept     dan: gone from the list, but there is work of theirs",
        "2 students in the class list (a plain table): 1 added, 1 changed, 1 gone, 2 kept.",
    ]
    assert sorted(in_gradebook(released)) == ["ada", "bob", "cyd", "dan", "guest"]
    with NbGraderSession(released).gradebook() as gradebook:
        assert gradebook.find_submission("tiny", "ada").score == 5


def test_the_list_of_another_class_is_refused(
    released: Course, class_list: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["students", "--from", str(class_list), "--course", str(released.root)]
    assert main(command) == 0
    before = in_gradebook(released)
    class_list.write_text("id\n1001\n1002\n", encoding="utf-8")
    assert main(command) == 1
    assert "has none of the 2 students of" in capsys.readouterr().err
    assert in_gradebook(released) == before
    assert (released.root / CLASS_LIST).read_text(encoding="utf-8") == LIST


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        ("id,email\n070100,\n70101,\n", "70101 is 070101 but for leading zeros: was the file opened"),
        (
            "id,email\n070100,\n7.01E+04,BOB@example.org\n",
            "7.01E+04 has the e-mail address of 070101: was the file opened in a spreadsheet",
        ),
        (
            "id,email\n70100,\n70101,\n",
            "has none of the 2 students of {list}; nothing was changed. 70100 is 070100 but for leading "
            "zeros; 70101 is 070101 but for leading zeros: was the file opened in a spreadsheet",
        ),
    ],
)
def test_a_list_whose_ids_a_spreadsheet_has_damaged_makes_no_second_people(
    released: Course, class_list: Path, damaged: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = "id,email\n070100,ada@example.org\n070101,bob@example.org\n"
    class_list.write_text(whole, encoding="utf-8")
    command = ["students", "--from", str(class_list), "--course", str(released.root)]
    assert main(command) == 0
    before = in_gradebook(released)
    class_list.write_text(damaged, encoding="utf-8")
    capsys.readouterr()
    assert main(command) == 1
    assert message.format(list=released.root / CLASS_LIST) in capsys.readouterr().err
    assert in_gradebook(released) == before
    assert (released.root / CLASS_LIST).read_text(encoding="utf-8") == whole


def test_who_resembles_a_student_who_is_gone_is_added_if_that_is_meant(
    released: Course, class_list: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["students", "--from", str(class_list), "--course", str(released.root)]
    assert main(command) == 0
    class_list.write_text(LIST.replace("ada,", "lovelace,"), encoding="utf-8")
    assert main(command) == 1
    assert "lovelace has the e-mail address of ada" in (said := capsys.readouterr().err)
    assert "give --as-new" in said
    assert main([*command, "--as-new"]) == 0
    assert sorted(in_gradebook(released)) == ["bob", "lovelace"]
    beside_bob = LIST.replace("ada,", "lovelace,") + "00bob,Bob,Other,\n"
    class_list.write_text(beside_bob, encoding="utf-8")
    assert main(command) == 0


def test_release_writes_and_tells_the_deadline(
    released: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("autograder.release.ASSIGNMENTS", FIXTURES)
    config = released.root / "nbgrader_config.py"
    config.write_text(
        config.read_text(encoding="utf-8")
        + 'c.Autograder.deadlines = {"tiny": "2027-07-15 23:59 Europe/Berlin"}\n'
        + 'c.Autograder.deadlines["tinyy"] = "2027-07-15 23:59 UTC"\n',
        encoding="utf-8",
    )
    assert main(["release", "tiny", "--course", str(released.root)]) == 0
    assert capsys.readouterr().out.splitlines()[3:5] == [
        "Due 2027-07-15 23:59 Europe/Berlin (2027-07-15 21:59 UTC); late work: nothing off.",
        "c.Autograder.deadlines: the course has no assignment 'tinyy' (yet); did you mean 'tiny'?",
    ]
    with NbGraderSession(released).gradebook() as gradebook:
        assert gradebook.find_assignment("tiny").duedate == datetime(2027, 7, 15, 21, 59)


def test_a_bad_setting_stops_a_release(released: Course) -> None:
    config = released.root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + 'c.Autograder.attempts = "all"\n')
    assert main(["release", "tiny", "--course", str(released.root)]) == 1
    with pytest.raises(AutograderError, match=r"c\.Autograder\.attempts"):
        course_policy(load_config(released))
