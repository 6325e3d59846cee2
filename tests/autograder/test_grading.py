"""A small class from release to marks and feedback, with submissions that go wrong in many ways."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.validator import Validator  # type: ignore[import-untyped]

from autograder.cli import main
from autograder.course import Course, init_course
from autograder.errors import AutograderError
from autograder.feedback import feedback
from autograder.grade_class import ClassGrading, Options, grade, quiet
from autograder.notebooks import notebook_text, read_notebook
from autograder.sample_class import load_sample_class, make_sample_class
from tests.autograder.conftest import RIGHT

FIXTURES = Path(__file__).parent / "fixtures"
HandIn = Callable[..., Path]
Snapshot = Callable[[Path], dict[str, bytes]]

WRONG = {"double-code": "def double(x):\n    return x", "half-code": "def half(x):\n    return x"}


def exported(course: Course) -> dict[str, dict[str, str]]:
    """The exported rows by student."""
    assert main(["export", "--course", str(course.root)]) == 0
    with (course.root / "marks.csv").open(newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_the_sample_class_gets_the_marks_written_by_hand(
    released: Course, capfd: pytest.CaptureFixture[str]
) -> None:
    students = make_sample_class(released, "tiny", FIXTURES)
    assert [student.id for student in students] == ["ada", "bob", "cyd", "dan"]
    capfd.readouterr()

    assert main(["grade", "tiny", "--course", str(released.root), "--progress"]) == 3
    output, errors = capfd.readouterr()
    assert output.splitlines() == [
        "student  practice  quiz  total  max",
        "ada             5     5     10   10",
        "bob             3     0      3   10",
        "cyd             5     3      8   10",
        "dan             3     0      3   10",
    ]
    *steps, attention = errors.splitlines()
    assert attention == "autograder: dan: quiz.ipynb was not handed in"
    counts, finished = zip(*map(str.split, steps), strict=True)
    assert counts == ("[1/4]", "[2/4]", "[3/4]", "[4/4]")
    assert set(finished) == {"ada", "bob", "cyd", "dan"}  # in whatever order they are done

    rows = exported(released)
    for student in load_sample_class(FIXTURES / "tiny" / "sample_class.yml"):
        assert {name: float(rows[student.id][name]) for name in student.marks} == student.marks

    assert feedback(released, "tiny").problems == ()
    pages = {
        path.parent.parent.name: path.read_text("utf-8")
        for path in released.feedback.glob("*/tiny/quiz.html")
    }
    assert set(pages) == {"ada", "bob", "cyd", "dan"}
    assert "That is one of the two." in pages["cyd"]
    assert "Question 4: give" in pages["cyd"]
    assert "Question 1 is not answered yet." in pages["bob"]
    assert "quiz.ipynb was not handed in" in pages["dan"]

    before = exported(released)
    with pytest.raises(AutograderError, match=r"ada/tiny exists already; nothing was changed"):
        make_sample_class(released, "tiny", FIXTURES)
    assert exported(released) == before


def test_a_dangling_link_stands_in_the_way_of_the_sample_class(released: Course) -> None:
    (released.submitted / "ada").mkdir(parents=True)
    (released.submitted / "ada" / "tiny").symlink_to(released.root / "nowhere")
    with pytest.raises(AutograderError, match=r"ada/tiny exists already; nothing was changed"):
        make_sample_class(released, "tiny", FIXTURES)
    assert [path.name for path in released.submitted.iterdir()] == ["ada"]


def test_a_broken_submission_costs_its_own_marks_only(
    released: Course, hand_in: HandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    dead = hand_in("a-dead", RIGHT | {"half-code": "import os\nos._exit(0)"})
    (dead.parent / "error accessing the nbgrader database.txt").touch()  # must not pass for a real one
    hand_in("b-text", RIGHT).write_text("not a notebook")
    copied = hand_in("c-copy", RIGHT)
    notebook = json.loads(copied.read_text(encoding="utf-8"))
    notebook["cells"].append({**notebook["cells"][-1], "id": "another"})
    copied.write_text(json.dumps(notebook))
    future = hand_in("d-schema", RIGHT)
    future.write_text(future.read_text().replace('"schema_version": 3', '"schema_version": 99'))
    hand_in("e-link", RIGHT)
    (released.submitted / "e-link" / "tiny" / "notes.txt").symlink_to(released.root / "gradebook.db")
    hand_in("f*", RIGHT)
    hand_in("g-loop", RIGHT | {"half-code": "while True:\n    pass"})
    (hand_in("h-fine", RIGHT).parent / "timestamp.txt").write_text("yesterday-ish")
    (released.submitted / "i.zip").write_bytes(b"PK")

    assert main(["grade", "tiny", "--course", str(released.root), "--timeout", "3"]) == 3
    output, errors = capsys.readouterr()
    assert [line.split()[:2] for line in output.splitlines()[1:]] == [
        ["a-dead", "2"], ["b-text", "0"], ["c-copy", "5"], ["d-schema", "5"], ["e-link", "0"],
        ["g-loop", "2"], ["h-fine", "5"],
    ]  # fmt: skip
    for line in (
        "'f*' in submitted/ can't be a student id: it contains '*'; not graded",
        "'i.zip' in submitted/ is a file, not the folder of a student; not graded",
        "a-dead: practice.ipynb: crashed: half-values",
        "b-text: practice.ipynb was refused: it is not a notebook, because it is not JSON",
        "c-copy: practice.ipynb: cell 9 is a copy of the locked cell 'half-values' and was left out",
        "e-link: refused: 'notes.txt' is a symbolic link; replace it by the file itself",
        "h-fine: timestamp.txt holds no date and was left aside: whether it came late is not known",
    ):
        assert any(said.startswith(f"autograder: {line}") for said in errors.splitlines()), line
    assert "Traceback" not in errors

    rows = exported(released)
    assert set(rows) == {"a-dead", "b-text", "c-copy", "d-schema", "e-link", "g-loop", "h-fine"}
    assert rows["b-text"]["total"] == "0"
    assert rows["b-text"]["remarks"].startswith("practice.ipynb was refused: it is not a notebook")
    assert "practice.ipynb: crashed: half-values" in rows["a-dead"]["remarks"]
    assert list((released.autograded / "e-link").rglob("*.*")) == []

    hand_in("b-text", RIGHT)
    hand_in("b-text", {"tiny-choice": 'answer_1 = "b"'}, notebook="quiz")
    assert main(["grade", "tiny", "--course", str(released.root), "--student", "b-text"]) == 0
    rows = exported(released)
    assert (rows["b-text"]["practice"], rows["b-text"]["quiz"], rows["b-text"]["remarks"]) == ("5", "1", "")
    assert rows["a-dead"]["practice"] == "2"


def test_a_mark_does_not_outlive_the_work_it_was_given_for(released: Course, hand_in: HandIn) -> None:
    path = hand_in("ada", RIGHT)
    assert grade(released, "tiny").marks[0].total == 5
    path.write_text("{")
    assert grade(released, "tiny").marks[0].total == 0


def test_tests_that_students_tag_delete_or_edit_run_as_they_were_written(
    released: Course, hand_in: HandIn
) -> None:
    tagged = hand_in("tagged", WRONG)
    notebook = read_notebook(tagged)
    for cell in notebook.cells:
        cell.metadata.tags = ["skip-execution"]
    tagged.write_text(notebook_text(notebook), encoding="utf-8")
    edited = hand_in("edited", WRONG)
    notebook = read_notebook(edited)
    for cell in notebook.cells:
        cell.source = cell.source.replace("assert", "# assert")
    edited.write_text(notebook_text(notebook), encoding="utf-8")
    deleted = hand_in("deleted", RIGHT)
    notebook = read_notebook(deleted)
    notebook.cells.pop()
    deleted.write_text(notebook_text(notebook), encoding="utf-8")

    report = grade(released, "tiny")
    assert {mark.student: mark.total for mark in report.marks} == {"deleted": 5, "edited": 0, "tagged": 0}
    said = "deleted: practice.ipynb: locked cells were deleted and put back: 'half-values'"
    assert said in report.problems


def test_a_warning_and_words_on_stderr_cost_nothing(released: Course, hand_in: HandIn) -> None:
    noisy = """\
