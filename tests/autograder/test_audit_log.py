"""The audit log: whatever is done to it afterwards shows, and a crash costs no line that was written."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder import audit_log
from autograder.audit_log import AuditLog, Event, Head, scoring_event
from autograder.engine.verdict import GradedNotebook, Verdict, refused_notebook
from autograder.errors import AutograderError

OUT_OF_ORDER = "does not follow the line before it: lines were removed, inserted or moved"
STUDENTS = ("ada", "bob", "carl", "dora", "eve")


def event(student: str, points: float = 2.0) -> Event:
    return Event("graded", "u2", student, "practice", {"values": points}, {"values": 2.0}, {"passed": 1})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".autograder" / "audit.jsonl"


@pytest.fixture
def log(path: Path) -> AuditLog:
    """A log of five events, written in two batches."""
    log = AuditLog(path)
    log.append_many(map(event, STUDENTS[:2]))
    log.append_many(map(event, STUDENTS[2:]))
    return log


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def found(log: AuditLog) -> list[str]:
    return [str(finding) for finding in log.verify()]


# --- writing and reading ----------------------------------------------------------------------------------


def test_events_are_read_as_they_were_written(log: AuditLog) -> None:
    logged = list(AuditLog(log.path).events())
    assert [entry.event for entry in logged] == [event(student) for student in STUDENTS]
    assert [entry.seq for entry in logged] == [1, 2, 3, 4, 5]
    assert found(log) == []


def test_a_line_says_what_was_given_when_by_whom_and_with_which_code(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "code_digest", lambda: "0f1e")
    monkeypatch.setattr(audit_log, "_now", lambda: "2026-03-04T05:06:07.890+00:00")
    monkeypatch.setattr(audit_log, "_user", lambda: "prof")
    graded = GradedNotebook(
        "practice",
        (Verdict("values", "passed", 2, 2), Verdict("shapes", "timeout", 0, 1, "too slow")),
        isolation="jail",
    )
    AuditLog(path).append_many([scoring_event("u2", "ada", graded, "k", late_penalty=0.5)])
    line = json.loads(path.read_text())
    assert line.pop("hash") == AuditLog(path).head().hash  # type: ignore[union-attr]
    assert line == {
        "seq": 1,
        "time": "2026-03-04T05:06:07.890+00:00",
        "event": "graded",
        "assignment": "u2",
        "student": "ada",
        "notebook": "practice",
        "scores": {"values": 2, "shapes": 0},
        "max_scores": {"values": 2, "shapes": 1},
        "points": 2,
        "max_points": 3,
        "outcomes": {"passed": 1, "timeout": 1},
        "key": "k",
        "isolation": "jail",
        "late_penalty": 0.5,
        "engine": "0f1e",
        "who": "prof",
        "previous": "0" * 64,
    }


def test_a_notebook_that_was_not_run_is_refused_unless_the_event_has_another_name() -> None:
    refused = refused_notebook("practice", {"values": 2.0}, "not a notebook")
    assert scoring_event("u2", "ada", refused, "k").event == "refused"
    assert scoring_event("u2", "ada", refused, "k", event="regraded").event == "regraded"


def test_without_events_nothing_is_written(path: Path) -> None:
    log = AuditLog(path)
    log.append_many([])
    assert not path.parent.exists()
    assert (list(log.events()), log.verify(), log.head()) == ([], [], None)


def test_only_the_owner_can_read_it(log: AuditLog) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in log.path.parent.iterdir()} == {0o600}


def test_long_lines_are_continued_too(path: Path) -> None:
    many = {f"cell-{number}": 1.0 for number in range(20_000)}
    long = Event("graded", "u2", "ada", "practice", many, many)
    for _ in range(3):
        AuditLog(path).append_many([long])
    assert len(lines(path)[0]) > 4 * 2**16
    assert [entry.seq for entry in AuditLog(path).events()] == [1, 2, 3]
    assert found(AuditLog(path)) == []


def test_processes_that_write_at_once_take_turns(path: Path) -> None:
    script = """
