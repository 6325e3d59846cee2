"""No byte that students get of any unit holds an answer, a secret of the course, or who and where made it."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path

import pytest
from book_ext import jupyterlite, pyodide

from autograder.assignment import list_assignments
from autograder.authored import ASSIGNMENTS
from autograder.course import Course, init_course
from autograder.enrolment import import_class_list
from autograder.handout.archive import unzipped, zipped
from autograder.handout.browser import edition_files
from autograder.handout.chapters import chapter_names
from autograder.policy import Policy
from autograder.policy_text import parse_deadlines
from autograder.private import PRIVATE, SECRET
from autograder.release import release
from autograder.secret import course_secret, student_seed
from tests.leaks import dense, leaks, lines_and_keys, readings, secrets

INSTRUCTOR = "quetzalcoatl"
CLASS_LIST = "id,first_name,last_name,email\nxochi77,Xochiquetzal,Tlazolteotl,xochi77@example.org\n"


@pytest.fixture(scope="module")
def course(built_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course of somebody with all units released, a class list, and a secret."""
    folder = tmp_path_factory.mktemp(f"home-of-{INSTRUCTOR}")
    (folder / "list.csv").write_text(CLASS_LIST)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograder.release.reference_failures", lambda *_: {})
        for variable in ("USER", "LOGNAME", "USERNAME"):
            patch.setenv(variable, INSTRUCTOR)
        patch.setenv("HOME", str(folder))
        deadlines = parse_deadlines(["u2-regression=2027-01-15 23:59 Europe/Berlin"], list_assignments())
        course = init_course(folder / "course", policy=Policy(deadlines))
        import_class_list(course, folder / "list.csv")
        course_secret(course.root / PRIVATE / SECRET)
        for unit in list_assignments():
            release(course, unit, book=built_book)
    return course


@pytest.fixture(scope="module")
def hidden(course: Course) -> dict[str, str]:
    """All that must not be found, with where it is from."""
    found = {dense(text): where for where, text in [*lines_and_keys(), *secrets()]}
    secret = course_secret(course.root / PRIVATE / SECRET)
    found[secret.hex()] = "the secret"
    for unit in list_assignments():
        for notebook in ("practice", "quiz"):
            seed = student_seed(secret, "xochi77", unit, notebook)
            found[seed.partition(":")[0]] = f"a seed of {unit}"
    for name in ("xochi77", "Xochiquetzal", "Tlazolteotl", INSTRUCTOR):
        found[name] = "a name"
    for path in (course.root, ASSIGNMENTS, sys.prefix, os.getcwd()):
        found[str(path)] = "a path of this machine"
    return found


def found_in(name: str, content: bytes, hidden: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(name, *leak) for reading in readings(name, content) for leak in leaks(reading, hidden)]


def test_there_is_enough_to_look_for(hidden: dict[str, str]) -> None:
    origins = [where.partition(", ")[2] or where for where in hidden.values()]
    assert origins.count("a line") > 1000
    for kind in ("quiz.yml, answer", "quiz.yml, holds", "mistakes.yml, message", "mistakes.yml, code"):
        assert origins.count(kind) > 30, kind
    assert origins.count("a name") == 4


@pytest.mark.parametrize("unit", list_assignments())
def test_the_zip_holds_no_answer(course: Course, unit: str, hidden: dict[str, str]) -> None:
    path = course.handout / f"{unit}.zip"
    files = unzipped(path)
    chapters = {f"chapters/{name}.ipynb" for name in chapter_names(unit, ASSIGNMENTS)}
    assert set(files) == {"practice.ipynb", "quiz.ipynb", "README.md", "requirements.txt"} | chapters
    assert found_in(path.name, path.read_bytes(), hidden) == []


def test_the_browser_editions_of_all_units_hold_no_answer(
    course: Course, hidden: dict[str, str], tmp_path: Path
) -> None:
    contents = {
        path: content
        for unit in list_assignments()
        for path, content in edition_files(course.handout / f"{unit}.zip", unit).items()
    }
    jupyterlite.make(tmp_path / "lite", contents, jupyterlite.settings("all", pyodide.server()))
    files = [path for path in sorted((tmp_path / "lite").rglob("*")) if path.is_file()]
    assert {path for path in files if path.suffix == ".ipynb"} >= {
        tmp_path / "lite" / "files" / name for name in contents if name.endswith(".ipynb")
    }
    assert [leak for path in files for leak in found_in(path.name, path.read_bytes(), hidden)] == []


@pytest.mark.parametrize(
    "planted",
    [
        "assert_close(double(3), 6)  # of everybody",
        "xochi77",
        "Tlazolteotl",
    ],
)
def test_what_is_packed_twice_in_a_notebook_is_found(planted: str) -> None:
    notebook = json.dumps({"cells": [{"source": [planted[:9], planted[9:]]}]}).encode()
    content = zipped("tiny", {"inner.zip": zipped("more", {"practice.ipynb": notebook})})
    assert planted.encode() not in content
    found = found_in("tiny.zip", content, {dense(planted): "planted"})
    assert {text for _, _, text in found} == {dense(planted)}


def test_a_released_notebook_with_its_solution_would_be_found(course: Course, hidden: dict[str, str]) -> None:
    source = (course.source / "u2-regression" / "practice.ipynb").read_bytes()
    origins = {where for _, where, _ in found_in("practice.ipynb", source, hidden)}
    assert {"u2-regression, a line", "u2-regression", "a marker"} <= origins
    with zipfile.ZipFile(course.handout / "u2-regression.zip") as archive:
        assert "u2-regression/practice.ipynb" in archive.namelist()
