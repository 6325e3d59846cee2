"""The page in the book says what was measured."""

from __future__ import annotations

from tests.redteam.attacks import CATALOGUE
from tests.redteam.invariants import Evidence
from tests.redteam.page import PAGE, our_results, render, written_results
from tests.redteam.stock import load_results, stock_version

_AGAIN = "run `python -m tests.redteam.page` and look at what has changed"


def test_the_page_is_the_one_that_the_results_give() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(load_results(), written_results(), stock_version()), (
        _AGAIN
    )


def test_the_results_are_those_of_our_engine(siege: Evidence) -> None:
    assert written_results() == our_results(siege), _AGAIN


def test_every_attack_has_a_result_under_stock_nbgrader() -> None:
    assert list(load_results()) == list(CATALOGUE), (
        "run `python -m tests.redteam.stock` with the ids that are missing"
    )


def test_the_page_holds_no_code_of_an_attack() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for attack in CATALOGUE.values():
        for line in attack.code.splitlines():
            assert len(line.strip()) < 12 or line.strip() not in page, attack.id
