"""Tells whether what a student handed in is still what was graded."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from autograder.attempts import list_attempts
from autograder.course import Course
from autograder.policy import Policy
from autograder.submission import UnsafeFolder, read_files


def handed_in_digest(course: Course, assignment: str, student: str, policy: Policy) -> str:
    """Digest all the work of a student that a mark depends on, with its times.

    That is what lies in submitted/, and with "best" every attempt too: which of them lies in submitted/ makes
    no difference then. It is kept when work is graded, so that an export can tell whose mark is of other
    work.
    """
    folders = [course.submitted / student / assignment]
    if policy.attempts == "best":
        folders += [attempt.folder for attempt in list_attempts(course, student, assignment)]
    digests = {_digest(folder) for folder in folders if os.path.lexists(folder)}
    return hashlib.sha256(b"".join(sorted(digests))).hexdigest()


def _digest(folder: Path) -> bytes:
    try:
        files = read_files(folder)
    except UnsafeFolder as error:
        files = {"": str(error).encode()}
    digest = hashlib.sha256()
    for name, content in files.items():
        digest.update(f"{len(name.encode())}:{len(content)}:{name}".encode() + content)
    return digest.digest()
