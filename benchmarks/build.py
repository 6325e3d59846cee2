"""Time to build the book, with its own way to execute chapters and with the stock ones of Jupyter Book.

The book holds copies of one chapter. After a first build, one thing changes at a time; every way builds the
same book after the same change, one after the other. What counts is the ratio within a row. "stale" marks a
build that succeeds and shows what code printed that is no longer there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import yaml
from book_ext import EXTENSIONS

ROOT = Path(__file__).resolve().parents[1]
CHAPTER = ROOT / "book" / "regression" / "squared-error.md"
COPIES = 6
WAYS = {"ours": ("force", True), "stock force": ("force", False), "stock cache": ("cache", False)}
"""For each way: the setting of Jupyter Book, and whether the book's own extensions execute."""
OWN = ("book_ext.execution", "book_ext.incremental")
AT_THE_END = ("book_ext.browser_edition", "book_ext.lighten")
"""Extensions that work on the whole site after a build: left out, since they take the same time every way."""

SHOWN = """

```{code-cell} ipython3
import solutions

print("shown by", "this chapter", solutions.SHOWN)
```
"""


class Book:
    """Copies of a chapter, the real settings, and a copy of `solutions` that they import."""

    def __init__(self, folder: Path, mode: str, own: bool) -> None:
        self.folder = folder
        shutil.copytree(
            ROOT / "solutions", folder / "solutions", ignore=shutil.ignore_patterns("__pycache__")
        )
        self.append("solutions/__init__.py", '\nSHOWN = "version 1"\n')
        shutil.copytree(ROOT / "book" / "_static", folder / "book" / "_static")
        shutil.copy(ROOT / "book" / "references.bib", folder / "book")
        config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
        config["execute"]["execute_notebooks"] = mode
        loaded = config["sphinx"]["extra_extensions"]
        left_out = AT_THE_END if own else AT_THE_END + OWN
        loaded[loaded.index("book_ext") :] = [name for name in EXTENSIONS if name not in left_out]
        self._write_yaml("_config.yml", config)
        files = [{"file": f"book/copy{number}"} for number in range(1, COPIES + 1)]
        toc = {"format": "jb-book", "root": "book/index", "defaults": {"numbered": 1}, "chapters": files}
        self._write_yaml("_toc.yml", toc)
        self.append("book/index.md", "# Copies\n")
        for number in range(1, COPIES + 1):
            self._copy(number)

    def _write_yaml(self, name: str, content: object) -> None:
        (self.folder / name).write_text(yaml.safe_dump(content), encoding="utf-8")

    def _copy(self, number: int) -> None:
        """Copy the chapter, with labels of its own."""
        for suffix in (".md", ".quiz.yml"):
            text = CHAPTER.with_suffix(suffix).read_text(encoding="utf-8")
            text = re.sub(r"\b(se|eq|fig|ex|exercise|sol)-(?=[a-z])", rf"\g<1>{number}-", text)
            text = text.replace("regression/squared-error", f"copy{number}")
            text = text.replace("squared-error", f"copy{number}")
            text = re.sub(r"\{term\}`([^`<]+)[^`]*`", r"\1", text)  # there is no glossary
            if number > 1:
                text = text.split("\n## References\n")[0]  # each work is listed once
            (self.folder / "book" / f"copy{number}{suffix}").write_text(text, encoding="utf-8")
        self.append(f"book/copy{number}.md", SHOWN)

    def append(self, name: str, text: str) -> None:
        """Add text at the end of a file."""
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def build(self, *must_show: str) -> tuple[float, str]:
        """Build; return the seconds, and a remark if the first chapter does not show these texts."""
        program = Path(sys.executable).with_name("jupyter-book")
        start = time.perf_counter()
        done = subprocess.run(
            [program, "build", self.folder, "-W", "--keep-going"],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ
            | {"PYTHONPATH": os.pathsep.join([str(self.folder), os.environ.get("PYTHONPATH", "")])},
        )
        seconds = time.perf_counter() - start
        if done.returncode:
            sys.exit(f"the book of the benchmark does not build:\n{done.stdout}\n{done.stderr}")
        page = (self.folder / "_build" / "html" / "book" / "copy1.html").read_text(encoding="utf-8")
        return seconds, "" if all(text in page for text in must_show) else "stale"


def nothing(book: Book) -> None:
    """Change nothing."""


def text_edit(book: Book) -> None:
    """Add a sentence to one chapter."""
    book.append("book/copy1.md", "\nOne sentence more.\n")


def code_edit(book: Book) -> None:
    """Add a cell to one chapter."""
    book.append("book/copy1.md", '\n```{code-cell} ipython3\nprint("one", "cell", "more")\n```\n')


def solutions_edit(book: Book) -> None:
    """Change what all chapters import."""
    book.append("solutions/__init__.py", '\nSHOWN = "version 2"\n')


STEPS: dict[str, tuple[Callable[[Book], None], str]] = {
    "first build": (nothing, "this chapter version 1"),
    "nothing changed": (nothing, "this chapter version 1"),
    "text of one chapter": (text_edit, "One sentence more."),
    "code of one chapter": (code_edit, "one cell more"),
    "solutions": (solutions_edit, "this chapter version 2"),
}
"""What changes before a build, and what the page must show after it."""


def main() -> None:
    """Print seconds, and each as a multiple of ours."""
    print(f"\nbuilding a book of {COPIES} chapters; seconds (and multiples of ours)")
    print(f"{'what changed':22}" + "".join(f"{way:>24}" for way in WAYS))
    with tempfile.TemporaryDirectory() as folder:
        books = {way: Book(Path(folder) / str(i), *setting) for i, (way, setting) in enumerate(WAYS.items())}
        for step, (change, shown) in STEPS.items():
            cells = []
            ours = 0.0
            for book in books.values():
                change(book)
                seconds, remark = book.build(shown)
                ours = ours or seconds
                cells.append(f"{remark} {seconds:8.1f} ({seconds / ours:5.2f})")
            print(f"{step:22}" + "".join(f"{cell:>24}" for cell in cells), flush=True)
