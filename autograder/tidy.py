"""Everything known of every test, as one tidy table: a row per student, assignment, notebook and cell.

Points come from the gradebook, so that what was marked by hand counts; what a test said comes from the kept
verdicts.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, NamedTuple

from nbgrader.api import (  # type: ignore[import-untyped]
    Grade,
    Gradebook,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import select

from autograder.authored import ASSIGNMENTS, read_yaml
from autograder.class_marks import chosen_assignments, no_marks
from autograder.course import Course
from autograder.engine.source import load_source
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.nbgrader_session import NbGraderSession
from autograder.private import PRIVATE, VERDICTS
from autograder.submission import find_submissions
from autograder.verdict_cache import VerdictCache

_MISTAKE = re.compile(r"This looks like '(.+?)': ", re.DOTALL)
_AT_ONCE = 200  # notebooks whose verdicts are in memory together


class TidyRow(NamedTuple):
    """One test, or one cell that is marked by hand, of one student.

    `points` is None while nobody has marked the cell, and for who handed in nothing. `outcome` is one of the
    verdicts' outcomes, "marked by hand", "to be marked by hand", "nothing handed in", "not graded yet", or
    "unknown" when no verdict is kept. `penalty` is what the whole notebook loses for being late: it stands in
    each of its rows, and counts once.
    """

    student: str
    assignment: str
    notebook: str
    test: str
    points: float | None
    maximum: float
    outcome: str
    message: str
    mistake: str
    seconds: float | None
    isolation: str
    submitted_at: datetime | None
    late_seconds: float
    penalty: float
    objectives: tuple[str, ...]


class Cell(NamedTuple):
    """A cell that gets points; `by_hand` tells that a person gives them."""

    notebook: str
    name: str
    maximum: float
    by_hand: bool
    objectives: tuple[str, ...]


class _Handed(NamedTuple):
    """A notebook that the gradebook has of a student."""

    id: str
    student: str
    submitted_at: datetime | None
    late_seconds: float
    notebook: str
    penalty: float


def tidy_rows(course: Course, names: Collection[str] = ()) -> Iterator[TidyRow]:
    """Read the rows, by assignment, student, notebook and cell; all released assignments, or the named ones.

    Raises
    ------
    AutograderError
        If an assignment is not released, or there is nothing to read.
    """
    session = NbGraderSession(course)
    empty = True
    if session.has_gradebook():
        with session.gradebook() as gradebook, ExitStack() as stack:
            kept = course.root / PRIVATE / VERDICTS
            cache = stack.enter_context(VerdictCache(kept)) if kept.exists() else None
            for name in chosen_assignments(course, gradebook, names):
                for row in _of_assignment(course, gradebook, cache, name):
                    empty = False
                    yield row
    if empty:
        raise no_marks(course)


def _of_assignment(
    course: Course, gradebook: Gradebook, cache: VerdictCache | None, name: str
) -> Iterator[TidyRow]:
    cells = graded_cells(course, gradebook, name)
    recorded = cache.recorded(name) if cache is not None else {}
    graded: set[str] = set()
    handed = _handed(gradebook, name)
    while some := list(itertools.islice(handed, _AT_ONCE)):
        keys = {(one.student, one.notebook): recorded.get((one.student, one.notebook), "") for one in some}
        found = cache.get_many(filter(None, keys.values())) if cache is not None else {}
        scores = _scores(gradebook, name, [one.id for one in some])
        for one in some:
            graded.add(one.student)
            verdicts = found.get(keys[one.student, one.notebook])
            for cell in cells:
                if cell.notebook == one.notebook:
                    points, waits = scores.get((one.id, cell.name), (None, False))
                    yield _row(name, cell, one, points, waits, verdicts)
    handed_in, _ = find_submissions(course.submitted, name, course.assignments())
    students = {student.id for student in gradebook.students} | set(handed_in)
    for student in sorted(students - graded):
        outcome = "not graded yet" if student in handed_in else "nothing handed in"
        for cell in cells:
            yield TidyRow(
                student, name, cell.notebook, cell.name, None, cell.maximum, outcome, "", "", None, "", None,
                0.0, 0.0, cell.objectives,
            )  # fmt: skip


def _row(
    assignment: str,
    cell: Cell,
    handed: _Handed,
    points: float | None,
    waits: bool,
    graded: GradedNotebook | None,
) -> TidyRow:
    verdict = _verdict(graded, cell.name)
    if cell.by_hand:
        outcome = "to be marked by hand" if waits else "marked by hand"
    else:
        outcome = verdict.outcome if verdict else "unknown"
    message = _encodable(verdict.message if verdict else "")
    mistake = _MISTAKE.search(message)
    return TidyRow(
        student=handed.student,
        assignment=assignment,
        notebook=handed.notebook,
        test=cell.name,
        points=points,
        maximum=cell.maximum,
        outcome=outcome,
        message=message,
        mistake=mistake[1] if mistake else "",
        seconds=verdict.seconds if verdict else None,
        isolation=graded.isolation if graded else "",
        submitted_at=handed.submitted_at,
        late_seconds=handed.late_seconds,
        penalty=handed.penalty,
        objectives=cell.objectives,
    )


def _verdict(graded: GradedNotebook | None, test: str) -> Verdict | None:
    return (
        next((verdict for verdict in graded.verdicts if verdict.grade_id == test), None) if graded else None
    )


def _encodable(text: str) -> str:
    """Replace what no file can hold: a student's text may have half of a pair of surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")


