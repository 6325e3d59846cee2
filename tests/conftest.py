"""What several test modules share: the built book, a graded sample class, a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.chromium import executable
from tests.ci import pytest_runtest_makereport as pytest_runtest_makereport
from tests.in_browser import foreign as foreign
from tests.in_browser import reader as reader

ROOT = Path(__file__).parents[1]
UNIT = "u2-regression"


def autograder(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the `autograder` command as an instructor does."""
    command = [sys.executable, "-m", "autograder", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def built_book() -> Path:
    """The HTML folder that `make book` made from the current sources, or the one that BOOK_HTML names."""
    html = Path(os.environ.get("BOOK_HTML", ROOT / "_build" / "html"))
    if not (html / "index.html").exists():
        pytest.fail("the book is not built: run `make book` first (`make test` does)")
    return html


@pytest.fixture(scope="session")
def graded_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course directory in which the sample class of u2-regression went all the way to its marks."""
    course = tmp_path_factory.mktemp("graded") / "course"
    steps = [
        ("init", course),
        ("release", UNIT, "--course", course),
        ("sample-class", UNIT, "--course", course),
        ("grade", UNIT, "--course", course, "--timeout", "10"),
        ("feedback", UNIT, "--course", course),
        ("export", "--course", course, "--to", course / "marks.csv"),
    ]
    for step in steps:
        done = autograder(*step)
        # 3: graded, with submissions that need attention; the sample class has such ones on purpose.
        assert done.returncode in ((0, 3) if step[0] == "grade" else (0,)), done.stderr
    return course


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all browser tests."""
    path = executable()
    if path is None:
        pytest.fail("no Chromium: run `make browser` first (`make test` does)")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()
