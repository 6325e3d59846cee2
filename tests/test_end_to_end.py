"""The whole path on the real tools: a reader, a student in JupyterLab, an instructor in formgrader."""

from __future__ import annotations

import csv
import functools
import http.server
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from autograder.quiz import load_quiz
from tests.conftest import ROOT, UNIT, autograder

SAMPLE_CLASS = ROOT / "autograder" / "assignments" / UNIT / "sample_class.yml"


# --- the instructor at the command line -----------------------------------------------------------


def test_the_sample_class_gets_the_marks_written_down_by_hand(graded_course: Path) -> None:
    students = yaml.safe_load(SAMPLE_CLASS.read_text(encoding="utf-8"))["students"]
    by_hand = {
        name: (float(s["marks"]["practice"]), float(s["marks"]["quiz"])) for name, s in students.items()
    }
    with (graded_course / "marks.csv").open(newline="", encoding="utf-8") as file:
        given = {row["student"]: (float(row["practice"]), float(row["quiz"])) for row in csv.DictReader(file)}
    assert given == by_hand
    assert len(by_hand) >= 8


def test_feedback_names_the_mistake(graded_course: Path) -> None:
    pages = sorted((graded_course / "feedback").glob(f"*/{UNIT}/practice.html"))
    assert pages
    assert any("forgot the mean" in page.read_text(encoding="utf-8") for page in pages)


# --- the reader -----------------------------------------------------------------------------------


@pytest.fixture
def served_book(built_book: Path) -> Iterator[str]:
    handler = functools.partial(_QuietHandler, directory=str(built_book))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Keep the test output clean."""


@pytest.mark.parametrize("how", ["http", "file"])
def test_reading_the_chapter_asks_no_other_host(
    browser: Browser, built_book: Path, served_book: str, how: str
) -> None:
    base = served_book if how == "http" else built_book.as_uri()
    page = browser.new_page()
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{base}/book/regression/squared-error.html")
    page.wait_for_load_state("networkidle")
    page.mouse.wheel(0, 100_000)
    page.wait_for_load_state("networkidle")
    expect(page.locator("mjx-container, math, .katex").first).to_be_attached()
    page.close()
    assert [url for url in requests if not url.startswith((base, "data:", "blob:"))] == []
    assert errors == []


def test_a_reader_answers_a_quick_check_and_reads_why(browser: Browser, served_book: str) -> None:
    quiz = load_quiz(ROOT / "book" / "regression" / "squared-error.quiz.yml")
    question = next(question for question in quiz if question.kind == "choice")
    page = browser.new_page()
    page.goto(f"{served_book}/book/regression/squared-error.html")
    form = page.locator(f"form#{question.id}")
    expect(form.get_by_role("status")).to_be_empty()
    for option in sorted(question.options, key=lambda option: option.holds):
        form.locator(f"input[value={option.letter}]").check()
        form.get_by_role("button", name="Check").click()
        until_the_first_formula = re.split(r"[$`*]", option.feedback)[0].strip()
        expect(form.get_by_role("status")).to_contain_text(until_the_first_formula)
    expect(page.locator(".quiz-score")).to_have_text(f"1 of {len(quiz.questions)} correct")
    page.close()


# --- the student ----------------------------------------------------------------------------------


@contextmanager
def jupyterlab(folder: Path, home: Path) -> Iterator[str]:
    """A JupyterLab with nbgrader's extensions, serving a folder, with a home folder of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    environment = {
        **os.environ,
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home),
        "JUPYTER_DATA_DIR": str(home),
    }
    _show_all_cells(home)
    log = home / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_it_answers(f"{url}/api", server, log)
        yield url
    finally:
        server.terminate()
        server.wait(timeout=30)


def _show_all_cells(config: Path) -> None:
    # By default JupyterLab keeps only the cells near the viewport in the page.
    settings = config / "lab" / "user-settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True)
    (settings / "tracker.jupyterlab-settings").write_text('{"windowingMode": "none"}', encoding="utf-8")


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5)
        except OSError:
            time.sleep(0.2)
        else:
            return
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


def validate(page: Page) -> str:
    """Press nbgrader's Validate button and read what it says."""
    page.get_by_role("button", name="Validate").click()
    dialog = page.locator(".jp-Dialog")
    dialog.wait_for(timeout=90_000)
    said = dialog.inner_text()
    dialog.locator(".jp-mod-accept").click()
    dialog.wait_for(state="detached")
    return said


def fill_in(page: Page, cell: int, source: str) -> None:
    """Replace the text of a code cell, scrolled into view, as a student who types does."""
    editor = page.locator(".jp-Notebook .jp-Cell").nth(cell)
    editor.scroll_into_view_if_needed()
    editor.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)


def solution_cells(notebook: Path) -> dict[str, tuple[int, str]]:
    """Position and source of each solution cell, by grade_id."""
    cells = nbformat.reads(notebook.read_text(encoding="utf-8"), as_version=4).cells  # type: ignore[no-untyped-call]
    return {
        cell.metadata.nbgrader.grade_id: (position, cell.source)
        for position, cell in enumerate(cells)
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


def test_a_student_fills_in_the_released_notebook_and_validates_it(
    browser: Browser, graded_course: Path, tmp_path: Path
) -> None:
    handed_out = shutil.copytree(graded_course / "release" / UNIT, tmp_path / "work")
    answers = solution_cells(graded_course / "source" / UNIT / "practice.ipynb")
    (tmp_path / "home").mkdir()
    with jupyterlab(handed_out, tmp_path / "home") as url:
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        page.goto(f"{url}/lab/tree/practice.ipynb")
        page.locator(".jp-CodeCell .cm-content").first.wait_for(timeout=90_000)

        before = validate(page)
        assert "failed" in before
        assert "weighted_mse" in before
        assert "not attempted yet" in before

        for position, source in answers.values():
            fill_in(page, position, source)
        assert "Success! Your notebook passes all the tests." in validate(page)

        position, source = answers["weighted-mse"]
        assert "return" in source
        fill_in(page, position, "def weighted_mse(y_pred, y_true, weights):\n    return 0.0\n")
        assert "failed" in validate(page)
        page.close()


# --- the instructor in the browser ----------------------------------------------------------------


def test_formgrader_shows_the_mark(browser: Browser, graded_course: Path, tmp_path: Path) -> None:
    marks = {row["student"]: row for row in csv.DictReader((graded_course / "marks.csv").open(newline=""))}
    student, row = next(
        (name, row) for name, row in marks.items() if float(row["total"]) == float(row["max"])
    )
    (tmp_path / "home").mkdir()
    with jupyterlab(graded_course, tmp_path / "home") as url:
        page = browser.new_page(viewport={"width": 1300, "height": 900})
        page.goto(f"{url}/formgrader/manage_submissions/{UNIT}")
        line = page.locator("tr", has_text=student).first
        line.wait_for(timeout=60_000)
        expect(line).to_contain_text(f"{float(row['total']):g} / {float(row['max']):g}")
        page.close()


def test_grading_again_changes_no_mark(graded_course: Path) -> None:
    before = (graded_course / "marks.csv").read_text(encoding="utf-8")
    again = autograder("grade", UNIT, "--course", graded_course, "--student", "cem")
    assert again.returncode == 0, again.stderr
    done = autograder("export", "--course", graded_course, "--to", graded_course / "marks.csv")
    assert done.returncode == 0, done.stderr
    assert (graded_course / "marks.csv").read_text(encoding="utf-8") == before
