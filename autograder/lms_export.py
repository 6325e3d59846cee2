"""Marks as the gradebook file of Canvas, Moodle or Blackboard, made from the class list that came from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.class_marks import Standing, read_class_marks
from autograder.class_table import ClassTable, Row, read_class_table
from autograder.course import Course
from autograder.errors import AutograderError, UsageError
from autograder.export import mark_notes
from autograder.formulas import defused, is_safe_id
from autograder.lms_formats import FORMATS, Column, Lms, column_for, find_columns, form_for
from autograder.lookalikes import asked, lookalikes
from autograder.marks import Report
from autograder.roster import CLASS_LIST, course_roster
from autograder.whole_file import whole_file
from autograder.wording import counted

_OURS = "Points: "  # how our feedback begins; what begins otherwise was written by a person
_LEFT_AS_IT_IS = ("EX", "N/A")  # in Canvas: excused, not assigned to this student
_MOST_IN_MOODLE = 100.0  # unless its administrator allows more


@dataclass(frozen=True)
class Options:
    """How the file is made.

    Attributes
    ----------
    class_list
        A newer download of the gradebook; None takes the course's class list.
    columns
        The headings, or titles, of the columns of assignments; of others, the name is looked for.
    zeros
        Whether who handed in nothing gets 0, and not no mark.
    """

    class_list: Path | None = None
    columns: Mapping[str, str] | None = None
    zeros: bool = False


@dataclass(frozen=True)
class _Target:
    """Where the marks of an assignment go; `column` is None for a new column."""

    assignment: str
    maximum: float
    column: Column | None

    def headings(self, lms: Lms) -> list[str]:
        """Give the heading, and in Moodle that of the feedback."""
        heading = self.column.heading if self.column else self.assignment
        if lms != "moodle":
            return [heading]
        return [heading, f"{heading.strip().removesuffix(' (Real)')} (Feedback)"]


def open_class_table(course: Course, lms: Lms, path: Path | None = None) -> ClassTable:
    """Read the class list that came from a system.

    Raises
    ------
    AutograderError
        If there is none, or it came from elsewhere.
    """
    form = FORMATS[lms]
    path = path or course.root / CLASS_LIST
    get = f"download the gradebook from {form.name} ({form.where}) and name it with --class-list FILE"
    if not path.exists():
        raise AutograderError(f"{path} does not exist: {get}")
    found = read_class_table(path)
    if found.roster.kind != lms:
        raise AutograderError(f"{path} is a class list of the kind {found.roster.kind!r}, not {lms!r}: {get}")
    return found


def export_to_lms(
    course: Course,
    lms: Lms,
    to: Path,
    names: Collection[str] = (),
    options: Options | None = None,
) -> Report:
    """Write a gradebook file for a system, with the rows of the class list in their order.

    Parameters
    ----------
    course
        The course.
    lms
        The system; the class list must have come from it.
    to
        The file to write.
    names
        The assignments; none means all that are released.
    options
        How the file is made.

    Raises
    ------
    AutograderError
        If there is no fitting class list, no mark, an assignment's column can't be told, the class list looks
        damaged, so that marks would be cleared in the system, or the file can't be written; an earlier file
        stays.
    """
    options = options or Options()
    class_list = open_class_table(course, lms, options.class_list)
    standings = read_class_marks(course, names)
    _require_students(course, lms, options.class_list or course.root / CLASS_LIST, class_list, standings)
    by_place = {(standing.mark.assignment, standing.mark.student): standing for standing in standings}
    targets = _targets(lms, class_list, standings, options.columns or {})
    file = _GradebookFile(lms, class_list, targets, by_place, options.zeros)
    form = form_for(lms, class_list.form)
    rows = list(file.rows())
    marks = tuple(
        standing.mark
        for target in targets
        for student in file.written
        if (standing := by_place.get((target.assignment, student))) and standing.state == "graded"
    )
    problems = [*file.problems, *_not_in_file(standings, class_list)]
    if not marks and any(standing.state == "graded" for standing in standings):
        raise AutograderError(
            "no mark would go into the file, so nothing was written: " + "; ".join(problems)
        )
    with whole_file(to) as draft:
        form.write(rows, draft)
    return Report(marks, tuple(problems), (*file.notes(), *mark_notes(marks)))


def _require_students(
    course: Course, lms: Lms, path: Path, class_list: ClassTable, standings: Sequence[Standing]
) -> None:
    """Refuse a class list whose ids are not those of the course: its students would lose their marks."""
    listed = class_list.roster.students
    roster = course_roster(course)
    emails = {student.id: student.email for student in roster.students} if roster else {}
    found = lookalikes(listed, {s.mark.student: emails.get(s.mark.student, "") for s in standings})
    graded = {standing.mark.student for standing in standings if standing.state == "graded"}
    if graded and graded.isdisjoint(student.id for student in listed):
        wrong = f"has none of the {counted(len(graded), 'student')} with marks. "
        wrong += asked(found) if found else f"It begins with {listed[0].id}: is it of another course"
    elif found:
        wrong = (
            f"{asked(found)}. If these are other people, or ids that have changed, first "
            "`autograder students --from FILE --as-new`"
        )
    else:
        return
    raise AutograderError(
        f"{path}: {wrong}. Nothing was written, because the file would clear marks in {FORMATS[lms].name}"
    )


def _targets(
    lms: Lms, class_list: ClassTable, standings: Sequence[Standing], wanted: Mapping[str, str]
) -> list[_Target]:
    maxima = {standing.mark.assignment: standing.mark.maximum for standing in standings}
    if unknown := sorted(set(wanted) - set(maxima)):
        raise UsageError(f"--column names {unknown[0]!r}, which is not exported")
    columns = find_columns(lms, class_list.headings)
    targets = [
        _Target(name, maximum, column_for(lms, columns, name, wanted.get(name)))
        for name, maximum in maxima.items()
    ]
    places: dict[int, str] = {}
    for target in targets:
        if target.column is not None:
            other = places.setdefault(target.column.place, target.assignment)
            if other != target.assignment:
                raise AutograderError(
                    f"{other} and {target.assignment} both go to the column {target.column.heading!r}; "
                    "export them one by one, or give them columns of their own with --column"
                )
    return targets


class _GradebookFile:
    """The rows of one file; `problems` and `written` are complete when all rows were taken."""

    def __init__(
        self,
        lms: Lms,
        class_list: ClassTable,
        targets: Sequence[_Target],
        standings: Mapping[tuple[str, str], Standing],
        zeros: bool,
    ) -> None:
        self._lms = lms
        self._format = FORMATS[lms]
        self._class_list = class_list
        self._targets = targets
        self._standings = standings
        self._zeros = zeros
        self._delimiter = form_for(lms, class_list.form).delimiter
        self._about = [
            place
            for place, heading in enumerate(class_list.headings)
            if heading.strip() in self._format.about
        ]
        self._left = 0
        self._by_hand = 0
        self._away: list[str] = []
        self.problems: list[str] = []
        self.written: list[str] = []

    def rows(self) -> Iterator[list[str]]:
        """Give the headings, Canvas's row of points, and a row per student."""
        own = [self._class_list.headings[place] for place in self._about]
        new = [heading for target in self._targets for heading in target.headings(self._lms)]
        points = self._points_possible()
        yield [*own, *(defused(heading, self._delimiter) for heading in new)]
        if self._lms == "canvas":
            yield points
        for row in self._class_list.rows:
            if row.student is None:
                continue
            keys = self._keys(row)
            if unsafe := [row.cells[key] for key in keys if not is_safe_id(row.cells[key])]:
                self.problems.append(
                    f"{row.student.id}: not in the file, because a spreadsheet could run {unsafe[0]!r} as a "
                    f"formula, and {self._format.name} needs it unchanged; enter the mark there"
                )
                continue
            self.written.append(row.student.id)
            who = [
                row.cells[place] if place in keys else defused(row.cells[place], self._delimiter)
                for place in self._about
            ]
            if self._format.away and row.student.columns.get(self._format.away[0]) == self._format.away[1]:
                self._away.append(row.student.id)
            marks = [cell for target in self._targets for cell in self._cells(row, row.student.id, target)]
            yield [*who, *marks]

    def _keys(self, row: Row) -> list[int]:
        """Find the places of the cells by which the system knows the student: they stay as they are.

        Canvas asks for nothing else where it finds its own number.
        """
        places = {self._class_list.headings[place].strip(): place for place in self._about}
        if self._lms == "canvas" and row.cells[places["ID"]].strip().isdecimal():
            return [places["ID"]]
        return [places[key] for key in self._format.keys if key in places]

    def _points_possible(self) -> list[str]:
        """Make Canvas's row of points: as it came, filled up for new columns.

        Where an assignment has other points in the system than here, that is a problem.
        """
        own = (row.cells for row in self._class_list.rows if row.student is None)
        came = next((cells for cells in own if "Points Possible" in cells[0]), None)
        cells = [came[place] for place in self._about] if came else []
        cells = cells or ["    Points Possible", *[""] * (len(self._about) - 1)]
        for target in self._targets:
            there = came[target.column.place].strip() if came and target.column else ""
            cells.append(there or number(target.maximum))
            most = target.column.most if target.column else None
            most = _value(there) if self._lms == "canvas" else most
            if most is not None and most != target.maximum:
                self.problems.append(
                    f"{target.assignment}: {number(target.maximum)} points here, {number(most)} in "
                    f"{self._format.name}; the marks are written as they are, so change the points there"
                )
        return cells

    def _cells(self, row: Row, student: str, target: _Target) -> list[str]:
        there = row.cells[target.column.place].strip() if target.column else ""
        if self._lms == "canvas" and there.upper() in _LEFT_AS_IT_IS:
            self._left += 1
            return [there]
        standing = self._standings.get((target.assignment, student))
        if standing is not None and (problem := standing.problem("has no mark in the file")) is not None:
            self.problems.append(problem)
        cell, feedback = self._format.no_mark, ""
        if standing is not None and standing.state == "graded":
            self._by_hand += any("to be marked by hand" in remark for remark in standing.mark.remarks)
            cell, feedback = number(standing.mark.total), _feedback(standing)
        elif self._zeros and (standing is None or standing.state == "nothing handed in"):
            cell, feedback = "0", f"{_OURS}nothing handed in"
        if self._lms != "moodle":
            return [cell]
        place = target.column.feedback if target.column else None
        given = "" if place is None else row.cells[place]
        if given.strip() and not given.startswith(_OURS):
            feedback = given
        return [cell, defused(feedback, self._delimiter)]

    def notes(self) -> list[str]:
        """Say what the instructor should know before the file is taken back."""
        name, notes = self._format.name, []
        for target in self._targets:
            if target.column is None:
                notes.append(f"{target.assignment}: {_NEW[self._lms]}")
        if self._lms == "moodle" and any(target.maximum > _MOST_IN_MOODLE for target in self._targets):
            notes.append("Moodle refuses marks over 100 unless its administrator has allowed them")
        if self._away:
            notes.append(f"in the file, but not active in {name} any more: {', '.join(self._away)}")
        if self._left:
            notes.append(f"{counted(self._left, 'mark')} left as excused or not assigned in {name}")
        if self._by_hand:
            notes.append(
                f"{counted(self._by_hand, 'mark')} will change: cells are still to be marked by hand"
            )
        return notes


