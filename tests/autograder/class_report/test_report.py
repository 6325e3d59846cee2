"""What the report says of a class whose numbers can be counted by hand."""

from __future__ import annotations

import json
import stat
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbgrader.api import BaseCell, Grade, SolutionCell  # type: ignore[import-untyped]
from sqlalchemy import event

from autograder.class_report.build import build_report
from autograder.class_report.page import ItemResult, Report
from autograder.class_report.render import render
from autograder.class_report.writer import as_json, write_page
from autograder.cli import main
from autograder.course import CONFIG, Course
from autograder.enrolment import import_class_list
from autograder.errors import AutograderError, UsageError
from autograder.lateness import write_deadline
from autograder.marks import read_marks
from autograder.nbgrader_session import NbGraderSession
from autograder.policy import course_policy
from autograder.settings import load_config
from autograder.tidy import Cell
from tests.autograder.class_report.conftest import ClassOf, Failure, Worked, names
from tests.autograder.conftest import FIXTURES

DUE = datetime(2027, 1, 15, 22)
SQUARED = "double(x=3) gave 9, but 6 was expected. This looks like 'squared instead': this is x times x."
WRONG_CHOICE = "That is one of the two. (Read again: the chapter regression/squared-error.)"
NOT_DONE: Failure = ("not attempted", "not attempted yet")


def report_on(course: Course, *, anonymous: bool = False) -> Report:
    return build_report(course, "tiny", anonymous=anonymous, assignments=FIXTURES)


def item(report: Report, label: str) -> ItemResult:
    return next(one for one in report.items if one.label == label)


def page_of(report: Report) -> BeautifulSoup:
    return BeautifulSoup(render(report), "html.parser")


def give_deadline(course: Course) -> None:
    with (course.root / CONFIG).open("a") as config:
        config.write('c.Autograder.deadlines = {"tiny": "2027-01-15 22:00 UTC"}\n')
    with NbGraderSession(course).gradebook() as gradebook:
        write_deadline(gradebook, "tiny", course_policy(load_config(course)))


def enrol(course: Course, *students: str, tmp_path: Path) -> None:
    rows = [f"{student},{student.title()},Lovelace,{student}@example.org" for student in students]
    listed = tmp_path / "list.csv"
    listed.write_text("\n".join(["id,first_name,last_name,email", *rows]), encoding="utf-8")
    import_class_list(course, listed)


# --- who handed in, and the points


def test_who_handed_in_is_counted_against_the_class_list(class_of: ClassOf, tmp_path: Path) -> None:
    course = class_of(
        {
            "ada": Worked(when=DUE - timedelta(hours=1)),
            "bob": Worked(when=DUE + timedelta(hours=3)),
            "guest": Worked(refused="practice.ipynb is no notebook"),
        }
    )
    give_deadline(course)
    enrol(course, "ada", "bob", "cem", "dia", tmp_path=tmp_path)
    (course.submitted / "dia" / "tiny").mkdir(parents=True)
    head = report_on(course).head
    assert (head.listed, head.graded, head.ungraded, head.missing) == (4, 3, 1, 1)
    assert (head.late, head.refused, head.unlisted, head.waiting) == (1, 1, 1, 0)
    assert head.due.startswith("Due 2027-01-15 22:00 UTC")


def test_totals_are_those_of_every_other_export(released: Course, class_of: ClassOf) -> None:
    give_deadline(released)
    course = class_of(
        {
            "ada": Worked(),
            "bob": Worked(failed={"half-values": "no"}, when=DUE + timedelta(hours=3), penalty=0.5),
            "cem": Worked(quiz=None),
            "dia": Worked(failed={"half-values": "no", "double-values": "no"}, quiz=None),
        }
    )
    with NbGraderSession(course).gradebook() as gradebook:
        by_hand = gradebook.find_grade("double-values", "practice", "tiny", "dia")
        by_hand.manual_score, by_hand.extra_credit = 1.5, 0.25
    report = report_on(course)
    with NbGraderSession(course).gradebook() as gradebook:
        marks = {mark.student: mark.total for mark in read_marks(gradebook, "tiny")}
    assert sorted(marks.values()) == [1.75, 5, 6, 10]  # bob: 10 − 3, and 0.5 off each of two notebooks
    assert report.head.totals is not None
    assert report.head.totals.mean == pytest.approx(sum(marks.values()) / 4)
    assert report.head.totals.median == 5.5
    assert report.head.maximum == 10
    whole, practice, quiz = report.distributions
    assert whole.bins == (0, 1, 0, 0, 0, 1, 1, 0, 0, 1)
    assert practice.spread is not None
    assert practice.spread.count == 4
    assert quiz.spread is not None
    assert quiz.spread.count == 2  # of whom handed it in


