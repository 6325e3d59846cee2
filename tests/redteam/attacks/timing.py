"""Attacks by when something is done: only when it counts, later, during another's run, or again and again."""

from __future__ import annotations

from tests.redteam.attack import Attack

_BOMB = """
import os, sys, time
def burst():
    for path in ("/tmp", "/dev/shm", os.path.expanduser("~"), @OUTSIDE@, "."):
        try:
            open(os.path.join(path, @MARK@), "w").close()
        except OSError:
            pass
    if not os.path.exists(f"/proc/{@PID@}/comm") and os.getppid() > 1:
        os.kill(os.getppid(), 9)
"""

ATTACKS = (
    Attack(
        "only-when-graded",
        "Only when it counts",
        "Cheats only where it finds the signs of grading, and looks harmless before.",
        code="import os\nif os.environ.get('NBGRADER_EXECUTION') == 'autograde':\n"
        "    import numpy.testing\n    numpy.testing.assert_allclose = lambda *args, **kwargs: None\n"
        "    abs = lambda x: 0.0\n",
    ),
    Attack(
        "changing-answers",
        "Another answer each time",
        "Gives another answer at each call, in case one of them is right.",
        code="import itertools\nguesses = itertools.cycle([2.5, 2.0, 2.5, 6.0, 0.0])\n"
        "def mse(*args): return next(guesses)\nabsolute_error = slope = mse\n",
    ),
    Attack(
        "visible-inputs-only",
        "Known questions only",
        "Answers exactly the questions of the visible tests, and nothing else.",
        code="def mse(y_pred, y_true): return 2.5 if list(y_pred) == [1.0, 2.0] else -1.0\n"
        "def absolute_error(p, t): return {1.0: 2.0, 4.0: 2.5}.get(p, -1.0)\n"
        "def slope(f, x): return 6.0 if x == 3.0 else 1e6\n",
    ),
    Attack(
        "inspects-frames",
        "Looking up the stack",
        "Looks through the callers' variables for what its answer is compared with.",
        code="""
import sys
def mse(*args):
    frame = sys._getframe()
    while frame:
        for names in (frame.f_locals, frame.f_globals):
            if "reference" in names:
                return names["reference"](*args)
            if isinstance(names.get("wanted"), float):
                return names["wanted"]
        frame = frame.f_back
    return -1.0
def absolute_error(*args):
    wanted = sys._getframe(1).f_locals.get("wanted") or sys._getframe(1).f_globals.get("wanted")
    return wanted if isinstance(wanted, float) else -1.0
""",
    ),
    Attack(
        "inspects-objects",
        "Looking through memory",
        "Searches all objects in memory for tests, solutions and wanted values.",
        code="""
import gc, types
def mse(*args):
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__name__ == "mse" and thing is not mse:
            return thing(*args)
        if isinstance(thing, dict) and callable(thing.get("reference")):
            return thing["reference"](*args)
    return -1.0
def absolute_error(*args):
    for thing in gc.get_objects():
        if isinstance(thing, str) and "zinnober" in thing:
            print(thing)
    return -1.0
""",
        holds=("tests-unseen",),
    ),
    Attack(
        "inspects-call-backs",
        "Looking into what is passed in",
        "Takes the function apart that a test passes in, to get at the test behind it.",
        code="""
def slope(f, x):
    for name in ("__globals__", "__closure__", "__code__", "__self__", "__wrapped__", "func"):
        found = getattr(f, name, None)
        if isinstance(found, dict):
            for name in ("reference", "wanted", "points"):
                if name in found:
                    globals()[name] = found[name]
            found["abs"] = lambda x: 0.0
    return 1e6
def mse(*args):
    return reference(*args) if "reference" in globals() else -1.0
""",
    ),
    Attack(
        "kept-call-backs",
        "A function kept for later",
        "Keeps the function that one test passed in and has it work out the answers to a later test.",
        code="""
kept = []
def slope(f, x):
    kept.append(f)
    return 1e6
def mse(y_pred, y_true):
    if len(y_pred) in (2, 4):
        return -1.0
    return sum(kept[-1](float(d)) for d in y_pred - y_true) / len(y_pred)
""",
    ),
    Attack(
        "recursive-call-back",
        "Calling each other",
        "Has the test's function and its own call each other without end.",
        code="def slope(f, x):\n    while True:\n        f(slope)\n        f(f)\n        slope(f, x)\n",
        holds=("batch-completed",),
    ),
    Attack(
        "endless-call-backs",
        "Calling without end",
        "Calls the function that a test passed in without end.",
        code="def slope(f, x):\n    while True:\n        f(1.0)\n",
        holds=("batch-completed", "others-untouched"),
    ),
    Attack(
        "heavy-call-backs",
        "Calling with much",
        "Calls the test's function with arguments that are heavy to work on.",
        code="def slope(f, x):\n"
        "    for thing in (np.ones(400_000), 10 ** 1000, 'x', [[]] * 1000, None, f, range(10 ** 15), 1 "
        "<< 3_000_000):\n"
        "        for _ in range(3):\n            try:\n                f(thing)\n"
        "            except Exception:\n                pass\n    return 1e6\n",
        holds=("batch-completed", "memory-bounded"),
        unsafe_on_stock="it takes minutes",
    ),
    Attack(
        "call-backs-from-threads",
        "Calling from the side",
        "Calls the test's function from several threads at once, also after its answer.",
        code="import threading\ndef slope(f, x):\n    for _ in range(20):\n"
        "        threading.Thread(target=lambda: [f(1.0) for _ in range(1000)], daemon=True).start()\n"
        "    return 1e6\n",
        holds=("batch-completed",),
    ),
    Attack(
        "changed-arguments",
        "Other arguments",
        "Changes the arrays that a test passes in, so that a wrong answer fits them.",
        code="def mse(y_pred, y_true):\n    y_pred[...] = y_true\n    return 0.0\n",
    ),
    Attack(
        "thread-bomb-later",
        "A thread that waits",
        "Leaves a thread that strikes while later students are graded.",
        code=_BOMB + "import threading\n"
        "threading.Thread(target=lambda: (time.sleep(4), burst()), daemon=True).start()\n",
        holds=("others-untouched", "nothing-left"),
    ),
    Attack(
        "alarm-later",
        "An alarm",
        "Sets an alarm that strikes while later students are graded.",
        code=_BOMB + "import signal\nsignal.signal(signal.SIGALRM, lambda *args: burst())\nsignal.alarm(4)\n",
        holds=("others-untouched", "nothing-left"),
    ),
    Attack(
        "process-later",
        "A process that waits",
        "Leaves a process that strikes while later students are graded.",
        code=_BOMB + "if os.fork() == 0:\n    os.setsid()\n    time.sleep(4)\n    burst()\n    os._exit(0)\n",
        holds=("others-untouched", "nothing-left", "no-survivor"),
    ),
    Attack(
        "at-the-end",
        "At the very end",
        "Strikes when its process ends or its objects are thrown away.",
        code=_BOMB + "import atexit\natexit.register(burst)\nclass Last:\n    def __del__(self): burst()\n"
        "last = Last()\n",
        holds=("others-untouched", "nothing-left"),
    ),
    Attack(
        "clock",
        "Another time",
        "Replaces the clock, so that no time ever passes or all of it at once.",
        code="import time\ntime.time = time.monotonic = time.perf_counter = lambda: 0.0\n"
        "time.sleep = lambda seconds: None\n"
        "def mse(*args):\n    while True: pass\n",
        holds=("batch-completed",),
    ),
)
