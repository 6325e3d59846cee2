"""The attempts of an assignment: every one is kept below attempts/, the one that counts also in submitted/.

A folder is written next to its place and renamed into it, so that no run leaves half of one behind.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from autograder.attempts import (
    ATTEMPTS,
    Attempt,
    attempt_name,
    attempt_of,
    attempts_folder,
    list_attempts,
    overruled_time,
)
from autograder.collecting.times import read_stamp, stamp
from autograder.course import Course
from autograder.errors import AutograderError
from autograder.submission import UnsafeFolder, read_files
from autograder.whole_file import whole_file

TIMESTAMP = "timestamp.txt"
_DRAFTS = ".collecting"


class Attempts:
    """The attempts of all students at one assignment. Used in a `with`, by one process at a time.

    Raises
    ------
    AutograderError
        On entering, if somebody else is collecting in this course.
    """

    def __init__(self, course: Course, assignment: str) -> None:
        self._course = course
        self._assignment = assignment
        self.drafts = course.root / _DRAFTS
        self.redated: list[str] = []  # students with an attempt of before that got another time

    def __enter__(self) -> Attempts:
        self.drafts.mkdir(mode=0o700, exist_ok=True)
        self._lock = os.open(self.drafts, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise AutograderError(
                f"{self._course.root}: another `autograder collect` is at work here; wait for its end"
            ) from None
        self._clear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()
        os.close(self._lock)

    def students(self) -> list[str]:
        """Name who has an attempt, or something in submitted/."""
        found: set[str] = set()
        for place in (self._course.root / ATTEMPTS, self._course.submitted):
            found |= {path.parent.name for path in place.glob(f"*/{self._assignment}") if path.is_dir()}
        return sorted(student for student in found if not student.startswith("."))

    def of(self, student: str) -> list[Attempt]:
        """List a student's attempts, the last at the end."""
        return list_attempts(self._course, student, self._assignment)

    def files(self, attempt: Attempt) -> dict[str, bytes]:
        """Read an attempt, its timestamp.txt too."""
        return _read(attempt.folder)

    def time_of(self, student: str, files: Mapping[str, bytes]) -> str | None:
        """Give what timestamp.txt says of the last attempt with these files; None if there is none."""
        digest = _digest(files)
        for attempt in reversed(self.of(student)):
            kept = _read(attempt.folder)
            if _digest(kept) == digest:
                return kept.get(TIMESTAMP, b"").decode("utf-8", errors="replace")
        return None

    def keep(
        self, student: str, seen: datetime, counted: datetime | None, files: Mapping[str, bytes]
    ) -> bool:
        """Keep an attempt; tell whether it is new.

        It is not if the same bytes are there with the same time, or are what the student had handed in last
        before. The time that counts may be another now: see `_date_earlier`. What was put in place by hand
        without a time is this attempt if it has the same bytes, though its files may be of a later day.

        Parameters
        ----------
        student
            The student's id.
        seen
            When it came, as far as is known; the order of attempts is by this.
        counted
            What timestamp.txt is to say; None if nobody knows, and no such file is written.
        files
            The content by path, relative to the attempt.
        """
        when = seen.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        earlier = [attempt for attempt in self.of(student) if attempt.when <= when]
        same_time = [attempt for attempt in earlier if attempt.when == when]
        digest = _digest(files)
        for attempt in sorted({*same_time, *earlier[-1:]}):
            if _digest(kept := _read(attempt.folder)) == digest:
                if counted is not None:
                    if self._date_earlier(attempt, counted, kept.get(TIMESTAMP)):
                        self.redated.append(student)
                    self._drop_undated(student, when, digest)  # a run that was killed may have left it
                return False
        number = max((attempt.number for attempt in same_time), default=0) + 1
        time = {} if counted is None else {TIMESTAMP: stamp(counted).encode()}
        draft = self._written({**files, **time})
        target = attempts_folder(self._course, student, self._assignment) / attempt_name(when, number)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.rename(target)
        return counted is None or not self._drop_undated(student, when, digest)

    def _drop_undated(self, student: str, when: datetime, digest: str) -> bool:
        """Drop attempts without a time that were filed after one with the same bytes; tell whether any was.

        They would count in its place, and as in time however late it was.
        """
        found = False
        for attempt in self.of(student):
            kept = _read(attempt.folder) if attempt.when > when else {TIMESTAMP: b""}
            if TIMESTAMP not in kept and _digest(kept) == digest:
                attempt.folder.rename(Path(tempfile.mkdtemp(dir=self.drafts)))  # which is cleared at the end
                self.redated.append(student)
                found = True
        return found

    def _date_earlier(self, attempt: Attempt, counted: datetime, before: bytes | None) -> bool:
        """Write an earlier time to an attempt that has none, or only that of its download; tell whether.

        So --handed-in-by holds for what was collected without it. A time that somebody wrote by hand stays.
        """
        when = attempt.when.replace(tzinfo=UTC)
        if before is not None and (before != stamp(when).encode() or counted >= when):
            return False
        with whole_file(attempt.folder / TIMESTAMP) as draft:
            draft.write_text(stamp(counted), encoding="utf-8")
        return True

    def keep_submitted(self, student: str) -> bool:
        """Keep what is in submitted/ as an attempt, if it is none; tell whether it was.

        Without a timestamp.txt it is filed by the time of its files, but has none that counts: when somebody
        put it there makes no student late.

        Raises
        ------
        UnsafeFolder
            If it must not be read.
        """
        folder = self._course.submitted / student / self._assignment
        if not os.path.lexists(folder):
            return False
        files = read_files(folder)
        digest = _digest(files)
        if not files.keys() - {TIMESTAMP} or any(
            _digest(_read(one.folder)) == digest for one in self.of(student)
        ):
            return False
        told = read_stamp(files.get(TIMESTAMP, b""))
        seen = told or datetime.fromtimestamp(max(path.stat().st_mtime for path in folder.rglob("*")), UTC)
        counted = told.replace(microsecond=0) if told else None
        return self.keep(student, seen, counted, {name: files[name] for name in files if name != TIMESTAMP})

    def put_in_place(self, student: str, *, best: bool) -> tuple[Attempt, str] | None:
        """Put a student's last attempt into submitted/.

        Where the best one counts, what lies there stays, but has the time of its attempt, which may have been
        corrected.

        Returns
        -------
        tuple of Attempt and str, or None
            The attempt, and another time that the same work had there, unless that of the attempt was written
            since.
        """
        attempts = self.of(student)
        target = self._course.submitted / student / self._assignment
        there = os.path.lexists(target)
        if not attempts:
            return None
        before = read_files(target) if there else {}
        chosen: Attempt | None = attempts[-1]
        if there and best:
            chosen = attempt_of(before, {attempt: _read(attempt.folder) for attempt in attempts})
        if chosen is None or before == (files := _read(chosen.folder)):
            return None
        same = _digest(before) == _digest(files)
        other = overruled_time(target, chosen) if same else None
        draft = self._written(files)
        target.parent.mkdir(parents=True, exist_ok=True)
        if there:  # it is kept as an attempt, so that nothing is lost between the two steps
            target.rename(self.drafts / f"{draft.name}-earlier")
        draft.rename(target)
        return None if other is None else (chosen, other)

    def _written(self, files: Mapping[str, bytes]) -> Path:
        draft = Path(tempfile.mkdtemp(dir=self.drafts))
        draft.chmod(0o755)
        for name, content in files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return draft

    def _clear(self) -> None:
        """Remove what was being written, by this run or by one that was killed."""
        for path in self.drafts.iterdir():
            shutil.rmtree(path)


def _read(folder: Path) -> dict[str, bytes]:
    try:
        return read_files(folder)
    except UnsafeFolder as error:
        raise AutograderError(f"{folder}: {error}") from None


def _digest(files: Mapping[str, bytes]) -> str:
    """Identify the files of an attempt, whenever it came."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        if name != TIMESTAMP:
            digest.update(f"{len(name.encode())}:{len(content)}:{name}".encode() + content)
    return digest.hexdigest()
