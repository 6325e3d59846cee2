"""Hidden inputs of a student's own: others for everyone, the same again, as telling as the authored ones."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import yaml

from autograder import seeds
from autograder.assignment import Problem, list_assignments, load_assignment
from autograder.checks import line_cases, residual_cases
from autograder.convert import source_notebooks
from tests.autograder.test_invariants import Cells, Outcomes, checks_below, grade_id, is_test, with_answer

ADA, BOB = "ada5" * 16, "b0b5" * 16


# --- where the numbers come from --------------------------------------------------------------------------


def test_outside_of_an_examiner_inputs_are_those_that_were_authored() -> None:
    assert seeds.fresh(7) == 7
    with seeds.use(ADA, "values"):
        pass
    assert seeds.fresh(7) == 7


def test_a_student_meets_the_same_inputs_again() -> None:
    with seeds.use(ADA, "values"):
        first = seeds.fresh(7)
    with seeds.use(ADA, "values"):
        assert seeds.fresh(7) == first


def test_another_process_derives_the_same() -> None:
    script = f"from autograder import seeds\nwith seeds.use({ADA!r}, 'values'): print(seeds.fresh(7))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    with seeds.use(ADA, "values"):
        assert int(done.stdout) == seeds.fresh(7)


def test_inputs_differ_by_student_test_and_authored_seed() -> None:
    derived = {7}
    for student in (ADA, BOB):
        for cell in ("values", "shapes"):
            with seeds.use(student, cell):
                derived |= {seeds.fresh(7), seeds.fresh(8)}
    assert len(derived) == 9


def test_an_error_in_a_test_ends_the_use_of_its_seed() -> None:
    with seeds.use(ADA, "values"):
        outer = seeds.fresh(7)
        with contextlib.suppress(AssertionError), seeds.use(BOB, "shapes"):
            raise AssertionError
        assert seeds.fresh(7) == outer
    assert seeds.fresh(7) == 7


def test_threads_of_a_test_draw_the_inputs_of_the_same_student() -> None:
    seen: list[int] = []
    with seeds.use(ADA, "values"):
        thread = threading.Thread(target=lambda: seen.append(seeds.fresh(7)))
        thread.start()
        thread.join()
        assert seen == [seeds.fresh(7)]


@pytest.mark.parametrize("cases", [residual_cases, line_cases])
def test_the_generators_of_cases_draw_from_them(cases: Any) -> None:
    authored = str(cases(7))
    with seeds.use(ADA, "values"):
        of_ada = str(cases(7))
        assert str(cases(7)) == of_ada
    with seeds.use(BOB, "values"):
        of_bob = str(cases(7))
    assert len({authored, of_ada, of_bob}) == 3
    assert str(cases(7)) == authored


# --- how telling the cases are ----------------------------------------------------------------------------


def many_cases(**settings: Any) -> Iterator[dict[str, Any]]:
    for student in range(200):
        with seeds.use(f"{student:064x}", "values"):
            yield from residual_cases(7, **settings)


def test_residuals_that_count_have_both_signs_and_a_single_one_is_negative() -> None:
    for case in many_cases(weighted=True):
        residual = (case["y_pred"] - case["y_true"])[case["weights"] > 0]
        assert np.min(residual) < 0, case
        assert np.max(residual) > 0 or residual.size == 1, case


def test_weights_do_not_add_up_to_a_number_that_hides_a_wrong_denominator() -> None:
    for case in many_cases(weighted=True):
        total, size = np.sum(case["weights"]), len(case["weights"])
        assert not np.any(np.isclose(total, [0.5, 1, 2, size / 2, size, 2 * size])), case
        assert size == 1 or case["weights"][-1] == 0


# --- the assignments --------------------------------------------------------------------------------------


def outcomes(cells: Cells, student: str) -> Outcomes:
    """Run the cells, each test with the student's own inputs."""
    namespace: dict[str, Any] = {}
    said: Outcomes = {}
    for cell in cells:
        if cell.cell_type != "code":
            continue
        inputs = seeds.use(student, grade_id(cell)) if is_test(cell) else contextlib.nullcontext()
        with inputs, contextlib.redirect_stdout(io.StringIO()):
            try:
                exec(compile(cell.source, cell.id, "exec"), namespace)
                said[cell.id] = ""
            except Exception as error:
                said[cell.id] = f"{type(error).__name__}: {error}"
    return said


@pytest.mark.parametrize("student", [ADA, BOB])
@pytest.mark.parametrize("name", list_assignments())
def test_right_and_wrong_answers_get_the_same_marks_and_names_on_a_students_own_inputs(
    name: str, student: str
) -> None:
    assignment = load_assignment(name)
    practice = source_notebooks(assignment)["practice"].cells
    right = outcomes(practice, student)
    assert {cell: said for cell, said in right.items() if said} == {}
    problems: dict[str, Problem] = {problem.id: problem for problem in assignment.problems}
    listed = yaml.safe_load((assignment.folder / "mistakes.yml").read_text(encoding="utf-8"))
    for problem, wrong in ((problems[i], wrong) for i in listed for wrong in listed[i]):
        said = outcomes(with_answer(practice, problem, wrong), student)
        below = checks_below(assignment, problem, wrong["cell"])
        assert [test for test in below if not said[test]] == wrong["passes"], (wrong["name"], said)
        # On some inputs two mistakes give the same answer: then either name is right.
        assert any("This looks like '" in said[test] for test in below), (wrong["name"], said)
