"""What crosses between the coordinator and workers on other machines: settings, jobs and results as bytes.

Workers need not share a disk with the coordinator, so a setting travels with the files that it names. All of
it is JSON, in which files are compressed texts; nothing that a student had a hand in is ever pickled or
unpickled as anything but these bytes. The secret of the course stays with the coordinator; of a student,
workers get the notebooks and the seed, which holds the student's id because quizzes draw numbers by it.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograder.engine.pool import Job
from autograder.engine.source import provided_files
from autograder.engine.verdict import GradedNotebook
from autograder.engine.worker import Setting


def pack_setting(setting: Setting, identity: dict[str, Any]) -> bytes:
    """Write a setting with the files that it needs.

    Parameters
    ----------
    setting
        What workers grade, and how; its files are read now.
    identity
        Which code and packages the coordinator has, for workers to compare with theirs.
    """
    notebooks = {path.name: path.read_bytes() for path in setting.sources}
    files = notebooks | provided_files(setting.sources[0].parent)
    return _written(
        {
            "setting": setting.to_json(),
            "files": {name: _packed(content) for name, content in files.items()},
            "identity": identity,
        }
    )


def packed_identity(parcel: bytes) -> dict[str, Any]:
    """Read which code and packages the coordinator has that packed a setting."""
    identity: dict[str, Any] = json.loads(parcel)["identity"]
    return identity


def unpack_setting(parcel: bytes, folder: Path) -> Setting:
    """Write the files of a setting to an empty folder, and give the setting with these files.

    The folder is hidden from candidates; so is what the coordinator hides, which may be on a shared disk.
    """
    data = json.loads(parcel)
    for name, text in data["files"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_unpacked(text))
    there = Setting.from_json(data["setting"])
    return Setting(
        sources=tuple(folder / path.name for path in there.sources),
        hidden=(folder, *there.hidden),
        isolation=there.isolation,
        limits=there.limits,
    )


def pack_jobs(jobs: Sequence[Job]) -> bytes:
    """Write jobs, in their order."""
    return _written(
        [
            {
                "notebook": job.notebook,
                "submitted": _packed(job.submitted),
                "files": {name: _packed(content) for name, content in job.files.items()},
                "seed": job.seed,
            }
            for job in jobs
        ]
    )


def unpack_jobs(parcel: bytes) -> list[Job]:
    """Read what `pack_jobs` wrote; in place of the student each job has its number."""
    return [
        Job(
            str(number),
            job["notebook"],
            _unpacked(job["submitted"]),
            {name: _unpacked(text) for name, text in job["files"].items()},
            job["seed"],
        )
        for number, job in enumerate(json.loads(parcel))
    ]


def pack_results(results: Sequence[GradedNotebook]) -> bytes:
    """Write the results of a batch of jobs, in the order of the jobs."""
    return _written({"graded": [graded.to_json() for graded in results]})


def pack_error(text: str) -> bytes:
    """Write why a worker can't grade anything."""
    return _written({"error": text})


def unpack_results(parcel: bytes) -> list[GradedNotebook] | str:
    """Read the results of a batch; a text says why the worker can't grade anything."""
    data = json.loads(parcel)
    if "error" in data:
        return str(data["error"])
    return [GradedNotebook.from_json(text) for text in data["graded"]]


def _written(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False).encode()


def _packed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))