def half(x):
    print("dividing", file=sys.stderr)
    warnings.warn("dividing")
    return x / 2
"""
    hand_in("ada", RIGHT | {"half-code": f"import sys\n{noisy}"})
    assert grade(released, "tiny").marks[0].scores["practice"] == 5


def test_students_code_does_not_reach_the_terminal(
    released: Course, hand_in: HandIn, capfd: pytest.CaptureFixture[str]
) -> None:
    forged = "import os\nos.write(1, b'ada 100')\nos.write(2, b'all is well')\n"
    hand_in("ada", {"double-code": forged + WRONG["double-code"]})
    capfd.readouterr()
    main(["grade", "tiny", "--course", str(released.root)])
    output, errors = capfd.readouterr()
    assert "100" not in output
    assert errors == "autograder: ada: quiz.ipynb was not handed in\n"


def test_files_of_a_student_do_not_stand_in_for_the_reference_or_the_grader(
    released: Course, hand_in: HandIn
) -> None:
    folder = hand_in("ada", {"tiny-choice": 'answer_1 = "b"'}, notebook="quiz").parent
    (folder / "solutions.py").write_text("x = 1")
    (folder / "numpy.py").write_text("raise SystemExit")
    folder = hand_in("bob", {"tiny-choice": 'answer_1 = "a"'}, notebook="quiz").parent
    (folder / "autograder").mkdir()
    (folder / "autograder" / "__init__.py").touch()
    (folder / "autograder" / "quiz.py").write_text("grade_answer = lambda *_: None")
    report = grade(released, "tiny")
    assert {mark.student: mark.scores["quiz"] for mark in report.marks} == {"ada": 1, "bob": 0}
    said = "ada: 'numpy.py', 'solutions.py' can't be imported: only code in the notebooks counts"
    assert said in report.problems


def test_students_code_leaves_nothing_for_the_next_one(released: Course, hand_in: HandIn) -> None:
    leave = """\