import sys
from pathlib import Path
from autograder.audit_log import AuditLog, Event
log = AuditLog(Path(sys.argv[1]))
for _ in range(30):
    log.append_many([Event("graded", "u2", sys.argv[2], "practice", {"t": 1.0}, {"t": 1.0})] * 2)
"""
    running = [subprocess.Popen([sys.executable, "-c", script, path, name]) for name in "abc"]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    logged = list(AuditLog(path).events())
    assert [entry.seq for entry in logged] == list(range(1, 181))
    assert found(AuditLog(path)) == []


def test_a_log_that_cannot_be_written_is_named(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(
        AutograderError, match=r"audit\.jsonl: the audit log can't be used \(Is a directory\)"
    ):
        AuditLog(path).append_many([event("ada")])


def test_a_full_disk_leaves_the_log_as_it_was(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    before = log.path.read_bytes()
    write = os.write

    def _full(file: int, content: memoryview) -> int:
        if len(content) < 400:
            raise OSError(28, "No space left on device")
        return write(file, content[:400])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _full)
        with pytest.raises(AutograderError, match="No space left on device"):
            log.append_many([event("fay"), event("gus")])
    assert log.path.read_bytes() == before
    log.append_many([event("fay")])
    assert found(log) == []


# --- what was done to it ----------------------------------------------------------------------------------


def _edit(kept: list[bytes]) -> list[bytes]:
    return [*kept[:2], kept[2].replace(b'"values": 2.0', b'"values": 1.0', 1), *kept[3:]]


def _edit_and_seal_again(kept: list[bytes]) -> list[bytes]:
    """Edit a line as someone does who knows how hashes are made, but leaves the lines below."""
    entry: dict[str, Any] = json.loads(kept[2])
    del entry["hash"], entry["seq"], entry["previous"]
    entry["scores"] = {"values": 1.0}
    above = json.loads(kept[1])
    sealed, _ = audit_log._chained([entry], Head(2, above["hash"]))
    return [*kept[:2], sealed, *kept[3:]]


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (_edit, ["audit.jsonl, line 3: event 3 was edited after it was written"]),
        (
            _edit_and_seal_again,
            [f"audit.jsonl, line 4: event 4 {OUT_OF_ORDER}"],
        ),
        (lambda kept: kept[:1] + kept[3:], ["audit.jsonl, line 2: events 2 to 3 are missing before event 4"]),
        (lambda kept: kept[1:], ["audit.jsonl, line 1: event 1 is missing before event 2"]),
        (
            lambda kept: [*kept[:2], kept[1], *kept[2:]],
            [f"audit.jsonl, line 3: event 2 {OUT_OF_ORDER}"],
        ),
        (
            lambda kept: [kept[0], kept[2], kept[1], *kept[3:]],
            [
                "audit.jsonl, line 2: event 2 is missing before event 3",
                f"audit.jsonl, line 3: event 2 {OUT_OF_ORDER}",
                "audit.jsonl, line 4: event 3 is missing before event 4",
            ],
        ),
        (
            lambda kept: [*kept[:2], b'{"seq": 3}\n', *kept[3:]],
            ["audit.jsonl, line 3: is not a line of the log"],
        ),
        (
            lambda kept: [*kept[:2], b"\0" * 50 + b"\n", *kept[3:]],
            ["audit.jsonl, line 3: is not a line of the log"],
        ),
        (
            lambda kept: kept[:3],
            ["audit.jsonl: the log ended with event 3, but event 5 was written: the end was cut off"],
        ),
        (
            lambda kept: [],
            ["audit.jsonl: the log ended with event 0, but event 5 was written: the end was cut off"],
        ),
        (
            lambda kept: [*kept[:4], kept[4][:-30]],
            [
                "audit.jsonl, line 5: is unfinished, as after a crash; the next grading sets it aside",
                "audit.jsonl: the log ended with event 4, but event 5 was written: the end was cut off",
            ],
        ),
    ],
)
def test_what_was_done_to_the_log_is_found(
    log: AuditLog, tamper: Callable[[list[bytes]], list[bytes]], says: list[str]
) -> None:
    log.path.write_bytes(b"".join(tamper(lines(log.path))))
    assert found(log) == says


def test_every_flipped_byte_is_found(log: AuditLog) -> None:
    whole = log.path.read_bytes()
    for place in range(0, len(whole), 17):
        flipped = bytearray(whole)
        flipped[place] ^= 0x01
        log.path.write_bytes(flipped)
        assert found(log) != [], place


def test_an_edited_line_counts_for_nothing(log: AuditLog) -> None:
    log.path.write_bytes(b"".join(_edit(lines(log.path))))
    assert [entry.seq for entry in log.events()] == [1, 2, 4, 5]


def test_a_replaced_log_is_found(log: AuditLog, tmp_path: Path) -> None:
    other = AuditLog(tmp_path / "other" / "audit.jsonl")
    other.append_many(event(student, points=1.0) for student in (*STUDENTS, "fay"))
    log.path.write_bytes(other.path.read_bytes())
    assert found(log) == ["audit.jsonl: event 5 is not the one that was written: the log was replaced"]


@pytest.mark.parametrize("left", [None, "", "[1]", "5 ab"])
def test_a_lost_end_mark_is_found(log: AuditLog, left: str | None) -> None:
    mark = log.path.with_suffix(".head")
    mark.unlink()
    if left is not None:
        mark.write_text(left)
    assert found(log) == [
        "audit.jsonl: which event was written last is not known: audit.head was removed or damaged"
    ]


def test_going_on_does_not_cover_it_up(log: AuditLog) -> None:
    log.path.write_bytes(b"".join(lines(log.path)[:3]))
    log.append_many([event("fay")])
    log.append_many([event("gus")])
    [said] = found(log)
    assert "audit.jsonl, line 4: noted on 20" in said
    assert said.endswith("the log ended with event 3, but event 5 was written: the end was cut off")
    assert [entry.event.student for entry in log.events()] == ["ada", "bob", "carl", "fay", "gus"]


def test_a_log_that_ends_in_something_else_is_not_continued(log: AuditLog) -> None:
    log.path.write_bytes(log.path.read_bytes() + b"hello\n")
    before = log.path.read_bytes()
    with pytest.raises(
        AutograderError, match="its last line is not a line of the log, so it can't be continued"
    ):
        log.append_many([event("fay")])
    assert log.path.read_bytes() == before


# --- crashes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", [1, 40, 300, 500])
def test_a_crash_in_the_middle_of_writing_costs_no_earlier_line(log: AuditLog, left: int) -> None:
    before = log.path.read_bytes()
    mark = log.path.with_suffix(".head").read_bytes()
    log.append_many([event("fay")])
    log.path.write_bytes(log.path.read_bytes()[: len(before) + left])  # as if it had been killed here
    log.path.with_suffix(".head").write_bytes(mark)
    assert found(log) == [
        "audit.jsonl, line 6: is unfinished, as after a crash; the next grading sets it aside"
    ]
    assert [entry.event.student for entry in log.events()] == list(STUDENTS)
    log.append_many([event("fay")])
    assert log.path.read_bytes().startswith(before)
    assert [entry.event.student for entry in log.events()] == [*STUDENTS, "fay"]
    [said] = found(log)
    assert f"an unfinished line of {left} bytes was set aside: {{" in said


def test_a_crash_before_the_end_mark_is_written_is_no_finding(log: AuditLog) -> None:
    mark = log.path.with_suffix(".head").read_bytes()
    log.append_many([event("fay")])
    log.path.with_suffix(".head").write_bytes(mark)
    assert found(log) == []
    log.append_many([event("gus")])
    assert found(log) == []
    assert log.head() == Head(7, json.loads(lines(log.path)[-1])["hash"])
