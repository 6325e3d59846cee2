"""The zygote: has loaded all that a notebook needs, and forks a candidate for each one that is asked for.

It runs inside the jail from its first instruction on, and never sees a test, a reference or a submission.
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
from typing import Any, NoReturn

from . import confine
from .candidate import run_candidate
from .kernel import Kernel
from .warden import Warden
from .watchman import NUMBER, watch
from .wire import MAX_TRUSTED, Channel


class Zygote:
    """Forks candidates on request, and is their warden.

    Parameters
    ----------
    settings
        `modules`: what to load beforehand; `namespaces`: whether each candidate gets namespaces of its own;
        `seccomp`: whether system calls are filtered; `memory`, `disk`, `file_size`, `cpu_seconds`,
        `processes`: the limits of a candidate.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._kernel = Kernel(settings["modules"])
        self._wardens: list[Warden] = []

    def serve(self, control: socket.socket, watchman: socket.socket) -> None:
        """Take two sockets per request, the candidate's and its warden's, until the other end closes."""
        self._kernel.warm_up()
        gc.collect()
        gc.freeze()  # so that a collection in a candidate does not copy every page
        watchman.send(b".")
        control.send(b"ready")
        while True:
            watched = [number for warden in self._wardens for number in warden.watched]
            doors = [control.fileno(), watchman.fileno()]
            ready: list[int] = select.select([*doors, *watched], [], [])[0]
            self._wardens = [warden for warden in self._wardens if warden.look(ready)]
            if watchman.fileno() in ready:
                if not (alarm := watchman.recv(NUMBER.size)):  # without the watch, nothing may go on
                    return
                self._end_greedy(*NUMBER.unpack(alarm))
            if control.fileno() in ready:
                message, sockets, _, _ = socket.recv_fds(control, 16, 2)
                if not message:
                    return
                channel, line = (socket.socket(fileno=number) for number in sockets)
                self._start(channel, line, int(message))

    def _end_greedy(self, candidate: int) -> None:
        for warden in self._wardens:
            if warden.candidate == candidate:
                warden.end(f"it used more than {self._settings['memory'] // 2**20} MB of memory")

    def _start(self, channel: socket.socket, line: socket.socket, core: int) -> None:
        candidate = -1
        try:
            candidate = confine.fork_alone() if self._settings["namespaces"] else os.fork()
            if candidate == 0:
                self._be_candidate(channel, core)
            self._wardens.append(Warden(candidate, line, self._settings["cpu_seconds"]))
        except OSError as error:
            if candidate > 0:  # nobody could look after it
                os.kill(candidate, signal.SIGKILL)
                os.waitpid(candidate, 0)
            with contextlib.suppress(OSError):  # who asked for it may be gone
                line.sendall(
                    json.dumps({"ended": f"it could not be started: {error}", "limit": False}).encode()
                )
            line.close()
        channel.close()

    def _be_candidate(self, channel: socket.socket, core: int) -> NoReturn:
        status = 1
        try:
            self._confine(channel, core)
            status = 0
            # What comes in is the examiner's; a file that was handed in may be large.
            run_candidate(Channel(channel, largest=MAX_TRUSTED), self._kernel)
        except BaseException:
            if status:
                traceback.print_exc()  # to the jail's own log: nothing of the student's has run yet
        finally:
            os._exit(status)  # nothing of a student's may ever come back into the zygote's own loop

    def _confine(self, channel: socket.socket, core: int) -> None:
        settings = self._settings
        os.sched_setaffinity(0, {core})  # the others' processors stay theirs, whatever it starts
        confine.die_with_parent()
        os.setsid()
        number = channel.fileno()
        os.closerange(3, number)
        confine.close_from(number + 1)
        self._kernel.open_capture()
        if settings["namespaces"]:
            confine.leave_shared_space(settings["disk"])
            home = f"{confine.PRIVATE}/home"
        else:
            home = f"{os.environ['HOME']}/{os.getpid()}"
        os.mkdir(home)
        os.chdir(home)
        os.environ["HOME"] = home
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


def main() -> None:
    """Start a zygote: its settings and the number of its control socket come as arguments."""
    settings, number = json.loads(sys.argv[1]), int(sys.argv[2])
    if settings["drop_root"]:
        # Made by root, bubblewrap's own view of processes is covered in part, and then the kernel allows no
        # fresh one to the candidates.
        confine.mount_processes()
        confine.become(settings["user"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator to handle
    control, (watchman, line) = socket.socket(fileno=number), socket.socketpair()
    if settings["namespaces"]:
        confine.enter_namespaces()
    zygote = os.fork()
    if zygote:
        control.close()
        watchman.close()
        watch(1 if settings["namespaces"] else zygote, settings["memory"], line)
        return
    line.close()
    confine.die_with_parent()
    if settings["namespaces"]:
        confine.settle()
    Zygote(settings).serve(control, watchman)


if __name__ == "__main__":
    main()
