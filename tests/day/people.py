"""A class of 60 with the names that break programs, and the class lists that each system exports of it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

_ODD = (
    ("Jürgen", "Müller-Größe", "jmueller"),
    ("Siân", "O'Brien", "sian.obrien"),
    ("Seán", "O’Brien", "sean.obrien"),  # a typographic apostrophe
    ("Björk", "Þórsdóttir", "bjork"),
    ("Łukasz", "Żółć", "lzolc"),
    ("İpek", "Işık", "ipek"),  # Turkish: lower case is not what it seems
    ("小龙", "李", "lixiaolong"),
    ("محمد", "عبد الله", "m.abdullah"),
    ("Nguyễn Thị", "Hồng", "hong"),
    ("Ana María", "de la Cruz y Pérez", "ana_maria"),
    ("D'Arcy", "St. John, Jr.", "darcy"),
    ("Eve", '=HYPERLINK("https://x.example","me")', "eve"),
    ("Bono", "-", "bono"),
    ("Hubert Blaine", "Wolfeschlegelstein" + "hausenbergerdorff" * 4, "hubert"),
    ("Anne  Marie", "Le Goff", "anne.legoff"),
    ("Alan", "Turing", "turing"),
    ("Dermot", "Turing", "a_turing"),  # in a file name, its end is the user name of another
)
_SAME_NAME = (("Grace", "Hopper", "grace1"), ("Grace", "Hopper", "grace2"))
_FIRST = ("Ada", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus")
_LAST = ("Adams", "Baker", "Cole", "Diaz", "Eaton", "Fox")


@dataclass(frozen=True)
class Person:
    """A student: the names, the user name (the id in the course), and the numbers that systems give.

    `number` is Canvas's user id, and Moodle's number of the participant.
    """

    first: str
    last: str
    id: str
    number: int

    @property
    def email(self) -> str:
        """The address, by which Moodle knows the student."""
        return f"{self.id}@uni.example"


STRANGER = Person("Mallory", "Stranger", "mallory", 4999)  # of another course


def people() -> list[Person]:
    """Make the class: 17 odd names, 41 ordinary ones, and at the end the two who have the same name."""
    ordinary = [(first, last, f"{first}.{last}".lower()) for first in _FIRST for last in _LAST][:41]
    named = [*_ODD, *ordinary, *_SAME_NAME]
    return [Person(*names, number=1000 + place) for place, names in enumerate(named)]


def canvas_list(class_: list[Person], column: str, points: int) -> bytes:
    """Write the gradebook as Canvas exports it; a name like a formula stands in `="…"`."""
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Warm-up (4710)", f"{column} (4711)"],
        ["    Points Possible", "", "", "", "", "10.00", f"{points}.00"],
    ]
    for one in class_:
        name = f"{one.last}, {one.first}"
        name = f'="{name}"' if name.startswith("=") else name
        rows.append([name, str(one.number), f"S-{one.number}", one.id, "LOSS-1, Mon 9:00", "9.50", ""])
    rows.append(["Student, Test", "999", "", "a1b2c3", "LOSS-1, Mon 9:00", "", ""])
    return _csv(rows).encode()


def moodle_list(class_: list[Person], column: str, points: int) -> bytes:
    """Write the grades as Moodle exports them as a plain text file."""
    who = ["First name", "Last name", "Username", "ID number", "Email address"]
    marks = [f"Assignment: {column} (Real)", f"Assignment: {column} (Feedback)", "Course total (Real)"]
    rows = [[*who, *marks]]
    rows += [[p.first, p.last, p.id, f"{p.number}", p.email, "-", "", "-"] for p in class_]
    return _csv(rows).encode()


def blackboard_list(class_: list[Person], column: str, points: int) -> bytes:
    """Write the Grade Center as Blackboard lets it be downloaded: UTF-16 with tabs, every cell in quotes."""
    heading = f"{column} [Total Pts: {points} Score] |664617"
    rows = [["Last Name", "First Name", "Username", "Student ID", "Availability", heading]]
    rows += [[p.last, p.first, p.id, str(p.number), "Yes", ""] for p in class_]
    text = _csv(rows, delimiter="\t", quoting=csv.QUOTE_ALL)
    return "\ufeff".encode("utf-16-le") + text.encode("utf-16-le")


def _csv(rows: list[list[str]], **form: object) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, **form).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()
