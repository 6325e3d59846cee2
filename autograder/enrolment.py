"""Takes over a class list: into the course directory, and into nbgrader's gradebook."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, SubmittedAssignment  # type: ignore[import-untyped]
from nbgrader.api import Student as Row
from sqlalchemy import delete, insert, select, update

from autograder.attempts import ATTEMPTS
from autograder.course import Course
from autograder.errors import AutograderError
from autograder.lookalikes import asked, lookalikes
from autograder.nbgrader_session import NbGraderSession
from autograder.roster import CLASS_LIST, Roster, Student, course_roster, read_roster
from autograder.whole_file import whole_file

_LONGEST = 128  # characters that nbgrader's columns hold
_AT_ONCE = 500  # students in one query; SQLite bounds the number of its parameters


@dataclass(frozen=True)
class Enrolment:
    """What a class list changed.

    Attributes
    ----------
    roster
        The list as it is now.
    added, changed
        Students who are new to the course, and those whose name or e-mail is another than before.
    gone, kept
        Who is no longer on the list: without any work, and gone from the gradebook; or with work, and kept.
    """

    roster: Roster
    added: tuple[Student, ...]
    changed: tuple[str, ...]
    gone: tuple[Student, ...]
    kept: tuple[str, ...]


def import_class_list(course: Course, path: Path, *, as_new: bool = False) -> Enrolment:
    """Make a file the class list of a course.

    Students who are gone from the list leave the gradebook only if they have handed in nothing.

    Parameters
    ----------
    course, path
        The course, and the file.
    as_new
        Whether to add students who look like known ones that the list lacks.

    Raises
    ------
    AutograderError
        If the list can't be read, it shares no student with the one before, it looks damaged, or something
        can't be written. Nothing is changed then.
    """
    course.require_writable()
    roster = read_roster(path)
    content = path.read_bytes()
    before = course_roster(course)
    ids = {student.id for student in roster.students}
    if before is not None and not any(student.id in ids for student in before.students):
        found = lookalikes(roster.students, {student.id: student.email for student in before.students})
        why = asked(found) if found else "Is it of another course, or exported without the column of the ids?"
        raise AutograderError(
            f"{path}: has none of the {len(before.students)} students of {course.root / CLASS_LIST}; nothing "
            f"was changed. {why}{'.' if found else ''} To start anew, move {CLASS_LIST} away"
        )
    left = [student for student in before.students if student.id not in ids] if before else []
    with NbGraderSession(course).gradebook() as gradebook:
        known = {row.id: row for row in gradebook.db.execute(select(*_columns()))}
        found = lookalikes(roster.students, {id: row.email or "" for id, row in known.items()})
        if found and not as_new:
            raise AutograderError(
                f"{path}: {asked(found)}. Nothing was changed. If these are other people, or ids that have "
                "changed, give --as-new: they become students of their own, and earlier work stays with the "
                "earlier ids"
            )
        added = [student for student in roster.students if student.id not in known]
        changes = [
            (student, told)
            for student in roster.students
            if student.id in known and (told := _differences(known[student.id], student))
        ]
        kept = [student.id for student in left if _has_work(course, gradebook, student.id)]
        gone = [student for student in left if student.id not in kept]
        if added:
            gradebook.db.execute(insert(Row.__table__), [_values(student) for student in added])
        if changes:
            gradebook.db.execute(update(Row), [_values(student) for student, _ in changes])
        for start in range(0, len(gone), _AT_ONCE):
            some = [student.id for student in gone[start : start + _AT_ONCE]]
            gradebook.db.execute(delete(Row).where(Row.id.in_(some)))
    with whole_file(course.root / CLASS_LIST) as draft:  # last: a run that was killed before is repeated
        draft.write_bytes(content)
    changed = [f"{student.id}: {told}" for student, told in changes]
    return Enrolment(roster, tuple(added), tuple(changed), tuple(gone), tuple(kept))


def _columns() -> tuple[Any, ...]:
    return Row.id, Row.first_name, Row.last_name, Row.email


def _values(student: Student) -> dict[str, str | None]:
    """Give the row of a student. What the list does not tell is None, as nbgrader has it."""
    told = {
        "first_name": student.first_name,
        "last_name": student.last_name,
        "email": student.email,
    }
    return {"id": student.id} | {name: value[:_LONGEST] or None for name, value in told.items()}


def _differences(row: Any, student: Student) -> str:
    """Say what a list changes of a student whom the gradebook knows; empty if nothing."""
    changes = [
        f"{name.replace('_', ' ')} {before or '(none)'} → {value or '(none)'}"
        for name, value in _values(student).items()
        if (before := getattr(row, name)) != value and (before or value)
    ]
    return ", ".join(changes)


def _has_work(course: Course, gradebook: Gradebook, student: str) -> bool:
    """Whether a student has marks, or handed in something that may get some."""
    rows = select(SubmittedAssignment.id).where(SubmittedAssignment.student_id == student).limit(1)
    if gradebook.db.execute(rows).first() is not None:
        return True
    return any(
        os.path.lexists(folder / student)
        for folder in (course.submitted, course.root / ATTEMPTS, course.autograded)
    )
