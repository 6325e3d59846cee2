"""Downloads of submissions, with the names that Canvas, Moodle and Blackboard give and the chaos they hold.

Canvas and Moodle let the last attempt of each student be downloaded, and stamp the files with the time of the
download. Blackboard has every attempt, with its time in the name, and a receipt for each.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.day.people import Person

_JUNK = {
    "__MACOSX/._practice.ipynb": b"\0\5\26\7",
    ".DS_Store": b"\0\0\0\1Bud1",
    "Thumbs.db": b"\xd0\xcf\x11\xe0",
}
_OFFICE = b"PK\x03\x04 a letter, which is a zip too"
_RECEIPT = """\
Name: {name} ({user})
Assignment: {column}
Date Submitted: {time}
Current Mark: Needs Marking

Submission Field:
There is no student submission text data for this assignment.

Comments:
{comment}

Files:
{files}
"""


@dataclass(frozen=True)
class Upload:
    """The files of one attempt, in the order in which they were uploaded.

    Attributes
    ----------
    when
        When it was handed in, in the zone of the system.
    late
        Whether the system calls it late.
    attempt
        1 for the first one.
    """

    person: Person
    files: tuple[tuple[str, bytes], ...]
    when: datetime
    late: bool
    attempt: int


def packed(how: str, notebooks: Mapping[str, bytes], older: bytes) -> tuple[tuple[str, bytes], ...]:
    """Name and pack notebooks as students do.

    Parameters
    ----------
    how
        "as it is", "renamed", "twice", "beside", "zipped" or "zip in zip".
    notebooks
        By their names.
    older
        What stands in files that must not count: an older state of the practice notebook.
    """
    files = {f"{name}.ipynb": content for name, content in notebooks.items()}
    if how == "renamed":
        files = {f"{name} (1).ipynb": content for name, content in notebooks.items()}
    elif how == "twice":
        files = {"practice-1.ipynb": older, "practice-2.ipynb": files.pop("practice.ipynb")} | files
    elif how == "beside":
        files |= {"letter.docx": _OFFICE, "table.csv": b"x,y\n1,2\n", "solutions.py": b"mse = abs\n"}
    elif how == "zipped":
        inside = {f"homework/{name}": content for name, content in files.items()}
        inside |= {f"__MACOSX/homework/._{name}": b"\0\5\26\7" for name in files}
        inside["homework/.ipynb_checkpoints/practice-checkpoint.ipynb"] = older
        files = {"homework.zip": zipped(inside)}
    elif how == "zip in zip":
        files = {"all.zip": zipped({**files, "backup.zip": zipped({"practice.ipynb": older})})}
    else:
        assert how == "as it is"
    return tuple(files.items())


def canvas_zip(to: Path, uploads: Iterable[Upload], downloaded: datetime) -> Path:
    """Write what Canvas gives: names without spaces and signs, LATE, numbers; `practice-1` for the second."""
    entries: dict[str, bytes] = {}
    for upload in _last(uploads):
        who = re.sub(r"[^\w]", "", f"{upload.person.last}, {upload.person.first}".lower())
        who += f"_LATE_{upload.person.number}" if upload.late else f"_{upload.person.number}"
        for place, (name, content) in enumerate(upload.files):
            file = upload.attempt * 100_000 + upload.person.number * 10 + place
            stem, dot, suffix = name.rpartition(".")
            shown = name if upload.attempt == 1 else f"{stem}-{upload.attempt - 1}{dot}{suffix}"
            entries[f"{who}_{file}_{shown}"] = content
    return _written(to, entries, downloaded)


def moodle_zip(to: Path, uploads: Iterable[Upload], downloaded: datetime) -> Path:
    """Write what Moodle gives: a folder for each participant, some of whom typed a text as well."""
    entries: dict[str, bytes] = {}
    for upload in _last(uploads):
        name = re.sub(r"[&<>\"`|':\\/]", "", f"{upload.person.first} {upload.person.last}").replace("_", " ")
        for file, content in upload.files:
            entries[f"{name}_{upload.person.number}_assignsubmission_file_/{file}"] = content
        if upload.person.number % 7 == 0:
            folder = f"{name}_{upload.person.number}_assignsubmission_onlinetext_"
            entries[f"{folder}/onlinetext.html"] = b"<p>Here is my work.</p>"
    return _written(to, entries, downloaded)


def blackboard_zip(to: Path, uploads: Iterable[Upload], downloaded: datetime) -> Path:
    """Write what Blackboard gives: all attempts, each with a receipt."""
    entries: dict[str, bytes] = {}
    for upload in uploads:
        user = upload.person.id
        before = f"Practice_2_{user}_attempt_{upload.when:%Y-%m-%d-%H-%M-%S}"
        none = "There are no student comments for this assignment."
        files = "\n".join(f"\tOriginal filename: {name}" for name, _ in upload.files)
        receipt = _RECEIPT.format(
            name=f"{upload.person.first} {upload.person.last}",
            user=user,
            column="Practice 2",
            time=upload.when,
            comment="Sorry, it is late!" if upload.late else none,
            files=files,
        )
        entries[f"{before}.txt"] = receipt.encode()
        entries |= {f"{before}_{name}": content for name, content in upload.files}
    return _written(to, entries, downloaded)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Make a zip in memory, as a student's own program does."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def zip_trap() -> bytes:
    """Make a zip that writes outside of its folder, and has a file that unpacks to 64 MB."""
    return zipped({"../../../gradebook.db": b"all mine", "practice.ipynb": b"\0" * (64 * 2**20)})


def _last(uploads: Iterable[Upload]) -> Iterator[Upload]:
    return iter({upload.person: upload for upload in sorted(uploads, key=lambda one: one.attempt)}.values())


def _written(to: Path, entries: Mapping[str, bytes], downloaded: datetime) -> Path:
    with zipfile.ZipFile(to, "w") as archive:
        for name, content in {**_JUNK, **entries}.items():
            info = zipfile.ZipInfo(name, downloaded.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return to
