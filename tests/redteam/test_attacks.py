"""Every attack of the catalogue gets what its answers are worth, and nothing else comes of it."""

from __future__ import annotations

import pytest

from tests.redteam.attack import Attack
from tests.redteam.attacks import CATALOGUE
from tests.redteam.invariants import ALWAYS, CLASS, Evidence, broken
from tests.redteam.ours import honest_class

every_attack = pytest.mark.parametrize("attack", CATALOGUE.values(), ids=list(CATALOGUE))


@every_attack
def test_an_attack_gets_what_its_answers_are_worth(siege: Evidence, attack: Attack) -> None:
    assert siege.marks[attack.who] == attack.mark


@every_attack
def test_nothing_else_comes_of_an_attack(siege: Evidence, attack: Attack) -> None:
    of_its_own = [name for name in (*ALWAYS, *attack.holds) if name not in CLASS]
    assert broken(siege, attack, of_its_own) == {}


@pytest.mark.parametrize("student", honest_class(2))
def test_honest_students_get_their_marks(siege: Evidence, student: str) -> None:
    assert siege.marks[student] == siege.honest[student]


@pytest.mark.parametrize("name", CLASS)
def test_what_must_hold_for_the_class(siege: Evidence, name: str) -> None:
    assert broken(siege, CATALOGUE["skip-tag"], [name]) == {}


def test_the_engine_cleans_up_behind_itself(siege: Evidence) -> None:
    (temporary,) = siege.places
    assert list(temporary.iterdir()) == []
