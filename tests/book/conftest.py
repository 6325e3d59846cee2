"""A tiny book, built once with the real settings, and a page to look at it."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
Build = Callable[..., subprocess.CompletedProcess[str]]
TINY_BOOK = Path(__file__).parent / "tiny_book"


def run_build(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run jupyter-book as `make book` does: warnings are errors."""
    program = str(Path(sys.executable).parent / "jupyter-book")
    command = [program, "build", str(folder), "-W", "-n", "--keep-going", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def copy_tiny_book(folder: Path) -> Path:
    """Put the tiny book and the real settings into a folder."""
    shutil.copytree(TINY_BOOK, folder, dirs_exist_ok=True)
    shutil.copy(ROOT / "_config.yml", folder)
    (folder / "book" / "_static").mkdir()
    for image in (ROOT / "book" / "_static").glob("*.svg"):
        shutil.copy(image, folder / "book" / "_static")
    return folder


@pytest.fixture
def build_book() -> Build:
    """The function that builds the book in a folder."""
    return run_build


@pytest.fixture
def tiny_book(tmp_path: Path) -> Path:
    """Sources of the tiny book, to change and build."""
    return copy_tiny_book(tmp_path / "tiny")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The HTML folder of the tiny book."""
    folder = copy_tiny_book(tmp_path_factory.mktemp("book"))
    done = run_build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "_build" / "html"


@pytest.fixture(scope="session")
def chapter(site: Path) -> BeautifulSoup:
    """The chapter's page, parsed."""
    return BeautifulSoup((site / "book" / "chapter.html").read_text(encoding="utf-8"), "html.parser")


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files and logs nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture(scope="session")
def served_site(site: Path) -> Iterator[str]:
    """Address at which the tiny book is served."""
    handler = functools.partial(QuietHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(params=["http", "file"])
def address(request: pytest.FixtureRequest, site: Path, served_site: str) -> str:
    """Address of the chapter, once from a server and once as a file that was opened."""
    base = served_site if request.param == "http" else site.as_uri()
    return f"{base}/book/chapter.html"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page that allows neither errors in the console nor requests to other hosts."""
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.on(
        "console",
        lambda message: problems.append(message.text) if message.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.append(request.url) if is_foreign(request.url) else None)
    yield page
    context.close()
    assert problems == []


def is_foreign(url: str) -> bool:
    """Whether a request leaves the site."""
    return not url.startswith(("file:", "data:", "blob:", "http://127.0.0.1:"))
