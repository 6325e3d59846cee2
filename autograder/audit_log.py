"""The audit log: one line for every time that a notebook got its points, each chained to the one before.

A line's hash covers the line and, through `previous`, all lines before it, so a line that is edited, removed,
inserted or moved shows. The number and hash of the last line stand beside the log as well (`audit.head`), so
a cut-off end shows too. Whoever may write both files can write another history; against that helps only a
hash that was noted elsewhere.
"""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.engine.verdict import GradedNotebook
from autograder.errors import AutograderError, shortened
from autograder.private import private_folder
from autograder.verdict_cache import code_digest

_NOTE = "note"  # the kind of line that says what was wrong with the log itself
_ALWAYS = {"seq": int, "time": str, "who": str, "event": str, "previous": str, "hash": str}
_TORN_SHOWN = 500  # characters
_SEAL = re.compile(rb', "hash": "([0-9a-f]{64})"\}\n\Z')


@dataclass(frozen=True)
class Head:
    """The end of the log: how many lines it has, and the hash of the last one."""

    seq: int = 0
    hash: str = "0" * 64


@dataclass(frozen=True)
class Finding:
    """Something that an audit found; what is not known is empty.

    `by_hand` marks what a person may well have set on purpose, as one does in formgrader.
    """

    what: str
    assignment: str = ""
    student: str = ""
    notebook: str = ""
    cell: str = ""
    by_hand: bool = False

    def __str__(self) -> str:
        place = "/".join(filter(None, (self.assignment, self.notebook, self.cell)))
        return ", ".join(filter(None, (self.student, place))) + (": " if place else "") + self.what


@dataclass(frozen=True)
class Event:
    """A notebook of a student got its points.

    Attributes
    ----------
    event
        What happened: "graded", "refused", "regraded", "repaired" or the like.
    assignment, student, notebook
        Whose notebook.
    scores, max_scores
        The points of each test cell, and what each could have been worth.
    outcomes
        How many test cells had which outcome.
    key
        The key of the verdicts.
    isolation
        The level at which the student's code ran.
    late_penalty
        What the gradebook takes off the notebook for being late.
    changed
        What was put back: by cell, the points that the gradebook held and that no grading had given.
    """

    event: str
    assignment: str
    student: str
    notebook: str
    scores: Mapping[str, float]
    max_scores: Mapping[str, float]
    outcomes: Mapping[str, int] = field(default_factory=dict)
    key: str = ""
    isolation: str = "none"
    late_penalty: float = 0.0
    changed: Mapping[str, float | None] = field(default_factory=dict)


_FIELDS = tuple(part.name for part in fields(Event))


@dataclass(frozen=True)
class LoggedEvent:
    """An event as it stands in the log: its number, when it happened (UTC), and which user ran it."""

    seq: int
    time: str
    who: str
    event: Event


def scoring_event(
    assignment: str,
    student: str,
    graded: GradedNotebook,
    key: str,
    *,
    event: str | None = None,
    late_penalty: float = 0.0,
    changed: Mapping[str, float | None] | None = None,
) -> Event:
    """Describe what a graded notebook got.

    `event` is "repaired" where marks that someone had `changed` were put back; else, unless it is named,
    "graded" or "refused".
    """
    return Event(
        event="repaired" if changed else event or ("graded" if graded.refused is None else "refused"),
        assignment=assignment,
        student=student,
        notebook=graded.notebook,
        scores={verdict.grade_id: verdict.points for verdict in graded.verdicts},
        max_scores={verdict.grade_id: verdict.max_points for verdict in graded.verdicts},
        outcomes=dict(Counter(verdict.outcome for verdict in graded.verdicts)),
        key=key,
        isolation=graded.isolation,
        late_penalty=late_penalty,
        changed=changed or {},
    )


