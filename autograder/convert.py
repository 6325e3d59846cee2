"""From an authored assignment to the notebooks that nbgrader takes as source: practice.ipynb and quiz.ipynb.

The same text always gives the same bytes: cell ids come from grade ids and positions, not from chance.
"""

from __future__ import annotations

import base64
import inspect
import re
import textwrap
from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode

from autograder.assignment import Assignment
from autograder.drawn import REFERENCE, drawn
from autograder.errors import AutograderError
from autograder.notebooks import new_cell, new_notebook
from autograder.question import SIGNS, Key, Question, is_finite_number
from autograder.quiz import Quiz
from autograder.quiz_figure import Figure

NOTEBOOKS = ("practice", "quiz")

_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def source_notebooks(assignment: Assignment) -> dict[str, NotebookNode]:
    """Convert an authored assignment; the keys are the notebooks' names, in order."""
    notebooks = practice_notebook(assignment), quiz_notebook(assignment.name, assignment.quiz)
    return dict(zip(NOTEBOOKS, notebooks, strict=True))


def practice_notebook(assignment: Assignment) -> NotebookNode:
    """Fill in what the authored cells leave out: nbgrader's full metadata, locks and cell ids."""
    cells = []
    for number, authored in enumerate(assignment.practice.cells, start=1):
        metadata: dict[str, Any] = {}
        cell_id = f"cell-{number}"
        if "problem" in authored.metadata:
            cell_id = f"{authored.metadata.problem['id']}-statement"
            metadata = {"problem": dict(authored.metadata.problem), "nbgrader": _locked(cell_id)}
        elif "nbgrader" in authored.metadata:
            cell_id = authored.metadata.nbgrader["grade_id"]
            metadata = {"nbgrader": _completed(authored.metadata.nbgrader)}
        cells.append(new_cell(authored.cell_type, authored.source, cell_id, metadata))
    return _notebook(f"{assignment.folder / 'practice.md'}", cells)


def quiz_notebook(name: str, quiz: Quiz, account: str = REFERENCE) -> NotebookNode:
    """Write a quiz as a notebook: the question, a cell for the answer, a locked cell that grades it.

    The grading cell checks in the open that the answer has the right form. Its truth is a hidden test, which
    asks `grade_answer` and so holds no key. `account` is whose the quiz's keys are: it names itself in the
    solution of the first cell. Released notebooks don't hold it, and are the same for all.
    """
    cells = [_marked("markdown", _instructions(quiz), _locked("instructions"))]
    if any(question.draw for question in quiz):
        cells += [
            _marked("code", _account(account), _solution("account")),
            _marked("code", _numbers_for_all(), _locked("drawing")),
        ]
    for number, question in enumerate(quiz, start=1):
        cells.append(_marked("markdown", _statement(number, question), _locked(f"{question.id}-question")))
        if question.draw:
            cells.append(_marked("code", _own_numbers(number, question), _locked(f"{question.id}-numbers")))
        cells += [
            _marked("code", _answer(number, question), _solution(question.id)),
            _marked("code", _check(name, number, question), _test(f"{question.id}-check", question.points)),
        ]
    return _notebook(f"the quiz of {name}", cells)


def _notebook(origin: str, cells: list[NotebookNode]) -> NotebookNode:
    seen: set[str] = set()
    for cell in cells:
        if cell.id in seen:
            raise AutograderError(
                f"{origin}: two cells get the id {cell.id!r}; rename a problem, a cell or a question"
            )
        seen.add(cell.id)
    return new_notebook(cells, _METADATA)


def _marked(cell_type: str, source: str, metadata: Mapping[str, Any]) -> NotebookNode:
    return new_cell(cell_type, source, metadata["grade_id"], {"nbgrader": metadata})


def _nbgrader(grade_id: str, **flags: Any) -> dict[str, Any]:
    return {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": False,
        "solution": False,
        "locked": False,
        "task": False,
        **flags,
    }


def _locked(grade_id: str) -> dict[str, Any]:
    return _nbgrader(grade_id, locked=True)


def _solution(grade_id: str) -> dict[str, Any]:
    return _nbgrader(grade_id, solution=True)


def _test(grade_id: str, points: float) -> dict[str, Any]:
    return _nbgrader(grade_id, grade=True, locked=True, points=points)


def _completed(brief: Mapping[str, Any]) -> dict[str, Any]:
    if brief.get("grade"):
        return _test(brief["grade_id"], brief["points"])
    return _solution(brief["grade_id"]) if brief.get("solution") else _locked(brief["grade_id"])


def _points(points: int) -> str:
    return f"{points} point{'' if points == 1 else 's'}"


def _instructions(quiz: Quiz) -> str:
    total = sum(question.points for question in quiz)
    own = (
        "First write your account name into the cell below: some questions have numbers of your own, which "
        "are drawn from it and shown below the question. Then go down cell by cell with Shift+Enter: "
        "*Run All* stops at the first question that has no answer yet.\n\n"
        if any(question.draw for question in quiz)
        else ""
    )
    return (
        f"# {quiz.title}\n\n"
        f"{own}"
        f"{len(quiz.questions)} questions, {_points(total)}. Below each question is a cell such as "
        "`answer_1 = None`: put your answer in place of `None` and run the cell. You need not touch the "
        "lines below it; they only speak up while there is no answer.\n\n"
        "The cell after it is locked. Run it to see whether your answer can be read; "
        "whether it is right is decided when the quiz is graded. "
        "**Validate** only tells whether your answers can be read, never whether they are right."
    )


