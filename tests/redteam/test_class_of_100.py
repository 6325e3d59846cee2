"""A class of 100: 80 honest students get their marks to the point, whatever the other 20 hand in."""

from __future__ import annotations

from pathlib import Path

from tests.redteam.attacks import CATALOGUE
from tests.redteam.ours import graded_class, honest_class

HOSTILE = (
    "skip-tag", "copied-test", "schema-99", "early-result", "no-execution", "own-reference", "equal-to-all",
    "stop-iteration", "ansi-error", "kills-all", "fork-bomb", "memory-bomb", "disk-fill", "endless-loop",
    "detached", "rival-to-zero", "rewrites-others", "tcp", "garbage", "linked-notebook",
)  # fmt: skip


def test_twenty_attacks_change_no_honest_mark(tmp_path: Path) -> None:
    honest = dict(list(honest_class(8).items())[:80])
    assert (len(honest), len(HOSTILE)) == (80, 20)
    with graded_class(tmp_path / "class", [CATALOGUE[name] for name in HOSTILE], honest) as evidence:
        assert {student: evidence.marks[student] for student in honest} == evidence.honest
        assert [evidence.marks[name] for name in HOSTILE] == [0.0] * 20
