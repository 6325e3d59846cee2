"""The jail: bubblewrap around a zygote, and the candidates that come out of it.

Levels of isolation, the strongest first; which one was used is part of every verdict.

``jail``
    One bubblewrap jail for many candidates, each in namespaces of its own inside it.
``jail-each``
    A fresh bubblewrap jail for each candidate, where a process in a jail may not make namespaces of its own
    (some systems forbid it). Much slower; and a candidate can end its own warden and watchman, but
    reach nobody else's.
``process``
    No jail: separate processes with limits only. A hostile submission can read and write your files.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import platform
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from autograder.engine.inside import confine
from autograder.engine.inside.wire import Channel
from autograder.engine.limits import Limits
from autograder.errors import AutograderError

Level = Literal["jail", "jail-each", "process"]
Isolation = Literal["jail", "process"]  # what one asks for: the strongest jail there is, or none
_NOBODY = 65534
_START_SECONDS = 60.0
ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}  # there is a process per core already
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/sbin",
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
)
_INSIDE = Path(__file__).parent / "inside"
_HIDDEN_PACKAGES = ("solutions", "autograder")

_HELP = (
    "Install bubblewrap (`apt install bubblewrap` or `dnf install bubblewrap`); inside a container, allow it "
    "to make user namespaces. To grade submissions that you trust without a jail, give "
    "`--isolation process --i-trust-these-submissions`; the verdicts will say so."
)


class JailEnded(Exception):
    """The jail ended, or could not start a candidate: nobody's code is the reason."""


class End(NamedTuple):
    """How a candidate ended, and whether that was because it reached a limit."""

    why: str
    by_limit: bool


class Candidate:
    """A candidate that runs: its `channel`, and the `line` to its warden.

    To close the line ends the candidate and all that it started.
    """

    def __init__(self, channel: socket.socket, line: socket.socket) -> None:
        self.channel = channel
        self.line = line

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in the candidate, as Jupyter's stop button does."""
        with contextlib.suppress(OSError):  # it may be gone already
            self.line.send(b"i")

    def why_ended(self) -> End:
        """Say how a candidate that is gone came to its end."""
        self.line.settimeout(5)
        try:
            report = json.loads(self.line.recv(1000))
            return End(str(report["ended"]), bool(report["limit"]))
        except (OSError, ValueError, KeyError):
            return End("it ended for an unknown reason", by_limit=False)

    def close(self) -> None:
        """End it, whoever else holds the other copies of its sockets."""
        for connection in (self.channel, self.line):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


