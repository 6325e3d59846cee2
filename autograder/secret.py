"""The secret of a course, from which every student's hidden inputs are derived.

Whoever knows it can compute the hidden inputs of every student, so it stays in the private folder, and no
process that runs a student's code ever holds it.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from pathlib import Path

from autograder.errors import AutograderError
from autograder.private import private_folder

SIZE = 32  # bytes


def course_secret(path: Path) -> bytes:
    """Read the secret, or make one if the file does not exist. A file that exists is never written to.

    Raises
    ------
    AutograderError
        If the file can't be read or made, or holds no secret.
    """
    try:
        if not path.exists():
            _make(path)
        text = path.read_text(encoding="ascii")
        secret = bytes.fromhex(text)
    except OSError as error:
        raise AutograderError(
            f"{path}: the secret of the course can't be read or made ({error.strerror}); put that right and "
            "run again as the owner of the course"
        ) from error
    except ValueError as error:
        raise AutograderError(_spoiled(path, "is not text in hexadecimal digits")) from error
    if len(secret) < SIZE:
        raise AutograderError(_spoiled(path, f"has {len(secret)} bytes and needs {SIZE}"))
    return secret


def _make(path: Path) -> None:
    """Write a new secret under another name and link it into place: whole, or not at all, by one process."""
    handle, draft = tempfile.mkstemp(dir=private_folder(path.parent), prefix=f".{path.name}-")  # mode 0600
    try:
        with open(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SIZE) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was faster: its secret counts
            os.link(draft, path)
    finally:
        os.unlink(draft)


def _spoiled(path: Path, what: str) -> str:
    return (
        f"{path}: the secret of the course {what}. Restore the file from a backup; or delete it, and a new "
        "secret is made: every student then meets other hidden inputs, and all work is graded again"
    )


def student_seed(secret: bytes, student: str, assignment: str, notebook: str) -> str:
    """Derive what a student's hidden inputs in a notebook are drawn from: digits, `:`, and the student."""
    about = json.dumps([student, assignment, notebook]).encode()
    return f"{hmac.new(secret, about, hashlib.sha256).hexdigest()}:{student}"
