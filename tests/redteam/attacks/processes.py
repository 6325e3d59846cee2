"""Attacks on processes: to outlive the run, to end others, to look into them, to get out of the jail.

What could end processes of the machine that runs the tests looks first whether it sees one of them. If it
does, the jail has failed, and it touches nothing but that one, which was made for it.
"""

from __future__ import annotations

from tests.redteam.attack import Attack

# `inside` is true when the canary process can't be seen, so that its number means nothing here.
_LOOK = """
import ctypes, os, signal, struct, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
inside = not os.path.exists(f"/proc/{@PID@}/comm")
def named(name=@MARK@):
    libc.prctl(15, name.encode(), 0, 0, 0)
"""
_SLEEP = "[sys.executable, '-c', 'import time; time.sleep(40)', @MARK@]"


def _calls(*calls: str) -> str:
    """Write code that makes system calls of a 64-bit Intel machine, and prints their results."""
    lines = "\n".join(
        f"print({call.split(',')[0]}, libc.syscall({call}), ctypes.get_errno())" for call in calls
    )
    return f"{_LOOK}\n{lines}\n"


ATTACKS = (
    Attack(
        "detached",
        "A process of its own",
        "Starts a detached process that outlives the grading.",
        code=_LOOK + f"subprocess.Popen({_SLEEP}, start_new_session=True, stdin=-3, stdout=-3, stderr=-3)\n",
        holds=("no-survivor",),
    ),
    Attack(
        "double-fork",
        "A daemon",
        "Forks twice, leaves its session, ignores all signals and waits.",
        code=_LOOK
        + """
if os.fork() == 0:
    os.setsid()
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    if os.fork() == 0:
        named()
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(40)", @MARK@])
    os._exit(0)
""",
        holds=("no-survivor",),
    ),
    Attack(
        "fork-bomb",
        "A fork bomb",
        "Forks as often as it may, up to 400 times, and each child again.",
        code=_LOOK
        + """
def spread(depth):
    for _ in range(20):
        try:
            if os.fork() == 0:
                named()
                if depth:
                    spread(depth - 1)
                time.sleep(20)
                os._exit(0)
        except OSError:
            return
spread(1)
""",
        holds=("no-survivor", "others-untouched", "batch-completed"),
        unsafe_on_stock="it starts hundreds of processes",
    ),
    Attack(
        "thread-bomb",
        "Thousands of threads",
        "Starts threads that all count.",
        code="import threading\ndef count():\n    n = 0\n    while n < 10 ** 8: n += 1\n"
        "for _ in range(2000):\n    try:\n        threading.Thread(target=count, daemon=True).start()\n"
        "    except RuntimeError:\n        break\n",
        holds=("others-untouched", "batch-completed"),
        unsafe_on_stock="it starts thousands of threads",
    ),
    Attack(
        "kills-parent",
        "The parent killed",
        "Kills the process that started it.",
        code=_LOOK + "if os.getppid() > 1:\n    os.kill(os.getppid(), signal.SIGKILL)\n",
        holds=("others-untouched", "batch-completed"),
    ),
    Attack(
        "kills-all",
        "Everyone killed",
        "Kills every process that it may.",
        code=_LOOK
        + "if inside:\n    os.kill(-1, signal.SIGKILL)\nelse:\n    os.kill(@PID@, signal.SIGKILL)\n",
        holds=("process-alive", "others-untouched", "batch-completed"),
    ),
    Attack(
        "kills-group",
        "Its group killed",
        "Kills its own process group, and with it whoever is in it.",
        code=_LOOK + "if inside:\n    os.killpg(0, signal.SIGKILL)\n",
        holds=("process-alive", "others-untouched", "batch-completed"),
    ),
    Attack(
        "kills-itself",
        "An end without a word",
        "Ends itself by signals, by exit and by a crash, one after the other.",
        code="import ctypes, os, signal\ndef mse(*a): os._exit(0)\n"
        "def absolute_error(*a): ctypes.string_at(0)\n"
        "def slope(f, x): os.kill(os.getpid(), signal.SIGKILL)\n",
    ),
    Attack(
        "aborts",
        "A crash",
        "Crashes Python while a test waits.",
        code="import ctypes\ndef mse(*a): ctypes.string_at(0)\nslope = mse\n",
    ),
    Attack(
        "stops-itself",
        "Standing still",
        "Stops itself, so that nothing ever answers.",
        code="import os, signal\ndef mse(*a):\n    os.kill(os.getpid(), signal.SIGSTOP)\n"
        "    while True: pass\n",
        holds=("batch-completed",),
        unsafe_on_stock="it waits for ever",
    ),
    Attack(
        "masks-signals",
        "Deaf",
        "Ignores and blocks all signals and loops.",
        code="import signal\nfor number in range(1, 65):\n    try:\n"
        "        signal.signal(number, signal.SIG_IGN)\n"
        "    except (OSError, ValueError):\n        pass\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
        "def mse(*a):\n    while True: pass\n",
        holds=("batch-completed", "others-untouched"),
        unsafe_on_stock="it waits for minutes",
    ),
    Attack(
        "reads-proc",
        "Looking into others",
        "Reads the environment, memory and files of all processes it can see.",
        code=_LOOK
        + """
import glob
paths = [f"/proc/{@PID@}/environ"]
for path in paths + glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline"):
    try:
        print(open(path, "rb").read()[:20_000])
    except OSError:
        pass
for link in glob.glob("/proc/[0-9]*/root") + glob.glob("/proc/[0-9]*/cwd"):
    try:
        print(link, os.listdir(link + "/" + @OUTSIDE@))
        print(open(link + "/" + @SECRET_FILE@).read())
    except OSError:
        pass
""",
        holds=("secret-unseen",),
    ),
    Attack(
        "ptrace",
        "A debugger",
        "Attaches to other processes as a debugger, to change them.",
        code=_LOOK + "for pid in (os.getppid(), @PID@, 1):\n    if inside or pid == @PID@:\n"
        "        print(libc.ptrace(16, pid, 0, 0), ctypes.get_errno(), libc.ptrace(17, pid, 0, 0))\n",
        holds=("process-alive",),
        unsafe_on_stock="it stops other processes",
    ),
    Attack(
        "writes-memory",
        "Memory of others",
        "Writes into other processes' memory by the kernel's calls for it.",
        code=_LOOK
        + "for pid in {os.getppid(), @PID@}:\n    try:\n        open(f'/proc/{pid}/mem', 'r+b').close()\n"
        "        print('opened', pid)\n    except OSError as error:\n        print(error)\n",
        holds=("process-alive",),
    ),
    Attack(
        "namespaces",
        "Namespaces of its own",
        "Makes new namespaces, to be root in them and to mount over what is there.",
        code=_calls("272, 0x10000000", "272, 0x00020000", "272, 0x40000000", "435, 0, 0", "161, b'/tmp'")
        + "if inside:\n"
        "    print(libc.mount(b'none', b'/', None, 1 << 18 | 16384, None), libc.umount2(b'/engine', "
        "2))\n",
        holds=("others-untouched",),
        unsafe_on_stock="it changes what is mounted",
    ),
    Attack(
        "setns",
        "Others' namespaces",
        "Enters the namespaces of process 1 and of its parent.",
        code=_LOOK + "for pid in (1, os.getppid()):\n    for kind in ('mnt', 'pid', 'net', 'user', 'ipc'):\n"
        "        try:\n"
        "            number = os.open(f'/proc/{pid}/ns/{kind}', os.O_RDONLY)\n"
        "            print(kind, libc.setns(number, 0))\n        except OSError as error:\n"
        "            print(error)\n",
        holds=("others-untouched",),
        unsafe_on_stock="it moves the kernel to other namespaces",
    ),
    Attack(
        "kernel-doors",
        "Rare doors to the kernel",
        "Knocks at system calls that often had flaws: keys, io_uring, bpf, perf, userfaultfd.",
        code=_calls(
            "250, 0, 0, 0, 0, 0",
            "425, 1, 0",
            "321, 0, 0, 0",
            "298, 0, 0, -1, -1, 0",
            "323, 0",
            "101, 16, 0, 0, 0",
            "310, 1, 0, 0, 0, 0, 0",
            "155, 0, 0",
            "304, 0, 0, 0",
            "135, 0x0400000",
        ),
    ),
    Attack(
        "reboot",
        "A restart",
        "Asks the kernel to restart, with a key that it refuses, and to load a module.",
        code=_calls("169, 0, 0, 0, 0", "175, 0, 0, 0", "246, 0, 0, 0, 0"),
    ),
    Attack(
        "other-abi",
        "The kernel's side entrance",
        "Makes system calls by the numbers of another interface, which filters forget.",
        code=_calls("0x40000000 + 272, 0x10000000", "0x40000000 + 101, 0, 0, 0, 0", "0x40000000 + 39, 0"),
    ),
    Attack(
        "becomes-root",
        "Another user",
        "Tries to become root or somebody else.",
        code="import os\nfor call in (os.setuid, os.setgid, os.seteuid):\n    for who in (0, 1000):\n"
        "        try:\n            print(call(who), os.getuid())\n"
        "        except OSError as error:\n            print(error)\n"
        "os.system('mkdir /tmp/' + @MARK@ + '; mount -t tmpfs x /tmp/' + @MARK@ + '; sudo -n id')\n",
        unsafe_on_stock="it changes what is mounted",
    ),
    Attack(
        "nice",
        "More than its share",
        "Raises its priority and has the kernel end others first when memory is short.",
        code="import os\n"
        "for path, text in (('/proc/self/oom_score_adj', '-1000'), ('/proc/self/autogroup', '-20')):\n"
        "    try:\n"
        "        open(path, 'w').write(text)\n    except OSError as error:\n        print(error)\n"
        "try:\n    os.nice(-20)\nexcept OSError as error:\n    print(error)\n",
        holds=("others-untouched",),
        unsafe_on_stock="it favours itself over the machine's other work",
    ),
    Attack(
        "limits-lifted",
        "Limits lifted",
        "Sets its limits to infinity.",
        code="import resource\nfor name in dir(resource):\n    if name.startswith('RLIMIT_'):\n        try:\n"
        "            resource.setrlimit(getattr(resource, name), (resource.RLIM_INFINITY,) * 2)\n"
        "        except (OSError, ValueError) as error:\n            print(name, error)\n",
    ),
    Attack(
        "closes-all",
        "All descriptors closed",
        "Closes every descriptor, its connection to the tests included.",
        code="import os\ndef mse(*a):\n    os.closerange(0, 1000)\n    return -1.0\nos.closerange(3, 1000)\n",
        holds=("batch-completed",),
    ),
    Attack(
        "shared-memory",
        "Shared memory",
        "Leaves messages in shared memory, queues and semaphores for the next one.",
        code=_LOOK
        + """
from multiprocessing import shared_memory
try:
    memory = shared_memory.SharedMemory(name=@MARK@, create=True, size=4096)
    print("left", memory.name)
except Exception as error:
    print(error)
key = int(@MARK@[3:10], 16)
print(libc.shmget(key, 4096, 0o1666), libc.semget(key, 1, 0o1666), libc.msgget(key, 0o1666))
""",
        holds=("nothing-left",),
    ),
    Attack(
        "devices",
        "Devices",
        "Opens disks, terminals, memory and the kernel's switches.",
        code="import glob, os\n"
        "for path in ['/dev/mem', '/dev/kmsg', '/dev/tty', '/dev/ptmx', *glob.glob('/dev/[sv]d*')]:\n"
        "    try:\n"
        "        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))\n        print('opened', path)\n"
        "    except OSError as error:\n        print(error)\n"
        "print(os.path.exists('/sys/fs/cgroup'), os.access('/proc/sys/kernel/core_pattern', os.W_OK), "
        "os.access('/proc/sysrq-trigger', os.W_OK))\n",
    ),
)
