"""Marks go back to Canvas, Moodle and Blackboard in the form in which the class list came from there."""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook  # type: ignore[import-untyped]

from autograder.cli import main
from autograder.course import Course, init_course
from autograder.roster import read_roster

HERE = Path(__file__).parent
SAMPLES = HERE / "lms_samples"
# Points in the two notebooks, and what is taken off for being late.
MARKS = {"ada": (4.5, 1.0, 0.0), "obrien": (5.0, 2.0, 0.5), "eve": (1 / 3, 0.0, 0.0), "alan": (3.0, 0.0, 0.0)}
TOTALS = {"ada": "5.5", "obrien": "6.5", "eve": "0.33333", "alan": "3", "lin": ""}

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own queries


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four have marks, Alan under both his ids; Lin handed in nothing; Gus has a mark, but left the class."""
    course = init_course(tmp_path_factory.mktemp("marked") / "course", ["tiny"], HERE / "fixtures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "none")  # spares a helper process
        with Gradebook(f"sqlite:///{course.root}/gradebook.db", "course") as gradebook:
            gradebook.add_assignment("tiny")
            for notebook, most in (("practice", 5), ("quiz", 2)):
                gradebook.add_notebook(notebook, "tiny")
                gradebook.add_grade_cell("test", notebook, "tiny", max_score=most, cell_type="code")
            gradebook.add_student("lin")
            for student, (practice, quiz, penalty) in {
                **MARKS,
                "+44alan": (3, 0, 0),
                "gus": (2, 0, 0),
            }.items():
                gradebook.add_student(student)
                submission = gradebook.add_submission("tiny", student)
                for notebook, points in (("practice", practice), ("quiz", quiz)):
                    grade = gradebook.find_grade("test", notebook, "tiny", student)
                    grade.auto_score, grade.needs_manual_grade = points, False
                submission.notebooks[0].late_submission_penalty = penalty
            gradebook.db.commit()
    return course.root


@pytest.fixture
def course(marked: Path, tmp_path: Path) -> Course:
    """A copy of that course."""
    return Course(Path(shutil.copytree(marked, tmp_path / "course")))


def export(course: Course, lms: str, class_list: str | Path, *more: str) -> int:
    """Export with a class list as the course's own."""
    shutil.copy(SAMPLES / class_list, course.root / "class_list.csv")
    return main(["export", "--format", lms, "--course", str(course.root), *more])


def table(path: Path, delimiter: str = ",", encoding: str = "utf-8") -> list[list[str]]:
    text = path.read_bytes().decode(encoding)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def column(rows: list[list[str]], key: str, value: str) -> dict[str, str]:
    """One column by another, as an LMS looks marks up."""
    return {row[rows[0].index(key)]: row[rows[0].index(value)] for row in rows[1:]}


def test_canvas_gets_its_own_rows_with_the_marks(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(course, "canvas", "canvas.csv") == 3
    assert table(course.root / "canvas.csv") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "tiny (4711)"],
        ["    Points Possible", "", "", "", "", "7.00"],
        ["Lovelace, Ada", "1001", "S-0815", "ada", "LOSS-1, Mon 9:00", "5.5"],
        ['O"Brien, Siân', "1002", "007", "obrien", "LOSS-1", "6.5"],
        ['\'="=HYPERLINK("https://x.example","me"), Eve"', "1003", "S-0817", "eve", "LOSS-1", "0.33333"],
        ["Turing, Alan", "1004", "S-0818", "'+44alan", "LOSS-2", "EX"],
        ["Late, Lin", "1005", "S-0819", "lin", "LOSS-2", ""],
    ]
    output, errors = capsys.readouterr()
    assert output.splitlines()[1:] == ["1 mark left as excused or not assigned in Canvas"]
    assert errors.splitlines() == [
        "autograder: alan: not in the class list; tiny, 3 of 7, is not in the file",
        "autograder: gus: not in the class list; tiny, 2 of 7, is not in the file",
    ]


def test_older_marks_of_other_assignments_do_not_go_back(course: Course) -> None:
    export(course, "canvas", "canvas.csv")
    assert "Warm-up" not in (course.root / "canvas.csv").read_text()


