"""From authored text to nbgrader's source notebooks, and what authors are told when the text is wrong."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbgrader.nbgraderformat import MetadataValidator  # type: ignore[import-untyped]

from autograder.assignment import list_assignments, load_assignment
from autograder.convert import source_notebooks
from autograder.errors import AutograderError
from autograder.notebooks import notebook_text

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="module")
def notebooks() -> dict[str, nbformat.NotebookNode]:
    return source_notebooks(load_assignment("tiny", FIXTURES))


def cell(notebook: nbformat.NotebookNode, grade_id: str) -> nbformat.NotebookNode:
    found: nbformat.NotebookNode
    [found] = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id]
    return found


def test_an_assignment_tells_its_problems_and_points() -> None:
    assignment = load_assignment("tiny", FIXTURES)
    assert list_assignments(FIXTURES) == ["tiny"]
    assert [(p.id, p.defines, p.solutions, p.tests, p.points) for p in assignment.problems] == [
        ("double", ("double",), ("double-code",), ("double-values",), 2),
        ("half", ("half",), ("half-code",), ("half-values",), 3),
    ]
    assert sum(question.points for question in assignment.quiz) == 5


@pytest.mark.parametrize("name", ["practice", "quiz"])
def test_the_notebooks_are_valid_for_jupyter_and_for_nbgrader(
    notebooks: dict[str, nbformat.NotebookNode], name: str
) -> None:
    nbformat.validate(notebooks[name])
    MetadataValidator().validate_nb(notebooks[name])
    assert notebooks[name].nbformat == 4
    assert notebooks[name].nbformat_minor == 5
    assert notebooks[name].metadata.kernelspec.name == "python3"


def test_the_same_text_gives_the_same_bytes(notebooks: dict[str, nbformat.NotebookNode]) -> None:
    again = source_notebooks(load_assignment("tiny", FIXTURES))
    for name in ("practice", "quiz"):
        assert notebook_text(notebooks[name]) == notebook_text(again[name])


def test_brief_metadata_is_completed(notebooks: dict[str, nbformat.NotebookNode]) -> None:
    practice = notebooks["practice"]
    full = {"schema_version": 3, "task": False}
    no = dict.fromkeys(("grade", "solution", "locked"), False)
    assert dict(cell(practice, "double-values").metadata.nbgrader) == (
        full | no | {"grade_id": "double-values", "grade": True, "locked": True, "points": 2}
    )
    assert dict(cell(practice, "double-code").metadata.nbgrader) == (
        full | no | {"grade_id": "double-code", "solution": True}
    )
    for locked in ("setup", "double-statement"):
        assert dict(cell(practice, locked).metadata.nbgrader) == full | no | {
            "grade_id": locked,
            "locked": True,
        }
    assert cell(practice, "double-statement").metadata.problem.defines == ["double"]
    assert "nbgrader" not in practice.cells[0].metadata  # the introduction belongs to no problem


def test_the_quiz_holds_the_computed_keys_in_solution_regions(
    notebooks: dict[str, nbformat.NotebookNode],
) -> None:
    quiz = notebooks["quiz"]
    keys = {}
    for number, question in enumerate(("tiny-choice", "tiny-several", "tiny-number", "tiny-sign"), start=1):
        names: dict[str, Any] = {}
        exec(cell(quiz, question).source, names)
        keys[question] = names[f"answer_{number}"]
    assert keys == {
        "tiny-choice": "b",
        "tiny-several": {"a", "c"},
        "tiny-number": 3.625,
        "tiny-sign": "negative",
    }


def test_the_truth_of_a_quiz_answer_is_one_hidden_line(notebooks: dict[str, nbformat.NotebookNode]) -> None:
    check = cell(notebooks["quiz"], "tiny-several-check")
    hidden = check.source.split("### BEGIN HIDDEN TESTS\n")[1].split("### END HIDDEN TESTS")[0]
    assert hidden.splitlines()[-1] == 'grade_answer("tiny", "tiny-several", answer_2)'
    assert check.metadata.nbgrader.points == 2


class Liar(int):
    """A number by its class that can't be read as one."""

    def __float__(self) -> float:
        raise RuntimeError("no")