def graded_cells(course: Course, gradebook: Gradebook, name: str) -> list[Cell]:
    """List the cells that get points, in the order of the source notebooks, with what each is about."""
    objectives = _objectives(course, name)
    places = {cell: place for place, cell in enumerate(objectives)}
    cells = []
    for notebook in sorted(gradebook.find_assignment(name).notebooks, key=lambda notebook: notebook.name):
        solutions = {cell.name for cell in notebook.solution_cells}
        found: list[Any] = [*notebook.grade_cells, *notebook.task_cells]
        for cell in sorted(found, key=lambda cell: places.get((notebook.name, cell.name), len(places))):
            by_hand = cell.name in solutions or isinstance(cell, TaskCell)
            about = objectives.get((notebook.name, cell.name), ())
            cells.append(Cell(notebook.name, cell.name, float(cell.max_score), by_hand, about))
    return cells


def _objectives(course: Course, name: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """Find the objectives of every cell with a grade id, by notebook and cell, in the order of the notebooks.

    A problem's stand in its statement in source/; a quiz question's only where it was authored.
    """
    quiz = _quiz_objectives(name)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for path in sorted((course.source / name).glob("*.ipynb")):
        problem: tuple[str, ...] = ()
        for cell in load_source(path).cells:
            about = cell.cell.get("metadata", {}).get("problem")
            if about is not None:
                problem = tuple(about.get("objectives", ()))
            if cell.grade_id is not None:
                found[path.stem, cell.grade_id] = (
                    quiz.get(cell.grade_id, ()) if path.stem == "quiz" else problem
                )
    return found


def _quiz_objectives(name: str) -> dict[str, tuple[str, ...]]:
    path = ASSIGNMENTS / name / "quiz.yml"
    questions = read_yaml(path)["questions"] if path.exists() else []
    return {f"{question['id']}-check": tuple(question["objectives"]) for question in questions}


def _handed(gradebook: Gradebook, name: str) -> Iterator[_Handed]:
    assignment = gradebook.find_assignment(name)
    rows = gradebook.db.execute(
        select(
            SubmittedNotebook.id,
            SubmittedAssignment.student_id,
            SubmittedAssignment.timestamp,
            SubmittedAssignment.extension,
            Notebook.name,
            SubmittedNotebook.late_submission_penalty,
        )
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .where(SubmittedAssignment.assignment_id == assignment.id)
        .order_by(SubmittedAssignment.student_id, Notebook.name)
    )
    for id, student, timestamp, extension, notebook, penalty in rows:
        late = 0.0
        if timestamp is not None and assignment.duedate is not None:
            late = (timestamp - assignment.duedate).total_seconds()
            late = max(0.0, late - (extension.total_seconds() if extension else 0.0))
        # nbgrader keeps times in UTC without saying so.
        when = timestamp.replace(tzinfo=UTC) if timestamp else None
        yield _Handed(id, student, when, late, notebook, penalty or 0.0)


def _scores(
    gradebook: Gradebook, name: str, notebooks: Collection[str]
) -> Mapping[tuple[str, str], tuple[float | None, bool]]:
    """Read points, and whether a person must still mark the cell, by submitted notebook and cell."""
    # nbgrader's table is indexed by cell and notebook together. Asked for both, and for nothing else, SQLite
    # uses that; with other tables joined it goes through all grades, once for each batch.
    assignment = gradebook.find_assignment(name)
    cells = {cell.id: cell.name for notebook in assignment.notebooks for cell in notebook._base_cells}
    rows: Sequence[Any] = gradebook.db.execute(
        select(
            Grade.notebook_id,
            Grade.cell_id,
            Grade.auto_score,
            Grade.manual_score,
            Grade.extra_credit,
            Grade.needs_manual_grade,
        ).where(Grade.notebook_id.in_(notebooks), Grade.cell_id.in_(cells))
    ).all()
    found = {}
    for notebook, cell, auto, manual, extra, waits in rows:
        score = auto if manual is None else manual
        points = None if score is None and not extra else (score or 0.0) + (extra or 0.0)
        found[notebook, cells[cell]] = (points, waits)
    return found
