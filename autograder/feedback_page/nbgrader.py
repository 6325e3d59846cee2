"""The same pages from `nbgrader generate_feedback` and formgrader's button, set up in nbgrader_config.py.

nbgrader gives its exporter one notebook after the other. This one looks up whose it is and lets
`FeedbackWriter` write the page; the notebook itself, hidden tests and all, is left unread.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbconvert.exporters.exporter import Exporter
from traitlets import default

from autograder.course import Course
from autograder.errors import AutograderError
from autograder.feedback_page.writer import FeedbackWriter

Resources = dict[str, Any]


class FeedbackExporter(Exporter):
    """Writes our feedback page in the place of nbgrader's."""

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def register_preprocessor(self, *_: Any, **__: Any) -> None:
        """Take no preprocessor: those of nbgrader are for its own template."""

    def from_filename(  # type: ignore[override]
        self, filename: str, resources: Resources | None = None, **_: Any
    ) -> tuple[str, Resources]:
        """Write the page on a notebook of ROOT/autograded/STUDENT/ASSIGNMENT/."""
        path = Path(filename).absolute()
        course, student, assignment = Course(path.parents[3]), path.parents[1].name, path.parent.name
        try:
            writer = self._writer(course, assignment, student)
        except AutograderError as error:
            self.log.critical("%s", error)
            raise SystemExit(f"autograder: {error}") from error  # nothing can be written for anybody
        given = dict(resources or {})
        given["output_extension"] = ".html"
        given["outputs"] = writer.for_exchange(student)
        return writer.page(student, path.stem), given

    def _writer(self, course: Course, assignment: str, student: str) -> FeedbackWriter:
        """Give the writer of the assignment, which is made once for all students that nbgrader asks for."""
        known: tuple[str, FeedbackWriter] | None = getattr(self, "_known", None)
        if known is None or known[0] != assignment or student not in known[1].students:
            self._known = known = (assignment, FeedbackWriter(course, assignment))
        return known[1]
