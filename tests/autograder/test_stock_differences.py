"""Where our marks differ from stock nbgrader's on purpose: the whole list, each entry tried on both.

All else is the same: see `test_same_marks.py`.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from nbformat import NotebookNode

from autograder.notebooks import new_cell, new_notebook, notebook_text, read_notebook
from tests.autograder.stock import PLAIN, Marks, hand_in, nbgrader, read_marks, stock_copy
from tests.conftest import autograder

POINTS = 2
TOGETHER = "together"  # hands in all answers that cost no other marks
AFTER = "zoe"  # is graded last, and has everything right
Edit = Callable[[NotebookNode, int], object]


def _copy_cell(notebook: NotebookNode, at: int) -> None:
    cell = copy.deepcopy(notebook.cells[at])
    cell.id = "the-copy"
    notebook.cells.append(cell)


def _add_cell_of_another_version(notebook: NotebookNode, _: int) -> None:
    about = {"grade_id": "mine", "schema_version": 99, "grade": False, "solution": False, "locked": False}
    notebook.cells.append(new_cell("code", "", "mine", {"nbgrader": about}))


@dataclass(frozen=True)
class Difference:
    """A student's answer to one problem, worth 2 points, and the marks that it gets from both.

    Attributes
    ----------
    name, why
        What stock does.
    test
        The test cell.
    right
        The reference solution.
    answer
        What the student has written.
    stock, ours
        The marks. None: the student is not graded, or the cell waits for a person.
    edit
        What else the student has done, given the notebook and the place of the test cell.
    costs
        What stock does not grade: nothing, all that this student hands in, or the rest of the class.
    """

    name: str
    why: str
    test: str
    right: str
    answer: str
    stock: float | None
    ours: float
    edit: Edit | None = None
    costs: Literal["nothing", "the submission", "the class"] = "nothing"

    @property
    def student(self) -> str:
        """Who hands it in: alone if it costs other marks, too."""
        return TOGETHER if self.costs == "nothing" else self.name

    @property
    def right_gets(self) -> float:
        """What the reference solution gets from us: less than all where its own test can't be run."""
        return self.ours if self.answer == self.right else POINTS


