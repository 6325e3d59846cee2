"""Several candidates of one zygote at once: none of them can reach, slow down or end another."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from autograder.engine.inside.recorder import Recorder
from autograder.engine.jail import Jail
from autograder.engine.limits import MIB, Limits
from autograder.engine.student import CandidateGone, Student

LIMITS = Limits(memory=200 * MIB, processes=20)
_HOLD = """
import ctypes, os, threading, time
block = b"x" * ({mib} * 2**20)
for _ in range({children}):
    if os.fork() == 0:
        {child}
        time.sleep(30)
        os._exit(0)
"""


@pytest.fixture
def jail() -> Iterator[Jail]:
    """A jail of this test's own, with small limits."""
    with contextlib.closing(Jail("jail", LIMITS)) as started:
        yield started


def student_in(jail: Jail) -> Student:
    """A student whose code runs in a new candidate."""
    student = Student(jail.spawn(), LIMITS.sent, Recorder())
    student.begin(time.monotonic() + 60)
    student.prepare({})
    return student


def end_of(student: Student) -> str:
    """Why a candidate ends that goes on working."""
    with pytest.raises(CandidateGone):
        student.run("import time\ntime.sleep(30)")
    assert student.gone is not None
    return student.gone


def said(student: Student, code: str) -> str:
    """What a student's code prints, or the error that ends it."""
    return "".join(output.get("text", output.get("evalue", "")) for output in student.run(code))


_FORK = """
import os, sys
from autograder.engine.inside import confine

confine.enter_namespaces()
if child := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

def fail():
    raise BlockingIOError("no more processes")

fork, os.fork = os.fork, fail
try:
    confine.fork_alone()
except BlockingIOError as error:
    print(error)
os.fork = fork
for _ in range(2):
    child = confine.fork_alone()
    if child == 0:
        os._exit(os.getpid())
    print("number", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def test_a_fork_that_fails_does_not_keep_the_next_from_working() -> None:
    # Inside bubblewrap, because some systems let no plain program make namespaces.
    within = ["bwrap", "--unshare-user", "--cap-add", "ALL", "--dev-bind", "/", "/"]
    done = subprocess.run([*within, sys.executable, "-c", _FORK], capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout == "no more processes\nnumber 1\nnumber 1\n"


def test_candidates_can_not_meet_by_a_socket(jail: Jail) -> None:
    one, other = student_in(jail), student_in(jail)
    meet = "import socket\nsocket.socket(socket.AF_UNIX).{}('\\0meet')"
    assert "Operation not permitted" in said(one, meet.format("bind"))
    assert "Operation not permitted" in said(other, meet.format("connect"))
    assert said(one, "here, there = socket.socketpair()\nhere.send(b'x')\nprint(there.recv(1))") == "b'x'\n"


def test_candidates_do_not_see_each_other(jail: Jail) -> None:
    one, other = student_in(jail), student_in(jail)
    said(one, "open('mine.txt', 'w').write('mine')\nopen('/dev/shm/mine.txt', 'w').write('mine')")
    look = "import os\nprint(os.listdir(), os.listdir('/dev/shm'), '2' in os.listdir('/proc'))"
    assert said(other, look) == "[] [] False\n"


def test_a_terminal_is_seen_by_nobody_else(jail: Jail) -> None:
    one, other = student_in(jail), student_in(jail)
    said(one, "import os\nmine, theirs = os.openpty()")
    assert said(one, "print(os.ttyname(theirs), os.listdir('/dev/pts'))") == "/dev/pts/0 ['0', 'ptmx']\n"
    assert said(other, "import os\nprint(os.listdir('/dev/pts'))") == "['ptmx']\n"
    assert said(other, "!tty").split() == ["/dev/pts/0"]


def test_a_candidate_stays_on_its_processor_whatever_it_starts(jail: Jail) -> None:
    jail.core = max(os.sched_getaffinity(0))
    student = student_in(jail)
    code = "import os, subprocess, sys\nask = 'import os; print(os.sched_getaffinity(0))'\n"
    code += "os.setsid if os.getpid() > 1 else None\n"
    code += (
        "print(subprocess.run([sys.executable, '-c', ask], capture_output=True, text=True).stdout, end='')"
    )
    assert said(student, code) == f"{{{jail.core}}}\n"
    assert "Operation not permitted" in said(student, "os.sched_setaffinity(0, {0, 1})")


def test_the_greedy_one_is_ended_and_its_neighbour_goes_on(jail: Jail) -> None:
    greedy, neighbour = student_in(jail), student_in(jail)
    said(greedy, _HOLD.format(mib=60, children=0, child="pass"))
    neighbour.run("x = 1")
    said(greedy, _HOLD.format(mib=60, children=3, child="block = b'y' * (60 * 2**20)"))
    assert end_of(greedy) == "it used more than 200 MB of memory"
    assert said(neighbour, "print(x)") == "1\n"


@pytest.mark.parametrize(
    ("children", "child"),
    [
        (3, "ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n        block = b'y' * (90 * 2**20)"),
        (
            3,
            "block = b'y' * (90 * 2**20)\n        threading.Thread(target=time.sleep, args=(30,)).start()\n"
            "        ctypes.CDLL(None).syscall(60, 0)",
        ),
        (12, "pass"),
    ],
    ids=["behind a flag", "behind an ended thread", "behind shared pages"],
)
def test_memory_can_not_be_hidden(jail: Jail, children: int, child: str) -> None:
    student = student_in(jail)
    with contextlib.suppress(CandidateGone):
        student.run(_HOLD.format(mib=40, children=children, child=child))
    assert (student.gone or end_of(student)) == "it used more than 200 MB of memory"
