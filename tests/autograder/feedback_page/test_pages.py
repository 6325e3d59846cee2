"""What a feedback page says: points, what failed and why, what people wrote; and what it never says."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from nbgrader.apps.api import NbGraderAPI  # type: ignore[import-untyped]

from autograder.course import CONFIG, Course
from autograder.errors import AutograderError
from autograder.feedback import feedback
from autograder.feedback_page.book import book_address, chapter, chapters_on
from autograder.feedback_page.formulas import formula
from autograder.feedback_page.markdown import statement_html, student_html
from autograder.nbgrader_session import NbGraderSession
from autograder.settings import load_config
from tests.autograder.conftest import FIXTURES, RIGHT
from tests.autograder.feedback_page.conftest import Graded


def page_of(course: Course, student: str, notebook: str = "practice") -> BeautifulSoup:
    assert feedback(course, "tiny").problems == ()
    return written(course, student, notebook)


def written(course: Course, student: str, notebook: str = "practice") -> BeautifulSoup:
    path = course.feedback / student / "tiny" / f"{notebook}.html"
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def text(page: BeautifulSoup, place: str) -> str:
    return " ".join(found.get_text(" ", strip=True) for found in page.select(place))


def test_a_page_tells_points_and_states_first(released: Course, graded: Graded) -> None:
    graded("ada", answers=RIGHT, failed={"half-values": "half(3) should be 1.5"})
    page = page_of(released, "ada")
    assert text(page, ".total") == "2 of 5 points"
    rows = [row.get_text(" ", strip=True).replace("\xa0", " ") for row in page.select(".summary tbody tr")]
    assert rows == ["Twice as much correct 2 / 2", "Half as much incorrect 0 / 3"]


def test_a_named_mistake_stands_apart_from_what_failed_on_which_input(
    released: Course, graded: Graded
) -> None:
    message = "half(x=3) gave 3, but 1.5 was expected. This looks like 'not halved': divide by 2."
    graded("ada", answers=RIGHT, failed={"half-values": message})
    page = page_of(released, "ada")
    assert text(page, ".message") == "half(x=3) gave 3, but 1.5 was expected."
    assert text(page, ".mistake") == "This looks like: not halved. Divide by 2."


def test_the_source_of_a_hidden_test_is_never_shown(released: Course, graded: Graded) -> None:
    shown = {
        'KeyError: 3, at `assert double(-1013) == -2026, "double(x) should hold for negative x"`': "3.",
        'KeyError: 3, at `assert double(2) == 4, "double(2) should be 4"`': "assert double(2) == 4",
    }
    for number, (message, said) in enumerate(shown.items()):
        graded(f"student-{number}", answers=RIGHT, failed={"double-values": message})
        page = page_of(released, f"student-{number}")
        assert said in text(page, ".message")
        assert "2026" not in str(page)
        assert "secret_sum" not in str(page)  # of the solution


def test_what_a_test_showed_while_it_ran_is_not_shown(released: Course, graded: Graded) -> None:
    """A student's function can print what it was called with, and so the hidden inputs of everybody."""
    graded("ada", answers=RIGHT, failed={"double-values": "no"})
    path = released.autograded / "ada" / "tiny" / "practice.ipynb"
    notebook = path.read_text(encoding="utf-8").replace("double(2) should be 4", "asked for -1013")
    path.chmod(0o644)
    path.write_text(notebook, encoding="utf-8")
    assert "-1013" not in str(page_of(released, "ada"))


def test_the_work_is_shown_with_what_it_printed(released: Course, graded: Graded) -> None:
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": "\x1b[31mso far\x1b[0m\n"},
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/html": "<table><td>cell</td></table>"},
        },
    ]
    graded("ada", answers=RIGHT, outputs=outputs, text="My *own* note on $x^2$.")
    page = page_of(released, "ada")
    assert "return 2 * x" in text(page, ".code")
    assert text(page, ".output") == "so far"
    assert text(page, ".shown td") == "cell"
    assert page.select_one(".text em").get_text() == "own"  # type: ignore[union-attr]
    assert len(page.select(".text math")) == 3  # two in the statements, one in the note


