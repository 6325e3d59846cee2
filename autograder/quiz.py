"""Quizzes as data: read a quiz file, compute its keys with `solutions`, and grade an answer.

A chapter's quick check and a unit's graded quiz share this format. No key is typed: whether an option
holds, and what number is right, are Python expressions, evaluated by `autograder.question_keys`. Questions
of a unit may have numbers that differ from student to student (`draw`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from autograder import seeds
from autograder.authored import ASSIGNMENTS, read_yaml, schema_error
from autograder.drawn import DRAWN_FOR_ANOTHER, REFERENCE, same_account
from autograder.question import LETTERS, Key, Question, QuizError, shown_answer
from autograder.question_keys import all_versions, check_draw, numbers_of, question_with


@dataclass(frozen=True)
class Quiz:
    """The questions of one quiz file, in order."""

    title: str
    questions: tuple[Question, ...]

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)

    def question(self, question_id: str) -> Question:
        """Find a question by its id."""
        for question in self.questions:
            if question.id == question_id:
                return question
        raise _no_question(question_id, self.title, [question.id for question in self.questions])


def load_quiz(path: str | Path, account: str = REFERENCE) -> Quiz:
    """Read a quiz file, check it against the schema and compute every key.

    Parameters
    ----------
    path
        The file.
    account
        The student for whose numbers the keys of drawn questions are computed.

    Raises
    ------
    QuizError
        If the file can't be read, breaks the schema, or an expression in it fails; the message says where.
    """
    path = Path(path)
    data = _read(path)
    questions = (question_with(path, data, item, numbers_of(item, account)) for item in data["questions"])
    return Quiz(data["title"], tuple(questions))


def all_keys(path: Path) -> dict[str, list[Key]]:
    """Compute the keys of the questions that have drawn numbers, for all numbers; this takes seconds.

    Raises
    ------
    QuizError
        As in `load_quiz`; also if a question is no good for numbers that some student may have.
    """
    items = [item for item in _read(path)["questions"] if "draw" in item]
    return {item["id"]: [question.key for question in all_versions(path, item)] for item in items}


def grade_answer(unit: str, question_id: str, given: object, account: object = None) -> None:
    """Assess an answer to a unit's graded quiz; hidden tests call this.

    Parameters
    ----------
    unit, question_id
        Which question.
    given
        The answer.
    account
        For whom the notebook drew the numbers of the question, if it has such. Where the student is known, as
        in an examiner, that must be the student.

    Raises
    ------
    AssertionError
        If the answer is missing, malformed or wrong; the message is the feedback.
    """
    item = _unit_item(unit, question_id)
    if given is None:
        raise AssertionError("This question is not answered yet.")
    student = seeds.student()
    if student is not None and "draw" in item and not same_account(account, student):
        raise AssertionError(
            f"{DRAWN_FOR_ANOTHER}{shown_answer(account)}, but you are "
            f"{student!r}: write {student!r} into the first cell, run all cells, and answer with the numbers "
            "shown then."
        )
    numbers = numbers_of(item, student or str(account or REFERENCE))
    question = _unit_question(unit, question_id, tuple(numbers.items()))
    if (error := question.form_error(given)) is not None:
        raise AssertionError(f"The answer can't be read: {error}.")
    verdict = question.assess(given)
    if not verdict.correct:
        said = _by_letter(question, given) if question.kind == "several" else verdict.feedback
        raise AssertionError(
            " ".join(text.strip() for text in said) + f" (Read again: the chapter {question.read}.)"
        )


def _by_letter(question: Question, given: Any) -> list[str]:
    """Put its letter before the feedback on each chosen option: a notebook shows them in one line."""
    said = [
        f"{option.letter} {'holds' if option.holds else 'does not hold'}: {option.feedback.strip()}"
        for option in question.options
        if option.letter in given
    ]
    if any(option.holds and option.letter not in given for option in question.options):
        said.append("And something that holds is missing.")
    return said


def _read(path: Path) -> Mapping[str, Any]:
    data: Mapping[str, Any] = read_yaml(path, QuizError)
    _check_schema(path, data)
    ids = [item["id"] for item in data["questions"]]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise QuizError(f"{path}: question id {twice[0]!r} is used twice; ids must be unique")
    for item in data["questions"]:
        if not (item.get("read") or data.get("read")):
            raise QuizError(f"{path}: question {item['id']!r}, read: name the chapter to read again")
        check_draw(path, item)
    return data


@cache
def _unit_data(unit: str) -> tuple[Path, Mapping[str, Any]]:
    # Checked against the schema when the notebook was made; the validator alone takes a second to import,
    # and that second would count as the student's.
    path = ASSIGNMENTS / unit / "quiz.yml"
    return path, read_yaml(path, QuizError)


def _unit_item(unit: str, question_id: str) -> Mapping[str, Any]:
    _, data = _unit_data(unit)
    items: dict[str, Mapping[str, Any]] = {item["id"]: item for item in data["questions"]}
    if question_id not in items:
        raise _no_question(question_id, data["title"], list(items))
    return items[question_id]


@cache
def _unit_question(unit: str, question_id: str, numbers: tuple[tuple[str, float], ...]) -> Question:
    # Kept by the numbers, not by the student: of these there are few, and each takes a while to compute.
    path, data = _unit_data(unit)
    return question_with(path, data, _unit_item(unit, question_id), dict(numbers))


def _no_question(question_id: str, title: str, known: list[str]) -> QuizError:
    return QuizError(f"no question {question_id!r} in quiz {title!r}; it has {', '.join(known)}")


@cache
def _schema() -> dict[str, Any]:
    text = resources.files("autograder").joinpath("quiz.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def _check_schema(path: Path, data: Any) -> None:
    broken = schema_error(data, _schema())
    if broken is None:
        return
    where, message = broken
    place = ".".join(map(str, where)) or "top level"
    if len(where) > 1 and where[0] == "questions":
        question = data["questions"][where[1]]
        name = question.get("id", where[1]) if isinstance(question, dict) else where[1]
        field = [*map(str, where[2:])] or ["fields"]
        if field[0] == "options" and len(field) > 1:
            field[1] = LETTERS[int(field[1])]
        place = f"question {name!r}, {'.'.join(field)}"
    raise QuizError(f"{path}: {place}: {message}")
