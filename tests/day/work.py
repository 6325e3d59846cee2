"""What students hand in, and the key: which tests it passes, known from how it was made.

Nothing here runs or grades anything. An answer is the reference solution, a blank, or a named mistake of the
assignment, of which the author wrote down which tests it passes all the same.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

from autograder.mistakes import Mistake, load_mistakes
from autograder.question import SIGNS, Question
from autograder.quiz import load_quiz
from autograder.regions import without_markers
from tests.redteam.attack import Attack, Scene, aimed, code_cell

Json = dict[str, Any]
ESSAY, ESSAY_POINTS = "essay", 4


@dataclass(frozen=True)
class Work:
    """The notebooks of one attempt as bytes, and what each is worth.

    `points` are those of the tests; `essay` is what the instructor will give for the text that is marked by
    hand, as the text itself says.
    """

    notebooks: Mapping[str, bytes]
    points: Mapping[str, Fraction]
    essay: int = 0

    @property
    def scores(self) -> dict[str, Fraction]:
        """What each notebook is worth once the essay is marked; one that is missing is worth nothing."""
        return dict(self.points) | {"practice": self.points["practice"] + self.essay}

    def without(self, notebook: str) -> Work:
        """Leave a notebook out."""
        kept = {name: content for name, content in self.notebooks.items() if name != notebook}
        return Work(kept, dict(self.points) | {notebook: Fraction(0)}, self.essay)


@dataclass(frozen=True)
class _Problem:
    """The solution cells of a practice problem, each with the tests below it, and its known mistakes."""

    tests: dict[str, list[str]] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)


class Unit:
    """A released assignment, from which work is made.

    Parameters
    ----------
    course
        The course directory.
    authored
        The folder with the assignment's `quiz.yml` and `mistakes.yml`.
    """

    def __init__(self, course: Path, authored: Path) -> None:
        self.name = authored.name
        self._quiz = authored / "quiz.yml"
        self._released = {name: _read(course / "release", self.name, name) for name in ("practice", "quiz")}
        self._worth: dict[str, Fraction] = {}
        self._right: dict[str, str] = {}
        self._problems: list[_Problem] = []
        known = load_mistakes(authored / "mistakes.yml")
        below: list[str] = []
        for cell in _read(course / "source", self.name, "practice")["cells"]:
            about, source = cell["metadata"].get("nbgrader", {}), "".join(cell["source"])
            if problem := cell["metadata"].get("problem"):
                self._problems.append(_Problem(mistakes=list(known.get(problem["id"], ()))))
            if about.get("grade") and not about.get("solution"):
                self._worth[about["grade_id"]] = Fraction(about["points"])
                below.append(about["grade_id"])
            elif about.get("solution") and about["grade_id"] != ESSAY:
                self._right[about["grade_id"]] = without_markers(source)
                below = self._problems[-1].tests.setdefault(about["grade_id"], [])
        self._first_test = next(iter(self._worth))
        self._last = list(self._right)[-1]

    @property
    def maximum(self) -> Fraction:
        """All points."""
        quiz = sum(question.points for question in load_quiz(self._quiz))
        return sum(self._worth.values(), Fraction(quiz)) + ESSAY_POINTS

    def work(self, student: str, random: Random, skill: float, essay: int | None) -> Work:
        """Make an attempt at both notebooks.

        Parameters
        ----------
        student
            The account whose numbers the quiz asks for.
        random
            Decides what goes wrong.
        skill
            The share of problems and questions that are right: 1 is all, 0 none.
        essay
            What the text to be marked by hand is worth; None leaves it untouched.
        """
        answers: dict[str, str] = {}
        passed: list[str] = []
        for problem in self._problems:
            mistake = None
            if random.random() >= skill:
                # A blank, or one of the mistakes; what it stands beside is right.
                mistake = random.choice([None, *problem.mistakes])
                if mistake is None:
                    continue
            for cell, tests in problem.tests.items():
                wrong = mistake is not None and mistake.cell == cell
                answers[cell] = mistake.code if mistake is not None and wrong else self._right[cell]
                passed += mistake.passes if mistake is not None and wrong else tests
        if essay is not None:
            answers[ESSAY] = f"My reasons ✓ — it is worth {essay} points.\n\n*{student}*"
        quiz, points = self._answered_quiz(student, random, skill)
        return Work(
            {"practice": self._filled("practice", answers), "quiz": self._filled("quiz", quiz)},
            {"practice": self._sum(passed), "quiz": points},
            essay or 0,
        )

    def hostile(self, student: str, attack: Attack, scene: Scene) -> Work:
        """Make an attempt whose last answer is wrong and attacks; all before it, and the quiz, is right."""
        answers = dict(self._right)
        names = re.findall(r"^def (\w+)\(", answers[self._last], re.MULTILINE)
        wrong = "".join(f"def {name}(*args, **kwargs):\n    return -1.0\n" for name in names)
        code = aimed(attack.code, attack, scene).replace("redteam/problem", f"{self.name}/practice")
        answers[self._last] = wrong + code
        notebook = _with_answers(self._released["practice"], answers)
        at = next(n for n, cell in enumerate(notebook["cells"]) if _grade_id(cell) == self._first_test)
        notebook["cells"][at:at] = [code_cell(aimed(cell, attack, scene)) for cell in attack.cells]
        if attack.change is not None:
            assert attack.change(notebook) is None
        tests = [test for problem in self._problems for test in problem.tests.get(self._last, ())]
        quiz, points = self._answered_quiz(student, Random(0), 1.0)
        return Work(
            {"practice": json.dumps(notebook).encode(), "quiz": self._filled("quiz", quiz)},
            {"practice": self._sum(self._worth.keys() - set(tests)), "quiz": points},
        )

    def _sum(self, tests: Iterable[str]) -> Fraction:
        return sum((self._worth[test] for test in tests), Fraction(0))

    def _answered_quiz(self, student: str, random: Random, skill: float) -> tuple[dict[str, str], Fraction]:
        answers = {"account": f"account = {student!r}"}
        points = Fraction(0)
        for number, question in enumerate(load_quiz(self._quiz, student), start=1):
            right = random.random() < skill
            given: object = question.key if right else _wrong(question)
            answers[question.id] = (
                f"answer_{number} = {set(given) if isinstance(given, frozenset) else given!r}"
            )
            points += question.points if right else 0
        return answers, points

    def _filled(self, notebook: str, answers: Mapping[str, str]) -> bytes:
        return json.dumps(_with_answers(self._released[notebook], answers)).encode()


def add_essay(notebook: Path) -> None:
    """Put a question that is marked by hand at the end of a source notebook, as an instructor would."""
    content = json.loads(notebook.read_text(encoding="utf-8"))
    flags = {"grade": True, "solution": True, "locked": False, "task": False, "schema_version": 3}
    about = {**flags, "grade_id": ESSAY, "points": ESSAY_POINTS}
    text = "Which loss would you take for your own data, and why?"
    content["cells"].append(
        {"cell_type": "markdown", "id": ESSAY, "metadata": {"nbgrader": about}, "source": text}
    )
    notebook.write_text(json.dumps(content), encoding="utf-8")


def _wrong(question: Question) -> object:
    if question.kind in ("number", "argmin"):
        return 1e9
    if question.kind == "sign":
        return next(sign for sign in SIGNS if sign != question.key)
    if question.kind == "several":
        assert isinstance(question.key, frozenset)
        return frozenset(question.letters) - question.key or frozenset(question.letters[:1])
    return next(letter for letter in question.letters if letter != question.key)


def _with_answers(released: Json, answers: Mapping[str, str]) -> Json:
    notebook = copy.deepcopy(released)
    for cell in notebook["cells"]:
        cell["source"] = answers.get(_grade_id(cell), "".join(cell["source"]))
    return notebook


def _grade_id(cell: Json) -> str:
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def _read(folder: Path, assignment: str, notebook: str) -> Json:
    found: Json = json.loads((folder / assignment / f"{notebook}.ipynb").read_text(encoding="utf-8"))
    return found
