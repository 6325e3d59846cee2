"""Packs feedback pages into the zip that a learning management system takes back, or a folder per student."""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from autograder.course import Course
from autograder.errors import AutograderError
from autograder.feedback_page.downloads import Names
from autograder.whole_file import whole_file

Kind = Literal["canvas", "moodle", "files"]
KINDS: tuple[Kind, ...] = ("canvas", "moodle", "files")

_UNKNOWN = {
    "canvas": "Canvas takes back only files that it let be downloaded: collect its zip of submissions, or "
    "name it with --download",
    "moodle": "its participant number is not known: collect Moodle's zip of submissions, name it with "
    "--download, or import the grading worksheet as the class list",
}


@dataclass(frozen=True)
class Packed:
    """The zip, how many students are in it, and a line for each who is not."""

    path: Path
    students: int
    problems: tuple[str, ...]


def hand_back(
    course: Course,
    assignment: str,
    kind: Kind,
    students: Collection[str],
    *,
    to: Path | None = None,
    download: Path | None = None,
) -> Packed:
    """Write the zip with the feedback pages of students.

    Parameters
    ----------
    course, assignment
        Which pages.
    kind
        "canvas" or "moodle" for the names that these look for, "files" for a folder per student.
    students
        Whose pages, by id.
    to
        The file; by default in feedback/.
    download
        What the system let be downloaded, for its names; by default those of what was collected.

    Raises
    ------
    AutograderError
        If the download can't be read or the zip can't be written; an earlier zip stays.
    """
    to = to or course.feedback / f"{assignment}-{kind}.zip"
    names = Names(course, assignment, kind, download) if kind != "files" else None
    contents: dict[str, Path] = {}
    problems = []
    for student in sorted(students):
        pages = sorted((course.feedback / student / assignment).glob("*.html"))
        found = {
            page: names.file_name(student, page.name) if names else f"{student}/{page.name}" for page in pages
        }
        if None in found.values():
            problems.append(f"{student}: not in the zip; {_UNKNOWN[kind]}")
            continue
        taken = next((name for name in found.values() if name in contents), None)
        if taken is not None:
            problems.append(f"{student}: not in the zip; {taken!r} is another student's file there")
            continue
        contents |= {name: page for page, name in found.items() if name is not None}
    if not contents:
        raise AutograderError("\n".join(["no page could be packed", *problems]))
    # Nobody uploads half a zip, and only its owner can read it: it holds marks.
    with whole_file(to) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in contents.items():
            archive.write(page, name)
    return Packed(to, len(students) - len(problems), tuple(problems))
