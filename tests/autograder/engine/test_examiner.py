"""Test cells run as their authors meant: which names they see, and what they do to them."""

from __future__ import annotations

import pytest

from tests.autograder.engine.conftest import Examine, check_of, code, fails, only, outcomes, passes

# --- the student's functions and values, as tests see them


def test_functions_are_called_and_values_are_there(examine: Examine) -> None:
    passes(
        examine,
        "def shift(x, *, by=1, **rest):\n    return x + by + sum(rest.values())\n"
        "numbers = [1, 2.5]\ntable = {'a': (1, 2)}",
        "assert shift(1) == 2 and shift(x=1, by=3, more=4) == 8\n"
        "assert numbers == [1, 2.5] and table['a'] == (1, 2)",
    )


def test_a_function_keeps_its_name_its_text_and_its_parameters(examine: Examine) -> None:
    passes(
        examine,
        'def huber(y_pred, y_true, /, *rest, delta=1.0, **more):\n    """Robust."""\n'
        "square = lambda x: x * x",
        "import inspect\n"
        "assert huber.__name__ == 'huber' and huber.__doc__ == 'Robust.' and huber.__module__ == '__main__'\n"
        "parameters = inspect.signature(huber).parameters\n"
        "assert list(parameters) == ['y_pred', 'y_true', 'rest', 'delta', 'more']\n"
        "assert parameters['delta'].kind is inspect.Parameter.KEYWORD_ONLY\n"
        "assert parameters['delta'].default is not inspect.Parameter.empty\n"
        "assert parameters['y_pred'].default is inspect.Parameter.empty\n"
        "assert callable(square) and inspect.isfunction(square) and square.__name__ == '<lambda>'",
    )


def test_a_functions_source_is_not_there_to_be_looked_at(examine: Examine) -> None:
    # The source of its stand-in would tell a wrong story.
    message = fails(
        examine,
        "def f(x):\n    for _ in range(1):\n        return x",
        "import inspect\nassert 'for ' not in inspect.getsource(f)",
    )
    assert message.startswith("OSError: ")


def test_a_function_is_one_object_however_it_comes(examine: Examine) -> None:
    passes(
        examine,
        "def f(x): return x\ng = f\nfunctions = [f, len]\ndef give(): return f\ndef same(h): return h is f",
        "assert f is g is functions[0] is give() and f(f) is f\n"
        "assert same(f) and not same(len)\n"
        "assert f(len) is len",
    )


def test_functions_that_functions_give_can_be_called(examine: Examine) -> None:
    passes(
        examine,
        "def power(n):\n    return lambda x: x ** n",
        "square = power(2)\nassert square(3) == 9 and power(3)(2) == 8",
    )


@pytest.mark.parametrize(
    ("answer", "check", "kind"),
    [
        ("def f(): return object()", "f()", "object"),
        ("class Loss: ...\ndef f(): return [Loss()]", "f()", "Loss"),
        ("def f(): return open('/dev/null')", "f()", "TextIOWrapper"),
        ("import numpy as np\ndef f(): return np.ma.masked_array([1.0])", "f()", "masked array"),
        ("def f():\n    while True:\n        yield 1", "f()", "iterator gives more than"),
        ("class Loss: ...\nf = Loss()", "f + 1", "Loss"),
        ("class Loss: ...\nf = Loss()", "f.value", "Loss"),
        ("class Loss: ...\nf = Loss()", "assert f == 1, f'f is {f}'", "Loss"),
    ],
)
def test_what_can_not_be_graded_is_said_with_its_type(
    examine: Examine, answer: str, check: str, kind: str
) -> None:
    assert kind in fails(examine, answer, check)


# --- what reaches the tests, and what does not


def test_only_declared_names_reach_the_tests(examine: Examine) -> None:
    graded = examine(
        ("locked", "setup", "import numpy as np"),
        code("def mse(x): return float(np.mean(x))"),
        check_of("assert abs(mse([-3, -3])) == 3 and np.mean([1, 3]) == 2 and len(expected) == 1"),
        answers={
            "code": "def mse(x): return 3\ndef abs(x): return 3\nclass np:\n    mean = lambda x: 2\n"
            "expected = [1]\nAssertionError = KeyError"
        },
    )
    assert only(graded).outcome == "failed"
    assert only(graded).message.startswith("NameError: name 'expected' is not defined")


def test_tests_see_what_locked_cells_and_earlier_tests_made(examine: Examine) -> None:
    graded = examine(
        ("locked", "setup", "import math\nlimit = 10"),
        code("def f(x): return x"),
        ("test", "one", "seen = f(limit)\nassert seen == 10"),
        ("test", "two", "assert seen == 10 and math.isclose(f(1), 1)"),
    )
    assert set(outcomes(graded).values()) == {"passed"}


def test_a_students_own_change_of_a_locked_name_does_not_count(examine: Examine) -> None:
    graded = examine(
        ("locked", "setup", "limit = 10"),
        code("def f(): return 1"),
        check_of("assert f() == limit"),
        answers={"code": "limit = 1\ndef f(): return 1"},
    )
    assert only(graded).outcome == "failed"


def test_a_name_that_the_student_did_not_define_is_missing(examine: Examine) -> None:
    graded = examine(code("def f(x): return x"), check_of("assert f(1) == 1"), answers={"code": "pass"})
    assert only(graded).message == "`f` is not defined: no cell above gives it a value."
    assert graded.remarks == ()


