"""Checks one notebook for the learner who wrote it: all tests, no course directory, and what to do next.

The notebook is the learner's own, so its code runs without a jail, as it does in Jupyter.
"""

from __future__ import annotations

import ast
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from nbformat import NotebookNode

from autograder.assignment import Assignment, Problem, list_assignments, load_assignment
from autograder.authored import ASSIGNMENTS
from autograder.convert import NOTEBOOKS, source_notebooks
from autograder.drawn import REFERENCE
from autograder.engine.limits import Limits
from autograder.engine.pool import Job, Pool
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.engine.worker import Setting
from autograder.errors import AutograderError, UsageError, shortened
from autograder.notebooks import notebook_text, parsed_notebook, read_notebook
from autograder.question import Question
from autograder.quiz import load_quiz
from autograder.regions import without_markers

State = Literal["not attempted", "incorrect", "correct"]


@dataclass(frozen=True)
class Part:
    """A problem or a question: its checks, each with a title and a verdict, and what helps with it."""

    id: str
    title: str
    checks: tuple[tuple[str, Verdict], ...]
    hints: tuple[str, ...]
    solution: str
    read: tuple[str, ...]

    @property
    def points(self) -> float:
        """What its checks gave."""
        return sum(verdict.points for _, verdict in self.checks)

    @property
    def max_points(self) -> float:
        """What its checks could give."""
        return sum(verdict.max_points for _, verdict in self.checks)

    @property
    def state(self) -> State:
        """How far it is."""
        if all(verdict.outcome == "passed" for _, verdict in self.checks):
            return "correct"
        untouched = all(
            verdict.outcome == "not attempted" or "not answered yet" in verdict.message
            for _, verdict in self.checks
        )
        return "not attempted" if untouched else "incorrect"


@dataclass(frozen=True)
class Checked:
    """What a check found: the unit and the notebook's name, its parts in order, and remarks."""

    unit: str
    notebook: str
    parts: tuple[Part, ...]
    remarks: tuple[str, ...]

    @property
    def next(self) -> Part | None:
        """The first part that is not correct yet; None when all are."""
        return next((part for part in self.parts if part.state != "correct"), None)

    def part(self, part_id: str) -> Part:
        """Find a part by its id, or by its number, counted from 1."""
        numbered = {str(number): part for number, part in enumerate(self.parts, start=1)}
        known = {part.id: part for part in self.parts}
        if part_id not in numbered | known:
            raise UsageError(f"there is no problem or question {part_id!r} here; known: {', '.join(known)}")
        return (numbered | known)[part_id]


class SelfCheck:
    """Checks one notebook file, as often as asked; keeps its worker in between. Closes at the end of `with`.

    Raises
    ------
    AutograderError
        If the file can't be read, or is no notebook of the course.
    """

    def __init__(self, path: Path, timeout: float = 30.0, folder: Path = ASSIGNMENTS) -> None:
        self.path = path
        self._assignment, self.notebook = _recognised(path, folder)
        notebook = source_notebooks(self._assignment)[self.notebook]
        self._cells = {cell.metadata.get("nbgrader", {}).get("grade_id", ""): cell for cell in notebook.cells}
        self._folder = tempfile.TemporaryDirectory(prefix="self-check-")  # mode 0700
        source = Path(self._folder.name) / f"{self.notebook}.ipynb"
        source.write_text(notebook_text(notebook), encoding="utf-8")
        setting = Setting((source,), (), "process", Limits.for_timeout(timeout))
        self._pool = Pool(setting, 1)

    def __enter__(self) -> SelfCheck:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker and remove what was written for it."""
        self._pool.close()
        self._folder.cleanup()

    def check(self) -> Checked:
        """Grade the file as it is now."""
        content = self.path.read_bytes()
        ((_, graded),) = self._pool.grade([Job("", self.notebook, content)])
        if graded.refused is not None:
            raise AutograderError(f"{self.path}: {graded.refused}")
        if self.notebook == "practice":
            parts = self._problems(graded)
        else:
            parts = self._questions(graded, _account_in(parsed_notebook(content)))
        return Checked(self._assignment.name, self.notebook, parts, graded.remarks)

    def _problems(self, graded: GradedNotebook) -> tuple[Part, ...]:
        verdicts = {verdict.grade_id: verdict for verdict in graded.verdicts}
        return tuple(
            Part(
                id=problem.id,
                title=problem.title,
                checks=tuple((_check_title(self._cells[i]), verdicts[i]) for i in problem.tests),
                hints=hints(self._cells[f"{problem.id}-statement"].source),
                solution="\n\n\n".join(without_markers(self._cells[i].source) for i in problem.solutions),
                read=self._chapters(problem),
            )
            for problem in self._assignment.problems
        )

    def _chapters(self, problem: Problem) -> tuple[str, ...]:
        """Name the chapters of a problem's objectives: those that questions on the same objectives name."""
        objectives = set(problem.objectives)
        return tuple(dict.fromkeys(q.read for q in self._assignment.quiz if objectives & set(q.objectives)))

    def _questions(self, graded: GradedNotebook, account: str) -> tuple[Part, ...]:
        verdicts = {verdict.grade_id: verdict for verdict in graded.verdicts}
        quiz = load_quiz(self._assignment.folder / "quiz.yml", account)
        return tuple(
            Part(
                id=question.id,
                title=_asked(question),
                checks=(("", verdicts[f"{question.id}-check"]),),
                hints=(),
                solution=_answered(question),
                read=(question.read,),
            )
            for question in quiz
        )


