"""What a student's code can't use up, at each level of isolation."""

from __future__ import annotations

import contextlib

from autograder.engine.jail import Jail
from autograder.engine.limits import MIB
from tests.autograder.engine.conftest import SMALL, show_in, told_by

_TOO_LARGE = """
told = "had it"
try:
    block = bytearray(300 * 2**20)
except MemoryError:
    told = "refused"
"""


def test_memory_is_bounded(jailed: Jail) -> None:
    assert told_by(jailed, _TOO_LARGE) == "refused"


def test_memory_of_all_processes_together_is_bounded(jailed: Jail) -> None:
    code = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        block = bytearray(os.urandom(1) * (90 * 2**20))
        time.sleep(20)
        os._exit(0)
time.sleep(20)
"""
    (outputs,) = show_in(jailed, code)
    assert "it used more than 200 MB of memory" in outputs[-1]["evalue"]


def test_processes_are_bounded(jailed: Jail) -> None:
    code = """
import contextlib, subprocess
children = []
with contextlib.suppress(BlockingIOError):
    for _ in range(60):
        children.append(subprocess.Popen(["sleep", "30"]))
told = len(children)
for child in children:
    child.kill()
"""
    started = told_by(jailed, code)
    assert started <= SMALL.processes
    if jailed.level == "jail":  # elsewhere the processes of other jails count too
        assert started > SMALL.processes - 10


def test_files_and_all_files_together_are_bounded(jailed: Jail) -> None:
    code = """
import os
told = []
for number in range(4):
    try:
        with open(f"file-{number}", "wb") as file:
            for _ in range(6):
                file.write(bytes(2**20))
                file.flush()
    except OSError as error:
        told.append(error.errno)
told.append(sum(os.path.getsize(f"file-{number}") for number in range(4)))
"""
    *errors, total = told_by(jailed, code)
    assert 27 in errors  # EFBIG: a file of more than 4 MB
    if jailed.level == "jail":
        assert 28 in errors  # ENOSPC: more than 8 MB together
        assert total <= 8 * MIB


def test_descriptors_are_bounded(jailed: Jail) -> None:
    code = """
import contextlib, os
told = 0
with contextlib.suppress(OSError):
    for told in range(1000):
        os.dup(0)
"""
    assert 50 < told_by(jailed, code) < 300


def test_without_a_jail_limits_still_hold() -> None:
    with contextlib.closing(Jail("process", SMALL)) as jail:
        assert told_by(jail, _TOO_LARGE) == "refused"
