"""What a student handed in, read without running it: is the folder safe, and what is in its files?

Nothing is opened by its path. The folder is entered step by step, and each file read once, so that a link, or
a file that is swapped for one in the meantime, is never followed.
"""

from __future__ import annotations

import difflib
import os
import stat
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath

from autograder.errors import shortened

LIMIT = 20 * 1024 * 1024  # bytes of one submission, all files together
MOST_ENTRIES = 2_000  # files and folders
DEEPEST = 10  # folders inside each other
_CODE = {".py", ".pyc", ".so", ".pyd"}
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe must not keep us waiting
# Control characters, marks that reverse the order of letters, line separators: none is seen in a file name.
_UNSEEN = {"Cc", "Cf", "Zl", "Zp"}


@dataclass(frozen=True)
class Inspection:
    """What an inspection found.

    `refused` is the reason not to touch the folder at all; `notebooks` maps notebooks that can't be graded to
    the reason; `remarks` are of the whole folder. `dated` is false when timestamp.txt must not be read.
    `files` holds what `read_files` read.
    """

    refused: str | None = None
    notebooks: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    dated: bool = True
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False, compare=False)


class UnsafeFolder(Exception):
    """A submission's folder holds what must not be read; the message says what, and what to do."""


def find_submissions(submitted: Path, name: str, assignments: Collection[str]) -> tuple[list[str], list[str]]:
    """Find who handed in an assignment, and one line for each entry of submitted/ that can't be graded.

    A student without a folder of the assignment's name handed in nothing, or put it in the wrong place; what
    looks like the second gets a line. `assignments` are the names that other folders rightly have.
    """
    students, problems = [], []
    for entry in sorted(os.listdir(submitted)) if submitted.is_dir() else []:
        if entry.startswith("."):  # the system's own files start so
            continue
        if (wrong := id_error(entry)) is not None:
            problems.append(f"{_quoted(entry)} in submitted/ can't be a student id: {wrong}; not graded")
            continue
        if not os.path.isdir(submitted / entry):
            problems.append(f"{entry!r} in submitted/ is a file, not the folder of a student; not graded")
            continue
        try:
            inside = sorted(os.listdir(submitted / entry))
        except OSError as error:
            problems.append(f"{entry}: not graded, submitted/{entry} can't be read ({error.strerror})")
            continue
        if name in inside:
            students.append(entry)
        elif misplaced := _misplaced(submitted / entry, inside, name, assignments):
            problems.append(
                f"{entry}: not graded, submitted/{entry} holds no folder {name!r}, but "
                f"{shortened(', '.join(map(_quoted, misplaced)))}; move the work to submitted/{entry}/{name}/"
            )
    return students, problems


def _misplaced(folder: Path, inside: Sequence[str], name: str, assignments: Collection[str]) -> list[str]:
    """List what may be work in the wrong place: files, and folders of a near name or with notebooks."""
    found = []
    for entry in inside:
        if entry.startswith(".") or entry in assignments:
            continue
        near = difflib.get_close_matches(entry.casefold(), [name.casefold()])
        if near or not os.path.isdir(folder / entry) or any((folder / entry).glob("*.ipynb")):
            found.append(entry)
    return found


def id_error(student: str) -> str | None:
    """Say why a name can't be a student id; None when it can.

    nbgrader uses the id as the name of a folder and as a glob pattern.
    """
    if not student:
        return "it is empty"
    if student.startswith("."):
        return "it starts with a dot"
    if student != student.strip():
        return "it starts or ends with a space"
    if not student.isprintable():
        return "it contains a character that can't be printed"
    if bad := sorted(set(student) & set("/\\*?[]")):
        return f"it contains {bad[0]!r}"
    if len(student) > 128:
        return "it is longer than 128 characters"
    return None


def inspect_submission(folder: Path, expected: Collection[str]) -> Inspection:
    """Look at a submission; whether a notebook's content is any good is not looked at.

    Parameters
    ----------
    folder
        The student's folder for the assignment.
    expected
        The names of the assignment's notebooks.
    """
    try:
        files = read_files(folder)
    except UnsafeFolder as error:
        return Inspection(refused=str(error))
    handed_in = [name for name in files if name.endswith(".ipynb") and "/" not in name]
    notebooks, remarks = {}, []
    for name in expected:
        if f"{name}.ipynb" not in files:
            others = [other for other in handed_in if other.removesuffix(".ipynb") not in expected]
            found = f" (the folder holds {shortened(', '.join(map(_quoted, others)))})" if others else ""
            notebooks[name] = f"{name}.ipynb was not handed in{found}"
    if code := [name for name in files if PurePosixPath(name).suffix in _CODE]:
        remarks.append(
            f"{shortened(', '.join(map(_quoted, code)))} can't be imported: only code in the notebooks counts"
        )
    if not (dated := _is_date(files.get("timestamp.txt", b""))):
        remarks.append("timestamp.txt holds no date and was left aside: whether it came late is not known")
    return Inspection(notebooks=notebooks, remarks=tuple(remarks), dated=dated, files=files)


