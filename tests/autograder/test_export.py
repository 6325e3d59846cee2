"""Marks leave the gradebook as a CSV file that spreadsheets read as text and numbers, nothing else."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from nbgrader.api import Gradebook  # type: ignore[import-untyped]

from autograder.cli import main
from autograder.course import Course, init_course

FIXTURES = Path(__file__).parent / "fixtures"

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """Two students in the gradebook; one has handed in one of two notebooks."""
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "none")  # spares a helper process
    course = init_course(tmp_path / "course", ["tiny"], FIXTURES)
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "course") as gradebook:
        gradebook.add_assignment("tiny")
        for notebook, points in (("practice", 5), ("quiz", 2.5)):
            gradebook.add_notebook(notebook, "tiny")
            gradebook.add_grade_cell("test", notebook, "tiny", max_score=points, cell_type="code")
            gradebook.add_solution_cell("code", notebook, "tiny")
        gradebook.add_student('=HYPERLINK("x"), "y"')
        gradebook.add_student("ada")
        gradebook.add_submission("tiny", '=HYPERLINK("x"), "y"')
        grade = gradebook.find_grade("test", "practice", "tiny", '=HYPERLINK("x"), "y"')
        grade.auto_score, grade.needs_manual_grade = 4.5, False
        missing = gradebook.find_grade("test", "quiz", "tiny", '=HYPERLINK("x"), "y"')
        missing.auto_score, missing.needs_manual_grade = 0, False
        comment = gradebook.find_comment("code", "quiz", "tiny", '=HYPERLINK("x"), "y"')
        comment.auto_comment = "quiz.ipynb was not handed in"
        gradebook.db.commit()
    return course


def read(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_one_row_per_student_and_assignment(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--course", str(course.root)]) == 0
    assert capsys.readouterr().out.startswith("Wrote 2 rows to ")
    assert read(course.root / "marks.csv") == [
        ["student", "assignment", "practice", "quiz", "total", "max", "isolation", "remarks"],
        ['\'=HYPERLINK("x"), "y"', "tiny", "4.5", "0", "4.5", "7.5", "", "quiz.ipynb was not handed in"],
        ["ada", "tiny", "0", "0", "0", "7.5", "", "nothing handed in"],
    ]


def test_another_file_can_be_named_and_is_replaced_whole(course: Course, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("earlier\n" * 1000)
    assert main(["export", "--course", str(course.root), "--to", str(target)]) == 0
    assert len(read(target)) == 3
    assert not (course.root / "marks.csv").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere/out.csv", "can't be written (No such file or directory)"),
        (".", "is a directory; name a file"),
    ],
)
def test_a_place_that_can_not_be_written_is_one_line(
    course: Course, tmp_path: Path, name: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--course", str(course.root), "--to", str(tmp_path / name)]) == 1
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


def test_a_failed_export_keeps_the_earlier_file(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (course.root / "marks.csv").write_text("earlier")
    before = sorted(path.name for path in course.root.iterdir())

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    assert main(["export", "--course", str(course.root)]) == 1
    assert (
        "marks.csv: can't be written (No space left on device); nothing was changed"
        in capsys.readouterr().err
    )
    assert (course.root / "marks.csv").read_text() == "earlier"
    assert sorted(path.name for path in course.root.iterdir()) == before