def add_essay(course: Course) -> None:
    """Make the cell `half-values` one that is marked by hand."""
    with NbGraderSession(course).gradebook() as gradebook:
        notebook = gradebook.find_notebook("practice", "tiny")
        notebook.solution_cells  # noqa: B018  (loads them, before one is added under the same name)
        solution = SolutionCell(name="half-values-by-hand", notebook=notebook)
        gradebook.db.add(solution)
        gradebook.db.flush()
        solution.name = "half-values"


def test_work_that_waits_to_be_marked_is_said_and_not_judged(class_of: ClassOf) -> None:
    course = class_of({student: Worked() for student in names("ok", 12)})
    add_essay(course)
    with NbGraderSession(course).gradebook() as gradebook:
        for grade in gradebook.db.query(Grade).filter(Grade.cell.has(BaseCell.name == "half-values")):
            grade.auto_score, grade.needs_manual_grade = None, True
    report = report_on(course)
    assert report.head.waiting == 12
    half = item(report, "P2")
    assert (half.count, half.waiting, half.pass_rate) == (0, 12, None)
    assert "12 answers must still be marked by hand" in " ".join(half.advice)
    assert report.look_at[0].what == "Mark by hand first"
    assert report.help is not None
    assert report.help.students == ()


def test_a_mark_that_was_given_for_an_earlier_attempt_counts_in_totals_only(class_of: ClassOf) -> None:
    course = class_of({student: Worked() for student in names("ok", 12)})
    add_essay(course)
    with NbGraderSession(course).gradebook() as gradebook:
        for grade in gradebook.db.query(Grade).filter(Grade.cell.has(BaseCell.name == "half-values")):
            grade.auto_score, grade.manual_score, grade.needs_manual_grade = None, 2.0, True
    report = report_on(course)
    with NbGraderSession(course).gradebook() as gradebook:
        totals = [mark.total for mark in read_marks(gradebook, "tiny")]
    assert report.head.totals is not None
    assert report.head.totals.mean == pytest.approx(sum(totals) / 12)
    assert report.distributions[1].spread is not None
    assert report.distributions[1].spread.least == 4.0  # 2 by a test, 2 by hand
    assert report.head.waiting == 12
    assert (item(report, "P2").count, item(report, "P2").waiting) == (0, 12)


# --- who may need help


def test_who_may_need_help_and_why(class_of: ClassOf, tmp_path: Path) -> None:
    nothing = {"double-values": NOT_DONE, "half-values": NOT_DONE}
    not_one = {f"tiny-{kind}-check": NOT_DONE for kind in ("choice", "several", "number", "sign")}
    students = {student: Worked() for student in names("ok", 9)}
    students["low"] = Worked(failed=nothing, quiz=not_one)
    students["half"] = Worked(quiz=None)
    course = class_of(students)
    enrol(course, *students, "gone", tmp_path=tmp_path)
    found = report_on(course).help
    assert found is not None
    low, half = found.students
    assert (low.id, low.name, low.points) == ("low", "Low Lovelace", 0)
    assert low.reasons == (
        "0% of the points, in the lowest quarter of the class",
        "6 of 6 problems and questions not attempted",
    )
    assert half.reasons == ("quiz.ipynb not handed in",)
    assert [(person.id, person.reasons) for person in found.missing] == [("gone", ("nothing handed in",))]


