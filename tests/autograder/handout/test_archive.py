"""The zip: the same bytes for the same content, and files that every system can unpack."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from autograder.errors import AutograderError
from autograder.handout.archive import unzipped, zipped


def test_it_has_one_folder_and_the_same_bytes_in_whatever_order(tmp_path: Path) -> None:
    content = zipped("tiny", {"b.txt": b"2", "a/x.ipynb": b"1"})
    assert content == zipped("tiny", {"a/x.ipynb": b"1", "b.txt": b"2"})
    path = tmp_path / "tiny.zip"
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["tiny/a/x.ipynb", "tiny/b.txt"]
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert unzipped(path) == {"a/x.ipynb": b"1", "b.txt": b"2"}


def test_everybody_can_read_its_files_and_nobody_run_them() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped("tiny", {"data.csv": b"1,2"}))) as archive:
        (entry,) = archive.infolist()
    mode = entry.external_attr >> 16
    assert stat.S_ISREG(mode)
    assert stat.S_IMODE(mode) == 0o644


@pytest.mark.parametrize("name", ["a:b.csv", "what?.csv", "data/aux.csv", "COM1.txt", "end.", "tab\t.csv"])
def test_a_name_that_windows_can_not_have_is_refused(name: str) -> None:
    with pytest.raises(AutograderError, match=r"Windows can't have a file called .*; rename it"):
        zipped("tiny", {name: b""})


def test_two_names_that_are_one_on_windows_are_refused() -> None:
    with pytest.raises(AutograderError, match=r"tiny/data\.csv and tiny/Data\.csv would be one file"):
        zipped("tiny", {"Data.csv": b"1", "data.csv": b"2"})