class AuditLog:
    """The log of a course. Any number of processes may write to it, one after the other.

    Parameters
    ----------
    path
        The log, a file of JSON lines; the first event makes it.

    Raises
    ------
    AutograderError
        In every method, if the files can't be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._head_path = path.with_suffix(".head")

    def append_many(self, events: Iterable[Event]) -> None:
        """Write events to the end of the log, and wait until they are on the disk.

        An unfinished last line, as a crash leaves it, is set aside in a line that says so. A log that is not
        as it was left is noted too, so that going on does not cover it up.

        Raises
        ------
        AutograderError
            If the last line is not one of a log; then it can't be continued.
        """
        entries = [_entry(event) for event in events]
        if not entries:
            return
        private_folder(self.path.parent)
        about = {"time": _now(), "engine": code_digest(), "who": _user()}
        try:
            with self._locked(os.O_RDWR | os.O_CREAT, fcntl.LOCK_EX) as file:
                whole, last_line, torn = _end(file)
                last = self._last(last_line)
                notes = [{"event": _NOTE, "what": what} for what in self._noticed(last, whole, torn)]
                lines, last = _chained([about | entry for entry in (*notes, *entries)], last)
                os.ftruncate(file, whole)
                try:
                    _write(file, lines)
                    os.fsync(file)
                except OSError:
                    os.ftruncate(file, whole)
                    raise
                self._write_head(last)
        except OSError as error:
            raise self._unusable(error) from error

    def events(self) -> Iterator[LoggedEvent]:
        """Read the scoring events, oldest first, without the lines that `verify` objects to."""
        for line in self._lines():
            entry, problem = _read(line)
            if problem or entry["event"] == _NOTE:
                continue
            event = Event(**{name: entry[name] for name in _FIELDS if name in entry})
            yield LoggedEvent(entry["seq"], entry["time"], entry["who"], event)

    def head(self) -> Head | None:
        """Read which line was written last; None if that is not known."""
        try:
            seq, last = json.loads(self._head_path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error) from error
        except (ValueError, TypeError):  # damaged
            return None
        return Head(seq, last)

    def verify(self) -> list[Finding]:
        """Find each place where the chain is broken, and what was noted about such places."""
        head = self.head()  # before the lines: an event that is written meanwhile is no finding
        found, last, head_seen = [], Head(), head == Head()
        for number, line in enumerate(self._lines(), start=1):
            entry, problem = _read(line)
            where = f"{self.path.name}, line {number}"
            if problem:
                found.append(f"{where}: {problem}")
            if not entry:
                last = Head(last.seq + line.endswith(b"\n"), "")
                continue
            if last.hash and (entry["seq"], entry["previous"]) != (last.seq + 1, last.hash):
                found.append(f"{where}: {_gap(entry['seq'], last.seq + 1)}")
            if entry["event"] == _NOTE:
                found.append(f"{where}: noted on {entry['time'][:19]}: {entry.get('what')}")
            last = _head(entry)
            head_seen = head_seen or last == head
        if not head_seen and (head is not None or last.seq):
            found.append(f"{self.path.name}: {_not_as_left(last.seq, head)}")
        return [Finding(what) for what in found]

    def _lines(self) -> Iterator[bytes]:
        try:
            with self._locked(os.O_RDONLY, fcntl.LOCK_SH) as file:
                size = os.fstat(file).st_size  # nobody is writing now; later lines are not looked at
            yield from self._lines_up_to(size)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unusable(error) from error

    def _lines_up_to(self, size: int) -> Iterator[bytes]:
        with self.path.open("rb") as lines:
            for line in lines:
                size -= len(line)
                if size < 0:
                    return
                yield line

    @contextmanager
    def _locked(self, flags: int, lock: int) -> Iterator[int]:
        file = os.open(self.path, flags | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, lock)
            yield file
        finally:
            os.close(file)

    def _last(self, line: bytes) -> Head:
        if not line:
            return Head()
        entry, problem = _read(line)
        if not entry:
            raise AutograderError(
                f"{self.path}: its last line {problem}, so it can't be continued. Restore the file from a "
                "backup, or move it away and keep it: then a new log begins"
            )
        return _head(entry)

    def _noticed(self, last: Head, whole: int, torn: bytes) -> Iterator[str]:
        """Say what happened to the log since it was last written to."""
        if torn:
            text = shortened(torn.decode("utf-8", "replace"), _TORN_SHOWN)
            yield f"an unfinished line of {len(torn)} bytes was set aside: {text}"
        head = self.head()
        if head == last or (head is None and not last.seq):
            return
        if head is None or not any(_head(_read(line)[0]) == head for line in self._lines_up_to(whole)):
            yield _not_as_left(last.seq, head)

    def _write_head(self, head: Head) -> None:
        draft = self._head_path.with_suffix(".head-draft")
        with open(draft, "w", encoding="ascii", opener=_private) as file:
            json.dump([head.seq, head.hash], file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self._head_path)

    def _unusable(self, error: OSError) -> AutograderError:
        return AutograderError(
            f"{error.filename or self.path}: the audit log can't be used ({error.strerror}); put that right "
            "and run again"
        )


def _entry(event: Event) -> dict[str, Any]:
    points = sum(event.scores.values()), sum(event.max_scores.values())
    entry = asdict(event) | dict(zip(("points", "max_points"), points, strict=True))
    if not event.changed:  # as in nearly all lines
        del entry["changed"]
    return entry


def _chained(entries: Iterable[dict[str, Any]], last: Head) -> tuple[bytes, Head]:
    """Write entries as lines that continue a log."""
    lines = []
    for entry in entries:
        numbered = {"seq": last.seq + 1, **entry, "previous": last.hash}
        sealed = json.dumps(numbered).encode()[:-1]
        last = Head(last.seq + 1, hashlib.sha256(sealed).hexdigest())
        lines.append(sealed + f', "hash": "{last.hash}"}}\n'.encode())
    return b"".join(lines), last


def _read(line: bytes) -> tuple[dict[str, Any], str]:
    """Read a line of the log and say what is wrong with it; the entry is empty if it is no line of a log."""
    if not line.endswith(b"\n"):
        return {}, "is unfinished, as after a crash; the next grading sets it aside"
    seal = _SEAL.search(line)
    try:
        entry = json.loads(line) if seal else {}
    except (ValueError, RecursionError):
        entry = {}
    if seal is None or not all(isinstance(entry.get(name), kind) for name, kind in _ALWAYS.items()):
        return {}, "is not a line of the log"
    edited = seal[1].decode() != hashlib.sha256(line[: seal.start()]).hexdigest()
    return entry, f"event {entry['seq']} was edited after it was written" if edited else ""


def _head(entry: Mapping[str, Any]) -> Head:
    return Head(entry["seq"], entry["hash"]) if entry else Head(0, "")


def _gap(seq: int, expected: int) -> str:
    if seq > expected:
        missing = f"event {expected} is" if seq == expected + 1 else f"events {expected} to {seq - 1} are"
        return f"{missing} missing before event {seq}"
    return f"event {seq} does not follow the line before it: lines were removed, inserted or moved"


def _not_as_left(last: int, head: Head | None) -> str:
    if head is None:
        return "which event was written last is not known: audit.head was removed or damaged"
    if last < head.seq:
        return f"the log ended with event {last}, but event {head.seq} was written: the end was cut off"
    return f"event {head.seq} is not the one that was written: the log was replaced"


def _end(file: int) -> tuple[int, bytes, bytes]:
    """Find the size of the whole lines of a file, the last whole line, and what stands after it."""
    size, span = os.fstat(file).st_size, 1 << 16
    while True:
        start = max(0, size - span)
        block = os.pread(file, size - start, start)
        end = block.rfind(b"\n") + 1
        begin = block.rfind(b"\n", 0, max(0, end - 1)) + 1
        if begin or not start:
            return start + end, block[begin:end], block[end:]
        span *= 4


def _write(file: int, content: bytes) -> None:
    os.lseek(file, 0, os.SEEK_END)
    remaining = memoryview(content)
    while remaining:
        remaining = remaining[os.write(file, remaining) :]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in some containers
        return str(os.getuid())
