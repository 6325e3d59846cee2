"""Grading again after a test was changed: whose marks would move, by how much, and which test does it."""

from __future__ import annotations

import json

from autograder.course import Course
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.nbgrader_session import NbGraderSession
from autograder.regrade import (
    Cause,
    Earlier,
    Move,
    RegradeReport,
    TestChange,
    differences,
    earlier_marks,
)

WORTH = {"values": 2.0, "shapes": 1.0}


def graded(*verdicts: Verdict, notebook: str = "practice") -> GradedNotebook:
    return GradedNotebook(notebook, verdicts, isolation="jail")


def passed(test: str, points: float | None = None) -> Verdict:
    return Verdict(test, "passed", WORTH[test] if points is None else points, points or WORTH[test])


def failed(test: str, message: str) -> Verdict:
    return Verdict(test, "failed", 0.0, WORTH[test], message)


def earlier(*verdicts: Verdict, kept: bool = True, by_hand: str = "") -> Earlier:
    return Earlier(
        scores={verdict.grade_id: verdict.points for verdict in verdicts},
        max_scores={verdict.grade_id: verdict.max_points for verdict in verdicts},
        set_by_hand=frozenset(filter(None, [by_hand])),
        graded=graded(*verdicts) if kept else None,
    )


ALL_RIGHT = (passed("values"), passed("shapes"))
WRONG_SHAPES = (passed("values"), failed("shapes", "(3, 1) must be refused"))


def test_nothing_moves_when_everyone_gets_the_same_again() -> None:
    report = differences(
        {("ada", "practice"): earlier(*ALL_RIGHT), ("bob", "practice"): earlier(*WRONG_SHAPES)},
        {("ada", "practice"): graded(*ALL_RIGHT), ("bob", "practice"): graded(*WRONG_SHAPES)},
    )
    assert report == RegradeReport(same=2)
    assert report.to_text() == "0 notebooks would move (0 up, 0 down), 2 would not."


def test_a_mark_that_moves_is_told_with_the_test_that_did_it() -> None:
    report = differences(
        {("ada", "practice"): earlier(*ALL_RIGHT), ("bob", "practice"): earlier(*WRONG_SHAPES)},
        {("ada", "practice"): graded(*ALL_RIGHT), ("bob", "practice"): graded(*ALL_RIGHT)},
    )
    cause = Cause("shapes", 0.0, 1.0, "failed", "passed", "(3, 1) must be refused", "")
    assert report == RegradeReport(moves=(Move("bob", "practice", 2.0, 3.0, (cause,)),), same=1)


def test_points_that_go_up_and_down_in_one_notebook_are_both_told() -> None:
    report = differences(
        {("bob", "practice"): earlier(failed("values", "gave 3"), passed("shapes", 2.0))},
        {("bob", "practice"): graded(passed("values"), failed("shapes", "gave 4"))},
    )
    [move] = report.moves
    assert (move.before, move.after) == (2.0, 2.0)
    assert [(cause.test, cause.before, cause.after) for cause in move.causes] == [
        ("values", 0.0, 2.0),
        ("shapes", 2.0, 0.0),
    ]


def test_tests_that_are_new_gone_or_worth_something_else_are_told_once() -> None:
    before = {(student, "practice"): earlier(*ALL_RIGHT) for student in ("ada", "bob")}
    extra = Verdict("extra", "passed", 1.0, 1.0)
    after = {(student, "practice"): graded(passed("values", 5.0), extra) for student in ("ada", "bob")}
    report = differences(before, after)
    assert report.tests == (
        TestChange("practice", "values", 2.0, 5.0),
        TestChange("practice", "shapes", 1.0, None),
        TestChange("practice", "extra", None, 1.0),
    )
    assert report.to_text().splitlines()[:5] == [
        "practice/values is worth 5, not 2",
        "practice/shapes is gone",
        "practice/extra is new, worth 1",
        "",
        "ada  practice  3 → 6  values 2 → 5 (passed → passed)",
    ]
    assert [(move.before, move.after) for move in report.moves] == [(3.0, 6.0), (3.0, 6.0)]
    assert [(cause.test, cause.before, cause.after) for cause in report.moves[0].causes] == [
        ("values", 2.0, 5.0),
        ("shapes", 1.0, None),
        ("extra", None, 1.0),
    ]


def test_tests_of_the_same_name_in_two_notebooks_are_two() -> None:
    before = {("ada", notebook): earlier(*ALL_RIGHT) for notebook in ("practice", "quiz")}
    worth_more = (passed("values", 5.0), passed("shapes"))
    after = {("ada", notebook): graded(*worth_more, notebook=notebook) for notebook in ("practice", "quiz")}
    assert [change.notebook for change in differences(before, after).tests] == ["practice", "quiz"]


