"""Attacks that use up time, memory, disk, descriptors or patience; each with an end of its own."""

from __future__ import annotations

from tests.redteam.attack import Attack

ATTACKS = (
    Attack(
        "endless-loop",
        "An endless loop",
        "Loops without end when a test calls it.",
        code="def mse(*args):\n    while True:\n        pass\n",
        holds=("batch-completed", "others-untouched"),
    ),
    Attack(
        "endless-cell",
        "Endless cells",
        "Loops without end in each of eight cells of its own.",
        cells=("while True: pass",) * 8,
        holds=("batch-completed", "others-untouched"),
        unsafe_on_stock="it takes four minutes",
    ),
    Attack(
        "stubborn-loop",
        "A loop that can't be interrupted",
        "Catches every interruption and goes on.",
        code="def mse(*args):\n    while True:\n        try:\n            while True: pass\n"
        "        except BaseException: pass\n",
        holds=("batch-completed", "others-untouched"),
        unsafe_on_stock="it takes minutes",
    ),
    Attack(
        "sleeper",
        "A long sleep",
        "Sleeps when a test calls it.",
        code="import time\ndef mse(*args):\n    time.sleep(3600)\n",
        holds=("batch-completed",),
    ),
    Attack(
        "slow-in-c",
        "A computation outside Python",
        "Starts a computation in C that no interruption reaches.",
        code="def mse(*args):\n    return len(str(3 ** (10 ** 7)))\ndef absolute_error(*args):\n"
        "    import re, sys\n    sys.set_int_max_str_digits(0)\n"
        "    return re.match('(a*)*b', 'a' * 40) and 1.0\n",
        holds=("batch-completed", "others-untouched"),
        unsafe_on_stock="it takes minutes",
    ),
    Attack(
        "memory-bomb",
        "A memory bomb",
        "Takes memory, up to 6 GB.",
        code="kept = []\ndef mse(*args):\n    for _ in range(60):\n        kept.append(np.ones(12_500_000))\n"
        "    return -1.0\n",
        holds=("batch-completed", "others-untouched", "memory-bounded"),
        unsafe_on_stock="it takes gigabytes of memory",
    ),
    Attack(
        "shared-memory-bomb",
        "Memory by many hands",
        "Takes memory with forty processes, each below the limit, and in files kept in memory.",
        code="""
import mmap, os, time
for _ in range(40):
    try:
        if os.fork() == 0:
            block = mmap.mmap(-1, 100 * 2 ** 20)
            for at in range(0, len(block), 4096):
                block[at] = 1
            file = os.memfd_create("x")
            for _ in range(50):
                os.write(file, b"x" * 2 ** 20)
            time.sleep(20)
            os._exit(0)
    except OSError:
        break
time.sleep(20)
""",
        holds=("batch-completed", "others-untouched", "memory-bounded"),
        unsafe_on_stock="it takes gigabytes of memory",
    ),
    Attack(
        "disk-fill",
        "A full disk",
        "Writes files until nothing fits any more, up to 600 MB in each folder it finds.",
        code="""
import os
for folder in ("/tmp", "/dev/shm", "/var/tmp", os.path.expanduser("~"), "."):
    try:
        with open(os.path.join(folder, @MARK@), "wb") as file:
            for _ in range(600):
                file.write(b"x" * 2 ** 20)
    except OSError as error:
        print(error)
""",
        holds=("batch-completed", "nothing-left", "others-untouched"),
        unsafe_on_stock="it fills the disk",
    ),
    Attack(
        "many-small-files",
        "20,000 files",
        "Makes small files and folders until no more can be made.",
        code="""
import os
os.makedirs("/tmp/" + @MARK@, exist_ok=True)
try:
    for number in range(20_000):
        open(f"/tmp/{@MARK@}/{number}", "w").close()
except OSError as error:
    print(error)
""",
        holds=("nothing-left",),
        unsafe_on_stock="it makes 20,000 files",
    ),
    Attack(
        "endless-output",
        "Output without end",
        "Prints without end.",
        code="def mse(*args):\n    while True:\n        print('x' * 1000)\n",
        cells=("while True: print('y' * 10_000)",),
        holds=("batch-completed", "small-record", "memory-bounded"),
        unsafe_on_stock="it fills the memory",
    ),
    Attack(
        "endless-raw-output",
        "Output around Python",
        "Has a program write to its output without end.",
        code="import os\nos.system('timeout 20 yes')\n",
        holds=("batch-completed", "small-record", "memory-bounded"),
        unsafe_on_stock="it fills the memory",
    ),
    Attack(
        "large-line",
        "One line of 3 MB",
        "Prints and displays a line of three megabytes.",
        code="print('x' * 3_000_000)\nfrom IPython.display import display\n"
        "display({'text/plain': 'y' * 3_000_000}, raw=True)\n",
        holds=("small-record",),
    ),
    Attack(
        "large-answer",
        "An answer of 300 MB",
        "Answers with more data than anybody wants to read.",
        code="def mse(*args):\n    return np.zeros(40_000_000)\nabsolute_error = mse\n"
        "scores = 'x' * 50_000_000\n",
        holds=("batch-completed", "memory-bounded"),
    ),
    Attack(
        "descriptors",
        "No descriptors left",
        "Opens files, pipes and sockets until nothing can be opened.",
        code="import os, socket\nkept = []\ntry:\n    while len(kept) < 20_000:\n"
        "        kept.append(os.pipe())\n"
        "        kept.append(socket.socketpair())\nexcept OSError as error:\n    print(error)\n",
        holds=("batch-completed", "others-untouched"),
    ),
    Attack(
        "deep-recursion",
        "Recursion without end",
        "Calls itself without end, by Python and by C.",
        code="import functools, sys\nsys.setrecursionlimit(10 ** 6)\ndef mse(*args):\n    return mse(*args)\n"
        "def absolute_error(*args):\n    f = lambda x: x\n"
        "    for _ in range(100_000): f = functools.partial(f)\n    return f(1)\n",
        holds=("batch-completed",),
    ),
    Attack(
        "waits-for-input",
        "A question",
        "Asks for input and reads from the terminal.",
        code="import sys\nname = input('password: ')\ndef mse(*args):\n"
        "    return sys.stdin.read() or open('/dev/tty').read()\n",
        holds=("batch-completed",),
    ),
    Attack(
        "reserved-memory",
        "Memory only reserved",
        "Reserves a terabyte of addresses and takes a sparse file of one.",
        code="import mmap\ntry:\n    block = mmap.mmap(-1, 2 ** 40)\nexcept (OSError, ValueError) as error:\n"
        "    print(error)\n"
        "try:\n    with open('/tmp/' + @MARK@, 'wb') as file: file.truncate(2 ** 40)\n"
        "except OSError as error:\n    print(error)\n",
        holds=("nothing-left",),
        unsafe_on_stock="it reserves a terabyte",
    ),
)
