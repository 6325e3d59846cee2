"""What a student's code can't see, reach or leave behind, at each level of isolation."""

from __future__ import annotations

import contextlib
import errno
import shutil
import socket
import sys
import time
import uuid
from pathlib import Path

from autograder.engine.inside.wire import Channel
from autograder.engine.jail import Jail, Level
from tests.autograder.engine.conftest import SMALL, told_by

# --- what a candidate is


def test_a_candidate_is_nobody_and_can_not_become_anybody(jailed: Jail) -> None:
    told = told_by(
        jailed,
        "import os\nlines = dict(line.split(':', 1) for line in open('/proc/self/status') if ':' in line)\n"
        "told = {name: lines[name].split() for name in lines if name[:3] == 'Cap'}\n"
        "told['flags'] = [lines['NoNewPrivs'].strip(), lines['Seccomp'].strip()]\n"
        "told['ids'] = [*os.getresuid(), *os.getresgid(), *os.getgroups()]",
    )
    assert set(told.pop("ids")) == {65534}
    assert told.pop("flags") == ["1", "2"]
    if jailed.level == "jail-each":
        told.pop("CapBnd")  # can't be given up there; with NoNewPrivs it gives nothing
    assert {int(value, 16) for (value,) in told.values()} == {0}
    assert {"CapInh", "CapPrm", "CapEff", "CapAmb"} <= told.keys()


def test_a_candidate_has_nothing_of_the_instructors_environment(jailed: Jail) -> None:
    told = told_by(
        jailed,
        "import glob, os\ntold = str(dict(os.environ))\n"
        "for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):\n"
        "    try:\n        told += open(path).read()\n    except OSError:\n        pass",
    )
    assert "a-secret-token" not in told


# --- what it can't see


# A program that says when it runs, so that nobody looks for it too early.
_SLEEPER = """
import os, signal, subprocess, sys
child = subprocess.Popen(
    [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)", {mark!r}],
    start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
)
child.stdout.readline()
told = child.pid
"""


def test_it_sees_only_its_own_processes(jailed: Jail) -> None:
    mark = f"mark-{uuid.uuid4().hex}"
    look = """
import glob
commands = [open(path).read() for path in glob.glob('/proc/[0-9]*/cmdline')]
told = [os.getpid(), os.getppid(), commands]
child.kill()
"""
    own, parent, commands = told_by(jailed, _SLEEPER.format(mark=mark) + look)
    assert sum(mark in command for command in commands) == 1
    assert all(mark in command or "inside.zygote" in command for command in commands)
    if jailed.level == "jail":
        assert (own, parent, len(commands)) == (1, 0, 2)  # itself and its child


def test_the_reference_and_the_checks_can_not_be_imported(jailed: Jail) -> None:
    told = told_by(
        jailed,
        "import importlib\ntold = []\n"
        "for name in ('solutions.regression', 'autograder.quiz', 'autograder.engine.source'):\n"
        "    try:\n        importlib.import_module(name)\n        told.append(name)\n"
        "    except ImportError:\n        pass",
    )
    assert told == []


def test_modules_can_be_loaded_beforehand_but_never_the_reference(level: Level) -> None:
    modules = ["json.tool", "no_such_module", "solutions.regression", "autograder"]
    look = "import sys\ntold = sorted({'json.tool', 'solutions', 'autograder'} & set(sys.modules))"
    with contextlib.closing(Jail(level, SMALL, modules=modules)) as jail:
        assert told_by(jail, look) == ["json.tool"]


def test_files_of_the_machine_are_not_there(jailed: Jail) -> None:
    root = Path(__file__).parents[3]
    paths = [__file__, str(root / "solutions"), str(root / "autograder"), "/var", "/etc/passwd", "/sys"]
    shown = [Path(sys.prefix), Path(sys.base_prefix)]
    paths += [
        str(path)
        for path in Path.home().iterdir()
        if not any(python.is_relative_to(path) or path.is_relative_to(python) for python in shown)
    ]
    assert told_by(jailed, f"import os\ntold = [p for p in {paths!r} if os.path.exists(p)]") == []


def test_the_folders_that_must_be_hidden_are_hidden_even_inside_what_is_shown(level: Level) -> None:
    # A course may lie anywhere: here, next to the installed packages.
    course = Path(sys.prefix) / f"course-{uuid.uuid4().hex}"
    course.mkdir()
    try:
        (course / "gradebook.db").write_text("marks")
        code = f"import os\ntold = os.path.exists({str(course / 'gradebook.db')!r})"
        for hidden, seen in (((), True), ((course,), False)):
            with contextlib.closing(Jail(level, SMALL, hidden)) as jail:
                assert told_by(jail, code) is seen
    finally:
        shutil.rmtree(course)


# --- what it can't reach


_CONNECT = """
import contextlib, socket
told = []
for address in (("127.0.0.1", {port}), ("192.0.2.1", 80)):
    with contextlib.suppress(OSError):
        socket.create_connection(address, timeout=5).close()
        told.append(address)
algorithms = 38
for family in (socket.AF_NETLINK, socket.AF_PACKET, socket.AF_VSOCK, algorithms):
    with contextlib.suppress(OSError):
        socket.socket(family, socket.SOCK_RAW).close()
        told.append(family)
"""


