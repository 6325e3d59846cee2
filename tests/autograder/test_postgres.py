"""The gradebook on PostgreSQL: the same marks, from every command; several may write at the same time."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from autograder.course import Course
from autograder.errors import AutograderError
from autograder.nbgrader_session import NbGraderSession
from tests.conftest import autograder
from tests.postgres import Postgres

pytestmark = pytest.mark.runs_in_ci
MARKS = {"ada": 10.0, "bob": 3.0, "cyd": 8.0, "dan": 3.0}


@pytest.fixture
def assignments(package_with_fixtures: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command knows the tiny assignment and no other."""
    monkeypatch.chdir(tmp_path)  # where Python finds no other package first
    monkeypatch.setenv("PYTHONPATH", package_with_fixtures)


def make_class(root: Path, *more: str) -> Course:
    """A course in which the tiny assignment was handed in."""
    root.parent.mkdir(exist_ok=True)
    for step in (["init", root, *more], ["release", "tiny"], ["sample-class", "tiny"]):
        done = autograder(*step, *(() if step[0] == "init" else ("--course", root)))
        assert done.returncode == 0, done.stderr
    return Course(root)


def run(course: Course, *step: str, status: int = 0) -> str:
    done = autograder(*step, "--course", course.root)
    assert done.returncode == status, done.stderr
    said = done.stdout + done.stderr
    return said.replace(str(course.root), "COURSE").replace(os.path.relpath(course.root), "COURSE")


def exported(course: Course) -> dict[str, float]:
    run(course, "export")
    with (course.root / "marks.csv").open() as file:
        return {row["student"]: float(row["total"]) for row in csv.DictReader(file)}


@pytest.mark.usefixtures("assignments")
def test_every_command_says_and_writes_the_same_as_with_a_file(postgres: Postgres, tmp_path: Path) -> None:
    courses = [
        make_class(tmp_path / "file" / "course"),
        make_class(tmp_path / "server" / "course", "--db", postgres.new_database()),
    ]
    told: list[list[str]] = []
    for course in courses:
        said = [run(course, "grade", "tiny", status=3), run(course, "feedback", "tiny")]
        source = course.source / "tiny" / "practice.ipynb"
        source.write_text(source.read_text().replace("half(3) == 1.5", "half(3) == 2.5"))
        said += [run(course, "regrade", "tiny", "--dry-run"), run(course, "regrade", "tiny", status=3)]
        told.append(said)
    for one, other in zip(*told, strict=True):
        assert one == other
    on_file, on_server = courses
    assert (on_file.root / "gradebook.db").exists()
    assert not (on_server.root / "gradebook.db").exists()
    assert exported(on_file) == exported(on_server) == dict(zip(MARKS, [7.0, 0.0, 5.0, 0.0], strict=True))


@pytest.mark.usefixtures("assignments")
def test_nbgrader_itself_grades_and_exports_there(postgres: Postgres, tmp_path: Path) -> None:
    course = make_class(tmp_path / "course", "--db", postgres.new_database())
    run(course, "grade", "tiny", status=3)
    assert exported(course) == MARKS
    for step in (["autograde", "tiny", "--student", "ada", "--force"], ["export", "--to", "theirs.csv"]):
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *step], cwd=course.root, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    with (course.root / "theirs.csv").open() as file:
        assert {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)} == MARKS


