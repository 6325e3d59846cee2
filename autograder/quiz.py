"""Quizzes as data: read a quiz file, compute its keys with `solutions`, and assess an answer.

A chapter's quick check and a unit's graded quiz share this format. No key is typed: whether an option
holds, and what number is right, are Python expressions, evaluated here with everything public in `solutions`,
`np` and `minimiser` in scope. So are the curves of a figure; whether one of them holds is said about `curve`
and the grid `x`.
"""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np

import solutions
from autograder.authored import read_yaml, schema_error
from autograder.errors import shortened
from autograder.quiz_figure import LINES, Figure, grid, heights

Kind = Literal["choice", "several", "figure", "number", "sign", "argmin"]
Key = str | frozenset[str] | float

LETTERS = "abcdefgh"
SIGNS = ("negative", "zero", "positive")


class QuizError(ValueError):
    """A quiz file that can't be used; the message names the file, the question and the field."""


@dataclass(frozen=True)
class Option:
    """One option: its letter, what it says, whether it holds, and what to say to who picks it.

    An option that is a curve says which kind of line it is.
    """

    letter: str
    text: str
    holds: bool
    feedback: str


@dataclass(frozen=True)
class NumberMistake:
    """The number that one misconception gives, and the feedback for it."""

    answer: float
    feedback: str


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and the feedback on it."""

    correct: bool
    feedback: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One question with its computed key.

    `key` is a letter (choice, figure), a set of letters (several), a number (number, argmin) or a word of
    `SIGNS` (sign). Only a question of kind figure has a `figure`.
    """

    id: str
    kind: Kind
    text: str
    objectives: tuple[str, ...]
    points: int
    options: tuple[Option, ...]
    key: Key
    tolerance: float
    feedback: Mapping[str, str]
    mistakes: tuple[NumberMistake, ...]
    figure: Figure | None = None

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters of the options, in order."""
        return tuple(option.letter for option in self.options)

    def form_error(self, given: object) -> str | None:
        """Say what is wrong with the form of an answer, whatever its truth; None when the form is right."""
        letters = ", ".join(self.letters)
        if self.kind in ("choice", "figure") and not (isinstance(given, str) and given in self.letters):
            return f"give one letter in quotes, one of {letters}; you gave {_shown(given)}"
        if self.kind == "several" and not (
            isinstance(given, (set, frozenset, list, tuple))
            and given
            and all(isinstance(letter, str) and letter in self.letters for letter in given)
        ):
            return f'give a set of letters, such as {{"a", "b"}}, out of {letters}; you gave {_shown(given)}'
        if self.kind == "sign" and not (isinstance(given, str) and given in SIGNS):
            return f'give "negative", "zero" or "positive", in quotes; you gave {_shown(given)}'
        if self.kind in ("number", "argmin") and not is_finite_number(given):
            return f"give a finite number, such as 1.5; you gave {_shown(given)}"
        return None

    def assess(self, given: Any) -> Verdict:
        """Compare an answer of the right form with the key.

        Raises
        ------
        QuizError
            If the form is wrong (see `form_error`).
        """
        if (error := self.form_error(given)) is not None:
            raise QuizError(f"question {self.id}: {error}")
        if self.options:
            chosen = frozenset(given)
            right = frozenset(option.letter for option in self.options if option.holds)
            correct = chosen == right
            feedback = [option.feedback for option in self.options if option.letter in chosen]
            if self.kind == "several" and chosen < right:
                feedback.append("What you chose holds, but it is not all that holds.")
            return Verdict(correct, tuple(feedback))
        if self.kind == "sign":
            return Verdict(given == self.key, (self.feedback[given],))
        return self._assess_number(float(given))

    def _assess_number(self, given: float) -> Verdict:
        assert isinstance(self.key, float)
        if abs(given - self.key) <= self.tolerance:
            return Verdict(True, (self.feedback["right"],))
        for mistake in self.mistakes:
            if abs(given - mistake.answer) <= self.tolerance:
                return Verdict(False, (mistake.feedback,))
        return Verdict(False, (self.feedback["wrong"],))


@dataclass(frozen=True)
class Quiz:
    """The questions of one quiz file, in order."""

    title: str
    read: str
    questions: tuple[Question, ...]

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)

    def question(self, question_id: str) -> Question:
        """Find a question by its id."""
        for question in self.questions:
            if question.id == question_id:
                return question
        known = ", ".join(question.id for question in self.questions)
        raise QuizError(f"no question {question_id!r} in quiz {self.title!r}; it has {known}")


def load_quiz(path: str | Path) -> Quiz:
    """Read a quiz file, check it against the schema and compute every key.

    Raises
    ------
    QuizError
        If the file can't be read, breaks the schema, or an expression in it fails; the message says where.
    """
    path = Path(path)
    data = read_yaml(path, QuizError)
    _check_schema(path, data)
    return _build(path, data)


def grade_answer(unit: str, question_id: str, given: object) -> None:
    """Assess an answer to a unit's graded quiz; hidden tests call this.

    Raises
    ------
    AssertionError
        If the answer is missing, malformed or wrong; the message is the feedback.
    """
    quiz = _unit_quiz(unit)
    question = quiz.question(question_id)
    if given is None:
        raise AssertionError("This question is not answered yet.")
    if (error := question.form_error(given)) is not None:
        raise AssertionError(f"The answer can't be read: {error}.")
    verdict = question.assess(given)
    if not verdict.correct:
        said = _by_letter(question, given) if question.kind == "several" else verdict.feedback
        raise AssertionError(
            " ".join(text.strip() for text in said) + f" (Read again: the chapter {quiz.read}.)"
        )


def _by_letter(question: Question, given: Any) -> list[str]:
    """Put its letter before the feedback on each chosen option: a notebook shows them in one line."""
    said = [
        f"{option.letter} {'holds' if option.holds else 'does not hold'}: {option.feedback.strip()}"
        for option in question.options
        if option.letter in given
    ]
    if any(option.holds and option.letter not in given for option in question.options):
        said.append("And something that holds is missing.")
    return said


def is_finite_number(given: object) -> bool:
    """Tell whether an answer can be read as a number; quiz notebooks hold a copy of this function."""
    if not isinstance(given, numbers.Real) or isinstance(given, bool):
        return False
    try:
        return math.isfinite(float(given))
    except Exception:  # too large for a float, or of a class that only claims to be a number
        return False


def minimiser(f: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one valley on [low, high] is least, by repeated refinement of a grid.

    Examples
    --------
    >>> round(minimiser(lambda c: (c - 2) ** 2, 0, 10), 6)
    2.0
    """
    for _ in range(12):
        grid = np.linspace(low, high, 101)
        best = int(np.argmin([float(f(float(c))) for c in grid]))
        low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 100)])
    return (low + high) / 2


