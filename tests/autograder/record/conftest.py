"""An assignment with cells of every kind, a class that hands it in, and its marks recorded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from sqlalchemy import select
from traitlets.config import Config

from autograder.course import CONFIG, FOLDERS, Course
from autograder.engine.quarantine import rebuild
from autograder.engine.source import load_source
from autograder.engine.verdict import GradedNotebook, Verdict
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