def _account(account: str) -> str:
    return (
        '# Write your account name in place of None: the one you hand in with, in quotes, such as "ada".\n'
        "account = None\n\n"
        "if account is None:\n"
        "    ### BEGIN SOLUTION\n"
        f"    account = {account!r}\n"
        "    ### END SOLUTION"
    )


def _numbers_for_all() -> str:
    """Write the cell that defines how numbers are drawn; it needs nothing but Python."""
    return f"""# Nothing to do here: this cell defines how the numbers of your own are drawn and shown.
import hashlib


{inspect.getsource(drawn)}

def show_numbers(question, values):
    if not (isinstance(globals().get("account"), str) and account.strip()):
        print("Write your account name into the first cell, run it, and run this cell again.")
        return
    numbers = drawn(account, question, values)
    print("Your numbers:", ", ".join(f"{{name}} = {{value}}" for name, value in numbers.items()))"""


def _own_numbers(number: int, question: Question) -> str:
    values = {name: list(possible) for name, possible in question.draw.items()}
    return f'show_numbers("{question.id}", {values})'


def _statement(number: int, question: Question) -> str:
    parts = [f"## Question {number} ({_points(question.points)})", question.text.strip()]
    if question.figure is not None:
        parts.append(_picture(question.figure))
    if question.options:
        items = [textwrap.indent(option.text.strip(), "  ").strip() for option in question.options]
        letters = question.letters
        parts.append(
            "\n".join(f"- **{letter}.** {item}" for letter, item in zip(letters, items, strict=True))
        )
    if question.kind in ("number", "argmin"):
        parts.append(f"Anything within ±{question.tolerance:g} of the exact number counts as right.")
    return "\n\n".join(parts)


def _picture(figure: Figure) -> str:
    # Inside of the text, for nbgrader restores a locked cell's text, and not its attachments: with one lost
    # on the way (not every editor keeps them), no feedback could be written for the whole notebook.
    alt = re.sub(r"([\\\[\]$`*_<&])", r"\\\1", " ".join(figure.alt.split()))
    return f"![{alt}](data:image/png;base64,{base64.b64encode(figure.png()).decode()})"


def _form(question: Question) -> str:
    """Say what an answer looks like, in words that fit after 'your answer:'."""
    if question.kind in ("choice", "figure"):
        return f'one letter in quotes, such as "{question.letters[0]}"'
    if question.kind == "several":
        first, second = question.letters[:2]
        return (
            f'a set of letters, such as {{"{first}", "{second}"}}: all that hold, and there may be only one'
        )
    if question.kind == "sign":
        return '"negative", "zero" or "positive", in quotes'
    return "a number, such as 1.5"


def _slip(question: Question) -> str:
    """Say what to look at when the answer is not even a name, because its cell stopped with an error."""
    if question.options:
        return f'letters need quotes, such as "{question.letters[0]}"'
    if question.kind == "sign":
        return 'words need quotes, such as "zero"'
    return "it takes a number, such as 1.5"


def _answer(number: int, question: Question) -> str:
    # The region stands under `if`, so that an answered cell never reaches the stub that nbgrader puts there.
    return (
        f"# Your answer: {_form(question)}.\n"
        f"answer_{number} = None\n\n"
        f"if answer_{number} is None:\n"
        "    ### BEGIN SOLUTION\n"
        f"    answer_{number} = {_literal(question.key)}\n"
        "    ### END SOLUTION"
    )


def _literal(key: Key) -> str:
    """Write a key as Python source, a set in the order of its letters."""
    if isinstance(key, frozenset):
        return "{" + ", ".join(f'"{letter}"' for letter in sorted(key)) + "}"
    return f'"{key}"' if isinstance(key, str) else f"{key:.10g}"


def _check(name: str, number: int, question: Question) -> str:
    answer = f"answer_{number}"
    before, condition = _form_check(answer, question)
    wanted = f"Question {number}: give {_form(question)}; you gave "
    missing = f"Question {number}: run the cell above; {_slip(question)}."
    unnamed = f"Question {number}: write your account name, in quotes, into the first cell and run it."
    own = (
        'assert isinstance(globals().get("account"), str) and account.strip(), ' + f"{unnamed!r}\n"
        if question.draw
        else ""
    )
    return (
        f'assert "{answer}" in globals(), {missing!r}\n'
        f'{before}assert {answer} is not None, "Question {number} is not answered yet."\n'
        f"assert {condition}, (\n"
        f"    {wanted!r} + repr({answer})[:200]\n"
        ")\n"
        f"{own}"
        "### BEGIN HIDDEN TESTS\n"
        "from autograder.quiz import grade_answer\n\n"
        f'grade_answer("{name}", "{question.id}", {answer}{", account" if question.draw else ""})\n'
        "### END HIDDEN TESTS"
    )


def _form_check(answer: str, question: Question) -> tuple[str, str]:
    """Write the rules of `Question.form_error` as Python that needs no import from here.

    Returns lines that go before, and the condition that an answer of the right form fulfils.
    """
    letters = list(question.letters)
    if question.kind in ("choice", "figure"):
        return "", f"isinstance({answer}, str) and {answer} in {letters}"
    if question.kind == "several":
        some = f"isinstance({answer}, (set, frozenset, list, tuple)) and {answer}"
        return "", f"{some} and all(isinstance(i, str) and i in {letters} for i in {answer})"
    if question.kind == "sign":
        return "", f"isinstance({answer}, str) and {answer} in {list(SIGNS)}"
    rule = inspect.getsource(is_finite_number)
    return f"import math\nimport numbers\n\n\n{rule}\n\n", f"is_finite_number({answer})"
