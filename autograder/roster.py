"""The class list: who is in the course, as Canvas, Moodle, Blackboard or a plain table lists them.

The file is kept as it came (`class_list.csv` in the course directory): gradebooks go back with its columns.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from autograder.course import Course
from autograder.delimited import Table, read_text, split, stripped
from autograder.errors import AutograderError, shortened
from autograder.submission import id_error

CLASS_LIST = "class_list.csv"

Kind = Literal["canvas", "moodle", "blackboard", "plain"]


@dataclass(frozen=True)
class _Format:
    """How a system lists a class: the headings by which it is known, and those of what is needed.

    Of several possible headings for one thing, the first that is there and filled in counts.
    """

    known_by: tuple[frozenset[str], ...]
    id: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]
    full: tuple[str, ...] = ()
    email: tuple[str, ...] = ("Email address", "Email", "email")


_FORMATS: Mapping[Kind, _Format] = {
    "canvas": _Format(
        known_by=(
            frozenset({"Student", "ID", "Section"}),
            frozenset({"LastName", "FirstName", "ID", "Section"}),
        ),
        id=("SIS Login ID", "ID"),
        first=("FirstName",),
        last=("LastName",),
        full=("Student",),
    ),
    "moodle": _Format(
        known_by=(
            frozenset({"First name", "Last name"}),
            frozenset({"First name", "Surname"}),  # before Moodle 4
            frozenset({"Identifier", "Full name"}),  # the worksheet for grading an assignment offline
        ),
        id=("Username", "ID number", "Email address"),
        first=("First name",),
        last=("Last name", "Surname"),
        full=("Full name",),
    ),
    "blackboard": _Format(
        known_by=(frozenset({"Last Name", "First Name", "Username"}),),
        id=("Username",),
        first=("First Name",),
        last=("Last Name",),
    ),
    "plain": _Format(
        known_by=(frozenset({"id"}),), id=("id",), first=("first_name",), last=("last_name",), full=("name",)
    ),
}
_NO_NAMES = ("", "points possible")  # what Canvas writes for a student in rows about the assignments


@dataclass(frozen=True)
class Student:
    """A student of the class list.

    Attributes
    ----------
    id
        The name of the folder in submitted/, and nbgrader's student id.
    first_name, last_name, email
        As far as the list tells them.
    columns
        Every cell of the row, by its heading.
    """

    id: str
    first_name: str
    last_name: str
    email: str
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """First and last name; the id if there are none."""
        return f"{self.first_name} {self.last_name}".strip() or self.id


@dataclass(frozen=True)
class Roster:
    """A class list: the system that wrote it, its headings in order, and the students."""

    kind: Kind
    headings: tuple[str, ...]
    students: tuple[Student, ...]

    @property
    def system(self) -> str:
        """What wrote the list, as people call it."""
        return "a plain table" if self.kind == "plain" else self.kind.capitalize()

    @property
    def id_headings(self) -> tuple[str, ...]:
        """The headings of the columns from which ids came: one, unless it is empty for some students."""
        headings = _FORMATS[self.kind].id
        used = {next(h for h in headings if student.columns.get(h)) for student in self.students}
        return tuple(heading for heading in headings if heading in used)

    @property
    def about_ids(self) -> str:
        """Say what a student's id is: the account name, which no student can guess."""
        first, *others = (repr(heading) for heading in self.id_headings)
        column = "".join([f"the column {first}", *(f", and where it is empty {other}" for other in others)])
        return (
            f"A student's id is {column}, such as {self.students[0].id}; this is the account name that "
            "students write into the quiz's first cell."
        )

    def by_id(self, student_id: str) -> Student | None:
        """Find a student by id."""
        return self._by_id.get(student_id)

    @cached_property
    def _by_id(self) -> dict[str, Student]:
        return {student.id: student for student in self.students}


