"""A class list whose ids are damaged, or of another course, clears nobody's marks in a learning system."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nbgrader.api import Gradebook  # type: ignore[import-untyped]
from sqlalchemy import text as sql

from autograder.cli import main
from autograder.course import Course
from tests.autograder import test_lms_export
from tests.autograder.test_lms_export import SAMPLES, export

marked, course = test_lms_export.marked, test_lms_export.course

pytestmark = test_lms_export.pytestmark


def numbered(course: Course, tmp_path: Path) -> Path:
    """Have the course know its students by numbers with zeros in front; a newer download of Moodle's."""
    numbers = {"ada": "0815", "obrien": "007", "eve": "0817", "alan": "0818", "lin": "0819"}
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "course") as gradebook:
        for name, student in numbers.items():
            gradebook.find_student(name).id = student
            gradebook.db.execute(
                sql("UPDATE submitted_assignment SET student_id = :new WHERE student_id = :old"),
                {"new": student, "old": name},
            )
        gradebook.db.commit()
    came = (SAMPLES / "moodle.csv").read_text(encoding="utf-8").replace("Username", "Login")
    for path in (course.root / "class_list.csv", tmp_path / "newer.csv"):
        path.write_text(came, encoding="utf-8")
    return tmp_path / "newer.csv"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            r",0*(\d+),",
            "has none of the 6 students with marks. 815 has the e-mail address of 0815; 7 has the e-mail "
            "address of 007; 817 has the e-mail address of 0817, and 2 more: was the file opened in a "
            "spreadsheet",
        ),
        (r",00(7),", "7 has the e-mail address of 007: was the file opened in a spreadsheet"),
    ],
)
def test_a_class_list_with_damaged_ids_clears_nobodys_marks(
    course: Course, tmp_path: Path, damage: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = numbered(course, tmp_path)
    command = ["export", "--format", "moodle", "--class-list", str(newer), "--course", str(course.root)]
    assert main(command) == 3
    assert "Wrote 4 marks" in capsys.readouterr().out
    (course.root / "moodle.csv").unlink()
    newer.write_text(re.sub(damage, r",\1,", newer.read_text(encoding="utf-8")), encoding="utf-8")
    assert main(command) == 1
    said = capsys.readouterr()
    assert (said.out, message in said.err) == ("", True), said.err
    assert "Nothing was written, because the file would clear marks in Moodle" in said.err
    assert not (course.root / "moodle.csv").exists()


def test_a_file_without_any_of_the_marks_is_not_written(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heading, *_ = (SAMPLES / "canvas.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "new.csv").write_text(f'{heading}\n"Other, Olga",1,,olga,\n', encoding="utf-8")
    assert export(course, "canvas", tmp_path / "new.csv") == 1
    said = capsys.readouterr().err
    assert "has none of the 6 students with marks. It begins with olga: is it of another course" in said
    (tmp_path / "new.csv").write_text(f'{heading}\n"Turing, Alan",=1+1,,+44alan,\n', encoding="utf-8")
    assert export(course, "canvas", tmp_path / "new.csv") == 1
    said = capsys.readouterr().err
    assert "no mark would go into the file, so nothing was written: +44alan: not in the file, because" in said
    assert not (course.root / "canvas.csv").exists()