def test_moodle_gets_marks_and_feedback_and_a_dash_for_no_mark(course: Course) -> None:
    export(course, "moodle", "moodle.csv")
    rows = table(course.root / "moodle.csv")
    assert rows[0] == [
        "First name", "Last name", "Username", "ID number", "Institution", "Department", "Email address",
        "Assignment: tiny (Real)", "Assignment: tiny (Feedback)",
    ]  # fmt: skip
    marks = column(rows, "Email address", "Assignment: tiny (Real)")
    assert marks == {
        "ada@uni.example": "5.5",
        "sian.obrien@uni.example": "6.5",
        "eve@uni.example": "0.33333",
        "alan@uni.example": "3",
        "lin@uni.example": "-",
    }
    assert column(rows, "ID number", "Assignment: tiny (Feedback)") == {
        "0815": "Points: practice 4.5, quiz 1",
        "007": "We spoke about this, see me",  # a person wrote it
        "0817": "Points: practice 0.33333, quiz 0",
        "0818": "Points: practice 3, quiz 0",
        "0819": "",
    }
    assert column(rows, "Username", "Department")["alan"].startswith("'@SUM(")


def test_feedback_names_what_was_taken_off_for_being_late(course: Course, tmp_path: Path) -> None:
    text = (SAMPLES / "moodle.csv").read_text().replace('"We spoke about this, see me"', "")
    (tmp_path / "new.csv").write_text(text)
    export(course, "moodle", tmp_path / "new.csv")
    said = column(table(course.root / "moodle.csv"), "Username", "Assignment: tiny (Feedback)")
    assert said["obrien"] == "Points: practice 5, quiz 2; 0.5 taken off for being late"