def test_a_mark_set_by_hand_does_not_move() -> None:
    report = differences(
        {("bob", "practice"): earlier(*WRONG_SHAPES, by_hand="shapes")},
        {("bob", "practice"): graded(*ALL_RIGHT)},
    )
    assert report == RegradeReport(same=1)


def test_who_has_no_mark_yet_and_who_was_not_run_is_told_apart() -> None:
    report = differences(
        {("ada", "practice"): earlier(*ALL_RIGHT)}, {("bob", "practice"): graded(*ALL_RIGHT)}
    )
    assert (report.first, report.missing, report.same) == ((("bob", "practice"),), (("ada", "practice"),), 0)
    assert report.to_text() == (
        "0 notebooks would move (0 up, 0 down), 0 would not, "
        "1 marked for the first time, 1 not run and left with the mark they have."
    )


def test_of_what_is_recorded_it_is_told_that_it_moved() -> None:
    report = differences(
        {("ada", "practice"): earlier(*ALL_RIGHT), ("bob", "practice"): earlier(*WRONG_SHAPES)},
        {("ada", "practice"): graded(*ALL_RIGHT), ("bob", "practice"): graded(*ALL_RIGHT)},
        recorded=True,
    )
    assert report.to_text().splitlines()[-1] == (
        "1 notebook moved (1 up, 0 down), 1 did not; the new marks are recorded."
    )
    assert json.loads(report.to_json())["recorded"] is True


def test_the_table_names_everyone_once_and_every_test_that_moves_a_mark() -> None:
    report = differences(
        {
            ("ada", "practice"): earlier(*ALL_RIGHT),
            ("bartholomew", "practice"): earlier(failed("values", "gave\n3"), *WRONG_SHAPES[1:]),
            ("carl", "practice"): earlier(*WRONG_SHAPES, kept=False),
        },
        {
            ("ada", "practice"): graded(passed("values"), failed("shapes", "x" * 200)),
            ("bartholomew", "practice"): graded(*ALL_RIGHT),
            ("carl", "practice"): graded(*ALL_RIGHT),
        },
    )
    assert report.to_text().splitlines() == [
        f"ada          practice  3 → 2  shapes 1 → 0 (passed → failed: {'x' * 99}…)",
        "bartholomew  practice  0 → 3  values 0 → 2 (failed → passed; before: gave 3)",
        "                              shapes 0 → 1 (failed → passed; before: (3, 1) must be refused)",
        "carl         practice  2 → 3  shapes 0 → 1 (passed)",
        "",
        "3 notebooks would move (2 up, 1 down), 0 would not.",
    ]


def test_json_holds_all_of_it_whatever_students_print() -> None:
    report = differences(
        {("ada", "practice"): earlier(*ALL_RIGHT)},
        {("ada", "practice"): graded(passed("values"), failed("shapes", "½ \ud800"))},
    )
    text = report.to_json()
    assert text.isascii()
    assert json.loads(text) == {
        "moves": [
            {
                "student": "ada",
                "notebook": "practice",
                "before": 3.0,
                "after": 2.0,
                "causes": [
                    {
                        "test": "shapes",
                        "before": 1.0,
                        "after": 0.0,
                        "outcome_before": "passed",
                        "outcome_after": "failed",
                        "message_before": "",
                        "message_after": "½ \ud800",
                    }
                ],
            }
        ],
        "tests": [],
        "same": 0,
        "first": [],
        "missing": [],
        "recorded": False,
    }


def test_what_everyone_has_got_is_read_from_the_gradebook(released: Course) -> None:
    kept = graded(Verdict("double-values", "passed", 2, 2))
    with NbGraderSession(released).gradebook() as gradebook:
        gradebook.add_grade_cell("essay", "practice", "tiny", max_score=5.0, cell_type="code")
        gradebook.add_solution_cell("essay", "practice", "tiny")
        gradebook.add_student("ada")
        gradebook.add_submission("tiny", "ada")
        gradebook.find_grade("double-values", "practice", "tiny", "ada").auto_score = 2.0
        gradebook.find_grade("half-values", "practice", "tiny", "ada").auto_score = 3.0
        gradebook.find_grade("half-values", "practice", "tiny", "ada").manual_score = 1.0
        marks = earlier_marks(gradebook, "tiny", {("ada", "practice"): kept})
    assert marks["ada", "practice"] == Earlier(
        scores={"double-values": 2.0, "half-values": 3.0},
        max_scores={"double-values": 2.0, "half-values": 3.0},
        set_by_hand=frozenset({"half-values"}),
        graded=kept,
    )
    assert set(marks) == {("ada", "practice"), ("ada", "quiz")}
    assert marks["ada", "quiz"].graded is None
