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
import shlex
import tempfile
from pathlib import Path

from autograder.errors import AutograderError
from autograder.private import AUDIT, private_folder

SIZE = 32  # bytes


def course_secret(path: Path) -> bytes:
    """Read the secret, or make one for a new course. A file that exists is never written to.

    Raises
    ------
    AutograderError
        If the file can't be read or made, holds no secret, or is gone though the log beside it has marks.
    """
    try:
        if not path.exists():
            _require_no_marks(path)
            _make(path)
        text = path.read_text(encoding="ascii")
        secret = bytes.fromhex(text)
    except OSError as error:
        raise AutograderError(
            f"{path}: the secret of the course can't be read or made ({error.strerror}); put that right and "
            "run again as the owner of the course"
        ) from error
    except ValueError as error:
        raise AutograderError(_lost(path, "is not text in hexadecimal digits")) from error
    if len(secret) < SIZE:
        raise AutograderError(_lost(path, f"has {len(secret)} bytes and needs {SIZE}"))
    return secret


def _require_no_marks(path: Path) -> None:
    log = path.parent / AUDIT
    if log.exists() and log.stat().st_size:
        raise AutograderError(_lost(path, "is gone, and marks were given with it"))


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


def _lost(path: Path, what: str) -> str:
    return (
        f"{path}: the secret of the course {what}. Restore the file from a backup. If there is none, write "
        "a new one, with which every student meets other hidden inputs and all work is graded again: "
        f"python3 -c 'import secrets; print(secrets.token_hex({SIZE}))' > {shlex.quote(str(path))}"
    )


def student_seed(secret: bytes, student: str, assignment: str, notebook: str) -> str:
    """Derive what a student's hidden inputs in a notebook are drawn from: digits, `:`, and the student."""
    about = json.dumps([student, assignment, notebook]).encode()
    return f"{hmac.new(secret, about, hashlib.sha256).hexdigest()}:{student}"
