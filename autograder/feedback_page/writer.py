"""Writes the feedback pages of one assignment: what they share is prepared once, then student by student."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection
from datetime import tzinfo
from pathlib import Path
from typing import Any

from autograder.authored import ASSIGNMENTS
from autograder.course import Course
from autograder.engine.verdict import GradedNotebook
from autograder.feedback_page.book import book_address
from autograder.feedback_page.gather import gather
from autograder.feedback_page.gradebook import Marked, read_marked
from autograder.feedback_page.outline import authored, course_outlines
from autograder.feedback_page.render import render
from autograder.nbgrader_session import NbGraderSession
from autograder.policy import Deadline, PolicyError, course_policy, time_zone
from autograder.private import PRIVATE, VERDICTS
from autograder.settings import load_config
from autograder.submission import UnsafeFolder, read_files
from autograder.verdict_cache import VerdictCache
from autograder.whole_file import write_whole

# What nbgrader's exchange looks for beside the pages; it stops at the first student who lacks them.
_TIMESTAMP, _SECRET = "timestamp.txt", "submission_secret.txt"


class FeedbackWriter:
    """Knows all that the pages of an assignment need.

    Parameters
    ----------
    course, name
        The assignment.
    students
        For whom pages are wanted; None for everyone.
    assignments
        Where the course's own units are, which know what their problems and questions are about.
    """

    def __init__(
        self,
        course: Course,
        name: str,
        students: Collection[str] | None = None,
        assignments: Path = ASSIGNMENTS,
    ) -> None:
        self._course = course
        self._name = name
        config = load_config(course)
        self._address = book_address(config)
        self._zone = _zone(course_policy(config).deadlines.get(name))
        self._outlines = course_outlines(course, name, authored(name, assignments))
        self._marked = self._read_gradebook(students)
        self._verdicts = self._read_verdicts()

    @property
    def students(self) -> list[str]:
        """Whose work is graded, by id."""
        return list(self._marked)

    def page(self, student: str, notebook: str) -> str:
        """Write the page on one notebook of one student, as HTML."""
        return render(
            gather(
                self._name,
                student,
                self._outlines[notebook],
                graded_notebook(self._course, student, self._name, notebook),
                self._verdicts.get((student, notebook)),
                self._marked.get(student, {}).get(notebook, Marked()),
                self._address,
                self._zone,
            )
        )

    def write(self, student: str) -> None:
        """Write all pages of one student, and what nbgrader's exchange needs to hand them back."""
        folder = self._course.feedback / student / self._name
        folder.mkdir(parents=True, exist_ok=True)
        for notebook in self._outlines:
            if notebook in self._marked[student]:
                page = self.page(student, notebook).encode("utf-8", "replace")
                write_whole(folder / f"{notebook}.html", page, 0o644)
        for name, content in self.for_exchange(student).items():
            write_whole(folder / name, content, 0o600)

    def for_exchange(self, student: str) -> dict[str, bytes]:
        """Give the files by which nbgrader's exchange finds whose a page is.

        A submission that did not come through the exchange has no secret. It gets one, under which nobody
        will look, because `nbgrader release_feedback` fails for the whole class where a file is missing.
        """
        try:
            handed_in = read_files(self._course.submitted / student / self._name)
        except UnsafeFolder:
            handed_in = {}
        known = [marked.timestamp for marked in self._marked.get(student, {}).values() if marked.timestamp]
        stamp = f"{known[0]:%Y-%m-%d %H:%M:%S} UTC\n" if known else ""
        files = {_TIMESTAMP: stamp.encode(), _SECRET: handed_in.get(_SECRET, b"")}
        if not files[_SECRET]:
            before = self._course.feedback / student / self._name / _SECRET
            files[_SECRET] = before.read_bytes() if before.is_file() else secrets.token_hex(32).encode()
        return files

    def _read_gradebook(self, students: Collection[str] | None) -> dict[str, dict[str, Marked]]:
        session = NbGraderSession(self._course)
        if not session.has_gradebook():
            return {}
        with session.gradebook() as gradebook:
            return read_marked(gradebook, self._name, students)

    def _read_verdicts(self) -> dict[tuple[str, str], GradedNotebook]:
        path = self._course.root / PRIVATE / VERDICTS
        if not path.exists():
            return {}
        with VerdictCache(path) as kept:
            keys = {
                place: key for place, key in kept.recorded(self._name).items() if place[0] in self._marked
            }
            found = kept.get_many(keys.values())
        return {place: found[key] for place, key in keys.items() if key in found}


def _zone(deadline: Deadline | None) -> tzinfo | None:
    """Find the time zone in which the instructor wrote the deadline, which is its last word."""
    try:
        return time_zone(deadline.text.split()[-1]) if deadline else None
    except PolicyError:  # an offset that is written without a space
        return None


def graded_notebook(course: Course, student: str, assignment: str, notebook: str) -> dict[str, Any] | None:
    """Read a graded notebook; None if nothing of it could be run.

    Raises
    ------
    OSError
        If it can't be read.
    """
    path = course.autograded / student / assignment / f"{notebook}.ipynb"
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise OSError(0, f"it is no notebook: {error}", str(path)) from error
    return content
