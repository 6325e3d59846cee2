"""What holds for every assignment: unsolved fails, solved passes, wrong is named, no secret is released."""

from __future__ import annotations

import ast
import copy
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions  # type: ignore[import-untyped]

from autograder import seeds
from autograder.assignment import Assignment, Problem, list_assignments, load_assignment
from autograder.convert import source_notebooks
from autograder.course import init_course
from autograder.question import SIGNS, Question
from autograder.quiz import all_keys, grade_answer, load_quiz
from autograder.regions import HIDDEN_TESTS, SOLUTION
from autograder.release import release

ROOT = Path(__file__).parents[2]
NAMES = list_assignments()
SHORTEST_SECRET = 8  # characters; shorter lines, such as `)`, tell nothing

# Runs the cells of each notebook in a namespace of its own. No kernel, so that the whole set takes seconds.
RUNNER = """
import contextlib, io, json, sys

request = json.load(sys.stdin)
sys.modules.update(dict.fromkeys(request["blocked"]))
outcomes = {}
with contextlib.redirect_stdout(io.StringIO()):
    for notebook, cells in request["notebooks"].items():
        namespace, outcomes[notebook] = {}, {}
        for cell, source in cells:
            try:
                exec(compile(source, cell, "exec"), namespace)
                outcomes[notebook][cell] = ""
            except BaseException as error:
                outcomes[notebook][cell] = f"{type(error).__name__}: {error}"
json.dump(outcomes, sys.stdout)
"""

Cells = list[NotebookNode]
Outcomes = dict[str, str]  # by cell id: "" when it ran, else the error's type and message


