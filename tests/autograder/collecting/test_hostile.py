"""Archives that are traps: each is refused with a reason that names the entry, and the rest is collected."""

from __future__ import annotations

import io
import os
import random
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path

import pytest

from autograder.collecting.archive import OF_A_STUDENT, Limits, opened_archive
from autograder.collecting.collect import collect
from autograder.collecting.entry import Refused
from autograder.course import Course
from autograder.errors import AutograderError
from tests.autograder.collecting.conftest import Zip, attempts, submitted

Work = Callable[..., bytes]
Snapshot = Callable[[Path], dict[str, bytes]]

GOOD = "babbagecharles_1791_1_practice.ipynb"
BAD = "lovelaceada_1815_2_practice.ipynb"
LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


@pytest.fixture
def outside(tmp_path: Path, snapshot: Snapshot) -> Iterator[None]:
    """Nothing but the course changes, whatever is collected."""
    yield
    there = {path.name for path in tmp_path.iterdir()}
    assert there <= {"course", "submissions.zip", "folder", "elsewhere.ipynb"}


def records(data: bytes, name: bytes) -> Iterator[tuple[int, bytes]]:
    """Find where the two records of an archive begin that describe an entry."""
    for signature, before in ((LOCAL, 30), (CENTRAL, 46)):
        at = data.find(name)
        while at != -1:
            if data[at - before : at - before + 4] == signature:
                yield at - before, signature
            at = data.find(name, at + 1)


def patched(path: Path, name: str, field: tuple[int, int], value: bytes, only: bytes = b"") -> None:
    """Change a field of both records of an entry (or of one kind), at its places in the one and the other."""
    data = bytearray(path.read_bytes())
    for at, signature in list(records(bytes(data), name.encode())):
        if only in (b"", signature):
            place = at + field[0 if signature == LOCAL else 1]
            data[place : place + len(value)] = value
    path.write_bytes(data)


def with_mode(path: Path, mode: int, content: bytes = b"/etc/passwd") -> None:
    """Add an entry that claims to be something else than a file."""
    info = zipfile.ZipInfo(BAD)
    info.external_attr = (mode | 0o777) << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, content)


def with_entry(path: Path, name: str, content: bytes = b"x", how: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "a", how) as archive:
        archive.writestr(zipfile.ZipInfo(name), content, how)


def encrypted(path: Path) -> None:
    with_entry(path, BAD)
    patched(path, BAD, (6, 8), b"\x01\x00")


def not_utf8(path: Path) -> None:
    with_entry(path, BAD)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"lovelaceada", b"lovela\xe7eada"))


def marked_as_utf8(path: Path) -> None:
    with_entry(path, "zoë_1815_2_practice.ipynb")
    path.write_bytes(path.read_bytes().replace("zoë".encode(), b"zo\xff\xff"))


def zero_byte(path: Path) -> None:
    with_entry(path, BAD)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"2_practice", b"2\0practice"))


def damaged(path: Path) -> None:
    with_entry(path, BAD, b"a" * 50, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"a" * 50, b"b" * 50))


def understated(path: Path) -> None:
    with_entry(path, BAD, b"a" * 5_000)
    patched(path, BAD, (22, 24), struct.pack("<L", 10))


def overlapping(path: Path) -> None:
    """Have one entry's bytes reach over the next one's."""
    with_entry(path, BAD, b"a" * 50)
    with_entry(path, "second_1816_3_practice.ipynb", b"b" * 50)
    patched(path, BAD, (18, 20), struct.pack("<L", 80), only=CENTRAL)


def in_one_place(path: Path) -> None:
    """Have two entries share the same bytes, as the densest bombs do."""
    with_entry(path, BAD, b"a" * 50)
    with_entry(path, "second_1816_3_practice.ipynb", b"b" * 50)
    first = next(at for at, kind in records(path.read_bytes(), BAD.encode()) if kind == LOCAL)
    patched(path, "second_1816_3_practice.ipynb", (0, 42), struct.pack("<L", first), only=CENTRAL)


