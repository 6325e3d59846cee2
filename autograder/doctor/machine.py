"""Checks of the machine itself: Python, processors, memory, disks, clock and characters."""

from __future__ import annotations

import locale
import math
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.doctor.cgroup import share
from autograder.doctor.check import Check, Finding, fail, note, ok
from autograder.engine.limits import MIB, Limits
from autograder.wording import counted

_GIB = 1024 * MIB
_EXAMINER = 512 * MIB  # and the jail, for each notebook that is graded at the same time
_PYTHONS = ((3, 11), (3, 14))  # from, and before
_LITTLE, _TOO_LITTLE = 5 * _GIB, 500 * MIB  # free on a disk
_FEW_FILES, _TOO_FEW_FILES = 100_000, 5_000  # that can still be made


def machine_checks(course: Path | None) -> list[Check]:
    """List the checks of this machine, and of the disk on which a course is."""
    return [
        Check("Python", python),
        Check("processors", processors),
        Check("memory", memory),
        Check("temporary files", lambda: disk(Path(tempfile.gettempdir()), "TMPDIR names another folder.")),
        *([Check("course's disk", lambda: disk(course))] if course is not None and course.exists() else []),
        Check("clock", clock),
        Check("characters", characters),
    ]


def python(
    version: tuple[int, int, int] = sys.version_info[:3],
    prefixes: tuple[str, str] = (sys.prefix, sys.base_prefix),
) -> Finding:
    """Look at the version of Python, and whether it is one of the project's own."""
    first, end = _PYTHONS
    said = ".".join(map(str, version))
    if not first <= version[:2] < end:
        return fail(
            f"this is Python {said}; it must be 3.11, 3.12 or 3.13",
            "sudo apt install python3.12 python3.12-venv     (or another of the three)",
            "python3.12 -m venv .venv && .venv/bin/pip install -r requirements.txt -c constraints.txt -e .",
        )
    if prefixes[0] == prefixes[1]:
        return note(
            f"{said}, not in a virtual environment: other programs can change the packages that grade",
            "make setup                          (in the project's folder; then . .venv/bin/activate)",
        )
    return ok(f"{said} in the virtual environment {prefixes[0]}")


def usable_cores() -> tuple[int, float | None]:
    """Give the processors that this process may run on, and how many of them it gets at most at a time."""
    return len(os.sched_getaffinity(0)), share().cores


def processors(usable: tuple[int, float | None] | None = None) -> Finding:
    """Compare the number of workers that grading starts with the processors that it gets."""
    cores, granted = usable or usable_cores()
    if granted is not None and granted < cores:
        jobs = max(1, math.floor(granted))
        return note(
            f"{cores}, but a control group (a container's limit) grants {granted:g} at a time",
            f"autograder grade … --jobs {jobs}",
        )
    there = os.cpu_count() or cores
    return ok(
        f"{counted(cores, 'notebook')} graded at the same time"
        + (f"; {there - cores} of {there} processors are not for this process" if there > cores else "")
    )


def usable_memory() -> int:
    """Give the bytes that are free for programs here, or that a control group leaves."""
    lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    available = int(lines["MemAvailable"].split()[0]) * 1024
    return min(available, share().memory or available)


def memory(available: int | None = None, usable: tuple[int, float | None] | None = None) -> Finding:
    """Compare the memory with what as many submissions as are run at a time may take up."""
    available = usable_memory() if available is None else available
    cores, _ = usable or usable_cores()
    each = Limits().memory + _EXAMINER
    there = f"{_gib(available)} free; a notebook may take up to {_gib(each)} while it is graded"
    jobs = available // each
    if jobs < 1:
        return fail(
            f"{there}, and honest ones take a few hundred MiB",
            "Close other programs, or give the machine or container at least 2 GiB.",
        )
    if jobs < cores:
        return note(
            f"{there}, which is too much for {cores} at once if all of them are greedy",
            f"autograder grade … --jobs {jobs}     (honest work takes a tenth: only if workers get killed)",
        )
    return ok(there)


def disk(folder: Path, else_do: str = "", stat: os.statvfs_result | None = None) -> Finding:
    """Look how much can still be written to the disk of a folder: bytes, and files."""
    stat = stat or os.statvfs(folder)
    free, files = stat.f_bavail * stat.f_frsize, stat.f_favail
    counts_files = stat.f_files > 0  # some file systems make room for files as they need it
    room = f"{_gib(free)} free in {folder}"
    do = [f"du -xh --max-depth=2 {shlex.quote(str(folder))} | sort -h | tail     (shows what is large)"]
    do += [f"Or: {else_do}"] if else_do else []
    if free < _TOO_LITTLE:
        return fail(f"only {room}", *do)
    if counts_files and files < _TOO_FEW_FILES:
        return fail(
            f"{room}, but only {counted(files, 'more file')} can be made there (inodes)",
            "Remove old files, such as folders of many small ones: `df -i` and `du --inodes -x` count them.",
        )
    if free < _LITTLE or (counts_files and files < _FEW_FILES):
        return note(f"{room}, {files} more files; a class of 1000 takes about 50 MB and 2000 files a unit")
    return ok(room)


def clock(
    now: float | None = None, newest: Sequence[Path] | None = None, synchronised: str | None = None
) -> Finding:
    """Look whether the time can be right, and whether time zones are known: deadlines depend on both."""
    try:
        ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        return fail(
            "this machine knows no time zones, in which deadlines are written", "sudo apt install tzdata"
        )
    now = time.time() if now is None else now
    files = newest if newest is not None else sorted(Path(__file__).parents[1].glob("*.py"))
    written = max(path.stat().st_mtime for path in files)
    said = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M} UTC"
    if now < written - 60:
        later = f"{datetime.fromtimestamp(written, UTC):%Y-%m-%d %H:%M} UTC"
        return fail(
            f"it shows {said}, but files of this project were written on {later}: it is slow",
            "sudo timedatectl set-ntp true       (or ask whoever runs the machine)",
        )
    if (_synchronised() if synchronised is None else synchronised) == "no":
        return note(
            f"{said}, and systemd does not set it by the network: is it right? Lateness depends on it",
            "sudo timedatectl set-ntp true       (in a container it is the host's clock)",
        )
    return ok(said)


def _synchronised() -> str:
    """Ask systemd whether the network sets the clock: "yes", "no", or nothing where it can't say."""
    program = shutil.which("timedatectl")
    if program is None:
        return ""
    command = [program, "show", "--property=NTPSynchronized", "--value"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return ""


def characters() -> Finding:
    """Look whether names and texts that are not ASCII survive."""
    used = {sys.getfilesystemencoding().lower(), locale.getpreferredencoding(False).lower()}
    other = sorted(used - {"utf-8", "utf8"})
    if other:
        return fail(
            f"file names or texts are read as {' and '.join(other)}, not as UTF-8: names such as Zoë break",
            "export LC_ALL=C.UTF-8               (or PYTHONUTF8=1)",
        )
    return ok("UTF-8")


def _gib(size: float) -> str:
    return f"{size / _GIB:.1f} GiB"
