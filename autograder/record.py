"""Graded submissions into nbgrader's gradebook: the rows that `nbgrader autograde` would have written.

nbgrader's own calls open the database many times per notebook and commit every cell. Here a batch of
submissions costs a handful of queries and one transaction; the tables and columns are nbgrader's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from nbgrader.api import (  # type: ignore[import-untyped]
    Assignment,
    Comment,
    Grade,
    Gradebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    new_uuid,
)
from nbgrader.preprocessors import AssignLatePenalties  # type: ignore[import-untyped]
from sqlalchemy import and_, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from traitlets.config import Config

from autograder.answers import cell_sources, same_answers
from autograder.autograded import write_autograded
from autograder.engine.verdict import GradedNotebook
from autograder.errors import AutograderError
from autograder.harmless import harmless_text
from autograder.layout import Layout, read_layouts, require_fit
from autograder.marks import NO_RESPONSE
from autograder.remarks import remarks_on
from autograder.sanitise import clean_text

LatePenalty = Callable[[str, float, float], float | None]


@dataclass(frozen=True)
class Submission:
    """What grading one student's submission gave.

    Attributes
    ----------
    student
        The student's id.
    timestamp
        When it was handed in, in UTC without a time zone; None counts as in time. nbgrader would keep the
        time that its gradebook knows, which may be that of an earlier attempt.
    notebooks
        The graded notebooks by name.
    rebuilt
        The notebooks that were run, as quarantine rebuilt them, by name; a refused one has none.
    missing
        What to say of a notebook that was not handed in, by name; others of the assignment that are in
        neither mapping count as not handed in too.
    extension
        How much more time the student was given before anything was recorded. The gradebook takes it over
        with the first work, and then has its own.
    """

    student: str
    timestamp: datetime | None = None
    notebooks: Mapping[str, GradedNotebook] = field(default_factory=dict)
    rebuilt: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    extension: timedelta | None = None


def late_penalty(config: Config) -> LatePenalty:
    """Give the course's own rule for late submissions: `AssignLatePenalties.plugin_class`."""
    assign = AssignLatePenalties(config=config)
    assign.init_plugin()
    penalty: LatePenalty = assign.plugin_inst.late_submission_penalty
    return penalty


def record(
    gradebook: Gradebook,
    autograded: Path,
    assignment: str,
    submissions: Sequence[Submission],
    penalty: LatePenalty,
    provided: Mapping[str, bytes] | None = None,
) -> dict[str, str]:
    """Write a batch of submissions of one assignment to the gradebook, and their notebooks to autograded/.

    The gradebook changes in one transaction: all of the batch or nothing. To record the same again changes
    nothing, so that a run that was broken off anywhere can be repeated.

    Parameters
    ----------
    gradebook
        nbgrader's gradebook, open.
    autograded
        The course's folder of graded notebooks.
    assignment
        The name of the assignment.
    submissions
        At most one per student.
    penalty
        The rule for late submissions, such as `late_penalty` gives.
    provided
        The files that come with the assignment, which its graded notebooks may show.

    Returns
    -------
    dict
        Why a student's notebooks could not be written, by student; the marks of these are recorded.

    Raises
    ------
    AutograderError
        If the verdicts don't fit the released assignment, or the rule for late submissions fails. Nothing is
        recorded then.
    """
    record_marks(gradebook, assignment, submissions, penalty, autograded=autograded)
    problems = {}
    for submission in submissions:
        folder = autograded / submission.student / assignment
        try:
            write_autograded(folder, submission.rebuilt, submission.notebooks, submission.timestamp, provided)
        except OSError as error:
            problems[submission.student] = f"{error.filename} can't be written ({error.strerror})"
    return problems


def record_marks(
    gradebook: Gradebook,
    assignment: str,
    submissions: Sequence[Submission],
    penalty: LatePenalty,
    only: Collection[str] | None = None,
    autograded: Path | None = None,
) -> None:
    """Write a batch of submissions to the gradebook, in one transaction: all notebooks, or `only` those.

    `autograded` tells which answers are still the same; without it, all marks given by hand are flagged.
    """
    with _transaction(gradebook):
        layouts = read_layouts(gradebook, assignment)
        for submission in submissions:
            require_fit(assignment, layouts, submission.notebooks)
        chosen = {name: layout for name, layout in layouts.items() if only is None or name in only}
        _write_rows(gradebook, assignment, chosen, submissions, penalty, autograded)


@contextmanager
def _transaction(gradebook: Gradebook) -> Iterator[None]:
    try:
        yield
        gradebook.db.commit()
    except BaseException:
        gradebook.db.rollback()
        raise


class _Marks(NamedTuple):
    """What becomes of one submitted notebook: automatic scores and comments by cell.

    A task cell that is handed in has no entry in `scores`, because only people mark it.
    """

    scores: dict[str, float | None]
    comments: dict[str, str | None]


