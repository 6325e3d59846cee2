"""Which builds execute which chapters: seen from a file to which every chapter's first cell adds its name.

The books have no theme and no settings but those of execution, and are built in this process, so that a build
takes a second or two.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from book_ext import execution, incremental
from sphinx.cmd.build import main as sphinx_build

OPTIONS = ("-W", "-n", "--keep-going")

SETTINGS = """
import sys
extensions = ["myst_nb", "book_ext.execution", "book_ext.incremental"]
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 30
nb_output_stderr = "error"
master_doc = "index"
exclude_patterns = ["_build"]
html_theme = "basic"
html_copy_source = False
"""

CHAPTER = """\
---
file_format: mystnb
kernelspec: {{name: python3}}
---

# {name}

Some words.

```{{code-cell}}
with open("executions.txt", "a") as file:
    file.write("{name} ")
```

```{{code-cell}}
:tags: [check]

{code}
```
"""


class Book:
    """A throw-away book, whose chapters may import `helpers` and `more`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("conf.py", SETTINGS)
        self.write("index.md", "# Index\n\n```{toctree}\n:glob:\n*\n```\n")
        self.write("executions.txt", "")
        self.write("helpers.py", "import importlib\n\nmore = importlib.import_module('mo' + 're')\n")
        self.write("more.py", "ANSWER = 41\n")

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Edit a file."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def chapter(self, name: str, code: str = "1 + 1") -> None:
        """Write a chapter with a second cell."""
        self.write(f"{name}.md", CHAPTER.format(name=name, code=code))

    def build(self, output: str = "_build/html", doctrees: str = "_build/.doctrees") -> tuple[int, str]:
        """Build with warnings as errors, going on after one; return the exit code and the complaints."""
        complaints = io.StringIO()
        with chdir(self.folder), redirect_stdout(io.StringIO()), redirect_stderr(complaints):
            code = sphinx_build([*OPTIONS, "-d", doctrees, ".", output])
        return code, complaints.getvalue()

    def fails(self) -> str:
        """Build, which must fail, and return what was complained of."""
        code, complaints = self.build()
        assert code != 0
        return complaints

    def start_build(self, output: str, doctrees: str) -> subprocess.Popen[str]:
        """Build in a process of its own."""
        command = [sys.executable, "-m", "sphinx", *OPTIONS, "-d", doctrees, ".", output]
        return subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL, text=True)

    def executed(self) -> list[str]:
        """The chapters that were executed since the last call, in alphabetical order."""
        path = self.folder / "executions.txt"
        names = sorted(path.read_text().split())
        path.write_text("")
        return names

    def builds(self, output: str = "_build/html") -> list[str]:
        """Build, which must succeed, and return the chapters that were executed."""
        code, complaints = self.build(output)
        assert code == 0, complaints
        return self.executed()

    def remove(self, *folders: str) -> None:
        """Remove folders of the build."""
        for name in folders:
            shutil.rmtree(self.folder / "_build" / name)

    def page(self, name: str) -> str:
        """The HTML of a page."""
        return (self.folder / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Two chapters, of which `b` uses a local module, and that another one."""
    book = Book(tmp_path)
    book.chapter("a")
    book.chapter("b", "from helpers import more\nmore.ANSWER + 1")
    return book


def test_the_first_build_executes_each_chapter_once_and_the_next_none(book: Book) -> None:
    assert book.builds() == ["a", "b"]
    assert ">42<" in book.page("b").replace("\n", "")
    assert book.builds() == []


def test_a_page_is_written_again_only_after_a_change(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    page = book.folder / "_build" / "html" / "a.html"
    book.builds()
    written = page.stat().st_mtime_ns
    book.builds()
    assert page.stat().st_mtime_ns == written
    monkeypatch.setattr(incremental, "made_with", lambda: "other directives, other packages")
    assert book.builds() == []
    assert page.stat().st_mtime_ns > written


def test_an_edit_of_the_text_executes_nothing_and_keeps_the_outputs(book: Book) -> None:
    book.builds()
    book.replace("b.md", "Some words.", "Better words.")
    assert book.builds() == []
    assert "Better words." in book.page("b")
    assert ">42<" in book.page("b").replace("\n", "")


def test_an_edit_of_the_code_executes_that_chapter(book: Book) -> None:
    book.builds()
    book.replace("a.md", "1 + 1", "1 + 6")
    assert book.builds() == ["a"]
    assert ">7<" in book.page("a").replace("\n", "")


def test_a_tag_that_changes_how_a_cell_runs_counts_as_code(book: Book) -> None:
    book.chapter("a", "1 / 0")
    book.replace("a.md", "[check]", "[check, raises-exception]")
    book.builds()
    book.replace("a.md", "[check, raises-exception]", "[check]")
    assert "ZeroDivisionError" in book.fails()


def test_an_edit_of_a_local_module_executes_the_chapters_that_loaded_it(book: Book) -> None:
    book.builds()
    book.write("helpers.py", (book.folder / "helpers.py").read_text() + "# one line more\n")
    assert book.builds() == ["b"]
    book.replace("more.py", "41", "1")
    assert book.builds() == ["b"]
    assert ">2<" in book.page("b").replace("\n", "")


def test_a_module_that_was_touched_and_not_changed_executes_nothing(book: Book) -> None:
    book.builds()
    (book.folder / "more.py").touch()
    assert book.builds() == []


def test_a_module_that_is_gone_is_missed(book: Book) -> None:
    book.builds()
    (book.folder / "more.py").unlink()
    assert "No module named 'more'" in book.fails()


def test_a_module_that_was_edited_after_a_chapter_loaded_it_counts_as_changed(book: Book) -> None:
    edit = "if more.ANSWER == 41:\n    open('more.py', 'w').write('ANSWER = 1\\n')\nmore.ANSWER"
    book.chapter("b", f"from helpers import more\n{edit}")
    assert book.builds() == ["a", "b", "b"]
    assert ">1<" in book.page("b").replace("\n", "")
    assert book.builds() == []


def test_another_version_executes_everything_again(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    book.builds()
    monkeypatch.setitem(execution.EXECUTED_WITH, "numpy", "another")
    book.remove(".doctrees")
    assert book.builds() == ["a", "b"]


def test_outputs_survive_when_the_pages_are_removed(book: Book) -> None:
    book.builds()
    book.remove("html", ".doctrees")
    assert book.builds() == []
    assert ">42<" in book.page("b").replace("\n", "")


def test_formats_side_by_side_share_what_was_executed(book: Book) -> None:
    book.builds()
    assert book.build("_build/singlehtml", "_build/.doctrees-single") == (0, "")
    assert book.executed() == []


def test_another_output_folder_has_its_own_records(
    book: Book, tmp_path_factory: pytest.TempPathFactory
) -> None:
    book.builds()
    other = tmp_path_factory.mktemp("elsewhere") / "html"
    assert book.build(str(other), str(other.parent / ".doctrees")) == (0, "")
    assert book.executed() == ["a", "b"]
    assert (other.parent / ".executed" / "a.json").exists()


def test_pages_and_notebooks_are_those_of_a_build_without_the_extension(book: Book) -> None:
    book.chapter("c", "import numpy as np\nprint('printed')\nnp.arange(3)")
    book.write("conf.py", SETTINGS.replace('"book_ext.execution", "book_ext.incremental"', ""))
    assert book.builds() == ["a", "b", "c"]
    stock = outputs(book)
    book.write("conf.py", SETTINGS)
    for executions in (["a", "b", "c"], []):
        book.remove("html", ".doctrees", "jupyter_execute")
        assert book.builds() == executions
        assert outputs(book) == stock


def outputs(book: Book) -> list[object]:
    """The chapters' pages, and their notebooks without the random ids of cells."""
    notebooks = [
        json.loads((book.folder / "_build" / "jupyter_execute" / f"{name}.ipynb").read_text())
        for name in "abc"
    ]
    for notebook in notebooks:
        for cell in notebook["cells"]:
            cell.pop("id")
    return [*notebooks, *(book.page(name) for name in "abc")]


def test_a_failing_cell_fails_every_build_and_keeps_what_the_others_gave(book: Book) -> None:
    book.chapter("a", "1 / 0")
    for executions in (["a", "b"], ["a"]):
        assert "ZeroDivisionError: division by zero" in book.fails()
        assert book.executed() == executions


def test_the_error_names_file_line_and_cell_and_shows_the_traceback(book: Book) -> None:
    book.chapter("a", "def halve(x):\n    return x / 0\n\nhalve(3)")
    line = (book.folder / "a.md").read_text().splitlines().index("halve(3)") + 1
    complaints = book.fails()
    assert f"{book.folder / 'a.md'}:{line}: code cell 2 of 2 failed" in complaints
    assert "----> 4 halve(3)" in complaints
    assert "[38;5" not in complaints


def test_all_failing_chapters_are_named_at_once(book: Book) -> None:
    book.chapter("a", "1 / 0")
    book.chapter("b", "import os\nos._exit(1)")
    complaints = book.fails()
    assert "a.md:18: code cell 2 of 2 failed" in complaints
    assert "ZeroDivisionError" in complaints
    assert "b.md:18: code cell 2 of 2 failed" in complaints
    assert "Kernel died" in complaints


def test_a_cell_that_takes_too_long_is_named(book: Book) -> None:
    book.write("conf.py", SETTINGS.replace("30", "1"))
    book.chapter("a", "import threading\nthreading.Event().wait()")
    complaints = book.fails()
    assert "a.md:18: code cell 2 of 2 failed" in complaints
    assert "1 seconds" in complaints


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("import warnings\nwarnings.warn('beware')", "stderr was found in the cell outputs"),
        ("1 + 1\n```\n\n[nowhere](missing.md)\n\n```python", "missing.md"),
    ],
    ids=["text on stderr", "a broken link"],
)
def test_a_warning_fails_every_build_until_it_is_repaired(book: Book, code: str, complaint: str) -> None:
    book.chapter("a", code)
    for executions in (["a", "b"], []):
        assert complaint in book.fails()
        assert book.executed() == executions
    book.chapter("a", "2 + 2")
    assert book.builds() == ["a"]
    assert book.builds() == []