def test_lateness_a_comment_and_a_mark_by_hand_are_told(released: Course, graded: Graded) -> None:
    with NbGraderSession(released).gradebook() as gradebook:
        gradebook.update_or_create_assignment("tiny", duedate=datetime(2027, 1, 15, 22))
    graded("ada", answers=RIGHT, timestamp=datetime(2027, 1, 16, 23, 30), penalty=0.5)
    with NbGraderSession(released).gradebook() as gradebook:
        grade = gradebook.find_grade("half-values", "practice", "tiny", "ada")
        grade.manual_score = 1.0
        comment = gradebook.find_comment("half-code", "practice", "tiny", "ada")
        comment.manual_comment = "Well <b>tried</b>, *Ada*"
    feedback(released, "tiny")  # says that the course has no rule that takes 0.5 off
    page = written(released, "ada")
    assert text(page, ".late") == (
        "Handed in 2027-01-16 23:30 UTC, 1 day 1 hour after the deadline; 0.5 taken off for being late."
    )
    assert text(page, ".total") == "2.5 of 5 points"
    assert text(page, ".comment") == "Your instructor writes: Well <b>tried</b>, Ada"
    assert text(page, ".comment em") == "Ada"
    (comment_there,) = page.select(".comment")
    assert "def half" in comment_there.find_previous_sibling().get_text()  # type: ignore[union-attr]
    assert text(page, ".note") == "These points were given by your instructor, whatever the check says."


def test_verdicts_that_are_not_kept_cost_the_reasons_only(released: Course, graded: Graded) -> None:
    graded("ada", answers=RIGHT, failed={"half-values": "half(3) should be 1.5"})
    for path in (released.root / ".autograder").glob("verdicts*"):
        path.unlink()
    page = page_of(released, "ada")
    assert text(page, ".total") == "2 of 5 points"
    assert text(page, ".message") == "Why is not kept any more; grading it again would tell."


def test_a_notebook_that_was_not_handed_in_gets_a_page_that_says_so(released: Course, graded: Graded) -> None:
    graded("ada", answers=RIGHT)
    assert feedback(released, "tiny").problems == ()
    page = written(released, "ada", "quiz")
    assert text(page, ".remark") == "quiz.ipynb was not handed in"
    assert text(page, "#parts") == "This notebook was not handed in, so there is nothing more to say of it."
    assert "incorrect" not in page.get_text()


def test_points_given_by_hand_beside_a_failed_test_are_called_so_before_what_failed(
    released: Course, graded: Graded
) -> None:
    graded("ada", answers=RIGHT, failed={"half-values": "half(3) should be 1.5"})
    with NbGraderSession(released).gradebook() as gradebook:
        gradebook.find_grade("half-values", "practice", "tiny", "ada").manual_score = 3.0
    (check,) = page_of(released, "ada").select(".given-by-hand")
    assert [part.get_text(" ", strip=True) for part in check.select("p")] == [
        "Check half-values given by hand 3 of 3 points",
        "These points were given by your instructor, whatever the check says.",
        "half(3) should be 1.5",
    ]


@pytest.mark.parametrize(
    ("minute", "said"),
    [
        (59, "Counts as handed in by the deadline."),
        (58, "Handed in 2027-01-15 23:58 Europe/Zurich."),
    ],
)
def test_times_are_told_in_the_zone_of_the_deadline(
    released: Course, graded: Graded, minute: int, said: str
) -> None:
    with (released.root / CONFIG).open("a") as config:
        config.write('c.Autograder.deadlines = {"tiny": "2027-01-15 23:59 Europe/Zurich"}\n')
    with NbGraderSession(released).gradebook() as gradebook:
        gradebook.update_or_create_assignment("tiny", duedate=datetime(2027, 1, 15, 22, 59))
    graded("ada", answers=RIGHT, timestamp=datetime(2027, 1, 15, 22, minute))
    assert text(page_of(released, "ada"), ".late") == said


def test_a_question_shows_its_options_the_answer_and_the_explanation(
    released: Course, graded: Graded
) -> None:
    from autograder.assignment import load_assignment
    from autograder.engine.source import load_source
    from autograder.engine.verdict import GradedNotebook, Verdict
    from autograder.feedback_page.gather import gather
    from autograder.feedback_page.gradebook import Marked
    from autograder.feedback_page.outline import outline
    from autograder.feedback_page.render import render

    assignment = load_assignment("tiny", FIXTURES)
    question = next(question for question in assignment.quiz if question.kind == "choice")
    wrong = next(option for option in question.options if not option.holds)
    made = outline(load_source(released.source / "tiny" / "quiz.ipynb"), assignment)
    cell = {
        "cell_type": "code",
        "metadata": {"nbgrader": {"grade_id": question.id, "solution": True}},
        "source": f"answer_1 = None\nif answer_1 is None:\n    answer_1 = {wrong.letter!r}",
        "outputs": [],
    }
    verdict = Verdict(
        f"{question.id}-check", "failed", 0, 1, f"{wrong.feedback} (Read again: the chapter x/y.)"
    )
    graded_notebook = GradedNotebook("quiz", (verdict,))
    page = gather("tiny", "ada", made, {"cells": [cell]}, graded_notebook, Marked(), "https://example.org/b")
    part = next(part for part in page.parts if part.answer)
    assert part.answer == wrong.letter
    assert [option.letter for option in part.options if option.chosen] == [wrong.letter]
    assert len(part.options) == len(question.options)
    assert part.checks[0].explanation_html
    right = next(option for option in question.options if option.holds)
    assert right.feedback.strip() not in render(page)  # a wrong answer may be given again