import builtins, pathlib
builtins.half = lambda x: x / 2
for folder in (pathlib.Path("/private"), pathlib.Path.home(), pathlib.Path.cwd(), pathlib.Path("/dev/shm")):
    (folder / "half.txt").write_text("lambda x: x / 2")
    (folder / ".ipython/profile_default/startup").mkdir(parents=True, exist_ok=True)
    (folder / ".ipython/profile_default/startup/half.py").write_text("half = lambda x: x / 2")
"""
    find = """\
import pathlib
half = next(
    eval((folder / "half.txt").read_text())
    for folder in map(pathlib.Path, ("/private", pathlib.Path.home(), pathlib.Path.cwd(), "/dev/shm"))
    if (folder / "half.txt").exists()
)
"""
    hand_in("ada", {"double-code": leave + RIGHT["double-code"], "half-code": find})
    hand_in("bob", {"half-code": find})
    hand_in("cyd", {"half-code": "half"})
    report = grade(released, "tiny", Options(jobs=1))  # one after the other, in one jail
    # Within one notebook it works, so what bob and cyd lack is what ada left.
    assert {mark.student: mark.total for mark in report.marks} == {"ada": 5, "bob": 0, "cyd": 0}


def test_feedback_holds_no_script_of_a_student(released: Course, hand_in: HandIn) -> None:
    script = (
        "from IPython.display import HTML, display\ndisplay(HTML('<script>steal()</script><b>bold</b>'))\n"
    )
    hand_in("ada", {"double-code": script + RIGHT["double-code"]})
    grade(released, "tiny")
    feedback(released, "tiny")
    page = (released.feedback / "ada" / "tiny" / "practice.html").read_text(encoding="utf-8")
    assert "<b>bold</b>" in page
    assert "<script>steal()" not in page


def test_stock_validate_passes_the_solved_notebook_and_not_the_blank_one(
    released: Course, hand_in: HandIn
) -> None:
    solved, blank = hand_in("ada", RIGHT), hand_in("bob", {})
    assert "failed" not in Validator().validate(str(solved))
    assert len(Validator().validate(str(blank))["failed"]) == 2


# --- refusals, with nothing changed


@pytest.mark.parametrize(
    ("status", "arguments", "message"),
    [
        (
            2,
            ["release", "tinny"],
            r"no assignment 'tinny' in \S+/source\. Did you mean 'tiny'\? Known: tiny\.",
        ),
        (2, ["grade", "tinny"], r"no assignment 'tinny' in \S+/source\. Did you mean 'tiny'\?"),
        (
            1,
            ["grade", "tiny"],
            r"submitted holds no submission of tiny\. Put each in submitted/STUDENT/tiny/",
        ),
        (
            2,
            ["grade", "tiny", "--student", "ada"],
            r": there is no submission of tiny by 'ada' in \S+submitted",
        ),
        (
            2,
            ["grade", "tiny", "--student", "../ada"],
            r"'\.\./ada' can't be a student id: it starts with a dot",
        ),
        (2, ["grade", "tiny", "--student", ""], r"'' can't be a student id: it is empty"),
        (
            2,
            ["grade", "tiny", "--isolation", "process"],
            r"without a jail .* add --i-trust-these-submissions",
        ),
        (1, ["feedback", "tiny"], r"nobody's tiny is graded yet: run `autograder grade tiny` first"),
        (1, ["export"], r"has no marks yet: release an assignment and grade it first"),
        (2, ["sample-class", "tiny"], r"no assignment with a sample class 'tiny'"),
    ],
)
def test_what_can_not_be_done_is_one_line(
    released: Course,
    status: int,
    arguments: list[str],
    message: str,
    snapshot: Snapshot,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = snapshot(released.root)
    assert main([*arguments, "--course", str(released.root)]) == status
    output, errors = capsys.readouterr()
    assert output == ""
    assert len(errors.splitlines()) == 1
    assert re.search(message, errors)
    assert snapshot(released.root) == before


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["grade", "tiny"], "tiny is not released yet: run `autograder release tiny` first"),
        (["feedback", "tiny"], "nobody's tiny is graded yet"),
        (["export"], "has no marks yet"),
    ],
)
def test_before_a_release_nothing_is_written(
    tmp_path: Path, command: list[str], message: str, snapshot: Snapshot, capsys: pytest.CaptureFixture[str]
) -> None:
    course = init_course(tmp_path / "course", ["tiny"], FIXTURES)
    (course.submitted / "ada" / "tiny").mkdir(parents=True)
    before = snapshot(course.root)
    assert main([*command, "--course", str(course.root)]) == 1
    assert message in capsys.readouterr().err
    assert snapshot(course.root) == before


def test_a_gradebook_that_is_no_database_is_named(released: Course, hand_in: HandIn) -> None:
    hand_in("ada", RIGHT)
    (released.root / "gradebook.db").write_bytes(b"these are not the marks you are looking for" * 100)
    with pytest.raises(
        AutograderError, match=r"gradebook\.db: the gradebook can't be used: .*not a database"
    ):
        grade(released, "tiny")


def test_where_no_grading_process_can_start_nobody_gets_a_mark(
    released: Course, hand_in: HandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in("ada", RIGHT)
    (tmp_path / "autograder.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(AutograderError, match="start"):
        grade(released, "tiny")
    monkeypatch.undo()
    assert main(["export", "--course", str(released.root)]) == 1  # there are no marks


def test_marks_and_remarks_are_given_as_json_too(
    released: Course, hand_in: HandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in("ada", RIGHT)
    assert main(["grade", "tiny", "--course", str(released.root), "--jobs", "1", "--json"]) == 3
    output = json.loads(capsys.readouterr().out)
    assert output["marks"][0]["student"] == "ada"
    assert output["marks"][0]["scores"] == {"practice": 5, "quiz": 0}
    assert output["problems"] == ["ada: quiz.ipynb was not handed in"]


def test_without_a_jail_the_verdicts_say_so(
    released: Course, hand_in: HandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in("ada", RIGHT)
    arguments = ["grade", "tiny", "--course", str(released.root), "--isolation", "process"]
    assert main([*arguments, "--i-trust-these-submissions"]) == 3
    trusted = ClassGrading(released, "tiny", Options(isolation="process"), quiet)
    assert trusted.run().marks[0].scores["practice"] == 5
    assert trusted.results["ada", "practice"].isolation == "process"
    jailed = ClassGrading(released, "tiny", Options(), quiet)
    jailed.run()  # a verdict that was given without a jail does not do
    assert jailed.results["ada", "practice"].isolation == "jail"
