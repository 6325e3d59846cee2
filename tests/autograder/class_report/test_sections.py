"""What the report says of problems, questions, mistakes, answers, times and objectives."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from autograder.assignment import list_assignments, load_assignment
from autograder.authored import ASSIGNMENTS
from autograder.class_report.parts import find_items
from autograder.class_report.render import render
from autograder.engine.source import load_source
from autograder.feedback_page.book import stated_objectives
from autograder.feedback_page.outline import outline
from autograder.nbgrader_session import NbGraderSession
from autograder.tidy import Cell
from tests.autograder.class_report.conftest import ClassOf, Worked, names
from tests.autograder.class_report.test_report import (
    DUE,
    NOT_DONE,
    SQUARED,
    WRONG_CHOICE,
    give_deadline,
    item,
    page_of,
    report_on,
)

# --- problems and questions


def test_an_item_is_divided_into_full_some_none_and_not_attempted(class_of: ClassOf) -> None:
    course = class_of(
        {
            "ada": Worked(),
            "bob": Worked(failed={"half-values": "no"}),
            "cem": Worked(failed={"half-values": NOT_DONE}),
            "dia": Worked(quiz={"tiny-choice-check": "This question is not answered yet."}),
            "eva": Worked(quiz=None),
        }
    )
    report = report_on(course)
    half, choice = item(report, "P2"), item(report, "Q1")
    assert (half.title, half.count) == ("Half as much", 5)
    assert (half.full, half.some, half.none, half.not_attempted) == (3, 0, 1, 1)
    assert half.pass_rate == 0.6
    assert half.pass_interval is not None
    assert half.pass_interval.low == pytest.approx(0.2307, abs=1e-4)  # Wilson, 3 of 5
    assert (choice.count, choice.full, choice.none, choice.not_attempted) == (4, 3, 0, 1)


def test_a_question_that_the_good_get_wrong_is_named_first(class_of: ClassOf) -> None:
    good = {s: Worked(quiz={"tiny-choice-check": WRONG_CHOICE}) for s in names("good", 10)}
    weak = {
        s: Worked(failed={"half-values": "no", "double-values": SQUARED}, quiz={"tiny-number-check": "no"})
        for s in names("weak", 10)
    }
    report = report_on(class_of(good | weak))
    choice = item(report, "Q1")
    assert choice.discrimination == pytest.approx(-1)
    assert "perhaps the key" in choice.advice[0]
    assert report.look_at[0].what == "Check Q1 “choice”"
    assert item(report, "P2").discrimination == pytest.approx(1, abs=0.02)
    assert item(report, "Q2").discrimination is None
    assert item(report, "Q2").why_none == "everyone has the same points here"


def test_few_students_have_no_discrimination(class_of: ClassOf) -> None:
    report = report_on(class_of({s: Worked() for s in names("ok", 9)} | {"bob": Worked(quiz=None)}))
    one = item(report, "P1")
    assert (one.discrimination, one.pairs) == (None, 9)
    assert one.why_none == "only 9 students with all notebooks; 10 are needed"
    assert one.why_none in render(report)


# --- mistakes and answers


def test_mistakes_are_counted_by_student_with_a_typical_example(class_of: ClassOf) -> None:
    typical = {"double-code": "def double(x):\n    return x * x  # I, Bob"}
    other = {"double-code": "def double(x):\n    squared = x\n    return squared * squared"}
    made = {s: Worked(failed={"double-values": SQUARED}, answers=typical) for s in names("bob", 3)}
    made["other"] = Worked(failed={"double-values": SQUARED}, answers=other)
    report = report_on(class_of(made | {"ada": Worked()}))
    (mistake,) = report.mistakes
    assert (mistake.title, mistake.item) == ("squared instead", "P1 “Twice as much”")
    assert (mistake.count, mistake.of) == (4, 5)
    assert mistake.advice == "this is x times x; add x to itself."
    assert mistake.example == "def double(x):\n    return x * x"


def test_a_student_can_name_no_mistake(class_of: ClassOf) -> None:
    """The message quotes what a function gave or raised, and that can hold the same words."""
    said = "double(x=3) raised ValueError: This looks like 'Ada is slow': see. "
    report = report_on(
        class_of(
            {
                "bob": Worked(failed={"double-values": said}),
                "cem": Worked(failed={"double-values": said + SQUARED}),
                "dia": Worked(failed={"half-values": SQUARED}),  # of another problem
            }
        )
    )
    assert [(one.title, one.count) for one in report.mistakes] == [("squared instead", 1)]


def test_answers_are_counted_by_option(class_of: ClassOf) -> None:
    both = "a holds: Two is even. b does not hold: Three is odd. And something that holds is missing."
    course = class_of(
        {
            "ada": Worked(),
            "bob": Worked(quiz={"tiny-choice-check": WRONG_CHOICE, "tiny-several-check": both}),
            "cem": Worked(
                quiz={
                    "tiny-choice-check": "The answer can't be read: give one letter; you gave 'That is one "
                    "of the two.'",
                    "tiny-number-check": "Divide by two. (Read again: …)",
                    "tiny-sign-check": "Not zero. (Read again: …)",
                }
            ),
            "dia": Worked(quiz={"tiny-choice-check": "This question is not answered yet."}),
            "eva": Worked(quiz=None),
        }
    )
    choice, several, number, sign = report_on(course).answers
    assert {one.label: one.count for one in choice.choices} == {"a": 1, "b": 1}
    assert (choice.count, choice.unreadable, choice.not_answered, choice.unknown) == (4, 1, 1, 0)
    assert {one.label: one.count for one in several.choices} == {"a": 4, "b": 1, "c": 3}
    assert {one.label: one.count for one in number.choices} == {"right": 3, "other": 1}
    assert {one.label: one.count for one in sign.choices} == {"negative": 3, "zero": 1, "positive": 0}
    assert [one.holds for one in choice.choices] == [False, True]


# --- time, tests, objectives


def test_work_at_the_deadline_is_in_time_and_a_second_later_late(class_of: ClassOf) -> None:
    course = class_of(
        {
            "ada": Worked(when=DUE),
            "bob": Worked(when=DUE + timedelta(seconds=1)),
            "cem": Worked(when=DUE - timedelta(hours=5)),
            "dia": Worked(when=DUE + timedelta(days=1)),
            "eva": Worked(),
        }
    )
    give_deadline(course)
    with NbGraderSession(course).gradebook() as gradebook:
        gradebook.find_submission("tiny", "dia").extension = timedelta(days=2)
    came = report_on(course).arrivals
    assert came.relative_to == "the deadline"
    assert (came.late, came.unknown) == (1, 1)
    after = came.edges.index(0)
    assert sum(came.bins[:after]) == 3  # dia has two days more
    assert sum(came.bins[after:]) == 1


def test_without_a_deadline_times_are_relative_to_the_last(class_of: ClassOf) -> None:
    course = class_of({"ada": Worked(when=DUE), "bob": Worked(when=DUE - timedelta(days=3))})
    came = report_on(course).arrivals
    assert (came.has_deadline, came.late, sum(came.bins)) == (False, 0, 2)
    assert came.relative_to == "the last one handed in"


def test_work_without_a_time_is_said_to_count_as_in_time(class_of: ClassOf) -> None:
    course = class_of({"ada": Worked(), "bob": Worked()})
    page = page_of(report_on(course))
    assert "in time" not in page.get_text()  # of no deadline
    give_deadline(course)
    said = "no time known: counted as in time"
    page = page_of(report_on(course))
    key = [entry.get_text() for entry in page.select("#head .key li")]
    assert key == [said, "late", "not graded yet", "missing"]
    rows = {
        row.select("th, td")[0].text: row.select("th, td")[1].text for row in page.select("#head tbody tr")
    }
    assert (rows["graded, in time"], rows[f"graded, {said}"]) == ("0", "2")
    assert "all are counted as in time" in page.select("#arrivals")[0].get_text()


def test_one_known_time_among_others_is_counted_by_itself(class_of: ClassOf) -> None:
    course = class_of({"ada": Worked(when=DUE), "bob": Worked(), "cem": Worked(when=DUE + timedelta(1))})
    give_deadline(course)
    page = page_of(report_on(course))
    counts = [cell.text for cell in page.select("#head tbody td")]
    assert counts == ["1", "1", "1", "0", "0"]  # in time, no time known, late, not graded, missing
    assert "When 1 student handed in is not known: counted as in time." in page.get_text()


def test_slow_and_stopped_tests_are_listed(class_of: ClassOf) -> None:
    course = class_of(
        {
            "ada": Worked(seconds=2.0),
            "bob": Worked(seconds=4.0, failed={"half-values": ("timeout", "took longer than 4 s")}),
            "cem": Worked(seconds=0.0, failed={"half-values": NOT_DONE}),
        }
    )
    report = report_on(course)
    first = report.tests[0]
    assert (first.test, first.timeouts, report.timeouts) == ("half-values", 1, 1)
    assert (first.count, first.median, first.greatest) == (2, 3.0, 4.0)


def test_objectives_have_the_share_of_all_their_points(class_of: ClassOf) -> None:
    course = class_of(
        {
            "ada": Worked(failed={"half-values": "no"}),
            "bob": Worked(quiz=None, failed={"half-values": "no"}),
        }
    )
    objectives = report_on(course).objectives
    # t-half: 0 of 3 twice, and ada's number and sign, 2 of 2; t-double: 2 of 2 twice, and ada's 3 of 3.
    assert [(one.id, one.share) for one in objectives] == [("t-half", 0.25), ("t-double", 1.0)]
    assert objectives[0].items == ("P2", "Q3", "Q4")


def test_every_objective_of_the_units_has_its_words() -> None:
    stated = stated_objectives()
    units = [load_assignment(name, ASSIGNMENTS) for name in list_assignments(ASSIGNMENTS)]
    asked = {
        objective for unit in units for part in (*unit.problems, *unit.quiz) for objective in part.objectives
    }
    assert len(units) == 8
    assert asked - stated.keys() == set()
    assert stated["rb-value"] == (
        "regression/robust-losses",
        "compute the absolute, Huber, smooth L1, pseudo-Huber, log-cosh and Tukey loss of a residual, with "
        "its unit",
    )


def test_the_title_of_an_own_problem_is_its_heading(tmp_path: Path) -> None:
    flags = {"grade": True, "solution": False, "locked": True, "schema_version": 3}
    about = {"nbgrader": {**flags, "grade_id": "own-test", "points": 2}}
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "## Bias & *variance* for a < b"},
        {
            "cell_type": "code",
            "id": "b",
            "metadata": about,
            "source": "",
            "outputs": [],
            "execution_count": None,
        },
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "own.ipynb").write_text(json.dumps(notebook))
    outlines = {"own": outline(load_source(tmp_path / "own.ipynb"), None)}
    (found,) = find_items([Cell("own", "own-test", 2.0, False, ())], outlines)
    assert found.title == "Bias & variance for a < b"