# --- where it is explained


def test_chapters_are_links_where_the_course_names_the_address(released: Course) -> None:
    assert book_address(load_config(released)) is None
    with (released.root / CONFIG).open("a") as config:
        config.write('c.Autograder.book_url = "https://example.org/losses/"\n')
    address = book_address(load_config(released))
    found = chapter("regression/squared-error", address)
    assert found.title == "Squared error"
    assert found.address == "https://example.org/losses/book/regression/squared-error.html"
    assert chapter("regression/squared-error", None).address is None


def test_an_address_that_is_none_is_refused(released: Course) -> None:
    with (released.root / CONFIG).open("a") as config:
        config.write('c.Autograder.book_url = "javascript:alert(1)"\n')
    with pytest.raises(AutograderError, match="book_url must be an address"):
        book_address(load_config(released))


def test_objectives_lead_to_the_chapters_of_their_questions() -> None:
    from autograder.assignment import load_assignment

    assert chapters_on(load_assignment("u2-regression"), ["se-value"]) == ("regression/squared-error",)


# --- the building blocks


@pytest.mark.parametrize(
    "tex", [r"\frac{1}{", r"\href{javascript:alert(1)}{x}", r"\text{<script>alert(1)</script>}", "{" * 4000]
)
def test_a_formula_that_is_none_or_could_act_stays_text(tex: str) -> None:
    shown = formula(tex)
    assert shown.startswith("<code>")
    assert "<script" not in shown


@pytest.mark.parametrize(
    ("tex", "spaced"),
    [
        (r"\log 2", "log 2"),
        (r"-\log 0.8", "−log 0.8"),
        (r"1/\cosh u", "1/cosh u"),
        (r"p\log p", "p log p"),
        (r"(1-p)\log(1-p)", "(1−p) log(1−p)"),
        (r"2\log\left(x\right)", "2 log(x)"),
        (r"\log_2 x", "log2 x"),
        (r"\sum_k \log\log x_k", "∑klog log xk"),  # an operator has its own space
        (r"\max\{a, b\}", "max{a,b}"),
        (r"\min_c \max_k z_k", "minc maxk zk"),
        (r"\operatorname{lse}\,z", "lse z"),  # what the author put in is enough
        (r"a \bmod b", "amodb"),
        (r"\mathit{TP}x", "TPx"),
    ],
)
def test_a_function_with_a_name_is_set_off_from_what_stands_beside_it(tex: str, spaced: str) -> None:
    read = BeautifulSoup(formula(tex), "html.parser")
    for space in read.select("mspace"):
        space.replace_with(" ")
    assert read.get_text() == spaced


def test_max_brings_no_gap_of_its_own() -> None:
    assert '<mo lspace="0" rspace="0">max</mo>' in formula(r"\max(0, x)")


def test_a_statement_keeps_its_folded_hints_tables_and_pictures() -> None:
    shown = statement_html(
        "## Deep\n\n<details><summary>Hint</summary>\n\nUse $x$.\n\n</details>\n\n"
        "| a | b |\n|---|--:|\n| 1 | 2 |\n\n"
        "![a dot](dot.png) ![gone](https://example.org/x.png)",
        {"dot.png": b"\x89PNG"},
    )
    assert "<details><summary>Hint</summary>" in shown
    assert "</details>" in shown
    assert '<td class="right">2</td>' in shown
    assert '<img src="data:image/png;base64,iVBORw==" alt="a dot">' in shown
    assert "[picture: gone]" in shown
    assert "<h4>Deep</h4>" in shown
    assert "style=" not in shown


def test_a_student_can_add_neither_tag_nor_link_nor_picture() -> None:
    shown = student_html("<b>x</b> [a](http://b.example) ![c](http://d.example/e.png) <http://f.example>")
    assert not re.search("<(b|a|img)", shown)


# --- nbgrader's own way to the same pages


def test_formgraders_button_writes_the_same_page(released: Course, graded: Graded) -> None:
    graded("ada", answers=RIGHT, failed={"half-values": "half(3) should be 1.5"})
    assert feedback(released, "tiny").problems == ()
    path = released.feedback / "ada" / "tiny" / "practice.html"
    ours = path.read_text(encoding="utf-8")
    config = load_config(released)
    config.CourseDirectory.root = str(released.root)
    done = NbGraderAPI(config=config).generate_feedback("tiny", "ada", force=True)  # what the button calls
    assert done["success"], done
    assert path.read_text(encoding="utf-8") == ours
    assert (path.parent / "submission_secret.txt").is_file()
