"""How the answers to quiz questions are distributed, as the verdicts tell; no notebook is read for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from autograder.class_report.page import AnswerResult, Choice
from autograder.class_report.parts import Item
from autograder.class_report.work import Work
from autograder.question import SIGNS, Question
from autograder.tidy import TidyRow

_RIGHT, _OTHER = "right", "other"
_NOT_ANSWERED, _UNREADABLE, _UNKNOWN = "not answered", "unreadable", "unknown"
_NO_NUMBERS = "without numbers of their own"
# What questions with numbers of each student's own say when these are not there.
_ANOTHER_ACCOUNT, _NO_ACCOUNT = "question were drawn for the account", "write your account name"


class Answers:
    """Hears what was answered to each question; a `Listener`.

    A wrong answer is known by the author's feedback on it, which the verdict quotes.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = items
        self._item_of = {
            column: number
            for number, item in enumerate(items)
            if item.question is not None
            for column in item.columns
        }
        self._counts: dict[int, Counter[str]] = {number: Counter() for number in self._item_of.values()}
        self._another: set[int] = set()

    def __call__(self, student: int, column: int, row: TidyRow) -> None:
        """Hear of a row."""
        number = self._item_of.get(column)
        if number is None or row.outcome in ("refused", "unknown"):
            return
        question = self._items[number].question
        assert question is not None
        self._counts[number].update(set(_given(question, row)))
        self._counts[number]["all"] += 1
        if row.outcome != "passed" and _ANOTHER_ACCOUNT in row.message:
            self._another.add(student)

    @property
    def another_account(self) -> int:
        """How many wrote another account name into the quiz than theirs."""
        return len(self._another)

    def results(self, work: Work) -> tuple[AnswerResult, ...]:
        """Give the answers to each question, of those whose notebook was run; no question if nobody's was."""
        count = {item.notebook: int(work.ran(item.notebook).sum()) for item in self._items}
        return tuple(
            _result(self._items[number], counts, count[self._items[number].notebook])
            for number, counts in self._counts.items()
            if count[self._items[number].notebook]
        )


def _given(question: Question, row: TidyRow) -> list[str]:
    """Name what was answered: letters, a sign, the number of a mistake, or what else is known of it."""
    if row.outcome == "passed":
        if question.options:
            return [option.letter for option in question.options if option.holds]
        return [str(question.key)] if question.kind == "sign" and not question.draw else [_RIGHT]
    if row.outcome == "not attempted" or "not answered yet" in row.message:
        return [_NOT_ANSWERED]
    if row.message.startswith("The answer can't be read"):
        return [_UNREADABLE]
    if _ANOTHER_ACCOUNT in row.message or _NO_ACCOUNT in row.message:
        return [_NO_NUMBERS]
    if question.options:
        chosen = [option.letter for option in question.options if option.feedback.strip() in row.message]
        return chosen or [_UNKNOWN]
    if question.kind == "sign":
        return [sign for sign in SIGNS if question.feedback[sign].strip() in row.message][:1] or [_UNKNOWN]
    for number, mistake in enumerate(question.mistakes):
        if mistake.feedback.strip() in row.message:
            return [f"mistake {number}"]
    return [_OTHER] if question.feedback["wrong"].strip() in row.message else [_UNKNOWN]


def _result(item: Item, counts: Counter[str], count: int) -> AnswerResult:
    question = item.question
    assert question is not None
    return AnswerResult(
        item=item.name,
        text=question.text.strip(),
        kind=question.kind,
        count=count,
        choices=_choices(question, counts),
        not_answered=counts[_NOT_ANSWERED],
        unreadable=counts[_UNREADABLE],
        no_numbers=counts[_NO_NUMBERS],
        unknown=counts[_UNKNOWN] + count - counts["all"],  # also of whom no verdict is kept
    )


def _choices(question: Question, counts: Counter[str]) -> tuple[Choice, ...]:
    if question.options:
        return tuple(
            Choice(option.letter, option.text, option.holds, option.feedback, counts[option.letter])
            for option in question.options
        )
    if question.kind == "sign":
        if not question.draw:
            return tuple(
                Choice(sign, sign, sign == question.key, question.feedback[sign], counts[sign])
                for sign in SIGNS
            )
        elsewhere = "where the student’s numbers have another sign"
        signs = [Choice(sign, elsewhere, None, question.feedback[sign], counts[sign]) for sign in SIGNS]
        return (Choice(_RIGHT, "the right sign for the student's numbers", True, "", counts[_RIGHT]), *signs)
    mistakes = [
        Choice(f"mistake {n + 1}", mistake.feedback, False, mistake.feedback, counts[f"mistake {n}"])
        for n, mistake in enumerate(question.mistakes)
    ]
    right = Choice(_RIGHT, "number", True, question.feedback["right"], counts[_RIGHT])
    other = Choice(_OTHER, "another number", False, question.feedback["wrong"], counts[_OTHER])
    return (right, *mistakes, other)
