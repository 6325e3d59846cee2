"""What is written down about stock nbgrader is still what it does, for a few attacks of different kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.redteam.attacks import CATALOGUE
from tests.redteam.course import make_stock_course
from tests.redteam.stock import load_results, stock_version, try_on_stock


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course of stock nbgrader with nothing handed in."""
    return make_stock_course(tmp_path_factory.mktemp("stock") / "course").root


@pytest.mark.parametrize("name", ["skip-tag", "copied-test", "extra-credit", "tcp"])
def test_stock_nbgrader_still_gives_what_is_written_down(name: str, template: Path) -> None:
    found = try_on_stock(CATALOGUE[name], template)
    assert found == load_results()[name], f"run `python -m tests.redteam.stock {name}`"


def test_it_is_the_nbgrader_of_the_table() -> None:
    from importlib.metadata import version

    assert version("nbgrader") == stock_version(), "run `python -m tests.redteam.stock`: nbgrader has changed"
