"""The course that is attacked: one notebook worth 15 points, and answers whose marks are known.

A wrong answer is worth 0 points in every test. The tests are of the kinds that authors write: numpy's own
assertions, bare asserts, partial credit by the last line, a hidden comparison with the reference, a function
that the test passes in.
"""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.course import Course, init_course
from autograder.nbgrader_session import NbGraderSession
from autograder.notebooks import new_cell, new_notebook, notebook_text

FIXTURES = Path(__file__).parents[1] / "autograder" / "fixtures"
ASSIGNMENT, NOTEBOOK = "redteam", "problem"
MAXIMUM = 15.0
HIDDEN_WORD = "zinnober-hidden-test"  # stands in the hidden tests only: whoever shows it has read them
Json = dict[str, Any]

RIGHT = {
    "mse-code": "def mse(y_pred, y_true):\n    return float(np.mean((np.asarray(y_pred) - y_true) ** 2))",
    "absolute-code": "def absolute_error(prediction, target):\n    return abs(prediction - target)",
    "slope-code": "def slope(f, x):\n    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5",
    "scores-code": "scores = [4, 0, 9, 1]",
}
WRONG = {
    "mse-code": "def mse(y_pred, y_true):\n    return -1.0",
    "absolute-code": "def absolute_error(prediction, target):\n    return -1.0",
    "slope-code": "def slope(f, x):\n    return 1e6",
    "scores-code": "scores = [-1, -1, -1, -1]",
}
_NOISE = "import sys, warnings\nwarnings.warn('this is only a warning')\nprint('a note', file=sys.stderr)\n"

# Honest work by name: its answers and its mark.
HONEST: Mapping[str, tuple[Mapping[str, str], float]] = {
    "right": (RIGHT, 15.0),
    "wrong": (WRONG, 0.0),
    "blank": ({}, 0.0),
    "only-mse": (WRONG | {"mse-code": RIGHT["mse-code"]}, 8.0),
    "only-absolute": (WRONG | {"absolute-code": RIGHT["absolute-code"]}, 5.0),
    "only-slope": (WRONG | {"slope-code": RIGHT["slope-code"]}, 1.0),
    "half-the-scores": (WRONG | {"scores-code": "scores = [4, 0, 0, 0]"}, 0.5),
    "all-but-scores": (RIGHT | {"scores-code": "scores = []"}, 14.0),
    "noisy-right": (RIGHT | {"mse-code": _NOISE + RIGHT["mse-code"]}, 15.0),
    "prints": (RIGHT | {"scores-code": "print('so far')\nscores = [4, 0, 9, 1]\nscores"}, 15.0),
    "error-in-a-cell": (RIGHT | {"scores-code": "scores = [4, 0, 9, 1]\n1 / 0"}, 15.0),
}

