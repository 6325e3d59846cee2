"""The zygote: has loaded all that a notebook needs, and forks a candidate for each one that is asked for.

It runs inside the jail from its first instruction on, and never sees a test, a reference or a submission. For
each candidate it forks a *warden*, which makes the candidate's namespaces, starts it, watches its memory, and
ends it together with everything that it started.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import confine
from .candidate import run_candidate
from .kernel import Kernel
from .wire import MAX_TRUSTED, Channel

INTERRUPT = b"i"
_WATCH_EVERY = 0.05  # seconds between two looks at a candidate's memory


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def _memory(pid: int, measure: Callable[[int], int]) -> int:
    """Measure the memory of a process and its descendants, in bytes; what ends meanwhile counts nothing."""
    try:
        return measure(pid) + sum(_memory(child, measure) for child in _children(pid))
    except (OSError, ValueError):
        return 0


def _resident(pid: int) -> int:
    """Measure what a process holds; pages that it shares with others count in full. Fast."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _share(pid: int) -> int:
    """Measure what a process holds; of pages that it shares with others, its part."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return 1024 * sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


def _end(pid: int) -> None:
    """Kill a process and its descendants, the youngest last, so that none can be missed for long."""
    try:
        os.kill(pid, signal.SIGSTOP)
        children = _children(pid)
        os.kill(pid, signal.SIGKILL)
        for child in children:
            _end(child)
    except OSError:
        pass


class Zygote:
    """Forks candidates on request.

    Parameters
    ----------
    settings
        `namespaces`: whether each candidate gets namespaces of its own; `seccomp`: whether system calls are
        filtered; `memory`, `disk`, `file_size`, `cpu_seconds`, `processes`: the limits of a candidate.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._kernel = Kernel()

    def serve(self, control: socket.socket) -> None:
        """Take two sockets per request, the candidate's and the warden's, until the other end closes."""
        self._kernel.warm_up()
        gc.collect()
        gc.freeze()  # so that a collection in a candidate does not copy every page
        control.send(b"ready")
        while True:
            message, sockets, _, _ = socket.recv_fds(control, 16, 2)
            self._reap()
            if not message:
                return
            if os.fork() == 0:
                control.close()
                os._exit(self._warden(*(socket.socket(fileno=number) for number in sockets)))
            for number in sockets:
                os.close(number)

    def _reap(self) -> None:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass

    def _warden(self, channel: socket.socket, line: socket.socket) -> int:
        confine.die_with_parent()
        try:
            if self._settings["namespaces"]:
                confine.enter_namespaces()
            candidate = os.fork()
            if candidate == 0:
                line.close()
                os._exit(self._be_candidate(channel))
        except OSError as error:
            line.sendall(json.dumps({"ended": f"it could not be started: {error}"}).encode())
            return 1
        channel.close()
        ended = self._watch(candidate, line)
        _end(candidate)
        with contextlib.suppress(OSError):  # nobody may wait for the reason any more
            line.sendall(json.dumps({"ended": ended}).encode())
        return 0

    def _watch(self, candidate: int, line: socket.socket) -> str:
        """Wait until the candidate ends, is told to, or uses too much memory; say which."""
        watched = os.pidfd_open(candidate)
        while True:
            ready, _, _ = select.select([watched, line.fileno()], [], [], _WATCH_EVERY)
            if watched in ready:
                _, status = os.waitpid(candidate, 0)
                return _ending(status)
            if line.fileno() in ready:
                if line.recv(1) != INTERRUPT:
                    return "it was told to end"
                os.kill(candidate, signal.SIGINT)
            most = self._settings["memory"]
            if _memory(candidate, _resident) > most and _memory(candidate, _share) > most:
                return f"it used more than {self._settings['memory'] // 2**20} MB of memory"

    def _be_candidate(self, channel: socket.socket) -> int:
        try:
            self._confine(channel)
        except BaseException:
            traceback.print_exc()  # to the jail's own log: nothing of the student's has run yet
            return 1
        # What comes in is the examiner's; a file that was handed in may be large.
        run_candidate(Channel(channel, largest=MAX_TRUSTED), self._kernel)
        return 0

    def _confine(self, channel: socket.socket) -> None:
        settings = self._settings
        confine.die_with_parent()
        os.setsid()
        for number in sorted(map(int, os.listdir("/proc/self/fd"))):
            if number > 2 and number != channel.fileno():
                with contextlib.suppress(OSError):  # the one that listed the folder is closed already
                    os.close(number)
        self._kernel.open_capture()
        if settings["namespaces"]:
            confine.mount_private_folders(settings["disk"])
        home = (
            Path(confine.PRIVATE, "home")
            if settings["namespaces"]
            else Path(os.environ["HOME"], str(os.getpid()))
        )
        home.mkdir(parents=True, exist_ok=True)
        os.chdir(home)
        os.environ["HOME"] = str(home)
        confine.set_limits(
            memory=settings["memory"],
            processes=settings["processes"],
            file_size=settings["file_size"],
            cpu_seconds=settings["cpu_seconds"],
        )
        confine.drop_privileges()
        if settings["seccomp"]:
            confine.forbid_system_calls()
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _ending(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return f"it ended itself (exit status {code})"
    number = -code
    if number == signal.SIGXCPU:
        return "it used too much processor time"
    name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
    return f"it was killed ({name})"


def main() -> None:
    """Start a zygote: its settings and the number of its control socket come as arguments."""
    settings, number = json.loads(sys.argv[1]), int(sys.argv[2])
    if settings["drop_root"]:
        # Made by root, bubblewrap's own view of processes is covered in part, and then the kernel allows no
        # fresh one to the candidates.
        confine.mount_processes()
        confine.become(settings["user"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator to handle
    Zygote(settings).serve(socket.socket(fileno=number))


if __name__ == "__main__":
    main()
