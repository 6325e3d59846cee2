"""Canvas: `lovelaceada_LATE_1815_40213_practice-1.ipynb`.

The parts: the sortable name in lower case without spaces and punctuation; LATE, if Canvas counts it as late;
the user id, which a gradebook has in the column ID; the number of the file, which grows with time; the name
of the student's file, to which Canvas adds -1, -2, … when the student handed in one of that name before. With
anonymous grading, `anon_` and five letters or digits stand for name and user id. A download holds the last
attempt only and no time: those in the zip are of the download.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from autograder.collecting.entry import Entry
from autograder.collecting.naming import Named, Sorted, System, find_part
from autograder.collecting.people import People
from autograder.roster import Student
from autograder.wording import counted

_UPLOAD = re.compile(r"(?P<name>[^A-Z/]+?)_(?P<late>LATE_)?(?P<numbers>(?:\d+_){2,})(?P<file>.+)", re.DOTALL)
_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?anon_(?P<user>[A-Za-z0-9]{5})_(?P<number>\d+)_(?P<file>.+)", re.DOTALL
)
_TEST_STUDENT = "studenttest"  # "Student, Test": the instructor in Canvas's student view
_TYPED = re.compile(r"(?:.+_)?(?:\d+|anon_[A-Za-z0-9]{5})_(?:text|link)\.html")


@dataclass(frozen=True)
class _Reading:
    """One way to read a name."""

    name: str
    user: str
    number: int
    file: str


def _is_named(path: str) -> bool:
    return any(find_part(pattern, path) for pattern in (_UPLOAD, _ANONYMOUS, _TYPED))


def _sort(entries: list[Entry], people: People, zone: tzinfo) -> Sorted:
    done = Sorted()
    of_tests = 0
    for entry in entries:
        if (found := find_part(_UPLOAD, entry.name)) is not None:
            match, below = found
            readings = _readings(match, below)
            if _is_of_the_test_student(readings, people):
                of_tests += 1
                continue
            _attribute(entry, readings, match["late"] is not None, people, done)
        elif (found := find_part(_ANONYMOUS, entry.name)) is not None:
            match, below = found
            if people.listed:
                done.put_aside(
                    [entry], "Canvas hides who it is; end anonymous grading there and download again"
                )
                continue
            late = match["late"] is not None
            number, file = int(match["number"]), below or match["file"]
            done.files.append(Named(entry, f"anon_{match['user']}", file, order=number, late=late))
        elif find_part(_TYPED, entry.name) is not None:
            done.put_aside([entry], "it is text or an address that was typed into Canvas, not a file")
        else:
            done.put_aside([entry], "it is not named as Canvas names what was handed in")
    if of_tests:
        done.notes.append(
            f"Canvas's own test student is not in the class: {counted(of_tests, 'file')} left out."
        )
    return done


def _readings(match: re.Match[str], below: str) -> list[_Reading]:
    """Read a name in each possible way.

    A name may end with a number (`smith_42`), and a file's may start with some: `smith_42_555_777_a.ipynb` is
    either file 555 of user 42, `777_a.ipynb`, or file 777 of user 555.
    """
    numbers = match["numbers"].rstrip("_").split("_")
    readings = []
    for at in range(1 if match["late"] else min(2, len(numbers) - 1)):
        name = "_".join([match["name"], *numbers[:at]])
        file = "_".join([*numbers[at + 2 :], match["file"]])
        readings.append(_Reading(name, numbers[at], int(numbers[at + 1]), below or file))
    return readings


def _is_of_the_test_student(readings: Sequence[_Reading], people: People) -> bool:
    """Whether a file is of Canvas's made-up student, whom class lists are read without."""
    unknown = people.listed and not any(_users(reading.user, people) for reading in readings)
    return unknown and readings[0].name == _TEST_STUDENT


def _attribute(entry: Entry, readings: list[_Reading], late: bool, people: People, done: Sorted) -> None:
    if people.listed:
        found = [(one, user) for one in readings for user in _users(one.user, people)]
        if len(readings) > 1:  # then the name must agree too: everybody may choose their own
            found = found if len(found) == 1 and people.is_named(found[0][1], found[0][0].name) else []
        whose = [(reading, user.id) for reading, user in found]
    else:
        whose = [(reading, reading.user) for reading in readings]
    if len(whose) == 1:
        reading, student = whose[0]
        prefix = f"{reading.name}_{'LATE_' if late else ''}{reading.user}_{reading.number}"
        done.files.append(Named(entry, student, reading.file, order=reading.number, late=late, prefix=prefix))
    elif len(readings) == 1:
        user, name = readings[0].user, readings[0].name
        done.put_aside(
            [entry], f"Canvas user {user} ({name}) is not in the class list once, in the column ID"
        )
    else:
        users = " or ".join(reading.user for reading in readings)
        done.put_aside(
            [entry], f"its name may be that of Canvas user {users}, and the class list does not tell"
        )


def _users(number: str, people: People) -> list[Student]:
    """Find who has a user id; in a list that is not Canvas's own, ids may be Canvas's all the same."""
    if people.has_column("ID"):
        return people.with_cell("ID", number)
    user = people.with_id(number)
    return [user] if user else []


CANVAS = System("Canvas", _is_named, _sort)