def test_a_build_that_was_interrupted_is_not_built_upon(book: Book) -> None:
    stop = "import os\ndef setup(app):\n    app.connect('html-page-context', lambda *_: os._exit(9))\n"
    book.write("conf.py", SETTINGS + stop)
    book.replace("a.md", "Some words.", "[nowhere](missing.md)")
    assert book.start_build("_build/html", "_build/.doctrees").wait() == 9
    book.write("conf.py", SETTINGS)
    assert "missing.md" in book.fails()


def test_chapters_run_side_by_side(book: Book) -> None:
    meet = (
        "from pathlib import Path\nfrom threading import Event\n"
        "Path('{me}.here').touch()\n"
        "while not Path('{other}.here').exists():\n    Event().wait(0.05)"
    )
    book.chapter("a", meet.format(me="a", other="b"))
    book.chapter("b", meet.format(me="b", other="a"))
    assert book.builds() == ["a", "b"]


def test_builds_at_the_same_time_all_succeed(book: Book) -> None:
    targets = [("html", "a"), ("html", "a"), ("singlehtml", "b")]
    builds = [book.start_build(f"_build/{output}", f"_build/.{doctrees}") for output, doctrees in targets]
    assert [build.wait() for build in builds] == [0, 0, 0]
    for path in (book.folder / "_build" / ".executed").iterdir():
        assert json.loads(path.read_text())["cells"]


def test_a_damaged_record_is_made_anew(book: Book) -> None:
    book.builds()
    (book.folder / "_build" / ".executed" / "a.json").write_text('{"key": "ab')
    book.replace("a.md", "Some words.", "Better words.")
    assert book.builds() == ["a"]


def test_the_books_settings_make_text_on_stderr_an_error(
    tiny_book: Path, build_book: Callable[[Path], subprocess.CompletedProcess[str]]
) -> None:
    chapter = tiny_book / "book" / "chapter.md"
    text = chapter.read_text(encoding="utf-8")
    chapter.write_text(text.replace("\ncurves(", "\nnp.float64(1) / 0\ncurves(", 1), encoding="utf-8")
    done = build_book(tiny_book)
    assert done.returncode != 0
    assert "stderr was found in the cell outputs" in done.stderr
