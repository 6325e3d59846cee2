"""What a look at a student's folder finds, without running anything in it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autograder.assignment import load_assignment
from autograder.convert import source_notebooks
from autograder.notebooks import notebook_text
from autograder.submission import Inspection, find_submissions, id_error, inspect_submission

FIXTURES = Path(__file__).parent / "fixtures"

EXPECTED = {"practice": ["double-values", "half-values"], "quiz": ["tiny-choice-check"]}


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


def edit(path: Path, change: Any) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def test_a_complete_submission_is_fine(folder: Path) -> None:
    (folder / "timestamp.txt").write_text("2031-05-04 12:00:00 UTC\n")
    assert inspect_submission(folder, EXPECTED) == Inspection()


def test_a_missing_notebook_is_named_with_what_is_there_instead(folder: Path) -> None:
    (folder / "quiz.ipynb").rename(folder / "quiz (1).ipynb")
    found = inspect_submission(folder, EXPECTED)
    assert found.notebooks == {"quiz": "quiz.ipynb was not handed in (the folder holds 'quiz (1).ipynb')"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is not JSON"),
        (b"PK\x03\x04 a zip file", "it is not JSON"),
        (b"\xff\xfe\x00", "it is not JSON"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b"[]", "it is not a valid notebook"),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "alien"}]}',
            "not a valid",
        ),
    ],
)
def test_what_is_no_notebook_is_refused_and_the_other_one_is_not(
    folder: Path, content: bytes, reason: str
) -> None:
    (folder / "practice.ipynb").write_bytes(content)
    found = inspect_submission(folder, EXPECTED)
    assert list(found.notebooks) == ["practice"]
    assert found.notebooks["practice"].startswith("practice.ipynb was refused: ")
    assert reason in found.notebooks["practice"]
    assert len(found.notebooks["practice"].splitlines()) == 1


@pytest.mark.parametrize("version", [99, 1, "new"])
def test_metadata_of_another_version_is_refused(folder: Path, version: object) -> None:
    edit(
        folder / "practice.ipynb",
        lambda nb: nb["cells"][3]["metadata"]["nbgrader"].update(schema_version=version),
    )
    reason = inspect_submission(folder, EXPECTED).notebooks["practice"]
    assert reason.endswith(f"the nbgrader metadata of cell 4 has schema_version {version!r}, but 3 is needed")


def test_a_copied_cell_is_refused(folder: Path) -> None:
    edit(folder / "practice.ipynb", lambda nb: nb["cells"].append({**nb["cells"][4], "id": "another"}))
    reason = inspect_submission(folder, EXPECTED).notebooks["practice"]
    assert reason.endswith("cells 5 and 9 are copies ('double-values'); delete one")


def test_a_deleted_test_cell_is_noted(folder: Path) -> None:
    edit(folder / "practice.ipynb", lambda nb: nb["cells"].pop())
    found = inspect_submission(folder, EXPECTED)
    assert found == Inspection(
        notes={"practice": "practice.ipynb lacks the test cells half-values; they count 0"}
    )


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


@pytest.mark.parametrize("content", [b"yesterday-ish", b"\xff\xfe", b"2031-13-45"])
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


@pytest.mark.parametrize("metadata", [None, [], "locked", 3])
def test_nbgrader_metadata_that_are_no_table_are_refused(folder: Path, metadata: object) -> None:
    edit(folder / "practice.ipynb", lambda nb: nb["cells"][3]["metadata"].update(nbgrader=metadata))
    reason = inspect_submission(folder, EXPECTED).notebooks["practice"]
    assert reason.endswith(f"the nbgrader metadata of cell 4 is {metadata!r}, not a table")


def test_a_students_text_is_quoted_on_one_short_line(folder: Path) -> None:
    edit(folder / "practice.ipynb", lambda nb: nb["cells"][3]["metadata"].update(nbgrader=["a\nb"] * 1000))
    (folder / "quiz.ipynb").unlink()
    for number in range(40):
        (folder / f"{'q' * 50}\n{number}.ipynb").touch()
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
