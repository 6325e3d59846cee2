"""The browser edition of one assignment: a folder for any web server, made by the command."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from book_ext import jupyterlite
from playwright.sync_api import Page, expect

from autograder.course import Course
from autograder.errors import AutograderError
from autograder.handout.archive import unzipped
from autograder.handout.browser import require_place, write_edition
from autograder.notebooks import parsed_notebook
from autograder.release import release
from tests.autograder.handout.conftest import CHAPTER
from tests.autograder.handout.test_handout import FIXTURES
from tests.book.conftest import QuietHandler, serving
from tests.in_browser import is_foreign

Snapshot = Callable[[Path], dict[str, bytes]]


@pytest.fixture
def archive(released: Course, unrun: None, book: Path) -> Path:
    """The zip of a released assignment."""
    return release(released, "tiny", FIXTURES, book).archive


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make editions that hold no more than their files; a whole one takes long."""

    def make(folder: Path, contents: dict[str, bytes], settings: dict[str, object]) -> None:
        for name, content in contents.items():
            (folder / "files" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "files" / name).write_bytes(content)
            (folder / "files" / name).chmod(0o600)
        (folder / "jupyter-lite.json").write_text(json.dumps(settings), encoding="utf-8")

    monkeypatch.setattr(jupyterlite, "make", make)


def test_a_student_finds_the_notebooks_and_fetches_python_only_for_a_kernel(
    archive: Path, tmp_path: Path, reader: Page, foreign: list[str]
) -> None:
    folder = tmp_path / "lab" / "tiny"
    folder.parent.mkdir()
    write_edition(archive, "tiny", folder)
    with serving(folder.parent, QuietHandler) as address:
        reader.goto(f"{address}/tiny/")
        listed = reader.locator(".jp-DirListing-itemName")
        expect(listed.filter(has_text="tiny")).to_be_visible(timeout=60_000)
        listed.filter(has_text="tiny").dblclick()
        for name in ("README.md", "chapters", "practice.ipynb", "quiz.ipynb"):
            expect(listed.filter(has_text=name)).to_be_visible()
        reader.goto(f"{address}/tiny/notebooks/index.html?path=tiny/practice.ipynb")
        expect(reader.locator(".jp-Notebook")).to_contain_text("double", timeout=60_000)
        assert foreign == []
        select = reader.get_by_role("button", name="Select Kernel")
        expect(select).to_be_visible(timeout=60_000)
        with reader.context.expect_event("request", lambda request: is_foreign(request.url)):
            select.press("Enter")
        assert len(set(foreign)) == 1
        assert re.fullmatch(r"https://cdn\.jsdelivr\.net/pyodide/v[\d.]+/full/pyodide\.mjs", foreign[0])


@pytest.mark.usefixtures("begun")
def test_it_holds_what_the_zip_holds_but_for_what_is_installed(archive: Path, tmp_path: Path) -> None:
    write_edition(archive, "tiny", tmp_path / "lab")
    files = tmp_path / "lab" / "files" / "tiny"
    names = {path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_file()}
    assert names == set(unzipped(archive)) - {"requirements.txt"}
    assert f"chapters/{CHAPTER}.ipynb" in names
    for name in (name for name in names if name.endswith(".ipynb")):
        here = parsed_notebook((files / name).read_bytes())
        assert here.cells == parsed_notebook(unzipped(archive)[name]).cells
        assert "kernelspec" not in here.metadata
    assert (files / "practice.ipynb").stat().st_mode & 0o777 == 0o644
    assert files.stat().st_mode & 0o777 == 0o755


@pytest.mark.usefixtures("begun")
def test_an_earlier_edition_is_replaced_and_nothing_else_is(
    archive: Path, tmp_path: Path, snapshot: Snapshot
) -> None:
    lab = tmp_path / "lab"
    lab.mkdir()
    write_edition(archive, "tiny", lab)  # an empty folder is taken
    (lab / "files" / "tiny" / "old.ipynb").write_text("{}")
    write_edition(archive, "tiny", lab)
    assert not (lab / "files" / "tiny" / "old.ipynb").exists()
    before = snapshot(lab)
    with pytest.raises(AutograderError, match="holds something else than the browser edition of mine"):
        require_place(lab, "mine")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("Dear")
    with pytest.raises(AutograderError, match=r"holds something else .*; name a new folder, such as"):
        write_edition(archive, "tiny", tmp_path / "home")
    assert snapshot(lab) == before
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["letter.txt"]
    with pytest.raises(AutograderError, match="nowhere does not exist; make it first"):
        require_place(tmp_path / "nowhere" / "lab", "tiny")


def test_the_folder_that_one_is_in_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lab" / "files").mkdir(parents=True)
    for inside, place in ((tmp_path / "lab", "."), (tmp_path / "lab" / "files", "..")):
        monkeypatch.chdir(inside)
        with pytest.raises(AutograderError, match=r"you are in this folder.*name another one, such as"):
            require_place(Path(place), "tiny")


@pytest.mark.usefixtures("begun")
def test_an_edition_that_can_not_be_made_leaves_the_earlier_one(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot
) -> None:
    write_edition(archive, "tiny", tmp_path / "lab")
    before = snapshot(tmp_path / "lab")

    def failing(folder: Path, *_: object) -> None:
        folder.mkdir()
        raise jupyterlite.EditionError(f"`jupyter-lite build` failed: {'log ' * 400}no space")

    monkeypatch.setattr(jupyterlite, "make", failing)
    with pytest.raises(AutograderError, match=r"lab: the browser edition can't be made: .*no space"):
        write_edition(archive, "tiny", tmp_path / "lab")
    assert snapshot(tmp_path / "lab") == before
    assert [path.name for path in tmp_path.glob(".lab-*")] == []
