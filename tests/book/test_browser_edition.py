"""The site's own JupyterLite: every notebook of the course, to run where it is read."""

from __future__ import annotations

import functools
import http.server
import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from book_ext import browser_edition, jupyterlite, pyodide
from playwright.sync_api import Page, expect

from autograder.assignment import list_assignments
from autograder.notebooks import read_notebook
from tests.book.conftest import ROOT, QuietHandler
from tests.book.test_chapters import BOOK, chapter_names
from tests.book.test_downloads import code_of, text_of
from tests.in_browser import is_foreign

LARGEST = 17_000_000
"""Bytes of the folder `lite` without its notebooks; a reader who opens one fetches about 6 million."""

LARGEST_NOTEBOOK = 200_000
"""Bytes of a notebook in it: a chapter, or one of an assignment."""

CHAPTER = chapter_names()[0]


@pytest.fixture(scope="module")
def lite(built_book: Path) -> Path:
    return built_book / "lite"


@pytest.fixture(scope="module")
def settings(lite: Path) -> Any:
    return json.loads((lite / "jupyter-lite.json").read_text(encoding="utf-8"))["jupyter-config-data"]


@pytest.fixture(scope="module")
def address(built_book: Path) -> Iterator[str]:
    """Address at which the whole site is served."""
    handler = functools.partial(QuietHandler, directory=str(built_book))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize("name", chapter_names())
def test_it_holds_every_chapters_download(lite: Path, built_book: Path, name: str) -> None:
    here = read_notebook(lite / "files" / f"{name}.ipynb")
    download = read_notebook(built_book / "book" / f"{name}.ipynb")
    assert text_of(here) == text_of(download)
    assert code_of(here) == code_of(download)


@pytest.mark.parametrize("unit", list_assignments())
def test_it_holds_the_assignments_as_students_get_them(lite: Path, unit: str) -> None:
    for name in ("practice", "quiz"):
        notebook = read_notebook(lite / "files" / "assignments" / unit / f"{name}.ipynb")
        assert any("raise NotImplementedError('not attempted yet" in code for code in code_of(notebook))
        assert all("SOLUTION" not in code and "HIDDEN" not in code for code in code_of(notebook))


def test_it_is_small_and_has_one_extension_the_kernel(lite: Path, settings: Any) -> None:
    files = [path for path in lite.rglob("*") if path.is_file()]
    notebooks = [path for path in files if path.suffix == ".ipynb"]
    assert max(path.stat().st_size for path in notebooks) < LARGEST_NOTEBOOK
    assert sum(path.stat().st_size for path in set(files) - set(notebooks)) < LARGEST
    assert [path for path in files if path.suffix == ".map"] == []
    assert [extension["name"] for extension in settings["federated_extensions"]] == [jupyterlite.KERNEL]


def test_building_it_leaves_nothing_in_the_sources() -> None:
    assert [name for name in ("_contents", "_output", ".jupyterlite.doit.db") if (ROOT / name).exists()] == []


def test_a_chapter_opens_and_asks_no_other_host(reader: Page, address: str, foreign: list[str]) -> None:
    reader.goto(f"{address}/lite/notebooks/index.html?path={CHAPTER}.ipynb")
    title = (BOOK / f"{CHAPTER}.md").read_text(encoding="utf-8").partition("\n# ")[2].partition("\n")[0]
    expect(reader.locator(".jp-RenderedMarkdown h1")).to_contain_text(title, timeout=60_000)
    expect(reader.get_by_role("dialog")).to_contain_text("Select Kernel")
    assert foreign == []


def test_python_is_fetched_when_a_kernel_is_selected_from_the_one_source(
    reader: Page, address: str, settings: Any, foreign: list[str]
) -> None:
    source = settings["litePluginSettings"]["@jupyterlite/pyodide-kernel-extension:kernel"]["pyodideUrl"]
    assert re.fullmatch(r"https://cdn\.jsdelivr\.net/pyodide/v\d+\.\d+\.\d+/full/pyodide\.mjs", source)
    reader.goto(f"{address}/lite/notebooks/index.html?path={CHAPTER}.ipynb")
    select = reader.get_by_role("button", name="Select Kernel")
    expect(select).to_be_visible(timeout=60_000)
    with reader.context.expect_event("request", lambda request: is_foreign(request.url)):
        select.press("Enter")
    assert set(foreign) == {source}


