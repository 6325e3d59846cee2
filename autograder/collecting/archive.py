"""Reads a zip that nobody vouches for: nothing is unpacked to disk, and what looks like a trap is refused."""

from __future__ import annotations

import io
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from autograder.collecting.entry import Aside, Entry, Refused, is_of_the_system, path_error
from autograder.errors import shortened
from autograder.submission import LIMIT, MOST_ENTRIES

RATIO = 200  # how much smaller than its content a compressed file may be; a bomb's is 1000
_SMALL = 2**20  # bytes; below, a ratio says nothing
_ENCRYPTED, _NAME_IS_UTF8 = 0x1, 0x800
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Limits:
    """What an archive may hold: files, and bytes when unpacked, of one file and of all."""

    files: int
    file_bytes: int
    all_bytes: int


OF_A_CLASS = Limits(files=200_000, file_bytes=LIMIT, all_bytes=16 * 2**30)
OF_A_STUDENT = Limits(files=MOST_ENTRIES, file_bytes=LIMIT, all_bytes=LIMIT)


@contextmanager
def opened_archive(
    file: Path | BinaryIO, source: str, limits: Limits, zone: tzinfo
) -> Iterator[tuple[list[Entry], list[Aside]]]:
    """Open a zip and list the files that may be read, and those that are refused.

    Parameters
    ----------
    file
        The archive, or its path.
    source
        What it is called in messages.
    limits
        What it may hold.
    zone
        That of the times in it which name none.

    Raises
    ------
    Refused
        If it is no zip, or must not be read at all.
    """
    try:
        _require_short_directory(file, limits)
        archive = _opened(file)
    except (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError, OSError) as error:
        raise Refused(f"it can't be read as a zip ({shortened(error)})") from None
    with archive:
        yield _sorted_out(archive, source, limits, zone)