class Jail:
    """A zygote in its jail, ready to fork candidates.

    Parameters
    ----------
    level
        The isolation; see the module.
    limits
        What each candidate may use.
    hidden
        Folders that must not be seen even if they lie within what is shown, such as the course's.
    modules
        What to load once, so that no candidate has to; others are there, but take their time.

    Attributes
    ----------
    core
        The processor that the next candidate may use.

    Raises
    ------
    AutograderError
        If the jail can't be started; the message says what is missing.
    """

    def __init__(
        self, level: Level, limits: Limits, hidden: Sequence[Path] = (), modules: Sequence[str] = ()
    ) -> None:
        self.level = level
        self.core = min(os.sched_getaffinity(0))
        self._modules = [name for name in modules if name.split(".")[0] not in _HIDDEN_PACKAGES]
        self._limits = limits
        self._hidden = tuple(hidden)
        self._zygote: subprocess.Popen[bytes] | None = None
        self._home: tempfile.TemporaryDirectory[str] | None = None
        self._spawned = False
        self._start()

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        home = "/tmp"  # inside, where bubblewrap makes a folder of its own
        if self.level == "process":
            self._home = tempfile.TemporaryDirectory(prefix="candidate-", ignore_cleanup_errors=True)
            home = self._home.name
        command = self._command(theirs.fileno())
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the jail)
        try:
            self._zygote = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                pass_fds=[theirs.fileno()],
                env=_environment(home),
                cwd=home,
                start_new_session=True,
            )
        except OSError as error:
            raise AutograderError(f"{command[0]} can't be started: {error}. {_HELP}") from error
        theirs.close()
        self._control = ours
        ours.settimeout(_START_SECONDS)
        try:
            ready = ours.recv(16) == b"ready"
        except OSError:
            ready = False
        if not ready:
            said = self._said()
            self.close()
            raise AutograderError(
                f"students' code can't be isolated: the jail did not start ({said}). {_HELP}"
            )

    def _said(self) -> str:
        # Not read as a file is: the offset is shared with who writes.
        said = os.pread(self._errors.fileno(), 10_000, 0)
        lines = said.decode(errors="replace").strip().splitlines()
        return lines[-1][:300] if lines else "it said nothing"

    def spawn(self) -> Candidate:
        """Start a candidate.

        Raises
        ------
        JailEnded
            If the zygote is gone, as when memory ran out; a new jail may work.
        """
        if self.level == "jail-each" and self._spawned:
            self.close()
            self._start()
        channels, lines = socket.socketpair(), socket.socketpair()
        try:
            request = str(self.core).encode()
            socket.send_fds(self._control, [request], [channels[1].fileno(), lines[1].fileno()])
        except OSError as error:
            raise JailEnded(f"the zygote is gone ({error}): {self._said()}") from error
        finally:
            channels[1].close()
            lines[1].close()
        self._spawned = True
        return Candidate(channels[0], lines[0])

    @property
    def alive(self) -> bool:
        """Whether the zygote runs: after its start it says nothing, so that only its end can be heard."""
        return self._control.fileno() >= 0 and not select.select([self._control], [], [], 0)[0]

    def close(self) -> None:
        """End the zygote and with it every candidate."""
        self._control.close()
        if self._zygote is not None:
            self._zygote.kill()
            self._zygote.wait()
        self._errors.close()
        if self._home is not None:
            self._home.cleanup()
        self._spawned = False

    def _command(self, control: int) -> list[str]:
        jailed = self.level != "process"
        root = jailed and os.geteuid() == 0
        limits = self._limits
        settings = {
            "modules": self._modules,
            "namespaces": self.level == "jail",
            "seccomp": platform.machine() in confine.MACHINES,
            "memory": limits.memory,
            "disk": limits.disk,
            "file_size": limits.file_size,
            "cpu_seconds": max(1, int(limits.notebook_seconds)),
            # Without namespaces the limit would count the instructor's own processes too.
            "processes": limits.processes if jailed else None,
            "drop_root": root,
            "user": _NOBODY,
        }
        python = [sys.executable, "-s", "-P", "-B", "-c", _BOOT]
        if not jailed:
            return [*python, json.dumps(settings), str(control), str(_INSIDE.parent)]
        wrapper = shutil.which("bwrap")
        if wrapper is None:
            raise AutograderError(
                f"students' code can't be isolated: bubblewrap (bwrap) is not installed. {_HELP}"
            )
        return [
            wrapper,
            *_walls(self._hidden, limits.disk, root=root),
            *python,
            json.dumps(settings),
            str(control),
            "/engine",
        ]


# `python -m` would need the package on a path that the environment names.
_BOOT = (
    "import sys; sys.path.insert(0, sys.argv.pop()); sys.dont_write_bytecode = True; "
    "from inside.zygote import main; main()"
)


def _environment(home: str) -> dict[str, str]:
    """Give the candidate's environment: nothing of the instructor's."""
    return {
        "HOME": home,
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "PYTHONHASHSEED": "0",  # the same work gets the same mark tomorrow
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "MALLOC_ARENA_MAX": "2",
        **ONE_THREAD,
    }


