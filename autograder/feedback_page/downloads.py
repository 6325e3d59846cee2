"""The names under which a learning management system takes feedback back: those of what it let be downloaded.

Only names are read: of a download, of the attempts that were collected, or of the class list. Moodle's
importer wants `Ada Lovelace_40213_assignsubmission_file/`, with the participant's number. Canvas wants
`lovelaceada_1815_40213_…`, with the numbers of the user and of the file that was handed in.
"""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from autograder.course import Course
from autograder.errors import AutograderError
from autograder.roster import Roster, course_roster

System = Literal["canvas", "moodle"]

_MOODLE = re.compile(r"(?P<name>[^_/\\]+)_(?P<number>\d+)_assignsubmission_file(?:_.*)?")
_CANVAS = re.compile(r"(?P<name>[^/\\]+?)_(?P<late>LATE_)?(?P<user>\d+)_(?P<number>\d+)_(?P<file>[^/\\]+)")
_ATTEMPTS = "attempts"


class Names:
    """Knows how a system calls the submissions of an assignment.

    Parameters
    ----------
    course, assignment
        What was handed in.
    system
        Which system it goes back to.
    download
        A zip or a folder as the system gave it; None for what is in the course directory.

    Raises
    ------
    AutograderError
        If the download can't be read.
    """

    def __init__(self, course: Course, assignment: str, system: System, download: Path | None = None) -> None:
        self._course = course
        self._assignment = assignment
        self._system = system
        self._roster = course_roster(course)
        self._found: defaultdict[str, list[re.Match[str]]] = defaultdict(list)
        for match in self._matches(_paths(download) if download else ()):
            if (student := _owner(match, system, self._roster)) is not None:
                self._found[student].append(match)

    def file_name(self, student: str, page: str) -> str | None:
        """Give the path in the zip for a student's page, such as "practice.html"; None if it is not known."""
        matches = self._found.get(student) or list(self._matches(self._collected(student)))
        if self._system == "moodle":
            folder = _moodle_folder(matches[-1]) if matches else self._listed(student)
            return f"{folder}/{page}" if folder else None
        if not matches:
            return None
        stem = page.partition(".")[0]
        same = [match for match in matches if match["file"].startswith(stem)]
        chosen = max(same or matches, key=lambda match: int(match["number"]))
        return f"{chosen['name']}_{chosen['late'] or ''}{chosen['user']}_{chosen['number']}_{page}"

    def _matches(self, paths: Iterable[str]) -> Iterator[re.Match[str]]:
        """Find the first part of each path that the system has named; below it are a student's own names."""
        pattern = _MOODLE if self._system == "moodle" else _CANVAS
        for path in paths:
            found = (pattern.fullmatch(part) for part in path.split("/"))
            if (match := next(filter(None, found), None)) is not None:
                yield match

    def _collected(self, student: str) -> Iterator[str]:
        for place in (self._course.root / _ATTEMPTS, self._course.submitted):
            folder = place / student / self._assignment
            for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
                yield str(path.relative_to(folder))

    def _listed(self, student: str) -> str | None:
        """Name a participant after Moodle's grading worksheet, which has the number."""
        row = self._roster.by_id(student) if self._roster else None
        number = re.fullmatch(r"\D*(\d+)", row.columns.get("Identifier", "")) if row else None
        if row is None or number is None:
            return None
        name = re.sub(r"[_/\\]", " ", f"{row.first_name} {row.last_name}".strip()) or "Participant"
        return f"{name}_{number[1]}_assignsubmission_file"


def _moodle_folder(match: re.Match[str]) -> str:
    return f"{match['name']}_{match['number']}_assignsubmission_file"


def _owner(match: re.Match[str], system: System, roster: Roster | None) -> str | None:
    """Find out whose a name is; without a class list the system's own name for somebody is the student id."""
    if roster is None:
        return match["name"] if system == "moodle" else match["user"]
    if system == "canvas":
        found = [student.id for student in roster.students if student.columns.get("ID") == match["user"]]
        return found[0] if len(found) == 1 else None
    numbered = [
        student.id
        for student in roster.students
        if re.fullmatch(rf"\D*{match['number']}", student.columns.get("Identifier", ""))
    ]
    named = [
        student.id
        for student in roster.students
        if _plain(match["name"])
        in {
            _plain(f"{student.first_name} {student.last_name}"),
            _plain(f"{student.last_name} {student.first_name}"),
            _plain(student.id),
        }
    ]
    found = numbered or named
    return found[0] if len(found) == 1 else None


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _paths(download: Path) -> list[str]:
    if download.is_dir():
        return [str(path.relative_to(download)) for path in sorted(download.rglob("*"))]
    try:
        with zipfile.ZipFile(download) as archive:
            return archive.namelist()
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise AutograderError(
            f"{download}: can't be read as a zip ({error}); name the zip or folder that was downloaded"
        ) from error
