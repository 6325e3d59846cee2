"""What a student reads when a hidden test fails: the call, both numbers, and the mistake by its name."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import solutions
from autograder.checks import (
    check_gradient,
    check_minimum,
    check_raises,
    check_value,
    line_cases,
    residual_cases,
)
from autograder.errors import AutograderError
from autograder.mistakes import Mistake, load_mistakes, mistakes_of


def mean_square(y_pred: Any, y_true: Any) -> Any:
    return solutions.mse(y_pred, y_true)


def mean_square_grad(y_pred: Any, y_true: Any) -> Any:
    return solutions.mse_grad(y_pred, y_true)


def weighted(y_pred: Any, y_true: Any, weights: Any) -> Any:
    return np.average(solutions.mse(y_pred, y_true, reduction="none"), weights=weights)


CASE = {"y_pred": np.array([3.0, 5.0]), "y_true": np.array([1.0, 6.0])}
WEIGHTED_CASE = {**CASE, "weights": np.array([3.0, 1.0])}


def message(check: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(AssertionError) as caught:
        check(*arguments, **options)
    return str(caught.value)


# --- values -----------------------------------------------------------------------------------------------


def test_a_right_function_passes_however_it_is_written() -> None:
    def weighted_mse(y_pred: Any, y_true: Any, weights: Any) -> Any:
        return sum(w * (p - t) ** 2 for p, t, w in zip(y_pred, y_true, weights, strict=True)) / sum(weights)

    check_value(weighted_mse, weighted, residual_cases(1, weighted=True), mistakes="u2-weighted-mse")


def test_a_wrong_value_is_shown_with_its_call_and_its_mistake() -> None:
    def weighted_mse(y_pred: Any, y_true: Any, weights: Any) -> Any:
        return np.sum(weights * (y_pred - y_true) ** 2)

    assert message(check_value, weighted_mse, weighted, [WEIGHTED_CASE], mistakes="u2-weighted-mse") == (
        "weighted_mse(y_pred=[3.0, 5.0], y_true=[1.0, 6.0], weights=[3.0, 1.0]) gave 13.0, "
        "but 3.25 was expected. "
        "This looks like 'forgot the mean': "
        "this is the weighted sum of the squares; divide it by the sum of the weights."
    )


def test_a_wrong_value_that_no_mistake_gives_is_named_nothing() -> None:
    def guess(y_pred: Any, y_true: Any, weights: Any) -> float:
        return 7.0

    assert message(check_value, guess, weighted, [WEIGHTED_CASE], mistakes="u2-weighted-mse").endswith(
        "gave 7.0, but 3.25 was expected."
    )


def test_values_that_agree_in_six_digits_are_shown_with_all() -> None:
    assert "gave 2.5000000001, but 2.5 was expected" in message(
        check_value, lambda p, t: 2.5 + 1e-10, mean_square, [CASE], rtol=1e-12
    )


def test_without_an_absolute_tolerance_a_tiny_value_must_be_right_too() -> None:
    tiny = residual_cases(3, scale=1e-100)
    check_value(lambda p, t: 0.0, mean_square, tiny)
    assert "gave 0.0" in message(check_value, lambda p, t: 0.0, mean_square, tiny, atol=0.0)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (
            None,
            "gave None, but one number was expected. Does every way through the function end in `return`?",
        ),
        ("2.5", "gave the text '2.5', but one number was expected"),
        (True, "True of type bool, but one number was expected"),
        (2.5 + 0j, "the complex (2.5+0j), but one number was expected"),
        (np.array([2.5]), "an array of shape (1,), but one number was expected"),
        (np.zeros((3000, 3000)), "an array of shape (3000, 3000), but one number was expected"),
        (np.array([2.5], dtype=object), "of type ndarray, but one number was expected"),
        ([[1.0], [2.0, 3.0]], "can't be read as an array, but one number was expected"),
        ({"mse": 2.5}, "of type dict, but one number was expected"),
        ((p for p in "abc"), "of type generator, but one number was expected"),
        (float("nan"), "gave nan, but 2.5 was expected. nan and inf come from"),
        (float("inf"), "gave inf, but 2.5 was expected. nan and inf come from"),
        (10**400, "of type int, but one number was expected"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_odd_result_is_told_apart_from_a_wrong_one(result: Any, said: str) -> None:
    text = message(check_value, lambda p, t: result, mean_square, [CASE], mistakes="u2-rmse")
    assert said in text
    assert len(text) < 400


def test_an_object_that_can_not_even_be_shown_fails_with_a_message() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError("no")

        __array__ = __len__ = __float__ = __repr__

    assert "Odd" in message(check_value, lambda p, t: Odd(), mean_square, [CASE])


# --- calls ------------------------------------------------------------------------------------------------


def test_an_unsolved_stub_is_not_attempted_rather_than_wrong() -> None:
    def rmse(y_pred: Any, y_true: Any) -> Any:
        raise NotImplementedError

    for check, arguments in (
        (check_value, (mean_square, [CASE])),
        (check_gradient, (mean_square_grad, mean_square, [CASE])),
    ):
        with pytest.raises(NotImplementedError, match="rmse is not attempted yet"):
            check(rmse, *arguments)
    with pytest.raises(NotImplementedError, match="rmse is not attempted yet"):
        check_raises(rmse, [CASE], because="it is bad", accepts=[])


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("division by zero"), SystemExit(3), RecursionError("too deep")]
)
def test_an_exception_is_shown_with_the_input_that_caused_it(error: BaseException) -> None:
    def rmse(y_pred: Any, y_true: Any) -> Any:
        raise error

    assert message(check_value, rmse, mean_square, [CASE]) == (
        f"rmse(y_pred=[3.0, 5.0], y_true=[1.0, 6.0]) raised {type(error).__name__}: {error}"
    )


def test_a_function_gets_copies_of_the_inputs() -> None:
    def spoil(y_pred: Any, y_true: Any) -> float:
        y_pred -= y_true
        return float(np.mean(y_pred**2))

    case = {name: value.copy() for name, value in CASE.items()}
    check_value(spoil, mean_square, [case, case])
    np.testing.assert_array_equal(case["y_pred"], CASE["y_pred"])


def test_nothing_reaches_stderr_whatever_a_function_warns_of() -> None:
    script = """
        import warnings
        import numpy as np
        from autograder import checks

        def noisy(y_pred, y_true):
            warnings.warn("look out")
            np.array([1e200]) ** 2 / np.zeros(1)
            return np.mean((y_pred - y_true) ** 2)

        checks.check_value(noisy, lambda p, t: np.mean((p - t) ** 2), checks.residual_cases(1))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


