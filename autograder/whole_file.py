"""A file that appears whole or not at all: it is written beside its place and moved there at the end."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autograder.errors import AutograderError


@contextmanager
def whole_file(to: Path) -> Iterator[Path]:
    """Give the path of a draft, readable by its owner only, which replaces `to` when the block ends well.

    Raises
    ------
    AutograderError
        If the file can't be written; an earlier one stays.
    """
    if to.is_dir():
        raise AutograderError(f"{to} is a directory; name a file")
    try:
        with _draft_of(to) as draft:
            yield draft
    except OSError as error:
        raise AutograderError(f"{to}: can't be written ({error.strerror}); nothing was changed") from error


def write_whole(to: Path, content: bytes, mode: int) -> None:
    """Write a file with these permissions, where the caller says what it means that it can't be written.

    A link in its place is replaced, and not followed.

    Raises
    ------
    OSError
        If the file can't be written; an earlier one stays.
    """
    with _draft_of(to) as draft:
        draft.write_bytes(content)
        draft.chmod(mode)


@contextmanager
def _draft_of(to: Path) -> Iterator[Path]:
    number, name = tempfile.mkstemp(dir=to.parent, prefix=f".{to.name}-")
    os.close(number)
    draft = Path(name)
    try:
        yield draft
        os.replace(draft, to)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
