"""Marks in the gradebook, compared column by column with what nbgrader's own autograde writes."""

from __future__ import annotations

import json
import pkgutil
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from nbformat import v4
from nbgrader.api import (  # type: ignore[import-untyped]
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.apps.api import NbGraderAPI  # type: ignore[import-untyped]
from nbgrader.plugins import BasePlugin  # type: ignore[import-untyped]
from sqlalchemy import event, select
from traitlets.config import Config

from autograder.course import CONFIG, FOLDERS, Course
from autograder.engine.quarantine import rebuild
from autograder.engine.source import load_source
from autograder.engine.verdict import GradedNotebook, Verdict, refused_notebook
from autograder.errors import AutograderError
from autograder.marks import NO_RESPONSE, read_marks
from autograder.nbgrader_session import NbGraderSession
from autograder.notebooks import new_cell, new_notebook, notebook_text, read_notebook
from autograder.record import Submission, late_penalty, record
from autograder.settings import load_config

DUE = datetime(2030, 5, 1, 12)
IN_TIME, LATE, LATER = datetime(2030, 5, 1, 11), datetime(2030, 5, 1, 13), datetime(2030, 5, 2)
RIGHT = "def double(x):\n    return 2 * x"
WRONG = "def double(x):\n    return x"
ERROR = v4.new_output("error", ename="AssertionError")  # type: ignore[no-untyped-call]
HALF = v4.new_output("execute_result", data={"text/plain": "0.5"})  # type: ignore[no-untyped-call]


class Quarter(BasePlugin):  # type: ignore[misc]
    """Takes a quarter off."""

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        assert total_seconds_late == 3600.0
        return score / 4


@dataclass(frozen=True)
class HandedIn:
    """What a student hands in: answers by grade id, and the points of each test; the rest is failed."""

    student: str
    timestamp: datetime | None
    answers: Mapping[str, str]
    points: Mapping[str, float]
    notebooks: tuple[str, ...] = ("p1", "p2")

    def verdicts(self, course: Course, notebook: str) -> GradedNotebook:
        most = load_source(course.source / "a1" / f"{notebook}.ipynb").max_points
        return GradedNotebook(notebook, tuple(self._verdict(test, most[test]) for test in most))

    def _verdict(self, test: str, most: float) -> Verdict:
        points = self.points.get(test, 0.0)
        return Verdict(test, "passed" if points == most else "partial" if points else "failed", points, most)


ADA = HandedIn(
    "ada",
    IN_TIME,
    {"code": RIGHT, "plot": "draw()", "essay": "Because."},
    {"test": 2.0, "share": 1.0, "p2-test": 3.0},
)
BOB = HandedIn("bob", LATE, {"code": WRONG, "essay": "Hm."}, {"share": 0.5, "p2-test": 3.0})
CYD = HandedIn("cyd", None, {"code": RIGHT}, {"test": 2.0}, ("p1",))
DAN = HandedIn("dan", LATE, {}, {})
CLASS = (ADA, BOB, CYD, DAN)


def cell(cell_type: str, name: str, source: str, **nbgrader: Any) -> Any:
    about = {"grade": False, "solution": False, "locked": False, "task": False} | nbgrader
    return new_cell(cell_type, source, name, {"nbgrader": {**about, "grade_id": name, "schema_version": 3}})


SOLUTION = "### BEGIN SOLUTION\n{}\n### END SOLUTION"
NOTEBOOKS = {
    "p1": [
        cell("code", "code", SOLUTION.format(RIGHT), solution=True),
        cell("code", "test", "assert double(1) == 2", grade=True, locked=True, points=2),
        cell("code", "share", "0.5", grade=True, locked=True, points=1),
        cell("code", "plot", SOLUTION.format("draw()"), grade=True, solution=True, points=3),
        cell("markdown", "essay", "Why?", grade=True, solution=True, points=4),
        cell("markdown", "task", "Do it.", task=True, locked=True, points=5),
    ],
    "p2": [
        cell("code", "p2-code", SOLUTION.format("y = 1"), solution=True),
        cell("code", "p2-test", "assert y == 1", grade=True, locked=True, points=3),
    ],
}


@pytest.fixture(scope="module")
def released_a1(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with manual, task and test cells, released, in which nothing is run again."""
    course = Course(tmp_path_factory.mktemp("a1") / "course")
    (course.source / "a1").mkdir(parents=True)
    folders = "".join(f"c.CourseDirectory.{folder}_directory = '{folder}'\n" for folder in FOLDERS)
    kept = "c.Execute.enabled = c.ClearOutput.enabled = False\n"  # as `nbgrader autograde --no-execute`
    (course.root / CONFIG).write_text(f"c = get_config()\n{folders}{kept}", encoding="utf-8")
    for name, cells in NOTEBOOKS.items():
        text = notebook_text(new_notebook(cells, {}))
        (course.source / "a1" / f"{name}.ipynb").write_text(text, encoding="utf-8")
    session = NbGraderSession(course)
    assert session.generate_assignment("a1", "release") is None
    with session.gradebook() as gradebook:
        gradebook.update_or_create_assignment("a1", duedate=DUE)
    return course


@pytest.fixture
def stock(released_a1: Course, tmp_path: Path) -> Course:
    """The course in which nbgrader grades."""
    return Course(Path(shutil.copytree(released_a1.root, tmp_path / "stock")))


@pytest.fixture
def ours(released_a1: Course, tmp_path: Path) -> Course:
    """The course in which `record` writes."""
    return Course(Path(shutil.copytree(released_a1.root, tmp_path / "ours")))


@pytest.fixture
def gradebook(ours: Course) -> Iterator[Gradebook]:
    with NbGraderSession(ours).gradebook() as opened:
        yield opened


def config(course: Course) -> Config:
    loaded = load_config(course)
    loaded.CourseDirectory.root = str(course.root)
    loaded.AssignLatePenalties.plugin_class = Quarter
    return loaded


def filled_in(course: Course, work: HandedIn, notebook: str) -> str:
    """The notebook that a student hands in, with the outputs that stock nbgrader takes the points from."""
    released = read_notebook(course.release / "a1" / f"{notebook}.ipynb")
    for one in released.cells:
        name = one.metadata.nbgrader.grade_id
        one.source = work.answers.get(name, one.source)
        if name in ("test", "p2-test") and name not in work.points:
            one.outputs = [ERROR]
        elif name == "share":
            one.outputs = [HALF] if work.points.get(name) == 0.5 else [] if name in work.points else [ERROR]
    return notebook_text(released)


def hand_in(course: Course, work: HandedIn) -> None:
    folder = course.submitted / work.student / "a1"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for notebook in work.notebooks:
        (folder / f"{notebook}.ipynb").write_text(filled_in(course, work, notebook), encoding="utf-8")
    if work.timestamp:
        (folder / "timestamp.txt").write_text(f"{work.timestamp} UTC", encoding="utf-8")


def grade_with_nbgrader(course: Course, *works: HandedIn) -> None:
    api = NbGraderAPI(config=config(course))
    for work in works:
        hand_in(course, work)
        result = api.autograde("a1", work.student)
        assert result["success"], result["error"]


def submission(course: Course, work: HandedIn) -> Submission:
    return Submission(
        work.student,
        work.timestamp,
        {name: work.verdicts(course, name) for name in work.notebooks},
        {
            name: rebuild(
                load_source(course.source / "a1" / f"{name}.ipynb"), filled_in(course, work, name).encode()
            ).notebook
            for name in work.notebooks
        },
    )


def record_all(gradebook: Gradebook, course: Course, *works: HandedIn) -> None:
    penalty = late_penalty(config(course))
    submissions = [submission(course, work) for work in works]
    assert record(gradebook, course.autograded, "a1", submissions, penalty) == {}


def rows(gradebook: Gradebook) -> list[tuple[str, list[tuple[str, Any]]]]:
    """All rows about submissions with all columns, names in the place of ids."""
    db = gradebook.db
    named = dict(db.execute(select(Notebook.id, Notebook.name)).all())
    named |= {id: f"{name} ({kind})" for id, name, kind in db.execute(
        select(BaseCell.id, BaseCell.name, BaseCell.type)
    )}  # fmt: skip
    for id, student in db.execute(select(SubmittedAssignment.id, SubmittedAssignment.student_id)):
        named[id] = f"of {student}"
    for id, owner, notebook in db.execute(
        select(SubmittedNotebook.id, SubmittedNotebook.assignment_id, SubmittedNotebook.notebook_id)
    ):
        named[id] = f"{named[notebook]} {named[owner]}"
    found = []
    for table in (Student, SubmittedAssignment, SubmittedNotebook, Grade, Comment):
        for row in db.execute(select(table.__table__)).mappings():
            columns = [(name, named.get(value, value)) for name, value in row.items()]
            if table in (SubmittedAssignment, Grade, Comment):
                columns = [(name, value) for name, value in columns if name not in ("id", "assignment_id")]
            found.append((table.__tablename__, columns))
    return sorted(found, key=repr)


def rows_of(course: Course) -> list[tuple[str, list[tuple[str, Any]]]]:
    with NbGraderSession(course).gradebook() as opened:
        return rows(opened)


def mark_by_hand(gradebook: Gradebook) -> None:
    """What a person does in formgrader."""
    essay = gradebook.find_grade("essay", "p1", "a1", "bob")
    essay.manual_score, essay.extra_credit, essay.needs_manual_grade = 3.0, 0.5, False
    test = gradebook.find_grade("test", "p1", "a1", "bob")
    test.extra_credit = 1.0
    gradebook.find_comment("essay", "p1", "a1", "bob").manual_comment = "Say more."
    task = gradebook.find_grade("task", "p1", "a1", "bob")
    task.manual_score, task.needs_manual_grade = 5.0, False
    gradebook.find_submission_notebook("p1", "a1", "bob").flagged = True
    gradebook.db.commit()


def without_remarks(found: list[tuple[str, list[tuple[str, Any]]]]) -> list[Any]:
    """Take out what stock nbgrader leaves unsaid: that a notebook was not handed in."""
    said = ("auto_comment", "p2.ipynb was not handed in")
    return [
        (table, [("auto_comment", None) if c == said else c for c in columns]) for table, columns in found
    ]


def test_the_rows_are_those_of_nbgrader(stock: Course, ours: Course, gradebook: Gradebook) -> None:
    grade_with_nbgrader(stock, *CLASS)
    record_all(gradebook, ours, *CLASS)
    assert without_remarks(rows(gradebook)) == rows_of(stock)

    grades = gradebook.find_submission_notebook("p1", "a1", "bob").grades
    assert {(grade.name, grade.auto_score, grade.needs_manual_grade) for grade in grades} == {
        ("test", 0, False),
        ("share", 0.5, False),
        ("plot", 0, False),
        ("essay", None, True),
        ("task", None, True),
    }
    assert gradebook.find_submission_notebook("p2", "a1", "bob").late_submission_penalty == 0.75


def test_so_they_are_when_work_is_handed_in_again_after_marking_by_hand(
    stock: Course, ours: Course, gradebook: Gradebook
) -> None:
    first = (ADA, BOB, CYD)
    grade_with_nbgrader(stock, *first)
    record_all(gradebook, ours, *first)
    with NbGraderSession(stock).gradebook() as theirs:
        mark_by_hand(theirs)
        theirs.grant_extension("a1", "bob", hours=11)
    mark_by_hand(gradebook)
    gradebook.grant_extension("a1", "bob", hours=11)

    again = (
        replace(BOB, timestamp=LATER, answers={"code": RIGHT, "essay": "Hm!"}, points={"test": 2.0}),
        replace(CYD, notebooks=("p1", "p2"), points={"p2-test": 3.0}),
        replace(ADA, timestamp=None, answers={}, points={}),
    )
    grade_with_nbgrader(stock, *again)
    record_all(gradebook, ours, *again)
    assert rows(gradebook) == rows_of(stock)

    p1 = gradebook.find_submission_notebook("p1", "a1", "bob")
    # test 2 + 1 extra, essay 3 + 0.5 extra, task 5; a quarter of it off, an hour after the extension
    assert (p1.score, p1.late_submission_penalty, p1.flagged) == (11.5, 2.875, True)


def test_recording_the_same_again_changes_nothing(
    ours: Course, gradebook: Gradebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_all(gradebook, ours, *CLASS)
    before = rows(gradebook), sorted(ours.autograded.rglob("*"))
    written: list[str] = []
    event.listen(
        gradebook.engine, "before_cursor_execute", lambda *given: written.append(given[2].split()[0])
    )
    monkeypatch.setattr(
        "autograder.autograded.os.replace", lambda *_: pytest.fail("a file was written again")
    )
    record_all(gradebook, ours, *CLASS)
    assert (rows(gradebook), sorted(ours.autograded.rglob("*"))) == before
    assert written.count("INSERT") == 0
    assert written.count("UPDATE") == 1  # the one that takes the lock


def test_a_test_without_a_verdict_gets_nothing(ours: Course, gradebook: Gradebook) -> None:
    silent = replace(submission(ours, ADA), notebooks={"p1": GradedNotebook("p1", ())})
    record(gradebook, ours.autograded, "a1", [silent], lambda *_: None)
    grades = {grade.name: grade for grade in gradebook.find_submission_notebook("p1", "a1", "ada").grades}
    assert (grades["test"].auto_score, grades["test"].needs_manual_grade) == (0.0, False)


def test_a_refused_notebook_gets_nothing_and_its_marks_by_hand_are_to_be_reviewed(
    ours: Course, gradebook: Gradebook
) -> None:
    record_all(gradebook, ours, BOB)
    mark_by_hand(gradebook)
    most = load_source(ours.source / "a1" / "p1.ipynb").max_points
    refused = replace(
        submission(ours, BOB),
        notebooks={"p1": refused_notebook("p1", most, "p1.ipynb was refused: it\x00 is empty")},
        rebuilt={},
        missing={"p2": "p2.ipynb was not handed in (the folder holds 'p2 (1).ipynb')"},
    )
    record(gradebook, ours.autograded, "a1", [refused], late_penalty(config(ours)))
    p1 = gradebook.find_submission_notebook("p1", "a1", "bob")
    assert {grade.auto_score for grade in p1.grades} == {0.0}
    assert {grade.name for grade in p1.grades if grade.needs_manual_grade} == {"essay", "task"}
    assert p1.late_submission_penalty is None
    assert {comment.auto_comment for comment in p1.comments} == {"p1.ipynb was refused: it is empty"}
    (mark,) = read_marks(gradebook, "a1")
    assert mark.remarks[0] == "p1.ipynb was refused: it is empty"
    assert mark.remarks[-1].startswith("p2.ipynb was not handed in (the folder holds")
    assert [path.name for path in (ours.autograded / "bob" / "a1").iterdir()] == ["timestamp.txt"]

    record_all(gradebook, ours, replace(BOB, timestamp=IN_TIME))
    task = gradebook.find_grade("task", "p1", "a1", "bob")
    assert (task.auto_score, task.manual_score, task.needs_manual_grade) == (None, 5.0, True)


def test_what_ran_out_of_time_or_crashed_is_said_on_the_first_answer(
    ours: Course, gradebook: Gradebook
) -> None:
    verdicts = (Verdict("test", "timeout", 0, 2), Verdict("share", "crashed", 0, 1))
    graded = GradedNotebook("p1", verdicts, remarks=("cell 3 was left out",))
    slow = replace(submission(ours, DAN), timestamp=None, notebooks={"p1": graded})
    record(gradebook, ours.autograded, "a1", [slow], lambda *_: None)
    comments = {
        c.name: c.auto_comment for c in gradebook.find_submission_notebook("p1", "a1", "dan").comments
    }
    ran, crashed = "p1.ipynb: tests that ran out of time: 1", "p1.ipynb: tests that crashed: 1"
    assert comments == {
        "code": f"{ran}; {crashed}; cell 3 was left out",
        "plot": NO_RESPONSE,
        "essay": NO_RESPONSE,
        "task": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            Verdict("tset", "failed", 0, 2),
            "the gradebook knows no test cell 'tset'; run `autograder release a1`",
        ),
        (Verdict("essay", "passed", 4, 4), "the gradebook knows no test cell 'essay'"),
        (Verdict("test", "passed", 9, 9), r"p1\.ipynb, test: worth 9 in source/ but 2 in the gradebook"),
    ],
)
def test_verdicts_of_another_version_of_the_assignment_are_not_recorded(
    ours: Course, gradebook: Gradebook, changed: Verdict, message: str
) -> None:
    odd = replace(submission(ours, BOB), notebooks={"p1": GradedNotebook("p1", (changed,))})
    with pytest.raises(AutograderError, match=message):
        record(gradebook, ours.autograded, "a1", [submission(ours, ADA), odd], lambda *_: None)
    assert rows(gradebook) == []
    with pytest.raises(AutograderError, match="a2 is not released yet"):
        record(gradebook, ours.autograded, "a2", [], lambda *_: None)


@pytest.mark.parametrize("answer", [float("nan"), "much"])
def test_a_rule_for_late_work_that_fails_is_reported_and_nothing_is_recorded(
    ours: Course, gradebook: Gradebook, answer: Any
) -> None:
    with pytest.raises(AutograderError, match=r"the rule for late submissions .* for bob"):
        record(gradebook, ours.autograded, "a1", [submission(ours, w) for w in CLASS], lambda *_: answer)
    assert rows(gradebook) == []


@pytest.mark.parametrize(("asked", "taken_off"), [(-1.0, 0.0), (99.0, 3.0), (None, None)])
def test_a_penalty_is_kept_between_nothing_and_the_score(
    ours: Course, gradebook: Gradebook, asked: float | None, taken_off: float | None
) -> None:
    record(gradebook, ours.autograded, "a1", [submission(ours, BOB)], lambda *_: asked)
    assert gradebook.find_submission_notebook("p2", "a1", "bob").late_submission_penalty == taken_off


def test_of_a_batch_that_breaks_off_nothing_is_seen(
    ours: Course, gradebook: Gradebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_all(gradebook, ours, ADA)
    before = rows(gradebook)
    monkeypatch.setattr("autograder.record.insert", _killed_at(4, "autograder.record.insert"))
    with pytest.raises(KeyboardInterrupt):
        record_all(gradebook, ours, *CLASS)
    assert rows(gradebook) == before
    assert [path.name for path in ours.autograded.iterdir()] == ["ada"]


def test_killed_anywhere_a_rerun_ends_with_the_same_gradebook_and_files(
    ours: Course, gradebook: Gradebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every call that writes something is where it is broken off once."""
    record_all(gradebook, ours, *CLASS)
    wanted = rows(gradebook), files(ours)
    steps = ["autograder.record.insert", "autograder.record.update", "autograder.autograded.os.replace",
             "autograder.autograded.os.unlink", "autograder.record.write_autograded"]  # fmt: skip
    broken_off = 0
    for step in steps:
        for call in range(1, 20):
            course = Course(Path(shutil.copytree(tmp_path / "ours", tmp_path / f"{step}-{call}")))
            shutil.rmtree(course.autograded / "ada")
            with NbGraderSession(course).gradebook() as opened:
                opened.remove_student("ada")
                record_all(
                    opened, course, replace(BOB, answers={}, points={}), replace(CYD, notebooks=("p2",))
                )
                with monkeypatch.context() as patch:
                    patch.setattr(step, _killed_at(call, step))
                    try:
                        record_all(opened, course, *CLASS)
                    except KeyboardInterrupt:
                        broken_off += 1
                    else:
                        break
            with NbGraderSession(course).gradebook() as opened:
                record_all(opened, course, *CLASS)
                assert (rows(opened), files(course)) == wanted, (step, call)
    assert broken_off > 15


def _killed_at(number: int, step: str) -> Any:
    original = pkgutil.resolve_name(step)
    calls = iter(range(1, 1000))

    def step_once(*given: Any, **named: Any) -> Any:
        if next(calls) == number:
            raise KeyboardInterrupt
        return original(*given, **named)

    return step_once


def files(course: Course) -> dict[str, bytes]:
    return {
        str(path.relative_to(course.root)): path.read_bytes()
        for path in course.autograded.rglob("*")
        if path.is_file()
    }


def test_a_student_whose_folder_can_not_be_written_is_named_and_the_others_are_written(
    ours: Course, gradebook: Gradebook
) -> None:
    ours.autograded.mkdir()
    (ours.autograded / "ada").write_text("a file")
    problems = record(
        gradebook, ours.autograded, "a1", [submission(ours, ADA), submission(ours, BOB)], lambda *_: None
    )
    assert list(problems) == ["ada"]
    assert "can't be written (Not a directory)" in problems["ada"]
    assert gradebook.find_submission("a1", "ada").score == 6
    assert json.loads((ours.autograded / "bob" / "a1" / "p1.ipynb").read_text("utf-8"))["nbformat"] == 4


def test_a_class_costs_a_few_queries(ours: Course, gradebook: Gradebook) -> None:
    """The number of statements stays the same however many students there are."""
    statements: list[str] = []
    event.listen(gradebook.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    penalty = late_penalty(config(ours))
    numbers = []
    for size in (3, 40):
        submissions = [replace(submission(ours, ADA), student=f"{size}-{n}") for n in range(size)]
        statements.clear()
        record(gradebook, ours.autograded, "a1", submissions, penalty)
        numbers.append(len(statements))
    assert numbers[0] == numbers[1] < 25
