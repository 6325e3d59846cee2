"""nbgrader for one course: its settings, the steps of its workflow, and its gradebook.

nbgrader changes the working directory and the environment, starts helper commands from PATH, and lets the
code that it runs write to our output; `_contained` keeps all of that inside.
"""

from __future__ import annotations

import logging
import os
import sys
import sysconfig
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook  # type: ignore[import-untyped]
from nbgrader.apps.api import NbGraderAPI  # type: ignore[import-untyped]
from nbgrader.utils import find_all_files, temp_attrs  # type: ignore[import-untyped]
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from autograder.course import Course
from autograder.database import gradebook_url, no_driver, shown_url
from autograder.errors import AutograderError, shortened
from autograder.settings import load_config


class NbGraderSession:
    """nbgrader's own Python API, with the settings of one course.

    Parameters
    ----------
    course
        The course directory.
    """

    def __init__(self, course: Course) -> None:
        self.course = course
        config = load_config(course)
        config.CourseDirectory.root = str(course.root)
        with _contained():
            self._api = NbGraderAPI(config=config)

    def has_gradebook(self) -> bool:
        """Tell whether there is a gradebook; to open a missing SQLite file would make one."""
        url = gradebook_url(self._api.coursedir.db_url)
        return url.get_backend_name() != "sqlite" or not url.database or Path(url.database).exists()

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """Open nbgrader's gradebook; what is changed in it is kept when the block ends without an error."""
        try:
            gradebook = self._opened()
            with gradebook, warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)  # nbgrader's own queries raise some
                yield gradebook
                gradebook.db.commit()
        except SQLAlchemyError as error:
            raise self._gradebook_error(error) from error

    def _opened(self) -> Gradebook:
        try:
            with _contained():
                return Gradebook(self._api.coursedir.db_url, self._api.course_id)
        except ImportError as error:
            raise no_driver(gradebook_url(self._api.coursedir.db_url), error) from error

    def extra_files(self, assignment: str) -> list[Path]:
        """List what nbgrader would release and hand to submissions besides an assignment's notebooks."""
        ignored = [*self._api.coursedir.ignore, "*.ipynb"]
        return sorted(map(Path, find_all_files(str(self.course.source / assignment), ignored)))

    def generate_assignment(self, assignment: str, folder: str) -> str | None:
        """Write the students' version to `<folder>/<assignment>`; return why that failed, or None."""
        with temp_attrs(self._api.coursedir, release_directory=folder):
            return self._failure(lambda: self._api.generate_assignment(assignment))

    @property
    def course_id(self) -> str:
        """The name of the course in the exchange; empty when it has none."""
        return str(self._api.coursedir.course_id)

    def exchange_root(self) -> Path | None:
        """Find the folder of nbgrader's default exchange; None when the course uses one of another kind."""
        from nbgrader.exchange.default import ExchangeReleaseAssignment  # type: ignore[import-untyped]

        exchange = self._api.exchange
        if exchange.release_assignment is not ExchangeReleaseAssignment:
            return None
        return Path(exchange.release_assignment(coursedir=self._api.coursedir, parent=self._api).root)

    def release_assignment(self, assignment: str, folder: str) -> str | None:
        """Publish `<folder>/<assignment>` in the exchange; return why that failed, or None."""
        from nbgrader.exchange.default import ExchangeReleaseAssignment

        from autograder.handout.exchange_plugin import WholeRelease

        exchange = self._api.exchange
        if exchange.release_assignment is ExchangeReleaseAssignment:  # another exchange has its own
            exchange.release_assignment = WholeRelease
        self._api.config.ExchangeReleaseAssignment.force = True
        with temp_attrs(self._api.coursedir, release_directory=folder):
            return self._failure(lambda: self._api.release_assignment(assignment))

    def collect(self, assignment: str, folder: str) -> tuple[str | None, list[str]]:
        """Collect from the exchange to `<folder>/<student>/<assignment>`; say why it failed, and warnings."""
        from nbgrader.exchange.default import ExchangeCollect

        from autograder.collecting.exchange_plugin import CarefulCollect

        exchange, warned = self._api.exchange, _Warnings()
        if exchange.collect is ExchangeCollect:  # another exchange has a collector of its own
            exchange.collect = CarefulCollect
        self._api.log.addHandler(warned)
        try:
            with temp_attrs(self._api.coursedir, submitted_directory=folder):
                failure = self._failure(lambda: self._api.collect(assignment))
        finally:
            self._api.log.removeHandler(warned)
        return failure, warned.seen

    def _failure(self, step: Callable[[], dict[str, Any]]) -> str | None:
        """Take a step of nbgrader and say why it failed, or None.

        nbgrader reports a failure as text, which names files and quotes errors of students. So that no such
        text decides anything, the exceptions themselves are caught where nbgrader logs them.
        """
        log, causes = self._api.log, _Causes()
        log.addHandler(causes)
        try:
            with _contained():
                result = step()
        finally:
            log.removeHandler(causes)
        if result["success"]:
            return None
        cause = causes.seen[-1] if causes.seen else None
        said = result["error"].rstrip()
        if isinstance(cause, KeyboardInterrupt) or said.endswith("\nKeyboardInterrupt"):
            raise KeyboardInterrupt  # nbgrader catches this one too
        if isinstance(cause, SQLAlchemyError):
            raise self._gradebook_error(cause) from cause
        text = shortened(said.splitlines()[-1] if cause is None else cause) or type(cause).__name__
        return f"nbgrader could not handle it: {text}"

    def _gradebook_error(self, error: SQLAlchemyError) -> AutograderError:
        url = gradebook_url(self._api.coursedir.db_url)
        place = url.database if url.drivername.startswith("sqlite") else shown_url(url)
        return AutograderError(f"{place}: the gradebook can't be used: {shortened(_first_line(error))}")


class _Causes(logging.Handler):
    """Collects the exceptions that are being handled whenever an error is logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if (error := sys.exc_info()[1]) is not None:
            self.seen.append(error)


class _Warnings(logging.Handler):
    """Collects what is logged as a warning, each on one line."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.WARNING:
            self.seen.append(shortened(record.getMessage(), 1000))


def _first_line(text: object) -> str:
    return str(text).strip().partition("\n")[0]


@contextmanager
def _contained() -> Iterator[None]:
    environment, folder = dict(os.environ), os.getcwd()
    sys.stdout.flush()
    sys.stderr.flush()
    saved = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="ipython-", ignore_cleanup_errors=True) as profile,
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            # What one student's code leaves in the IPython profile must not start with the next one's kernel.
            os.environ["IPYTHONDIR"] = profile
            # Nor may files that were handed in stand in for installed modules: kernels start among them, and
            # an empty part of PYTHONPATH means the working directory.
            os.environ["PYTHONSAFEPATH"] = "1"
            if given := environment.get("PYTHONPATH"):
                parts = [os.path.abspath(part) for part in given.split(os.pathsep) if part]
                os.environ["PYTHONPATH"] = os.pathsep.join(parts)
            # nbgrader calls `alembic`, which is next to our Python but on PATH only in an activated venv.
            os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), environment.get("PATH", "")])
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            yield
    finally:
        for number, copy in enumerate(saved, start=1):
            os.dup2(copy, number)
            os.close(copy)
        os.close(nowhere)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