# --- gradients --------------------------------------------------------------------------------------------


def test_a_right_gradient_passes() -> None:
    check_gradient(lambda p, t: 2 * (p - t) / len(p), mean_square_grad, mean_square, residual_cases(2))


def test_a_wrong_gradient_is_shown_with_the_measured_slope() -> None:
    def slope(y_pred: Any, y_true: Any) -> Any:
        return np.array([2.0, 1.0])

    text = message(check_gradient, slope, mean_square_grad, mean_square, [CASE])
    assert "gave [2.0, 1.0], but [2.0, -1.0] was expected." in text
    assert "the loss changes by -1.0 per unit of y_pred[1]; you have 1.0 there." in text


def test_a_gradient_with_the_wrong_sign_is_named() -> None:
    def weighted_mse_grad(y_pred: Any, y_true: Any, weights: Any) -> Any:
        return 2 * weights * (y_true - y_pred) / np.sum(weights)

    def right(y_pred: Any, y_true: Any, weights: Any) -> Any:
        return 2 * weights * (y_pred - y_true) / np.sum(weights)

    text = message(
        check_gradient, weighted_mse_grad, right, weighted, [WEIGHTED_CASE], mistakes="u2-weighted-mse-grad"
    )
    assert "This looks like 'sign'" in text


def test_a_wrong_reference_is_the_tests_fault_and_is_said_to_be() -> None:
    with pytest.raises(ValueError, match="the reference gradient disagrees with central differences"):
        check_gradient(mean_square_grad, lambda p, t: p - t, mean_square, residual_cases(2))


# --- refusals ---------------------------------------------------------------------------------------------

COLUMN = {**CASE, "y_pred": CASE["y_pred"][:, None]}


def test_refusing_bad_shapes_and_accepting_good_ones_passes() -> None:
    check_raises(mean_square, [COLUMN], because="the shapes differ", accepts=[CASE])


def test_a_broadcast_is_named() -> None:
    def weighted_mse(y_pred: Any, y_true: Any, weights: Any) -> Any:
        return np.sum(weights * (y_pred - y_true) ** 2) / np.sum(weights)

    column = {**WEIGHTED_CASE, "y_pred": WEIGHTED_CASE["y_pred"][:, None]}
    text = message(
        check_raises,
        weighted_mse,
        [column],
        because="the shapes differ",
        accepts=[WEIGHTED_CASE],
        mistakes="u2-weighted-mse",
    )
    assert (
        "gave 17.5, but it should raise ValueError, because the shapes differ. This looks like 'shape broad"
        in text
    )


def test_the_wrong_kind_of_refusal_is_shown() -> None:
    def refuse(y_pred: Any, y_true: Any) -> Any:
        if y_pred.shape != y_true.shape:
            raise KeyError("shape")

    text = message(check_raises, refuse, [COLUMN], because="the shapes differ", accepts=[CASE])
    assert "raised KeyError: 'shape', but ValueError was expected, because the shapes differ." in text


