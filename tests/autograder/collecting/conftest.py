"""A course with the tiny assignment, class lists as the systems export them, and zips as they make them."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from autograder.assignment import load_assignment
from autograder.convert import source_notebooks
from autograder.course import Course, init_course
from autograder.notebooks import new_cell, notebook_text

FIXTURES = Path(__file__).parents[1] / "fixtures"

CANVAS_LIST = """\
Student,ID,SIS Login ID,Section,Practice 1 (77)
    Points Possible,,,,10
"Lovelace, Ada",1815,ada,S1,
"Babbage, Charles",1791,charles,S1,
"O'Neil, Zoë-Ann",1900,zoe,S1,
"""
MOODLE_LIST = """\
First name,Last name,ID number,Email address
Ada,Lovelace,ada,ada@example.org
Charles,Babbage,charles,charles@example.org
Zoë-Ann,O'Neil,zoe,zoe@example.org
Grace,Hopper,grace1,grace1@example.org
Grace,Hopper,grace2,grace2@example.org
"""
BLACKBOARD_LIST = """\
Last Name,First Name,Username,Student ID
Lovelace,Ada,ada,1
Babbage,Charles,c_babbage,2
Babbage,Other,babbage,3
"""

Zip = Callable[..., Path]


@pytest.fixture(scope="session")
def course_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return init_course(tmp_path_factory.mktemp("collecting") / "course", ["tiny"], FIXTURES).root


@pytest.fixture
def course(course_once: Path, tmp_path: Path) -> Course:
    """A course with the assignment `tiny`, to which nothing was handed in."""
    return Course(Path(shutil.copytree(course_once, tmp_path / "course")))


@pytest.fixture(scope="session")
def work() -> Callable[..., bytes]:
    """`work("ada 1")` is a practice notebook that says "ada 1"; `work("ada 1", "quiz")` a quiz."""
    assignment = load_assignment("tiny", FIXTURES)

    def _work(text: str, notebook: str = "practice") -> bytes:
        written = source_notebooks(assignment)[notebook]
        written.cells.append(new_cell("markdown", text, "mine", {}))
        return notebook_text(written).encode()

    return _work


@pytest.fixture
def make_zip(tmp_path: Path) -> Zip:
    """`make_zip({"a.ipynb": b"…"}, "2027-01-10 12:00:00")` makes a zip whose files have that time."""

    def _make_zip(
        files: Mapping[str, bytes], time: str = "2027-01-10 12:00:00", name: str = "submissions.zip"
    ) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w") as archive:
            for inside, content in files.items():
                at = datetime.fromisoformat(time)
                info = zipfile.ZipInfo(inside, (at.year, at.month, at.day, at.hour, at.minute, at.second))
                info.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(info, content)
        return path

    return _make_zip


@pytest.fixture
def with_deadline(course: Course) -> Course:
    """The same course, with a deadline on 15 January at noon, UTC."""
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.Autograder.deadlines = {"tiny": "2027-01-15 12:00 UTC"}\n')
    return course


def class_list(course: Course, text: str) -> None:
    """Import a class list."""
    (course.root / "class_list.csv").write_text(text, encoding="utf-8")


def attempts(course: Course, student: str) -> list[str]:
    """Name a student's attempts, the first one first."""
    folder = course.root / "attempts" / student / "tiny"
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.exists() else []


def submitted(course: Course, student: str, file: str = "practice.ipynb") -> bytes:
    """Read what counts for a student."""
    return (course.submitted / student / "tiny" / file).read_bytes()
