"""The machine: each red line, and what it says to do."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.doctor import machine
from autograder.doctor.cgroup import Share, share
from autograder.engine.limits import MIB

GIB = 1024 * MIB


def test_a_python_that_is_too_new_or_too_old_is_refused() -> None:
    for version in ((3, 10, 9), (3, 14, 0)):
        found = machine.python(version)
        assert found.level == "FAIL"
        assert "must be 3.11, 3.12 or 3.13" in found.text
        assert any("-m venv .venv" in line for line in found.do)
    assert machine.python((3, 13, 1), ("/a/.venv", "/usr")).level == "ok"


def test_a_python_shared_with_other_programs_is_noted() -> None:
    found = machine.python((3, 12, 1), ("/usr", "/usr"))
    assert (found.level, found.do[0].split("  ")[0]) == ("note", "make setup")


def test_a_container_that_grants_less_than_it_shows_is_told_how_many_jobs() -> None:
    found = machine.processors((16, 2.5))
    assert found.level == "note"
    assert found.do == ("autograder grade … --jobs 2",)
    assert machine.processors((2, 2.0)).level == "ok"


@pytest.mark.parametrize(
    ("available", "level", "do"),
    [
        (1 * GIB, "FAIL", "Close other programs"),
        (3 * GIB, "note", "autograder grade … --jobs 2"),
        (6 * GIB, "ok", ""),
    ],
)
def test_memory_is_compared_with_what_all_workers_may_take(available: int, level: str, do: str) -> None:
    found = machine.memory(available, (4, None))
    assert found.level == level
    assert "".join(found.do).startswith(do)


def test_the_memory_of_this_machine_can_be_told() -> None:
    assert 64 * MIB < machine.usable_memory() < 2**50


def on_disk(bytes_free: int, files_free: int, files: int = 10**7) -> os.statvfs_result:
    """What the kernel says of a file system with blocks of 4096 bytes."""
    blocks = bytes_free // 4096
    return os.statvfs_result((4096, 4096, 10**9, blocks, blocks, files, files_free, files_free, 0, 255))


def test_a_full_disk_is_red_and_a_filling_one_is_noted(tmp_path: Path) -> None:
    found = machine.disk(tmp_path, "TMPDIR names another folder.", on_disk(300 * MIB, 10**6))
    assert found.level == "FAIL"
    assert found.text == f"only 0.3 GiB free in {tmp_path}"
    assert found.do[0].startswith(f"du -xh --max-depth=2 {tmp_path}")
    assert found.do[1] == "Or: TMPDIR names another folder."
    assert machine.disk(tmp_path, stat=on_disk(2 * GIB, 10**6)).level == "note"
    assert machine.disk(tmp_path, stat=on_disk(20 * GIB, 10**6)).level == "ok"


def test_a_disk_that_takes_no_more_files_is_red_however_much_is_free(tmp_path: Path) -> None:
    found = machine.disk(tmp_path, stat=on_disk(20 * GIB, 12))
    assert (found.level, "12 more files" in found.text) == ("FAIL", True)
    uncounted = on_disk(20 * GIB, 0, files=0)  # as on btrfs
    assert machine.disk(tmp_path, stat=uncounted).level == "ok"


def test_a_clock_that_is_slow_is_seen_by_newer_files(tmp_path: Path) -> None:
    (tmp_path / "newer.py").write_text("")
    files = [tmp_path / "newer.py"]
    found = machine.clock(time.time() - 24 * 3600, files, "yes")
    assert (found.level, "it is slow" in found.text) == ("FAIL", True)
    assert found.do[0].startswith("sudo timedatectl set-ntp true")
    assert machine.clock(time.time() + 3600, files, "yes").level == "ok"
    assert machine.clock(time.time() + 3600, files, "no").level == "note"


def test_a_machine_without_time_zones_is_red() -> None:
    # Neither the system's table nor the Python package.
    code = "import sys, zoneinfo; zoneinfo.reset_tzpath(to=()); sys.modules['tzdata'] = None\n"
    code += "from autograder.doctor.machine import clock; print(clock())"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "level='FAIL'" in said
    assert "sudo apt install tzdata" in said


def test_a_locale_without_utf_8_is_red() -> None:
    code = "from autograder.doctor.machine import characters; print(ascii(characters()))"
    for variables, level in (
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "FAIL"),
        ({"LC_ALL": "C.UTF-8"}, "ok"),
    ):
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True, check=True)
        assert f"level='{level}'" in done.stdout
        assert ("export LC_ALL=C.UTF-8" in done.stdout) == (level == "FAIL")


# --- control groups


def test_the_smallest_limit_of_the_groups_above_counts(tmp_path: Path) -> None:
    inner = tmp_path / "pod" / "container"
    inner.mkdir(parents=True)
    (tmp_path / "pod" / "memory.max").write_text(f"{2 * GIB}\n")
    (tmp_path / "pod" / "cpu.max").write_text("max 100000\n")
    (inner / "memory.max").write_text("max\n")
    (inner / "cpu.max").write_text("150000 100000\n")
    (tmp_path / "of").write_text("0::/pod/container\n")
    assert share(tmp_path, tmp_path / "of") == Share(2 * GIB, 1.5)


def test_the_older_kind_of_groups_is_read_too(tmp_path: Path) -> None:
    for kind, name, text in (
        ("memory", "memory.limit_in_bytes", str(GIB)),
        ("cpu", "cpu.cfs_quota_us", "50000"),
        ("cpu", "cpu.cfs_period_us", "100000"),
    ):
        (tmp_path / kind).mkdir(exist_ok=True)
        (tmp_path / kind / name).write_text(text + "\n")
    (tmp_path / "of").write_text("4:memory:/not/seen/from/here\n1:cpu,cpuacct:/\n")
    assert share(tmp_path, tmp_path / "of") == Share(GIB, 0.5)
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("9223372036854771712\n")  # no limit
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("-1\n")
    assert share(tmp_path, tmp_path / "of") == Share(None, None)
