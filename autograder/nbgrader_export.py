"""nbgrader's own table of marks, as `nbgrader export` writes it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from nbgrader.plugins import CsvExportPlugin  # type: ignore[import-untyped]

from autograder.class_marks import chosen_assignments, no_marks
from autograder.course import Course
from autograder.formulas import defused
from autograder.nbgrader_session import NbGraderSession
from autograder.whole_file import whole_file


def export_as_nbgrader(course: Course, to: Path, names: Collection[str] = ()) -> list[str]:
    """Write nbgrader's CSV file; say whose rows spreadsheets and other programs would misread.

    nbgrader puts nothing in quotes, so a comma in a name shifts the cells after it.

    Raises
    ------
    AutograderError
        If nothing is released, or the file can't be written; an earlier one stays.
    """
    session = NbGraderSession(course)
    if not session.has_gradebook():
        raise no_marks(course)
    with session.gradebook() as gradebook:
        chosen = chosen_assignments(course, gradebook, names)
        if not (chosen and gradebook.students):
            raise no_marks(course)
        with whole_file(to) as draft:
            CsvExportPlugin(to=str(draft), assignment=chosen).export(gradebook)
        return [
            f"{student.id}: nbgrader writes {text!r} without quotes, and its row can be misread"
            for student in sorted(gradebook.students, key=lambda student: student.id)
            for text in (student.id, student.last_name, student.first_name, student.email)
            if text and (set(text) & set(',"\r\n') or defused(text) != text)
        ]