def _opened(file: Path | BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except UnicodeDecodeError:  # for one wrong name, zipfile opens nothing
        content = file.read_bytes() if isinstance(file, Path) else _all_of(file)
        return zipfile.ZipFile(io.BytesIO(_without_wrong_marks(content)))


def _all_of(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _without_wrong_marks(content: bytes) -> bytes:
    """Take the mark that it is UTF-8 off each name, in the list of files, that is not."""
    data = bytearray(content)
    end = data.rfind(b"PK\x05\x06")
    at = end - struct.unpack("<L", data[end + 12 : end + 16])[0]  # the list stands right before its end
    while data[at : at + 4] == b"PK\x01\x02":
        lengths = struct.unpack("<3H", data[at + 28 : at + 34])
        try:
            data[at + 46 : at + 46 + lengths[0]].decode("utf-8")
        except UnicodeDecodeError:
            data[at + 9] &= ~(_NAME_IS_UTF8 >> 8)
        at += 46 + sum(lengths)
    return bytes(data)


def is_archive(name: str, content: bytes) -> bool:
    """Whether a file is meant to be a zip; documents of office programs are zips too, and are not meant."""
    return name.casefold().endswith(".zip") and content.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def _require_short_directory(file: Path | BinaryIO, limits: Limits) -> None:
    """Refuse an archive with too long a list of files before that list is loaded."""
    if isinstance(file, Path):
        with file.open("rb") as opened:
            return _require_short_directory(opened, limits)
    file.seek(0, 2)
    end = file.tell()
    file.seek(max(0, end - 22 - 2**16))
    tail = file.read()
    found = tail.rfind(b"PK\x05\x06", 0, max(0, len(tail) - 18))
    if found >= 0:
        size = struct.unpack("<L", tail[found + 12 : found + 16])[0]
        is_zip64 = tail[max(0, found - 20) : found].startswith(b"PK\x06\x07")  # then the size is elsewhere
        if size > limits.files * 400 if not is_zip64 else limits is not OF_A_CLASS:
            raise Refused(f"it holds more than {limits.files} files")
    file.seek(0)
    return None


def _sorted_out(
    archive: zipfile.ZipFile, source: str, limits: Limits, zone: tzinfo
) -> tuple[list[Entry], list[Aside]]:
    infos = archive.infolist()
    if len(infos) > limits.files:
        raise Refused(f"it holds {len(infos)} files, more than {limits.files}")
    overlapping = _overlapping(archive, infos)
    entries: list[Entry] = []
    asides: list[Aside] = []
    seen: dict[str, str] = {}
    unpacked = 0
    for info in infos:
        name, wrong = _name(info)
        if wrong is None and info.is_dir():
            wrong = path_error(name.rstrip("/"))
            if wrong is None:
                continue  # an empty folder is nothing that anybody handed in
        elif wrong is None and is_of_the_system(name):
            continue
        folded = unicodedata.normalize("NFC", name).casefold()
        if wrong is None:
            wrong = path_error(name) or _info_error(info, limits)
        if wrong is None and info.header_offset in overlapping:
            wrong = "it overlaps with another file of the archive"
        if wrong is None and folded in seen:
            same = seen[folded] == name
            wrong = (
                "it is in the archive twice" if same else f"its name is that of {seen[folded]!r} but for case"
            )
        if wrong is None and (unpacked := unpacked + info.file_size) > limits.all_bytes:
            wrong = f"with it, the archive would unpack to more than {limits.all_bytes // 2**20} MB"
        if wrong is not None:
            asides.append(Aside(f"{source}: {shortened(repr(name))}", wrong))
            continue
        seen[folded] = name
        entries.append(Entry(source, name, _time(info, zone), _reader(archive, info)))
    return entries, asides


def _name(info: zipfile.ZipInfo) -> tuple[str, str | None]:
    """Give the name of a file, and what is wrong with how it is written."""
    name = info.orig_filename
    if not info.flag_bits & _NAME_IS_UTF8:  # then zipfile takes it for the code page of the IBM PC
        try:
            name = name.encode("cp437").decode("utf-8")  # which is what most programs mean
        except UnicodeDecodeError:
            return name, "its name is not UTF-8"
    if "\0" in name:
        return name, "its name holds a zero byte"
    return name, None


def _info_error(info: zipfile.ZipInfo, limits: Limits) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "it is a link"
    if kind not in (0, stat.S_IFREG):
        return "it is not an ordinary file"
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted"
    # Others can't be unpacked bit by bit, so their size would be known too late.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "it is compressed in a way that is not read here"
    if info.file_size > limits.file_bytes:
        return f"it is larger than {limits.file_bytes // 2**20} MB"
    if info.file_size > max(_SMALL, RATIO * info.compress_size):
        return f"it unpacks to more than {RATIO} times its size, as a zip bomb does"
    return None


def _overlapping(archive: zipfile.ZipFile, infos: Sequence[zipfile.ZipInfo]) -> set[int]:
    """Give the places of files that share bytes with another, or with the list of files at the end."""
    starts = sorted(info.header_offset for info in infos)
    found = {one for one, next_one in pairwise(starts) if one == next_one}
    reach, reaching = -1, -1
    for info in sorted(infos, key=lambda info: info.header_offset):
        # A file takes at least its header and its name, besides its bytes.
        end = info.header_offset + 30 + len(info.orig_filename) + info.compress_size
        if info.header_offset < reach:
            found |= {info.header_offset, reaching}
        if end > archive.start_dir:
            found.add(info.header_offset)
        if end > reach:
            reach, reaching = end, info.header_offset
    return found


def _reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with archive.open(info) as opened:
                return opened.read(info.file_size)  # never more than it is said to hold
        except (
            zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError
        ) as error:  # fmt: skip
            raise Refused(f"its bytes are damaged ({shortened(error)})") from None

    return read


def _time(info: zipfile.ZipInfo, zone: tzinfo) -> datetime:
    """Give the time of a file: the exact one where the archive has it, otherwise that of a wall clock."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == 0x5455 and size >= 5 and len(extra) >= 9 and extra[4] & 1:  # "extended timestamp"
            return datetime.fromtimestamp(struct.unpack("<L", extra[5:9])[0], UTC)
        extra = extra[4 + size :]
    try:
        return datetime(*info.date_time, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):  # some programs write the 31st of no month
        return _EPOCH
