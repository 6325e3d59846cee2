"""Broken reference answers are made in small steps, and the tests of a problem notice them."""

from __future__ import annotations

import pytest

from autograder.assignment import list_assignments, load_assignment
from autograder.authored import read_yaml
from autograder.convert import source_notebooks
from tools.mutants import mutants, survivors


def test_a_source_is_broken_in_one_place_at_a_time() -> None:
    source = 'def loss(r):\n    """Square."""\n    if r < 0:\n        r = -r\n    return np.mean(r**2)\n'
    changes = {mutant.change.partition(": ")[2] for mutant in mutants("loss", source)}
    assert {
        "r < 0 → r <= 0",
        "r < 0 → r > 0",
        "-r → r",
        "r = -r → nothing",
        "np.mean(r ** 2) → np.sum(r ** 2)",
    } <= changes
    assert {"r ** 2 → r * 2", "r ** 2 → r", "2 → 3", "2 → 4", "np.mean(r ** 2) → r ** 2"} <= changes
    assert not any("Square" in change for change in changes)
    assert len({mutant.source for mutant in mutants("loss", source)}) == len(changes)


@pytest.mark.parametrize("name", list_assignments())
def test_the_tests_of_a_unit_notice_a_sample_of_its_mutants(name: str) -> None:
    """`make mutants` tries them all."""
    unit = load_assignment(name)
    justified = read_yaml(unit.folder / "survivors.yml") if (unit.folder / "survivors.yml").exists() else {}
    for problem in unit.problems:
        _, alive = survivors(unit, problem, every=11)
        assert set(alive) - set(justified) == set(), problem.id


def test_what_is_justified_is_a_mutant_and_has_a_reason() -> None:
    for unit in map(load_assignment, list_assignments()):
        path = unit.folder / "survivors.yml"
        cells = source_notebooks(unit)["practice"].cells
        made = {
            mutant.change
            for cell in cells
            if "BEGIN SOLUTION" in cell.source
            for mutant in mutants(cell.metadata.nbgrader.grade_id, cell.source)
        }
        for change, reason in (read_yaml(path) if path.exists() else {}).items():
            assert change in made, (unit.name, change)
            assert len(reason) > 10, (unit.name, change)


def test_a_weak_test_lets_broken_answers_pass() -> None:
    unit = load_assignment("u2-regression")
    for cell in unit.practice.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith("weighted-mse-grad-"):
            cell.source = "assert weighted_mse_grad(np.ones(2), np.zeros(2), np.ones(2)).shape == (2,)"
    (gradient,) = (problem for problem in unit.problems if problem.id == "u2-weighted-mse-grad")
    _, alive = survivors(unit, gradient)
    assert "weighted-mse-grad, line 9: 2 → 3" in alive
