"""What the tests of the quick check share: the tiny book's quiz, answers to it, and how to give one."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page

from autograder.quiz import load_quiz

QUIZ_FILE = Path(__file__).parent / "tiny_book" / "book" / "chapter.quiz.yml"
QUIZ = load_quiz(QUIZ_FILE)

WRONG_THEN_RIGHT = {
    "q-choice": (["b"], "half of it", ["a"], "The residual is"),
    "q-several": (["a", "b"], "grows without bound", ["a", "c"], "There it is zero"),
    "q-number": (["-0.6"], "That carries a half", ["-1.2"], "Twice the residual"),
    "q-sign": (["positive"], "Only above the target", ["negative"], "More prediction means less loss"),
    "q-argmin": (["2.5"], "That is the median", ["4,00"], "The mean."),
    "q-figure": (["a"], "That is the loss", ["b"], "Twice the residual"),
}


def answer(page: Page, question: str, values: list[str]) -> Locator:
    """Give an answer, press Check, and return the region with the reply."""
    form = page.locator(f"form#{question}")
    if form.get_attribute("data-key") is not None:
        form.get_by_label("Your answer").fill(values[0])
    else:
        for box in form.locator("input[type=checkbox]").all():
            box.uncheck()
        for value in values:
            form.locator(f"input[value='{value}']").check()
    form.get_by_role("button", name="Check").click()
    return form.get_by_role("status")
