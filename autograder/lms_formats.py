"""How the gradebook files of Canvas, Moodle and Blackboard are made: what each looks for, and where.

Canvas: its gradebook's Export and Import. The row "Points Possible" comes before the students. A column is
known by the number in "Title (123)", a student by the number in "ID". A column without a number becomes a new
assignment. Moodle: Grades, Export and Import, as CSV. On a form the teacher says which column is what; "-" is
no grade. Blackboard: Work Offline. A column is known by the number in "Title [Total Pts: 20 Score] |123", a
student by "Username"; the file is tab-delimited UTF-16 with the suffix .xls, or CSV, every cell in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from autograder.class_table import Form
from autograder.errors import AutograderError, UsageError

Lms = Literal["canvas", "moodle", "blackboard"]


@dataclass(frozen=True)
class LmsFormat:
    """What one system's gradebook file needs.

    Attributes
    ----------
    name
        As people call it.
    about
        The columns that say who a student is; of the others only those of the assignments go back, because
        older marks would overwrite what has happened since.
    keys
        Those of them by which the system may look for a student.
    heading
        How the heading of an assignment is made: the groups `title`, perhaps `most`, `number`, `kind`.
    no_mark
        What stands for no mark.
    where
        Where instructors find the file.
    away
        The column, and what stands in it, of students who are still listed, but may not take part any more.
    """

    name: str
    about: frozenset[str]
    keys: tuple[str, ...]
    heading: re.Pattern[str]
    no_mark: str
    where: str
    away: tuple[str, str] | None = None


FORMATS: Mapping[Lms, LmsFormat] = {
    "canvas": LmsFormat(
        name="Canvas",
        about=frozenset(
            {
                "Student",
                "LastName",
                "FirstName",
                "ID",
                "SIS User ID",
                "SIS Login ID",
                "Integration ID",
                "Root Account",
                "Section",
            }
        ),
        keys=("ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account"),
        heading=re.compile(r"(?P<title>.*)\s\((?P<number>\d+)\)", re.DOTALL),
        no_mark="",
        where="Grades, Export",
    ),
    "moodle": LmsFormat(
        name="Moodle",
        about=frozenset(
            {
                "First name",
                "Last name",
                "Surname",
                "Username",
                "ID number",
                "Institution",
                "Department",
                "Email address",
                "Suspended",
            }
        ),
        keys=("Username", "ID number", "Email address"),
        heading=re.compile(r"(?P<title>.*?)(?: \((?P<kind>Real|Feedback|Percentage|Letter)\))?", re.DOTALL),
        no_mark="-",
        where="Grades, Export, Plain text file",
        away=("Suspended", "Yes"),
    ),
    "blackboard": LmsFormat(
        name="Blackboard",
        about=frozenset({"Last Name", "First Name", "Username", "Student ID", "Last Access", "Availability"}),
        keys=("Username",),
        heading=re.compile(
            r"(?P<title>.*?)\s*\[Total Pts: (?:up to )?(?P<most>[\d.]*)[^\]]*\]\s*\|\s*(?P<number>\d+)",
            re.DOTALL,
        ),
        no_mark="",
        where="Grade Center, Work Offline, Download",
        away=("Availability", "No"),
    ),
}
# Words by which Canvas takes a column for one of its totals, and ignores it.
_CANVAS_TOTALS = re.compile(
    r"Current (?:Score|Points|Grade)|Final (?:Score|Points|Grade)|Override (?:Score|Grade|Status)"
)


@dataclass(frozen=True)
class Column:
    """A column of the class list that can take marks: its place, and what its heading says.

    `feedback` is the place of Moodle's column for feedback that belongs to it, if there is one.
    """

    heading: str
    place: int
    titles: frozenset[str]
    most: float | None = None
    feedback: int | None = None


def find_columns(lms: Lms, headings: Sequence[str]) -> list[Column]:
    """List the columns of a class list that can take marks."""
    form = FORMATS[lms]
    columns: list[Column] = []
    feedback: dict[str, int] = {}
    for place, heading in enumerate(headings):
        match = form.heading.fullmatch(heading.strip())
        if match is None or heading.strip() in form.about:
            continue
        parts = match.groupdict()
        if parts.get("kind") == "Feedback":
            feedback[parts["title"]] = place
        elif parts.get("kind") in (None, "Real"):
            columns.append(Column(heading, place, _titles(lms, parts["title"]), _number(parts.get("most"))))
    return [
        replace(
            column,
            feedback=next((place for title, place in feedback.items() if title in column.titles), None),
        )
        for column in columns
    ]


def _titles(lms: Lms, title: str) -> frozenset[str]:
    """Give the names that a column goes by; Moodle writes what kind of activity it is before its name."""
    return frozenset({title, title.partition(": ")[2] or title} if lms == "moodle" else {title})


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\d+(\.\d*)?", text) else None


def column_for(lms: Lms, columns: Sequence[Column], assignment: str, wanted: str | None) -> Column | None:
    """Find the column of an assignment; None if the class list has none, so that it becomes a new one.

    Parameters
    ----------
    lms
        The system.
    columns
        The columns of the class list.
    assignment
        The name of the assignment: a column of this title is its column.
    wanted
        The heading or the title of another column.

    Raises
    ------
    AutograderError
        If more than one column can be meant, the wanted one is not there, or the system would take a new
        column of this name for something else.
    """
    name = assignment if wanted is None else wanted
    found = [column for column in columns if wanted is not None and wanted.strip() == column.heading.strip()]
    found = found or [c for c in columns if name.casefold() in {title.casefold() for title in c.titles}]
    if len(found) > 1:
        raise AutograderError(
            f"{assignment}: the class list has {len(found)} columns of this name: "
            f"{', '.join(repr(column.heading) for column in found)}. Say which with "
            f"--column {assignment}=HEADING"
        )
    if found:
        return found[0]
    if wanted is not None:
        there = ", ".join(repr(column.heading) for column in columns) or "none"
        raise UsageError(f"the class list has no column {wanted!r} for {assignment}; it has {there}")
    if lms == "canvas" and (FORMATS[lms].heading.fullmatch(assignment) or _CANVAS_TOTALS.search(assignment)):
        raise AutograderError(
            f"Canvas would not take a new column {assignment!r} for an assignment. Make the assignment in "
            f"Canvas, export the gradebook again, and name its column with --column {assignment}=HEADING"
        )
    return None


def form_for(lms: Lms, form: Form) -> Form:
    """Give the form in which a system takes the file: that of the class list, where it can be.

    Canvas and Moodle write UTF-8, Canvas with commas or semicolons; a class list that went through a
    spreadsheet program can be of another form. Blackboard wants every cell of a CSV file in quotes.
    """
    if lms == "blackboard":
        return replace(form, quotes_all=form.quotes_all or form.delimiter != "\t")
    if not form.encoding.startswith("utf-8"):
        form = replace(form, encoding="utf-8", marked=False)
    return replace(form, delimiter=",") if lms == "canvas" and form.delimiter == "\t" else form


def suffix_for(lms: Lms, form: Form) -> str:
    """Give the suffix by which a system knows the form of the file."""
    return ".xls" if lms == "blackboard" and form.delimiter == "\t" else ".csv"
