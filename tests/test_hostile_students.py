"""Nothing that a student wrote runs, or asks another host, in the browser of who marks it or gets it back."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page

from autograder.course import Course
from autograder.feedback import feedback
from autograder.nbgrader_session import NbGraderSession
from tests.autograder.conftest import RIGHT, hand_in, package_with_fixtures, released, released_once  # noqa: F401
from tests.autograder.feedback_page.conftest import Graded, graded  # noqa: F401
from tests.autograder.feedback_page.vectors import HOST, LINKS, VECTORS
from tests.test_end_to_end import jupyterlab

ALL = {**VECTORS, **LINKS}


def outputs_with(vector: str) -> list[dict[str, Any]]:
    """Show a vector in each way in which a cell can show something."""
    shown = [{mime: vector} for mime in ("text/html", "image/svg+xml", "text/markdown", "text/latex")]
    shown += [{mime: vector} for mime in ("application/javascript", "text/plain", "image/png")]
    return [
        {"output_type": "stream", "name": "stdout", "text": vector},
        {"output_type": "stream", "name": "stderr", "text": vector},
        *({"output_type": "display_data", "metadata": {}, "data": data} for data in shown),
        {"output_type": "error", "ename": vector, "evalue": vector, "traceback": [vector]},
    ]


@pytest.fixture
def hostile(released: Course, graded: Graded) -> Course:  # noqa: F811
    """A class in which each student tries one vector in every place that is shown to somebody."""
    for number, vector in enumerate(ALL.values()):
        graded(
            f"student-{number}",
            answers={**RIGHT, "double-code": f"note = {vector!r}\n# {vector}\n{RIGHT['double-code']}"},
            failed={"half-values": f"half('{vector}') gave {vector}. This looks like '{vector}': {vector}"},
            outputs=outputs_with(vector),
            text=vector,
            remarks=[f"{vector} was not looked at"],
        )
    return released


@contextmanager
def watched(browser: Browser) -> Iterator[tuple[Page, Callable[[str], None]]]:
    """Open a page that lets everything run; the second value asserts that nothing of a student did."""
    context = browser.new_context(bypass_csp=True)  # what is asserted must not hang on the policy alone
    context.add_init_script("window.XSS = () => { window.ran = true }")
    page = context.new_page()
    happened: list[str] = []
    page.on("request", lambda request: happened.append(request.url) if HOST in request.url else None)
    page.on("dialog", lambda dialog: happened.append(dialog.message))

    def require_nothing(vector: str) -> None:
        ran = [frame.url for frame in page.frames if frame.evaluate("window.ran === true")]
        assert happened + ran == [], vector

    yield page, require_nothing
    context.close()


def click_all_links(page: Page) -> None:
    """Click on whatever a student could have made a link."""
    page.evaluate(
        """() => { for (const link of document.querySelectorAll('a, [href]'))
             if (/script|data:/i.test(link.getAttribute('href') || link.getAttribute('xlink:href') || ''))
               link.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true})) }"""
    )


def test_the_vectors_are_real(browser: Browser) -> None:
    """Most act in a page that shows HTML as it is; the others need markdown, a formula or a click."""
    acted = []
    for name, vector in VECTORS.items():
        with watched(browser) as (page, require_nothing):
            page.route(f"**/*{HOST}/**", lambda route: route.abort())
            page.set_content(f"<!DOCTYPE html><body><p>{vector}</p></body>", wait_until="domcontentloaded")
            for _ in range(10):  # a picture takes its time to fail
                page.wait_for_timeout(50)
                try:
                    require_nothing(name)
                except (AssertionError, Error):  # an Error while the page is being led elsewhere
                    acted.append(name)
                    break
    assert len(acted) >= 30, sorted(VECTORS.keys() - set(acted))


def test_nothing_runs_on_a_feedback_page(hostile: Course, browser: Browser) -> None:
    assert feedback(hostile, "tiny").problems == ()
    with watched(browser) as (page, require_nothing):
        for number, (name, vector) in enumerate(ALL.items()):
            path = hostile.feedback / f"student-{number}" / "tiny" / "practice.html"
            page.goto(path.as_uri())
            click_all_links(page)
            require_nothing(name)
            assert page.locator("script, iframe, object, embed, svg, form, base, link").count() == 0, name
            assert "Half as much" in page.locator("h1, h2").all_inner_texts(), name  # nothing ended the page
            source = path.read_text(encoding="utf-8")
            assert html.escape(vector.split()[0]) in source or name == "character data", name


def test_a_feedback_page_allows_nothing(hostile: Course, browser: Browser) -> None:
    """The policy of the page itself stops what may be added to it later, by a system that it goes through."""
    assert feedback(hostile, "tiny").problems == ()
    path = hostile.feedback / "student-0" / "tiny" / "practice.html"
    added = "<script>window.ran = true</script><img src='http://evil.example/a.png'>"
    path.write_text(path.read_text(encoding="utf-8").replace("</main>", f"{added}</main>"), encoding="utf-8")
    asked: list[str] = []
    page = browser.new_page()
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert page.evaluate("window.ran") is None
    assert asked == [path.as_uri()]
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") == "800px"  # ours holds
    page.close()


def test_nothing_runs_in_formgrader(hostile: Course, browser: Browser, tmp_path: Path) -> None:
    ids = {}
    with NbGraderSession(hostile).gradebook() as gradebook:
        for submission in gradebook.notebook_submissions("practice", "tiny"):
            ids[submission.student.id] = submission.id
    (tmp_path / "home").mkdir()
    with (
        jupyterlab(hostile.root, tmp_path / "home") as url,
        watched(browser) as (page, require_nothing),
    ):
        page.route(lambda address: not address.startswith(url), lambda route: route.abort())
        for number, name in enumerate(ALL):
            page.goto(
                f"{url}/formgrader/submissions/{ids[f'student-{number}']}/", wait_until="domcontentloaded"
            )
            page.locator("text=Half as much").first.wait_for(timeout=60_000)
            click_all_links(page)
            require_nothing(name)
        page.goto(f"{url}/formgrader/gradebook/tiny/practice", wait_until="domcontentloaded")
        page.wait_for_timeout(500)
        require_nothing("the list of submissions")