def _marks(layout: Layout, name: str, submission: Submission) -> _Marks:
    graded = submission.notebooks.get(name)
    if graded is None or graded.refused is not None:
        if graded is None:
            remark = submission.missing.get(name, f"{name}.ipynb was not handed in")
        else:
            remark = "; ".join(remarks_on(graded))
        remark = harmless_text(clean_text(remark))
        return _Marks(dict.fromkeys(layout.marked, 0.0), dict.fromkeys(layout.commented, remark))
    sources = cell_sources(submission.rebuilt.get(name, {}))
    untouched = {cell for cell in layout.solutions if sources.get(cell) == layout.stubs.get(cell)}
    points = {verdict.grade_id: verdict.points for verdict in graded.verdicts}
    tests = layout.tests
    scores = {
        cell: points.get(cell, 0.0) if cell in tests else (0.0 if cell in untouched else None)
        for cell in layout.graded
    }
    comments = {cell: NO_RESPONSE if cell in untouched else None for cell in layout.commented}
    if comments and (remarks := remarks_on(graded)):
        comments[min(comments)] = harmless_text(clean_text("; ".join(remarks)))
    return _Marks(scores, comments)


class _Known(NamedTuple):
    """The rows that the gradebook has of the students of a batch."""

    submissions: dict[str, Any]  # by student
    notebooks: dict[tuple[str, str], Any]  # by submission and notebook
    grades: dict[tuple[str, str], Any]  # by submitted notebook and cell
    comments: dict[tuple[str, str], Any]


def _known(
    gradebook: Gradebook, assignment_id: str, layouts: Mapping[str, Layout], students: Sequence[str]
) -> _Known:
    theirs = (
        SubmittedAssignment.assignment_id == assignment_id,
        SubmittedAssignment.student_id.in_(students),
    )
    # nbgrader's tables are indexed by cell and notebook together: naming both saves going through all rows.
    of_submission = and_(
        SubmittedNotebook.notebook_id.in_([layout.id for layout in layouts.values()]),
        SubmittedNotebook.assignment_id == SubmittedAssignment.id,
    )
    cells = {
        id for layout in layouts.values() for id in [*layout.marked.values(), *layout.commented.values()]
    }
    submitted = select(
        SubmittedAssignment.student_id,
        SubmittedAssignment.id,
        SubmittedAssignment.timestamp,
        SubmittedAssignment.extension,
    ).where(*theirs)
    notebooks = select(
        SubmittedNotebook.assignment_id,
        SubmittedNotebook.notebook_id,
        SubmittedNotebook.id,
        SubmittedNotebook.late_submission_penalty,
    ).where(of_submission, *theirs)
    grades = select(
        Grade.notebook_id,
        Grade.cell_id,
        Grade.id,
        Grade.auto_score,
        Grade.manual_score,
        Grade.extra_credit,
        Grade.needs_manual_grade,
    ).where(Grade.cell_id.in_(cells), Grade.notebook_id == SubmittedNotebook.id, of_submission, *theirs)
    comments = select(Comment.notebook_id, Comment.cell_id, Comment.id, Comment.auto_comment).where(
        Comment.cell_id.in_(cells), Comment.notebook_id == SubmittedNotebook.id, of_submission, *theirs
    )
    execute = gradebook.db.execute
    return _Known(
        {row.student_id: row for row in execute(submitted)},
        {(row.assignment_id, row.notebook_id): row for row in execute(notebooks)},
        {(row.notebook_id, row.cell_id): row for row in execute(grades.with_for_update(of=Grade))},
        {(row.notebook_id, row.cell_id): row for row in execute(comments)},
    )


class _Changes:
    """The rows to insert and to update, table by table, written together."""

    # A row can refer to rows of the tables before it.
    _TABLES = (Student, SubmittedAssignment, SubmittedNotebook, Grade, Comment)

    def __init__(self) -> None:
        self._inserts: dict[Any, list[dict[str, Any]]] = {table: [] for table in self._TABLES}
        self._updates: dict[Any, list[dict[str, Any]]] = {table: [] for table in self._TABLES}

    def put(self, table: Any, known: Any, keys: dict[str, Any], values: dict[str, Any]) -> str:
        """Make a row have these values, and return its id; `known` is the row as it is, or None."""
        if known is None:
            id = new_uuid()
            self._inserts[table].append({"id": id, **keys, **values})
            return id  # type: ignore[no-any-return]
        if any(getattr(known, column) != value for column, value in values.items()):
            self._updates[table].append({"id": known.id, **values})
        return known.id  # type: ignore[no-any-return]

    def add_student(self, student: str) -> None:
        self._inserts[Student].append({"id": student})

    def write(self, gradebook: Gradebook) -> None:
        self._enrol(gradebook, self._inserts.pop(Student))
        for table in self._TABLES:
            if rows := self._inserts.get(table):
                # The table, because the class would split the rows wherever a value is None.
                gradebook.db.execute(insert(table.__table__), rows)
            if rows := self._updates[table]:
                gradebook.db.execute(update(table), rows)

    @staticmethod
    def _enrol(gradebook: Gradebook, rows: list[dict[str, Any]]) -> None:
        """Insert students; who grades another assignment now may insert the same ones, in the same order."""
        kind = postgresql if gradebook.db.get_bind().dialect.name == "postgresql" else sqlite
        if rows:
            enrol = kind.insert(Student.__table__).on_conflict_do_nothing()
            gradebook.db.execute(enrol, sorted(rows, key=itemgetter("id")))


