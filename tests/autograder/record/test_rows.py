"""Marks in the gradebook, compared column by column with what nbgrader's own autograde writes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from nbgrader.api import Gradebook  # type: ignore[import-untyped]
from sqlalchemy import event

from autograder.course import Course
from autograder.engine.source import load_source
from autograder.engine.verdict import GradedNotebook, Verdict, refused_notebook
from autograder.marks import NO_RESPONSE, read_marks
from autograder.nbgrader_session import NbGraderSession
from autograder.record import late_penalty, record
from tests.autograder.record.conftest import (
    ADA,
    BOB,
    CLASS,
    CYD,
    DAN,
    IN_TIME,
    LATER,
    RIGHT,
    WRONG,
    config,
    grade_with_nbgrader,
    mark_by_hand,
    record_all,
    rows,
    rows_of,
    submission,
    without_remarks,
)


def test_the_rows_are_those_of_nbgrader(stock: Course, ours: Course, gradebook: Gradebook) -> None:
    grade_with_nbgrader(stock, *CLASS)
    record_all(gradebook, ours, *CLASS)
    assert without_remarks(rows(gradebook)) == rows_of(stock)

    grades = gradebook.find_submission_notebook("p1", "a1", "bob").grades
    assert {(grade.name, grade.auto_score, grade.needs_manual_grade) for grade in grades} == {
        ("test", 0, False),
        ("share", 0.5, False),
        ("plot", 0, False),
        ("essay", None, True),
        ("task", None, True),
    }
    assert gradebook.find_submission_notebook("p2", "a1", "bob").late_submission_penalty == 0.75


def test_so_they_are_when_work_is_handed_in_again_after_marking_by_hand(
    stock: Course, ours: Course, gradebook: Gradebook
) -> None:
    first = (ADA, BOB, CYD)
    grade_with_nbgrader(stock, *first)
    record_all(gradebook, ours, *first)
    with NbGraderSession(stock).gradebook() as theirs:
        mark_by_hand(theirs)
        theirs.grant_extension("a1", "bob", hours=11)
    mark_by_hand(gradebook)
    gradebook.grant_extension("a1", "bob", hours=11)

    again = (
        replace(BOB, timestamp=LATER, answers={"code": RIGHT, "essay": "Hm!"}, points={"test": 2.0}),
        replace(CYD, notebooks=("p1", "p2"), points={"p2-test": 3.0}),
        replace(ADA, timestamp=None, answers={}, points={}),
    )
    grade_with_nbgrader(stock, *again)
    record_all(gradebook, ours, *again)
    assert gradebook.find_submission("a1", "ada").timestamp is None  # nbgrader keeps that of the other work
    with NbGraderSession(stock).gradebook() as theirs:
        theirs.find_submission("a1", "ada").timestamp = None
    assert rows(gradebook) == rows_of(stock)

    p1 = gradebook.find_submission_notebook("p1", "a1", "bob")
    # test 2 + 1 extra, essay 3 + 0.5 extra, task 5; a quarter of it off, an hour after the extension
    assert (p1.score, p1.late_submission_penalty, p1.flagged) == (11.5, 2.875, True)


def test_recording_the_same_again_changes_nothing(
    ours: Course, gradebook: Gradebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_all(gradebook, ours, *CLASS)
    before = rows(gradebook), sorted(ours.autograded.rglob("*"))
    written: list[str] = []
    event.listen(
        gradebook.engine, "before_cursor_execute", lambda *given: written.append(given[2].split()[0])
    )
    monkeypatch.setattr(
        "autograder.autograded.os.replace", lambda *_: pytest.fail("a file was written again")
    )
    record_all(gradebook, ours, *CLASS)
    assert (rows(gradebook), sorted(ours.autograded.rglob("*"))) == before
    assert written.count("INSERT") == 0
    assert written.count("UPDATE") == 1  # the one that takes the lock


def test_a_test_without_a_verdict_gets_nothing(ours: Course, gradebook: Gradebook) -> None:
    silent = replace(submission(ours, ADA), notebooks={"p1": GradedNotebook("p1", ())})
    record(gradebook, ours.autograded, "a1", [silent], lambda *_: None)
    grades = {grade.name: grade for grade in gradebook.find_submission_notebook("p1", "a1", "ada").grades}
    assert (grades["test"].auto_score, grades["test"].needs_manual_grade) == (0.0, False)


def test_a_refused_notebook_gets_nothing_and_its_marks_by_hand_are_to_be_reviewed(
    ours: Course, gradebook: Gradebook
) -> None:
    record_all(gradebook, ours, BOB)
    mark_by_hand(gradebook)
    most = load_source(ours.source / "a1" / "p1.ipynb").max_points
    refused = replace(
        submission(ours, BOB),
        notebooks={"p1": refused_notebook("p1", most, "p1.ipynb was refused: it\x00 is empty")},
        rebuilt={},
        missing={"p2": "p2.ipynb was not handed in (the folder holds 'p2 (1).ipynb')"},
    )
    record(gradebook, ours.autograded, "a1", [refused], late_penalty(config(ours)))
    p1 = gradebook.find_submission_notebook("p1", "a1", "bob")
    assert {grade.auto_score for grade in p1.grades} == {0.0}
    assert {grade.name for grade in p1.grades if grade.needs_manual_grade} == {"essay", "task"}
    assert p1.late_submission_penalty is None
    assert {comment.auto_comment for comment in p1.comments} == {"p1.ipynb was refused: it is empty"}
    (mark,) = read_marks(gradebook, "a1")
    assert mark.remarks[0] == "p1.ipynb was refused: it is empty"
    assert mark.remarks[-1].startswith("p2.ipynb was not handed in (the folder holds")
    assert [path.name for path in (ours.autograded / "bob" / "a1").iterdir()] == ["timestamp.txt"]

    record_all(gradebook, ours, replace(BOB, timestamp=IN_TIME))
    task = gradebook.find_grade("task", "p1", "a1", "bob")
    assert (task.auto_score, task.manual_score, task.needs_manual_grade) == (None, 5.0, True)


def test_what_ran_out_of_time_or_crashed_is_said_on_the_first_answer(
    ours: Course, gradebook: Gradebook
) -> None:
    verdicts = (Verdict("test", "timeout", 0, 2), Verdict("share", "crashed", 0, 1))
    graded = GradedNotebook("p1", verdicts, remarks=("cell 3 was left out",))
    slow = replace(submission(ours, DAN), timestamp=None, notebooks={"p1": graded})
    record(gradebook, ours.autograded, "a1", [slow], lambda *_: None)
    comments = {
        c.name: c.auto_comment for c in gradebook.find_submission_notebook("p1", "a1", "dan").comments
    }
    ran, crashed = "p1.ipynb: ran out of time: test", "p1.ipynb: crashed: share"
    assert comments == {
        "code": f"{ran}; {crashed}; p1.ipynb: cell 3 was left out",
        "plot": NO_RESPONSE,
        "essay": NO_RESPONSE,
        "task": None,
    }  # fmt: skip


@pytest.mark.parametrize(("asked", "taken_off"), [(-1.0, 0.0), (99.0, 3.0), (None, None)])
def test_a_penalty_is_kept_between_nothing_and_the_score(
    ours: Course, gradebook: Gradebook, asked: float | None, taken_off: float | None
) -> None:
    record(gradebook, ours.autograded, "a1", [submission(ours, BOB)], lambda *_: asked)
    assert gradebook.find_submission_notebook("p2", "a1", "bob").late_submission_penalty == taken_off


def test_a_class_costs_a_few_queries(ours: Course, gradebook: Gradebook) -> None:
    """The number of statements stays the same however many students there are."""
    statements: list[str] = []
    event.listen(gradebook.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    penalty = late_penalty(config(ours))
    numbers = []
    for size in (3, 40):
        submissions = [replace(submission(ours, ADA), student=f"{size}-{n}") for n in range(size)]
        statements.clear()
        record(gradebook, ours.autograded, "a1", submissions, penalty)
        numbers.append(len(statements))
    assert numbers[0] == numbers[1] < 25


def test_a_mark_by_hand_is_reviewed_only_where_the_answer_to_its_part_changed(
    ours: Course, gradebook: Gradebook
) -> None:
    def to_review() -> set[str]:
        p1 = gradebook.find_submission_notebook("p1", "a1", "bob")
        return {grade.name for grade in p1.grades if grade.needs_manual_grade}

    record_all(gradebook, ours, BOB)
    mark_by_hand(gradebook)
    test = gradebook.find_grade("test", "p1", "a1", "bob")
    test.manual_score, test.extra_credit = 1.0, 0.0
    gradebook.db.commit()
    assert to_review() == set()

    record_all(gradebook, ours, replace(BOB, points={"test": 2.0}))  # the tests say something else now
    assert to_review() == set()
    assert (test.auto_score, test.manual_score) == (2.0, 1.0)

    record_all(gradebook, ours, replace(BOB, answers={"code": WRONG, "essay": "Hm!"}))
    assert to_review() == {"essay"}
    record_all(gradebook, ours, replace(BOB, answers={"code": RIGHT, "essay": "Hm!"}))
    assert to_review() == {"essay", "test"}  # until a person has looked
