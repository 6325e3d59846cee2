"""No test of the cluster and of the database server can be skipped unnoticed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.autograder import test_postgres, test_scheduler
from tests.autograder.engine import test_cluster

ROOT = Path(__file__).parents[1]
NEEDS_SOMETHING = """\
import pytest

@pytest.fixture
def cable():
    pytest.skip("there is no cable")

@pytest.mark.runs_in_ci
def test_must_run(cable): ...

@pytest.mark.runs_in_ci(if_possible=True)
def test_runs_where_it_can(cable): ...

def test_may_be_skipped(cable): ...
"""


@pytest.mark.parametrize(
    ("ci", "end", "status"),
    [("true", "2 skipped, 1 error", 1), ("", "3 skipped", 0), ("false", "3 skipped", 0)],
)
def test_where_ci_is_set_a_marked_test_that_is_skipped_fails(
    tmp_path: Path, ci: str, end: str, status: int
) -> None:
    (tmp_path / "test_cable.py").write_text(NEEDS_SOMETHING)
    command = [sys.executable, "-m", "pytest", "-p", "tests.ci", "-c", str(ROOT / "pyproject.toml")]
    done = subprocess.run(
        [*command, str(tmp_path)], cwd=ROOT, env=os.environ | {"CI": ci}, capture_output=True, text=True
    )
    assert done.returncode == status, done.stdout
    assert end in done.stdout.splitlines()[-1]
    assert "there is no cable" in done.stdout


def test_those_of_the_cluster_and_the_server_are_marked() -> None:
    for module in (test_cluster, test_scheduler, test_postgres):
        assert module.pytestmark.name == "runs_in_ci"
