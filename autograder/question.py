"""A quiz question: its computed key, the form of an answer, and the feedback on one."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from autograder.errors import shortened
from autograder.quiz_figure import Figure

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
    `SIGNS` (sign). Only a question of kind figure has a `figure`. `read` names the chapter to read again.
    Where students have numbers of their own, `draw` holds the values that each may have, and `numbers` those
    for which the key and the mistakes were computed.
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
    read: str
    figure: Figure | None = None
    draw: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    numbers: Mapping[str, float] = field(default_factory=dict)

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters of the options, in order."""
        return tuple(option.letter for option in self.options)

    def form_error(self, given: object) -> str | None:
        """Say what is wrong with the form of an answer, whatever its truth; None when the form is right."""
        letters = ", ".join(self.letters)
        if self.kind in ("choice", "figure") and not (isinstance(given, str) and given in self.letters):
            return f"give one letter in quotes, one of {letters}; you gave {shown_answer(given)}"
        if self.kind == "several" and not (
            isinstance(given, (set, frozenset, list, tuple))
            and given
            and all(isinstance(letter, str) and letter in self.letters for letter in given)
        ):
            shown = shown_answer(given)
            return f'give a set of letters, such as {{"a", "b"}}, out of {letters}; you gave {shown}'
        if self.kind == "sign" and not (isinstance(given, str) and given in SIGNS):
            return f'give "negative", "zero" or "positive", in quotes; you gave {shown_answer(given)}'
        if self.kind in ("number", "argmin") and not is_finite_number(given):
            return f"give a finite number, such as 1.5; you gave {shown_answer(given)}"
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


def is_finite_number(given: object) -> bool:
    """Tell whether an answer can be read as a number; quiz notebooks hold a copy of this function."""
    if not isinstance(given, numbers.Real) or isinstance(given, bool):
        return False
    try:
        return math.isfinite(float(given))
    except Exception:  # too large for a float, or of a class that only claims to be a number
        return False


def shown_answer(given: object) -> str:
    try:
        return shortened(repr(given))
    except Exception:  # a whole number of many digits has no repr; a class of the student's own may have none
        return f"something of type {type(given).__name__}"
