"""One class in which every attack is a student, graded once for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.redteam.attacks import CATALOGUE
from tests.redteam.invariants import Evidence
from tests.redteam.ours import graded_class, honest_class


@pytest.fixture(scope="session")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """What is known after our engine graded all attacks and 22 honest students between them."""
    folder = tmp_path_factory.mktemp("siege") / "class"
    with graded_class(folder, CATALOGUE.values(), honest_class(2)) as evidence:
        yield evidence