@pytest.mark.parametrize("count", [1, 12])
def test_few_students_and_a_class_that_is_alike_have_no_lowest_quarter(class_of: ClassOf, count: int) -> None:
    wrong = {"double-values": "no", "half-values": "no"}
    found = report_on(class_of({student: Worked(wrong, quiz=None) for student in names("low", count)})).help
    assert found is not None
    assert {person.reasons for person in found.students} == {("quiz.ipynb not handed in", "0% of the points")}


def test_who_fell_against_earlier_assignments_is_listed() -> None:
    import numpy as np

    from autograder.class_report.help_needed import help_needed
    from autograder.class_report.work import Work

    shares = {"steady": 0.6, "fell": 0.6, "new": 0.6, "low": 0.5}
    work = Work(
        students=tuple(shares),
        cells=(Cell("practice", "test", 10.0, False, ()),),
        points=np.array([[10 * share] for share in shares.values()]),
        outcomes=np.zeros((4, 1), dtype=np.uint8),
        seconds=np.zeros((4, 1), dtype=np.float32),
        notebooks=("practice",),
        states=np.zeros((4, 1), dtype=np.uint8),
        penalties=np.zeros(4),
        ungraded=(),
        nothing=(),
    )
    earlier = {"u0": {"steady": 0.8, "fell": 0.9, "low": 0.5}, "u1": {"fell": 0.84}}
    found = help_needed(work, (), (), {}, earlier)
    assert [(person.id, person.reasons) for person in found.students] == [
        ("fell", ("60% now, 87% in earlier assignments",))
    ]
    assert found.compared_with == ("u0", "u1")


def test_the_anonymous_report_names_nobody(class_of: ClassOf, tmp_path: Path) -> None:
    students = {"zoe": Worked(failed={"double-values": SQUARED}), "yves": Worked(quiz=None), "ada": Worked()}
    course = class_of(students)
    enrol(course, *students, "xena", tmp_path=tmp_path)
    named, shared = render(report_on(course)), render(report_on(course, anonymous=True))
    for name in ("Zoe", "Yves", "Xena"):
        assert (name in named) == (name != "Zoe")
        assert name.casefold() not in shared.casefold()
    assert "lovelace" not in shared.casefold()
    assert "Personal" not in shared


# --- what is not known


def test_what_is_not_kept_any_more_is_said_and_not_guessed(class_of: ClassOf) -> None:
    course = class_of({"ada": Worked(), "bob": Worked(failed={"double-values": SQUARED}, quiz=None)})
    for path in (course.root / ".autograder").glob("verdicts*"):
        path.unlink()
    report = report_on(course)
    assert "not kept any more of 2 students" in report.notes[-1]
    assert report.mistakes == ()
    assert report.tests == ()
    assert item(report, "P1").full == 1  # points are in the gradebook
    assert item(report, "Q1").count == 1  # bob's quiz is not among the graded notebooks
    assert report.answers[0].unknown == 1
    text = page_of(report).get_text(" ", strip=True)
    assert "No test recognised a named mistake, as far as is kept." in text
    assert "How long tests took is not kept any more." in text


def test_without_anything_graded_there_is_no_report(released: Course, tmp_path: Path) -> None:
    with pytest.raises(AutograderError, match="has no marks yet: release an assignment and grade it"):
        report_on(released)
    enrol(released, "ada", tmp_path=tmp_path)
    with pytest.raises(AutograderError, match="nobody's tiny is graded yet: run `autograder grade tiny`"):
        report_on(released)
    with pytest.raises(UsageError, match="there is no assignment 'tin'"):
        build_report(released, "tin", assignments=FIXTURES)


# --- the page and the numbers


def test_no_line_of_a_hidden_test_and_no_message_of_one_is_in_the_page(class_of: ClassOf) -> None:
    failed = {
        "double-values": 'KeyError: 3, at `assert double(-1013) == -2026, "…"`. This looks like '
        "'squared instead': x."
    }
    report = report_on(class_of({"ada": Worked(failed=failed)}))
    assert report.mistakes
    for text in (render(report), as_json(report)):
        assert "1013" not in text
        assert "secret_sum" not in text