_TESTS = {
    "mse-values": (
        5,
        """\
        found = mse(np.array([1.0, 2.0]), np.array([0.0, 4.0]))
        assert np.shape(found) == (), "mse gives one number"
        np.testing.assert_allclose(found, 2.5)
        ### BEGIN HIDDEN TESTS
        # zinnober-hidden-test
        np.testing.assert_allclose(mse(np.array([3.0, -1.0, 0.5, 2.5]), np.zeros(4)), 4.125)
        ### END HIDDEN TESTS
        """,
    ),
    "absolute-values": (
        5,
        """\
        for found, wanted in zip(map(absolute_error, [1.0, 4.0], [3.0, 1.5]), [2.0, 2.5]):
            assert abs(found - wanted) < 1e-9, "the distance of the two numbers"
        ### BEGIN HIDDEN TESTS
        # zinnober-hidden-test
        for found, wanted in zip(map(absolute_error, [-2.0, 0.25], [5.5, 0.25]), [7.5, 0.0]):
            assert abs(found - wanted) < 1e-9
        ### END HIDDEN TESTS
        """,
    ),
    "scores-partial": (
        2,
        """\
        right = abs(slope(lambda x: x * x, 3.0) - 6.0) < 1e-3
        ### BEGIN HIDDEN TESTS
        # zinnober-hidden-test
        from solutions import mse as reference
        right = right and abs(slope(lambda x: reference([x], [0.0]), 1.5) - 3.0) < 1e-3
        ### END HIDDEN TESTS
        sum(given == wanted for given, wanted in zip(scores, [4, 0, 9, 1])) / 4 + right
        """,
    ),
    "mse-reference": (
        3,
        """\
        ### BEGIN HIDDEN TESTS
        # zinnober-hidden-test
        from autograder.seeds import fresh
        from solutions import mse as reference
        for size in (1, 20):
            y_pred, y_true = np.random.default_rng(fresh(size)).normal(size=(2, size))
            wanted = reference(y_pred, y_true)
            found = mse(y_pred, y_true)
            assert np.shape(found) == ()
            np.testing.assert_allclose(found, wanted)
        ### END HIDDEN TESTS
        """,
    ),
}
_STATEMENTS = {
    "mse-code": "`mse(y_pred, y_true)` is the mean squared error of two arrays.",
    "absolute-code": "`absolute_error(prediction, target)` is the distance of two numbers.",
    "slope-code": "`slope(f, x)` is the derivative of the function `f` at `x`, within 0.001.",
    "scores-code": "`scores` are the squares of 2, 0, −3 and 1.",
}


def _dedented(text: str) -> str:
    return "\n".join(line.removeprefix(" " * 8) for line in text.strip().splitlines()).strip()


def source_notebook() -> NotebookNode:
    """The authored notebook: with solutions and hidden tests."""
    cells = [
        new_cell("markdown", "# A notebook to attack", "title", {}),
        new_cell("code", "import numpy as np", "setup", {"nbgrader": _about("setup", locked=True)}),
    ]
    for name, statement in _STATEMENTS.items():
        first, *body = RIGHT[name].split("\n")
        solution = "\n".join([*([first] if body else []), *_marked(body or [first], "    " if body else "")])
        cells.append(new_cell("markdown", statement, f"{name}-text", {}))
        cells.append(new_cell("code", solution, name, {"nbgrader": _about(name, solution=True)}))
    for name, (points, text) in _TESTS.items():
        about = _about(name, grade=True, locked=True) | {"points": points}
        cells.append(new_cell("code", _dedented(text), name, {"nbgrader": about}))
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return new_notebook(cells, {"kernelspec": kernel})


def _marked(lines: list[str], indent: str) -> list[str]:
    return [f"{indent}### BEGIN SOLUTION", *lines, f"{indent}### END SOLUTION"]


def _about(grade_id: str, **flags: bool) -> Json:
    kinds = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return {**kinds, **flags, "grade_id": grade_id}


def make_course(root: Path) -> Course:
    """Make a course of ours with the notebook, released, and nothing handed in."""
    course = init_course(root, ["tiny"], FIXTURES)
    (course.source / "tiny").rename(course.source / ASSIGNMENT)
    for path in (course.source / ASSIGNMENT).iterdir():
        path.unlink()
    _write_source(course.root)
    failure = NbGraderSession(course).generate_assignment(ASSIGNMENT, "release")
    assert failure is None, failure
    return course


def make_stock_course(root: Path) -> Course:
    """Make the same course as nbgrader's own documentation does: no setting but the course's name."""
    root.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "redteam"\n')
    _write_source(root)
    _nbgrader(root, "generate_assignment", ASSIGNMENT)
    return Course(root)


def search_path() -> str:
    """PATH with the folder of our Python in front: nbgrader calls `alembic`, which is there."""
    return os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])


def _nbgrader(root: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "nbgrader", *arguments]
    environment = os.environ | {"PATH": search_path()}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _write_source(root: Path) -> None:
    path = root / "source" / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook_text(source_notebook()), encoding="utf-8")


def filled(released: Json, answers: Mapping[str, str]) -> Json:
    """Fill in a copy of the released notebook, by grade id."""
    notebook = copy.deepcopy(released)
    for cell in notebook["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        cell["source"] = answers.get(grade_id, cell["source"])
    return notebook