def hints(statement: str) -> tuple[str, ...]:
    """Take the folded hints out of a problem's statement, in order, each with its label."""
    pattern = r"<details><summary>(Hint[^<]*)</summary>\s*(.*?)\s*</details>"
    return tuple(
        f"{label}: {' '.join(text.split())}" for label, text in re.findall(pattern, statement, re.DOTALL)
    )


def _check_title(cell: NotebookNode) -> str:
    first = str(cell.source).partition("\n")[0]
    return re.sub(r"^# Check [\d.]+ \([^)]*\): ", "", first)


def _asked(question: Question) -> str:
    """Give what a question asks in the end, short enough for a line."""
    sentences = re.split(r"(?<=[.?!]) ", " ".join(question.text.split()))
    asked = [sentence for sentence in sentences if "?" in sentence] or sentences
    return shortened(asked[0], 80)


def _answered(question: Question) -> str:
    """Write a question's key with what there is to say about it."""
    key = sorted(question.key) if isinstance(question.key, frozenset) else question.key
    if question.options:
        said = [f"{option.letter}: {option.feedback.strip()}" for option in question.options if option.holds]
    else:
        said = [question.feedback["right" if isinstance(question.key, float) else str(question.key)].strip()]
    shown = f"{key:.6g}" if isinstance(key, float) else ", ".join(key) if isinstance(key, list) else key
    return "\n".join([f"The answer is {shown}.", *said])


def _recognised(path: Path, folder: Path) -> tuple[Assignment, str]:
    """Find the assignment and the notebook of it that a file is a copy of, by the ids of its tests."""
    try:
        theirs = _test_ids(read_notebook(path))
    except OSError:
        raise
    except Exception as error:  # nbformat raises many kinds for a broken file
        raise AutograderError(f"{path}: not a notebook: {shortened(error)}") from error
    for name in list_assignments(folder):
        assignment = load_assignment(name, folder)
        tests = {
            "practice": {test for problem in assignment.problems for test in problem.tests},
            "quiz": {f"{question.id}-check" for question in assignment.quiz},
        }
        for notebook in NOTEBOOKS:
            if theirs & tests[notebook]:
                return assignment, notebook
    raise AutograderError(
        f"{path}: is no notebook of this course: it has no test of {', '.join(list_assignments(folder))}"
    )


def _test_ids(notebook: NotebookNode) -> set[str]:
    flags: list[Mapping[str, Any]] = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return {str(flag["grade_id"]) for flag in flags if flag.get("grade") and "grade_id" in flag}


def _account_in(notebook: NotebookNode) -> str:
    """Read the account that a quiz notebook names, without running it; nobody's if it names none."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "account":
            try:
                statements = ast.parse(cell.source).body
            except SyntaxError:
                return REFERENCE
            for statement in reversed(statements):
                if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "account":
                    value = statement.value.value if isinstance(statement.value, ast.Constant) else None
                    return value if isinstance(value, str) and value.strip() else REFERENCE
    return REFERENCE
