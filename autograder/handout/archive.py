"""The zip of a handout: the same bytes for the same content, with names that every system can unpack."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from autograder.errors import AutograderError

_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows
_FILE_MODE = 0o100644 << 16
_FORBIDDEN = set('<>:"|?*\\') | {chr(code) for code in range(32)}
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


def zipped(folder: str, files: Mapping[str, bytes]) -> bytes:
    """Pack files, by path, into a zip with one folder at its top.

    Raises
    ------
    AutograderError
        If Windows could not unpack a name, or would unpack two files to one.
    """
    taken: dict[str, str] = {}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            path = f"{folder}/{name}"
            _require_portable(path)
            if (other := taken.setdefault(path.casefold(), path)) != path:
                raise AutograderError(f"{path} and {other} would be one file on Windows; rename one")
            entry = zipfile.ZipInfo(path, _TIME)
            entry.create_system = 3  # Unix, whose permissions follow
            entry.external_attr = _FILE_MODE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return buffer.getvalue()


def unzipped(path: Path) -> dict[str, bytes]:
    """Read the files of such a zip, by their paths below its top folder."""
    with zipfile.ZipFile(path) as archive:
        return {name.partition("/")[2]: archive.read(name) for name in archive.namelist()}


def _require_portable(path: str) -> None:
    for part in PurePosixPath(path).parts:
        wrong = (
            _FORBIDDEN & set(part)
            or part.endswith((" ", "."))
            or part.partition(".")[0].strip().casefold() in _DEVICES
        )
        if wrong:
            raise AutograderError(
                f"{path}: not released, because Windows can't have a file called {part!r}; rename it"
            )
