"""The instructor's desk: the commands, and what a person does by hand between them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.api import Grade, Gradebook  # type: ignore[import-untyped]

from autograder.attempts import list_attempts
from autograder.course import Course
from autograder.notebooks import read_notebook
from tests.day.work import ESSAY


class Desk:
    """Where an instructor works on one assignment of one course.

    Parameters
    ----------
    folder
        Where the instructor's files are; the course directory is in it.
    package
        Where Python finds `autograder`.
    assignment
        The name of the assignment.
    """

    def __init__(self, folder: Path, package: str, assignment: str) -> None:
        self.folder, self.root, self.assignment = folder, folder / "course", assignment
        self._environment = os.environ | {"PYTHONPATH": package}

    def does(self, *arguments: str | Path, status: int = 0) -> str:
        """Run a command of `autograder`, and give what it prints."""
        done = subprocess.run(
            self._command(*arguments),
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def red_lines(self) -> list[str]:
        """Ask the doctor what is wrong with the course; the machine may be any."""
        command = [*self._command("doctor", "--course", self.root), "--json"]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        return [
            found["text"]
            for found in json.loads(done.stdout)
            if found["level"] == "FAIL" and found["topic"] in ("the course", "marks and records")
        ]

    def is_interrupted_while_grading(self, after: int) -> None:
        """Grade, and lose the machine when so many students are done."""
        command = self._command("grade", self.assignment, "--course", self.root, "--progress")
        with subprocess.Popen(
            command, cwd=self.folder, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as run:
            assert run.stderr is not None
            assert any(line.startswith(f"[{after}/".encode()) for line in run.stderr)
            run.send_signal(signal.SIGKILL)
        assert run.returncode == -signal.SIGKILL

    def marks_essays(self) -> int:
        """Read the essays that wait, give what each says it is worth, and tell how many waited.

        Formgrader sets the same two columns.
        """
        waiting = 0
        with self.gradebook() as gradebook:
            for grade in gradebook.db.query(Grade).filter(Grade.needs_manual_grade):
                assert grade.name == ESSAY
                found = re.search(r"it is worth (\d)", self._essay_of(grade.notebook.student.id))
                grade.manual_score, grade.needs_manual_grade = float(found[1]) if found else 0.0, False
                waiting += 1
            gradebook.db.commit()
        return waiting

    def _essay_of(self, student: str) -> str:
        path = self.root / "autograded" / student / self.assignment / "practice.ipynb"
        cells = read_notebook(path).cells
        return next(str(c.source) for c in cells if c.metadata.get("nbgrader", {}).get("grade_id") == ESSAY)

    def corrects_time(self, student: str, when: datetime) -> None:
        """Write when the last attempt came, which the system shows on its page and not in its download."""
        last = list_attempts(Course(self.root), student, self.assignment)[-1]
        (last.folder / "timestamp.txt").write_text(f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC\n")

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """Open the gradebook by nbgrader's own means."""
        with Gradebook(f"sqlite:///{self.root / 'gradebook.db'}") as gradebook:
            yield gradebook

    def marks(self) -> dict[str, float]:
        """Read the marks of all who have one, as nbgrader computes them."""
        with self.gradebook() as gradebook:
            return {
                submission.student.id: sum(
                    notebook.score - (notebook.late_submission_penalty or 0.0)
                    for notebook in submission.notebooks
                )
                for submission in gradebook.assignment_submissions(self.assignment)
            }

    def _command(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "autograder", *map(str, arguments)]
