"""A tiny book, built once with the real settings, and a page to look at it."""

from __future__ import annotations

import contextlib
import functools
import gzip
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

from tests.in_browser import is_foreign

ROOT = Path(__file__).parents[2]
Build = Callable[..., subprocess.CompletedProcess[str]]
TINY_BOOK = Path(__file__).parent / "tiny_book"


def run_build(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run jupyter-book as `make book` does: warnings are errors."""
    program = str(Path(sys.executable).parent / "jupyter-book")
    command = [program, "build", str(folder), "-W", "-n", "--keep-going", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def copy_tiny_book(folder: Path) -> Path:
    """Put the tiny book and the real settings into a folder, without JupyterLite, which takes long."""
    shutil.copytree(TINY_BOOK, folder, dirs_exist_ok=True)
    settings = (ROOT / "_config.yml").read_text(encoding="utf-8")
    (folder / "_config.yml").write_text(
        settings.replace("browser_edition: true", "browser_edition: false"), encoding="utf-8"
    )
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


class CompressingHandler(QuietHandler):
    """Serves files compressed, as servers on the web do."""

    def do_GET(self) -> None:
        """Send a file, gzipped unless its format is compressed already."""
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix not in (".png", ".woff2"):
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def serving(folder: Path, handler: type[QuietHandler]) -> Iterator[str]:
    """Address at which a folder is served for a while."""
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(folder))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="session")
def served_site(site: Path) -> Iterator[str]:
    """Address at which the tiny book is served."""
    with serving(site, QuietHandler) as address:
        yield address


@pytest.fixture(scope="session")
def served_book(built_book: Path) -> Iterator[str]:
    """Address at which the real book is served, compressed."""
    with serving(built_book, CompressingHandler) as address:
        yield address


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
