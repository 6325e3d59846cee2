"""A changed source and submissions that are there already: points and tests follow, students' work stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook  # type: ignore[import-untyped]

from autograder.course import Course
from autograder.engine.source import SourceNotebook, load_source
from autograder.errors import AutograderError
from autograder.nbgrader_session import NbGraderSession
from autograder.notebooks import new_cell, notebook_text, read_notebook
from autograder.release import release
from autograder.source_changes import apply_source_changes
from tests.autograder.conftest import FIXTURES


@pytest.fixture
def course(released: Course) -> Course:
    """A course in which two students have full marks for `tiny`."""
    with NbGraderSession(released).gradebook() as gradebook:
        for student in ("ada", "bob"):
            gradebook.add_student(student)
            for notebook in gradebook.add_submission("tiny", student).notebooks:
                for grade in notebook.grades:
                    grade.auto_score, grade.needs_manual_grade = grade.max_score, False
    return released


@pytest.fixture
def gradebook(course: Course) -> Iterator[Gradebook]:
    with NbGraderSession(course).gradebook() as gradebook:
        yield gradebook


def change_source(course: Course, change: Callable[[list[NotebookNode]], object]) -> None:
    path = course.source / "tiny" / "practice.ipynb"
    notebook = read_notebook(path)
    change(notebook.cells)
    path.write_text(notebook_text(notebook), encoding="utf-8")


def sources(course: Course) -> dict[str, SourceNotebook]:
    return {path.stem: load_source(path) for path in sorted((course.source / "tiny").glob("*.ipynb"))}


def find(cells: list[NotebookNode], grade_id: str) -> NotebookNode:
    [cell] = [cell for cell in cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id]
    return cell


def graded_cell(grade_id: str, **about: Any) -> NotebookNode:
    about = {"grade": True, "solution": False, "locked": True, "points": 1, "schema_version": 3, **about}
    return new_cell(
        "code",
        "assert double(0) == 0",
        grade_id,
        {"nbgrader": {"grade_id": grade_id, "task": False, **about}},
    )


def marks(gradebook: Gradebook, student: str) -> dict[str, tuple[Any, ...]]:
    notebook = gradebook.find_submission_notebook("practice", "tiny", student)
    return {
        grade.name: (grade.auto_score, grade.manual_score, grade.max_score, grade.needs_manual_grade)
        for grade in notebook.grades
    }


def contents(gradebook: Gradebook) -> dict[str, tuple[Any, ...]]:
    """All that the gradebook knows of the source of the practice notebook."""
    notebook = gradebook.find_notebook("practice", "tiny")
    worth = {cell.name: (cell.max_score, cell.cell_type) for cell in notebook.grade_cells}
    return {
        cell.name: (cell.source, cell.checksum, cell.locked, cell.cell_type, worth.get(cell.name))
        for cell in notebook.source_cells
    }


def test_an_unchanged_source_changes_nothing(course: Course, gradebook: Gradebook) -> None:
    before = contents(gradebook)
    assert apply_source_changes(gradebook, "tiny", sources(course)) == []
    assert not gradebook.db.dirty
    assert contents(gradebook) == before


def test_a_changed_test_gets_its_text_and_points_and_marks_stay(course: Course, gradebook: Gradebook) -> None:
    def _change(cells: list[NotebookNode]) -> None:
        find(cells, "double-values").source += "\nassert double(0) == 0"
        find(cells, "double-values").metadata.nbgrader.points = 4
        find(cells, "half-values").metadata.nbgrader.points = 1

    change_source(course, _change)
    assert apply_source_changes(gradebook, "tiny", sources(course)) == [
        "practice/double-values: worth 4 instead of 2",
        "practice/double-values: changed",
        "practice/half-values: worth 1 instead of 3",
    ]
    assert contents(gradebook)["double-values"][0].endswith("\nassert double(0) == 0")
    assert marks(gradebook, "ada") == {
        "double-values": (2.0, None, 4.0, False),
        "half-values": (3.0, None, 1.0, False),
    }
    assert apply_source_changes(gradebook, "tiny", sources(course)) == []


def test_a_new_test_gives_everyone_a_row_of_zero_points(course: Course, gradebook: Gradebook) -> None:
    change_source(course, lambda cells: cells.append(graded_cell("double-zero")))
    assert apply_source_changes(gradebook, "tiny", sources(course)) == [
        "practice/double-zero: new test, worth 1"
    ]
    for student in ("ada", "bob"):
        assert marks(gradebook, student) == {
            "double-values": (2.0, None, 2.0, False),
            "half-values": (3.0, None, 3.0, False),
            "double-zero": (0.0, None, 1.0, False),
        }
    assert apply_source_changes(gradebook, "tiny", sources(course)) == []
    gradebook.update_or_create_student("carl")
    gradebook.add_submission("tiny", "carl")
    assert set(marks(gradebook, "carl")) == {"double-values", "half-values", "double-zero"}


def test_a_submission_that_lacks_a_row_for_a_test_gets_one(course: Course, gradebook: Gradebook) -> None:
    gradebook.db.delete(gradebook.find_grade("half-values", "practice", "tiny", "bob"))
    assert apply_source_changes(gradebook, "tiny", sources(course)) == []
    gradebook.db.expire_all()
    assert marks(gradebook, "bob")["half-values"] == (0.0, None, 3.0, False)


def test_locked_cells_come_go_and_change(course: Course, gradebook: Gradebook) -> None:
    about = {"grade_id": "more", "grade": False, "solution": False, "locked": True, "schema_version": 3}

    def _change(cells: list[NotebookNode]) -> None:
        cells.remove(find(cells, "setup"))
        cells.append(new_cell("markdown", "More to read.", "more", {"nbgrader": {**about, "task": False}}))

    change_source(course, _change)
    assert apply_source_changes(gradebook, "tiny", sources(course)) == [
        "practice/setup: removed",
        "practice/more: new",
    ]
    gradebook.db.expire_all()
    held = contents(gradebook)
    assert "setup" not in held
    assert held["more"][0] == "More to read."


def test_what_students_answered_in_stays_as_it_was_handed_out(course: Course, gradebook: Gradebook) -> None:
    before = contents(gradebook)["double-code"]
    assert "YOUR CODE HERE" in before[0]
    change_source(course, lambda cells: setattr(find(cells, "double-code"), "source", "def double(x): ..."))
    assert apply_source_changes(gradebook, "tiny", sources(course)) == []
    assert contents(gradebook)["double-code"] == before


def test_nbgrader_itself_agrees_with_the_result(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    """It refuses to release the changed source before, takes it after, and finds nothing left to change."""

    def _change(cells: list[NotebookNode]) -> None:
        cells.append(graded_cell("double-zero"))
        find(cells, "double-values").metadata.nbgrader.points = 4
        find(cells, "setup").source = "import math"

    change_source(course, _change)
    with pytest.raises(AutograderError, match="cells were added, removed or renamed"):
        release(course, "tiny", FIXTURES)
    session = NbGraderSession(course)
    with session.gradebook() as gradebook:
        apply_source_changes(gradebook, "tiny", sources(course))
    with session.gradebook() as gradebook:
        ours = contents(gradebook)
    release(course, "tiny", FIXTURES)
    with session.gradebook() as gradebook:
        assert contents(gradebook) == ours
        assert marks(gradebook, "ada")["double-zero"] == (0.0, None, 1.0, False)


def test_an_untouched_answer_is_still_known_as_one_when_its_points_change(
    course: Course, gradebook: Gradebook
) -> None:
    about = {"grade": True, "solution": True, "locked": False, "grade_id": "essay", "points": 5}
    handed_out = new_cell("markdown", "Your answer here.", "essay", {"nbgrader": about})
    checksum = _checksum(handed_out)
    gradebook.add_grade_cell("essay", "practice", "tiny", max_score=5.0, cell_type="markdown")
    gradebook.add_solution_cell("essay", "practice", "tiny")
    gradebook.add_source_cell(
        "essay",
        "practice",
        "tiny",
        source="Your answer here.",
        cell_type="markdown",
        checksum=checksum,
        locked=False,
    )
    worth_more = {**about, "points": 8, "schema_version": 3, "task": False}
    change_source(
        course,
        lambda cells: cells.append(
            new_cell("markdown", "The model answer.", "essay", {"nbgrader": worth_more})
        ),
    )
    assert apply_source_changes(gradebook, "tiny", sources(course)) == [
        "practice/essay: worth 8 instead of 5"
    ]
    handed_out.metadata.nbgrader.points = 8
    assert contents(gradebook)["essay"] == (
        "Your answer here.",
        _checksum(handed_out),
        False,
        "markdown",
        (8.0, "markdown"),
    )


def _checksum(cell: NotebookNode) -> str:
    from nbgrader.utils import compute_checksum  # type: ignore[import-untyped]

    return str(compute_checksum(cell))


def _remove(grade_id: str) -> Callable[[list[NotebookNode]], None]:
    return lambda cells: cells.remove(find(cells, grade_id))


def _test_becomes_solution(cells: list[NotebookNode]) -> None:
    find(cells, "half-values").metadata.nbgrader.update(grade=False, solution=True, locked=False)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_remove("half-values"), "practice/half-values is gone, and its marks would be lost; put it back"),
        (_remove("half-code"), "practice/half-code is gone, in which students answered; put it back"),
        (
            _test_becomes_solution,
            "practice/half-values is a solution now and was a test; give the new cell a name of its own",
        ),
        (
            lambda cells: cells.append(graded_cell("third", grade=False, solution=True, locked=False)),
            "practice/third is new, and nobody could answer in it; ask for it in another assignment",
        ),
        (
            lambda cells: cells.append(graded_cell("essay", solution=True, locked=False)),
            "practice/essay is new, and nobody could answer in it",
        ),
    ],
)
def test_a_change_that_would_cost_marks_or_answers_is_refused_and_nothing_is_done(
    course: Course, gradebook: Gradebook, change: Callable[[list[NotebookNode]], None], says: str
) -> None:
    before = contents(gradebook)

    def _also(cells: list[NotebookNode]) -> None:
        find(cells, "double-values").metadata.nbgrader.points = 4
        change(cells)

    change_source(course, _also)
    with pytest.raises(
        AutograderError, match="tiny: its submissions can't be graded with the changed"
    ) as refusal:
        apply_source_changes(gradebook, "tiny", sources(course))
    assert says in str(refusal.value)
    assert contents(gradebook) == before


def test_a_notebook_that_is_new_or_gone_is_refused(
    course: Course, gradebook: Gradebook, tmp_path: Path
) -> None:
    notebooks = sources(course)
    notebooks["project"] = notebooks.pop("quiz")
    with pytest.raises(AutograderError, match=r"project\.ipynb is new; quiz\.ipynb is gone"):
        apply_source_changes(gradebook, "tiny", notebooks)


def test_an_assignment_that_was_never_released_is_named(course: Course, gradebook: Gradebook) -> None:
    with pytest.raises(AutograderError, match="u9 is not released yet: run `autograder release u9` first"):
        apply_source_changes(gradebook, "u9", sources(course))