TRAPS: dict[str, tuple[Callable[[Path], object], str]] = {
    "link": (lambda path: with_mode(path, stat.S_IFLNK), "it is a link"),
    "device": (lambda path: with_mode(path, stat.S_IFCHR), "it is not an ordinary file"),
    "pipe": (lambda path: with_mode(path, stat.S_IFIFO), "it is not an ordinary file"),
    "absolute": (lambda path: with_entry(path, f"/tmp/{BAD}"), "its path is absolute"),
    "drive": (lambda path: with_entry(path, f"C:/{BAD}"), "its path is absolute"),
    "upwards": (lambda path: with_entry(path, f"../../{BAD}"), "its path leads out of the download"),
    "backslash": (lambda path: with_entry(path, f"..\\..\\{BAD}"), "its path holds a backslash"),
    "upwards at the end": (lambda path: with_entry(path, "lovelaceada_1815_2_.."), "its path leads out"),
    "upwards folder": (lambda path: with_entry(path, "x/../../lovelaceada_1815_2_/"), "its path leads out"),
    "deep": (lambda path: with_entry(path, f"{'a/' * 11}{BAD}"), "nested more than 10 deep"),
    "long": (lambda path: with_entry(path, f"{BAD}{'é' * 128}"), "its name is longer than 255 bytes"),
    "encrypted": (encrypted, "it is encrypted"),
    "ratio": (lambda path: with_entry(path, BAD, b"\0" * 5_000_000), "to more than 200 times its size"),
    "large": (lambda path: with_entry(path, BAD, b"\0" * 21 * 2**20), "it is larger than 20 MB"),
    "slow": (lambda path: with_entry(path, BAD, b"x", zipfile.ZIP_LZMA), "in a way that is not read here"),
    "not UTF-8": (not_utf8, "its name is not UTF-8"),
    "marked as UTF-8": (marked_as_utf8, "its name is not UTF-8"),
    "zero byte": (zero_byte, "its name holds a zero byte"),
    "reversed": (lambda path: with_entry(path, f"{BAD}\u202e"), "holds a character that can't be seen"),
    "damaged": (damaged, "its bytes are damaged"),
    "understated": (understated, "its bytes are damaged"),
    "overlapping": (overlapping, "it overlaps with another file"),
    "in one place": (in_one_place, "it overlaps with another file"),
    "case": (
        lambda path: with_entry(path, GOOD.upper()),
        "is that of 'babbagecharles_1791_1_practice.ipynb'",
    ),
}


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.usefixtures("outside")
def test_a_trap_is_refused_by_name_and_the_rest_is_collected(
    trap: str, course: Course, make_zip: Zip, work: Work
) -> None:
    download = make_zip({GOOD: work("charles")})
    set_it, reason = TRAPS[trap]
    set_it(download)
    report = collect(course, "tiny", [download])
    assert submitted(course, "1791") == work("charles")
    assert [one.student for one in report.handed_in] == ["1791"]
    assert all(line.startswith("submissions.zip: ") for line in report.problems)
    first = report.problems[0].split(": set aside, ")
    assert any(part in first[0] for part in ("1815", GOOD.upper()))
    assert reason in first[1]


def test_the_same_name_twice_is_taken_once(course: Course, make_zip: Zip, work: Work) -> None:
    download = make_zip({GOOD: work("first")})
    with pytest.warns(UserWarning, match="Duplicate name"):
        with_entry(download, GOOD, work("second"))
    report = collect(course, "tiny", [download])
    assert submitted(course, "1791") == work("first")
    assert "it is in the archive twice" in report.problems[0]


def test_names_in_utf_8_without_the_mark_are_read_as_such(course: Course, make_zip: Zip, work: Work) -> None:
    download = make_zip({"zoë_1900_2_practice.ipynb": work("zoe")})
    patched(download, "zoë_1900_2_practice.ipynb", (6, 8), b"\x00\x00")
    assert collect(course, "tiny", [download]).problems == []
    assert submitted(course, "1900") == work("zoe")


