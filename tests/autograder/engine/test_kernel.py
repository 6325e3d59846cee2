"""A student's cells run as in Jupyter: what they show, in order, and what an error leaves behind."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from autograder.engine.limits import Limits
from tests.autograder.engine.conftest import Outputs, Show


def text_of(outputs: Outputs) -> str:
    """All that was printed, on stdout and stderr."""
    return "".join(output["text"] for output in outputs if output["output_type"] == "stream")


def values_of(outputs: Outputs) -> list[Any]:
    """What was displayed, as plain text."""
    return [output["data"]["text/plain"] for output in outputs if "data" in output]


def plain(traceback: list[str]) -> str:
    """A traceback without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(traceback))


def error_of(outputs: Outputs) -> dict[str, Any]:
    """The error that ended a cell."""
    (error,) = (output for output in outputs if output["output_type"] == "error")
    return error


# --- values and displays


def test_the_last_expression_is_shown(show: Show) -> None:
    value, nothing, quiet, table = show("1\n2 + 2", "x = 3", "x;", "import numpy as np\nnp.eye(2)")
    assert [output["output_type"] for output in value] == ["execute_result"]
    assert values_of(value) == ["4"]
    assert nothing == quiet == []
    assert values_of(table) == ["array([[1., 0.],\n       [0., 1.]])"]


def test_underscore_is_the_last_value(show: Show) -> None:
    assert values_of(show("20 + 1", "_ * 2")[1]) == ["42"]


def test_display_shows_rich_objects(show: Show) -> None:
    (outputs,) = show(
        "from IPython.display import Markdown, HTML\n"
        "display('text', 2)\ndisplay(Markdown('**bold**'))\ndisplay(HTML('<b>bold</b>'))"
    )
    assert {output["output_type"] for output in outputs} == {"display_data"}
    assert values_of(outputs[:2]) == ["'text'", "2"]
    assert outputs[2]["data"]["text/plain"] == "**bold**"  # its source, because Markdown may hold HTML
    assert "<b>bold</b>" in outputs[3]["data"]["text/html"]


def test_figures_are_shown_as_pictures(show: Show) -> None:
    by_itself, shown, none = show(
        "import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])",
        "figure, axes = plt.subplots()\nplt.show()\nprint('after')",
        "1;",
    )
    (picture,) = by_itself
    assert base64.b64decode(picture["data"]["image/png"]).startswith(b"\x89PNG")
    assert [output["output_type"] for output in shown] == ["display_data", "stream"]
    assert none == []


def test_clear_output_takes_back_what_was_shown(show: Show) -> None:
    (outputs,) = show("from IPython.display import clear_output\nprint('old')\nclear_output()\nprint('new')")
    assert text_of(outputs) == "new\n"


# --- text


def test_stdout_and_stderr_keep_their_order(show: Show) -> None:
    (outputs,) = show(
        "import sys\nprint('one')\nprint('two')\nprint('three', file=sys.stderr)\n"
        "print('four')\ndisplay(5)\nprint('six')"
    )
    assert [(output.get("name"), output.get("text")) for output in outputs] == [
        ("stdout", "one\ntwo\n"),
        ("stderr", "three\n"),
        ("stdout", "four\n"),
        (None, None),
        ("stdout", "six\n"),
    ]


def test_what_other_programs_print_is_there_too(show: Show) -> None:
    shell, child, assigned = show(
        "!echo hello",
        "import subprocess\n_ = subprocess.run(['echo', 'from a child'])",
        "lines = !echo kept\nprint(lines[0])",
    )
    assert text_of(shell).split() == ["hello"]
    assert text_of(child) == "from a child\n"
    assert text_of(assigned) == "kept\n"


def test_logging_and_warnings_are_shown(show: Show) -> None:
    logged, warned = show(
        "import logging\nlogging.warning('careful')", "import warnings\nwarnings.warn('dividing')"
    )
    assert "careful" in text_of(logged)
    assert "UserWarning: dividing" in text_of(warned)
    assert {output["name"] for output in (*logged, *warned)} == {"stderr"}


def test_output_without_an_end_is_cut_off(show: Show) -> None:
    printed, displayed, raw, after = show(
        "for _ in range(3_000):\n    print('x' * 100)",
        "for number in range(500):\n    display(number)",
        "import os\nfor _ in range(300):\n    _ = os.write(1, b'y' * 1000)",
        "print('still here')",
    )
    assert 10_000 < len(text_of(printed)) < 101_000
    assert text_of(printed).endswith("the rest of this output was cut off.\n")
    assert 10 <= len(values_of(displayed)) <= 100
    assert 10_000 < len(text_of(raw)) < 101_000
    assert text_of(after) == "still here\n"


# --- magics


