"""Broken reference answers are made in small steps, and the tests of a problem notice them."""

from __future__ import annotations

from autograder.assignment import load_assignment
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


def test_the_tests_of_a_problem_notice_all_but_what_is_justified() -> None:
    assignment = load_assignment("u2-regression")
    (gradient,) = (problem for problem in assignment.problems if problem.id == "u2-weighted-mse-grad")
    count, alive = survivors(assignment, gradient)
    assert count >= 20
    assert alive == []
