"""Quizzes as data: keys are computed, answers get feedback on the misconception behind them."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.question import QuizError
from autograder.question_keys import minimiser
from autograder.quiz import Quiz, grade_answer, load_quiz

QUIZ = """
title: Quick check
read: regression/squared-error
questions:
  - id: value
    objectives: [se-value]
    kind: choice
    text: What is the squared error of 2.5 against 3?
    options:
      - {text: "0.25", holds: "mse([2.5], [3.0]) == 0.25", feedback: The square of a half.}
      - {text: "0.125", holds: "mse([2.5], [3.0]) == 0.125", feedback: That is half of it.}
  - id: facts
    objectives: [se-value]
    kind: several
    text: Which hold?
    options:
      - {text: it is zero at the target, holds: "mse([3.0], [3.0]) == 0", feedback: Yes.}
      - {text: it is negative below, holds: "mse([1.0], [3.0]) < 0", feedback: Squares are never negative.}
      - {text: it grows with the residual, holds: "mse([5.0], [3.0]) > mse([4.0], [3.0])", feedback: It does.}
  - id: slope
    objectives: [se-gradient]
    kind: number
    text: The gradient at 2.5?
    answer: mse_grad([2.5], [3.0])[0]
    tolerance: 0.01
    feedback: {right: "Minus one.", wrong: "Twice the residual."}
    mistakes:
      - {answer: "half_mse_grad([2.5], [3.0])[0]", feedback: That is the gradient with a half.}
  - id: direction
    objectives: [se-gradient]
    kind: sign
    text: The sign of the gradient below the target?
    answer: mse_grad([2.5], [3.0])[0]
    feedback: {negative: "Negative.", zero: "Zero only at the target.", positive: "That would push it down."}
  - id: best
    objectives: [se-estimates]
    kind: argmin
    text: Where is the mean squared error of a constant least for 1, 2, 6?
    answer: "minimiser(lambda c: mse([c] * 3, [1.0, 2.0, 6.0]), 0, 10)"
    tolerance: 0.01
    feedback: {right: "The mean.", wrong: "Look for the mean."}
    mistakes:
      - {answer: "np.median([1, 2, 6])", feedback: That is the median.}
  - id: curve
    objectives: [se-gradient]
    kind: figure
    text: Which curve is the gradient?
    figure:
      x: {label: residual, from: -3, to: 3}
      ylabel: gradient
      alt: Curve (a) is a parabola. Curve (b) is a rising straight line.
    options:
      - curve: "lambda r: mse(r, 0 * r, reduction='none')"
        holds: "np.allclose(curve(x), 2 * x)"
        feedback: That is the loss.
      - curve: "lambda r: mse_grad(r, 0 * r, reduction='none')"
        holds: "np.allclose(curve(x), 2 * x)"
        feedback: Twice the residual.
"""


LOSS = """curve: "lambda r: mse(r, 0 * r, reduction='none')\""""
HOLDS = 'holds: "np.allclose(curve(x), 2 * x)"'
AFTER_A = QUIZ[QUIZ.index('      - curve: "lambda r: mse_grad') :]


def write(folder: Path, text: str) -> Path:
    path = folder / "chapter.quiz.yml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


@pytest.fixture
def quiz(tmp_path: Path) -> Quiz:
    return load_quiz(write(tmp_path, QUIZ))


def test_keys_are_computed_from_the_reference(quiz: Quiz) -> None:
    keys = [question.key for question in quiz]
    assert keys[:2] == ["a", frozenset({"a", "c"})]
    assert keys[2] == pytest.approx(-1.0)
    assert keys[3] == "negative"
    assert keys[4] == pytest.approx(3.0, abs=1e-6)
    assert keys[5] == "b"


def test_a_figure_holds_the_computed_curves_on_its_grid(quiz: Quiz) -> None:
    figure = quiz.question("curve").figure
    assert figure is not None
    assert (figure.x[0], figure.x[-1]) == (-3, 3)
    np.testing.assert_allclose(figure.curves, [figure.x**2, 2 * figure.x])
    assert [option.text for option in quiz.question("curve").options] == ["solid line", "dashed line"]


@pytest.mark.parametrize(
    ("question", "given", "correct", "feedback"),
    [
        ("value", "a", True, "The square of a half."),
        ("value", "b", False, "That is half of it."),
        ("facts", {"a", "c"}, True, "It does."),
        ("facts", {"a"}, False, "What you chose holds, but it is not all that holds."),
        ("facts", ["a", "b", "c"], False, "Squares are never negative."),
        ("slope", -1.005, True, "Minus one."),
        ("slope", -0.5, False, "That is the gradient with a half."),
        ("slope", 7, False, "Twice the residual."),
        ("direction", "negative", True, "Negative."),
        ("direction", "positive", False, "That would push it down."),
        ("curve", "b", True, "Twice the residual."),
        ("curve", "a", False, "That is the loss."),
        ("best", 3, True, "The mean."),
        ("best", 2.0, False, "That is the median."),
    ],
)
def test_an_answer_gets_the_feedback_of_the_misconception_behind_it(
    quiz: Quiz, question: str, given: Any, correct: bool, feedback: str
) -> None:
    verdict = quiz.question(question).assess(given)
    assert verdict.correct is correct
    assert feedback in verdict.feedback


