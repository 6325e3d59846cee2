"""The units together: how much there is, every objective of the book exercised, and nothing repeated."""

from __future__ import annotations

import ast
import copy
import itertools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import solutions
from autograder.assignment import Assignment, list_assignments, load_assignment
from autograder.quiz import load_quiz
from autograder.regions import without_markers
from autograder.self_check import hints

BOOK = Path(__file__).parents[2] / "book"
UNITS = [load_assignment(name) for name in list_assignments()]
QUICK_CHECKS = sorted(BOOK.glob("*/*.quiz.yml"))


def test_there_are_eight_units_of_six_to_eight_problems_and_ten_questions_or_more() -> None:
    assert [unit.name[:2] for unit in UNITS] == [f"u{number}" for number in range(1, 9)]
    assert {unit.name: len(unit.problems) for unit in UNITS if not 6 <= len(unit.problems) <= 8} == {}
    assert {unit.name: len(unit.quiz.questions) for unit in UNITS if len(unit.quiz.questions) < 10} == {}
    assert sum(len(unit.problems) for unit in UNITS) >= 52
    assert sum(len(unit.quiz.questions) for unit in UNITS) >= 90


def test_ids_and_functions_are_unique_in_the_course() -> None:
    ids = [problem.id for unit in UNITS for problem in unit.problems]
    ids += [question.id for unit in UNITS for question in unit.quiz]
    names = [name for unit in UNITS for problem in unit.problems for name in problem.defines]
    assert [i for i, number in Counter(ids).items() if number > 1] == []
    assert [name for name, number in Counter(names).items() if number > 1] == []


def test_every_objective_of_every_chapter_is_exercised_by_a_problem_and_by_a_question() -> None:
    chapters = [path.with_name(path.name.replace(".quiz.yml", ".md")) for path in QUICK_CHECKS]
    promised = {i for path in chapters for i in re.findall(r"\]\{#([a-z0-9-]+)\}", path.read_text("utf-8"))}
    assert len(promised) > 150
    in_problems = {i for unit in UNITS for problem in unit.problems for i in problem.objectives}
    in_questions = {i for unit in UNITS for question in unit.quiz for i in question.objectives}
    assert promised - in_problems == set()
    assert promised - in_questions == set()


def test_every_unit_is_named_by_the_chapters_that_it_exercises() -> None:
    for unit in UNITS:
        for chapter in {question.read for question in unit.quiz}:
            assert f"`{unit.name}`" in (BOOK / f"{chapter}.md").read_text("utf-8"), (unit.name, chapter)


def test_the_course_has_problems_of_every_kind() -> None:
    kinds = Counter(kind for unit in UNITS for problem in unit.problems for kind in problem.kinds)
    assert min(kinds[kind] for kind in ("repair", "counterexample", "design")) >= 2
    assert any(question.kind == "figure" for unit in UNITS for question in unit.quiz)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_minutes_that_are_announced_are_those_of_the_problems(unit: Assignment) -> None:
    total = sum(problem.minutes for problem in unit.problems)
    announced = re.search(r"about (\d+) minutes", unit.practice.cells[0].source)
    assert announced
    assert abs(int(announced[1]) - total) <= 5


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_hints_hold_no_line_of_the_solution(unit: Assignment) -> None:
    statements = [cell.source for cell in unit.practice.cells if "problem" in cell.metadata]
    folded = "\n".join(hint for statement in statements for hint in hints(statement))
    code = [cell.source for cell in unit.practice.cells if "BEGIN SOLUTION" in cell.source]
    lines = [
        line.strip()
        for source in code
        for region in re.split(r"### (?:BEGIN|END) SOLUTION", source)[1::2]
        for line in region.split("\n")
    ]
    assert [line for line in lines if len(line) > 12 and line in folded] == []


# --- nothing that the book shows already ------------------------------------------------------------------


class Anonymous(ast.NodeTransformer):
    """Gives variables and arguments names by their order, so that only what is computed is compared."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(self.names.setdefault(node.arg, f"v{len(self.names)}"))


def computed(function: ast.FunctionDef) -> str:
    """What a function computes, without its name, docstring and names of variables."""
    function = copy.deepcopy(function)
    anonymous = Anonymous()
    function = anonymous.visit(function)
    stored = [
        node for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    anonymous.names |= {name.id: f"w{number}" for number, name in enumerate(stored)}
    body = [
        statement
        for statement in anonymous.visit(function).body
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]
    return "\n".join(ast.unparse(ast.fix_missing_locations(statement)) for statement in body)


def functions(code: str) -> Iterator[ast.FunctionDef]:
    try:
        tree = ast.parse(code)
    except SyntaxError:  # a fragment in prose
        return
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def functions_in_the_book() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in sorted(BOOK.glob("*/*.md")):
        for block in re.findall(r"^```+\{?[a-z-]+[^\n]*\n(.*?)^```+$", path.read_text("utf-8"), re.M | re.S):
            code = re.sub(r"\A---\n(?s:.*?)\n---\n|\A(?::[a-z-]+:.*\n)+", "", block)
            yield from ((path.stem, function) for function in functions(code))


def test_no_problem_asks_for_a_function_that_the_book_or_the_reference_shows() -> None:
    shown = list(functions_in_the_book())
    assert len(shown) > 200
    names = {function.name for _, function in shown} | set(solutions.__all__)
    bodies = {computed(function): f"{chapter}: {function.name}" for chapter, function in shown}
    for unit in UNITS:
        asked = {name for problem in unit.problems for name in problem.defines}
        assert asked & names == set(), unit.name
        for cell in unit.practice.cells:
            if "BEGIN SOLUTION" in cell.source:
                for function in functions(without_markers(cell.source)):
                    assert computed(function) not in bodies, (function.name, bodies[computed(function)])


def words(text: str) -> set[tuple[str, ...]]:
    """The triples of words that follow each other in a text."""
    found = re.findall(r"[a-z]{2,}|\d+(?:\.\d+)?", text.lower())
    return set(zip(found, found[1:], found[2:], strict=False))


def test_no_question_is_one_of_a_chapter_s_quick_check_or_of_another_unit() -> None:
    graded = [(question.id, words(question.text)) for unit in UNITS for question in unit.quiz]
    checks = [
        (f"{path.stem} {question.id}", words(question.text))
        for path in QUICK_CHECKS
        for question in load_quiz(path)
    ]
    alike = [
        (one, other)
        for (one, first), (other, second) in itertools.chain(
            itertools.product(graded, checks), itertools.combinations(graded, 2)
        )
        if len(first & second) > 0.4 * min(len(first), len(second)) > 0
    ]
    assert alike == []
