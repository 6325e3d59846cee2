"""Kept verdicts: found again unchanged or not at all, under a key of all that they depend on."""

from __future__ import annotations

import dataclasses
import sqlite3
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder import verdict_cache
from autograder.engine.source import SourceNotebook, source_notebook
from autograder.engine.verdict import GradedNotebook, Verdict, refused_notebook
from autograder.errors import AutograderError
from autograder.verdict_cache import VerdictCache, content_digest, verdict_key

ADA = GradedNotebook(
    "practice",
    (Verdict("double-values", "passed", 2.0, 2.0), Verdict("double-types", "failed", 0.0, 1.0, "2 ≠ 4")),
    outputs={"cell-1": [{"output_type": "stream", "name": "stdout", "text": "½ \ud800"}]},
    isolation="jail",
    remarks=("a file was set aside",),
    seconds=0.25,
)
BOB = refused_notebook("practice", {"double-values": 2.0, "double-types": 1.0}, "not a notebook")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".autograder" / "verdicts.db"


@pytest.fixture
def kept(path: Path) -> Iterator[VerdictCache]:
    with VerdictCache(path) as cache:
        yield cache


def change(path: Path, statement: str, *values: Any) -> None:
    """Change the file behind the cache's back."""
    with sqlite3.connect(path) as connection:
        connection.execute(statement, values)
    connection.close()


# --- keeping verdicts -------------------------------------------------------------------------------------


def test_what_is_kept_is_found_again_in_another_run(path: Path) -> None:
    with VerdictCache(path) as cache:
        cache.put_many([("a", ADA), ("b", BOB)])
    with VerdictCache(path) as cache:
        assert cache.get("a") == ADA
        assert cache.get_many(["b", "a", "c"]) == {"a": ADA, "b": BOB}
        assert cache.get("c") is None


def test_many_keys_at_once(kept: VerdictCache) -> None:
    kept.put_many([(str(number), ADA) for number in range(0, 3000, 2)])
    found = kept.get_many(map(str, range(3000)))
    assert sorted(map(int, found)) == list(range(0, 3000, 2))


def test_the_later_of_two_verdicts_under_one_key_counts(kept: VerdictCache) -> None:
    kept.put_many([("a", ADA)])
    kept.put_many([("a", BOB)])
    assert kept.get("a") == BOB


def test_all_of_a_batch_is_kept_or_nothing(kept: VerdictCache) -> None:
    unnamed: Any = None  # breaks the second row
    with pytest.raises(AttributeError):
        kept.put_many([("a", ADA), ("b", unnamed)])
    with pytest.raises(AutograderError):
        kept.mark_recorded_many("u2", {("ada", "practice"): "a", ("bob", "practice"): unnamed})
    assert kept.get("a") is None
    assert kept.recorded("u2") == {}
    kept.put_many([("a", ADA)])
    assert kept.get("a") == ADA


@pytest.mark.parametrize("outcome", ["timeout", "crashed"])
def test_what_may_be_the_fault_of_the_machine_can_be_asked_to_run_again(
    kept: VerdictCache, outcome: Any
) -> None:
    slow = dataclasses.replace(ADA, verdicts=(*ADA.verdicts, Verdict("slow", outcome, 0.0, 1.0, "why")))
    kept.put_many([("ada", ADA), ("slow", slow)])
    assert kept.get("slow") == slow
    assert kept.get("slow", fresh=True) is None
    assert kept.get_many(["ada", "slow"], fresh=True) == {"ada": ADA}


# --- damage -----------------------------------------------------------------------------------------------


def test_a_damaged_verdict_is_absent_wherever_a_byte_is_flipped(path: Path, kept: VerdictCache) -> None:
    kept.put_many([("a", ADA), ("b", BOB)])
    [(content,)] = sqlite3.connect(path).execute("SELECT content FROM verdicts WHERE key = 'a'").fetchall()
    for place in range(0, len(content), 7):
        flipped = bytearray(content)
        flipped[place] ^= 0x10
        change(path, "UPDATE verdicts SET content = ? WHERE key = 'a'", bytes(flipped))
        assert kept.get_many(["a", "b"]) == {"b": BOB}, place
    change(path, "UPDATE verdicts SET content = ? WHERE key = 'a'", content)
    assert kept.get("a") == ADA


def test_a_verdict_moved_to_another_key_is_absent(path: Path, kept: VerdictCache) -> None:
    kept.put_many([("a", ADA)])
    change(path, "UPDATE verdicts SET key = 'b'")
    assert kept.get("b") is None


