"""Publishes a handout in nbgrader's exchange, from where students fetch it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Literal

from autograder.course import CONFIG, Course
from autograder.errors import AutograderError
from autograder.handout.archive import unzipped
from autograder.nbgrader_session import NbGraderSession

Published = Literal["new", "replaced", "unchanged"]


class ExchangeRelease:
    """An assignment in the exchange of a course.

    Parameters
    ----------
    course, name
        The assignment.

    Raises
    ------
    AutograderError
        If there is no course id, or no exchange. nbgrader would make the missing folder, where no student
        looks.
    """

    def __init__(self, course: Course, name: str) -> None:
        self._course = course
        self._name = name
        self._session = NbGraderSession(course)
        config = course.root / CONFIG
        self.course_id = self._session.course_id
        if not self.course_id:
            raise AutograderError(
                f"{config}: the exchange needs the name of the course; set c.CourseDirectory.course_id"
            )
        self._outbound: Path | None = None
        if (root := self._session.exchange_root()) is not None:
            if not root.is_dir():
                raise AutograderError(
                    f"there is no exchange at {root}. Name its folder in {config} (c.Exchange.root), or have "
                    "the machine's administrator make it, writable by all, as nbgrader's documentation says"
                )
            self._outbound = root / self.course_id / "outbound" / name

    def publish(self, archive: Path) -> Published:
        """Put the files of a handout's zip into the exchange, in place of earlier ones.

        Raises
        ------
        AutograderError
            If nbgrader can't; what was in the exchange stays.
        """
        files = unzipped(archive)
        if (there := self._there()) == files:
            return "unchanged"
        with tempfile.TemporaryDirectory(prefix=".release-", dir=self._course.root) as drafts:
            for name, content in files.items():
                path = Path(drafts, self._name, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            failure = self._session.release_assignment(self._name, Path(drafts).name)
        if failure is not None:
            raise AutograderError(f"nothing was published in the exchange: {failure}")
        return "new" if there is None else "replaced"

    def _there(self) -> dict[str, bytes] | None:
        """Read what students can fetch now; None if that is nothing, or in an exchange of another kind."""
        if self._outbound is None or not self._outbound.is_dir():
            return None
        paths = sorted(path for path in self._outbound.rglob("*") if path.is_file())
        return {path.relative_to(self._outbound).as_posix(): path.read_bytes() for path in paths}
