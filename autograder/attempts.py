"""What a student handed in each time, in attempts/STUDENT/ASSIGNMENT/TIME/, and which of it is submitted.

Nothing here is lost: what lies in submitted/ is filed as an attempt before another takes its place.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from autograder.course import Course
from autograder.submission import UnsafeFolder, id_error, read_files

ATTEMPTS = "attempts"
_NAME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z)(?:-(\d{1,6}))?")
_FORMAT = "%Y-%m-%dT%H-%M-%SZ"


@dataclass(frozen=True, order=True)
class Attempt:
    """One time that a student handed in an assignment; in the order of time, which is UTC without a zone."""

    when: datetime
    number: int
    folder: Path


def attempt_name(when: datetime, number: int = 1) -> str:
    """Name the folder of an attempt: by its time, and its place among those of the same second.

    Examples
    --------
    >>> attempt_name(datetime(2027, 1, 15, 22, 59)), attempt_name(datetime(2027, 1, 15, 22, 59), 2)
    ('2027-01-15T22-59-00Z', '2027-01-15T22-59-00Z-2')
    """
    name = f"{when.isoformat('T', 'seconds').replace(':', '-')}Z"
    return name if number == 1 else f"{name}-{number}"


def attempts_folder(course: Course, student: str, assignment: str) -> Path:
    """Name the folder of a student's attempts at an assignment."""
    return course.root / ATTEMPTS / student / assignment


def attempted(course: Course, assignment: str) -> list[str]:
    """List who has an attempt at an assignment."""
    folder = course.root / ATTEMPTS
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    return [name for name in names if id_error(name) is None and list_attempts(course, name, assignment)]


def list_attempts(course: Course, student: str, assignment: str) -> list[Attempt]:
    """List a student's attempts, the first one first; what has no time for a name is none."""
    folder = attempts_folder(course, student, assignment)
    if not _is_folder(folder.parent) or not _is_folder(folder):
        return []
    found = []
    for name in os.listdir(folder):
        if (named := _NAME.fullmatch(name)) and (when := _time(named[1])) and _is_folder(folder / name):
            found.append(Attempt(when, int(named[2] or 1), folder / name))
    return sorted(found)


def attempt_of(
    handed_in: Mapping[str, bytes], attempts: Mapping[Attempt, Mapping[str, bytes]]
) -> Attempt | None:
    """Find the attempt that lies in submitted/: the last with the same files, whatever their time says there.

    The time of an attempt may have been corrected since it was put there. One with the same time goes first.
    """
    work = _without_time(handed_in)
    same = [attempt for attempt, files in attempts.items() if _without_time(files) == work]
    exact = [attempt for attempt in same if attempts[attempt] == handed_in]
    return max(exact or same, default=None)


def overruled_time(submitted: Path, attempt: Attempt) -> str | None:
    """Give the time of work in submitted/ that gives way to that of its attempt, if somebody may mean it.

    That is so if it was written after that of the attempt.
    """
    there, kept = (folder / "timestamp.txt" for folder in (submitted, attempt.folder))
    if not there.exists() or (kept.exists() and there.stat().st_mtime_ns <= kept.stat().st_mtime_ns):
        return None
    text = there.read_text(encoding="utf-8", errors="replace").strip()
    return (
        None if kept.exists() and text == kept.read_text(encoding="utf-8", errors="replace").strip() else text
    )


def submitted_attempt(course: Course, student: str, assignment: str, when: datetime | None) -> Attempt | None:
    """Give what lies in submitted/ as an attempt that is not filed yet; None if there is nothing."""
    folder = course.submitted / student / assignment
    if not _is_folder(folder.parent) or not _is_folder(folder):
        return None
    if when is None:  # the time of a file is all that is known
        changed = max(os.lstat(path).st_mtime for path in (folder, *folder.iterdir()))
        when = datetime.fromtimestamp(int(changed), UTC).replace(tzinfo=None)
    return Attempt(when, 1_000_000, folder)


def put_into_submitted(
    course: Course, student: str, assignment: str, chosen: Attempt, earlier: Attempt | None
) -> None:
    """Make an attempt the one in submitted/, where `earlier` lies if that is not filed yet.

    Raises
    ------
    OSError
        If something can't be written.
    UnsafeFolder
        If the attempt holds what must not be read, or the student's folder is a link.
    """
    final = course.submitted / student / assignment
    files = read_files(chosen.folder)
    if os.path.lexists(final.parent) and not _is_folder(final.parent):
        raise UnsafeFolder(f"submitted/{student} is not a folder of its own; replace it by one")
    new, old = (final.with_name(f".{assignment}.{word}") for word in ("new", "old"))
    final.parent.mkdir(parents=True, exist_ok=True)
    for left in (new, old):  # of a run that was killed
        _remove(left)
    for name, content in files.items():
        path = new / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if earlier is not None:
        filed = _free_name(attempts_folder(course, student, assignment), earlier.when)
        filed.parent.mkdir(parents=True, exist_ok=True)
        final.rename(filed)
    elif os.path.lexists(final):
        final.rename(old)
    new.rename(final)
    _remove(old)


def _remove(path: Path) -> None:
    if _is_folder(path):
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _free_name(folder: Path, when: datetime) -> Path:
    return next(
        path for number in count(1) if not os.path.lexists(path := folder / attempt_name(when, number))
    )


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _FORMAT)
    except ValueError:
        return None


def _without_time(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name != "timestamp.txt"}


def _is_folder(path: Path) -> bool:
    """Whether it is a folder itself, no link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False