def test_a_function_that_refuses_everything_does_not_pass() -> None:
    def refuse(y_pred: Any, y_true: Any) -> Any:
        raise ValueError("no")

    assert "refuse(y_pred=[3.0, 5.0], y_true=[1.0, 6.0]) raised ValueError: no" in message(
        check_raises, refuse, [COLUMN], because="the shapes differ", accepts=[CASE]
    )


# --- fits -------------------------------------------------------------------------------------------------


def line_loss(line: Any, x: Any, y: Any, *rest: Any) -> Any:
    return solutions.mse(line[0] * x + line[1], y)


def best_line(x: Any, y: Any, *rest: Any) -> Any:
    return np.polyfit(x, y, 1)


def test_a_fit_is_judged_by_its_loss() -> None:
    cases = line_cases(5)

    def close(x: Any, y: Any, *rest: Any) -> tuple[float, float]:
        slope, intercept = np.polyfit(x, y, 1)
        return slope + 1e-5, intercept

    check_minimum(close, line_loss, best_line, cases)
    text = message(check_minimum, lambda x, y, *rest: (0.0, float(np.mean(y))), line_loss, best_line, cases)
    assert re.search(r"whose loss is \d[\d.]*; the least possible loss is \d", text)


@pytest.mark.parametrize(
    ("result", "said"), [((np.nan, 1.0), "whose loss is nan"), (None, "gave None"), (3.0, "shape")]
)
def test_a_fit_that_is_no_line_fails(result: Any, said: str) -> None:
    assert said in message(check_minimum, lambda *inputs: result, line_loss, best_line, line_cases(5))


# --- inputs -----------------------------------------------------------------------------------------------


def test_a_seed_gives_the_same_inputs_again_and_another_gives_others() -> None:
    first, again, other = (residual_cases(seed, weighted=True) for seed in (1, 1, 2))
    assert str(first) == str(again) != str(other)
    assert str(line_cases(1)) == str(line_cases(1)) != str(line_cases(2))


def test_no_residual_is_zero_and_every_number_is_short_enough_to_copy() -> None:
    for scale in (1.0, 1e200, 1e-200):
        for case in residual_cases(4, scale=scale):
            assert np.all(case["y_pred"] != case["y_true"])
            assert all(len(repr(float(value))) <= 10 for value in case["y_pred"])


# --- the mistakes themselves ------------------------------------------------------------------------------


def test_a_mistake_is_known_by_its_problem() -> None:
    assert {mistake.title for mistake in mistakes_of("u2-rmse")} >= {"forgot the root", "0 divided by 0"}
    with pytest.raises(AutograderError, match="has a problem 'u2-rsme'"):
        mistakes_of("u2-rsme")


def test_a_mistake_of_another_function_of_the_problem_is_not_named() -> None:
    def pull(n: Any, shift: Any) -> Any:
        return shift

    text = message(
        check_value, pull, lambda n, shift: shift / n, [{"n": 5, "shift": 3.0}], mistakes="u2-fit-line"
    )
    assert "This looks like 'forgot the mean': one target of n moved" in text


def test_nan_that_several_mistakes_give_is_nobodys() -> None:
    def rmse(y_pred: Any, y_true: Any) -> Any:
        return np.nan

    listed = [mistake(f"mistake-{number}", "def rmse(y_pred, y_true): return np.nan") for number in range(2)]
    assert "looks like" not in message(check_value, rmse, mean_square, [CASE], mistakes=listed)
    assert "looks like" in message(check_value, rmse, mean_square, [CASE], mistakes=listed[:1])


def test_a_mistake_that_fails_on_an_input_is_not_the_one_made() -> None:
    def rmse(y_pred: Any, y_true: Any) -> Any:
        return 7.0

    listed = [mistake("fails", "def rmse(y_pred, y_true): return 1 / 0")]
    assert message(check_value, rmse, mean_square, [CASE], mistakes=listed).endswith("but 2.5 was expected.")


def mistake(name: str, code: str) -> Mistake:
    return Mistake(name, name, "do it otherwise.", "cell", (), code)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("u9-new: [{name: one}]", "is a required property"),
        (
            "u9-new: [{name: a b, title: t, message: m., cell: c, passes: [], code: x = 1}]",
            "u9-new.0.name: 'a b'",
        ),
        ("u9-new: [{name: a, title: t, message: no end, cell: c, passes: [], code: x}]", "u9-new.0.message"),
        ("- one", "top level"),
    ],
)
def test_a_file_of_mistakes_that_breaks_the_format_is_refused_with_the_place(
    broken: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / "mistakes.yml").write_text(broken, encoding="utf-8")
    with pytest.raises(AutograderError) as refused:
        load_mistakes(tmp_path / "mistakes.yml")
    assert said in str(refused.value)