def test_the_page_is_private_and_json_holds_the_same_numbers(
    class_of: ClassOf, capsys: pytest.CaptureFixture[str]
) -> None:
    course = class_of({"ada": Worked(), "bob": Worked(failed={"half-values": "no"})})
    assert main(["report", "tiny", "--course", str(course.root)]) == 0
    page = course.root / "report" / "tiny.html"
    assert "Report on 2 students in" in capsys.readouterr().out
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
    assert main(["report", "tiny", "--course", str(course.root), "--json", "--anonymous"]) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert numbers["head"]["graded"] == 2
    assert numbers["help"] is None
    half = next(one for one in numbers["items"] if one["label"] == "P2")
    assert half["pass_rate"] == 0.5
    row = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select("#items tbody tr")[1]
    cells = [cell.get_text() for cell in row.select("td")]
    assert cells[:3] == ["2", "1 (50%)", "9% to 91%".replace("%", "", 1)]


def test_a_page_that_can_not_be_written_leaves_the_earlier_one(class_of: ClassOf, tmp_path: Path) -> None:
    report = report_on(class_of({"ada": Worked()}))
    with pytest.raises(AutograderError, match="is a directory; name a file"):
        write_page(report, tmp_path)


def test_every_plot_has_its_table(class_of: ClassOf) -> None:
    course = class_of({"ada": Worked(when=DUE), "bob": Worked(failed={"double-values": SQUARED})})
    page = page_of(report_on(course))
    for section in page.select("section"):
        if section.select("svg.bar, svg.histogram"):
            assert section.select("details table"), section["id"]
    for plot in page.select("svg"):
        assert plot.get("aria-hidden") == "true" or plot["aria-label"]


def test_5000_students_take_few_queries_and_a_small_page(class_of: ClassOf) -> None:
    """Built from 400 that are recorded; what depends on their number is bounded, in lists and in queries."""
    failing = {"half-values": NOT_DONE, "double-values": NOT_DONE}
    students = {f"s{n:04}": Worked(failed=failing if n % 2 else {}, quiz=None) for n in range(400)}
    course = class_of(students)
    asked: list[str] = []

    def count(*arguments: object) -> None:
        asked.append(str(arguments[2]))

    from sqlalchemy.engine import Engine

    event.listen(Engine, "before_cursor_execute", count)
    try:
        report = report_on(course)
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert len([query for query in asked if "submitted_notebook" in query]) < 12
    assert report.help is not None
    assert len(report.help.students) == 400
    from dataclasses import replace

    many = replace(report.help, students=report.help.students * 13, missing=report.help.students * 13)
    page = render(replace(report, help=many))
    assert len(page) < 100_000
    assert "And 5100 more" in page


def test_an_answer_without_the_numbers_of_the_student_is_neither_right_nor_wrong(class_of: ClassOf) -> None:
    missing = "Question 3: write your account name, in quotes, into the first cell and run it."
    others = "The numbers of this question were drawn for the account 'ada', but you are 'cem': write …"
    course = class_of(
        {
            "bob": Worked(quiz={"tiny-number-check": missing}),
            "cem": Worked(quiz={"tiny-number-check": others}),
        }
    )
    number = report_on(course).answers[2]
    assert (number.no_numbers, number.unknown) == (2, 0)
    assert {one.count for one in number.choices} == {0}


def test_several_other_account_names_are_something_to_look_at(class_of: ClassOf) -> None:
    others = "The numbers of this question were drawn for the account 'ada', but you are 'cem': write …"
    missing = "Question 3: write your account name, in quotes, into the first cell and run it."
    both = {"tiny-number-check": others, "tiny-sign-check": others}
    students = {"bob": Worked(quiz=both), "cem": Worked(quiz={"tiny-number-check": missing})}
    assert "Check account names" not in {one.what for one in report_on(class_of(students)).look_at}
    students["dia"] = Worked(quiz=both)
    first = report_on(class_of(students)).look_at[0]
    assert (first.what, first.anchor) == ("Check account names", "answers")
    assert first.why.startswith("2 students wrote another account name into the quiz")
