"""The headings of gradebook files are understood, and files are written in a form that the system takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.class_table import Form, read_class_table
from autograder.errors import AutograderError
from autograder.lms_formats import column_for, find_columns, form_for, suffix_for

MOODLE = (
    "First name",
    "Quiz: u1 (Percentage)",
    "Quiz: u1 (Feedback)",
    "Quiz: u1 (Real)",
    "Project: part 2 (Real)",
)


def test_of_moodles_columns_those_with_points_take_marks() -> None:
    quiz, project = find_columns("moodle", MOODLE)
    assert (quiz.heading, quiz.place, quiz.feedback) == ("Quiz: u1 (Real)", 3, 2)
    assert (project.place, project.feedback) == (4, None)
    assert column_for("moodle", [quiz, project], "u1", None) is quiz
    assert column_for("moodle", [quiz, project], "U1", None) is quiz
    assert column_for("moodle", [quiz, project], "u9", "Project: part 2") is project
    assert column_for("moodle", [quiz, project], "u9", None) is None


@pytest.mark.parametrize(
    ("heading", "most"),
    [
        ("u1 [Total Pts: 20 Score] |664617", 20.0),
        ("u1 [Total Pts: 12.5] |664617", 12.5),
        ("u1 [Total Pts: up to 20 Score] |664617", 20.0),
        ("u1 [Total Pts: 0 Text] |_12_1", None),
    ],
)
def test_blackboards_headings(heading: str, most: float | None) -> None:
    columns = find_columns("blackboard", ["Last Name", heading])
    assert [(column.most, *column.titles) for column in columns] == ([(most, "u1")] if most else [])


def test_two_columns_of_one_name_can_be_told_apart_by_their_whole_heading() -> None:
    columns = find_columns("canvas", ["Student", "u1 (11)", "u1 (12)"])
    with pytest.raises(AutograderError, match=r"has 2 columns of this name: 'u1 \(11\)', 'u1 \(12\)'"):
        column_for("canvas", columns, "u1", None)
    found = column_for("canvas", columns, "u1", "u1 (12)")
    assert found is not None
    assert found.place == 2


@pytest.mark.parametrize("name", ["hw (2)", "Final Score of term 1"])
def test_canvas_would_take_some_names_for_something_else(name: str) -> None:
    with pytest.raises(AutograderError, match="Canvas would not take a new column"):
        column_for("canvas", [], name, None)
    assert column_for("moodle", [], name, None) is None


def test_canvas_gets_utf_8_whatever_a_spreadsheet_made_of_its_file() -> None:
    form = form_for("canvas", Form("\t", "utf-16-le", marked=True))
    assert (form.delimiter, form.encoding, form.marked) == (",", "utf-8", False)
    assert form_for("canvas", Form(";", "utf-8", marked=True)) == Form(";", "utf-8", marked=True)


def test_blackboard_gets_every_cell_of_a_csv_file_in_quotes() -> None:
    assert form_for("blackboard", Form(",")).quotes_all
    tabs = Form("\t", "utf-16-le", marked=True)
    assert form_for("blackboard", tabs) == tabs
    assert [suffix_for("blackboard", form) for form in (tabs, Form(","))] == [".xls", ".csv"]
    assert suffix_for("moodle", tabs) == ".csv"


def test_a_class_list_in_an_old_code_page_goes_back_as_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("Student,ID,SIS Login ID,Section\nSiân,1,sian,A\n".encode("cp1252"))
    table = read_class_table(path)
    assert table.form == Form(line_end="\n")
    assert table.rows[0].cells[0] == "Siân"
