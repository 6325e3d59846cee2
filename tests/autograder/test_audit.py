"""The audit: what grading put into the gradebook is no finding; what anyone did to it since is one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from nbgrader.api import Gradebook  # type: ignore[import-untyped]

from autograder.audit import audit, reconcile
from autograder.audit_log import AuditLog, Event, Finding
from autograder.course import Course, init_course
from autograder.nbgrader_session import NbGraderSession

POINTS = {"values": 2.0, "shapes": 0.5}
WORTH = {"values": 2.0, "shapes": 1.0}
STUDENTS = ("ada", "bob", "carl")

Change = Callable[[Gradebook], object]


@pytest.fixture(scope="module")
def graded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which three students were graded: an assignment of two tests and an essay."""
    course = init_course(tmp_path_factory.mktemp("audited") / "course", ["u2-regression"])
    with NbGraderSession(course).gradebook() as gradebook:
        gradebook.add_assignment("u2")
        gradebook.add_notebook("practice", "u2")
        for name, most in (*WORTH.items(), ("essay", 5.0)):
            gradebook.add_grade_cell(name, "practice", "u2", max_score=most, cell_type="code")
        for student in STUDENTS:
            gradebook.add_student(student)
            gradebook.add_submission("u2", student)
            for name, points in POINTS.items():
                gradebook.find_grade(name, "practice", "u2", student).auto_score = points
    log_of(course).append_many(graded(student) for student in STUDENTS)
    return course.root


@pytest.fixture
def course(graded_once: Path, tmp_path: Path) -> Course:
    return Course(Path(shutil.copytree(graded_once, tmp_path / "course")))


def graded(student: str, event: str = "graded", **changed: float) -> Event:
    return Event(event, "u2", student, "practice", {**POINTS, **changed}, WORTH)


def log_of(course: Course) -> AuditLog:
    return AuditLog(course.root / ".autograder" / "audit.jsonl")


def changed(course: Course, *changes: Change) -> list[Finding]:
    """Change the gradebook behind the log's back, and audit it."""
    with NbGraderSession(course).gradebook() as gradebook:
        for change in changes:
            change(gradebook)
    return list(audit(course).findings)


def set_grade(cell: str, student: str = "bob", **values: float | None) -> Change:
    def _change(gradebook: Gradebook) -> None:
        grade = gradebook.find_grade(cell, "practice", "u2", student)
        for name, value in values.items():
            setattr(grade, name, value)

    return _change


def test_what_grading_recorded_is_no_finding(course: Course) -> None:
    report = audit(course)
    assert report.findings == ()
    assert (report.events, report.marks) == (3, 9)
    assert report.head == log_of(course).head()


@pytest.mark.parametrize(
    ("change", "cell", "says"),
    [
        (set_grade("shapes", auto_score=1.0), "shapes", "1 point in the gradebook, but {event} gave 0.5"),
        (set_grade("shapes", auto_score=None), "shapes", "no points in the gradebook, but {event} gave 0.5"),
        (set_grade("essay", auto_score=5.0), "essay", "5 points given by no event in the log"),
        (
            lambda gradebook: setattr(
                gradebook.find_submission_notebook("practice", "u2", "bob"), "late_submission_penalty", 2.0
            ),
            "",
            "{event} took off 0 points for being late, but the gradebook takes off 2",
        ),
        (
            lambda gradebook: gradebook.db.delete(gradebook.find_grade("values", "practice", "u2", "bob")),
            "values",
            "{event} gave 2 points, but the gradebook has no such row",
        ),
        (
            lambda gradebook: gradebook.remove_submission("u2", "bob"),
            "",
            "{event} gave 2.5 points, but the gradebook has no such row",
        ),
    ],
)
def test_a_change_behind_the_back_of_the_log_is_found(
    course: Course, change: Change, cell: str, says: str
) -> None:
    [finding] = changed(course, change)
    assert (finding.assignment, finding.student, finding.notebook) == ("u2", "bob", "practice")
    assert finding.cell == cell
    assert not finding.by_hand
    logged = list(log_of(course).events())[1]
    event = f"event 2 (graded {logged.time[:16].replace('T', ' ')} UTC by {logged.who})"
    assert finding.what == says.format(event=event)
    assert str(finding) == f"bob, u2/practice{'/' if cell else ''}{cell}: {finding.what}"


