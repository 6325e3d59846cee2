"""The report on a class in a browser: accessible, on its own, and nothing of a student acts in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

from autograder.class_report.build import build_report
from autograder.class_report.page import Choice, MistakeResult, Person, Report
from autograder.class_report.writer import write_page
from autograder.course import Course
from tests.autograder.class_report.conftest import ClassOf, Worked, class_of, names  # noqa: F401
from tests.autograder.class_report.test_report import NOT_DONE, SQUARED, WRONG_CHOICE, enrol, give_deadline
from tests.autograder.conftest import FIXTURES, package_with_fixtures, released, released_once  # noqa: F401
from tests.autograder.feedback_page.vectors import HOST, LINKS, VECTORS
from tests.in_browser import OPEN_ALL, Theme, require_accessible

ALL = {**VECTORS, **LINKS}
DUE = datetime(2027, 1, 15, 22)


@pytest.fixture
def report(released: Course, class_of: ClassOf, tmp_path: Path) -> Report:  # noqa: F811
    """A class with everything that a report shows."""
    give_deadline(released)
    students = {name: Worked(when=DUE - timedelta(hours=5 * n)) for n, name in enumerate(names("ok", 8))}
    code = {"double-code": "def double(x):\n    return x * x"}
    students |= {
        name: Worked(
            failed={"double-values": SQUARED},
            answers=code,
            quiz={"tiny-choice-check": WRONG_CHOICE},
            when=DUE + timedelta(hours=n),
            penalty=0.5,
        )
        for n, name in enumerate(names("late", 4))
    }
    students["left"] = Worked(failed={"double-values": NOT_DONE, "half-values": NOT_DONE}, quiz=None)
    students["slow"] = Worked(failed={"half-values": ("timeout", "too long")}, seconds=3.0)
    enrol(class_of(students), *students, "gone", tmp_path=tmp_path)
    return build_report(released, "tiny", assignments=FIXTURES)


@pytest.fixture
def page(report: Report, tmp_path: Path) -> Path:
    """The report as a file."""
    path = tmp_path / "report.html"
    write_page(report, path)
    return path


@pytest.fixture
def opened(browser: Browser) -> Iterator[Page]:
    """A page as an instructor opens one, in which whatever runs or asks a host is noted."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_is_cut_off(
    browser: Browser, page: Path, theme: Theme, width: int
) -> None:
    require_accessible(browser, page, theme, width)


def test_a_report_comes_alone(opened: Page, page: Path) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("console", lambda message: complaints.append(message.text))
    opened.goto(page.as_uri())
    assert asked == [page.as_uri()]
    assert complaints == []  # such as of a style that the policy did not let in
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "style=" not in text