_NEW: Mapping[Lms, str] = {
    "canvas": "the class list has no such column, so Canvas offers to make a new assignment",
    "moodle": "the class list has no such column; on Moodle's form map it to the grade item",
    "blackboard": (
        "the class list has no such column, so Blackboard makes a text column that counts nothing; "
        "better make the column there, download again, and use --class-list"
    ),
}


def _not_in_file(standings: Sequence[Standing], class_list: ClassTable) -> Iterator[str]:
    """Say whose marks have no row: they have left the class, or go by another id there."""
    listed = {student.id for student in class_list.roster.students}
    folded = {student.casefold(): student for student in listed}
    for standing in standings:
        mark = standing.mark
        if mark.student in listed or standing.state == "nothing handed in":
            continue
        near = folded.get(mark.student.casefold())
        hint = f", which has {near!r}" if near else ""
        got = (
            f"{number(mark.total)} of {number(mark.maximum)}"
            if standing.state == "graded"
            else standing.state
        )
        yield f"{mark.student}: not in the class list{hint}; {mark.assignment}, {got}, is not in the file"


def _feedback(standing: Standing) -> str:
    """Say where the points come from; hidden tests and texts of students are not in it."""
    mark = standing.mark
    parts = [f"{notebook} {number(score)}" for notebook, score in sorted(mark.scores.items())]
    penalty = sum(mark.scores.values()) - mark.total
    late = [f"{number(penalty)} taken off for being late"] if number(penalty) != "0" else []
    return f"{_OURS}{'; '.join([', '.join(parts), *late])}"


def number(value: float) -> str:
    """Write points so that every locale's import reads them: a point, no exponent, no thousands.

    Examples
    --------
    >>> number(14.0), number(2 / 3), number(1234.5), number(0.0)
    ('14', '0.66667', '1234.5', '0')
    """
    text = f"{value:.5f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _value(text: str) -> float | None:
    """Read points as Canvas writes them, with a point or a comma."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None
