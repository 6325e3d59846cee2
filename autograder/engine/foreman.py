"""The foreman: has loaded the tests and started a jail, and forks a worker for each one that is asked for.

A worker is there in milliseconds, so that one which a test has spoilt can be replaced. All of them end when
the foreman does, it ends when the coordinator does, and every candidate ends with its worker.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, NoReturn

from autograder.engine.grading import Grader
from autograder.engine.inside import confine, wire
from autograder.engine.inside.wire import Channel, Closed
from autograder.engine.jail import Jail, JailEnded, strongest_jail
from autograder.engine.source import load_source, provided_files
from autograder.engine.worker import Setting, serve
from autograder.errors import AutograderError

_MEMORY = 2 * 2**30  # bytes of address space
_REQUEST = 2**16  # bytes
_PAUSES = (0.0, 0.5, 2.0)  # seconds before each try to start another jail


class Foreman:
    """Forks workers that grade as a setting says."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        sources = {path.stem: load_source(path) for path in setting.sources}
        self._provided = provided_files(setting.sources[0].parent)
        self._modules = [name for source in sources.values() for name in source.modules]
        self._jail = self._first_jail()
        self._grader = Grader(sources, self._jail, setting.limits)

    def _first_jail(self) -> Jail:
        setting = self._setting
        if setting.isolation == "process":
            return Jail("process", setting.limits, setting.hidden, self._modules)
        return strongest_jail(setting.limits, setting.hidden, self._modules)

    def _new_jail(self) -> Jail:
        """Start one like the first: no mark comes about at a lower level because a machine was busy."""
        setting = self._setting
        return Jail(self._jail.level, setting.limits, setting.hidden, self._modules)

    def make_ready(self) -> None:
        """Start a new jail if the last one has ended.

        Raises
        ------
        JailEnded
            If none can be started now, where one could be before.
        """
        if self._jail.alive:
            return
        self._jail.close()
        reason = ""
        for pause in _PAUSES:
            time.sleep(pause)
            try:
                self._jail = self._new_jail()
                return
            except AutograderError as error:  # the machine may be short of something for a moment
                reason = str(error)
        raise JailEnded(reason)

    def work(self, channel: Channel, folder: Path, number: int) -> None:
        """Be a worker, in a process of its own; `folder` is where it may write, `number` which one it is."""
        confine.die_with_parent()
        os.chdir(folder)
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
        for name, content in self._provided.items():  # tests may read them
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content)
        # One that starts anew for each candidate can't be shared.
        jail = self._new_jail() if self._jail.level == "jail-each" else self._jail
        cores = sorted(os.sched_getaffinity(0))
        jail.core = cores[number % len(cores)]
        self._grader.use(jail)
        serve(channel, self._grader)


def lead(control: socket.socket) -> None:
    """Take requests, each a setting, a new worker's folder, number and socket, until the other end closes."""
    foreman: Foreman | None = None
    while True:
        message, sockets, _, _ = socket.recv_fds(control, _REQUEST, 1)
        _reap()
        if not message:
            return
        request: dict[str, Any] = json.loads(message)
        connection, most = socket.socket(fileno=sockets[0]), wire.MAX_TRUSTED
        channel = Channel(connection, largest=most, largest_sent=most)
        with contextlib.suppress(Closed):  # who asked for a worker may be gone
            try:
                if foreman is None:
                    foreman = Foreman(Setting.from_json(request["setting"]))
                foreman.make_ready()
                if os.fork() == 0:
                    control.close()
                    _work(foreman, channel, Path(request["folder"]), request["number"])
            except AutograderError as error:  # of the jail or the source: every other worker would meet it
                channel.send({"error": str(error)})
            except (OSError, JailEnded) as error:
                channel.send({"trouble": repr(error), "mishap": True})
        connection.close()


def _work(foreman: Foreman, channel: Channel, folder: Path, number: int) -> NoReturn:
    """Be a worker, and end: nothing that belongs to the foreman may be tidied away here."""
    try:
        foreman.work(channel, folder, number)
    except AutograderError as error:
        channel.send({"error": str(error)})
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _bound_memory() -> None:
    """Let a test that a hostile answer sends into endless arrays fail, rather than the machine."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def main() -> None:
    """Start a foreman; the number of its control socket comes as an argument."""
    confine.die_with_parent()
    _bound_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator to handle
    lead(socket.socket(fileno=int(sys.argv[1])))


if __name__ == "__main__":
    main()