@pytest.mark.parametrize(
    ("question", "given", "message"),
    [
        ("value", "z", "one of a, b"),
        ("value", 1, "one letter in quotes"),
        ("curve", "c", "one of a, b"),
        ("facts", "a", "a set of letters"),
        ("facts", set(), "a set of letters"),
        ("slope", "-1", "a finite number"),
        ("slope", True, "a finite number"),
        ("slope", float("nan"), "a finite number"),
        ("direction", -1, '"negative", "zero" or "positive"'),
    ],
)
def test_an_answer_of_the_wrong_form_is_told_the_right_form(
    quiz: Quiz, question: str, given: Any, message: str
) -> None:
    error = quiz.question(question).form_error(given)
    assert error is not None
    assert message in error
    with pytest.raises(QuizError, match=question):
        quiz.question(question).assess(given)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: sign", "kind: essay", "question 'direction'"),
        (
            'holds: "mse([2.5], [3.0]) == 0.125"',
            'holds: "mse([2.5], [3.0]) == 0.25"',
            "exactly one option must hold",
        ),
        (
            'holds: "mse([2.5], [3.0]) == 0.125"',
            'holds: "no_such_loss(1)"',
            "question 'value', options.b.holds",
        ),
        ('holds: "mse([2.5], [3.0]) == 0.125"', 'holds: "mse([2.5], [3.0])"', "not True or False"),
        (
            "answer: mse_grad([2.5], [3.0])[0]\n    tolerance",
            'answer: "None"\n    tolerance',
            "not a finite number",
        ),
        ('{answer: "half_mse_grad([2.5], [3.0])[0]"', '{answer: "-1.0"', "within tolerance of the key"),
        ("id: facts", "id: value", "'value' is used twice"),
        (", feedback: That is half of it.}", "}", "'feedback' is a required property"),
        ('tolerance: 0.01\n    feedback: {right: "Minus', 'feedback: {right: "Minus', "question 'slope'"),
        ("title: Quick check", "title: [", "can't be read as YAML"),
        (
            "answer: mse_grad([2.5], [3.0])[0]\n    feedback",
            "tolerance: 1\n    answer: mse_grad([2.5], [3.0])[0]\n    feedback",
            "question 'direction', fields: 'tolerance' is not one of ['id',",
        ),
        ("    kind: sign\n", "", "question 'direction', fields: 'kind' is a required property"),
        ("      alt: Curve (a)", "      other: Curve (a)", "question 'curve', figure"),
        ("alt: Curve (a) is a parabola. Curve (b) is a rising straight line.", "alt: ' '", "figure.alt"),
        ("to: 3}", "to: -3}", "question 'curve', figure.x: `from` must be less than `to`"),
        (LOSS, 'curve: "np.pi"', "question 'curve', options.a.curve: 'np.pi': a curve is a function"),
        (LOSS, 'curve: "lambda r: no(r)"', "options.a.curve: 'lambda r: no(r)': fails on the grid"),
        (LOSS, 'curve: "lambda r: 1 / r"', "options.a.curve: 'lambda r: 1 / r': is not finite at x = 0;"),
        (LOSS, 'curve: "lambda r: 1"', "gives shape () on a grid of shape (121,)"),
        (LOSS, 'curve: "lambda r: 2.01 * r"', "'curve', options: curves a and b look the same"),
        (HOLDS, 'holds: "curve(0.0) == 0"', "options: exactly one option must hold; of these: a, b"),
        (HOLDS, 'holds: "curve(0.0) == 1"', "options: exactly one option must hold; of these: none"),
        (HOLDS, 'holds: "curve(x) == 0"', "question 'curve', options.a.holds: 'curve(x) == 0' is array"),
        (AFTER_A, "", "is too short"),
    ],
)
def test_a_bad_quiz_file_is_named_with_its_question_and_field(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in QUIZ
    path = write(tmp_path, QUIZ.replace(old, new))
    with pytest.raises(QuizError) as caught:
        load_quiz(path)
    assert message in str(caught.value)
    assert path.name in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"c"}, "^c holds: multiply .* And something that holds is missing. "),
        ({"d", "a", "c"}, "^a holds: σ² only .* c holds: .* d does not hold: the mean has "),
        ({"d", "a"}, "^a holds: .* d does not hold: .* And something that holds is missing. "),
    ],
)
def test_graded_feedback_on_several_names_the_letters(given: set[str], said: str) -> None:
    with pytest.raises(AssertionError, match=said) as error:
        grade_answer("u2-regression", "u2-noise", given)
    assert str(error.value).endswith("(Read again: the chapter regression/squared-error.)")
    assert ("missing" in str(error.value)) == ({"a", "c"} - given != set())


def test_grading_an_answer_does_not_load_the_schema_validator() -> None:
    code = "import sys\nfrom autograder.quiz import grade_answer\n"
    code += "try:\n    grade_answer('u2-regression', 'none', 1)\n"
    code += "except ValueError as error:\n    print(error)\n"
    code += "print('jsonschema' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said, loaded = done.stdout.splitlines()
    assert said.startswith("no question 'none' in quiz")
    assert loaded == "False"


def test_the_minimiser_finds_the_least_value_to_many_digits() -> None:
    assert minimiser(lambda c: abs(c - 2.5), 0, 10) == pytest.approx(2.5, abs=1e-9)
