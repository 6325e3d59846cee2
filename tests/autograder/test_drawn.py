"""Quiz questions with numbers of a student's own: drawn alike in the notebook and in the grading."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
from nbformat import NotebookNode

from autograder import quiz, seeds
from autograder.convert import quiz_notebook
from autograder.drawn import DRAWN_FOR_ANOTHER, all_draws, drawn
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.question import QuizError
from autograder.quiz import all_keys, grade_answer, load_quiz
from autograder.remarks import other_accounts

QUIZ = """
title: Own numbers
read: regression/squared-error
questions:
  - id: plain
    objectives: [se-value]
    kind: sign
    text: The sign of the gradient below the target?
    answer: mse_grad([2.5], [3.0])[0]
    feedback: {negative: "Yes.", zero: "No.", positive: "No."}
  - id: own
    objectives: [se-value]
    kind: number
    text: The mean squared error of the residuals $a$ and $-b$?
    draw: {a: [3, 4, 5], b: [0.5, 1.5]}
    answer: mse([a, 0.0], [0.0, b])
    tolerance: 0.01
    feedback: {right: "Right.", wrong: "Square, then average."}
    mistakes:
      - {answer: "a**2 + b**2", feedback: That is the sum of the squares.}
"""


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The quiz as that of a unit `own`."""
    monkeypatch.setattr(quiz, "ASSIGNMENTS", tmp_path)
    quiz._unit_data.cache_clear()
    quiz._unit_question.cache_clear()
    (tmp_path / "own").mkdir()
    path = tmp_path / "own" / "quiz.yml"
    path.write_text(QUIZ)
    return path


def run(notebook: NotebookNode, changes: dict[str, str]) -> str:
    """Run what students see of a notebook, some cells changed; return what it prints and raises."""
    names: dict[str, object] = {}
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                source = changes.get(cell.metadata.nbgrader.grade_id, cell.source)
                try:
                    exec(source.split("### BEGIN HIDDEN TESTS")[0], names)
                except AssertionError as error:
                    print(error)
    return shown.getvalue()


def test_the_notebook_shows_the_numbers_that_the_key_is_computed_for(path: Path) -> None:
    for student in ("ada", "bob", "Zoë"):
        asked = load_quiz(path, student).question("own")
        notebook = quiz_notebook("own", load_quiz(path))
        shown = run(notebook, {"account": f"account = {student!r}"})
        assert shown == f"Your numbers: a = {asked.numbers['a']}, b = {asked.numbers['b']}\n"
        a, b = asked.numbers.values()
        assert asked.key == pytest.approx((a**2 + b**2) / 2)


def test_the_solution_of_the_source_is_right_for_the_account_in_it(path: Path) -> None:
    notebook = quiz_notebook("own", load_quiz(path, "ada"), "ada")
    names: dict[str, object] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(cell.source, names)  # the hidden tests too
    assert names["account"] == "ada"


def test_all_keys_are_those_that_some_student_has(path: Path) -> None:
    assert all_keys(path) == {"own": [(a**2 + b**2) / 2 for a in (3, 4, 5) for b in (0.5, 1.5)]}


def test_students_get_different_numbers_and_each_the_same_again(path: Path) -> None:
    values = {"a": [3.0, 4.0, 5.0], "b": [0.5, 1.5]}
    everyone = [drawn(f"student-{number}", "own", values) for number in range(60)]
    assert everyone == [drawn(f" STUDENT-{number}\n", "own", values) for number in range(60)]
    for numbers in all_draws(values):
        assert 2 <= everyone.count(numbers) <= 25  # 10 of 60 on average
    assert everyone != [drawn(f"student-{number}", "other", values) for number in range(60)]


def test_who_hands_in_decides_whose_numbers_count(path: Path) -> None:
    ada, max_ = (load_quiz(path, student).question("own").key for student in ("ada", "max"))
    assert ada != max_
    with seeds.use("5eed:ada", "own-check"):
        grade_answer("own", "own", ada, "ada")
        grade_answer("own", "own", ada, " Ada ")
        with pytest.raises(AssertionError, match="Square, then average"):
            grade_answer("own", "own", max_, "ada")
        with pytest.raises(
            AssertionError, match=r"drawn for the account 'max', but you are 'ada': write 'ada'"
        ):
            grade_answer("own", "own", max_, "max")
        grade_answer("own", "plain", "negative")
        for odd in (10**5000, ["ada"], None, "a" * 10**6):
            with pytest.raises(AssertionError, match="write 'ada'") as told:
                grade_answer("own", "own", ada, odd)
            assert len(str(told.value)) < 500


def test_grading_names_who_wrote_another_account_name(path: Path) -> None:
    def graded(student: str, account: object) -> GradedNotebook:
        with seeds.use(f"5eed:{student}", "own-check"), pytest.raises(AssertionError) as told:
            grade_answer("own", "own", -1, account)
        return GradedNotebook("quiz", (Verdict("own-check", "failed", 0, 1, str(told.value)),))

    right = {("ada", "quiz"): graded("ada", "ada")}
    assert other_accounts(right) == []
    cited = Verdict("own-check", "failed", 0, 1, f"you gave '{DRAWN_FOR_ANOTHER}'")
    assert other_accounts({("eve", "quiz"): GradedNotebook("quiz", (cited,))}) == []
    wrong = {("0700", "quiz"): graded("0700", "bob"), ("0107", "quiz"): graded("0107", None)}
    assert other_accounts(right | wrong) == [
        "2 students wrote another account name into quiz.ipynb, so questions with numbers of their own gave "
        "no points: 0107, 0700"
    ]


def test_where_nobody_knows_the_student_the_account_in_the_notebook_counts(path: Path) -> None:
    grade_answer("own", "own", load_quiz(path, "bob").question("own").key, "bob")


def test_without_an_account_the_notebook_says_what_to_do(path: Path) -> None:
    shown = run(
        quiz_notebook("own", load_quiz(path)),
        {"account": "account = None", "plain": 'answer_1 = "zero"', "own": "answer_2 = 1"},
    )
    assert shown.splitlines() == [
        "Write your account name into the first cell, run it, and run this cell again.",
        "Question 2: write your account name, in quotes, into the first cell and run it.",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("$-b$", "minus two", "question 'own', draw: no formula of the text mentions b"),
        ("a: [3, 4, 5]", "a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]", "32 combinations"),
        ("a: [3, 4, 5]", "a: [3]", "is too short"),
        ("residuals $a$", "residuals of a kind", "no formula of the text mentions a"),
        ("read: regression/squared-error", "", "question 'plain', read: name the chapter to read again"),
        ("a: [3, 4, 5]", "mse: [3, 4]", "question 'own', draw"),
        ('"a**2 + b**2"', '"(a**2 + b**2) / 2 * (a > 4)"', "question 'own' with a = 5, b = 0.5, mistakes.0"),
        ('"a**2 + b**2"', '"1 / (a - 4)"', "question 'own' with a = 4, b = 0.5, mistakes.0.answer"),
        (
            "kind: sign",
            "kind: sign\n    draw: {a: [1, 2]}",
            "question 'plain', draw: no formula of the text mentions",
        ),
    ],
)
def test_draws_that_are_no_good_for_some_student_are_named(
    path: Path, old: str, new: str, message: str
) -> None:
    assert old in QUIZ
    path.write_text(QUIZ.replace(old, new))
    with pytest.raises(QuizError) as caught:
        all_keys(path)
    assert message in str(caught.value)