@pytest.mark.parametrize(
    ("sample", "delimiter", "encoding", "mark"),
    [("blackboard.xls", "\t", "utf-16", b"\xff\xfe"), ("blackboard.csv", ",", "utf-8-sig", b"\xef\xbb\xbf")],
)
def test_blackboard_gets_a_file_like_its_own(
    course: Course,
    sample: str,
    delimiter: str,
    encoding: str,
    mark: bytes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    export(course, "blackboard", sample)
    assert "in the file, but not active in Blackboard any more: lin\n" in capsys.readouterr().out
    written = course.root / sample
    assert written.read_bytes().startswith(mark)
    text = written.read_bytes().decode(encoding)
    assert text.splitlines()[-1] == delimiter.join(
        f'"{cell}"' for cell in ("Late", "Lin", "lin", "0819", "", "No", "")
    )
    rows = table(written, delimiter, encoding)
    assert rows[0][2:] == [
        "Username", "Student ID", "Last Access", "Availability", "tiny [Total Pts: 7 Score] |664617"
    ]  # fmt: skip
    assert column(rows, "Username", "tiny [Total Pts: 7 Score] |664617") == TOTALS


@pytest.mark.parametrize(
    ("lms", "sample"),
    [
        ("canvas", "canvas.csv"), ("canvas", "canvas_semicolons.csv"), ("moodle", "moodle.csv"),
        ("blackboard", "blackboard.xls"), ("blackboard", "blackboard.csv"),
    ],
)  # fmt: skip
def test_what_is_written_is_a_class_list_with_the_same_students(
    course: Course, lms: str, sample: str
) -> None:
    export(course, lms, sample, "--to", str(course.root / "out"))
    came, goes = read_roster(SAMPLES / sample), read_roster(course.root / "out")
    assert goes.kind == came.kind == lms
    # Canvas knows Alan by its number; his login, a formula to a spreadsheet, got an apostrophe.
    assert [student.id.removeprefix("'") for student in goes.students] == [one.id for one in came.students]
    for before, after in zip(came.students, goes.students, strict=True):
        mark = next(
            text for heading, text in after.columns.items() if re.match(r"(Assignment: )?tiny", heading)
        )
        if before.columns.get("tiny (4711)") != "EX":
            assert mark in (TOTALS[after.id], "-")


def test_the_file_of_a_german_canvas_keeps_its_separator_and_numbers_have_points(course: Course) -> None:
    export(course, "canvas", "canvas_semicolons.csv")
    assert (course.root / "canvas.csv").read_bytes() == (
        "\ufeffStudent;ID;SIS User ID;SIS Login ID;Section;tiny (4711)\r\n"
        "    Points Possible;;;;;7,00\r\n"
        "Lovelace, Ada;1001;S-0815;ada;LOSS-1;5.5\r\n"
    ).encode()


def test_the_line_by_which_excel_knows_the_separator_does_not_go_to_an_lms(
    course: Course, tmp_path: Path
) -> None:
    text = (SAMPLES / "canvas_semicolons.csv").read_bytes().decode("utf-8-sig")
    (tmp_path / "saved.csv").write_bytes(f"sep=;\r\n{text}".encode())
    export(course, "canvas", tmp_path / "saved.csv")
    assert (course.root / "canvas.csv").read_text().startswith("Student;ID;")


@pytest.mark.parametrize(
    ("lms", "sample"),
    [("canvas", "canvas.csv"), ("moodle", "moodle.csv"), ("blackboard", "blackboard.xls")],
)
def test_no_cell_is_a_formula(course: Course, lms: str, sample: str) -> None:
    export(course, lms, sample, "--to", str(course.root / "out"))
    encoding = "utf-16" if sample.endswith("xls") else "utf-8"
    for delimiter in ",;\t":  # whatever a spreadsheet cuts at
        for row in csv.reader(
            io.StringIO((course.root / "out").read_bytes().decode(encoding), newline=""), delimiter=delimiter
        ):
            assert not [
                cell for cell in row if cell.startswith(("=", "+", "@", "\t", "\r")) or cell[:2] == '"='
            ]


def test_who_could_only_be_named_by_a_formula_is_left_out_and_told(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (SAMPLES / "moodle.csv").read_text().replace("eve@uni.example", "=1+1")
    (tmp_path / "new.csv").write_text(text)
    assert export(course, "moodle", tmp_path / "new.csv") == 3
    assert "eve" not in column(table(course.root / "moodle.csv"), "Username", "ID number")
    assert (
        "eve: not in the file, because a spreadsheet could run '=1+1' as a formula" in capsys.readouterr().err
    )


@pytest.mark.parametrize(("missing", "canvas", "moodle"), [("blank", "", "-"), ("zero", "0", "0")])
def test_who_handed_in_nothing_has_no_mark_or_zero(
    course: Course, missing: str, canvas: str, moodle: str
) -> None:
    export(course, "canvas", "canvas.csv", "--missing", missing)
    export(course, "moodle", "moodle.csv", "--missing", missing)
    assert column(table(course.root / "canvas.csv"), "ID", "tiny (4711)")["1005"] == canvas
    assert column(table(course.root / "moodle.csv"), "Username", "Assignment: tiny (Real)")["lin"] == moodle


def test_what_is_not_graded_yet_has_no_mark_not_even_zero(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    (course.submitted / "lin" / "tiny").mkdir(parents=True)
    assert export(course, "canvas", "canvas.csv", "--missing", "zero") == 3
    assert column(table(course.root / "canvas.csv"), "ID", "tiny (4711)")["1005"] == ""
    assert "lin: tiny is not graded yet, and has no mark in the file; run `auto" in capsys.readouterr().err


@pytest.mark.parametrize("sample", ["canvas.csv", "moodle.csv", "blackboard.csv"])
def test_an_assignment_that_the_lms_does_not_know_becomes_a_new_column(
    course: Course, tmp_path: Path, sample: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (SAMPLES / sample).read_text().replace("tiny", "Unit 1")
    (tmp_path / "new.csv").write_text(text)
    export(course, sample.partition(".")[0], tmp_path / "new.csv")
    rows = table(course.root / sample, encoding="utf-8-sig")
    assert rows[0][-1] == ("tiny (Feedback)" if sample == "moodle.csv" else "tiny")
    assert "tiny: the class list has no such column" in capsys.readouterr().out
    if sample == "canvas.csv":
        assert rows[1][-1] == "7"
        assert column(rows, "ID", "tiny")["1004"] == "3"  # excused from another one


@pytest.mark.parametrize("heading", ["Unit 0: Warm-up", "Unit 0: Warm-up (4710)"])
def test_another_column_can_be_named_and_other_points_there_are_told(
    course: Course, heading: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(course, "canvas", "canvas.csv", "--column", f"tiny={heading}") == 3
    assert column(table(course.root / "canvas.csv"), "ID", "Unit 0: Warm-up (4710)")["1001"] == "5.5"
    assert "tiny: 7 points here, 10 in Canvas; the marks are written as they are" in capsys.readouterr().err


def test_other_points_are_noticed_in_a_canvas_that_writes_a_comma_too(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (SAMPLES / "canvas_semicolons.csv").read_text(encoding="utf-8").replace("7,00", "7,50")
    (tmp_path / "new.csv").write_text(text, encoding="utf-8")
    assert export(course, "canvas", tmp_path / "new.csv") == 3
    assert "tiny: 7 points here, 7.5 in Canvas" in capsys.readouterr().err


def test_two_assignments_do_not_go_to_one_column(
    course: Course, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "none")
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "course") as gradebook:
        gradebook.add_assignment("more")
        gradebook.add_notebook("practice", "more")
        gradebook.add_grade_cell("test", "practice", "more", max_score=5, cell_type="code")
    assert export(course, "canvas", "canvas.csv", "--column", "more=tiny") == 1
    assert "more and tiny both go to the column 'tiny (4711)'; export them one by" in capsys.readouterr().err
    assert not (course.root / "canvas.csv").exists()


def test_a_mark_whose_id_is_cased_otherwise_in_the_class_list_is_told(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (SAMPLES / "canvas.csv").read_text(encoding="utf-8").replace(",ada,", ",ADA,")
    (tmp_path / "new.csv").write_text(text, encoding="utf-8")
    assert export(course, "canvas", tmp_path / "new.csv") == 3
    assert "ada: not in the class list, which has 'ADA'; tiny, 5.5 of 7, is not in" in capsys.readouterr().err


def test_work_that_is_not_graded_of_somebody_who_is_not_listed_is_told(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    (course.submitted / "ivy" / "tiny").mkdir(parents=True)
    assert export(course, "canvas", "canvas.csv") == 3
    assert "ivy: not in the class list; tiny, not graded yet, is not in the file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sample", "more", "status", "message"),
    [
        (
            "moodle.csv",
            (),
            1,
            "is a class list of the kind 'moodle', not 'canvas': download the gradebook from",
        ),
        ("plain.csv", (), 1, "is a class list of the kind 'plain', not 'canvas'"),
        (
            "canvas.csv",
            ("--column", "tiny=Unit 9"),
            2,
            "no column 'Unit 9' for tiny; it has 'Unit 0: Warm-up",
        ),
        ("canvas.csv", ("--column", "tiny"), 2, "--column takes NAME=HEADING"),
        ("canvas.csv", ("--column", "huge=tiny"), 2, "--column names 'huge', which is not exported"),
        ("canvas.csv", ("--assignment", "tyni"), 2, "no released assignment 'tyni'"),
        ("canvas.csv", ("--class-list", "/nowhere.csv"), 1, "/nowhere.csv does not exist: download"),
    ],
)
def test_what_can_not_be_exported_is_one_line_and_writes_nothing(
    course: Course,
    sample: str,
    more: tuple[str, ...],
    status: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert export(course, "canvas", sample, *more) == status
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1
    assert not (course.root / "canvas.csv").exists()


def test_a_row_with_more_cells_than_headings_is_refused(
    course: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (SAMPLES / "canvas.csv").read_text().replace('"Late, Lin"', "Late, Lin")
    (tmp_path / "new.csv").write_text(text)
    assert export(course, "canvas", tmp_path / "new.csv") == 1
    assert "row 7: has more cells than there are headings" in capsys.readouterr().err


def test_options_of_one_format_are_refused_with_another(
    course: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--missing", "zero", "--course", str(course.root)]) == 2
    assert "go with --format canvas, moodle or blackboard" in capsys.readouterr().err


def test_nbgraders_own_table(course: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--format", "nbgrader", "--course", str(course.root)]) == 3
    rows = table(course.root / "grades.csv")
    assert column(rows, "student_id", "score")["obrien"] == "6.5"
    assert column(rows, "student_id", "raw_score")["obrien"] == "7.0"
    assert capsys.readouterr().err == (
        "autograder: +44alan: nbgrader writes '+44alan' without quotes, and its row can be misread\n"
    )


@pytest.mark.parametrize(
    ("sample", "first", "last"),
    [
        (
            "canvas_posted_by_hand.csv",
            "Student,ID,SIS Login ID,Section,tiny (4711)",
            '"Lovelace, Ada",1001,ada,LOSS-1,5.5',
        ),
        (
            "canvas_two_names.csv",
            "LastName,FirstName,ID,SIS User ID,SIS Login ID,Section,tiny (4711)",
            "Lovelace,Ada,1001,S-0815,ada,LOSS-1,5.5",
        ),
    ],
)
def test_other_forms_of_canvas_keep_their_headings(
    course: Course, sample: str, first: str, last: str
) -> None:
    export(course, "canvas", sample)
    lines = (course.root / "canvas.csv").read_text().splitlines()
    assert (lines[0], lines[-1]) == (first, last)
    assert lines[1].startswith("    Points Possible,")
    assert len(lines) == 3