DIFFERENCES = (
    Difference(
        "stderr",
        "a word on stderr while a test runs costs all its points",
        test="assert double(4) == 8",
        right="def double(x):\n    return 2 * x",
        answer='import sys\n\ndef double(x):\n    print("double", file=sys.stderr)\n    return 2 * x',
        stock=0,
        ours=2,
    ),
    Difference(
        "warning",
        "so does a warning",
        test="assert np.array_equal(inverse(np.array([4.0, 0.0])), [0.25, 0])",
        right="def inverse(x):\n    return np.where(x == 0, 0, 1 / np.where(x == 0, 1, x))",
        answer="def inverse(x):\n    return np.where(x == 0, 0, 1 / x)",
        stock=0,
        ours=2,
    ),
    Difference(
        "false",
        "a last line that is False is no number, and gives full marks",
        test="half(4) == 2",
        right="def half(x):\n    return x / 2",
        answer="def half(x):\n    return x",
        stock=2,
        ours=0,
    ),
    Difference(
        "numpy-false",
        "so does NumPy's False",
        test="np.isclose(third(6), 2)",
        right="def third(x):\n    return x / 3",
        answer="def third(x):\n    return x",
        stock=2,
        ours=0,
    ),
    Difference(
        "numpy-number",
        "partial credit that NumPy has computed gives full marks, whatever it is",
        test="2 * np.mean([square(2) == 4, square(3) == 9])",
        right="def square(x):\n    return x * x",
        answer="def square(x):\n    return 2 * x",
        stock=2,
        ours=1,
    ),
    Difference(
        "fraction",
        "so does a fraction",
        test="import fractions\n\nfractions.Fraction(sum([cube(0) == 0, cube(1) == 1, cube(2) == 8]), 3) * 2",
        right="def cube(x):\n    return x**3",
        answer="def cube(x):\n    return 7 * x + 1",
        stock=2,
        ours=0,
    ),
    Difference(
        "array",
        "and so does whatever is no number, here because the student's result is none",
        test="sum(power(x) == x**2 for x in (2, 3))",
        right="def power(x):\n    return x**2",
        answer="def power(x):\n    return np.array([x**2, 0])",
        stock=2,
        ours=0,
    ),
    Difference(
        "negative",
        "a number of points below 0 gives full marks",
        test="2 - abs(len(primes) - 4)",
        right="primes = [2, 3, 5, 7]",
        answer="primes = list(range(10))",
        stock=2,
        ours=0,
    ),
    Difference(
        "nan",
        "so does a number of points that is not a number",
        test="2 * float(mean([4.0]) / 4)",
        right="def mean(x):\n    return sum(x) / len(x)",
        answer='def mean(x):\n    return float("nan")',
        stock=2,
        ours=0,
    ),
    Difference(
        "too-large",
        "a number of points that is too large loses the whole submission",
        test="2 * count([1, 1])  / 2",
        right="def count(x):\n    return len(x)",
        answer="def count(x):\n    return 10",
        stock=None,
        ours=0,
        costs="the submission",
    ),
    Difference(
        "skipped",
        "a test cell with the tag `skip-execution` does not run, and silence gives full marks",
        test="assert negate(1) == -1",
        right="def negate(x):\n    return -x",
        answer="def negate(x):\n    return x",
        stock=2,
        ours=0,
        edit=lambda notebook, at: notebook.cells[at].metadata.update(tags=["skip-execution"]),
    ),
    Difference(
        "deleted",
        "a test cell that a student has deleted is not put back: the work waits for a person",
        test="assert increment(1) == 2",
        right="def increment(x):\n    return x + 1",
        answer="def increment(x):\n    return x + 1.0",
        stock=None,
        ours=2,
        edit=lambda notebook, at: notebook.cells.pop(at),
    ),
    Difference(
        "builtin",
        "a test stumbles over a name that the student has used for something else",
        test="assert max(map(sign, [-3, 0, 5])) == 1",
        right="def sign(x):\n    return (x > 0) - (x < 0)",
        answer="max = 1\n\ndef sign(x):\n    return (x > 0) - (x < 0)",
        stock=0,
        ours=2,
    ),
    Difference(
        "overwritten",
        "a student can give another value to what a locked cell has set for the tests",
        test="assert guess < limit",
        right="guess = 7",
        answer="limit = 1000\nguess = 500",
        stock=2,
        ours=0,
    ),
    Difference(
        "object",
        "has the objects of a student's own classes at hand, of which only data crosses here",
        test="assert point.x == 1",
        right="class Point:\n    x = 1\n\npoint = Point()",
        answer="class Point:\n    x = 1\n\npoint = Point()",
        stock=2,
        ours=0,
    ),
    Difference(
        "source",
        "has the text of a student's function at hand",
        test="import inspect\n\nassert 'return' in inspect.getsource(triple)",
        right="def triple(x):\n    return 3 * x",
        answer="def triple(x):\n    return 3 * x",
        stock=2,
        ours=0,
    ),
    Difference(
        "same-object",
        "gets the very object back that it has passed in, here it is a copy",
        test="given = [1]\nassert keep(given) is given",
        right="def keep(x):\n    return x",
        answer="def keep(x):\n    return x",
        stock=2,
        ours=0,
    ),
    Difference(
        "copied",
        "a copy of a test cell stops the batch: nobody after this student is graded",
        test="assert last([3, 4]) == 4",
        right="def last(x):\n    return x[-1]",
        answer="def last(x):\n    return x[-1] + 0",
        stock=None,
        ours=2,
        edit=_copy_cell,
        costs="the class",
    ),
    Difference(
        "version",
        "so does a cell with metadata of another version of nbgrader",
        test="assert middle([3, 4, 5]) == 4",
        right="def middle(x):\n    return x[len(x) // 2]",
        answer="def middle(x):\n    return x[1]",
        stock=None,
        ours=2,
        edit=_add_cell_of_another_version,
        costs="the class",
    ),
    Difference(
        "exit",
        "code that ends Python loses the whole submission, with the marks from before",
        test="assert first([3, 4]) == 3",
        right="def first(x):\n    return x[0]",
        answer="import os\n\ndef first(x):\n    os._exit(0)",
        stock=None,
        ours=0,
        costs="the submission",
    ),
)