@cache
def _unit_quiz(unit: str) -> Quiz:
    # Checked against the schema when the notebook was made; the validator alone takes a second to import,
    # and that second would count as the student's.
    path = Path(str(resources.files("autograder"))) / "assignments" / unit / "quiz.yml"
    return _build(path, read_yaml(path, QuizError))


def _build(path: Path, data: Mapping[str, Any]) -> Quiz:
    questions = tuple(_question(path, item) for item in data["questions"])
    ids = [question.id for question in questions]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise QuizError(f"{path}: question id {twice[0]!r} is used twice; ids must be unique")
    return Quiz(data["title"], data["read"], questions)


def _shown(given: object) -> str:
    try:
        return shortened(repr(given))
    except Exception:  # a whole number of many digits has no repr; a class of the student's own may have none
        return f"something of type {type(given).__name__}"


@cache
def _schema() -> dict[str, Any]:
    text = resources.files("autograder").joinpath("quiz.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _check_schema(path: Path, data: Any) -> None:
    broken = schema_error(data, _schema())
    if broken is None:
        return
    where, message = broken
    place = ".".join(map(str, where)) or "top level"
    if len(where) > 1 and where[0] == "questions":
        question = data["questions"][where[1]]
        name = question.get("id", where[1]) if isinstance(question, dict) else where[1]
        field = [*map(str, where[2:])] or ["fields"]
        if field[0] == "options" and len(field) > 1:
            field[1] = LETTERS[int(field[1])]
        place = f"question {name!r}, {'.'.join(field)}"
    raise QuizError(f"{path}: {place}: {message}")


@cache
def _namespace() -> dict[str, Any]:
    return {
        **{name: getattr(solutions, name) for name in solutions.__all__},
        "np": np,
        "minimiser": minimiser,
    }


def _error(path: Path, item: Mapping[str, Any], field: str, reason: str) -> QuizError:
    return QuizError(f"{path}: question {item['id']!r}, {field}: {reason}")


def _evaluate(
    path: Path, item: Mapping[str, Any], field: str, expression: str | float | bool, **names: object
) -> Any:
    try:
        # Authored with the course, not by a student.
        return eval(str(expression), {**_namespace(), **names})
    except Exception as error:
        raise _error(path, item, field, f"{expression!r} fails: {error!r}") from error


def _truth(
    path: Path, item: Mapping[str, Any], field: str, expression: str | float | bool, **names: object
) -> bool:
    value = _evaluate(path, item, field, expression, **names)
    if not isinstance(value, (bool, np.bool_)):
        raise _error(path, item, field, f"{expression!r} is {value!r}, not True or False")
    return bool(value)


def _number(path: Path, item: Mapping[str, Any], field: str, expression: str | float | bool) -> float:
    value = _evaluate(path, item, field, expression)
    if not is_finite_number(value):
        raise _error(path, item, field, f"{expression!r} is {value!r}, not a finite number")
    return float(value)


def _question(path: Path, item: Mapping[str, Any]) -> Question:
    drawn = item["kind"] == "figure"
    figure, options = _curves(path, item) if drawn else (None, _options(path, item))
    mistakes = tuple(
        NumberMistake(_number(path, item, f"mistakes.{i}.answer", mistake["answer"]), mistake["feedback"])
        for i, mistake in enumerate(item.get("mistakes", ()))
    )
    question = Question(
        id=item["id"],
        kind=item["kind"],
        text=item["text"],
        objectives=tuple(item["objectives"]),
        points=item.get("points", 1),
        options=options,
        key=_key(path, item, options),
        tolerance=float(item.get("tolerance", 0.0)),
        feedback=item.get("feedback", {}),
        mistakes=mistakes,
        figure=figure,
    )
    for i, mistake in enumerate(mistakes):
        if isinstance(question.key, float) and abs(mistake.answer - question.key) <= question.tolerance:
            raise _error(path, item, f"mistakes.{i}", "its answer is within tolerance of the key")
    return question


def _options(path: Path, item: Mapping[str, Any]) -> tuple[Option, ...]:
    return tuple(
        Option(
            letter,
            option["text"],
            _truth(path, item, f"options.{letter}.holds", option["holds"]),
            option["feedback"],
        )
        for letter, option in zip(LETTERS, item.get("options", ()), strict=False)
    )


def _curves(path: Path, item: Mapping[str, Any]) -> tuple[Figure, tuple[Option, ...]]:
    """Compute the curves of a figure, and the options to pick one of them."""
    authored = item["figure"]
    try:
        x = grid(authored["x"]["from"], authored["x"]["to"])
    except ValueError as error:
        raise _error(path, item, "figure.x", str(error)) from error
    curves, options = [], []
    for letter, line, option in zip(LETTERS, LINES, item["options"], strict=False):
        field = f"options.{letter}"
        curve = _evaluate(path, item, f"{field}.curve", option["curve"])
        try:
            curves.append(heights(curve, x))
        except ValueError as error:
            raise _error(path, item, f"{field}.curve", f"{option['curve']!r}: {error}") from error
        holds = _truth(path, item, f"{field}.holds", option["holds"], curve=curve, x=x)
        options.append(Option(letter, f"{line} line", holds, option["feedback"]))
    figure = Figure(authored["x"]["label"], authored["ylabel"], authored["alt"].strip(), x, tuple(curves))
    if (alike := figure.look_alike()) is not None:
        first, second = (LETTERS[i] for i in alike)
        raise _error(path, item, "options", f"curves {first} and {second} look the same in the drawing")
    return figure, tuple(options)


def _key(path: Path, item: Mapping[str, Any], options: tuple[Option, ...]) -> Key:
    kind = item["kind"]
    right = [option.letter for option in options if option.holds]
    if kind in ("choice", "figure"):
        if len(right) != 1:
            shown = ", ".join(right) or "none"
            raise _error(path, item, "options", f"exactly one option must hold; of these: {shown}")
        return right[0]
    if kind == "several":
        if not right:
            raise _error(path, item, "options", "at least one option must hold")
        return frozenset(right)
    answer = _number(path, item, "answer", item["answer"])
    if kind == "sign":
        return SIGNS[int(np.sign(answer)) + 1]
    return answer
