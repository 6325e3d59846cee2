"""Opens a download: a zip, or a folder of files and zips."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from autograder.collecting.archive import OF_A_CLASS, opened_archive
from autograder.collecting.entry import Aside, Entry, Refused, is_of_the_system, path_error
from autograder.errors import shortened
from autograder.submission import LIMIT


@dataclass
class Download:
    """The files of a download, and what was refused of it."""

    entries: list[Entry] = field(default_factory=list)
    asides: list[Aside] = field(default_factory=list)


@contextmanager
def opened_download(
    path: Path, source: str, zone: tzinfo, is_handed_in: Callable[[str], bool]
) -> Iterator[Download]:
    """Open a zip, or a folder of what was in one.

    Parameters
    ----------
    path
        The zip or the folder.
    source
        What it is called; files of one attempt are told from those of another by it.
    zone
        That of the times in a zip which name none.
    is_handed_in
        Whether a name is one that a system gives to what a student handed in; a zip in a folder is opened as
        a download of its own when it has no such name.

    Raises
    ------
    Refused
        If it is a file, but no zip that can be read.
    """
    with ExitStack() as stack:
        if path.is_dir():
            download = _in_folder(path, source)
            for entry in list(download.entries):
                if "/" not in entry.name and entry.name.endswith(".zip") and not is_handed_in(entry.name):
                    download.entries.remove(entry)
                    inside = f"{source}/{entry.name}"
                    try:
                        opened = opened_archive(path / entry.name, inside, OF_A_CLASS, zone)
                        entries, asides = stack.enter_context(opened)
                    except Refused as refusal:
                        download.asides.append(Aside(inside, str(refusal)))
                    else:
                        download.entries += entries
                        download.asides += asides
        else:
            download = Download(*stack.enter_context(opened_archive(path, source, OF_A_CLASS, zone)))
        yield download


def _in_folder(root: Path, source: str) -> Download:
    download = Download()

    def failed(error: OSError) -> None:
        download.asides.append(Aside(str(error.filename), f"it can't be read ({error.strerror})"))

    for folder, folders, files in os.walk(root, onerror=failed):  # does not follow links
        for name in sorted(files) + sorted(part for part in folders if Path(folder, part).is_symlink()):
            path = Path(folder, name)
            inside = path.relative_to(root).as_posix()
            if is_of_the_system(inside):
                continue
            status = path.lstat()
            if (wrong := path_error(inside) or _status_error(status)) is not None:
                download.asides.append(Aside(f"{source}: {shortened(repr(inside))}", wrong))
            else:
                download.entries.append(Entry(source, inside, _changed(status), _reader(path)))
        folders.sort()
    return download


def _status_error(status: os.stat_result) -> str | None:
    if stat.S_ISLNK(status.st_mode):
        return "it is a link"
    return None if stat.S_ISREG(status.st_mode) else "it is not an ordinary file"


def _changed(status: os.stat_result) -> datetime:
    try:
        return datetime.fromtimestamp(int(status.st_mtime), UTC)
    except (ValueError, OverflowError, OSError):  # a file system can hold years that no calendar has
        return datetime.fromtimestamp(0, UTC)


def _reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb") as file:
                content = file.read(LIMIT + 1)
        except OSError as error:
            raise Refused(f"it can't be read ({error.strerror})") from None
        if len(content) > LIMIT:
            raise Refused(f"it is larger than {LIMIT // 2**20} MB")
        return content

    return read
