"""Honest work gets the marks that stock nbgrader gives it, cell for cell.

Where stock is wrong, ours differs on purpose: see `test_stock_differences.py`.
"""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import nbgrader  # type: ignore[import-untyped]
import pytest

from autograder.authored import ASSIGNMENTS, read_yaml
from autograder.course import Course
from autograder.notebooks import read_notebook
from autograder.regions import without_markers
from autograder.sample_class import make_sample_class
from tests.autograder.stock import Mark, Marks, hand_in, read_marks, stock_copy
from tests.autograder.stock import nbgrader as run_stock
from tests.conftest import UNIT, autograder

NOISY = """\
import sys
import warnings

warnings.warn("this cell warns")
print("this cell complains", file=sys.stderr)
print("this cell prints")


{body}
"""
SLOW = """\
import time

time.sleep(0.5)


{body}
"""
BROKEN = "import no_such_module\n\n\n{body}\n"


def reference(course: Path, assignment: str, notebook: str = "*") -> dict[str, str]:
    """The reference solution of each cell in which students write."""
    notebooks = map(read_notebook, (course / "source" / assignment).glob(f"{notebook}.ipynb"))
    cells = [cell for notebook in notebooks for cell in notebook.cells]
    about = [(cell.metadata.get("nbgrader", {}), cell.source) for cell in cells]
    return {flags["grade_id"]: without_markers(text) for flags, text in about if flags.get("solution")}


def chatty(text: str) -> str:
    """A function that also prints whenever it is called."""
    head, _, rest = text.partition('"""')  # every reference begins with a docstring
    docstring, _, body = rest.partition('"""')
    return f'{head}"""{docstring}"""\n    print("called")\n    import time; time.sleep(0.01){body}'