def test_headings_form_an_outline_and_the_keyboard_opens_a_table(opened: Page, page: Path) -> None:
    read = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    levels = [int(heading.name[1]) for heading in read.select("h1, h2, h3, h4, h5, h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    opened.goto(page.as_uri())
    opened.keyboard.press("Tab")
    opened.keyboard.press("Enter")
    assert opened.url.endswith("#content")
    table = opened.locator("#head table")
    assert not table.is_visible()
    for _ in range(30):
        opened.keyboard.press("Tab")
        if opened.evaluate("document.activeElement.matches('#head summary')"):
            break
    opened.keyboard.press("Enter")
    assert table.is_visible()


def test_every_link_in_the_page_leads_somewhere(page: Path) -> None:
    read = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    ids = [str(element["id"]) for element in read.select("[id]")]
    assert len(ids) == len(set(ids))
    assert {str(link["href"])[1:] for link in read.select("a[href^='#']")} <= set(ids)


def test_a_report_prints_its_tables(opened: Page, page: Path) -> None:
    opened.goto(page.as_uri())
    table = opened.locator("#items details table").first
    assert not table.is_visible()
    opened.emulate_media(media="print")
    box = table.bounding_box()
    assert box is not None
    assert box["height"] > 100


def test_bars_are_as_long_as_their_shares(opened: Page, page: Path, report: Report) -> None:
    opened.goto(page.as_uri())
    row = opened.locator("#items .rows > li").first
    whole = row.locator(".track").bounding_box()
    part = row.locator("rect.full").bounding_box()
    assert whole is not None
    assert part is not None
    assert report.items[0].pass_rate == 9 / 14
    assert part["width"] / whole["width"] == pytest.approx(9 / 14, abs=0.01)


def test_the_interval_lies_below_its_bar(opened: Page, page: Path) -> None:
    opened.goto(page.as_uri())
    bar = opened.locator("#items .bar").first
    track, line = bar.locator(".track").bounding_box(), bar.locator(".whisker").first.bounding_box()
    assert track is not None
    assert line is not None
    assert track["y"] + track["height"] < line["y"]


@pytest.mark.parametrize(
    ("mean", "median"), [(0.5, 0.52), (0.55, 0.73), (0.9, 0.97), (0.03, 0.1), (0.2, 0.9), (0.45, 0.95)]
)
def test_on_a_phone_no_words_of_a_plot_collide(
    opened: Page, report: Report, tmp_path: Path, mean: float, median: float
) -> None:
    first = report.distributions[0]
    assert first.spread is not None
    spread = replace(first.spread, mean=mean * first.maximum, median=median * first.maximum)
    edges = tuple(number / 4 for number in range(-5, 3))  # such as −45 min
    path = tmp_path / "report.html"
    write_page(
        replace(
            report,
            distributions=(replace(first, spread=spread),),
            arrivals=replace(report.arrivals, edges=edges, bins=(1,) * 7),
        ),
        path,
    )
    opened.set_viewport_size({"width": 390, "height": 900})
    opened.goto(path.as_uri())
    assert set(opened.locator("#points .word").all_text_contents()) == {"mean", "median"}
    for kind in ("#points .word, #points .mark", "#arrivals .below"):
        boxes = [box for one in opened.locator(kind).all() if (box := one.bounding_box())]
        assert len(boxes) > 3
        for one, other in itertools.combinations(boxes, 2):
            apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            above = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
            assert apart or above


def test_on_a_phone_no_figure_stands_alone(opened: Page, page: Path) -> None:
    opened.set_viewport_size({"width": 390, "height": 900})
    opened.goto(page.as_uri())
    boxes = [box for one in opened.locator("#head .figures > div").all() if (box := one.bounding_box())]
    assert len(boxes) == 7
    widths: dict[float, float] = {}
    for box in boxes:
        widths[box["y"]] = widths.get(box["y"], 0.0) + box["width"]
    assert max(widths.values()) - min(widths.values()) < 20  # every line is full, but for gaps


def hostile(report: Report, vector: str) -> Report:
    """Put a text into every place of a report to which a student's words could come, and more."""
    return replace(
        report,
        notes=(vector,),
        mistakes=(MistakeResult(f"P1 {vector}", vector, vector, 3, 4, vector),),
        answers=tuple(
            replace(
                one,
                item=vector,
                text=vector,
                choices=(Choice(vector, vector, False, vector, 1), *one.choices),
            )
            for one in report.answers
        ),
        tests=tuple(replace(test, test=vector, item=vector) for test in report.tests),
        items=tuple(replace(item, title=vector, advice=(vector,)) for item in report.items),
        look_at=tuple(replace(one, what=vector, why=vector) for one in report.look_at),
        help=None
        if report.help is None
        else replace(report.help, students=(Person(vector, vector, 1.0, (vector, vector)),)),
    )


def test_nothing_of_a_student_acts(browser: Browser, report: Report, tmp_path: Path) -> None:
    context = browser.new_context(bypass_csp=True)  # what is asserted must not hang on the policy alone
    context.add_init_script("window.XSS = () => { window.ran = true }")
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url) if HOST in request.url else None)
    path = tmp_path / "hostile.html"
    for name, vector in ALL.items():
        write_page(hostile(report, vector), path)
        opened.goto(path.as_uri())
        opened.evaluate(OPEN_ALL)
        opened.evaluate(
            """() => { for (const link of document.querySelectorAll('a, [href]'))
                 if (/script|data:/i.test(link.getAttribute('href') || link.getAttribute('xlink:href') || ''))
                   link.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true})) }"""
        )
        assert opened.evaluate("window.ran") is None, name
        assert asked == [], name
        assert opened.locator("script, iframe, object, embed, form, base, link").count() == 0, name
        assert opened.locator("#help").count() == 1, name  # nothing ended the page
    context.close()


def test_hostile_ids_names_and_code_of_a_class_are_text(
    class_of: ClassOf,  # noqa: F811
    browser: Browser,
    tmp_path: Path,
) -> None:
    attack = "<img src=x onerror=XSS()>"
    code = {"double-code": f"# {attack}\ndef double(x):\n    '''{attack}'''\n    return x * x"}
    work = Worked(failed={"double-values": f"gave {attack}. {SQUARED}"}, answers=code, quiz=None)
    course = class_of({attack: work, "ada": work})
    path = tmp_path / "report.html"
    write_page(build_report(course, "tiny", assignments=FIXTURES), path)
    context = browser.new_context(bypass_csp=True)
    context.add_init_script("window.XSS = () => { window.ran = true }")
    opened = context.new_page()
    opened.goto(path.as_uri())
    opened.evaluate(OPEN_ALL)
    assert attack in opened.locator("#help").inner_text()  # the id, as it is
    assert attack not in opened.locator("#mistakes").inner_text()
    assert "return x * x" in opened.locator("#mistakes").inner_text()
    assert opened.locator("img").count() == 0
    assert opened.evaluate("window.ran") is None
    context.close()


def test_the_policy_lets_nothing_in_that_is_added_later(opened: Page, page: Path) -> None:
    added = "<script>window.ran = true</script><img src='http://evil.example/a.png'>"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("</main>", f"{added}</main>"), encoding="utf-8")
    done: list[str] = []
    opened.on("requestfinished", lambda request: done.append(request.url))
    opened.goto(page.as_uri())
    assert opened.evaluate("window.ran") is None
    assert done == [page.as_uri()]
