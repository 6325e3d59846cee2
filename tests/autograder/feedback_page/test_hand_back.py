"""Feedback goes back under the names that Moodle, Canvas and nbgrader's exchange look for."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from nbgrader.apps.api import NbGraderAPI  # type: ignore[import-untyped]
from nbgrader.utils import notebook_hash  # type: ignore[import-untyped]

from autograder.cli import main
from autograder.course import Course
from autograder.feedback import feedback
from autograder.settings import load_config
from tests.autograder.conftest import RIGHT
from tests.autograder.feedback_page.conftest import Graded

WORKSHEET = """\
Identifier,Full name,Email address,Username
Participant 40213,Ada Lovelace,ada@example.org,ada
Participant 40214,Bob Byte,bob@example.org,bob
"""
GRADEBOOK = """\
Student,ID,SIS Login ID,Section
"Lovelace, Ada",1815,ada,One
"Byte, Bob",1816,bob,One
"""


def pack(course: Course, *arguments: str | Path) -> int:
    return main(["feedback", "tiny", "--course", str(course.root), *map(str, arguments)])


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return sorted(archive.namelist())


def whose_in_moodle(path: str) -> tuple[int, str]:
    """Read a path as Moodle's importer does: the participant's number, and the file that is attached."""
    parts = path.split("/")
    for number, part in enumerate(parts):
        pieces = part.split("_", 4)
        if len(pieces) >= 4 and pieces[1].isdecimal() and pieces[2:4] == ["assignsubmission", "file"]:
            rest = [*pieces[4:], *parts[number + 1 :]]
            return int(pieces[1]), "/".join(rest).lstrip("/")
    raise AssertionError(f"Moodle would pass over {path}")


def whose_in_canvas(path: str) -> tuple[int, int]:
    """Read a name as Canvas does: the first two parts that are numbers are user and file."""
    user, file = [int(part) for part in Path(path).name.split("_") if part.isdecimal()][:2]
    return user, file


def download(folder: Path, *paths: str) -> Path:
    with zipfile.ZipFile(folder / "download.zip", "w") as archive:
        for path in paths:
            archive.writestr(path, "{}")
    return folder / "download.zip"


@pytest.mark.parametrize("end", ["", "_"], ids=["now", "before 4.1"])
def test_moodle_gets_the_folders_of_its_own_download(
    end: str, released: Course, graded: Graded, tmp_path: Path
) -> None:
    graded("ada", answers=RIGHT)
    (released.root / "class_list.csv").write_text(WORKSHEET, encoding="utf-8")
    given = download(tmp_path, f"Ada Lovelace_40213_assignsubmission_file{end}/practice.ipynb")
    assert pack(released, "--zip", "moodle", "--download", given, "--to", tmp_path / "back.zip") == 0
    found = names(tmp_path / "back.zip")
    assert {name.partition("/")[0] for name in found} == {f"Ada Lovelace_40213_assignsubmission_file{end}"}
    assert [whose_in_moodle(name) for name in found] == [(40213, "practice.html"), (40213, "quiz.html")]


def test_moodles_grading_worksheet_is_enough(released: Course, graded: Graded) -> None:
    graded("ada", answers=RIGHT)
    (released.root / "class_list.csv").write_text(WORKSHEET, encoding="utf-8")
    assert pack(released, "--zip", "moodle") == 0
    assert names(released.feedback / "tiny-moodle.zip") == [
        "Ada Lovelace_40213_assignsubmission_file_/practice.html",
        "Ada Lovelace_40213_assignsubmission_file_/quiz.html",
    ]


def test_canvas_gets_the_numbers_of_its_own_download(
    released: Course, graded: Graded, tmp_path: Path
) -> None:
    graded("ada", answers=RIGHT)
    (released.root / "class_list.csv").write_text(GRADEBOOK, encoding="utf-8")
    given = download(
        tmp_path, "lovelaceada_LATE_1815_501_practice-1.ipynb", "lovelaceada_LATE_1815_502_quiz.ipynb"
    )
    assert pack(released, "--zip", "canvas", "--download", given) == 0
    found = names(released.feedback / "tiny-canvas.zip")
    assert found == ["lovelaceada_LATE_1815_501_practice.html", "lovelaceada_LATE_1815_502_quiz.html"]
    assert [whose_in_canvas(name) for name in found] == [(1815, 501), (1815, 502)]


def test_what_was_collected_needs_no_download(released: Course, graded: Graded, tmp_path: Path) -> None:
    graded("1815", answers=RIGHT)
    first = download(tmp_path, "lovelaceada_1815_501_practice.ipynb", "lovelaceada_1815_502_quiz.ipynb")
    assert main(["collect", "tiny", "--course", str(released.root), "--from", str(first)]) == 0
    # Handed in again, and the same as before: no new attempt, but Canvas knows the file by another number.
    again = download(tmp_path, "lovelaceada_1815_777_practice-1.ipynb", "lovelaceada_1815_502_quiz.ipynb")
    assert main(["collect", "tiny", "--course", str(released.root), "--from", str(again)]) == 0
    assert pack(released, "--zip", "canvas") == 0
    found = names(released.feedback / "tiny-canvas.zip")
    assert [whose_in_canvas(name) for name in found] == [(1815, 502), (1815, 777)]


@pytest.mark.parametrize("end", ["", "_"], ids=["now", "before 4.1"])
def test_moodles_numbers_are_kept_too(end: str, released: Course, graded: Graded, tmp_path: Path) -> None:
    graded("Ada Lovelace", answers=RIGHT)
    given = download(tmp_path, f"Ada Lovelace_40213_assignsubmission_file{end}/practice.ipynb")
    assert main(["collect", "tiny", "--course", str(released.root), "--from", str(given)]) == 0
    assert pack(released, "--zip", "moodle") == 0
    found = names(released.feedback / "tiny-moodle.zip")
    assert [whose_in_moodle(name) for name in found] == [(40213, "practice.html"), (40213, "quiz.html")]
    assert {name.partition("/")[0] for name in found} == {f"Ada Lovelace_40213_assignsubmission_file{end}"}


def test_a_student_who_imitates_anothers_name_gets_no_feedback_of_theirs(
    released: Course, graded: Graded, tmp_path: Path
) -> None:
    # Bob, who is user 1816, calls himself "lovelaceada_1815": his upload looks like one of Ada's.
    graded("ada", answers=RIGHT)
    (released.root / "class_list.csv").write_text(GRADEBOOK, encoding="utf-8")
    given = download(
        tmp_path, "lovelaceada_1815_501_practice.ipynb", "lovelaceada_1815_1816_999_practice.ipynb"
    )
    assert pack(released, "--zip", "canvas", "--download", given) == 0
    found = names(released.feedback / "tiny-canvas.zip")
    assert {whose_in_canvas(name) for name in found} == {(1815, 501)}


def test_who_has_no_name_there_is_told_and_the_rest_goes_on(
    released: Course, graded: Graded, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graded("ada", answers=RIGHT)
    graded("bob", answers=RIGHT)
    (released.root / "class_list.csv").write_text(GRADEBOOK, encoding="utf-8")
    given = download(tmp_path, "lovelaceada_1815_501_practice.ipynb", "byte_9999_7_practice.ipynb")
    assert pack(released, "--zip", "canvas", "--download", given) == 3
    output, errors = capsys.readouterr()
    assert "Packed the pages of 1 student into " in output
    assert errors.startswith("autograder: bob: not in the zip; Canvas takes back only files that it let be")
    assert all(whose_in_canvas(name)[0] == 1815 for name in names(released.feedback / "tiny-canvas.zip"))


def test_a_folder_per_student_needs_no_names(released: Course, graded: Graded) -> None:
    graded("ada", answers=RIGHT)
    graded("bob", answers=RIGHT)
    assert pack(released, "--zip", "files") == 0
    found = names(released.feedback / "tiny-files.zip")
    assert found == ["ada/practice.html", "ada/quiz.html", "bob/practice.html", "bob/quiz.html"]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--download", "x.zip"], 2, "--download and --to are about the zip"),
        (["--zip", "moodle", "--download", "nowhere.zip"], 1, "nowhere.zip: it can't be read as a zip"),
        (["--zip", "files", "--to", "/nowhere/back.zip"], 1, "/nowhere/back.zip: can't be written"),
        (["--zip", "canvas"], 1, "no page could be packed"),
    ],
)
def test_what_cannot_be_packed_is_said(
    released: Course,
    graded: Graded,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    message: str,
) -> None:
    graded("ada", answers=RIGHT)
    assert pack(released, *arguments) == status
    assert message in capsys.readouterr().err


def test_the_exchange_finds_the_pages_and_whose_they_are(
    released: Course, graded: Graded, tmp_path: Path
) -> None:
    graded("ada", answers=RIGHT)
    graded("bob", answers=RIGHT)  # handed in past the exchange, so there is no secret
    (released.submitted / "ada" / "tiny").mkdir(parents=True)
    (released.submitted / "ada" / "tiny" / "submission_secret.txt").write_text("of-ada")
    feedback(released, "tiny")
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    config = load_config(released)
    config.CourseDirectory.root = str(released.root)
    config.Exchange.root = str(exchange)
    done = NbGraderAPI(config=config).release_feedback("tiny")
    assert done["success"], done
    found = {path.name for path in exchange.rglob("*.html")}
    assert len(found) == 4
    key = notebook_hash(secret="of-ada", notebook_id="practice")
    page = next(exchange.rglob(f"{key}.html")).read_text(encoding="utf-8")
    assert page == (released.feedback / "ada" / "tiny" / "practice.html").read_text(encoding="utf-8")
