"""The warden ends a candidate, whatever this one does meanwhile."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.engine.inside.warden import Warden


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that goes on for a minute, if nobody ends it."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def signal_that_ended(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a process, and leave it to be waited for by its warden."""
    ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert ended is not None
    return ended.si_status


def test_a_thread_that_ends_just_now_does_not_save_its_process(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any, **__: Any) -> str:
        raise FileNotFoundError("the thread has ended")

    line, other_end = socket.socketpair()
    warden = Warden(sleeper.pid, line, cpu_seconds=60)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", gone)
        warden.end("it was told to end")
    assert signal_that_ended(sleeper) == signal.SIGKILL
    assert not warden.look(warden.watched)
    assert json.loads(other_end.recv(1000)) == {"ended": "it was told to end", "limit": True}


def test_what_a_candidate_started_ends_with_it(tmp_path: Path) -> None:
    with subprocess.Popen(["sh", "-c", f"sleep 60 & echo $! > {tmp_path}/child; wait"]) as process:
        while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
            pass
        child = os.pidfd_open(int((tmp_path / "child").read_text()))
        line, _other_end = socket.socketpair()
        warden = Warden(process.pid, line, cpu_seconds=60)
        warden.end("it was told to end")
        warden.end("it was told to end again")  # harmless
        assert signal_that_ended(process) == signal.SIGKILL
        ended, _, _ = select.select([child], [], [], 10)
        assert ended == [child]
