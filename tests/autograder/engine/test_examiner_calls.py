"""What happens when tests call the student's functions: call-backs, arguments, errors, warnings, output."""

from __future__ import annotations

from tests.autograder.engine.conftest import Examine, check_of, code, fails, outcomes, passes

# --- call-backs


def test_a_function_that_is_passed_in_is_called(examine: Examine) -> None:
    passes(
        examine,
        "def slope(f, x, h=1e-6):\n    return (f(x + h) - f(x - h)) / (2 * h)",
        "import math\nassert abs(slope(math.exp, 0.0) - 1) < 1e-6\n"
        "seen = []\ndef f(x):\n    seen.append(x)\n    return x\n"
        "slope(f, 1.0, h=0.5)\nassert seen == [1.5, 0.5]",
    )


def test_call_backs_nest_both_ways(examine: Examine) -> None:
    passes(
        examine,
        "def fact(f, n): return 1 if n == 0 else n * f(n - 1)\ndef apply(f, *args): return f(*args)",
        "def g(n): return fact(g, n)\nassert g(5) == 120\n"
        "assert apply(apply, apply, lambda x: x + 1, 1) == 2",
    )


def test_an_error_of_a_call_back_goes_through_the_students_code(examine: Examine) -> None:
    passes(
        examine,
        "def first(f, g):\n    try:\n        return f()\n    except ZeroDivisionError:\n        return g()",
        "def bad(): return 1 / 0\n"
        "assert first(bad, lambda: 'second') == 'second'\n"
        "import pytest\n"
        "with pytest.raises(KeyError, match='lost'):\n    first(bad, lambda: {}['lost'])",
    )


def test_call_backs_without_an_end_are_an_error_not_a_crash(examine: Examine) -> None:
    graded = examine(
        code("def f(g): return g(f)"),
        ("test", "one", "def g(h): return h(g)\nf(g)"),
        ("test", "two", "assert f(lambda _: 1) == 1"),
    )
    assert outcomes(graded) == {"one": "failed", "two": "passed"}
    assert "call each other without an end" in graded.verdicts[0].message


# --- arguments and results


def test_arguments_that_are_changed_in_place_are_changed(examine: Examine) -> None:
    passes(
        examine,
        "def change(numbers, table, array, group):\n"
        "    numbers.append(4); numbers[0] = 0\n    table['b'] = [2]; del table['a']; table['c'].append(1)\n"
        "    array *= 2\n    group.add(3)",
        "import numpy as np\n"
        "numbers, table, array, group = [1, 2], {'a': 1, 'c': []}, np.ones(3), {1}\ninner = table['c']\n"
        "assert change(numbers, table, array, group) is None\n"
        "assert numbers == [0, 2, 4] and table == {'c': [1], 'b': [2]} and inner == [1]\n"
        "assert list(array) == [2, 2, 2] and group == {1, 3}",
    )


def test_an_argument_that_must_stay_is_seen_to_stay(examine: Examine) -> None:
    check = "import numpy as np\nx = np.arange(3.0)\nf(x)\nassert list(x) == [0, 1, 2], 'f must not change x'"
    passes(examine, "def f(x): return x * 2", check)
    assert fails(examine, "def f(x):\n    x *= 2\n    return x", check) == "f must not change x"


def test_arrays_come_back_with_their_dtype(examine: Examine) -> None:
    passes(
        examine,
        "import numpy as np\ndef f(x): return np.asarray(x) * 2\ndef mean(x): return np.mean(x)",
        "import numpy as np\n"
        "assert f(np.float32([1, 2])).dtype == np.float32 and f([1, 2]).dtype == np.int64\n"
        "assert isinstance(mean([1, 2]), np.float64) and mean(np.float32([1])).dtype == np.float32\n"
        "assert np.isnan(mean([np.nan])) and f(np.zeros((2, 0))).shape == (2, 0)",
    )


# --- errors, warnings and output of the student's code


def test_errors_arrive_with_their_type(examine: Examine) -> None:
    passes(
        examine,
        "class ShapeError(ValueError): ...\n"
        "def f(x):\n    if x < 0:\n        raise ValueError('x must not be negative')\n"
        "    raise ShapeError('odd')",
        "import pytest\nwith pytest.raises(ValueError, match='must not be negative'):\n    f(-1)\n"
        "with pytest.raises(ValueError, match='odd'):\n    f(1)",
    )


def test_warnings_are_there_for_a_test_that_looks(examine: Examine) -> None:
    passes(
        examine,
        "import warnings\nclass LossWarning(UserWarning): ...\n"
        "def f():\n    warnings.warn('dividing', RuntimeWarning)\n"
        "    warnings.warn('own', LossWarning)\n    return 1\n"
        "def quiet(): return 1",
        "import pytest, warnings\n"
        "with pytest.warns(RuntimeWarning, match='dividing'):\n    f()\n"
        "with warnings.catch_warnings(record=True) as caught:\n    warnings.simplefilter('always')\n    f()\n"
        "assert [w.category for w in caught] == [RuntimeWarning, UserWarning]\n"
        "with warnings.catch_warnings():\n    warnings.simplefilter('error')\n    quiet()\n"
        "    with pytest.raises(RuntimeWarning):\n        f()",
    )


def test_warnings_cost_nothing(examine: Examine) -> None:
    passes(
        examine, "import warnings\ndef f():\n    warnings.warn('careful')\n    return 1", "assert f() == 1"
    )


def test_numpys_error_state_holds_for_the_students_code(examine: Examine) -> None:
    passes(
        examine,
        "import numpy as np\ndef divide(x): return np.float64(1) / np.float64(x)",
        "import numpy as np, pytest, warnings\n"
        "with np.errstate(all='raise'), pytest.raises(FloatingPointError):\n    divide(0)\n"
        "with np.errstate(all='ignore'), warnings.catch_warnings():\n"
        "    warnings.simplefilter('error')\n    assert divide(0) == np.inf\n"
        "with pytest.warns(RuntimeWarning, match='divide by zero'):\n    divide(0)",
    )


def test_a_test_can_look_at_what_the_students_code_prints(examine: Examine) -> None:
    passes(
        examine,
        "import sys\ndef greet():\n    print('hello')\n    print('careful', file=sys.stderr)",
        "import io\nfrom contextlib import redirect_stdout\nwith redirect_stdout(io.StringIO()) as said:\n"
        "    greet()\nassert said.getvalue() == 'hello\\n'",
    )


def test_what_is_shown_during_a_test_is_in_its_output(examine: Examine) -> None:
    graded = examine(
        code("def f():\n    print('from f')\n    display(42)\n    return 1"),
        check_of("print('from the test')\nf()\ndisplay('shown')"),
    )
    outputs = graded.outputs["cell-1"]
    assert "".join(output.get("text", "") for output in outputs) == "from the test\nfrom f\n"
    shown = [output["data"]["text/plain"] for output in outputs if "data" in output]
    assert shown == ["42", "'shown'"]