def test_there_is_no_network(jailed: Jail) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert told_by(jailed, _CONNECT.format(port=server.getsockname()[1])) == []


def test_it_can_write_to_its_own_folders_only(jailed: Jail) -> None:
    told = told_by(
        jailed,
        "import os\ntold = []\n"
        "for folder, folders, _ in os.walk('/'):\n"
        "    if folder in ('/proc', '/sys'):\n        folders.clear()\n        continue\n"
        "    try:\n        open(folder + '/probe', 'w').close()\n        os.unlink(folder + '/probe')\n"
        "        told.append(folder)\n        folders.clear()\n"
        "    except OSError:\n        pass",
    )
    assert set(told) <= {"/private", "/tmp", "/dev/shm"}
    assert "/private" in told


_CALLS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
pid = os.getppid() or 1
calls = {
    "user namespace": lambda: libc.unshare(0x10000000),
    "mount namespace": lambda: libc.unshare(0x20000),
    "mount": lambda: libc.mount(b"tmpfs", b"/tmp", b"tmpfs", 0, None),
    "umount": lambda: libc.umount2(b"/tmp", 2),
    "trace me": lambda: libc.ptrace(0, 0, 0, 0),
    "attach": lambda: libc.ptrace(16, pid, 0, 0),
    "chroot": lambda: libc.chroot(b"/tmp"),
    "setns": lambda: libc.setns(os.open("/proc/self/ns/user", os.O_RDONLY), 0),
    "setuid": lambda: libc.setuid(0),
    "sethostname": lambda: libc.sethostname(b"x", 1),
    "clone3": lambda: libc.syscall(435, 0, 0),
    "io_uring": lambda: libc.syscall(425, 8, 0),
    "pidfd_open": lambda: libc.syscall(434, pid, 0),
}
told = {name: [call(), ctypes.get_errno()] for name, call in calls.items()}
"""


def test_calls_that_reach_out_of_the_jail_are_refused(jailed: Jail) -> None:
    told = told_by(jailed, _CALLS)
    assert len(told) == 13
    refused = [errno.EPERM, errno.ENOSYS, errno.EINVAL]  # the last where there is no such user
    assert {
        name: answer for name, answer in told.items() if answer[0] != -1 or answer[1] not in refused
    } == {}


def test_threads_and_programs_still_work(jailed: Jail) -> None:
    code = (
        "import subprocess, sys, threading\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(4) as pool:\n    squares = list(pool.map(lambda x: x * x, range(4)))\n"
        "told = [squares, subprocess.check_output([sys.executable, '-c', 'print(3)'], text=True)]"
    )
    assert told_by(jailed, code) == [[0, 1, 4, 9], "3\n"]


# --- what it can't leave behind


def test_nothing_is_left_for_the_next_candidate(jailed: Jail) -> None:
    leave = """
import contextlib, pathlib
folders = [pathlib.Path("/private"), pathlib.Path("/dev/shm"), pathlib.Path.cwd(), pathlib.Path.home()]
for folder in folders:
    with contextlib.suppress(OSError):
        (folder / "left.txt").write_text("hello")
told = sum((folder / "left.txt").exists() for folder in folders)
"""
    find = (
        "import os\n"
        "told = [p for top in ('/private', '/dev/shm') for p, _, n in os.walk(top) if 'left.txt' in n]"
    )
    assert told_by(jailed, leave) >= 3
    assert told_by(jailed, find) == []


def test_what_a_candidate_mounts_is_gone_for_the_next_and_was_never_there_for_the_zygote(
    jailed: Jail,
) -> None:
    mounts = "told = sorted(line.split()[1] for line in open('/proc/self/mounts'))"
    assert told_by(jailed, mounts) == told_by(jailed, mounts)


def running(mark: str) -> list[int]:
    """The processes of this machine whose command holds a text."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if mark in path.read_text(errors="replace"):
                found.append(int(path.parent.name))
    return found


def wait_until_gone(mark: str) -> None:
    deadline = time.monotonic() + 20
    while found := running(mark):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def test_all_that_it_started_ends_with_it(jailed: Jail) -> None:
    mark = f"mark-{uuid.uuid4().hex}"
    told_by(jailed, _SLEEPER.format(mark=mark))
    if jailed.level == "jail-each":
        jailed.spawn().close()  # the next candidate gets a jail of its own, and the last one's ends
    wait_until_gone(mark)


def test_all_candidates_end_with_the_jail(level: Level) -> None:
    jail = Jail(level, SMALL)
    mark = f"mark-{uuid.uuid4().hex}"
    candidate = jail.spawn()
    channel = Channel(candidate.channel)
    channel.send({"id": 1, "do": "prepare", "files": {}})
    channel.send({"id": 2, "do": "run", "source": _SLEEPER.format(mark=mark)})
    channel.receive()
    channel.receive()
    assert len(running(mark)) == 1
    jail.close()
    wait_until_gone(mark)
    candidate.close()