def source() -> NotebookNode:
    """The notebook with a problem for each difference."""
    flags = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    setup = {**flags, "grade_id": "setup", "locked": True}
    cells = [new_cell("code", "import numpy as np\n\nlimit = 10", "setup", {"nbgrader": setup})]
    for one in DIFFERENCES:
        answer = {**flags, "grade_id": f"{one.name}-code", "solution": True}
        test = {**flags, "grade_id": one.name, "grade": True, "locked": True, "points": POINTS}
        marked = f"### BEGIN SOLUTION\n{one.right}\n### END SOLUTION"
        cells.append(new_cell("code", marked, f"{one.name}-code", {"nbgrader": answer}))
        cells.append(new_cell("code", one.test, one.name, {"nbgrader": test}))
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return new_notebook(cells, {"kernelspec": kernel})


def submit(course: Path, student: str) -> None:
    """Hand in the answers of a student, and right ones to all other problems."""
    own = [one for one in DIFFERENCES if one.student == student]
    answers = {f"{one.name}-code": one.right for one in DIFFERENCES}
    answers |= {f"{one.name}-code": one.answer for one in own}
    path = hand_in(course, "differences", student, answers) / "practice.ipynb"
    notebook = read_notebook(path)
    for one in own:
        places = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
        if one.edit is not None:
            one.edit(notebook, places.index(one.name))
    path.write_text(notebook_text(notebook), encoding="utf-8")


def graded_by_stock(course: Path, name: str, students: Collection[str]) -> Marks:
    """Have stock grade some students; whom it has not finished has no marks."""
    stock = stock_copy(course, name)
    for folder in (stock / "submitted").iterdir():
        if folder.name not in students:
            shutil.rmtree(folder)
    nbgrader(stock, "autograde", "differences")
    finished = {path.parts[-3] for path in stock.glob("autograded/*/differences/practice.ipynb")}
    return {key: mark for key, mark in read_marks(stock).items() if key[0] in finished}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain course of nbgrader's where all this is handed in."""
    course = tmp_path_factory.mktemp("differences") / "course"
    (course / "source" / "differences").mkdir(parents=True)
    (course / "nbgrader_config.py").write_text(PLAIN)
    (course / "source" / "differences" / "practice.ipynb").write_text(notebook_text(source()))
    released = nbgrader(course, "generate_assignment", "differences")
    assert released.returncode == 0, released.stderr
    for student in {one.student for one in DIFFERENCES} | {AFTER}:
        submit(course, student)
    return course


@pytest.fixture(scope="module")
def ours(course: Path) -> Marks:
    """Our marks, of one run for all."""
    graded_course = stock_copy(course, "ours")  # the same plain settings
    graded = autograder("grade", "differences", "--course", graded_course)
    assert graded.returncode == 3, graded.stderr
    return read_marks(graded_course)


@pytest.fixture(scope="module")
def stock(course: Path) -> Marks:
    """Stock's marks of all who do not stop it."""
    return graded_by_stock(course, "most", {one.student for one in DIFFERENCES if one.costs != "the class"})


@pytest.mark.parametrize(
    "one", [one for one in DIFFERENCES if one.costs != "the class"], ids=lambda one: one.name
)
def test_stock_gives_one_mark_and_we_another(one: Difference, ours: Marks, stock: Marks) -> None:
    key = (one.student, "practice", one.name)
    assert ours[key].points == one.ours
    assert (stock[key].points if key in stock else None) == one.stock
    if one.costs == "the submission":
        assert not [student for student, _, _ in stock if student == one.student]


@pytest.mark.parametrize(
    "one", [one for one in DIFFERENCES if one.costs == "the class"], ids=lambda one: one.name
)
def test_stock_stops_at_one_student_and_we_grade_all(one: Difference, course: Path, ours: Marks) -> None:
    assert graded_by_stock(course, one.name, {one.student, AFTER}) == {}
    assert ours[one.student, "practice", one.name].points == one.ours


@pytest.mark.parametrize("student", sorted({one.student for one in DIFFERENCES} - {TOGETHER} | {AFTER}))
def test_no_other_mark_of_a_student_is_lost(student: str, ours: Marks) -> None:
    wanted = {one.name: one.right_gets for one in DIFFERENCES}
    wanted |= {one.name: one.ours for one in DIFFERENCES if one.student == student}
    assert {key[2]: mark.points for key, mark in ours.items() if key[0] == student} == wanted
