"""Every unit's sample class and named mistakes get the marks written down by hand, and stock agrees."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from autograder.assignment import Assignment, list_assignments, load_assignment
from autograder.course import Course, init_course
from autograder.mistakes import Mistake, mistakes_of
from autograder.notebooks import read_notebook
from autograder.private import PRIVATE, SECRET, private_folder
from autograder.sample_class import SampleStudent, make_sample_class
from tests.autograder.stock import Marks, hand_in, read_marks, stock_copy
from tests.autograder.stock import nbgrader as run_stock
from tests.autograder.test_invariants import checks_below
from tests.autograder.test_same_marks import reference
from tests.conftest import UNIT, autograder

UNITS = [load_assignment(name) for name in list_assignments()]


COPYCAT = "copycat"  # hands in what ada hands in, her account in the quiz included


class Graded(NamedTuple):
    """A unit's course directory after grading, its copy for stock, and who makes which mistake."""

    course: Course
    stock: Path
    students: list[SampleStudent]
    mistaken: dict[str, list[Mistake]]
    said: str


def spread(lists: Iterable[list[Mistake]], name: str) -> dict[str, list[Mistake]]:
    """Spread mistakes over students: each student makes one of every list, while there are any."""
    rows = itertools.zip_longest(*lists)
    return {f"{name}-{number}": [m for m in row if m] for number, row in enumerate(rows, start=1)}


def graded(folder: Path, unit: Assignment) -> Graded:
    """Release a unit, have its sample class and all its named mistakes handed in, and grade them."""
    course = init_course(folder / unit.name, [unit.name])
    # Everyone's hidden inputs are the same in every run of this test.
    (private_folder(course.root / PRIVATE) / SECRET).write_text("5e" * 32)
    assert autograder("release", unit.name, "--course", course.root).returncode == 0
    students = make_sample_class(course, unit.name)
    shutil.copytree(course.submitted / "ada" / unit.name, course.submitted / COPYCAT / unit.name)
    right = reference(course.root, unit.name, "practice")
    by_cell: dict[str, list[Mistake]] = {}
    for mistake in itertools.chain(*(mistakes_of(problem.id) for problem in unit.problems)):
        by_cell.setdefault(mistake.cell, []).append(mistake)
    several = spread(by_cell.values(), "several")
    for student, mistakes in several.items():
        hand_in_practice(course, unit, student, right, mistakes)
    stock = stock_copy(course.root)

    mistaken = spread([list(mistakes_of(problem.id)) for problem in unit.problems], "one-a-problem")
    for student, mistakes in mistaken.items():
        hand_in_practice(course, unit, student, right, mistakes)
    done = autograder("grade", unit.name, "--course", course.root, "--timeout", "10")
    assert done.returncode in (0, 3), done.stderr
    return Graded(course, stock, students, mistaken, done.stdout)


def hand_in_practice(
    course: Course, unit: Assignment, student: str, right: Mapping[str, str], mistakes: Iterable[Mistake]
) -> None:
    answers = dict(right) | {mistake.cell: mistake.code for mistake in mistakes}
    hand_in(course.root, unit.name, student, answers, leave_out="quiz.ipynb")


@pytest.fixture(scope="module", params=UNITS, ids=lambda unit: str(unit.name))
def unit(request: pytest.FixtureRequest) -> Assignment:
    assert isinstance(request.param, Assignment)
    return request.param


@pytest.fixture(scope="module")
def done(unit: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Graded:
    return graded(tmp_path_factory.mktemp("classes"), unit)


def points(marks: Marks, student: str, notebook: str) -> float:
    return sum(
        mark.points or 0 for (who, where, _), mark in marks.items() if (who, where) == (student, notebook)
    )


def test_every_sample_student_gets_the_marks_written_by_hand(done: Graded) -> None:
    marks = read_marks(done.course.root)
    given = {
        student.id: {name: points(marks, student.id, name) for name in student.marks}
        for student in done.students
    }
    assert given == {student.id: dict(student.marks) for student in done.students}
    assert len(given) >= 5


def test_every_named_mistake_gets_the_points_of_what_is_right_in_it(unit: Assignment, done: Graded) -> None:
    marks = read_marks(done.course.root)
    problems = {cell: problem for problem in unit.problems for cell in problem.solutions}
    for student, mistakes in done.mistaken.items():
        for mistake in mistakes:
            below = checks_below(unit, problems[mistake.cell], mistake.cell)
            passed = [test for test in below if marks[student, "practice", test].points]
            assert passed == list(mistake.passes), (student, mistake.name)


def test_stock_nbgrader_gives_the_same_marks(unit: Assignment, done: Graded) -> None:
    if unit.name == UNIT:
        pytest.skip("test_same_marks.py compares this one")
    run = run_stock(done.stock, "autograde", unit.name)
    assert run.returncode == 0, run.stderr
    ours, stock = read_marks(done.course.root), read_marks(done.stock)
    differ = {key: (ours[key], mark) for key, mark in stock.items() if ours[key] != mark}
    # What differs on purpose: whose numbers count in a quiz, and that warnings cost nothing here.
    others = {student.id for student in done.students if names_another_account(student)} | {COPYCAT}
    honest = {key: marks for key, marks in differ.items() if (key[0] in others, key[1]) != (True, "quiz")}
    silent = {key for key in honest if not warned(done.stock / "autograded", unit.name, *key)}
    assert {key: honest[key] for key in silent} == {}
    assert {marks[1].points for key, marks in honest.items() if key not in silent} <= {0.0}


def names_another_account(student: SampleStudent) -> bool:
    return isinstance((student.notebooks["quiz"] or {}).get("account"), Mapping)


def warned(graded: Path, unit: str, student: str, notebook: str, test: str) -> bool:
    """Tell whether a test cell wrote to stderr under stock, which gives 0 for it."""
    cells = read_notebook(graded / student / unit / f"{notebook}.ipynb").cells
    (cell,) = (cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == test)
    return any(output.get("name") == "stderr" for output in cell.outputs)


def test_who_copies_a_quiz_gets_nothing_for_numbers_of_another_student(
    unit: Assignment, done: Graded
) -> None:
    marks = read_marks(done.course.root)
    for question in unit.quiz:
        given = marks[COPYCAT, "quiz", f"{question.id}-check"].points
        assert given == (0 if question.draw else question.points), question.id
    told = [line for line in done.said.splitlines() if "wrote another account name" in line]
    assert [COPYCAT in line.partition("points: ")[2].split(", ") for line in told] == [True]
    assert "ada" not in told[0].split(", ")
