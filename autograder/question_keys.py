"""From a question as authored to one with its key: expressions are evaluated with `solutions`.

In scope are everything public in `solutions`, `np`, `minimiser` and the question's drawn numbers; where a
curve of a figure is judged, also `curve` and the grid `x`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import solutions
from autograder.drawn import all_draws, drawn
from autograder.question import (
    LETTERS,
    SIGNS,
    Key,
    NumberMistake,
    Option,
    Question,
    QuizError,
    is_finite_number,
)
from autograder.quiz_figure import LINES, Figure, grid, heights

MOST_DRAWS = 30
"""Combinations of drawn numbers: the tests try each."""


def numbers_of(item: Mapping[str, Any], account: str) -> dict[str, float]:
    """Draw the numbers that a student has in a question; none if it has no draw."""
    return drawn(account, item["id"], item.get("draw", {}))


def question_with(
    path: Path, data: Mapping[str, Any], item: Mapping[str, Any], numbers: Mapping[str, float]
) -> Question:
    """Compute a question of a quiz file, with the numbers that a student has."""
    return _Authored(path, item, numbers).question(item.get("read", data.get("read", "")))


def check_draw(path: Path, item: Mapping[str, Any]) -> None:
    """Check that the drawn numbers of a question are named in its text, and not too many to be tried.

    Raises
    ------
    QuizError
        The message names the question and the number.
    """
    values = item.get("draw", {})
    authored = _Authored(path, item, {})
    if (count := math.prod(map(len, values.values()))) > MOST_DRAWS:
        raise authored.error("draw", f"{count} combinations of numbers are more than {MOST_DRAWS}")
    formulas = " ".join(re.findall(r"\$[^$]*\$", item["text"]))
    for name in values:
        if re.search(rf"(?<![A-Za-z\\]){name}(?![A-Za-z0-9])", formulas) is None:
            raise authored.error("draw", f"no formula of the text mentions {name}")


def all_versions(path: Path, item: Mapping[str, Any]) -> list[Question]:
    """Compute a question for all numbers that some student may have.

    Raises
    ------
    QuizError
        If it is no good for some of them; the message names the question and the numbers.
    """
    return [_Authored(path, item, numbers).question("") for numbers in all_draws(item.get("draw", {}))]


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
def _namespace() -> dict[str, Any]:
    return {
        **{name: getattr(solutions, name) for name in solutions.__all__},
        "np": np,
        "minimiser": minimiser,
    }


class _Authored:
    """A question as authored, with the values of its drawn numbers."""

    def __init__(self, path: Path, item: Mapping[str, Any], numbers: Mapping[str, float]) -> None:
        self._path = path
        self._item = item
        self._numbers = numbers

    def error(self, field: str, reason: str) -> QuizError:
        """Word what is wrong with a field."""
        numbers = ", ".join(f"{name} = {value:g}" for name, value in self._numbers.items())
        where = f" with {numbers}" if numbers else ""
        return QuizError(f"{self._path}: question {self._item['id']!r}{where}, {field}: {reason}")

    def question(self, read: str) -> Question:
        """Compute the key, the options and the numbers of the mistakes."""
        item = self._item
        figure, options = self._curves() if item["kind"] == "figure" else (None, self._options())
        mistakes = tuple(
            NumberMistake(self._number(f"mistakes.{i}.answer", mistake["answer"]), mistake["feedback"])
            for i, mistake in enumerate(item.get("mistakes", ()))
        )
        question = Question(
            id=item["id"],
            kind=item["kind"],
            text=item["text"],
            objectives=tuple(item["objectives"]),
            points=item.get("points", 1),
            options=options,
            key=self._key(options),
            tolerance=float(item.get("tolerance", 0.0)),
            feedback=item.get("feedback", {}),
            mistakes=mistakes,
            read=read,
            figure=figure,
            draw={name: tuple(values) for name, values in item.get("draw", {}).items()},
            numbers=self._numbers,
        )
        for i, mistake in enumerate(mistakes):
            if isinstance(question.key, float) and abs(mistake.answer - question.key) <= question.tolerance:
                raise self.error(f"mistakes.{i}", "its answer is within tolerance of the key")
        return question

    def _evaluate(self, field: str, expression: str | float | bool, **names: object) -> Any:
        try:
            # Authored with the course, not by a student.
            return eval(str(expression), {**_namespace(), **self._numbers, **names})
        except Exception as error:
            raise self.error(field, f"{expression!r} fails: {error!r}") from error

    def _truth(self, field: str, expression: str | float | bool, **names: object) -> bool:
        value = self._evaluate(field, expression, **names)
        if not isinstance(value, (bool, np.bool_)):
            raise self.error(field, f"{expression!r} is {value!r}, not True or False")
        return bool(value)

    def _number(self, field: str, expression: str | float | bool) -> float:
        value = self._evaluate(field, expression)
        if not is_finite_number(value):
            raise self.error(field, f"{expression!r} is {value!r}, not a finite number")
        return float(value)

    def _options(self) -> tuple[Option, ...]:
        return tuple(
            Option(
                letter,
                option["text"],
                self._truth(f"options.{letter}.holds", option["holds"]),
                option["feedback"],
            )
            for letter, option in zip(LETTERS, self._item.get("options", ()), strict=False)
        )

    def _curves(self) -> tuple[Figure, tuple[Option, ...]]:
        """Compute the curves of a figure, and the options to pick one of them."""
        authored = self._item["figure"]
        try:
            x = grid(authored["x"]["from"], authored["x"]["to"])
        except ValueError as error:
            raise self.error("figure.x", str(error)) from error
        curves, options = [], []
        for letter, line, option in zip(LETTERS, LINES, self._item["options"], strict=False):
            field = f"options.{letter}"
            curve = self._evaluate(f"{field}.curve", option["curve"])
            try:
                curves.append(heights(curve, x))
            except ValueError as error:
                raise self.error(f"{field}.curve", f"{option['curve']!r}: {error}") from error
            holds = self._truth(f"{field}.holds", option["holds"], curve=curve, x=x)
            options.append(Option(letter, f"{line} line", holds, option["feedback"]))
        figure = Figure(authored["x"]["label"], authored["ylabel"], authored["alt"].strip(), x, tuple(curves))
        if (alike := figure.look_alike()) is not None:
            first, second = (LETTERS[i] for i in alike)
            raise self.error("options", f"curves {first} and {second} look the same in the drawing")
        return figure, tuple(options)

    def _key(self, options: tuple[Option, ...]) -> Key:
        kind = self._item["kind"]
        right = [option.letter for option in options if option.holds]
        if kind in ("choice", "figure"):
            if len(right) != 1:
                shown = ", ".join(right) or "none"
                raise self.error("options", f"exactly one option must hold; of these: {shown}")
            return right[0]
        if kind == "several":
            if not right:
                raise self.error("options", "at least one option must hold")
            return frozenset(right)
        answer = self._number("answer", self._item["answer"])
        if kind == "sign":
            return SIGNS[int(np.sign(answer)) + 1]
        return answer
