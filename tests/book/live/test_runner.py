"""What a live cell shows, tried without a browser: the runner is plain Python."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import pytest
from book_ext.live_runner import CHARACTERS, FIGURES, LINES, LONGEST_ERROR, Runner

Shown = list[tuple[str, str]]
Run = Callable[..., Shown]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run cells one after the other in one namespace; each call returns what its cell shows."""
    monkeypatch.setattr(plt, "show", plt.show)  # the runner replaces it
    monkeypatch.setenv("MPLBACKEND", "agg")
    shown: Shown = []
    namespace: dict[str, Any] = {"__name__": "__main__"}
    runner = Runner(lambda kind, text: shown.append((kind, text)), namespace)

    def run(source: str, name: str = "Cell 1") -> Shown:
        shown.clear()
        ended_well = runner.run(name, source)
        assert ended_well == ("error" not in [kind for kind, _ in shown])
        return list(shown)

    return run


def test_the_last_expression_is_shown_as_in_a_notebook(run: Run) -> None:
    assert run("x = 2\nx ** 2") == [("result", "4")]
    assert run("_ + 1") == [("result", "5")]
    assert run("x ** 2;") == []
    assert run("None") == []
    assert run("x = 3") == []
    assert run("# a comment") == []


def test_the_two_streams_keep_their_order(run: Run) -> None:
    shown = run("import sys\nprint(1)\nprint('w', file=sys.stderr)\nprint('a', end=' ')\nprint('b')\n'end'")
    joined = [
        (kind, "".join(text for _, text in group))
        for kind, group in itertools.groupby(shown, lambda one: one[0])
    ]
    assert joined == [("stdout", "1\n"), ("stderr", "w\n"), ("stdout", "a b\n"), ("result", "'end'")]


@pytest.mark.parametrize(
    ("source", "limit"),
    [("for i in range(10**5): print(i % 10)", 2 * LINES), ("print('x' * 10**6)", CHARACTERS)],
)
def test_long_output_is_cut_and_says_so(run: Run, source: str, limit: int) -> None:
    shown = run(source)
    assert sum(len(text) for kind, text in shown if kind == "stdout") == limit
    assert shown[-1] == ("cut", "[The output is long; the rest is not shown.]")
    assert run("print(1)") == [("stdout", "1\n")], "the next run has the whole limit again"


def test_an_error_shows_the_readers_lines_and_not_the_library(run: Run) -> None:
    run("import json\ndef read(text):\n    return json.loads(text)", "Cell 1")
    ((kind, text),) = run(
        "try:\n    read('{')\nexcept ValueError as error:\n    raise KeyError('k') from error", "Cell 4"
    )
    assert kind == "error"
    assert text.count("  File ") == 3
    assert 'File "Cell 1", line 3, in read\n    return json.loads(text)' in text
    assert 'File "Cell 4", line 2' in text
    assert "direct cause" in text


def test_a_syntax_error_names_cell_and_line(run: Run) -> None:
    ((kind, text),) = run("x = 1\nif x\n    pass", "Cell 7")
    assert kind == "error"
    assert 'File "Cell 7", line 2' in text
    assert "Traceback" not in text
    assert text.endswith("SyntaxError: expected ':'\n")


def test_the_middle_of_a_very_long_message_is_left_out(run: Run) -> None:
    ((_, text),) = run("assert False, 'm' * 10**6")
    assert len(text) < LONGEST_ERROR + 20
    assert text.startswith("Traceback")


def test_leaving_python_is_an_error_like_others(run: Run) -> None:
    assert run("raise SystemExit(1)")[-1][1].endswith("SystemExit: 1\n")


def test_figures_are_shown_where_show_is_called_and_the_rest_at_the_end(run: Run) -> None:
    shown = run(
        "import matplotlib.pyplot as plt\n"
        "plt.plot([1, 2])\nplt.xlabel('residual')\nplt.ylabel('loss')\nplt.show()\n"
        "print('between')\nfig, ax = plt.subplots()"
    )
    alt, content = shown[0][1].split("\n")
    assert [kind for kind, _ in shown] == ["figure", "stdout", "figure"]
    assert alt == "Figure from your code: residual, loss"
    assert base64.b64decode(content).startswith(b"\x89PNG")
    assert shown[-1][1].startswith("Figure from your code\n")
    assert plt.get_fignums() == []


def test_many_figures_are_cut_and_it_says_so(run: Run) -> None:
    shown = run(
        "import matplotlib.pyplot as plt\nfor _ in range(20):\n    plt.figure(figsize=(1, 1))\n    plt.show()"
    )
    assert [kind for kind, _ in shown] == ["figure"] * FIGURES + ["cut"]


def test_a_class_of_a_cell_can_be_used_by_later_cells(run: Run) -> None:
    run("from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: float = 1.0")
    assert run("Point()", "Cell 2") == [("result", "Point(x=1.0)")]
