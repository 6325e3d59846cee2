"""`nbgrader autograde` and formgrader's button with the engine behind them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from nbgrader.apps.api import NbGraderAPI  # type: ignore[import-untyped]
from nbgrader.converters import Autograde  # type: ignore[import-untyped]

from autograder.audit_log import AuditLog
from autograder.course import Course
from autograder.engine.limits import Limits
from autograder.engine.quarantine import Rebuilt
from autograder.engine.source import load_source
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.errors import AutograderError
from autograder.grade_class import grade
from autograder.intake import Intake
from autograder.marks import Mark, read_marks
from autograder.nbgrader_session import NbGraderSession
from autograder.notebooks import read_notebook
from autograder.private import AUDIT, PRIVATE
from autograder.release import release
from autograder.settings import load_config
from tests.autograder.conftest import FIXTURES, RIGHT

HandIn = Callable[..., Path]


@dataclass
class Engine:
    """Stands in for the engine: whoever writes `2 * x` passes everything."""

    asked: list[tuple[str, str, float]] = field(default_factory=list)
    fails: AutograderError | None = None

    def grade_one(
        self, root: Path, assignment: str, student: str, notebook: str, timeout: float
    ) -> tuple[Rebuilt | None, GradedNotebook]:
        self.asked.append((student, notebook, timeout))
        if self.fails is not None:
            raise self.fails
        work = Intake(Course(root), assignment, "jail", Limits()).look_at(student)
        if (refused := work.graded.get(notebook)) is not None:
            return None, refused
        rebuilt = work.rebuilt[notebook]
        right = "2 * x" in json.dumps(rebuilt.notebook)
        verdicts = tuple(
            Verdict(
                test, "passed" if right else "failed", most if right else 0.0, most, "" if right else "no!"
            )
            for test, most in load_source(
                root / "source" / assignment / f"{notebook}.ipynb"
            ).max_points.items()
        )
        printed = {"output_type": "stream", "name": "stderr", "text": "hello\n"}
        return rebuilt, GradedNotebook(
            notebook, verdicts, {rebuilt.cells[0].id: [], "double-code": [printed]}
        )


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    standing_in = Engine()
    monkeypatch.setattr("autograder.nbgrader_plugin.grade_one", standing_in.grade_one)
    return standing_in


def api(course: Course, **settings: Any) -> NbGraderAPI:
    config = load_config(course)
    config.CourseDirectory.root = str(course.root)
    for name, value in settings.items():
        getattr(config, name).update(value)
    return NbGraderAPI(config=config)


def autograde_all(course: Course, **settings: Any) -> None:
    """What the command does with a class: one converter for all of it."""
    given = api(course, **settings)
    given.coursedir.assignment_id = "tiny"
    converter = Autograde(coursedir=given.coursedir, parent=given)
    converter.force = True
    converter.start()


def marks(course: Course) -> dict[str, Mark]:
    with NbGraderSession(course).gradebook() as gradebook:
        return {mark.student: mark for mark in read_marks(gradebook, "tiny")}


def test_formgraders_button_gives_the_engines_marks(
    released: Course, hand_in: HandIn, engine: Engine
) -> None:
    hand_in("ada", RIGHT)
    hand_in("ada", {}, "quiz")
    result = api(released).autograde("tiny", "ada")
    assert result["success"], result["error"]
    assert marks(released)["ada"].scores == {"practice": 5, "quiz": 0}
    assert engine.asked == [("ada", "practice", 30), ("ada", "quiz", 30)]

    practice = read_notebook(released.autograded / "ada" / "tiny" / "practice.ipynb")
    (code,) = [cell for cell in practice.cells if cell.get("id") == "double-code"]
    assert code.outputs == [{"output_type": "stream", "name": "stderr", "text": "hello\n"}]
    quiz = read_notebook(released.autograded / "ada" / "tiny" / "quiz.ipynb")
    said = [output.evalue for cell in quiz.cells for output in cell.get("outputs", ()) if "evalue" in output]
    assert set(said) == {"no!"}


def test_marks_of_the_command_are_in_the_audit_log(released: Course, hand_in: HandIn, engine: Engine) -> None:
    hand_in("ada", RIGHT)
    autograde_all(released)
    logged = [entry.event for entry in AuditLog(released.root / PRIVATE / AUDIT).events()]
    assert {(event.student, event.notebook, sum(event.scores.values())) for event in logged} == {
        ("ada", "practice", 5),
        ("ada", "quiz", 0),
    }
    assert "quiz.ipynb was not handed in" in marks(released)["ada"].remarks


def test_a_timeout_of_the_course_reaches_the_engine(
    released: Course, hand_in: HandIn, engine: Engine
) -> None:
    hand_in("ada", RIGHT)
    autograde_all(released, Execute={"timeout": 7})
    assert engine.asked == [("ada", "practice", 7)]


def change_test(course: Course) -> None:
    path = course.source / "tiny" / "practice.ipynb"
    path.write_text(path.read_text("utf-8").replace("half(3) == 1.5", "half(5) == 2.5"), encoding="utf-8")


def test_a_test_that_was_changed_since_the_release_is_refused_in_the_words_of_grade(
    released: Course, hand_in: HandIn, engine: Engine
) -> None:
    hand_in("ada", RIGHT)
    autograde_all(released)
    engine.asked.clear()
    change_test(released)
    with pytest.raises(AutograderError) as refusal:
        grade(released, "tiny")
    assert str(refusal.value).startswith("practice.ipynb, half-values was changed since tiny was released.")
    with pytest.raises(SystemExit, match=re.escape(f"autograder: {refusal.value}")):
        autograde_all(released)
    assert str(refusal.value) in api(released).autograde("tiny", "ada")["error"]
    assert engine.asked == []
    assert marks(released)["ada"].scores["practice"] == 5


def test_what_it_recorded_is_known_to_grade(released: Course, hand_in: HandIn) -> None:
    hand_in("ada", RIGHT)
    autograde_all(released)
    logged = list(AuditLog(released.root / PRIVATE / AUDIT).events())
    assert [mark.scores["practice"] for mark in grade(released, "tiny").marks] == [5]
    assert list(AuditLog(released.root / PRIVATE / AUDIT).events()) == logged  # nothing is recorded again


def test_a_mark_that_was_changed_is_repaired_which_is_said_and_logged(
    released: Course, hand_in: HandIn, caplog: pytest.LogCaptureFixture
) -> None:
    hand_in("ada", RIGHT)
    grade(released, "tiny")
    with NbGraderSession(released).gradebook() as gradebook:
        gradebook.find_grade("double-values", "practice", "tiny", "ada").auto_score = 0.5
    change_test(released)
    release(released, "tiny", FIXTURES)
    autograde_all(released)
    assert marks(released)["ada"].scores["practice"] == 5
    what = "practice.ipynb: marks were changed in the gradebook since grading, which is repaired"
    said = [message for message in caplog.messages if "marks were changed" in message]
    assert said == [f"ada: {what}: double-values was 0.5 instead of 2"]
    logged = [entry.event for entry in AuditLog(released.root / PRIVATE / AUDIT).events()]
    repaired = [(event.notebook, event.changed) for event in logged if event.event == "repaired"]
    assert repaired == [("practice", {"double-values": 0.5})]


def test_a_notebook_that_is_handed_in_no_more_is_no_repair(released: Course, hand_in: HandIn) -> None:
    path = hand_in("ada", RIGHT)
    hand_in("ada", {}, "quiz")
    grade(released, "tiny")
    path.unlink()  # nbgrader itself takes its points away, before any of our steps
    autograde_all(released)
    assert marks(released)["ada"].scores["practice"] == 0
    logged = [entry.event.event for entry in AuditLog(released.root / PRIVATE / AUDIT).events()]
    assert "repaired" not in logged


def test_a_mark_of_what_it_did_not_run_is_repaired_by_grade(released: Course, hand_in: HandIn) -> None:
    hand_in("ada", RIGHT)
    autograde_all(released, Execute={"enabled": False}, ClearOutput={"enabled": False})
    with NbGraderSession(released).gradebook() as gradebook:
        gradebook.find_grade("double-values", "practice", "tiny", "ada").auto_score = 1.0
    report = grade(released, "tiny")
    assert any("double-values was 1 instead of 0" in problem for problem in report.problems)


def test_what_it_did_not_run_is_run_by_grade(released: Course, hand_in: HandIn) -> None:
    hand_in("ada", RIGHT)
    grade(released, "tiny")
    autograde_all(released, Execute={"enabled": False}, ClearOutput={"enabled": False})
    report = grade(released, "tiny")
    assert [mark.scores["practice"] for mark in report.marks] == [5]
    assert not any("changed" in problem for problem in report.problems)


def test_without_execution_nothing_is_asked_and_nothing_is_given(
    released: Course, hand_in: HandIn, engine: Engine
) -> None:
    hand_in("ada", RIGHT)
    autograde_all(released, Execute={"enabled": False}, ClearOutput={"enabled": False})
    assert engine.asked == []
    assert marks(released)["ada"].scores["practice"] == 0
    assert "practice.ipynb: it was not run" in marks(released)["ada"].remarks


def _not_json(path: Path) -> None:
    path.write_text("{")


def _link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parents[3] / "source" / "tiny" / "practice.ipynb")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _changed(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    notebook = json.loads(path.read_text("utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _schema_of_the_future(path: Path) -> None:
    _changed(path, lambda nb: nb["cells"][4]["metadata"]["nbgrader"].update(schema_version=99))


def _schema_of_the_past(path: Path) -> None:
    _changed(path, lambda nb: nb["cells"][4]["metadata"]["nbgrader"].update(schema_version=1))


def _copied_tests(path: Path) -> None:
    _changed(path, lambda nb: nb["cells"].extend(nb["cells"][3:]))


def _metadata_is_no_table(path: Path) -> None:
    _changed(path, lambda nb: nb["cells"][4]["metadata"].update(nbgrader=None))


@pytest.mark.parametrize(
    "spoil",
    [
        _not_json,
        _link,
        _pipe,
        _schema_of_the_future,
        _schema_of_the_past,
        _copied_tests,
        _metadata_is_no_table,
    ],
)
def test_no_notebook_stops_the_class_or_goes_without_a_mark(
    released: Course, hand_in: HandIn, engine: Engine, spoil: Callable[[Path], None]
) -> None:
    spoil(hand_in("ada", {}))
    hand_in("bob", RIGHT)
    autograde_all(released)
    assert {student: mark.scores["practice"] for student, mark in marks(released).items()} == {
        "ada": 0,
        "bob": 5,
    }
    graded = read_notebook(released.autograded / "ada" / "tiny" / "practice.ipynb")
    assert "secret_sum" not in str(graded)
    with NbGraderSession(released).gradebook() as gradebook:
        grades = gradebook.find_submission_notebook("practice", "tiny", "ada").grades
        assert {(grade.auto_score, grade.needs_manual_grade) for grade in grades} == {(0.0, False)}


def test_files_beside_the_notebooks_do_not_stay_in_autograded(
    released: Course, hand_in: HandIn, engine: Engine
) -> None:
    folder = hand_in("ada", RIGHT).parent
    (folder / "stolen").symlink_to(released.gradebook)
    (folder / "code").mkdir()
    (folder / "code" / "solutions.py").write_text("raise SystemExit")
    (folder / "data.csv").write_text("mine")
    (folder / "timestamp.txt").write_text("2030-05-01 12:00:00 UTC")
    (released.source / "tiny" / "data.csv").write_text("given")
    autograde_all(released)
    graded = released.autograded / "ada" / "tiny"
    assert {path.name for path in graded.rglob("*") if path.is_file()} == {
        "practice.ipynb",
        "timestamp.txt",
        "data.csv",
    }
    assert (graded / "data.csv").read_text() == "given"
    assert marks(released)["ada"].remarks[0].startswith("refused: 'stolen' is a symbolic link")


def test_what_the_instructor_must_put_right_stops_everything_with_its_message(
    released: Course, hand_in: HandIn, engine: Engine
) -> None:
    for student in ("ada", "bob"):
        hand_in(student, RIGHT)
    autograde_all(released)
    engine.asked.clear()
    engine.fails = AutograderError("bubblewrap is not installed; install it")
    with pytest.raises(SystemExit, match=r"^autograder: bubblewrap is not installed; install it$"):
        autograde_all(released)
    assert [student for student, *_ in engine.asked] == ["ada"]
    assert not (released.autograded / "ada" / "tiny").exists()  # so that the next run grades it
    assert {student: mark.scores["practice"] for student, mark in marks(released).items()} == {
        "ada": 5,
        "bob": 5,
    }

    result = api(released).autograde("tiny", "bob")
    assert not result["success"]
    assert "bubblewrap is not installed; install it" in result["error"]


def test_one_notebook_that_can_not_be_graded_again_leaves_the_others(
    released: Course, hand_in: HandIn, engine: Engine
) -> None:
    hand_in("ada", RIGHT)
    hand_in("ada", {}, "quiz")
    autograde_all(released)
    engine.fails = AutograderError("no bubblewrap")
    with pytest.raises(SystemExit):
        autograde_all(released, CourseDirectory={"notebook_id": "quiz"})
    assert [path.name for path in (released.autograded / "ada" / "tiny").iterdir()] == ["practice.ipynb"]


def test_a_source_that_is_gone_is_the_instructors_to_put_back(
    released: Course, hand_in: HandIn, engine: Engine
) -> None:
    hand_in("ada", RIGHT)
    (released.source / "tiny" / "practice.ipynb").write_text("{")
    with pytest.raises(SystemExit, match=r"practice\.ipynb: can't be read as a notebook"):
        autograde_all(released)


def test_late_work_is_penalised_by_the_courses_rule(
    released: Course, hand_in: HandIn, engine: Engine
) -> None:
    (hand_in("ada", RIGHT).parent / "timestamp.txt").write_text("2030-05-01 12:00:00 UTC")
    with NbGraderSession(released).gradebook() as gradebook:
        gradebook.update_or_create_assignment("tiny", duedate="2030-05-01 11:59:00 UTC")
    autograde_all(released, LateSubmissionPlugin={"penalty_method": "zero"})
    assert marks(released)["ada"].remarks[-1] == "5 taken off for being late"
    assert marks(released)["ada"].total == 0


def test_the_engine_itself_grades_a_class(released: Course, hand_in: HandIn) -> None:
    hand_in("ada", RIGHT)
    hand_in("bob", RIGHT | {"half-code": "import os\ndef half(x):\n    os._exit(0)"})
    autograde_all(released)
    found = marks(released)
    assert {student: mark.scores["practice"] for student, mark in found.items()} == {"ada": 5, "bob": 2}