def test_a_verdict_of_another_version_is_absent(path: Path, kept: VerdictCache) -> None:
    kept.put_many([("a", ADA)])
    content = zlib.compress(b'{"verdicts": [], "remarks": [], "notebook": "practice", "colour": "red"}')
    digest = verdict_cache._digest("a", content)
    change(path, "UPDATE verdicts SET content = ?, digest = ?", content, digest)
    assert kept.get("a") is None


def test_a_file_that_is_no_database_is_named_with_what_to_do(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(AutograderError, match=r"verdicts\.db: is damaged .* It can be deleted"):
        VerdictCache(path)


def test_a_file_that_cannot_be_opened_is_named(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(AutograderError, match=r"verdicts\.db: can't be used: unable to open"):
        VerdictCache(path)


# --- what the gradebook's marks come from -----------------------------------------------------------------


def test_which_verdicts_are_recorded_is_known_by_assignment(path: Path, kept: VerdictCache) -> None:
    kept.mark_recorded_many("u2", {("ada", "practice"): "a", ("bob", "practice"): "b"})
    kept.mark_recorded_many("u3", {("ada", "practice"): "c"})
    kept.mark_recorded_many("u2", {("bob", "practice"): "d"})
    with VerdictCache(path) as again:
        assert again.recorded("u2") == {("ada", "practice"): "a", ("bob", "practice"): "d"}
        assert again.recorded("u4") == {}


def test_pruning_drops_only_what_is_old_and_not_recorded(path: Path, kept: VerdictCache) -> None:
    kept.put_many([("old", ADA), ("old but recorded", ADA), ("new", ADA)])
    kept.mark_recorded_many("u2", {("ada", "practice"): "old but recorded"})
    change(path, "UPDATE verdicts SET kept_at = kept_at - 40 * 86400 WHERE key LIKE 'old%'")
    assert kept.prune(keep_days=50) == 0
    assert kept.prune(keep_days=30) == 1
    assert kept.get_many(["old", "old but recorded", "new"]) == {"old but recorded": ADA, "new": ADA}


# --- two processes ----------------------------------------------------------------------------------------


def test_one_may_read_while_another_writes_but_not_write(path: Path, kept: VerdictCache) -> None:
    kept.put_many([("a", ADA)])
    kept._connection.execute("BEGIN IMMEDIATE")  # as in the middle of a long `put_many`
    with VerdictCache(path, wait=0.05) as other:
        assert other.get("a") == ADA
        with pytest.raises(AutograderError, match="another process is grading in this course"):
            other.put_many([("b", BOB)])
        kept._connection.execute("ROLLBACK")
        other.put_many([("b", BOB)])
    assert kept.get("b") == BOB


def test_a_file_that_another_process_is_just_making_is_waited_for(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    maker = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    maker.execute("BEGIN IMMEDIATE")
    finish = threading.Timer(0.2, maker.execute, ["COMMIT"])
    finish.start()
    with VerdictCache(path) as cache:
        cache.put_many([("a", ADA)])
        assert cache.get("a") == ADA
    finish.join()
    maker.close()


def test_two_processes_that_write_at_once_wait_for_each_other(path: Path) -> None:
    script = """
import sys
import threading
from pathlib import Path
from autograder.engine.verdict import refused_notebook
from autograder.verdict_cache import VerdictCache
with VerdictCache(Path(sys.argv[1])) as cache:
    for number in range(50):
        cache.put_many([(f"{sys.argv[2]}{number}", refused_notebook("practice", {"t": 1.0}, "why"))])
"""
    running = [subprocess.Popen([sys.executable, "-c", script, path, name]) for name in "ab"]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    with VerdictCache(path) as cache:
        assert len(cache.get_many(f"{name}{number}" for name in "ab" for number in range(50))) == 100


# --- the key ----------------------------------------------------------------------------------------------


def source(**changed: Any) -> SourceNotebook:
    solution = {"grade_id": "double", "solution": True, "locked": False, "grade": False, "schema_version": 3}
    test = {"grade_id": "double-values", "grade": True, "locked": True, "solution": False, "points": 2}
    cells = [
        {"cell_type": "markdown", "id": "s", "source": "Double it.", "metadata": {}},
        {"cell_type": "code", "id": "d", "source": "def double(x): ...", "metadata": {"nbgrader": solution}},
        {"cell_type": "code", "id": "t", "source": "assert double(2) == 4", "metadata": {"nbgrader": test}},
    ]
    for place, update in changed.get("cells", {}).items():
        cells[place] = {**cells[place], **update}
    return source_notebook("practice", {"metadata": {}, "cells": cells})


def rebuilt(
    code: str = "double = lambda x: 2 * x", text: str = "Double it.", essay: str = "Why?", picture: str = "a"
) -> dict[str, Any]:
    locked, written = {"nbgrader": {"locked": True}}, {"nbgrader": {"grade": True, "solution": True}}
    return {
        "cells": [
            {"cell_type": "markdown", "id": "s", "source": text, "metadata": locked},
            {"cell_type": "code", "id": "d", "source": code, "metadata": {}},
            {"cell_type": "code", "id": "t", "source": "assert double(2) == 4", "metadata": locked},
            {
                "cell_type": "markdown",
                "id": "e",
                "source": essay,
                "metadata": written,
                "attachments": {"x.png": picture},
            },
        ]
    }


OWN_TEXT = {"cell_type": "markdown", "id": "submitted-9", "source": "My own words.", "metadata": {}}


def key(**changed: Any) -> str:
    arguments: dict[str, Any] = {
        "source": source(),
        "notebook": rebuilt(),
        "files": {"data.csv": content_digest(b"1,2"), "data/table.csv": content_digest(b"3,4")},
        "limits": {"seconds": 30.0, "memory": 2**30},
        "seed": "5eed",
        "isolation": "jail",
        **changed,
    }
    return verdict_key(arguments.pop("source"), arguments.pop("notebook"), **arguments)


def renamed_test() -> SourceNotebook:
    test = {"grade_id": "double-more", "grade": True, "locked": True, "solution": False, "points": 2}
    return source(cells={2: {"metadata": {"nbgrader": test}}})


def declared_name() -> SourceNotebook:
    return source(cells={0: {"metadata": {"problem": {"defines": ["triple"]}}}})


@pytest.mark.parametrize(
    "changed",
    [
        {"source": source(cells={2: {"source": "assert double(3) == 6"}})},
        {"source": renamed_test()},
        {"source": declared_name()},
        {"notebook": rebuilt(code="double = lambda x: x + x")},
        {"notebook": rebuilt(essay="Because.")},
        {"notebook": rebuilt(picture="b")},
        {"notebook": {"cells": [*rebuilt()["cells"], OWN_TEXT]}},
        {"notebook": {"cells": list(reversed(rebuilt()["cells"]))}},
        {"files": {}},
        {"files": {"data.csv": content_digest(b"1,3"), "data/table.csv": content_digest(b"3,4")}},
        {"files": {"DATA.csv": content_digest(b"1,2"), "data/table.csv": content_digest(b"3,4")}},
        {"files": {"data.csv": content_digest(b"3,4"), "data/table.csv": content_digest(b"1,2")}},
        {"limits": {"seconds": 31.0, "memory": 2**30}},
        {"seed": "5eee"},
        {"isolation": "process"},
    ],
    ids=str,
)
def test_the_key_changes_with_everything_that_marks_depend_on(changed: dict[str, Any]) -> None:
    assert key(**changed) != key()


def test_the_key_changes_with_the_code_and_with_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key()
    monkeypatch.setattr(verdict_cache, "code_digest", lambda: "other code")
    other_code = key()
    monkeypatch.undo()
    monkeypatch.setattr(verdict_cache, "environment_digest", lambda: "other libraries")
    assert len({before, other_code, key()}) == 3


def test_the_key_stays_when_only_locked_prose_changes_or_files_come_in_another_order() -> None:
    files = {"a.csv": "1", "b.csv": "2"}
    assert key(notebook=rebuilt(text="Doppelt.")) == key()
    assert key(files=files) == key(files=dict(reversed(files.items())))


def test_a_process_started_elsewhere_computes_the_same_digests(tmp_path: Path) -> None:
    (tmp_path / "here-1.0.dist-info").mkdir()
    script = "from autograder import verdict_cache as v; print(v.code_digest(), v.environment_digest())"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [verdict_cache.code_digest(), verdict_cache.environment_digest()]


def test_every_file_of_code_and_of_questions_counts(tmp_path: Path) -> None:
    for name in (
        "a.py",
        "deep/b.py",
        "deep/quiz.yml",
        "deep/schema.json",
        "deep/notes.txt",
        "__pycache__/a.pyc",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    counted = [name for name, _ in verdict_cache._code_files(tmp_path, "package")]
    assert counted == [
        "package/a.py",
        "package/deep/b.py",
        "package/deep/quiz.yml",
        "package/deep/schema.json",
    ]
