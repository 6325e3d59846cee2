"""The names under which a learning management system takes feedback back: those of what it let be downloaded.

They are in a download, or kept with the attempts that were collected, or can be made from the class list.
Moodle's importer wants `Ada Lovelace_40213_assignsubmission_file/`, with the participant's number; before
Moodle 4.1, with an underscore at the end. Canvas wants `lovelaceada_1815_40213_…`, with the numbers of the
user and of the file that was handed in.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC
from pathlib import Path
from typing import Literal

from autograder.collecting.download import opened_download
from autograder.collecting.entry import Refused
from autograder.collecting.names import Given, given_names, kept_names, known_numbers
from autograder.collecting.naming import Named
from autograder.collecting.people import People
from autograder.collecting.systems import SYSTEMS, is_handed_in
from autograder.course import Course
from autograder.errors import AutograderError
from autograder.roster import course_roster

System = Literal["canvas", "moodle"]


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
        self._found: defaultdict[str, list[Named]] = defaultdict(list)
        people = People(self._roster, known_numbers(course, assignment))
        for file in _files(download, system, people) if download else ():
            self._found[file.student].append(file)

    def file_name(self, student: str, page: str) -> str | None:
        """Give the path in the zip for a student's page, such as "practice.html"; None if it is not known."""
        given = given_names(self._system, self._found.get(student, ())) or self._kept(student)
        if self._system == "moodle":
            folder = given[-1].prefix if given else self._listed(student)
            return f"{folder}/{page}" if folder else None
        if not given:
            return None
        stem = page.partition(".")[0]
        same = [one for one in given if one.file.startswith(stem)]
        return f"{max(same or given, key=lambda one: one.order).prefix}_{page}"

    def _kept(self, student: str) -> list[Given]:
        kept = kept_names(self._course, student, self._assignment)
        return [one for one in kept if one.system == self._system]

    def _listed(self, student: str) -> str | None:
        """Name a participant after Moodle's grading worksheet, which has the number."""
        row = self._roster.by_id(student) if self._roster else None
        number = re.fullmatch(r"\D*(\d+)", row.columns.get("Identifier", "")) if row else None
        if row is None or number is None:
            return None
        name = re.sub(r"[_/\\]", " ", f"{row.first_name} {row.last_name}".strip()) or "Participant"
        return f"{name}_{number[1]}_assignsubmission_file_"  # every Moodle takes it, with the underscore


def _files(download: Path, system: System, people: People) -> list[Named]:
    """Find out whose the files of a download are, by their names; none is read."""
    try:
        with opened_download(download, download.name, UTC, is_handed_in) as opened:
            return SYSTEMS[system].sort(opened.entries, people, UTC).files
    except Refused as refusal:
        raise AutograderError(
            f"{download}: {refusal}; name the zip or folder that was downloaded"
        ) from refusal