DIGITS = 10**5000  # has no repr
ANSWERS: list[Any] = [
    "a", "b", "c", "ab", "", 1, ["a"], {"a"}, {"a", "c"}, ("b",), frozenset("ab"), [], set(), {"a": 1},
    {"a", "d"}, ["a", np.array([1, 2])], [["a"]], 0, 1.5, -2, Fraction(42, 5), np.float32(2), np.int64(3),
    10**400, DIGITS, Fraction(10**400), True, np.bool_(True), float("nan"), float("inf"), 1j, Decimal("1.5"),
    "1.5", Liar(1), np.array(2), "negative", "zero", "positive", "Negative", "-",
]  # fmt: skip


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_what_students_can_check_in_the_open_agrees_with_the_hidden_test(
    notebooks: dict[str, nbformat.NotebookNode], number: int
) -> None:
    question = load_assignment("tiny", FIXTURES).quiz.questions[number - 1]
    visible = cell(notebooks["quiz"], f"{question.id}-check").source.split("### BEGIN HIDDEN TESTS")[0]
    readable = []
    for answer in ANSWERS:
        if question.form_error(answer) is None:
            exec(visible, {f"answer_{number}": answer})
            question.assess(answer)
            readable.append(answer)
        else:
            with pytest.raises((AssertionError, ValueError)) as error:
                exec(visible, {f"answer_{number}": answer})
            if answer is not DIGITS:
                assert f"Question {number}: give " in str(error.value)
    assert (
        readable
        == {
            1: ["a", "b"],
            2: [["a"], {"a"}, {"a", "c"}, ("b",), frozenset("ab")],
            3: [1, 0, 1.5, -2, Fraction(42, 5), np.float32(2), np.int64(3)],
            4: ["negative", "zero", "positive"],
        }[number]
    )
    with pytest.raises(AssertionError, match=f"Question {number} is not answered yet"):
        exec(visible, {f"answer_{number}": None})


@pytest.mark.parametrize(
    ("number", "question", "advice"),
    [
        (1, "tiny-choice", 'letters need quotes, such as "a".'),
        (3, "tiny-number", "it takes a number, such as 1.5."),
        (4, "tiny-sign", 'words need quotes, such as "zero".'),
    ],
)
def test_an_answer_s_cell_that_stopped_with_an_error_is_named_by_the_check(
    notebooks: dict[str, nbformat.NotebookNode], number: int, question: str, advice: str
) -> None:
    names: dict[str, Any] = {}
    with pytest.raises(NameError):
        exec(f"answer_{number} = d", names)
    with pytest.raises(AssertionError) as error:
        exec(cell(notebooks["quiz"], f"{question}-check").source, names)
    assert str(error.value) == f"Question {number}: run the cell above; {advice}"


def test_an_answer_of_the_wrong_form_is_quoted_on_one_short_line() -> None:
    number = load_assignment("tiny", FIXTURES).quiz.questions[2]
    assert number.form_error("two\n" * 1000) is not None
    assert len(str(number.form_error("two\n" * 1000))) < 300
    assert str(number.form_error(DIGITS)).endswith("you gave something of type int")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("### BEGIN SOLUTION\n    secret", "### BEGIN SOLUTON\n    secret", "cell 4: line 6 closes a region"),
        ("return secret_sum\n    ### END SOLUTION", "return secret_sum", "cell 4: line 3 opens a region"),
        ("double-code, solution: true", "double-code, locked: true", r"\(double-code\): a `solution"),
        ("grade: true, points: 2", "solution: true", r"\(double-values\): a `solution: true` cell"),
        ("grade: true, points: 2", "grade: true", r"cell 5: nbgrader: 'points' is a dependency of 'grade'"),
        ("grade: true, points: 2", "grade: true, points: 0", r"cell 5: nbgrader.points: 0 is less than"),
        ("grade: true, points: 2", "grade: true, points: 2, weight: 1", "cell 5: nbgrader: .*'weight' was"),
        ("grade_id: half-code", "grade_id: double-code", r"practice.md: the id 'double-code' is used twice"),
        ("grade_id: half-code", "grade_id: half code", r"cell 7: nbgrader.grade_id: 'half code' does not"),
        ('"minutes": 2, ', "", r"cell 3: problem: 'minutes' is a required property"),
        ('"defines": ["double"]', '"defines": ["2x"]', r"cell 3: problem.defines.0: '2x' does not match"),
        ('"id": "half"', '"id": "double"', r"the id 'double' is used twice"),
        ("grade: true, points: 3", "locked: true", "problem 'half' needs a solution cell and a test cell"),
        ("{grade_id: setup, locked: true}", "{grade_id: setup", r"can't be read as a MyST text notebook"),
    ],
)  # fmt: skip
def test_a_slip_in_the_text_is_named_with_its_place(tiny: Path, old: str, new: str, message: str) -> None:
    path = tiny / "practice.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(AutograderError, match=message) as error:
        load_assignment("tiny", tiny.parent)
    assert str(path) in str(error.value)


def test_a_quiz_that_is_missing_is_named(tiny: Path) -> None:
    (tiny / "quiz.yml").unlink()
    with pytest.raises(AutograderError, match=r"quiz\.yml: can't be read"):
        load_assignment("tiny", tiny.parent)


def test_two_cells_can_not_share_an_id(tiny: Path) -> None:
    path = tiny / "quiz.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("id: tiny-sign", "id: tiny-choice-check"), encoding="utf-8")
    with pytest.raises(AutograderError, match="two cells get the id 'tiny-choice-check'"):
        source_notebooks(load_assignment("tiny", tiny.parent))


def test_an_unknown_assignment_brings_the_near_and_the_known_names(tiny: Path) -> None:
    with pytest.raises(AutograderError, match=r"no assignment 'tinny'. Did you mean 'tiny'\? Known: tiny\."):
        load_assignment("tinny", tiny.parent)
