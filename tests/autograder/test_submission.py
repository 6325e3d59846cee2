"""What a look at a student's folder finds, without running anything in it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import load_assignment
from autograder.convert import source_notebooks
from autograder.notebooks import notebook_text
from autograder.submission import (
    Inspection,
    UnsafeFolder,
    find_submissions,
    id_error,
    inspect_submission,
    read_files,
)

FIXTURES = Path(__file__).parent / "fixtures"

EXPECTED = ("practice", "quiz")


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return {name: notebook_text(n) for name, n in source_notebooks(load_assignment("tiny", FIXTURES)).items()}


@pytest.fixture
def folder(tmp_path: Path, texts: dict[str, str]) -> Path:
    """A complete submission."""
    path = tmp_path / "ada" / "tiny"
    path.mkdir(parents=True)
    for name, text in texts.items():
        (path / f"{name}.ipynb").write_text(text, encoding="utf-8")
    return path


def test_a_complete_submission_is_fine(folder: Path) -> None:
    (folder / "timestamp.txt").write_text("2031-05-04 12:00:00 UTC\n")
    assert inspect_submission(folder, EXPECTED) == Inspection()


def test_a_missing_notebook_is_named_with_what_is_there_instead(folder: Path) -> None:
    (folder / "quiz.ipynb").rename(folder / "quiz (1).ipynb")
    found = inspect_submission(folder, EXPECTED)
    assert found.notebooks == {"quiz": "quiz.ipynb was not handed in (the folder holds 'quiz (1).ipynb')"}


def test_the_content_of_a_notebook_is_not_looked_at_here(folder: Path) -> None:
    (folder / "practice.ipynb").write_bytes(b"PK\x03\x04 a zip file")
    found = inspect_submission(folder, EXPECTED)
    assert found == Inspection()
    assert found.files["practice.ipynb"] == b"PK\x03\x04 a zip file"


def test_all_files_are_read_once_by_name(folder: Path, texts: dict[str, str]) -> None:
    (folder / "data" / "deep").mkdir(parents=True)
    (folder / "data" / "deep" / "küche.csv").write_text("1,2")
    (folder / "data.csv").write_text("3,4")
    files = read_files(folder)
    assert list(files) == ["data.csv", "data/deep/küche.csv", "practice.ipynb", "quiz.ipynb"]
    assert files["data/deep/küche.csv"] == b"1,2"
    assert files["quiz.ipynb"].decode() == texts["quiz"]


def test_links_are_refused_wherever_they_are(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "gradebook.db"
    secret.write_text("marks")
    (folder / "data").mkdir()
    (folder / "data" / "table.csv").symlink_to(secret)
    assert inspect_submission(folder, EXPECTED).refused == (
        "'data/table.csv' is a symbolic link; replace it by the file itself"
    )
    link = tmp_path / "bob"
    link.symlink_to(folder.parent)
    assert (
        inspect_submission(link / "tiny", EXPECTED).refused
        == "bob is a symbolic link; replace it by a real folder"
    )


def test_hard_links_are_refused(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "source.ipynb"
    secret.write_text("the solution")
    (folder / "practice.ipynb").unlink()
    os.link(secret, folder / "practice.ipynb")
    refused = inspect_submission(folder, EXPECTED).refused
    assert refused is not None
    assert refused.startswith("'practice.ipynb' is a hard link: the same file has a name elsewhere too")
    assert refused.endswith("replace it by a copy")


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_file_that_is_swapped_for_a_link_while_it_is_looked_at_is_not_followed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, link: Callable[[Path, Path], None]
) -> None:
    secret = tmp_path / "source.ipynb"
    secret.write_text("the solution")
    really_open = os.open

    def swap_and_open(path: str, flags: int, **rest: Any) -> int:
        if path == "quiz.ipynb":
            (folder / path).unlink()
            link(secret, folder / path)
        return really_open(path, flags, **rest)

    monkeypatch.setattr(os, "open", swap_and_open)
    with pytest.raises(UnsafeFolder, match=r"'quiz\.ipynb' (can't be read|is a hard link)"):
        read_files(folder)


def test_a_folder_that_is_swapped_for_a_link_while_it_is_looked_at_is_not_followed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "practice.ipynb").write_text("the solution")
    really_open = os.open

    def swap_and_open(path: str, flags: int, **rest: Any) -> int:
        if path == "tiny":
            folder.rename(tmp_path / "aside")
            folder.symlink_to(tmp_path / "source")
        return really_open(path, flags, **rest)

    monkeypatch.setattr(os, "open", swap_and_open)
    with pytest.raises(UnsafeFolder, match="can't be read"):
        read_files(folder)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (b"caf\xe9.csv", "is not UTF-8"),
        (b"a\x1b[2J.csv", "holds a character that can't be seen"),
        ("\u202evsc.exe".encode(), "holds a character that can't be seen"),
        (b"two\nlines", "holds a character that can't be seen"),
    ],
)
def test_odd_names_are_refused(folder: Path, name: bytes, reason: str) -> None:
    with open(os.path.join(os.fsencode(folder), name), "w"):
        pass
    refused = inspect_submission(folder, EXPECTED).refused
    assert refused is not None
    assert refused.endswith(f"{reason}; rename the file")
    assert refused.isprintable()


@pytest.mark.parametrize("name", ["Bildschirmfoto 1.04.31\u202fPM.png", "Übung 2 (1).csv", "数据.csv"])
def test_names_that_systems_make_up_are_fine(folder: Path, name: str) -> None:
    (folder / name).touch()
    assert inspect_submission(folder, EXPECTED) == Inspection()


def test_too_many_files_and_too_deep_folders_are_refused(folder: Path) -> None:
    deep = folder.joinpath(*"abcdefghijk")
    deep.mkdir(parents=True)
    refused = inspect_submission(folder, EXPECTED).refused
    assert refused == "its folders are nested more than 10 deep; remove what was not asked for"
    for number in range(2_000):
        (folder / str(number)).touch()
    refused = inspect_submission(folder, EXPECTED).refused
    assert refused == "it holds more than 2000 files and folders; remove what was not asked for"


def test_a_folder_that_is_not_there_is_refused_like_one_that_can_not_be_read(tmp_path: Path) -> None:
    refused = inspect_submission(tmp_path / "ada" / "tiny", EXPECTED).refused
    assert refused == "ada can't be read (No such file or directory)"


def test_a_pipe_is_refused_and_not_read(folder: Path) -> None:
    os.mkfifo(folder / "timestamp.txt")
    assert (
        inspect_submission(folder, EXPECTED).refused == "'timestamp.txt' is not an ordinary file; remove it"
    )


def test_huge_files_are_refused(folder: Path) -> None:
    with (folder / "film.mp4").open("wb") as file:
        file.truncate(21 * 1024 * 1024)  # sparse: it takes no room on the disk
    refused = inspect_submission(folder, EXPECTED).refused
    assert refused is not None
    assert refused.startswith("its files are larger than 20 MB together (from 'film.mp4' on)")


@pytest.mark.parametrize(
    "content", [b"yesterday-ish", b"\xff\xfe", b"2031-13-45", b"2031-05-04" + b" " * 10_000]
)
def test_a_timestamp_that_is_no_date_is_left_aside(folder: Path, content: bytes) -> None:
    (folder / "timestamp.txt").write_bytes(content)
    assert inspect_submission(folder, EXPECTED) == Inspection(
        remarks=("timestamp.txt holds no date and was left aside: whether it came late is not known",),
        dated=False,
    )


def test_code_in_other_files_is_said_not_to_count(folder: Path) -> None:
    (folder / "autograder").mkdir()
    (folder / "autograder" / "quiz.py").write_text("grade_answer = print")
    (folder / "solutions.py").write_text("x = 1")
    (folder / "data.csv").write_text("1,2")
    assert inspect_submission(folder, EXPECTED) == Inspection(
        remarks=("'autograder/quiz.py', 'solutions.py' can't be imported: only code in the notebooks counts",)
    )


def test_a_students_names_are_quoted_on_one_short_line(folder: Path) -> None:
    (folder / "quiz.ipynb").unlink()
    for number in range(40):
        (folder / f"{'q' * 50}{number}.ipynb").touch()
    for reason in inspect_submission(folder, EXPECTED).notebooks.values():
        assert len(reason) < 350
        assert len(reason.splitlines()) == 1


# --- who handed in


def test_work_in_the_wrong_place_is_named(tmp_path: Path) -> None:
    for path in (
        "ada/tiny/practice.ipynb", "bob/practice.ipynb", "cyd/Tiny /practice.ipynb", "dan/u1/practice.ipynb",
        "eve/homework/practice.ipynb", "fay/notes/me.txt", "gil/tiny.zip", "h*/tiny/practice.ipynb",
    ):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()
    (tmp_path / "i.zip").touch()
    (tmp_path / ".DS_Store").touch()
    wrong = "not graded, submitted/{0} holds no folder 'tiny', but {1}; move the work to submitted/{0}/tiny/"
    assert find_submissions(tmp_path, "tiny", ["tiny", "u1"]) == (
        ["ada"],
        [
            "bob: " + wrong.format("bob", "'practice.ipynb'"),
            "cyd: " + wrong.format("cyd", "'Tiny '"),
            "eve: " + wrong.format("eve", "'homework'"),
            "gil: " + wrong.format("gil", "'tiny.zip'"),
            "'h*' in submitted/ can't be a student id: it contains '*'; not graded",
            "'i.zip' in submitted/ is a file, not the folder of a student; not graded",
        ],
    )


def test_a_folder_that_can_not_be_read_is_named() -> None:
    with tempfile.TemporaryDirectory() as name:  # unlike pytest's own, everyone can be let in
        submitted = Path(name)
        submitted.chmod(0o755)
        for student in ("ada", "bob"):
            (submitted / student / "tiny").mkdir(parents=True)
        (submitted / "ada").chmod(0)
        with as_nobody():
            found = find_submissions(submitted, "tiny", ["tiny"])
        (submitted / "ada").chmod(0o755)
    assert found == (["bob"], ["ada: not graded, submitted/ada can't be read (Permission denied)"])


@contextmanager
def as_nobody() -> Iterator[None]:
    """As someone without root's permission to read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


# --- student ids


@pytest.mark.parametrize("student", ["ada", "Ada.Lovelace+1@example.org", "=cmd", "zoë", "20310001"])
def test_ids_that_can_be_used(student: str) -> None:
    assert id_error(student) is None


@pytest.mark.parametrize(
    ("student", "reason"),
    [
        ("", "empty"),
        ("..", "starts with a dot"),
        (".hidden", "starts with a dot"),
        ("a/b", "contains '/'"),
        ("*", "contains '*'"),
        ("ada ", "starts or ends with a space"),
        ("ada\x1b[2J", "can't be printed"),
        ("a" * 129, "longer than 128"),
    ],
)
def test_ids_that_can_not_be_used(student: str, reason: str) -> None:
    error = id_error(student)
    assert error is not None
    assert reason in error