def whole_corpus(right: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The answers in the practice notebook by student: every named mistake is in one of them."""
    wrong: dict[str, list[str]] = {}
    for mistakes in read_yaml(ASSIGNMENTS / UNIT / "mistakes.yml").values():
        for mistake in mistakes:
            wrong.setdefault(mistake["cell"], []).append(mistake["code"])
    rows = itertools.zip_longest(*wrong.values())
    corpus = {
        f"mistakes-{number}": dict(right)
        | {cell: code for cell, code in zip(wrong, row, strict=True) if code is not None}
        for number, row in enumerate(rows, start=1)
    }
    corpus["right"] = dict(right)
    corpus["blank"] = {}
    corpus["half-done"] = dict(itertools.islice(right.items(), len(right) // 2))
    corpus["noisy"] = {cell: NOISY.format(body=text) for cell, text in right.items()}
    corpus["slow-and-chatty"] = {cell: SLOW.format(body=chatty(text)) for cell, text in right.items()}
    corpus["cells-that-fail"] = {cell: BROKEN.format(body=text) for cell, text in right.items()}
    return corpus


@pytest.fixture(scope="module")
def both(graded_course: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Marks, Marks]:
    """Our marks and stock's of the corpus, and of those of the sample class who hand in odd answers."""
    course = tmp_path_factory.mktemp("corpus") / "course"
    ignored = shutil.ignore_patterns("submitted", "autograded", "feedback", "gradebook.db", ".autograder")
    shutil.copytree(graded_course, course, ignore=ignored)
    assert run_stock(course, "generate_assignment", UNIT, "--force").returncode == 0  # a gradebook of its own
    make_sample_class(Course(course), UNIT)
    for student in ("ada", "bob", "eli", "fay", "hana"):  # they are in the corpus; eli meets stock's defects
        shutil.rmtree(course / "submitted" / student)
    for student, answers in whole_corpus(reference(course, UNIT, "practice")).items():
        hand_in(course, UNIT, student, answers, leave_out="quiz.ipynb")
    return graded_by_both(course, UNIT)


def graded_by_both(course: Path, assignment: str) -> tuple[Marks, Marks]:
    stock = stock_copy(course)
    done = run_stock(stock, "autograde", assignment)
    assert done.returncode == 0, done.stderr
    graded = autograder("grade", assignment, "--course", course)
    assert graded.returncode in (0, 3), graded.stderr
    return read_marks(course), read_marks(stock)


def total(marks: Marks, student: str, notebook: str = "practice") -> float:
    return sum(
        mark.points or 0 for (who, where, _), mark in marks.items() if (who, where) == (student, notebook)
    )


def test_the_marks_of_the_practice_notebook_are_those_of_stock(both: tuple[Marks, Marks]) -> None:
    ours, stock = both
    assert ours == stock


def test_the_corpus_holds_right_wrong_and_partly_right_answers_to_every_problem(
    both: tuple[Marks, Marks],
) -> None:
    ours, _ = both
    assert {total(ours, student) for student in ("right", "noisy", "slow-and-chatty")} == {40}
    assert {total(ours, student) for student in ("blank", "cells-that-fail", "dina")} == {0}
    assert total(ours, "half-done") == 22
    mistakes = [student for student, _, _ in ours if student.startswith("mistakes-")]
    assert len(set(mistakes)) >= 7
    outcomes = Counter(
        (cell, mark.points) for (_, notebook, cell), mark in ours.items() if notebook == "practice"
    )
    cells = {cell for cell, _ in outcomes}
    assert len(cells) == 27
    for cell in cells:
        assert outcomes[cell, 0.0] >= 3
        assert len([points for known, points in outcomes if known == cell]) == 2
    assert {total(ours, student, "quiz") for student in ("cem", "gus", "ivo", "dina")} == {0, 13, 16, 17}


# --- nbgrader's own example course


RIGHT_WITHOUT_SQUARES = "def sum_of_squares(n):\n    return n * (n + 1) * (2 * n + 1) // 6"
OFF_BY_ONE = "def squares(n):\n    if n < 1:\n        raise ValueError\n    return [i ** 2 for i in range(n)]"
TAKES_ANYTHING = "def squares(n):\n    return [i ** 2 for i in range(1, n + 1)]"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Marks, Marks]:
    """Our marks and stock's in nbgrader's example course, with the files that `nbgrader quickstart` copies.

    The command itself also writes out all settings that nbgrader knows, as comments, which takes long.
    """
    course = tmp_path_factory.mktemp("example") / "course101"
    user_guide = Path(nbgrader.__file__).parent / "docs" / "source" / "user_guide" / "source"
    shutil.copytree(user_guide, course / "source", ignore=shutil.ignore_patterns("*.html", "ps1_autotest"))
    (course / "nbgrader_config.py").write_text(
        'c = get_config()\n\nc.CourseDirectory.course_id = "course101"\n\n'
        'c.IncludeHeaderFooter.header = "source/header.ipynb"\n'
    )
    released = run_stock(course, "generate_assignment", "ps1")
    assert released.returncode == 0, released.stderr
    right = reference(course, "ps1")
    for student, answers in {
        "right": right,
        "blank": {},
        "formula": right | {"sum_of_squares": RIGHT_WITHOUT_SQUARES},
        "off-by-one": right | {"squares": OFF_BY_ONE},
        "only-code": {"squares": right["squares"]},
        "only-words": {"part-a": "The numbers of Fibonacci.", "part-b": right["part-b"]},
        "takes-anything": right | {"squares": TAKES_ANYTHING, "part-b": "For none."},
    }.items():
        hand_in(course, "ps1", student, answers)
    hand_in(course, "ps1", "one-notebook", right, leave_out="problem2.ipynb")
    return graded_by_both(course, "ps1")


def test_the_marks_in_the_example_course_of_nbgrader_are_those_of_stock(example: tuple[Marks, Marks]) -> None:
    ours, stock = example
    assert ours == stock


def test_the_example_course_holds_every_kind_of_mark(example: tuple[Marks, Marks]) -> None:
    ours, _ = example
    totals = {student: total(ours, student, "problem1") for student, _, _ in ours}
    assert totals == {
        "blank": 0,
        "formula": 2.5,
        "off-by-one": 1.5,
        "one-notebook": 3,
        "only-code": 2,
        "only-words": 0,
        "right": 3,
        "takes-anything": 2,
    }
    assert ours["right", "problem1", "sum_of_squares_application"] == Mark(None, by_hand=True)
    assert ours["blank", "problem1", "sum_of_squares_application"] == Mark(0.0, by_hand=False)
    assert ours["only-words", "problem2", "part-b"].by_hand