@pytest.mark.usefixtures("assignments")
def test_two_who_enrol_the_same_student_at_once_do_not_get_in_each_others_way(
    postgres: Postgres, tmp_path: Path
) -> None:
    url = postgres.new_database()
    course = make_class(tmp_path / "course", "--db", url)
    with psycopg.connect(url) as other:  # grades another assignment, and has not written all of it yet
        other.execute("INSERT INTO student (id) VALUES ('bob')")
        grading = subprocess.Popen(
            [sys.executable, "-m", "autograder", "grade", "tiny", "--course", str(course.root)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        with psycopg.connect(url, autocommit=True) as look:
            while look.execute(waiting).fetchone() == (0,):
                assert grading.poll() is None, grading.communicate()[0]
                time.sleep(0.05)
    said, _ = grading.communicate(timeout=60)
    assert grading.returncode == 3, said
    assert exported(course) == MARKS


@pytest.mark.usefixtures("assignments")
def test_two_graders_of_one_assignment_end_with_the_marks_of_one(postgres: Postgres, tmp_path: Path) -> None:
    course = make_class(tmp_path / "course", "--db", postgres.new_database())
    command = [sys.executable, "-m", "autograder", "grade", "tiny", "--course", str(course.root)]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [grading.communicate(timeout=120)[1] for grading in both]
    assert [grading.returncode for grading in both] == [3, 3], said
    assert exported(course) == MARKS
    run(course, "audit")


# --- what can be wrong with a database


def init(tmp_path: Path, url: str, status: int) -> str:
    done = autograder("init", tmp_path / "new", "--db", url)
    assert done.returncode == status, done.stderr
    assert not (tmp_path / "new").exists()
    return done.stderr


@pytest.mark.parametrize("url", ["mysql://ada@localhost/marks", "sqlite:///marks.db", "postgres", ""])
def test_only_a_database_of_postgresql_is_taken(url: str, tmp_path: Path) -> None:
    assert "--db needs the URL of a PostgreSQL database, such as postgresql://USER@HOST/DATABASE" in init(
        tmp_path, url, status=2
    )


def test_a_server_that_does_not_answer_is_named_without_the_password(tmp_path: Path) -> None:
    said = init(tmp_path, f"postgresql://ada:open-sesame@/marks?host={tmp_path}", status=1)
    assert "postgresql://ada:***@/marks" in said
    assert "the database can't be used" in said
    assert "open-sesame" not in said


def test_a_driver_that_is_not_installed_is_named(tmp_path: Path) -> None:
    said = init(tmp_path, "postgresql+psycopg2://ada@localhost/marks", status=1)
    assert "the driver for postgresql+psycopg2 is not installed" in said
    assert "extra `scale`" in said


@pytest.mark.usefixtures("assignments")
def test_a_database_that_holds_a_gradebook_is_left_alone(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new_database()
    course = Course(tmp_path / "course")
    assert autograder("init", course.root, "--db", url).returncode == 0
    (course.submitted / "ada" / "tiny").mkdir(parents=True)
    assert "tiny is not released yet" in run(course, "grade", "tiny", status=1)
    said = init(tmp_path, url, status=1)
    assert "holds a gradebook already" in said
    assert "c.CourseDirectory.db_url" in said


def test_a_server_that_goes_away_is_named_too(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.new_database()
    assert autograder("init", tmp_path / "course", "--db", url).returncode == 0
    course = Course(tmp_path / "course")
    config = course.root / "nbgrader_config.py"
    config.write_text(
        config.read_text().replace("postgres@", "postgres:open-sesame@").replace("host=", "host=/no")
    )
    with pytest.raises(
        AutograderError, match=r"postgresql://postgres:\*\*\*@.*the gradebook can't be used"
    ) as raised:
        NbGraderSession(course).gradebook().__enter__()
    assert "open-sesame" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://localhost:1/marks?user=ada&password=open-sesame",
        "postgresql://ada@localhost:1/marks?sslpassword=open-sesame",
        "postgresql://ada:open-sesame@localhost:first/marks",
        "ada:open-sesame@localhost",
        "postgres://ada:open-sesame@localhost/marks",
        "postgresql+psycopg2://ada:open-sesame@localhost/marks",
    ],
)
@pytest.mark.usefixtures("assignments")
def test_no_password_is_told_wherever_it_stands(url: str, tmp_path: Path) -> None:
    said = autograder("init", tmp_path / "other", "--db", url).stderr
    course = Course(tmp_path / "course")
    assert autograder("init", course.root).returncode == 0
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(f"c.CourseDirectory.db_url = {url!r}\n")
    for step in (["release", "tiny"], ["report", "tiny"], ["doctor"]):
        done = autograder(*step, "--course", course.root)
        said += done.stdout + done.stderr
    assert "open-sesame" not in said
    assert "Traceback" not in said
