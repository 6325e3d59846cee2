"""Which level of isolation is taken, and what is said where none can be had."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

import pytest

from autograder.engine.jail import Jail, strongest_jail
from autograder.engine.limits import Limits
from autograder.errors import AutograderError
from tests.autograder.engine.conftest import SMALL, told_by


def test_without_bubblewrap_grading_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(AutograderError) as refused:
        strongest_jail(Limits())
    message = str(refused.value)
    assert "bubblewrap (bwrap) is not installed" in message
    assert "apt install bubblewrap" in message
    assert "--isolation process" in message
    assert "\n" not in message


def test_where_bubblewrap_may_make_no_namespaces_grading_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(AutograderError, match=r"did not start \(bwrap: No permissions .*--isolation process"):
        strongest_jail(Limits())


def test_where_a_jail_allows_no_inner_namespaces_each_candidate_gets_its_own_jail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("autograder.engine.jail._works", lambda jail: jail.level == "jail-each")
    with contextlib.closing(strongest_jail(SMALL)) as jail:
        assert jail.level == "jail-each"
        assert told_by(jail, "told = 1 + 1") == 2


def test_the_strongest_level_is_taken(jail: Jail) -> None:
    with contextlib.closing(strongest_jail(SMALL)) as strongest:
        assert strongest.level == "jail"