@pytest.mark.parametrize(
    "check", ["assert f(1) == 1", 'assert "f" in globals(), "run the cell above"', "assert g() and f(1)"]
)
def test_of_a_name_that_is_missing_the_error_that_stopped_its_cell_is_told(
    examine: Examine, check: str
) -> None:
    graded = examine(
        ("solution", "other", "def g(): return True"),
        code("def f(x): return x"),
        check_of(check),
        answers={"other": "def g(): return True\n1 / 0", "code": "import no_such\ndef f(x): return x"},
    )
    stopped = "the cell 'code' was stopped by ModuleNotFoundError: No module named 'no_such'"
    assert only(graded).message == f"`f` is not defined: {stopped}."
    assert graded.remarks == ("the cell 'other' was stopped by ZeroDivisionError: division by zero", stopped)


def test_a_wrong_answer_is_told_as_such_although_a_cell_was_stopped(examine: Examine) -> None:
    graded = examine(
        code("def f(x): return x\ndef g(): return 1"),
        ("test", "one", "assert f(1) == 2, 'f(1) should be 2'"),
        ("test", "two", "assert f(1) == h(1)"),
        answers={"code": "def f(x): return x\n1 / 0\ndef g(): return 1"},
    )
    assert [verdict.message for verdict in graded.verdicts] == [
        "f(1) should be 2",
        "NameError: name 'h' is not defined",
    ]


def test_an_untouched_stub_and_cells_beyond_the_fifth_are_no_remarks_of_their_own(examine: Examine) -> None:
    cells = [("solution", f"cell{number}", "pass") for number in range(8)]
    answers = {f"cell{number}": "1 / 0" for number in range(7)}
    graded = examine(*cells, answers=answers | {"cell7": "raise NotImplementedError()"})
    assert len(graded.remarks) == 6
    assert graded.remarks[5] == "other cells that were stopped by an error: 2"


def test_a_name_is_the_one_of_its_moment(examine: Examine) -> None:
    graded = examine(
        ("solution", "first", "x = 1"),
        ("test", "one", "assert x == 1"),
        ("solution", "second", "x = 2"),
        ("test", "two", "assert x == 2"),
        ("solution", "third", "del x"),
        ("test", "three", "x"),
    )
    assert outcomes(graded) == {"one": "passed", "two": "passed", "three": "failed"}


# --- what tests do to the student's names


_USES_SQUARES = "def squares(n): return [i * i for i in range(n)]\ndef total(n): return sum(squares(n))"


def test_a_name_that_a_test_deletes_is_gone_for_the_students_code_and_comes_back(examine: Examine) -> None:
    check = """\
original = squares
del squares
try:
    total(3)
except NameError as error:
    assert "squares" in str(error)
else:
    raise AssertionError("total should use squares")
squares = original
assert total(3) == 5
"""
    passes(examine, _USES_SQUARES, check)
    message = fails(examine, _USES_SQUARES.replace("sum(squares(n))", "sum(i * i for i in range(n))"), check)
    assert message == "total should use squares"


def test_a_function_that_a_test_puts_in_its_place_is_called_by_the_students_code(examine: Examine) -> None:
    passes(
        examine,
        _USES_SQUARES,
        "calls = []\ndef squares(n):\n    calls.append(n)\n    return [100]\n"
        "assert total(3) == 100 and calls == [3]",
    )


def test_a_name_that_stays_deleted_is_gone_for_later_cells(examine: Examine) -> None:
    graded = examine(
        code(_USES_SQUARES),
        ("test", "one", "del squares"),
        ("solution", "more", "try:\n    squares(1)\n    left = True\nexcept NameError:\n    left = False"),
        ("test", "two", "assert left is False"),
    )
    assert outcomes(graded) == {"one": "passed", "two": "passed"}


# --- one notebook and the next


def test_files_that_were_handed_in_can_be_read(examine: Examine) -> None:
    graded = examine(
        code("total = sum(map(int, open('data/table.csv').read().split(',')))"),
        check_of("assert total == 6"),
        files={"data/table.csv": b"1,2,3"},
    )
    assert only(graded).outcome == "passed"


def test_hidden_inputs_differ_from_seed_to_seed_and_stay_with_a_seed(examine: Examine) -> None:
    def given(seed: str) -> str:
        check = "from autograder import seeds\nassert False, str(seeds.fresh(7))"
        return only(examine(code("x = 1"), check_of(check), seed=seed)).message

    assert given("ada's") == given("ada's")
    assert given("ada's") != given("bob's")
    assert given("ada's") != "7"


def test_nothing_of_one_notebook_is_left_for_the_next(examine: Examine) -> None:
    check = (
        "import os, random, warnings, builtins, numpy as np\n"
        "before = [np.geterr()['divide'], np.get_printoptions()['precision'], os.environ.get('LEFT'),\n"
        "          len(warnings.filters), os.getcwd(), 'left' in globals()]\n"
        "left = 1\nnp.seterr(divide='raise')\nnp.set_printoptions(precision=2)\nos.environ['LEFT'] = '1'\n"
        "warnings.simplefilter('error')\nos.chdir('/')\n"
        "assert False, str(before) + str(random.random()) + str(np.random.rand())"
    )
    assert fails(examine, "x = 1", check) == fails(examine, "x = 1", check)