def read_roster(path: Path) -> Roster:
    """Read a class list; which system wrote it is seen from its headings.

    Raises
    ------
    AutograderError
        If the file can't be read, its headings are of no known system, or a row names no student or one that
        another row names too; the message says which row.
    """
    table = _table(path)
    headings = stripped(table.headings)
    kind = _kind_of(headings)
    assert kind is not None
    students: list[Student] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(table.rows, start=2):
        cells = [_unquoted(cell.strip()) for cell in row]
        if any(cells[len(headings) :]):
            raise AutograderError(
                f"{path}, row {number}: has more cells than there are headings; does a name with a comma "
                "lack its quotation marks?"
            )
        columns: dict[str, str] = {}
        for heading, cell in zip(headings, cells, strict=False):
            columns.setdefault(heading, cell)  # of two columns with one heading, the first counts
        if not any(columns.values()) or _is_of_the_system(kind, columns):
            continue
        student = _student(path, number, kind, columns)
        if (folded := unicodedata.normalize("NFC", student.id).casefold()) in seen:
            raise AutograderError(f"{path}, row {number}: {student.id!r} is in row {seen[folded]} already")
        seen[folded] = number
        students.append(student)
    if not students:
        raise AutograderError(f"{path}: lists no student")
    return Roster(kind, headings, tuple(students))


def course_roster(course: Course) -> Roster | None:
    """Read the class list of a course; None if it has none."""
    path = course.root / CLASS_LIST
    return read_roster(path) if path.exists() else None


def _table(path: Path) -> Table:
    """Read the table; what stands between two cells is right if the headings are then known."""
    text = read_text(path)
    table = split(path, text.content, lambda headings: _kind_of(headings) is not None)
    if table is not None:
        return table
    start = shortened(text.content.partition("\n")[0], 100)
    raise AutograderError(
        f"{path}: no class list of a known system; it starts with {start!r}. Export the gradebook of Canvas, "
        "Moodle or Blackboard as CSV, with the system set to English; or make a table with the headings id, "
        "first_name, last_name, email"
    )


def _kind_of(headings: Sequence[str]) -> Kind | None:
    for kind, form in _FORMATS.items():
        if any(known <= set(headings) for known in form.known_by):
            return kind
    return None


def _unquoted(cell: str) -> str:
    """Take off what Canvas puts around a name that a spreadsheet would run as a formula."""
    return cell[2:-1] if cell.startswith('="') and cell.endswith('"') else cell


def _is_of_the_system(kind: Kind, columns: Mapping[str, str]) -> bool:
    """Whether a row is no student's: Canvas adds some, and both it and Blackboard a made-up student."""
    if kind == "blackboard":
        return columns["Username"].casefold().endswith("_previewuser")
    if kind != "canvas":
        return False
    name = columns.get("Student") or f"{columns.get('LastName', '')}, {columns.get('FirstName', '')}"
    nobody = not _first(columns, ("SIS Login ID", "SIS User ID", "ID"))
    # "Manual Posting" and the like below assignments; its own test student has an id.
    return name.casefold() == "student, test" or (nobody and name.strip(", ").casefold() in _NO_NAMES)


def _student(path: Path, number: int, kind: Kind, columns: Mapping[str, str]) -> Student:
    form = _FORMATS[kind]
    student_id = _first(columns, form.id)
    if not student_id:
        raise AutograderError(f"{path}, row {number}: none of {', '.join(form.id)} is filled in")
    if (wrong := id_error(student_id)) is not None:
        raise AutograderError(f"{path}, row {number}: {student_id!r} can't be a student id: {wrong}")
    first, last = _first(columns, form.first), _first(columns, form.last)
    if not (first or last) and (full := _first(columns, form.full)):
        last, comma, first = (part.strip() for part in full.partition(","))
        if not comma:
            first, _, last = full.rpartition(" ")
        if not first:  # of one name only
            first, last = last, ""
    email = _first(columns, form.email)
    return Student(student_id, _visible(first), _visible(last), _visible(email), columns)


def _visible(text: str) -> str:
    """Put a name on one line without what is not seen: people choose theirs, and terminals obey some.

    The two marks that join and part letters in some scripts stay.
    """
    return " ".join("".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in text).split())


def _first(columns: Mapping[str, str], headings: Sequence[str]) -> str:
    return next((columns[heading] for heading in headings if columns.get(heading)), "")
