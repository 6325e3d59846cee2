"""A small project with live cells, built with the real extension, and how a reader uses its page."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

from book_ext import pyodide
from playwright.sync_api import Locator, Page

SOURCES = Path(__file__).parent / "book"
PATIENCE = 60_000
"""Milliseconds that Python may take to start on a busy machine."""


def html_of(sources: Path) -> Path:
    """Where the small project is built: beside the sources, which Sphinx searches for pages."""
    return sources.parent / "site" / "html"


def build(sources: Path) -> subprocess.CompletedProcess[str]:
    """Build the small project, warnings being errors."""
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "-b", "html", str(sources), str(html_of(sources))]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def built(sources: Path) -> Path:
    """Build the small project and return its HTML folder."""
    done = build(sources)
    assert done.returncode == 0, done.stderr
    return html_of(sources)


def package_named(name: str, code: str, folder: Path) -> pyodide.Lock:
    """Make a wheel with one module, and a lock that names it."""
    folder.mkdir()
    wheel = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}.py", code)
        archive.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        archive.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{name}-1.dist-info/RECORD", "")
    entry = {
        "name": name,
        "version": "1",
        "file_name": wheel.name,
        "install_dir": "site",
        "sha256": sha256(wheel.read_bytes()).hexdigest(),
        "package_type": "package",
        "imports": [name],
        "depends": [],
    }
    return {**pyodide.lock_for(()), "packages": {name: entry}}


def cell(page: Page, number: int) -> Locator:
    """A cell of the page, counted as its messages count."""
    return page.locator("div.cell").nth(number - 1)


def press(page: Page, number: int, name: str) -> None:
    """Press a button of a live cell."""
    cell(page, number).get_by_role("button", name=name).click()


def write(page: Page, number: int, code: str) -> None:
    """Put other code into a live cell."""
    press(page, number, "Edit")
    page.get_by_label(f"Code of cell {number}").fill(code)


def run(page: Page, number: int, code: str | None = None) -> Locator:
    """Run a live cell, perhaps with other code, and return its output."""
    if code is not None:
        write(page, number, code)
    press(page, number, "Run")
    return cell(page, number).get_by_role("log")


def status(page: Page, number: int) -> Locator:
    """What a live cell says about itself."""
    return cell(page, number).get_by_role("status")