def test_the_assignments_are_listed(reader: Page, address: str) -> None:
    reader.goto(f"{address}/lite/")
    listed = reader.locator(".jp-DirListing-itemName")
    for folder in ("assignments", list_assignments()[0]):
        expect(listed.filter(has_text=folder)).to_be_visible(timeout=60_000)
        listed.filter(has_text=folder).dblclick()
    expect(listed.filter(has_text="practice.ipynb")).to_be_visible()
    expect(listed.filter(has_text="quiz.ipynb")).to_be_visible()


def test_a_page_leads_to_its_notebook_by_keyboard_and_says_what_will_be_fetched(
    reader: Page, address: str, lite: Path, foreign: list[str]
) -> None:
    reader.goto(f"{address}/book/{CHAPTER}.html")
    reader.get_by_role("button", name="Run this page").focus()
    reader.keyboard.press("Enter")
    link = reader.get_by_role("link", name="In the browser")
    expect(link).to_be_visible()
    expect(link).to_contain_text(re.compile(r"\(up to \d+ MB\)"))
    expect(link).to_have_attribute("target", "_blank")
    target = urlsplit(str(link.evaluate("a => a.href")))
    assert target.path == "/lite/notebooks/index.html"
    assert (lite / "files" / parse_qs(target.query)["path"][0]).exists()
    assert foreign == []


@pytest.mark.parametrize(
    ("packages", "source"),
    [
        (["numpy", *pyodide.KERNEL_PACKAGES], "./../_static/pyodide/"),
        (["numpy"], browser_edition.pyodide.server()),
    ],
)
def test_python_comes_from_the_site_if_its_copy_has_all_that_the_kernel_needs(
    tmp_path: Path, packages: list[str], source: str
) -> None:
    lock = tmp_path / "_build" / "pyodide" / "pyodide-lock.json"
    lock.parent.mkdir(parents=True)
    lock.write_text(json.dumps({"packages": {name: {} for name in packages}}), encoding="utf-8")
    app: Any = SimpleNamespace(srcdir=tmp_path, config=SimpleNamespace(live_source="pyodide/"))
    assert browser_edition.python_source(app) == source


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that an edition was made in; each is only begun."""
    folders: list[Path] = []

    def make(folder: Path, contents: dict[str, bytes], settings: dict[str, Any]) -> None:
        for name, content in contents.items():
            (folder / "files" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "files" / name).write_bytes(content)
        folders.append(folder)

    monkeypatch.setattr(jupyterlite, "make", make)
    monkeypatch.setattr(browser_edition, "_release", lambda unit, cache: cache)
    return folders


def test_a_changed_notebook_is_replaced_and_all_made_again_only_when_need_be(
    tmp_path: Path, made: list[Path]
) -> None:
    chapter = tmp_path / "html" / "book" / "chapter.ipynb"
    chapter.parent.mkdir(parents=True)
    notebook = '{"cells": [], "metadata": {"title": "%s"}, "nbformat": 4, "nbformat_minor": 5}'
    chapter.write_text(notebook % "first", encoding="utf-8")
    config = SimpleNamespace(browser_edition=True, live_source="https://example.org/", html_title="Losses")
    app: Any = SimpleNamespace(
        srcdir=tmp_path,
        outdir=tmp_path / "html",
        doctreedir=tmp_path / ".doctrees",
        builder=SimpleNamespace(format="html"),
        env=SimpleNamespace(found_docs={"book/chapter"}),
        config=config,
    )

    def write() -> int:
        browser_edition.write(app, None)
        return len(made)

    assert [write(), write()] == [1, 1]
    chapter.write_text(notebook % "second", encoding="utf-8")
    assert write() == 1
    assert "second" in (tmp_path / "html" / "lite" / "files" / "chapter.ipynb").read_text(encoding="utf-8")
    shutil.rmtree(tmp_path / "html" / "lite")
    assert [write(), write()] == [2, 2]
    config.html_title = "Losses, second edition"
    assert [write(), write()] == [3, 3]
    app.env.found_docs.add("book/other")
    shutil.copy(chapter, chapter.with_name("other.ipynb"))
    assert [write(), write()] == [4, 4]
    config.browser_edition = False
    chapter.write_text(notebook % "third", encoding="utf-8")
    assert write() == 4