def run(notebooks: Mapping[str, Cells], *, blocked: Iterable[str] = ()) -> dict[str, Outcomes]:
    """Run the code cells of notebooks in one process, with some modules made impossible to import."""
    sources = {
        name: [(cell.id, cell.source) for cell in cells if cell.cell_type == "code"]
        for name, cells in notebooks.items()
    }
    done = subprocess.run(
        [sys.executable, "-c", RUNNER],
        input=json.dumps({"notebooks": sources, "blocked": list(blocked)}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    outcomes: dict[str, Outcomes] = json.loads(done.stdout)
    return outcomes


def grade_id(cell: NotebookNode) -> str:
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def is_test(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("grade"))


def is_solution(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def changed(cells: Cells, change: Any) -> Cells:
    """Copy cells, each changed."""
    return [change(copy.deepcopy(cell)) for cell in cells]


def stubbed(cell: NotebookNode) -> NotebookNode:
    """Clear a solution cell the way nbgrader does for students."""
    return ClearSolutions().preprocess_cell(cell, {"language": "python"}, 0)[0] if is_solution(cell) else cell


def as_seen(cell: NotebookNode) -> NotebookNode:
    """Drop hidden tests the way nbgrader does for students."""
    return ClearHiddenTests().preprocess_cell(cell, {}, 0)[0] if is_test(cell) else cell


def region_lines(source: str) -> tuple[list[str], list[str]]:
    """Split a source into the lines inside solution and hidden-test regions, and the lines outside."""
    inside: list[str] = []
    outside: list[str] = []
    hidden = False
    for line in source.splitlines():
        if any(begin in line for begin, _ in (SOLUTION, HIDDEN_TESTS)):
            hidden = True
        elif any(end in line for _, end in (SOLUTION, HIDDEN_TESTS)):
            hidden = False
        else:
            (inside if hidden else outside).append(line)
    return inside, outside


@pytest.fixture(scope="module", params=NAMES)
def assignment(request: pytest.FixtureRequest) -> Assignment:
    return load_assignment(request.param)


@pytest.fixture(scope="module")
def source(assignment: Assignment) -> dict[str, Cells]:
    return {name: notebook.cells for name, notebook in source_notebooks(assignment).items()}


@pytest.fixture(scope="module")
def wrong_answers(assignment: Assignment) -> dict[str, list[dict[str, Any]]]:
    text = (assignment.folder / "mistakes.yml").read_text(encoding="utf-8")
    loaded: dict[str, list[dict[str, Any]]] = yaml.safe_load(text)
    return loaded


@pytest.fixture(scope="module")
def released(assignment: Assignment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `autograder release` makes for students."""
    course = init_course(tmp_path_factory.mktemp("released") / "course", [assignment.name])
    return release(course, assignment.name).folder


# --- running it -------------------------------------------------------------------------------------------


def test_unsolved_fails_every_check_and_is_told_so(source: dict[str, Cells]) -> None:
    outcomes = run({name: changed(cells, stubbed) for name, cells in source.items()})
    for name, cells in source.items():
        for cell in filter(is_test, cells):
            said = outcomes[name][cell.id]
            assert re.search("not attempted yet|not answered yet", said), (cell.id, said)


def test_solved_passes_every_check(source: dict[str, Cells]) -> None:
    for name, outcomes in run(source).items():
        assert {cell: said for cell, said in outcomes.items() if said} == {}, name


def test_what_students_see_needs_neither_the_reference_nor_the_grader(source: dict[str, Cells]) -> None:
    seen = {name: changed(cells, as_seen) for name, cells in source.items()}
    for name, outcomes in run(seen, blocked=["solutions", "autograder"]).items():
        assert {cell: said for cell, said in outcomes.items() if said} == {}, name
    for cell in filter(is_test, seen["practice"]):
        imports = [
            node
            for node in ast.walk(ast.parse(cell.source))
            if isinstance(node, (ast.Import, ast.ImportFrom))
        ]
        assert [ast.unparse(node) for node in imports] == ["import numpy as np"], cell.id


def test_what_students_see_fails_when_unsolved_too(source: dict[str, Cells]) -> None:
    seen = {name: changed(changed(cells, stubbed), as_seen) for name, cells in source.items()}
    outcomes = run(seen, blocked=["solutions", "autograder"])
    for name, cells in source.items():
        assert [cell.id for cell in filter(is_test, cells) if not outcomes[name][cell.id]] == [], name


def test_every_wrong_answer_fails_is_named_and_passes_only_what_is_right_in_it(
    assignment: Assignment, source: dict[str, Cells], wrong_answers: dict[str, list[dict[str, Any]]]
) -> None:
    problems = {problem.id: problem for problem in assignment.problems}
    attempts = [(problems[i], wrong) for i, listed in wrong_answers.items() for wrong in listed]
    notebooks = {
        f"{problem.id}/{wrong['name']}": with_answer(source["practice"], problem, wrong)
        for problem, wrong in attempts
    }
    outcomes = run(notebooks)
    as_students_see = run({name: changed(cells, as_seen) for name, cells in notebooks.items()})
    for problem, wrong in attempts:
        name = f"{problem.id}/{wrong['name']}"
        below = checks_below(assignment, problem, wrong["cell"])
        said = {test: outcomes[name][test] for test in below}
        assert [test for test, text in said.items() if not text] == wrong["passes"], (name, said)
        assert [test for test in below if not as_students_see[name][test]] == wrong["passes"], name
        assert any(f"This looks like '{wrong['title']}'" in text for text in said.values()), (name, said)


def with_answer(cells: Cells, problem: Problem, wrong: Mapping[str, Any]) -> Cells:
    """Put a wrong answer in place of a solution, and leave out the tests of other problems."""
    kept = changed(
        [cell for cell in cells if not is_test(cell) or grade_id(cell) in problem.tests], lambda cell: cell
    )
    for cell in kept:
        if grade_id(cell) == wrong["cell"]:
            cell.source = wrong["code"]
    return kept


def checks_below(assignment: Assignment, problem: Problem, solution: str) -> list[str]:
    """List the tests of a problem that stand below one of its solution cells and above the next."""
    order = [i for i in map(grade_id, assignment.practice.cells) if i in problem.solutions + problem.tests]
    below = order[order.index(solution) + 1 :]
    return list(itertools.takewhile(lambda i: i in problem.tests, below))


def test_numbers_in_messages_are_shown_as_plain_numbers(
    source: dict[str, Cells], assignment: Assignment, wrong_answers: dict[str, list[dict[str, Any]]]
) -> None:
    problems = {problem.id: problem for problem in assignment.problems}
    notebooks = {
        f"{i}/{wrong['name']}": changed(with_answer(source["practice"], problems[i], wrong), as_seen)
        for i, listed in wrong_answers.items()
        for wrong in listed
    }
    said = [text for outcomes in run(notebooks).values() for text in outcomes.values()]
    assert [text for text in said if "np.float64" in text] == []


# --- reading it -------------------------------------------------------------------------------------------


def test_every_problem_has_at_least_three_wrong_answers_with_names_of_their_own(
    assignment: Assignment, wrong_answers: dict[str, list[dict[str, Any]]]
) -> None:
    assert list(wrong_answers) == [problem.id for problem in assignment.problems]
    for problem in assignment.problems:
        listed = wrong_answers[problem.id]
        names = [wrong["name"] for wrong in listed]
        assert len(set(names)) == len(names) >= 3, problem.id
        assert {wrong["cell"] for wrong in listed} == set(problem.solutions), problem.id


def test_every_problem_has_hints_points_and_minutes(assignment: Assignment) -> None:
    statements = {
        cell.metadata.problem["id"]: cell.source
        for cell in assignment.practice.cells
        if "problem" in cell.metadata
    }
    for problem in assignment.problems:
        hints = re.findall(
            r"<details><summary>Hint[^<]*</summary>\s*(.*?)\s*</details>",
            statements[problem.id],
            flags=re.DOTALL,
        )
        assert hints, problem.id
        assert all(len(hint) > 20 for hint in hints), problem.id
        assert 2 <= len(problem.tests) <= 5, problem.id
        assert problem.minutes <= (45 if problem is assignment.problems[-1] else 20), problem.id
        for name in problem.defines:
            assert f"`{name}(" in statements[problem.id], (problem.id, name)


def test_the_points_that_are_announced_are_the_points_that_are_given(assignment: Assignment) -> None:
    total = sum(problem.points for problem in assignment.problems)
    assert f"{total:g} points" in assignment.practice.cells[0].source
    for cell in filter(is_test, assignment.practice.cells):
        announced = re.match(r"# Check \d+\.\d+ \((\d+) points?\): \S", cell.source)
        assert announced, grade_id(cell)
        assert int(announced[1]) == cell.metadata.nbgrader.points, grade_id(cell)


def test_no_test_cell_ends_with_a_value_which_would_be_partial_credit(source: dict[str, Cells]) -> None:
    for cell in filter(is_test, itertools.chain(*source.values())):
        last = ast.parse(cell.source).body[-1]
        if isinstance(last, ast.Expr):
            called = ast.unparse(last.value.func) if isinstance(last.value, ast.Call) else ""
            assert called in ("print", "grade_answer") or called.startswith("checks."), cell.id


def test_objectives_are_those_of_a_chapter_and_each_of_them_is_exercised(assignment: Assignment) -> None:
    objectives = {question.read: chapter_objectives(question.read) for question in assignment.quiz}
    for question in assignment.quiz:
        assert set(question.objectives) & objectives[question.read], question.id
    wanted = set().union(*objectives.values())
    in_problems = {i for problem in assignment.problems for i in problem.objectives}
    in_questions = {i for question in assignment.quiz for i in question.objectives}
    assert (wanted - in_problems, in_problems - wanted) == (set(), set())
    assert (wanted - in_questions, in_questions - wanted) == (set(), set())


def chapter_objectives(chapter: str) -> set[str]:
    text = (ROOT / "book" / f"{chapter}.md").read_text(encoding="utf-8")
    return set(re.findall(r"\]\{#([a-z0-9-]+)\}", text))


def test_the_problems_are_of_the_kinds_that_every_unit_needs(assignment: Assignment) -> None:
    kinds = {kind for problem in assignment.problems for kind in problem.kinds}
    assert {"gradient", "stability", "number", "data"} <= kinds


# --- releasing it -----------------------------------------------------------------------------------------


def test_students_get_two_notebooks_and_nothing_else(released: Path) -> None:
    assert sorted(path.name for path in released.rglob("*")) == ["practice.ipynb", "quiz.ipynb"]


def test_no_solution_no_hidden_test_and_no_key_is_in_any_released_byte(
    assignment: Assignment, source: dict[str, Cells], released: Path
) -> None:
    handed_out = b"\n".join(path.read_bytes() for path in sorted(released.rglob("*")) if path.is_file())
    found = [
        secret
        for secret in secrets(assignment, source)
        if any(form in handed_out for form in written(secret))
    ]
    assert found == []


def test_released_cells_are_the_authored_ones_outside_the_blanks(
    source: dict[str, Cells], released: Path
) -> None:
    for name, cells in source.items():
        handed_out = json.loads((released / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        assert [cell["id"] for cell in handed_out] == [cell.id for cell in cells]
        for authored, given in zip(cells, handed_out, strict=True):
            inside, outside = region_lines(authored.source)
            lines = "".join(given["source"]).splitlines()
            if is_solution(authored):
                assert inside, authored.id
                lines = [
                    line for line in lines if not re.search("YOUR CODE HERE|raise NotImplementedError", line)
                ]
            assert lines == outside, authored.id


def secrets(assignment: Assignment, source: dict[str, Cells]) -> Iterator[str]:
    """List what students must not get: lines of solutions and hidden tests, and the quiz's feedback."""
    cells = [cell for cells in source.values() for cell in cells]
    open_lines = {line.strip() for cell in cells for line in region_lines(cell.source)[1]}
    for cell in cells:
        for line in region_lines(cell.source)[0]:
            if len(line.strip()) >= SHORTEST_SECRET and line.strip() not in open_lines:
                yield line.strip()
    for question in assignment.quiz:
        yield from (option.feedback.strip() for option in question.options)
        yield from (mistake.feedback.strip() for mistake in question.mistakes)
        yield from (text.strip() for text in question.feedback.values())


def written(secret: str) -> set[bytes]:
    """Give the forms that a line can take in a file: plain, and as JSON writes it."""
    return {
        form.encode()
        for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    }


# --- the quiz ---------------------------------------------------------------------------------------------


def test_every_key_is_accepted_by_the_hidden_test(assignment: Assignment) -> None:
    for student in ("ada", "Bob"):
        with seeds.use(f"00:{student}", "cell"):
            for question in load_quiz(assignment.folder / "quiz.yml", student):
                grade_answer(assignment.name, question.id, question.key, student)


def test_numbers_to_compute_with_are_each_student_s_own(assignment: Assignment) -> None:
    computed = {question.id for question in assignment.quiz if question.kind in ("number", "argmin")}
    keys = all_keys(assignment.folder / "quiz.yml")
    assert computed - set(keys) == set()
    assert {i for i in computed if len(set(keys[i])) < 3} == set()


def test_every_other_answer_is_refused_with_the_feedback_on_it(assignment: Assignment) -> None:
    for question in assignment.quiz:
        for given, feedback in wrong_ones(question):
            verdict = question.assess(given)
            assert not verdict.correct, (question.id, given)
            assert set(feedback) <= set(verdict.feedback), (question.id, given)


def test_the_hidden_test_says_the_feedback(assignment: Assignment) -> None:
    question = assignment.quiz.questions[0]
    given, feedback = next(wrong_ones(question))
    with pytest.raises(AssertionError) as caught:
        grade_answer(assignment.name, question.id, given)
    assert feedback[0].strip() in str(caught.value)


def wrong_ones(question: Question) -> Iterator[tuple[Any, list[str]]]:
    """Give the wrong answers of a question, of numbers one per misconception and one more, with feedback."""
    if question.kind in ("choice", "figure"):
        yield from (
            (option.letter, [option.feedback]) for option in question.options if option.letter != question.key
        )
    elif question.kind == "several":
        for size in range(1, len(question.options) + 1):
            for chosen in itertools.combinations(question.options, size):
                letters = frozenset(option.letter for option in chosen)
                if letters != question.key:
                    yield letters, [option.feedback for option in chosen]
    elif question.kind == "sign":
        yield from ((sign, [question.feedback[sign]]) for sign in SIGNS if sign != question.key)
    else:
        assert question.mistakes, f"{question.id}: no misconception is named"
        yield from ((mistake.answer, [mistake.feedback]) for mistake in question.mistakes)
        yield 1e9, [question.feedback["wrong"]]


def test_the_quiz_has_every_kind_of_question(assignment: Assignment) -> None:
    assert {question.kind for question in assignment.quiz} - {"figure"} == {
        "choice",
        "several",
        "number",
        "sign",
        "argmin",
    }