def handed_in_at(found: Inspection) -> datetime | None:
    """Read when a submission was handed in, in UTC without a time zone; None if that is not known."""
    from nbgrader.utils import parse_utc  # type: ignore[import-untyped]

    text = found.files.get("timestamp.txt", b"").decode("utf-8", "replace").strip()
    when: datetime | None = parse_utc(text) if text and found.dated else None
    return when


def read_files(folder: Path) -> dict[str, bytes]:
    """Read all files of a submission, sorted by their names relative to the folder.

    Parameters
    ----------
    folder
        The student's folder for the assignment, in the folder of the student; neither may be a link.

    Raises
    ------
    UnsafeFolder
        If the folder holds anything but ordinary files and folders, or too much; nothing is read then that
        lies elsewhere.
    """
    reader = _Reader()
    try:
        with (
            _opened_folder(str(folder.parent.parent), None) as submitted,
            _entered(submitted, folder.parent.name) as student,
            _entered(student, folder.name) as root,
        ):
            reader.read_folder(root, ())
    except OSError as error:
        raise UnsafeFolder(f"{error.filename} can't be read ({error.strerror})") from None
    return dict(sorted(reader.files.items()))


class _Reader:
    """Reads a folder and all below it, within the limits."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._entries = 0
        self._bytes = 0

    def read_folder(self, folder: int, place: tuple[str, ...]) -> None:
        if len(place) > DEEPEST:
            raise UnsafeFolder(
                f"its folders are nested more than {DEEPEST} deep; remove what was not asked for"
            )
        for name in self._names(folder, place):
            inside = (*place, name)
            shown = _quoted("/".join(inside))
            try:
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                _require_ordinary(status, shown)
                if stat.S_ISDIR(status.st_mode):
                    with _opened_folder(name, folder) as opened:
                        self.read_folder(opened, inside)
                else:
                    self.files["/".join(inside)] = self._read(name, folder, shown)
            except OSError as error:
                raise UnsafeFolder(f"{shown} can't be read ({error.strerror})") from None

    def _names(self, folder: int, place: tuple[str, ...]) -> list[str]:
        names = []
        with os.scandir(folder) as entries:
            for entry in entries:
                self._entries += 1
                if self._entries > MOST_ENTRIES:
                    raise UnsafeFolder(
                        f"it holds more than {MOST_ENTRIES} files and folders; remove what was not asked for"
                    )
                if (wrong := name_error(entry.name)) is not None:
                    shown = _quoted("/".join((*place, entry.name)))
                    raise UnsafeFolder(f"the name of {shown} {wrong}; rename the file")
                names.append(entry.name)
        return sorted(names)

    def _read(self, name: str, folder: int, shown: str) -> bytes:
        with open(name, "rb", opener=lambda path, _: os.open(path, _OPEN, dir_fd=folder)) as file:
            # Once more, of what is open now: it may be another file than a moment ago.
            _require_ordinary(os.fstat(file.fileno()), shown)
            content = file.read(LIMIT - self._bytes + 1)
        self._bytes += len(content)
        if self._bytes > LIMIT:
            raise UnsafeFolder(
                f"its files are larger than {LIMIT // 2**20} MB together (from {shown} on); "
                "remove what was not asked for"
            )
        return content


def _require_ordinary(status: os.stat_result, shown: str) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise UnsafeFolder(f"{shown} is a symbolic link; replace it by the file itself")
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise UnsafeFolder(f"{shown} is not an ordinary file; remove it")
    if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
        raise UnsafeFolder(
            f"{shown} is a hard link: the same file has a name elsewhere too, so it may be somebody else's; "
            "replace it by a copy"
        )


def name_error(name: str) -> str | None:
    """Say why a file of a submission must not have a name; None when it may."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return "is not UTF-8"
    if any(unicodedata.category(character) in _UNSEEN for character in name):
        return "holds a character that can't be seen"
    return None


@contextmanager
def _entered(parent: int, name: str) -> Iterator[int]:
    """Open a folder of the path to a submission, which students may have had a hand in."""
    if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
        raise UnsafeFolder(f"{name} is a symbolic link; replace it by a real folder")
    with _opened_folder(name, parent) as opened:
        yield opened


@contextmanager
def _opened_folder(path: str, parent: int | None) -> Iterator[int]:
    """Open a folder as a descriptor; as a part of `parent`, it may not be a link."""
    how = _OPEN | os.O_DIRECTORY if parent is not None else os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
    descriptor = os.open(path, how, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _quoted(name: str) -> str:
    return shortened(repr(name))


def _is_date(content: bytes) -> bool:
    """Whether nbgrader can read the content of a timestamp.txt, which may be empty."""
    from nbgrader.utils import parse_utc

    if len(content) > 200:
        return False
    try:
        if text := content.decode("utf-8").strip():
            parse_utc(text)
    except Exception:  # the date parser raises several kinds, and the text is a student's
        return False
    return True
