"""What the engine reads from a source notebook: tests, names that cross, and what tests rely on."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.engine.source import load_source, source_notebook
from autograder.errors import AutograderError
from autograder.notebooks import new_cell, new_notebook, notebook_text
from tests.autograder.engine.conftest import POINTS, write_source


def test_each_cell_has_a_kind() -> None:
    cells = write_source(
        ("text", "", "# Title"),
        ("locked", "setup", "import math"),
        ("plain", "", "scratch = 1"),
        ("solution", "double", "def double(x): return 2 * x"),
        ("test", "double-test", "assert double(2) == 4"),
        ("manual", "sketch", "my_sketch = 1"),
    ).cells
    assert [(cell.kind, cell.grade_id) for cell in cells] == [
        ("text", None),
        ("locked", "setup"),
        ("plain", None),
        ("solution", "double"),
        ("test", "double-test"),
        ("manual", "sketch"),
    ]


def test_only_test_cells_give_points_automatically() -> None:
    source = write_source(
        ("manual", "sketch", "my_sketch = 1"),
        ("test", "one", "True"),
        ("solution", "code", "x = 1"),
        ("test", "two", "True"),
    )
    assert source.max_points == {"one": POINTS, "two": POINTS}


# --- which names the student's code may give to the tests


def test_names_that_the_reference_defines_are_exported_and_its_imports_are_not() -> None:
    source = write_source(
        ("locked", "setup", "import numpy as np\nrng = np.random.default_rng(0)"),
        (
            "solution",
            "code",
            "import math\n"
            "from statistics import mean as average\n"
            "def mse(y_pred, y_true):\n    error = y_pred - y_true\n    return average(error)\n"
            "class Loss:\n    delta = 1\n"
            "a, (b, *c) = 1, (2, 3)\n"
            "for step in range(3):\n    total = step\n"
            "if (found := True):\n    pass\n"
            "__version__ = 1",
        ),
        ("manual", "sketch", "my_sketch = 1"),
        ("plain", "", "scratch = 1"),
        ("test", "test", "expected = 1"),
    )
    assert set(source.exports) == {
        "mse", "Loss", "a", "b", "c", "step", "total", "found", "my_sketch",
    }  # fmt: skip


def test_a_statement_can_declare_further_names() -> None:
    statement = new_cell("markdown", "Write `f`.", "statement", {"problem": {"defines": ["f", "g"]}})
    stub = {"grade_id": "code", "solution": True}
    code = new_cell("code", "raise NotImplementedError", "code", {"nbgrader": stub})
    assert source_notebook("exam", new_notebook([statement, code], {})).exports == ("f", "g")


# --- what runs before the tests


def test_locked_cells_run_before_the_tests_that_need_them() -> None:
    source = write_source(
        ("locked", "imports", "import numpy as np"),
        ("locked", "data", "data = np.arange(3)"),
        ("locked", "unused", "other = open('large.csv')"),
        ("solution", "code", "def f(x): return x"),
        ("test", "test", "assert f(data) is not None"),
    )
    assert source.preparation == (("cell-0", "import numpy as np\n"), ("cell-1", "data = np.arange(3)\n"))


def test_imports_of_the_reference_solution_are_there_for_the_tests_too() -> None:
    source = write_source(
        ("solution", "code", "import math\nfrom statistics import mean\ndef f(x): return math.exp(x)"),
        ("test", "test", "assert f(0) == math.exp(0)"),
    )
    assert source.preparation == (("cell-0", "import math\nfrom statistics import mean"),)


def test_ordinary_cells_run_before_the_tests_too_and_solutions_do_not() -> None:
    source = write_source(
        ("plain", "", "expected = 42"),
        ("plain", "", "for the student: try things out"),
        ("solution", "code", "secret = 42\ndef f(x): return secret"),
        ("test", "test", "assert f(0) == expected == secret"),
    )
    assert source.preparation == (("cell-0", "expected = 42\n"),)


def test_the_modules_that_every_notebook_imports_can_be_loaded_once() -> None:
    source = write_source(
        ("locked", "setup", "%matplotlib inline\nimport numpy as np\nfrom matplotlib import pyplot"),
        ("plain", "", "def later():\n    import numpy as np, os.path"),
        ("plain", "", "for the student: try things out"),
        ("solution", "code", "import math\ndef f(x): return math.exp(x)"),
        ("test", "test", "import solutions\nassert f(0) == 1"),
    )
    assert source.modules == ("numpy", "matplotlib", "matplotlib.pyplot", "os.path")


# --- one version and another


def test_the_digest_tells_versions_apart() -> None:
    cells = [("solution", "code", "x = 1"), ("test", "test", "assert x == 1")]
    same = write_source(*cells).digest
    assert write_source(*cells, name="another").digest == same
    assert write_source(cells[0], ("test", "test", "assert x == 2")).digest != same
    assert write_source(cells[0], ("locked", "test", "assert x == 1")).digest != same
    assert write_source(cells[1], cells[0]).digest != same


# --- Python that is none


def test_magics_are_read_as_jupyter_reads_them() -> None:
    source = write_source(
        ("locked", "setup", "%matplotlib inline\nimport math"),
        ("solution", "code", "!echo hello\nfiles = !ls\ndef f(x): return x"),
        ("test", "test", "%config InlineBackend.figure_format = 'svg'\nassert f(math.pi)"),
    )
    assert set(source.exports) == {"files", "f"}
    assert "import math" in source.preparation[0][1]


@pytest.mark.parametrize(
    "text",
    ["%%time\nassert f(1) == 2", "%time assert f(1) == 2", "x = %timeit -o f(1)\nassert x", "!echo", "f?"],
)
def test_a_test_that_would_be_dropped_because_only_ipython_can_run_it_is_refused(text: str) -> None:
    with pytest.raises(AutograderError, match=r"exam\.ipynb, test: .*a test can't use a magic such as"):
        write_source(("solution", "code", "def f(x): return x"), ("test", "test", text))


@pytest.mark.parametrize("kind", ["test", "locked", "solution", "manual"])
def test_a_source_cell_that_is_no_python_is_named(kind: str) -> None:
    with pytest.raises(AutograderError, match=r"exam\.ipynb, mine: line 2 is not Python: expected ':'"):
        write_source((kind, "mine", "x = 1\ndef f(x)\n    return x"))


def test_a_file_that_is_no_notebook_is_named(tmp_path: Path) -> None:
    path = tmp_path / "exam.ipynb"
    path.write_text("{}")
    with pytest.raises(AutograderError, match=r"exam\.ipynb: can't be read as a notebook"):
        load_source(path)
    with pytest.raises(AutograderError, match=r"nowhere\.ipynb: can't be read as a notebook"):
        load_source(tmp_path / "nowhere.ipynb")


def test_a_file_is_read_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "exam.ipynb"
    path.write_text(notebook_text(new_notebook([new_cell("code", "x = 1", "one", {})], {})))
    source = load_source(path)
    assert (source.name, source.cells[0].source) == ("exam", "x = 1")
