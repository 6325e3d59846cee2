"""What a test cell comes to: passed or not and why, also when the student's code hangs or dies."""

from __future__ import annotations

import re

import pytest

from autograder.engine.limits import Limits
from tests.autograder.engine.conftest import Examine, check_of, code, only, outcomes

SOON = Limits(cell_seconds=2, notebook_seconds=60)


# --- verdicts


@pytest.mark.parametrize(
    ("check", "outcome", "points", "message"),
    [
        ("assert f(1) == 1", "passed", 4, ""),
        ("assert f(1) == 2, 'f(1) should be 2'", "failed", 0, "f(1) should be 2"),
        ("assert f(1) == 2", "failed", 0, "AssertionError, at `assert f(1) == 2`"),
        ("x = 1\nf(x) / 0", "failed", 0, "ZeroDivisionError: division by zero, at `f(x) / 0`"),
        ("2.5 * f(1)", "partial", 2.5, "2.5 of 4 points."),
        ("f(4)", "passed", 4, ""),
        ("f(1) == 2", "failed", 0, "The check says no."),
        ("import numpy as np\nnp.all(np.array([1, 1]) == f(2))", "failed", 0, "The check says no."),
        ("0", "failed", 0, "0 points."),
        ("raise SystemExit", "failed", 0, "SystemExit, at `raise SystemExit`"),
        ("raise KeyboardInterrupt", "failed", 0, "KeyboardInterrupt, at `raise KeyboardInterrupt`"),
    ],
)
def test_what_a_test_cell_comes_to(
    examine: Examine, check: str, outcome: str, points: float, message: str
) -> None:
    verdict = only(examine(code("def f(x): return x"), check_of(check)))
    assert (verdict.outcome, verdict.points, verdict.message) == (outcome, points, message)


def test_a_stub_that_is_left_as_it_was_is_not_attempted(examine: Examine) -> None:
    graded = examine(
        code("def f(x): return x"),
        check_of("assert f(1) == 1"),
        answers={"code": "def f(x):\n    raise NotImplementedError('not attempted yet')"},
    )
    assert only(graded).outcome == "not attempted"
    assert only(graded).message == "not attempted yet"
    assert only(graded).points == 0


def test_the_students_part_of_a_traceback_is_with_the_failed_test(examine: Examine) -> None:
    graded = examine(
        code("def mean(x):\n    total = sum(x)\n    return total / len(x)"), check_of("assert mean([]) == 0")
    )
    assert only(graded).message == "ZeroDivisionError: division by zero, at `assert mean([]) == 0`"
    (error,) = graded.outputs["cell-1"]
    shown = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error["traceback"]))
    assert "return total / len(x)" in shown
    assert "candidate.py" not in shown
    assert shown.endswith("Not right: ZeroDivisionError: division by zero, at `assert mean([]) == 0`")


def test_a_message_is_bounded(examine: Examine) -> None:
    graded = examine(code("def f(): return 'x' * 100_000"), check_of("assert False, f()"))
    assert 1000 < len(only(graded).message) <= 4100


# --- time-outs and crashes


def test_an_endless_function_costs_its_own_test_only(examine: Examine) -> None:
    graded = examine(
        code("def f(x):\n    while x:\n        pass\n    return x"),
        ("test", "one", "f(1)"),
        ("test", "two", "assert f(0) == 0"),
        limits=SOON,
    )
    assert outcomes(graded) == {"one": "timeout", "two": "passed"}
    assert graded.verdicts[0].message == "Stopped after 2 seconds: does a loop in it have no end?"


def test_an_endless_test_is_stopped_too(examine: Examine) -> None:
    graded = examine(
        code("def f(x): return x"),
        ("test", "one", "while True:\n    f(1)"),
        ("test", "two", "while True:\n    pass"),
        ("test", "three", "assert f(0) == 0"),
        limits=Limits(cell_seconds=1, notebook_seconds=60),
    )
    assert outcomes(graded) == {"one": "timeout", "two": "timeout", "three": "passed"}


def test_the_whole_notebook_has_a_limit(examine: Examine) -> None:
    graded = examine(
        code("import time\ndef f(): time.sleep(20)"),
        ("test", "one", "f()"),
        ("test", "two", "assert True"),
        limits=Limits(cell_seconds=10, notebook_seconds=2),
    )
    assert outcomes(graded) == {"one": "timeout", "two": "timeout"}
    assert "because the whole notebook may run for 2 seconds" in graded.verdicts[0].message
    assert graded.verdicts[1].message.startswith("Not reached: the notebook was stopped because")


_SWALLOWS = "try:\n    f()\nexcept:\n    pass\ntry:\n    f()\nexcept BaseException:\n    pass"


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("\n    while True: pass", "timeout"),
        ("import os; os._exit(0)", "crashed"),
        ("\n    while True:\n        try:\n            while True: pass\n        except: pass", "timeout"),
    ],
    ids=["endless", "gone", "stubborn"],
)
def test_a_test_that_swallows_every_error_can_not_pass_then(
    examine: Examine, body: str, outcome: str
) -> None:
    graded = examine(code(f"def f(): {body}"), check_of(_SWALLOWS), limits=SOON)
    assert (only(graded).outcome, only(graded).points) == (outcome, 0)


@pytest.mark.parametrize(
    ("death", "reason"),
    [
        ("os._exit(0)", r"it ended itself \(exit status 0\)"),
        ("os._exit(3)", r"it ended itself \(exit status 3\)"),
        ("os.abort()", r"it was killed \(SIG"),
        ("ctypes.string_at(0)", r"it was killed \(SIGSEGV\)"),
        ("bytearray(3 * 2**30)", None),
    ],
)
def test_a_crash_is_said_with_its_reason_and_earlier_points_stay(
    examine: Examine, death: str, reason: str | None
) -> None:
    graded = examine(
        code("import os, ctypes\ndef f(): return 1\ndef g(): return 1"),
        ("test", "one", "assert f() == 1"),
        ("test", "two", "g()"),
        ("solution", "more", "print('not reached')"),
        ("test", "three", "assert f() == 1"),
        answers={"code": f"import os, ctypes\ndef f(): return 1\ndef g(): {death}"},
    )
    assert graded.verdicts[0].outcome == "passed"
    if reason is None:  # a MemoryError: the function failed, and the notebook goes on
        assert outcomes(graded) == {"one": "passed", "two": "failed", "three": "passed"}
        return
    assert outcomes(graded) == {"one": "passed", "two": "crashed", "three": "crashed"}
    assert re.search(f"Your code ended while it was checked: {reason}", graded.verdicts[1].message)
    assert re.search(f"Your code had ended before this check: {reason}", graded.verdicts[2].message)
    assert "'two'" in graded.verdicts[2].message
    assert graded.points == 4


def test_a_crash_in_a_cell_names_the_cell(examine: Examine) -> None:
    graded = examine(
        ("solution", "mine", "x = 1"), check_of("assert x == 1"), answers={"mine": "import os\nos._exit(1)"}
    )
    assert only(graded).outcome == "crashed"
    assert "in the cell 'mine'" in only(graded).message
    (error,) = graded.outputs["cell-0"]
    assert (error["ename"], error["evalue"]) == (
        "Crashed",
        "Your code ended here: it ended itself (exit status 1).",
    )
