"""nbgrader for one course: its settings, the steps of its workflow, and its gradebook.

nbgrader changes the working directory and the environment, starts helper commands from PATH, and lets the
code that it runs write to our output; `_contained` keeps all of that inside.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbclient.exceptions import DeadKernelError
from nbgrader.api import Gradebook  # type: ignore[import-untyped]
from nbgrader.apps.api import NbGraderAPI  # type: ignore[import-untyped]
from nbgrader.preprocessors import Execute, IgnorePattern  # type: ignore[import-untyped]
from nbgrader.utils import determine_grade, is_grade, is_solution, temp_attrs  # type: ignore[import-untyped]
from sqlalchemy.exc import SAWarning, SQLAlchemyError
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.course import CONFIG, Course
from autograder.errors import AutograderError
from autograder.notebooks import read_notebook


class NbGraderSession:
    """nbgrader's own Python API, with the settings of one course.

    Parameters
    ----------
    course
        The course directory.
    timeout
        Seconds that a cell may run; None takes the course's setting.
    """

    def __init__(self, course: Course, timeout: int | None = None) -> None:
        self.course = course
        config = _load_config(course)
        config.CourseDirectory.root = str(course.root)
        if timeout is not None:
            config.Execute.timeout = timeout
        with _contained():
            self._api = NbGraderAPI(config=config)

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """Open nbgrader's gradebook; what is changed in it is kept when the block ends without an error."""
        try:
            with _contained():
                gradebook = Gradebook(self._api.coursedir.db_url, self._api.course_id)
            with gradebook, warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)  # nbgrader's own queries raise some
                yield gradebook
                gradebook.db.commit()
        except SQLAlchemyError as error:
            raise AutograderError(
                f"{self.course.gradebook}: the gradebook can't be used: {_first_line(error)}"
            ) from error

    def generate_assignment(self, assignment: str, folder: str) -> str | None:
        """Write the students' version to `<folder>/<assignment>`; return why that failed, or None."""
        with temp_attrs(self._api.coursedir, release_directory=folder), _contained():
            result = self._api.generate_assignment(assignment)
        return self._failure(result)

    def reference_failures(self, path: Path) -> list[str]:
        """Run a source notebook, solutions and hidden tests included; return a line per test that fails."""
        notebook = read_notebook(path)
        with _contained():
            try:
                Execute(config=self._api.config).preprocess(
                    notebook, {"metadata": {"path": str(path.parent)}}
                )
            except DeadKernelError:
                return ["the kernel died"]
            IgnorePattern(config=self._api.config).preprocess(notebook, {})
        failures = []
        for cell in notebook.cells:
            if (
                is_grade(cell)
                and not is_solution(cell)
                and determine_grade(cell)[0] != cell.metadata.nbgrader.points
            ):
                errors = [output for output in cell.outputs if output.output_type == "error"]
                said = f": {errors[0].ename}: {_first_line(errors[0].evalue)}" if errors else ""
                failures.append(f"{cell.metadata.nbgrader.grade_id}{said}")
        return failures

    def require_imports(self) -> None:
        """Raise an error if code in the course directory could not import what the hidden tests need."""
        command = [sys.executable, "-c", "import autograder, solutions"]
        if subprocess.run(command, cwd=self.course.root, capture_output=True, check=False).returncode != 0:
            raise AutograderError(
                f"{sys.executable} can't import `autograder` and `solutions` from {self.course.root}, so "
                "that every hidden test would fail; install the project with pip first"
            )

    def autograde(self, assignment: str, student: str, notebook: str) -> str | None:
        """Run and mark one notebook of one student; return why that failed, or None."""
        with temp_attrs(self._api.coursedir, notebook_id=notebook), _contained():
            result = self._api.autograde(assignment, student)
        return self._failure(result)

    def generate_feedback(self, assignment: str, student: str) -> str | None:
        """Write the feedback pages of one student; return why that failed, or None."""
        with _contained():
            result = self._api.generate_feedback(assignment, student)
        return self._failure(result)

    def _failure(self, result: dict[str, Any]) -> str | None:
        """Find the cause in what nbgrader reports: its log, with tracebacks, as one text."""
        if result["success"]:
            return None
        if result["error"].rstrip().endswith("KeyboardInterrupt"):
            raise KeyboardInterrupt  # nbgrader catches this one too
        log = result.get("log", "") + result["error"]
        causes = re.findall(
            r"^\s*([\w.]*(?:Error|Exception|Interrupt|MissingEntry)): (\S.*)$", log, re.MULTILINE
        )
        named = [(kind, text) for kind, text in causes if not kind.endswith("NbGraderException")]
        kind, text = (named or causes or [("", _first_line(log))])[-1]
        if "error accessing the nbgrader database" in log:
            raise AutograderError(f"{self.course.gradebook}: the gradebook can't be used: {text}")
        if kind.endswith("DeadKernelError"):
            return "its kernel died: the code ended the process, crashed it, or ran out of memory"
        return f"nbgrader could not handle it: {text}"


def _load_config(course: Course) -> Config:
    try:
        config: Config = PyFileConfigLoader(CONFIG, path=str(course.root)).load_config()
    except Exception as error:  # the file is Python: it can raise anything
        raise AutograderError(f"{course.root / CONFIG}: can't be loaded: {error!r}") from error
    return config


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