def _walls(hidden: Sequence[Path], size: int, *, root: bool) -> list[str]:
    """Write bubblewrap's options: what can be seen, all of it read-only, and what is cut off.

    `size` is how many bytes may be written.
    """
    shown = [Path(path) for path in _SYSTEM if os.path.exists(path)]
    for prefix in (sys.prefix, sys.base_prefix, sys.exec_prefix):
        if not any(Path(prefix).is_relative_to(path) for path in shown):
            shown.append(Path(prefix))
    options = [
        "--cap-drop",
        "ALL",
        "--unshare-ipc",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-uts",
        "--unshare-cgroup-try",
    ]
    # Root needs no user namespace, and gives up being root instead: then limits on processes count for it.
    if root:
        for capability in ("SETUID", "SETGID", "SYS_ADMIN"):  # for the zygote's first steps; then it has none
            options += ["--cap-add", f"CAP_{capability}"]
    else:
        options += ["--unshare-user", "--uid", str(_NOBODY), "--gid", str(_NOBODY)]
    options += ["--die-with-parent", "--new-session", "--hostname", "jail"]
    parents = dict.fromkeys(
        parent for path in shown for parent in reversed(path.parents) if parent != Path("/")
    )
    for parent in parents:
        options += ["--perms", "0755", "--dir", str(parent)]
    for path in shown:
        if path.is_symlink():
            options += ["--symlink", os.readlink(path), str(path)]
        else:
            options += ["--ro-bind", str(path), str(path)]
    options += ["--perms", "0755", "--dir", "/engine", "--ro-bind", str(_INSIDE), "/engine/inside"]
    for path in [*_packages_to_hide(), *(folder.resolve() for folder in hidden)]:
        for part in shown:
            if path.is_relative_to(part.resolve()) and not part.is_symlink():
                covered = str(part / path.relative_to(part.resolve()))
                options += ["--perms", "0755", "--tmpfs", covered, "--remount-ro", covered]
    options += ["--proc", "/proc", "--dev", "/dev", "--dev-bind", "/dev/null", "/dev/zero"]
    options += ["--size", str(size), "--perms", "1777", "--tmpfs", confine.PRIVATE]
    if not any(path.is_relative_to("/tmp") for path in shown):
        options += ["--symlink", confine.PRIVATE, "/tmp"]
    options += ["--chdir", confine.PRIVATE]
    for variable in ("HOME", "TMPDIR"):
        options += ["--setenv", variable, confine.PRIVATE]
    return [*options, "--remount-ro", "/dev", "--remount-ro", "/"]


def _packages_to_hide() -> list[Path]:
    """Find where the reference and the checks are installed: no candidate may import them."""
    found = []
    for name in _HIDDEN_PACKAGES:
        spec = importlib.util.find_spec(name)
        found += [
            Path(folder).resolve() for folder in (spec.submodule_search_locations or () if spec else ())
        ]
    return found


def strongest_jail(limits: Limits, hidden: Sequence[Path] = (), modules: Sequence[str] = ()) -> Jail:
    """Start the strongest jail that this machine offers; the arguments are those of `Jail`.

    Raises
    ------
    AutograderError
        If none can be had; the message says what to install.
    """
    reason = f"students' code can't be isolated: a candidate did not start in its jail. {_HELP}"
    for level in ("jail", "jail", "jail-each"):  # a process that something ended must not lower the level
        try:
            jail = Jail(level, limits, hidden, modules)
        except AutograderError as error:
            reason = str(error)
            continue
        if _works(jail):
            return jail
        jail.close()
    raise AutograderError(reason)


_CAN_CHEAT = "import importlib.util as u\nany(map(u.find_spec, ('solutions', 'autograder')))"


def _works(jail: Jail) -> bool:
    """Whether a candidate starts, and sees neither the reference nor the checks."""
    try:
        candidate = jail.spawn()
    except JailEnded:
        return False
    try:
        channel, deadline = Channel(candidate.channel), time.monotonic() + _START_SECONDS
        channel.send({"id": 1, "do": "run", "source": _CAN_CHEAT}, deadline)
        shown = channel.receive(deadline)["outputs"]
        return bool(shown) and shown[0].get("data", {}).get("text/plain") == "False"
    except (OSError, EOFError, TypeError, LookupError):
        return False
    finally:
        candidate.close()


def main() -> int:
    """Say which level of isolation this machine offers; 1 if none."""
    try:
        jail = strongest_jail(Limits())
    except AutograderError as error:
        print(error)
        return 1
    print(jail.level)
    jail.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
