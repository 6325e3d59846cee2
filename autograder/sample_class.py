"""A made-up class for an assignment: who hands in what, described in its sample_class.yml.

Each submission is the released notebook with its solution cells filled in, the way a student would.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.assignment import list_assignments, unknown_name
from autograder.authored import ASSIGNMENTS, read_checked
from autograder.convert import NOTEBOOKS, quiz_notebook
from autograder.course import Course
from autograder.errors import AutograderError, UsageError
from autograder.mistakes import load_mistakes
from autograder.notebooks import notebook_text, read_notebook
from autograder.quiz import load_quiz
from autograder.regions import without_markers
from autograder.submission import id_error

_ANSWER = {
    "anyOf": [
        {"type": "string", "pattern": r"^(reference|blank|mistake:[^/\s]+/[^/\s]+)$"},
        {
            "type": "object",
            "required": ["code"],
            "additionalProperties": False,
            "properties": {"code": {"type": "string"}},
        },
    ]
}
_NOTEBOOK = {
    "anyOf": [
        {"const": "missing"},
        {"type": "object", "required": ["default"], "additionalProperties": _ANSWER},
    ]
}
_SCHEMA = {
    "type": "object",
    "required": ["students"],
    "additionalProperties": False,
    "properties": {
        "students": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "required": ["note", *NOTEBOOKS, "marks"],
                "additionalProperties": False,
                "properties": {
                    "note": {"type": "string"},
                    **dict.fromkeys(NOTEBOOKS, _NOTEBOOK),
                    "marks": {
                        "type": "object",
                        "required": list(NOTEBOOKS),
                        "additionalProperties": False,
                        "properties": {name: {"type": "number", "minimum": 0} for name in NOTEBOOKS},
                    },
                },
            },
        }
    },
}


@dataclass(frozen=True)
class SampleStudent:
    """One made-up student: what is in each notebook's solution cells, and the marks that this should get.

    A notebook that is None is not handed in; otherwise it maps a grade id, or "default", to an answer.
    """

    id: str
    note: str
    notebooks: Mapping[str, Mapping[str, Any] | None]
    marks: Mapping[str, float]


def load_sample_class(path: Path) -> list[SampleStudent]:
    """Read a sample_class.yml.

    Raises
    ------
    AutograderError
        If the file can't be read or breaks the format; the message says where.
    """
    data = read_checked(path, _SCHEMA)
    for student in data["students"]:
        if (reason := id_error(student)) is not None:
            raise AutograderError(f"{path}: {student!r} can't be a student id: {reason}")
    return [
        SampleStudent(
            id=student,
            note=entry["note"],
            notebooks={name: None if entry[name] == "missing" else entry[name] for name in NOTEBOOKS},
            marks=entry["marks"],
        )
        for student, entry in data["students"].items()
    ]


def make_sample_class(course: Course, name: str, assignments: Path = ASSIGNMENTS) -> list[SampleStudent]:
    """Fill submitted/ with the sample class of an authored assignment; return its students.

    Nothing is written unless all submissions can be made, and no existing submission is touched.
    """
    known = list_assignments(assignments)
    if name not in known:
        raise UsageError(unknown_name("assignment with a sample class", name, known))
    course.require_assignment(name)
    course.require_writable()
    for notebook in NOTEBOOKS:
        if not (course.release / name / f"{notebook}.ipynb").is_file():
            raise AutograderError(f"{name} is not released yet: run `autograder release {name}` first")
    path = assignments / name / "sample_class.yml"
    students = load_sample_class(path)
    for student in students:
        if os.path.lexists(course.submitted / student.id / name):
            raise AutograderError(
                f"{course.submitted / student.id / name} exists already; nothing was changed"
            )
    mistakes = _mistakes(assignments / name / "mistakes.yml")

    draft = Path(tempfile.mkdtemp(prefix=".sample-", dir=course.root))
    try:
        for student in students:
            (draft / student.id).mkdir()
            for notebook, answers in student.notebooks.items():
                if answers is not None:
                    released = read_notebook(course.release / name / f"{notebook}.ipynb")
                    right = _right_answers(course, assignments / name, notebook, student.id)
                    filled = _filled(released, answers, right, mistakes, f"{path}: {student.id}.{notebook}")
                    target = draft / student.id / f"{notebook}.ipynb"
                    target.write_text(notebook_text(filled), encoding="utf-8")
        for student in students:
            (course.submitted / student.id).mkdir(parents=True, exist_ok=True)
            (draft / student.id).rename(course.submitted / student.id / name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return students


def _mistakes(path: Path) -> dict[str, str]:
    """Read the code of each known mistake, by `<problem id>/<mistake name>`."""
    known = load_mistakes(path) if path.exists() else {}
    return {f"{problem}/{mistake.name}": mistake.code for problem in known for mistake in known[problem]}


def _right_answers(course: Course, unit: Path, notebook: str, student: str) -> dict[str, str]:
    """Give the right code of each solution cell; in a quiz, for the numbers that this student has."""
    if notebook == "quiz":
        source = quiz_notebook(unit.name, load_quiz(unit / "quiz.yml", student), student)
    else:
        source = read_notebook(course.source / unit.name / f"{notebook}.ipynb")
    return {_grade_id(cell): without_markers(cell.source) for cell in source.cells}


def _filled(
    released: NotebookNode,
    answers: Mapping[str, Any],
    right: Mapping[str, str],
    mistakes: Mapping[str, str],
    place: str,
) -> NotebookNode:
    blanks = [cell for cell in released.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    known = {_grade_id(cell) for cell in blanks}
    if unknown := sorted(answers.keys() - known - {"default"}):
        raise AutograderError(f"{place}: " + unknown_name("solution cell", unknown[0], known))
    for cell in blanks:
        answer = answers.get(_grade_id(cell), answers["default"])
        if answer == "reference":
            cell.source = right[_grade_id(cell)]
        elif isinstance(answer, Mapping):
            cell.source = answer["code"]
        elif answer != "blank":
            mistake = answer.removeprefix("mistake:")
            if mistake not in mistakes:
                raise AutograderError(f"{place}: " + unknown_name("mistake", mistake, mistakes))
            cell.source = mistakes[mistake]
    return released


def _grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