def _write_rows(
    gradebook: Gradebook,
    assignment: str,
    layouts: Mapping[str, Layout],
    submissions: Sequence[Submission],
    penalty: LatePenalty,
    autograded: Path | None,
) -> None:
    assignment_id, duedate = gradebook.db.execute(
        select(Assignment.id, Assignment.duedate).where(Assignment.name == assignment)
    ).one()
    # To write before reading takes SQLite's lock: no mark given by hand can slip in between and be misjudged.
    gradebook.db.execute(update(Assignment).where(Assignment.id == assignment_id).values(name=assignment))
    students = [submission.student for submission in submissions]
    known = _known(gradebook, assignment_id, layouts, students)
    enrolled = set(gradebook.db.scalars(select(Student.id).where(Student.id.in_(students))))
    changes = _Changes()
    for submission in submissions:
        if submission.student not in enrolled:
            changes.add_student(submission.student)
        row = known.submissions.get(submission.student)
        extension = row.extension if row else submission.extension
        keys = {"assignment_id": assignment_id, "student_id": submission.student, "extension": extension}
        submitted = changes.put(SubmittedAssignment, row, keys, {"timestamp": submission.timestamp})
        late = seconds_late(submission.timestamp, duedate, extension)
        for name, layout in layouts.items():
            graded = submission.notebooks.get(name)
            counts_late = late > 0 and graded is not None and graded.refused is None
            marks = _marks(layout, name, submission)
            notebook = known.notebooks.get((submitted, layout.id))
            rows = {
                cell: known.grades.get((notebook.id, id)) if notebook else None
                for cell, id in layout.marked.items()
            }
            by_hand = [cell for cell, row in rows.items() if row and row.manual_score is not None]
            folder = autograded and autograded / submission.student / assignment
            same = same_answers(folder, name, submission.rebuilt.get(name, {}), by_hand)
            wanted = {c: _grade(c in layout.tasks, marks, c, row, c in same) for c, row in rows.items()}
            taken_off = None
            if counts_late:
                taken_off = penalty_for(penalty, submission.student, _score(rows, wanted), late)
            keys = {"assignment_id": submitted, "notebook_id": layout.id}
            id = changes.put(SubmittedNotebook, notebook, keys, {"late_submission_penalty": taken_off})
            for cell, cell_id in layout.marked.items():
                keys = {"notebook_id": id, "cell_id": cell_id}
                changes.put(Grade, rows[cell], keys, wanted[cell])
            for cell, cell_id in layout.commented.items():
                keys = {"notebook_id": id, "cell_id": cell_id}
                changes.put(
                    Comment, known.comments.get((id, cell_id)), keys, {"auto_comment": marks.comments[cell]}
                )
    changes.write(gradebook)


def _grade(task: bool, marks: _Marks, cell: str, known: Any, same: bool) -> dict[str, Any]:
    """Give the automatic score of a cell, and whether a person must look at it.

    A mark that was given by hand stays; it is flagged for review unless it was given for the same answer.
    """
    if task and cell not in marks.scores:
        waits = known is None or known.auto_score is not None or known.needs_manual_grade
        return {"auto_score": None, "needs_manual_grade": waits}
    score = marks.scores[cell]
    if known is not None and known.manual_score is not None:
        return {"auto_score": score, "needs_manual_grade": known.needs_manual_grade or not same}
    return {"auto_score": score, "needs_manual_grade": score is None}


def _score(rows: Mapping[str, Any], wanted: Mapping[str, Mapping[str, Any]]) -> float:
    """Add up the cells of a notebook as `nbgrader.api.Grade.score` does."""
    total = []
    for cell, known in rows.items():
        manual = known.manual_score if known is not None else None
        score = wanted[cell]["auto_score"] if manual is None else manual
        if score is not None:
            total.append(score + ((known.extra_credit or 0.0) if known is not None else 0.0))
    return math.fsum(total)


def seconds_late(timestamp: datetime | None, duedate: datetime | None, extension: timedelta | None) -> float:
    """Give how late work is, as nbgrader computes it; never less than nothing."""
    if timestamp is None or duedate is None:
        return 0.0
    return max(0.0, (timestamp - duedate - (extension or timedelta())).total_seconds())


def penalty_for(penalty: LatePenalty, student: str, score: float, late: float) -> float | None:
    """Ask the course's rule what it takes off, and keep its answer between nothing and the whole score.

    Raises
    ------
    AutograderError
        If the rule, which may be the instructor's own code, fails.
    """
    try:
        given = penalty(student, score, late)
        taken_off = None if given is None else float(given)
    except Exception as error:  # the rule is the instructor's own code
        raise AutograderError(f"the rule for late submissions fails for {student}: {error!r}") from error
    if taken_off is None:
        return None
    if math.isnan(taken_off):
        raise AutograderError(f"the rule for late submissions gives nan for {student}")
    return 0.0 if taken_off < 0 else min(taken_off, score)