def test_usual_magics_work(show: Show) -> None:
    inline, once, cell, capture = show(
        "%matplotlib inline\nimport matplotlib.pyplot as plt",
        "%timeit -n1 -r1 sum(range(10))",
        "%%time\ny = sum(range(10))\nprint(y)",
        "%%capture kept\nprint('caught')",
    )
    assert inline == []
    assert "per loop" in text_of(once)
    assert "45\n" in text_of(cell)
    assert "Wall time" in text_of(cell)
    assert capture == []


def test_an_unknown_magic_says_so(show: Show) -> None:
    line, cell = show("%nonsense", "%%nonsense\n1")
    assert "`%nonsense` not found" in text_of(line) + str(line)
    assert "`%%nonsense` not found" in text_of(cell) + str(cell)


# --- errors


def test_a_traceback_shows_the_line_and_the_error(show: Show) -> None:
    (outputs,) = show("def f(x):\n    return 1 / x\nprint('before')\nf(0)\nprint('never')")
    assert text_of(outputs) == "before\n"
    error = error_of(outputs)
    assert (error["ename"], error["evalue"]) == ("ZeroDivisionError", "division by zero")
    shown = plain(error["traceback"])
    assert "return 1 / x" in shown
    assert "f(0)" in shown
    assert "kernel.py" not in shown


def test_a_syntax_error_points_at_the_place(show: Show) -> None:
    (outputs,) = show("x = 1\nif x:\nx = 2")
    error = error_of(outputs)
    assert error["ename"] == "IndentationError"
    assert "expected an indented block" in plain(error["traceback"])


def test_an_error_does_not_stop_the_later_cells(show: Show) -> None:
    first, second = show("x = 1\nraise KeyError('a')", "x + 1")
    assert error_of(first)["ename"] == "KeyError"
    assert values_of(second) == ["2"]


def test_an_error_in_a_display_is_shown_and_nothing_more(show: Show) -> None:
    first, second = show(
        "class Bad:\n    def __repr__(self):\n        raise ValueError('no text')\nBad()", "'fine'"
    )
    assert "no text" in text_of(first) + str(first)
    assert values_of(second) == ["'fine'"]


@pytest.mark.parametrize("code", ["input()", "input('Your name? ')", "import getpass\ngetpass.getpass()"])
def test_input_says_that_nobody_answers(show: Show, code: str) -> None:
    first, second = show(code, "'fine'")
    assert error_of(first)["ename"] in ("StdinNotImplementedError", "EOFError")
    assert values_of(second) == ["'fine'"]


@pytest.mark.parametrize("code", ["exit()", "quit()", "exit", "import sys\nsys.exit(1)", "raise SystemExit"])
def test_exit_ends_nothing_but_the_cell(show: Show, code: str) -> None:
    assert values_of(show(code, "'fine'")[1]) == ["'fine'"]


def test_await_works(show: Show) -> None:
    awaited, loop = show(
        "import asyncio\nasync def twice(x):\n    await asyncio.sleep(0)\n    return 2 * x\nawait twice(4)",
        "results = await asyncio.gather(twice(1), twice(2))\nresults",
    )
    assert values_of(awaited) == ["8"]
    assert values_of(loop) == ["[2, 4]"]


# --- a notebook's surroundings


def test_a_cell_runs_in_main_and_functions_can_be_pickled(show: Show) -> None:
    (outputs,) = show("import pickle\ndef f(): ...\n__name__, pickle.loads(pickle.dumps(f)) is f")
    assert values_of(outputs) == ["('__main__', True)"]


def test_unseeded_random_numbers_are_the_same_in_every_run(show: Show) -> None:
    code = "import random, numpy as np\n(random.random(), np.random.rand(), hash('a'))"
    assert values_of(show(code)[0]) == values_of(show(code)[0])


def test_what_one_notebook_leaves_is_gone_in_the_next(show: Show) -> None:
    show("import builtins, numpy\nbuiltins.left = numpy.left = left = 1\nopen('left.txt', 'w').close()")
    code = "import os, builtins, numpy\n"
    code += (
        "[hasattr(builtins, 'left'), hasattr(numpy, 'left'), 'left' in globals(), os.path.exists('left.txt')]"
    )
    assert values_of(show(code)[0]) == ["[False, False, False, False]"]


def test_the_names_that_jupyter_gives_are_there_and_no_more(show: Show) -> None:
    (outputs,) = show("sorted(name for name in globals() if not name.startswith('_'))")
    assert values_of(outputs) == ["['In', 'Out', 'exit', 'get_ipython', 'input', 'open', 'quit']"]


def test_an_endless_cell_is_stopped_and_the_later_ones_run(show: Show) -> None:
    endless, stubborn, after = show(
        "x = 1\nwhile True:\n    pass",
        "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('told to stop')",
        "x",
        limits=Limits(cell_seconds=2, notebook_seconds=60),
    )
    assert error_of(endless)["ename"] == "TimeoutError"
    assert error_of(endless)["evalue"] == "This cell was stopped after 2 seconds."
    assert error_of(stubborn)["ename"] == "TimeoutError"
    assert values_of(after) == ["1"]
