"""Two sites with live cells, one that hosts Python and one that does not, and a reader."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from book_ext import pyodide
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.book.conftest import QuietHandler, serving
from tests.book.live.small_project import PATIENCE, SOURCES, built, package_named


@pytest.fixture(scope="session")
def own_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that hosts Python itself, with one small package."""
    sources = tmp_path_factory.mktemp("own") / "book"
    shutil.copytree(SOURCES, sources)
    wheels = sources.parent / "wheels"
    lock = package_named("parcel", "content = 'from a package'", wheels)
    assert pyodide.fill(sources / "_build" / "pyodide", lock, wheels.as_uri() + "/") == []
    return built(sources)


@pytest.fixture(scope="session")
def default_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that takes Python from Pyodide's server."""
    sources = tmp_path_factory.mktemp("default") / "book"
    shutil.copytree(SOURCES, sources)
    return built(sources)


@pytest.fixture(scope="session")
def own(own_site: Path) -> Iterator[str]:
    """Address of the site that hosts Python itself."""
    with serving(own_site, QuietHandler) as address:
        yield f"{address}/index.html"


@pytest.fixture(scope="session")
def default(default_site: Path) -> Iterator[str]:
    """Address of the site that takes Python from Pyodide's server."""
    with serving(default_site, QuietHandler) as address:
        yield f"{address}/index.html"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A reader's browser, who has been here never before."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def reader(context: BrowserContext) -> Iterator[Page]:
    """The reader's page."""
    expect.set_options(timeout=PATIENCE)
    yield context.new_page()
    expect.set_options(timeout=5_000)  # Playwright's own
