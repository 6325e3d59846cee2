"""The private folder of a course, `.autograder/`: the secret, the verdict cache and the audit log."""

from __future__ import annotations

from pathlib import Path

from autograder.errors import AutograderError

PRIVATE = ".autograder"
SECRET, VERDICTS, AUDIT = "secret", "verdicts.db", "audit.jsonl"


def private_folder(folder: Path) -> Path:
    """Make sure that a private folder exists, readable by its owner only when it is made.

    Raises
    ------
    AutograderError
        If it can't be made.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise AutograderError(
            f"{folder}: can't be made a folder ({error.strerror}); look what is there"
        ) from error
    return folder
