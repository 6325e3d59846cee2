"""What to look at first: a short list, computed from the sections of the report."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.class_report.page import (
    Advice,
    AnswerResult,
    Head,
    ItemResult,
    MistakeResult,
    ObjectiveResult,
)
from autograder.class_report.statistics import FEWEST
from autograder.wording import counted

LOW_PASS, FREQUENT, NOT_REACHED = 0.5, 0.1, 0.6
_FEWEST = 5  # students of whom a rate is worth a line
_SEVERAL = 2  # students who make the same slip
_EACH = 3  # lines of one kind


def look_at(
    head: Head,
    items: Sequence[ItemResult],
    mistakes: Sequence[MistakeResult],
    answers: Sequence[AnswerResult],
    objectives: Sequence[ObjectiveResult],
    another_account: int,
) -> tuple[Advice, ...]:
    """List what to see to: marks that are not final or fair, odd questions, then what to teach again."""
    return (
        *_unfinished(head),
        *_other_accounts(another_account),
        *_odd(items),
        *_not_reached(objectives, head),
        *_hard(items),
        *_frequent(mistakes),
        *_misled(answers),
    )


def _unfinished(head: Head) -> list[Advice]:
    found = []
    if head.waiting:
        whose = counted(head.waiting, "student")
        found.append(Advice("Mark by hand first", f"The marks of {whose} are not final.", "head"))
    if head.ungraded:
        whose = counted(head.ungraded, "submission")
        found.append(Advice("Grade the rest", f"{whose} handed in, not graded yet, and not in here.", "head"))
    return found


def _other_accounts(count: int) -> list[Advice]:
    """Tell if several wrote another account name: a single one is their slip, several may be the course's."""
    if count < _SEVERAL:
        return []
    why = (
        f"{counted(count, 'student')} wrote another account name into the quiz than theirs in the course, "
        "and got nothing where the numbers are each student's own: were they told the right one?"
    )
    return [Advice("Check account names", why, "answers")]


def _odd(items: Sequence[ItemResult]) -> list[Advice]:
    odd = sorted((item for item in items if (item.discrimination or 0) < 0), key=_discrimination)
    return [
        Advice(
            f"Check {item.name}",
            f"Its correlation with all the rest is {_discrimination(item):.2f}: perhaps its key is wrong.",
            "items",
        )
        for item in odd[:_EACH]
    ]


def _discrimination(item: ItemResult) -> float:
    return item.discrimination or 0.0


def _not_reached(objectives: Sequence[ObjectiveResult], head: Head) -> list[Advice]:
    low = [one for one in objectives if one.share < NOT_REACHED] if head.graded >= _FEWEST else []
    return [
        Advice(
            f"Teach again: {one.text}",
            f"{one.share:.0%} of its points ({_list(one.items)}).",
            "objectives",
        )
        for one in low[:_EACH]
    ]


def _list(items: Sequence[str]) -> str:
    return ", ".join(items)


def _hard(items: Sequence[ItemResult]) -> list[Advice]:
    hard = [item for item in items if item.count >= _FEWEST and (item.pass_rate or 0.0) < LOW_PASS]
    hard.sort(key=lambda item: (item.pass_rate or 0.0, item.label))
    return [
        Advice(
            f"Discuss {item.name}",
            f"{item.full} of {item.count} have all its points"
            + (f"; {item.not_attempted} did not try it." if item.not_attempted else "."),
            "items",
        )
        for item in hard[:_EACH]
    ]


def _frequent(mistakes: Sequence[MistakeResult]) -> list[Advice]:
    often = [one for one in mistakes if one.count >= 2 and one.count >= FREQUENT * one.of]
    return [
        Advice(f"The mistake “{one.title}”", f"{one.count} of {one.of} made it in {one.item}.", "mistakes")
        for one in often[:_EACH]
    ]


def _misled(answers: Sequence[AnswerResult]) -> list[Advice]:
    """Find wrong options that more students chose than right ones: many believe them."""
    found = []
    for one in answers:
        right = max((choice.count for choice in one.choices if choice.holds), default=0)
        wrong = [choice for choice in one.choices if choice.holds is False and choice.label != "other"]
        top = max(wrong, key=lambda choice: choice.count, default=None)
        if top is not None and one.count >= FEWEST and top.count > right:
            found.append((top.count, one, top))
    found.sort(key=lambda entry: (-entry[0], entry[1].item))
    return [
        Advice(
            f"A wrong answer leads in {one.item}",
            f"{top.count} of {one.count} gave “{top.label}”, which is wrong.",
            "answers",
        )
        for _, one, top in found[:_EACH]
    ]
