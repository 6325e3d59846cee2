"""Stock nbgrader beside ours: the same course graded by both, and all their marks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from nbgrader.api import Grade, Gradebook  # type: ignore[import-untyped]

from autograder.notebooks import notebook_text, read_notebook

PLAIN = 'c = get_config()\nc.CourseDirectory.course_id = "plain"\n'


class Mark(NamedTuple):
    """The automatic score of a cell, and whether a person must look at it."""

    points: float | None
    by_hand: bool


Marks = dict[tuple[str, str, str], Mark]  # by student, notebook and cell


def nbgrader(course: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of nbgrader in a course directory."""
    # nbgrader calls `alembic`, which is next to our Python.
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]])
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def stock_copy(course: Path, name: str = "stock") -> Path:
    """Copy a course directory, and leave no setting in the copy but the course's name."""
    copy = Path(shutil.copytree(course, course.with_name(f"{course.name}-{name}")))
    (copy / "nbgrader_config.py").write_text(PLAIN, encoding="utf-8")
    return copy


def read_marks(course: Path) -> Marks:
    """Read every score in a gradebook."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "plain") as gradebook:
        return {
            (grade.student.id, grade.notebook.name, grade.name): Mark(
                grade.auto_score, bool(grade.needs_manual_grade)
            )
            for grade in gradebook.db.query(Grade)
        }


def hand_in(
    course: Path, assignment: str, student: str, answers: Mapping[str, str], leave_out: str = ""
) -> Path:
    """Hand in what was released, with answers by grade id; a notebook can be left out."""
    folder = course / "submitted" / student / assignment
    shutil.copytree(course / "release" / assignment, folder, ignore=shutil.ignore_patterns(leave_out))
    for path in folder.glob("*.ipynb"):
        notebook = read_notebook(path)
        for cell in notebook.cells:
            cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
        path.write_text(notebook_text(notebook), encoding="utf-8")
    return folder
