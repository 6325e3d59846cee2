"""The candidate in its jail, asked directly: what it answers, and what it makes of odd code."""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autograder.engine.inside.recorder import Recorder
from autograder.engine.jail import Jail
from autograder.engine.student import CandidateGone, Student, Unreadable


@pytest.fixture
def student(jail: Jail) -> Iterator[Student]:
    """A candidate that has run nothing yet."""
    with contextlib.closing(jail.spawn()) as candidate:
        asked = Student(candidate, 10**8, Recorder())
        asked.begin(time.monotonic() + 30)
        asked.prepare({})
        yield asked


def defined(student: Student, code: str, name: str = "f") -> Any:
    """Run code and give one of the names that it defines."""
    outputs = student.run(code)
    assert not [output for output in outputs if output["output_type"] == "error"], outputs
    return student.names((name,))[name]


def test_files_are_written_before_anything_runs(student: Student) -> None:
    student.prepare({"table.csv": b"1,2", "data/deep/notes.txt": b"hello"})
    assert defined(student, "f = [open('table.csv').read(), open('data/deep/notes.txt').read()]") == [
        "1,2",
        "hello",
    ]


def test_names_are_values_functions_missing_or_unreadable(student: Student) -> None:
    student.run("a = 1\ndef b(): return 2\nclass C: ...\nc = C()\nimport math as d")
    found = student.names(("a", "b", "c", "d", "e"))
    assert (found["a"], found["b"]()) == (1, 2)
    assert isinstance(found["c"], Unreadable)
    assert repr(found["d"]) == "<an object of type module>"
    assert "e" not in found


def test_a_name_can_be_bound_and_taken_away(student: Student) -> None:
    student.run("x = 1\ndef f(): return x")
    f = student.names(("f",))["f"]
    student.bind("x", [1, 2])
    assert f() == [1, 2]
    student.bind("x", lambda: 5)
    student.run("y = x()")
    assert student.names(("y",)) == {"y": 5}
    student.unbind("x")
    student.unbind("x")
    with pytest.raises(NameError):
        f()


@pytest.mark.parametrize(
    ("code", "kind", "text"),
    [
        ("def f(): raise SystemExit(3)", SystemExit, "3"),
        ("def f(): raise KeyboardInterrupt", KeyboardInterrupt, "^$"),
        ("def f(): raise GeneratorExit", RuntimeError, "^$"),
        ("def f(): return f()", RecursionError, "maximum recursion depth"),
        ("def f(): return 1 +", None, ""),
        ("import numpy as np\ndef f(): return np.zeros(2_000_000)", TypeError, "is too large to be graded"),
        ("def f(): return ['x' * 10**6] * 20", ValueError, "a message of"),
        ("def f(x): return 1", TypeError, "missing 1 required positional argument: 'x'"),
    ],
)
def test_whatever_a_function_does_is_an_error_of_the_call(
    student: Student, code: str, kind: type[BaseException] | None, text: str
) -> None:
    student.run(code)
    found = student.names(("f",))
    if kind is None:
        assert found == {}
    else:
        with pytest.raises(kind, match=text):
            found["f"]()
    assert defined(student, "g = 1", "g") == 1


@pytest.mark.parametrize(
    "code",
    [
        "class F:\n    __signature__ = 'none'\n    __doc__ = 3\n    def __call__(self): return 7\nf = F()",
        "import functools\nf = functools.partial(max, 7, 6)",
        "class Loss:\n    def value(self): return 7\nf = Loss().value",
        "import numpy as np\nf = np.vectorize(lambda: 7)",
        "f = lambda *, __ask=1: 7",
        "f = {'a': 7}.popitem().__getitem__\ng = f\nf = lambda: g(1)",
    ],
)
def test_anything_that_can_be_called_is_a_function(student: Student, code: str) -> None:
    assert defined(student, code)() == 7


def test_what_prints_by_other_ways_is_shown_in_its_call(student: Student) -> None:
    code = "import os, subprocess\ndef f():\n    os.write(1, b'raw ')\n    subprocess.run(['echo', 'hi'])"
    f = defined(student, code)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        f()
    assert said.getvalue() == "raw hi\n"


_IN_A_THREAD = """
import threading
def f(g):
    errors = []
    def call():
        try:
            g()
        except RuntimeError as error:
            errors.append(str(error))
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return errors
"""


def test_a_call_back_works_in_the_main_thread_only(student: Student) -> None:
    f = defined(student, _IN_A_THREAD)
    assert f(lambda: 1) == ["a function that was passed in can only be called while your function runs"]


def test_results_may_differ_from_call_to_call(student: Student) -> None:
    f = defined(student, "count = 0\ndef f():\n    global count\n    count += 1\n    return count")
    assert [f(), f()] == [1, 2]


def test_an_array_is_a_copy_on_each_side(student: Student) -> None:
    f = defined(student, "kept = []\ndef f(x):\n    kept.append(x)\n    return x")
    given = np.arange(3)
    got = f(given)
    got[0] = 100
    assert list(given) == [0, 1, 2]
    assert [list(kept) for kept in student.names(("kept",))["kept"]] == [[0, 1, 2]]


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos.closerange(0, 256)",
        "import os\nos._exit(7)",
        "import gc\n[one.send({'re': 99}) for one in gc.get_objects() if type(one).__name__ == 'Channel']",
        "import ctypes\nctypes.string_at(0)",
    ],
)
def test_who_breaks_the_channel_ends_himself(student: Student, code: str) -> None:
    def run_and_look() -> None:
        student.run(code)
        student.names(("f",))

    with pytest.raises(CandidateGone):
        run_and_look()
    assert student.gone
