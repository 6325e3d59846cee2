"""A student's way from the zip alone: read, run, validate, hand in, and be graded.

The Python here has what requirements.txt installs, and not this project: a virtual environment of its own
sees the installed packages through a path, where the link to the project's folder is not followed.
"""

from __future__ import annotations

import os
import subprocess
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from autograder.collecting.collect import collect
from autograder.course import Course
from autograder.grade_class import grade
from autograder.notebooks import notebook_text, read_notebook
from autograder.release import release
from tests.autograder.conftest import RIGHT
from tests.autograder.handout.conftest import CHAPTER
from tests.autograder.handout.test_handout import FIXTURES

pytestmark = pytest.mark.usefixtures("unrun")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a student."""
    folder = tmp_path_factory.mktemp("student") / "course-env"
    venv.create(folder, symlinks=True)
    packages = sysconfig.get_path("purelib", vars={"base": str(folder)})
    Path(packages, "installed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "python"


def run(bare: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a student's Python in a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment |= {"HOME": str(bare.parents[2]), "JUPYTER_PLATFORM_DIRS": "1"}
    return subprocess.run(
        [str(bare), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def unpacked(released: Course, built_book: Path, tmp_path: Path) -> Path:
    """The folder that a student unpacks."""
    with zipfile.ZipFile(release(released, "tiny", FIXTURES, built_book).archive) as archive:
        archive.extractall(tmp_path / "downloads")
    return tmp_path / "downloads" / "tiny"


def solve(path: Path, answers: dict[str, str]) -> None:
    """Fill a notebook in, as a student does."""
    notebook = read_notebook(path)
    for cell in notebook.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    path.write_text(notebook_text(notebook), encoding="utf-8")


def solve_all(folder: Path) -> None:
    """Fill both notebooks in."""
    solve(folder / "practice.ipynb", RIGHT)
    answers = {
        "tiny-choice": 'answer_1 = "b"',
        "tiny-several": 'answer_2 = {"a", "c"}',
        "tiny-number": "answer_3 = 3.625",
        "tiny-sign": 'answer_4 = "negative"',
    }
    solve(folder / "quiz.ipynb", answers)


def test_the_project_is_not_where_the_student_is(bare: Path, tmp_path: Path) -> None:
    for name in ("autograder", "solutions", "book_ext"):
        done = run(bare, tmp_path, "-c", f"import {name}")
        assert f"No module named '{name}'" in done.stderr
    done = run(bare, tmp_path, "-c", "import numpy, matplotlib, jupyterlab, nbgrader; print('all there')")
    assert done.stdout == "all there\n", done.stderr


def test_a_chapter_runs(bare: Path, unpacked: Path) -> None:
    chapter = unpacked / "chapters" / f"{CHAPTER}.ipynb"
    done = run(
        bare, chapter.parent, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", chapter.name
    )
    assert done.returncode == 0, done.stderr
    assert any(cell.get("outputs") for cell in read_notebook(chapter).cells)


def test_validate_says_what_is_missing_and_then_that_all_is_well(bare: Path, unpacked: Path) -> None:
    done = run(bare, unpacked, "-m", "nbgrader", "validate", "practice.ipynb")
    assert "VALIDATION FAILED" in done.stdout, done.stderr
    assert "not attempted yet" in done.stdout
    solve(unpacked / "practice.ipynb", RIGHT)
    done = run(bare, unpacked, "-m", "nbgrader", "validate", "practice.ipynb")
    assert "Success! Your notebook passes all the tests." in done.stdout, done.stderr


def require_full_marks(course: Course, download: Path) -> None:
    """Collect a download with the work of one student, and grade it."""
    (course.root / "class_list.csv").write_text(
        "First name,Last name,ID number,Email address,Identifier\n"
        "Ada,Lovelace,1815,ada@example.org,Participant 40213\n"
    )
    report = collect(course, "tiny", [download])
    assert report.problems == []
    assert [(one.student, one.notebooks) for one in report.handed_in] == [("1815", ("practice", "quiz"))]
    graded = grade(course, "tiny")
    assert graded.problems == ()
    assert [(mark.student, mark.total) for mark in graded.marks] == [("1815", 10)]


@pytest.mark.parametrize(
    "name",
    ["lovelaceada_1815_4000{number}_{file}", "Ada Lovelace_40213_assignsubmission_file_/{file}"],
    ids=["canvas", "moodle"],
)
def test_what_was_filled_in_is_collected_and_graded(
    released: Course, unpacked: Path, tmp_path: Path, name: str
) -> None:
    solve_all(unpacked)
    with zipfile.ZipFile(tmp_path / "submissions.zip", "w") as archive:
        for number, file in enumerate(("practice.ipynb", "quiz.ipynb")):
            archive.write(unpacked / file, name.format(number=number, file=file))
    require_full_marks(released, tmp_path / "submissions.zip")


def test_the_whole_folder_may_be_handed_in_too(released: Course, unpacked: Path, tmp_path: Path) -> None:
    solve_all(unpacked)
    with zipfile.ZipFile(tmp_path / "tiny.zip", "w") as folder:
        for path in sorted(unpacked.rglob("*")):
            folder.write(path, path.relative_to(unpacked.parent))
    with zipfile.ZipFile(tmp_path / "submissions.zip", "w") as archive:
        archive.write(tmp_path / "tiny.zip", "lovelaceada_1815_40001_tiny.zip")
    require_full_marks(released, tmp_path / "submissions.zip")
