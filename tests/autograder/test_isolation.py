"""Marks that came about without the full jail say so, wherever marks are shown."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.autograded import with_outputs
from autograder.cli import main
from autograder.course import Course
from autograder.engine.verdict import GradedNotebook
from autograder.notebooks import read_notebook
from tests.autograder.conftest import RIGHT

HandIn = Callable[..., Path]
WITHOUT = ("--isolation", "process", "--i-trust-these-submissions")
NOTE = (
    "1 of {} came about at isolation 'process': there was no jail, and a hostile submission could do "
    "whatever the instructor can"
)


@pytest.fixture
def mixed(released: Course, hand_in: HandIn, capsys: pytest.CaptureFixture[str]) -> Course:
    """A course where ada was graded in the jail, and bob without one."""
    for student in ("ada", "bob"):
        hand_in(student, RIGHT)
    grade(released, "--student", "ada")
    grade(released, "--student", "bob", *WITHOUT)
    return released


def grade(course: Course, *options: str) -> None:
    assert main(["grade", "tiny", "--course", str(course.root), *options]) == 3  # there is no quiz


def test_grade_tells_it_with_the_marks(mixed: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "student  practice  quiz  total  max  isolation",
        "bob             5     0      5   10    process",
        NOTE.format("1 mark"),
    ]
    grade(mixed, "--student", "ada")
    assert capsys.readouterr().out.splitlines() == [
        "student  practice  quiz  total  max",
        "ada             5     0      5   10",
    ]


def test_json_names_the_level_of_every_notebook(mixed: Course, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    grade(mixed, "--student", "bob", "--json", *WITHOUT)
    given = json.loads(capsys.readouterr().out)
    assert given["marks"][0]["isolation"] == {"practice": "process", "quiz": "none"}
    assert given["notes"] == [NOTE.format("1 mark")]


def test_the_export_has_a_column_for_it(mixed: Course, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["export", "--course", str(mixed.root)]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [NOTE.format("2 marks")]
    with (mixed.root / "marks.csv").open(newline="", encoding="utf-8") as file:
        levels = {row["student"]: row["isolation"] for row in csv.DictReader(file)}
    assert levels == {"ada": "jail", "bob": "process"}

    grade(mixed)  # in the jail: what was graded without it does not do
    assert main(["export", "--course", str(mixed.root)]) == 0
    assert "process" not in (mixed.root / "marks.csv").read_text("utf-8")


def test_the_graded_notebook_says_it_at_its_top(mixed: Course) -> None:
    first = {}
    for student in ("ada", "bob"):
        path = mixed.autograded / student / "tiny" / "practice.ipynb"
        first[student] = read_notebook(path).cells[0].source
    assert first["bob"].startswith("*Graded at isolation 'process': there was no jail, ")
    assert "isolation" not in first["ada"]


def test_a_student_can_not_take_the_place_of_that_line() -> None:
    own = {"cell_type": "markdown", "id": "isolation", "metadata": {}, "source": "Graded in the best jail."}
    cells = with_outputs({"cells": [own]}, GradedNotebook("p", (), isolation="jail-each"))["cells"]
    assert [cell["id"] for cell in cells] == ["isolation-", "isolation"]
    assert cells[0]["source"] == "*Graded at isolation 'jail-each': each candidate had a jail of its own.*"
