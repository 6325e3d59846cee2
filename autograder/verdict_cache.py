"""Verdicts kept by what they depend on, so that unchanged work is not run again; and which of them count.

A kept verdict is found under a key, the digest of everything that it depends on (`verdict_key`). It carries a
digest of its own; a damaged one counts as absent, and the work runs again.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import site
import sqlite3
import sys
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from autograder.engine.source import SourceNotebook
from autograder.engine.verdict import GradedNotebook
from autograder.errors import AutograderError, shortened
from autograder.private import private_folder

WAIT = 30.0  # seconds for another process to finish writing
_CODE = (".py", ".yml", ".json")
_AT_ONCE = 500  # keys in one query; SQLite bounds the number of its parameters
_SCHEMA = """
CREATE TABLE IF NOT EXISTS verdicts (
    key TEXT PRIMARY KEY, kept_at REAL NOT NULL, digest BLOB NOT NULL, content BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS recorded (
    assignment TEXT NOT NULL, student TEXT NOT NULL, notebook TEXT NOT NULL,
    key TEXT NOT NULL, recorded_at REAL NOT NULL,
    PRIMARY KEY (assignment, student, notebook)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS graded_work (
    assignment TEXT NOT NULL, student TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (assignment, student)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS recorded_key ON recorded (key);
"""


def verdict_key(
    source: SourceNotebook,
    notebook: Mapping[str, Any],
    *,
    files: Mapping[str, str],
    limits: Mapping[str, Any],
    seed: str,
    isolation: str,
) -> str:
    """Digest everything that the verdicts on a notebook depend on.

    Parameters
    ----------
    source
        The source notebook, with the tests.
    notebook
        The rebuilt notebook; its code cells count, in their order. So does the student's own text, which
        decides no verdict, but may have to be marked by hand again; the text of locked cells does not.
    files
        The files beside the notebook: their names, each with the `content_digest` of the file.
    limits
        What the code may use up: names and numbers.
    seed
        What the student's hidden inputs are derived from.
    isolation
        The level at which the student's code runs.
    """
    depends_on = {
        "code": code_digest(),
        "environment": environment_digest(),
        "source": [source.digest, list(source.exports), list(source.max_points.items())],
        "cells": [
            [cell.get("id"), cell["source"]] for cell in notebook["cells"] if cell["cell_type"] == "code"
        ],
        "text": [
            [cell.get("id"), cell["source"], cell.get("attachments", {})]
            for cell in notebook["cells"]
            if cell["cell_type"] != "code" and not _is_locked(cell)
        ],
        "files": dict(files),
        "limits": dict(limits),
        "seed": seed,
        "isolation": isolation,
    }
    return content_digest(json.dumps(depends_on, sort_keys=True).encode())


def _is_locked(cell: Mapping[str, Any]) -> bool:
    about = cell["metadata"].get("nbgrader", {})
    return not about.get("solution") and bool(about.get("locked") or about.get("grade"))


def verdicts_digest(graded: GradedNotebook) -> str:
    """Digest verdicts themselves: the key of those that no run gave."""
    return content_digest(_text(graded))


def content_digest(content: bytes) -> str:
    """Digest a file's content."""
    return hashlib.sha256(content).hexdigest()


@cache
def code_digest() -> str:
    """Digest the code that grades: the files of the packages `autograder` and `solutions`."""
    digest = hashlib.sha256()
    for package in ("autograder", "solutions"):
        for name, file in _code_files(resources.files(package), package):
            digest.update(f"{name}\n{content_digest(file.read_bytes())}\n".encode())
    return digest.hexdigest()


def _code_files(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        path = f"{name}/{entry.name}"
        if entry.is_dir():
            yield from _code_files(entry, path)
        elif entry.name.endswith(_CODE):
            yield path, entry


@cache
def environment_digest() -> str:
    """Digest the version of Python and of everything installed: a student's code may import any of it."""
    return content_digest("\n".join([sys.version, *installed_packages()]).encode())


def installed_packages() -> list[str]:
    """List what is installed, each with its version."""
    # Where packages are installed, not `sys.path`: what lies in the working directory does not count.
    folders = site.getsitepackages() + ([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])
    return sorted({f"{found.name} {found.version}" for found in metadata.distributions(path=folders)})


class VerdictCache:
    """Kept verdicts and which of them the gradebook's marks come from, in one SQLite file.

    Any number of processes may read while one writes. Closes at the end of a `with` block.

    Parameters
    ----------
    path
        The file; it is made if it does not exist.
    wait
        Seconds to wait for another process that is writing.

    Raises
    ------
    AutograderError
        Here and in every method, if the file can't be used, or another process keeps writing for too long.
    """

    def __init__(self, path: Path, *, wait: float = WAIT) -> None:
        self.path = path
        private_folder(path.parent)
        with self._reported():
            self._connection = sqlite3.connect(path, timeout=wait, isolation_level=None)
            try:
                self._let_readers_in(wait)
                self._connection.execute("PRAGMA synchronous = NORMAL")
                self._connection.executescript(_SCHEMA)
            except BaseException:
                self._connection.close()
                raise

    def _let_readers_in(self, wait: float) -> None:
        """Switch to the write-ahead log, whose lock SQLite itself does not wait for."""
        stop = time.monotonic() + wait
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > stop:
                    raise
                time.sleep(0.01)

    def __enter__(self) -> VerdictCache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def get(self, key: str, *, fresh: bool = False) -> GradedNotebook | None:
        """Find what is kept under a key; None if nothing is, or it is damaged."""
        return self.get_many([key], fresh=fresh).get(key)

    def get_many(self, keys: Iterable[str], *, fresh: bool = False) -> dict[str, GradedNotebook]:
        """Find what is kept under keys.

        Parameters
        ----------
        keys
            What to look for; a key under which nothing usable is kept is left out.
        fresh
            Leave out notebooks in which something ran out of time or crashed: a busy machine can be the
            reason, and another run may end better.
        """
        found: dict[str, GradedNotebook] = {}
        remaining = iter(dict.fromkeys(keys))
        while some := list(itertools.islice(remaining, _AT_ONCE)):
            marks = ", ".join("?" * len(some))
            query = f"SELECT key, digest, content FROM verdicts WHERE key IN ({marks})"
            with self._reported():
                rows = self._connection.execute(query, some).fetchall()
            for key, digest, content in rows:
                graded = _unpacked(key, digest, content)
                if graded is not None and not (fresh and may_end_better(graded)):
                    found[key] = graded
        return found

    def put_many(self, verdicts: Iterable[tuple[str, GradedNotebook]]) -> None:
        """Keep verdicts under their keys, all or none of them."""
        now = time.time()
        rows = [(key, now, *_packed(key, graded)) for key, graded in verdicts]
        with self._transaction():
            self._connection.executemany("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?)", rows)

    def recorded(self, assignment: str, student: str | None = None) -> dict[tuple[str, str], str]:
        """Tell which verdicts the gradebook's marks, or those of one student, come from.

        Returns
        -------
        Keys by student and notebook.
        """
        query = "SELECT student, notebook, key FROM recorded WHERE assignment = ?"
        asked = [assignment]
        if student is not None:
            query, asked = f"{query} AND student = ?", [assignment, student]
        with self._reported():
            rows = self._connection.execute(query, asked).fetchall()
        return {(student, notebook): key for student, notebook, key in rows}

    def recorded_at(self, assignment: str) -> dict[str, float]:
        """Tell when marks of each student were recorded last, in seconds since the epoch."""
        query = "SELECT student, MAX(recorded_at) FROM recorded WHERE assignment = ? GROUP BY student"
        with self._reported():
            return dict(self._connection.execute(query, [assignment]).fetchall())

    def mark_recorded_many(self, assignment: str, keys: Mapping[tuple[str, str], str]) -> None:
        """Note that the gradebook holds the marks of verdicts: keys by student and notebook."""
        now = time.time()
        rows = [(assignment, student, notebook, key, now) for (student, notebook), key in keys.items()]
        with self._transaction():
            self._connection.executemany("INSERT OR REPLACE INTO recorded VALUES (?, ?, ?, ?, ?)", rows)

    def graded_work(self, assignment: str) -> dict[str, str]:
        """Give the digest of the work that each student's marks are for, as far as it is known."""
        query = "SELECT student, digest FROM graded_work WHERE assignment = ?"
        with self._reported():
            return dict(self._connection.execute(query, [assignment]).fetchall())

    def note_graded_work(self, assignment: str, digests: Mapping[str, str]) -> None:
        """Note which work the marks of students are for: its `handed_in_digest` by student."""
        rows = [(assignment, student, digest) for student, digest in digests.items()]
        with self._transaction():
            self._connection.executemany("INSERT OR REPLACE INTO graded_work VALUES (?, ?, ?)", rows)

    def prune(self, keep_days: float) -> int:
        """Drop verdicts that no mark comes from and that were kept longer ago; return how many."""
        with self._transaction():
            done = self._connection.execute(
                "DELETE FROM verdicts WHERE kept_at < ? AND key NOT IN (SELECT key FROM recorded)",
                [time.time() - keep_days * 24 * 3600],
            )
        return done.rowcount

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._reported():
            self._connection.execute("BEGIN IMMEDIATE")  # waits for its turn here, not in the middle
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise AutograderError(
                    f"{self.path}: another process is grading in this course; run again when it has finished"
                ) from error
            raise AutograderError(f"{self.path}: can't be used: {shortened(error)}") from error
        except sqlite3.DatabaseError as error:
            raise AutograderError(
                f"{self.path}: is damaged ({shortened(error)}). It can be deleted: the marks are in the "
                "gradebook, and the next grading makes the file anew"
            ) from error


def _packed(key: str, graded: GradedNotebook) -> tuple[bytes, bytes]:
    content = zlib.compress(_text(graded))
    return _digest(key, content), content


def _text(graded: GradedNotebook) -> bytes:
    # What a student prints can hold lone surrogates, which strict UTF-8 refuses.
    return graded.to_json().encode("utf-8", "surrogatepass")


def _unpacked(key: str, digest: bytes, content: bytes) -> GradedNotebook | None:
    if not isinstance(content, bytes) or digest != _digest(key, content):
        return None
    try:
        return GradedNotebook.from_json(zlib.decompress(content).decode("utf-8", "surrogatepass"))
    except (TypeError, ValueError, KeyError):  # written by another version
        return None


def _digest(key: str, content: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\n" + content).digest()  # with the key: rows can't be swapped


def may_end_better(graded: GradedNotebook) -> bool:
    """Whether something ran out of time or crashed, of which a busy machine can be the reason."""
    return any(verdict.outcome in ("timeout", "crashed") for verdict in graded.verdicts)