def zipped(**files: bytes) -> bytes:
    """Make the zip that a student hands in."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return made.getvalue()


@pytest.mark.usefixtures("outside")
def test_a_zip_that_a_student_handed_in_is_unpacked_once(course: Course, make_zip: Zip, work: Work) -> None:
    inner = zipped(
        **{
            "tiny__practice.ipynb": work("ada"),
            "more.zip": zipped(a=b"1"),
            "../up.csv": b"1,2",
            "a.docx": zipped(a=b"1"),
        }
    )
    report = collect(course, "tiny", [make_zip({"lovelaceada_1815_2_mine.zip": inner})])
    assert submitted(course, "1815") == work("ada")
    shown = "submissions.zip: 'lovelaceada_1815_2_mine.zip': "
    assert submitted(course, "1815", "a.docx").startswith(b"PK")
    assert f"{shown}'more.zip': set aside, it is a zip in a zip that was handed in" in report.problems
    assert any(
        line.startswith(f"{shown}'../up.csv': set aside, its path leads out") for line in report.problems
    )


def test_a_student_s_zip_bomb_costs_only_what_is_too_much(course: Course, make_zip: Zip, work: Work) -> None:
    bomb = {f"{number}.csv": os.urandom(20_000) * 300 for number in range(4)}  # 6 MB each, packed well
    inner = zipped(**{"practice.ipynb": work("ada")}, **bomb)
    report = collect(course, "tiny", [make_zip({"lovelaceada_1815_2_mine.zip": inner})])
    assert submitted(course, "1815") == work("ada")
    assert [line.partition(", with it")[2] for line in report.problems] == [
        ", the archive would unpack to more than 20 MB"
    ]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(files=2, file_bytes=100, all_bytes=100), "it holds 3 files, more than 2"),
        (Limits(files=0, file_bytes=100, all_bytes=100), "it holds more than 0 files"),
    ],
    ids=["files", "list"],
)
def test_too_many_files_refuse_the_archive(limits: Limits, reason: str) -> None:
    archive = io.BytesIO(zipped(a=b"1", b=b"2", c=b"3"))
    with pytest.raises(Refused, match=reason), opened_archive(archive, "x", limits, UTC):
        pass


def test_a_list_of_files_whose_length_is_hidden_is_not_loaded_from_a_student_s_zip() -> None:
    plain = zipped(a=b"1")
    hidden = plain[:-22] + b"PK\x06\x07" + bytes(16) + plain[-22:]
    with (
        pytest.raises(Refused, match="it holds more than 2000 files"),
        opened_archive(io.BytesIO(hidden), "x", OF_A_STUDENT, UTC),
    ):
        pass


def test_what_is_no_zip_stops_the_command_only_when_there_is_nothing_else(
    course: Course, make_zip: Zip, tmp_path: Path, work: Work
) -> None:
    broken = tmp_path / "elsewhere.ipynb"
    broken.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(AutograderError, match=r"elsewhere\.ipynb: it can't be read as a zip"):
        collect(course, "tiny", [broken])
    report = collect(course, "tiny", [broken, make_zip({GOOD: work("charles")})])
    assert submitted(course, "1791") == work("charles")
    assert "it can't be read as a zip" in report.problems[0]


def test_links_and_pipes_in_a_folder_are_not_followed(course: Course, tmp_path: Path, work: Work) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / GOOD).write_bytes(work("charles"))
    (tmp_path / "elsewhere.ipynb").write_bytes(work("secret"))
    (folder / BAD).symlink_to(tmp_path / "elsewhere.ipynb")
    (folder / "linked").symlink_to(tmp_path)
    os.mkfifo(folder / "second_1816_3_practice.ipynb")
    report = collect(course, "tiny", [folder])
    assert [one.student for one in report.handed_in] == ["1791"]
    assert sorted(line.partition("set aside, ")[2] for line in report.problems) == [
        "it is a link",
        "it is a link",
        "it is not an ordinary file",
    ]


def test_a_folder_may_hold_zips_and_what_a_mac_adds_is_no_problem(
    course: Course, make_zip: Zip, tmp_path: Path, work: Work
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    make_zip({GOOD: work("charles"), "__MACOSX/._x": b"1", ".ipynb_checkpoints/x.ipynb": b"1"}).rename(
        folder / "submissions.zip"
    )
    (folder / "lovelaceada_1815_2_mine.zip").write_bytes(zipped(**{"practice.ipynb": work("ada")}))
    (folder / ".DS_Store").write_bytes(b"1")
    report = collect(course, "tiny", [folder])
    assert report.problems == []
    assert submitted(course, "1815") == work("ada")
    assert attempts(course, "1791") == ["2027-01-10T12-00-00Z"]


def test_whatever_bytes_are_damaged_a_file_is_read_or_refused() -> None:
    whole = zipped(**{GOOD: b"x" * 3_000, "zoë_1900_2_practice.ipynb": b"y"})
    chance = random.Random(1)
    outcomes = set()
    for _ in range(500):
        data = bytearray(whole)
        for place in chance.sample(range(len(data)), chance.choice([1, 2, 5])):
            data[place] = chance.choice([0, 255, chance.randrange(256)])
        try:
            with opened_archive(io.BytesIO(bytes(data)), "x", OF_A_STUDENT, UTC) as (entries, asides):
                outcomes |= {"set aside" for _ in asides}
                for entry in entries:
                    try:
                        entry.read()
                        outcomes.add("read")
                    except Refused:
                        outcomes.add("damaged")
        except Refused:
            outcomes.add("refused")
    assert outcomes == {"set aside", "read", "damaged", "refused"}
