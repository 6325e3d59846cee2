"""Finds the students that a download names, in the class list."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping

from autograder.roster import Roster, Student


class People:
    """The students of a class list, by what a download may call them; without a list, nobody is known.

    Parameters
    ----------
    roster
        The class list.
    numbers
        Students by the number that Moodle gave them in earlier downloads of the assignment; they may have
        left the class list since.
    """

    def __init__(self, roster: Roster | None, numbers: Mapping[str, str] | None = None) -> None:
        self._numbers = numbers or {}
        self.listed = roster is not None
        self._headings = roster.headings if roster else ()
        self._by_id: dict[str, Student] = {}
        self._by_name: defaultdict[str, list[Student]] = defaultdict(list)
        self._by_cell: defaultdict[tuple[str, str], list[Student]] = defaultdict(list)
        for student in roster.students if roster else ():
            self._by_id[student.id.casefold()] = student
            for name in _names(student):
                self._by_name[name].append(student)
            for heading, cell in student.columns.items():
                self._by_cell[heading, cell].append(student)

    def with_id(self, student_id: str) -> Student | None:
        """Find who has an id, or user name; systems don't tell upper from lower case in these."""
        return self._by_id.get(student_id.casefold())

    def with_number(self, number: str) -> str | None:
        """Find the id of who had a number in earlier downloads."""
        return self._numbers.get(number)

    def named(self, name: str) -> list[Student]:
        """Find who has a name, first name first or last, however it is cased and punctuated."""
        return self._by_name.get(plain(name), []) if plain(name) else []

    def is_named(self, student: Student, name: str) -> bool:
        """Whether a student has a name."""
        return plain(name) in _names(student)

    def has_column(self, heading: str) -> bool:
        """Whether the list has a column."""
        return heading in self._headings

    def with_cell(self, heading: str, cell: str) -> list[Student]:
        """Find whose row of the list has something in a column."""
        return self._by_cell.get((heading, cell), [])


def _names(student: Student) -> set[str]:
    return {
        plain(student.first_name + student.last_name),
        plain(student.last_name + student.first_name),
    }


def plain(name: str) -> str:
    """Reduce a name to its letters and digits, which is what file names leave of it.

    Examples
    --------
    >>> plain("O'Neil, Zoë-Ann") == plain("o neil zoë ann")
    True
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(character for character in folded if character.isalnum())
