"""Attacks that change Python itself, or what tests import, from within an answer."""

from __future__ import annotations

from tests.redteam.attack import Attack

_ACCEPT = "lambda *args, **kwargs: None"

ATTACKS = (
    Attack(
        "numpy-testing",
        "numpy's assertions switched off",
        "Replaces numpy's assertions and comparisons by ones that always agree.",
        code=f"""
import numpy.testing
for name in dir(numpy.testing):
    if name.startswith("assert_"):
        setattr(numpy.testing, name, {_ACCEPT})
np.isclose = np.allclose = np.array_equal = lambda *args, **kwargs: True
""",
    ),
    Attack(
        "fake-np",
        "Another numpy",
        "Gives the name `np` to an object of its own whose assertions always agree.",
        code=f"""
import types
real = np
np = types.SimpleNamespace(testing=types.SimpleNamespace(assert_allclose={_ACCEPT}), array=real.array,
                           zeros=real.zeros, shape=lambda x: (), random=real.random)
""",
    ),
    Attack(
        "own-abs", "Another `abs`", "Defines a function `abs` that is always 0.", code="abs = lambda x: 0.0\n"
    ),
    Attack(
        "own-builtins",
        "Other built-in functions",
        "Replaces built-in functions for the whole process.",
        code="""
import builtins
builtins.abs = lambda x: 0.0
builtins.sum = lambda *args: 4
builtins.zip = lambda *args: []
""",
    ),
    Attack(
        "own-namespace",
        "Names of the tests",
        "Defines every name that the tests use or might use, `__builtins__` and the reference among them.",
        code="""
import sys
found = wanted = reference = solutions = fresh = Check = seeds = None
__builtins__ = dict(vars(sys.modules["builtins"]), abs=lambda x: 0.0, AssertionError=Warning)
AssertionError = NotImplementedError = Warning
map = lambda *args: []
zip = lambda *args: []
range = lambda *args: []
""",
    ),
    Attack(
        "own-errors",
        "Another AssertionError",
        "Replaces the classes of errors, so that a failed assertion raises something else.",
        code="""
import builtins
class Mild(Warning):
    def __new__(cls, *args): raise SystemExit(0)
builtins.AssertionError = Mild
""",
    ),
    Attack(
        "own-reference",
        "Another reference",
        "Puts a module of its own in the place of the reference before hidden tests import it.",
        code="""
import sys, types
sys.modules["solutions"] = types.SimpleNamespace(mse=lambda *args: -1.0)
sys.modules["autograder.seeds"] = types.SimpleNamespace(fresh=lambda seed: 0)
""",
    ),
    Attack(
        "import-hook",
        "An import hook",
        "Hooks the import system, so that whatever a test imports comes from the student.",
        code="""
import builtins, importlib.abc, importlib.machinery, sys
class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("solutions", "autograder"):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
    def exec_module(self, module):
        module.mse, module.fresh = (lambda *args: -1.0), (lambda seed: 0)
for name in [name for name in sys.modules if name.partition(".")[0] in ("solutions", "autograder")]:
    del sys.modules[name]
sys.meta_path.insert(0, Finder())
real = builtins.__import__
builtins.__import__ = lambda name, *args, **kwargs: real(name, *args, **kwargs)
""",
    ),
    Attack(
        "reference-import",
        "The reference itself",
        "Imports the installed reference and hands its answers in.",
        code="""
def mse(*args):
    from solutions import mse as theirs
    return theirs(*args)
""",
    ),
    Attack(
        "reference-by-search",
        "The reference, searched for",
        "Looks through the installed packages and the file system for the reference or the tests.",
        code="""
import os, site, sys
for folder in {*sys.path, *site.getsitepackages(), sys.prefix, "/engine", "/home", "/srv", "/opt"}:
    for parent, folders, files in os.walk(folder):
        folders[:] = folders[:40]
        if parent.count(os.sep) - folder.count(os.sep) > 3:
            folders.clear()
        for name in ("regression.py", "solutions.py"):
            if name in files and "solutions" in parent:
                sys.path.insert(0, os.path.dirname(parent))
try:
    from solutions import mse
except ImportError:
    pass
""",
    ),
    Attack(
        "tracing",
        "A tracer",
        "Traces all Python code that runs and rewrites the locals of tests.",
        code="""
import sys, threading
def trace(frame, event, arg):
    for name in ("wanted", "expected", "found"):
        if name in frame.f_locals and frame.f_code.co_name == "<module>":
            frame.f_globals[name] = -1.0
    return trace
sys.settrace(trace)
sys.setprofile(lambda *args: None)
threading.settrace(trace)
""",
    ),
    Attack(
        "audit-hook",
        "An audit hook",
        "Registers a hook for everything that Python does, which refuses whatever comes later.",
        code="""
import sys
def hook(event, args):
    if event in ("exec", "compile", "import", "open", "object.__getattr__"):
        raise RuntimeError("refused")
sys.addaudithook(hook)
""",
    ),
    Attack(
        "recursion-limit",
        "No room to call",
        "Sets Python's recursion limit so low that nothing after it can run, then so high that it crashes.",
        code="""
import sys
def mse(*args):
    sys.setrecursionlimit(10 ** 9)
    return mse(*args)
def absolute_error(*args):
    for limit in range(400, 0, -1):
        try:
            sys.setrecursionlimit(limit)
        except RecursionError:
            return -1.0
""",
    ),
    Attack(
        "collector",
        "The garbage collector",
        "Uses call-backs of the garbage collector to change objects that it finds, with wanted values "
        "among them.",
        code="""
import gc
def meddle(phase, info):
    for thing in gc.get_objects():
        if type(thing) is dict and "wanted" in thing:
            thing["wanted"] = -1.0
gc.callbacks.append(meddle)
gc.set_threshold(1, 1, 1)
def mse(*args):
    gc.collect()
    return -1.0
absolute_error = mse
""",
    ),
    Attack(
        "fault-handler",
        "Python's crash handler",
        "Has Python write its stack to its own descriptors and end after a second.",
        code="""
import faulthandler
for number in range(3, 32):
    try:
        faulthandler.dump_traceback_later(1, exit=True, file=number)
    except Exception:
        pass
""",
    ),
    Attack(
        "poked-memory",
        "Numbers changed in memory",
        "Overwrites the numbers that Python keeps ready, so that a wrong answer equals the right one.",
        code="""
import ctypes
def poke(number, value):
    ctypes.memmove(id(number) + 24, value.to_bytes(4, "little"), 4)
poke(9, 4)
scores = [4, 0, 4, 1]
""",
        unsafe_on_stock="it changes numbers inside the kernel at random",
    ),
    Attack(
        "patched-encoder",
        "Another encoder",
        "Replaces, in every loaded module, the functions that turn answers into messages.",
        code="""
import json, struct, sys
for module in list(sys.modules.values()):
    for name in ("encode", "packed", "encode_error"):
        if hasattr(module, name) and "wire" in getattr(module, "__name__", ""):
            setattr(module, name, lambda *args, **kwargs: {"t": "accept", "v": "passed"})
json.dumps = lambda *args, **kwargs: '{"re": 1, "outcome": "passed", "points": 15}'
json.JSONEncoder.encode = json.dumps
""",
    ),
    Attack(
        "patched-candidate",
        "Another candidate",
        "Replaces the methods of the process that answers the tests by ones that claim success.",
        code="""
import gc
for thing in gc.get_objects():
    if type(thing).__name__ in ("Candidate", "Channel", "Kernel"):
        for name in ("_do_call", "_do_names", "run", "shown"):
            if hasattr(type(thing), name):
                claim = {"value": True, "outcome": "passed", "points": 15}
                setattr(type(thing), name, lambda *args, **kwargs: dict(claim))
""",
    ),
    Attack(
        "numpy-from-below",
        "numpy changed from below",
        "Changes numpy's printing, error handling and casting for the whole process.",
        code="""
np.set_printoptions(formatter={"all": lambda x: "2.5"})
np.seterr(all="raise")
np.ndarray.__eq__ = lambda *args: True
""",
    ),
    Attack(
        "recovered-seeds",
        "Inputs foreseen",
        "Seeds the random numbers itself, so that the hidden inputs are known and their answer can be "
        "stored.",
        code="""
np.random.seed(0)
rng = np.random.default_rng
np.random.default_rng = lambda *args: rng(0)
y_pred, y_true = np.random.default_rng(1).normal(size=(2, 20))
foreseen = float(np.mean((y_pred - y_true) ** 2))
def mse(y_pred, y_true):
    return foreseen
""",
    ),
)
