"""The names that systems gave to what was handed in: they take feedback back under these.

They are kept beside a student's attempts, in attempts/STUDENT/ASSIGNMENT/.download.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

from autograder.attempts import ATTEMPTS, attempts_folder
from autograder.collecting.naming import Named
from autograder.course import Course
from autograder.errors import AutograderError, shortened
from autograder.whole_file import whole_file

_FILE = ".download.json"
_NUMBER = re.compile(r"_(\d+)_assignsubmission_file_?\Z")


@dataclass(frozen=True, order=True)
class Given:
    """The name that a system gave to a file: a prefix, and the student's own name for it.

    `order` tells later files from earlier ones, as `autograder.collecting.naming.Named` does.
    """

    system: str
    order: int
    prefix: str
    file: str


def given_names(system: str, files: Iterable[Named]) -> list[Given]:
    """List the names of files, where the system takes feedback back under them."""
    return [Given(system, file.order, file.prefix, file.file) for file in files if file.prefix]


def kept_names(course: Course, student: str, assignment: str) -> list[Given]:
    """Read the names that were kept, in order.

    Raises
    ------
    AutograderError
        If the file is broken.
    """
    path = _path(course, student, assignment)
    try:
        return sorted(Given(*entry) for entry in json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []
    except (ValueError, TypeError) as error:
        raise AutograderError(
            f"{path}: can't be read ({shortened(error)}); remove it and collect again"
        ) from error


def keep_names(course: Course, student: str, assignment: str, names: Iterable[Given]) -> None:
    """Keep names besides those of earlier downloads, which hold other attempts."""
    before = kept_names(course, student, assignment)
    after = sorted({*before, *names})
    if after != before:
        with whole_file(_path(course, student, assignment)) as draft:
            draft.write_text(json.dumps([astuple(one) for one in after], indent=1), encoding="utf-8")


def known_numbers(course: Course, assignment: str) -> dict[str, str]:
    """Map the participant numbers that Moodle gave in earlier downloads to students; no number of several."""
    found: dict[str, set[str]] = {}
    for path in (course.root / ATTEMPTS).glob(f"*/{assignment}/{_FILE}"):
        student = path.parent.parent.name
        try:
            names = kept_names(course, student, assignment)
        except AutograderError:  # it is reported when something of the student is collected
            continue
        for one in names:
            number = _NUMBER.search(one.prefix) if one.system == "moodle" else None
            if number is not None:
                found.setdefault(number[1], set()).add(student)
    return {number: students.pop() for number, students in found.items() if len(students) == 1}


def _path(course: Course, student: str, assignment: str) -> Path:
    return attempts_folder(course, student, assignment) / _FILE