@pytest.mark.parametrize(
    ("change", "cell", "says"),
    [
        (set_grade("shapes", manual_score=1.0), "shapes", "1 point set by hand, where event 2 ("),
        (set_grade("values", extra_credit=0.5), "values", "extra credit of 0.5 set by hand"),
        (set_grade("essay", extra_credit=0.5), "essay", "extra credit of 0.5 set by hand"),
    ],
)
def test_what_formgrader_sets_is_listed_as_set_by_hand(
    course: Course, change: Change, cell: str, says: str
) -> None:
    [finding] = changed(course, change)
    assert (finding.student, finding.cell, finding.by_hand) == ("bob", cell, True)
    assert finding.what.startswith(says)


def test_marking_an_essay_is_no_finding(course: Course) -> None:
    assert changed(course, set_grade("essay", manual_score=4.0, needs_manual_grade=False)) == []


def test_a_test_that_is_worth_something_else_now_is_found_for_everyone(course: Course) -> None:
    findings = changed(
        course,
        lambda gradebook: setattr(gradebook.find_grade_cell("values", "practice", "u2"), "max_score", 3),
    )
    assert [finding.student for finding in findings] == list(STUDENTS)
    assert all("is worth 3 points now, but was worth 2 at event" in finding.what for finding in findings)


def test_marks_without_an_event_are_found(course: Course) -> None:
    findings = changed(
        course,
        lambda gradebook: gradebook.add_student("dora"),
        lambda gradebook: gradebook.add_submission("u2", "dora"),
        set_grade("values", "dora", auto_score=2.0, extra_credit=1.0),
        set_grade("shapes", "dora", auto_score=1.0, manual_score=0.5),
    )
    assert list(map(str, findings)) == [
        "dora, u2/practice: 3.5 points in the gradebook, but no event in the log gave them"
    ]


def test_the_last_event_counts(course: Course) -> None:
    log_of(course).append_many([graded("bob", "regraded", shapes=1.0)])
    [finding] = audit(course).findings
    assert finding.what.startswith("0.5 points in the gradebook, but event 4 (regraded ")
    assert changed(course, set_grade("shapes", auto_score=1.0)) == []


def test_a_broken_log_is_found_together_with_what_it_no_longer_explains(course: Course) -> None:
    path = log_of(course).path
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:1] + lines[2:]))
    assert list(map(str, audit(course).findings)) == [
        "audit.jsonl, line 2: event 2 is missing before event 3",
        "bob, u2/practice: 2.5 points in the gradebook, but no event in the log gave them",
    ]


def test_a_lost_gradebook_is_one_finding_and_is_not_made_anew(course: Course) -> None:
    course.gradebook.unlink()
    report = audit(course)
    assert list(map(str, report.findings)) == ["there is no gradebook, but the log holds 3 scoring events"]
    assert (report.events, report.marks) == (3, 0)
    assert not course.gradebook.exists()


def test_a_new_course_has_nothing_to_find(tmp_path: Path) -> None:
    report = audit(init_course(tmp_path / "new", ["u2-regression"]))
    assert (report.findings, report.events, report.marks, report.head) == ((), 0, 0, None)


def test_only_the_assignments_that_were_asked_for_are_compared(course: Course) -> None:
    log = log_of(course)
    log.append_many([Event("graded", "u3", "ada", "practice", {"values": 1.0}, {"values": 1.0})])
    with NbGraderSession(course).gradebook() as gradebook:
        set_grade("shapes", auto_score=1.0)(gradebook)
        assert [finding.student for finding in reconcile(log, gradebook, ["u2"])] == ["bob"]
        assert [finding.student for finding in reconcile(log, gradebook, ["u3"])] == ["ada"]
        assert [finding.student for finding in reconcile(log, gradebook)] == ["bob", "ada"]
