"""The quick check: readable without a script, answered with one, the same verdicts as `Question.assess`."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from book_ext.quick_check import version
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Page, expect

from autograder.question import Question
from autograder.quiz import load_quiz
from tests.book.quick_check_page import QUIZ, QUIZ_FILE, WRONG_THEN_RIGHT, answer

Build = Callable[..., subprocess.CompletedProcess[str]]


def one(soup: Tag, selector: str) -> Tag:
    """The only element that a selector finds."""
    found = soup.select(selector)
    assert len(found) == 1, f"{selector} finds {len(found)} elements"
    return found[0]


@pytest.fixture
def chapter_address(served_site: str) -> str:
    """Address of the chapter on a server, for what is the same in a file that was opened."""
    return f"{served_site}/book/chapter.html"


# --- the page without a script --------------------------------------------------------------------


@pytest.mark.parametrize("question", QUIZ.questions, ids=lambda question: question.id)
def test_every_question_is_a_form_named_by_its_heading_and_text(
    chapter: BeautifulSoup, question: Question
) -> None:
    form = one(chapter, f"form#{question.id}")
    fieldset = one(form, "fieldset")
    named_by = [one(form, f"#{part}") for part in str(fieldset["aria-labelledby"]).split()]
    assert [node.name for node in named_by] == ["legend", "div"]
    for box in form.select("input"):
        assert box.find_parent("label") is not None


def test_question_text_is_rendered_with_maths_code_and_references(chapter: BeautifulSoup) -> None:
    text = one(chapter, "#q-choice-text")
    assert one(text, "a[href='#equation-eq-se']").get_text() == "(1.1)"
    assert one(text, "pre").get_text().strip() == "mse([2.4], [3.0])"
    assert [formula.get_text() for formula in text.select("math")] == ["2.4", "3.0"]


def test_without_a_script_every_answer_and_all_feedback_can_be_unfolded(chapter: BeautifulSoup) -> None:
    for question in QUIZ:
        told = " ".join(one(chapter, f"form#{question.id} + details").get_text().split())
        expected = [option.feedback for option in question.options] + list(question.feedback.values())
        expected += [mistake.feedback for mistake in question.mistakes]
        for feedback in expected:
            assert feedback.split("$")[0].replace("*", "").strip() in told
    assert "(a) holds" in one(chapter, "#q-choice + details").get_text()
    assert "−1.2: right" in one(chapter, "#q-number + details").get_text()
    assert "(b) right" in one(chapter, "#q-figure + details").get_text()
    assert one(chapter, "#q-choice + details summary").get_text() == "Answer to question 1"
    assert one(chapter, "#q-choice + details .quiz-read a")["href"] == "index.html"


def test_buttons_that_need_the_script_are_hidden_until_it_runs(chapter: BeautifulSoup) -> None:
    assert all(button.has_attr("hidden") for button in chapter.select(".quiz-check"))
    assert one(chapter, ".quiz-footer").has_attr("hidden")


# --- the page in a browser ------------------------------------------------------------------------


@pytest.mark.parametrize("question", WRONG_THEN_RIGHT)
def test_wrong_then_right_answer_gets_the_feedback_meant_for_it(
    page: Page, address: str, question: str
) -> None:
    wrong, why, right, praise = WRONG_THEN_RIGHT[question]
    page.goto(address)
    status = answer(page, question, wrong)
    expect(status).to_contain_text("✗ Not correct yet")
    expect(status).to_contain_text(why)
    expect(status.get_by_role("link", name="A tiny book")).to_be_visible()
    status = answer(page, question, right)
    expect(status).to_contain_text("✓ Correct")
    expect(status).to_contain_text(praise)
    expect(status).not_to_contain_text(why)
    expect(page.locator(".quiz-score")).to_have_text("1 of 6 correct")


@pytest.mark.parametrize(
    ("question", "given"),
    [
        ("q-choice", "a"),
        ("q-choice", "b"),
        *[("q-several", letters) for letters in ("a", "b", "c", "ab", "ac", "bc", "abc")],
        ("q-figure", "a"),
        ("q-figure", "b"),
        *[("q-sign", sign) for sign in ("negative", "zero", "positive")],
        *[("q-number", number) for number in ("-1.2", "-1.204", "-1.206", "-0.6", "1.2", "0", "-120e-2")],
        *[("q-argmin", number) for number in ("4", "4.009", "4.02", "2.5", "-4")],
    ],
)
def test_the_page_judges_as_the_grader_does(
    page: Page, chapter_address: str, question: str, given: str
) -> None:
    numeric = question in ("q-number", "q-argmin")
    verdict = QUIZ.question(question).assess(
        float(given) if numeric else set(given) if question == "q-several" else given
    )
    page.goto(chapter_address)
    status = answer(page, question, list(given) if question == "q-several" else [given])
    expect(status).to_contain_text("✓ Correct" if verdict.correct else "✗ Not correct yet")
    told = status.inner_text()
    everything = [option.feedback for option in QUIZ.question(question).options]
    everything += [*QUIZ.question(question).feedback.values(), *verdict.feedback]
    everything += [mistake.feedback for mistake in QUIZ.question(question).mistakes]
    for feedback in everything:
        start = feedback.split("$")[0].split("*")[0].strip()
        assert (start in told) == (feedback in verdict.feedback)


def test_an_answer_of_the_wrong_form_is_asked_for_again(page: Page, address: str) -> None:
    page.goto(address)
    expect(answer(page, "q-number", ["about one"])).to_have_text("Type a number first, such as −0.5.")
    expect(answer(page, "q-number", ["-6/5"])).to_have_text(
        "Type a decimal number, such as 1.25, not a fraction."
    )
    expect(answer(page, "q-choice", [])).to_have_text("Choose an answer first.")
    expect(page.locator(".quiz-score")).to_have_text("0 of 6 correct")


def test_a_minus_sign_and_a_decimal_comma_are_understood(page: Page, address: str) -> None:
    page.goto(address)
    expect(answer(page, "q-number", ["−1,2"])).to_contain_text("✓ Correct")


@pytest.mark.parametrize("question", WRONG_THEN_RIGHT)
def test_an_answer_of_every_kind_is_remembered_after_a_reload(
    page: Page, address: str, question: str
) -> None:
    wrong, why, _, _ = WRONG_THEN_RIGHT[question]
    page.goto(address)
    answer(page, question, wrong)
    page.reload()
    status = page.locator(f"#{question}").get_by_role("status")
    expect(status).to_contain_text("✗ Not correct yet")
    expect(status).to_contain_text(why)
    if question in ("q-number", "q-argmin"):
        expect(page.locator(f"#{question} input")).to_have_value(wrong[0])
    else:
        chosen = page.locator(f"#{question} input:checked").evaluate_all("all => all.map((one) => one.value)")
        assert chosen == wrong


def test_a_question_that_changed_forgets_its_answer_and_no_other(
    page: Page, chapter_address: str, site: Path
) -> None:
    page.goto(chapter_address)
    answer(page, "q-choice", ["a"])
    answer(page, "q-sign", ["negative"])
    text = (site / "book" / "chapter.html").read_text(encoding="utf-8")
    changed = re.sub(r'(<form(?=[^>]*id="q-choice")[^>]*data-version=")[^"]*', r"\1of-another-text", text)
    assert changed != text
    page.route(chapter_address, lambda route: route.fulfill(body=changed, content_type="text/html"))
    page.reload()
    expect(page.locator("#q-choice input:checked")).to_have_count(0)
    expect(page.locator("#q-choice").get_by_role("status")).to_be_empty()
    expect(page.locator("#q-sign").get_by_role("status")).to_contain_text("✓ Correct")


def test_the_version_of_a_question_changes_with_what_an_answer_refers_to(tmp_path: Path) -> None:
    text = QUIZ_FILE.read_text(encoding="utf-8")

    def versions(old: str, new: str) -> list[str]:
        """The questions whose version changes with the text."""
        assert old in text
        path = tmp_path / "chapter.quiz.yml"
        path.write_text(text.replace(old, new), encoding="utf-8")
        pairs = zip(QUIZ, load_quiz(path), strict=True)
        return [before.id for before, after in pairs if version(before) != version(after)]

    assert versions("It is bounded.", "It is finite.") == ["q-several"]
    assert versions("Which sign has it?", "Which sign?") == ["q-sign"]
    assert versions("from: -3", "from: -2") == ["q-figure"]
    assert versions("That is the median.", "This is the median.") == []


def test_two_chapters_keep_their_answers_apart(page: Page, chapter_address: str, site: Path) -> None:
    text = (site / "book" / "chapter.html").read_text(encoding="utf-8")
    twin = chapter_address.replace("chapter.html", "twin.html")
    page.route(twin, lambda route: route.fulfill(body=text, content_type="text/html"))
    page.goto(chapter_address)
    answer(page, "q-choice", ["a"])
    page.goto(twin)
    expect(page.locator("#q-choice input:checked")).to_have_count(0)


def test_answers_are_remembered_after_a_reload_until_they_are_cleared(page: Page, address: str) -> None:
    page.goto(address)
    answer(page, "q-number", ["-0.6"])
    answer(page, "q-several", ["a", "c"])
    page.reload()
    expect(page.locator("#q-number").get_by_label("Your answer")).to_have_value("-0.6")
    expect(page.locator("#q-number").get_by_role("status")).to_contain_text("That carries a half")
    expect(page.locator("#q-several input[value=c]")).to_be_checked()
    expect(page.locator(".quiz-score")).to_have_text("1 of 6 correct")
    page.get_by_role("button", name="Clear my answers").click()
    page.reload()
    expect(page.locator("#q-number").get_by_label("Your answer")).to_have_value("")
    expect(page.locator(".quiz-score")).to_have_text("0 of 6 correct")


def test_a_question_is_answered_with_the_keyboard_alone(page: Page, address: str) -> None:
    page.goto(address)
    form = page.locator("#q-choice")
    form.locator("input[value=a]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(form.get_by_role("status")).to_contain_text("half of it")


def test_feedback_with_a_formula_shows_the_drawn_formula(page: Page, address: str) -> None:
    page.goto(address)
    status = answer(page, "q-choice", ["a"])
    expect(status.locator("math")).to_be_visible()
    expect(status.locator("math")).to_have_text("−0.6")
    status = answer(page, "q-figure", ["a"])
    expect(status.locator("math msup")).to_be_visible()


# --- bad files, other formats ---------------------------------------------------------------------


def test_an_error_in_the_quiz_file_fails_the_build_and_says_where(tiny_book: Path, build_book: Build) -> None:
    quiz = tiny_book / "book" / "chapter.quiz.yml"
    quiz.write_text(
        quiz.read_text(encoding="utf-8").replace("mse([1e6], [0.0]) < 1e6", "mze(1)"), encoding="utf-8"
    )
    done = build_book(tiny_book)
    assert done.returncode != 0
    lines = (tiny_book / "book" / "chapter.md").read_text(encoding="utf-8").splitlines()
    line = lines.index("```{quiz} chapter.quiz.yml") + 1
    assert f"chapter.md:{line}: WARNING" in done.stderr
    assert "chapter.quiz.yml: question 'q-several', options.b.holds: 'mze(1)' fails" in done.stderr


def test_a_changed_quiz_file_is_shown_by_the_next_build(tiny_book: Path, build_book: Build) -> None:
    quiz = tiny_book / "book" / "chapter.quiz.yml"
    page = tiny_book / "_build" / "html" / "book" / "chapter.html"
    assert build_book(tiny_book).returncode == 0
    assert "Which of these hold?" not in page.read_text(encoding="utf-8")
    quiz.write_text(
        quiz.read_text(encoding="utf-8").replace("Which hold?", "Which of these hold?"), encoding="utf-8"
    )
    assert build_book(tiny_book).returncode == 0
    assert "Which of these hold?" in page.read_text(encoding="utf-8")


def test_plain_text_has_questions_options_and_feedback(tiny_book: Path, build_book: Build) -> None:
    done = build_book(tiny_book, "--builder", "custom", "--custom-builder", "text")
    assert done.returncode == 0, done.stderr
    text = (tiny_book / "_build" / "text" / "book" / "chapter.txt").read_text(encoding="utf-8")
    for words in (
        "Question 2. Choose all that hold.",
        "Curve (a) is a parabola",
        "(b) dashed line",
        "(b) It is bounded.",
        "(b) does not hold",
        "Read again:",
    ):
        assert words in text
    assert "Check" not in text.replace("Quick check", "")
