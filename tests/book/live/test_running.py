"""Live cells: Python, the real one, runs in the page, can be edited, stopped and reset."""

from __future__ import annotations

from pathlib import Path

import pytest
from book_ext.node import package
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.book.live.small_project import (
    PATIENCE,
    cell,
    press,
    run,
    status,
    write,
)


def test_without_a_script_it_is_an_ordinary_cell(browser: Browser, own: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(own)
    expect(cell(page, 2)).to_contain_text("twice: 20")
    expect(page.get_by_role("button", name="Run")).to_have_count(0)
    expect(page.locator(".live-bar").first).to_be_hidden()
    context.close()


def test_nothing_is_fetched_before_run_and_then_only_from_this_site(reader: Page, own: str) -> None:
    asked: list[str] = []
    reader.on("request", lambda request: asked.append(request.url))
    reader.goto(own)
    press(reader, 2, "Edit")
    reader.wait_for_load_state("networkidle")
    before = [url for url in asked if "live." in url or "worker" in url or "/pyodide/" in url]
    expect(status(reader, 2)).to_have_text("The first Run fetches up to 14 MB from this site.")
    run(reader, 2)
    expect(status(reader, 2)).to_have_text("Done.")
    assert before == []
    assert {url.rsplit("/", 1)[-1] for url in asked} >= {"live-worker.js", "live.json", "python_stdlib.zip"}
    assert all(url.startswith((own.rsplit("/", 1)[0], "blob:", "data:")) for url in asked)


def test_no_text_moves_when_the_script_starts(context: BrowserContext, own: str) -> None:
    def place_of_the_end(page: Page) -> float:
        page.goto(own)
        page.wait_for_load_state("networkidle")
        return float(page.get_by_text("The last paragraph.").evaluate("p => p.getBoundingClientRect().top"))

    started = place_of_the_end(context.new_page())
    page = context.new_page()
    page.route("**/live-cell.js*", lambda route: route.abort())
    assert place_of_the_end(page) == started
    expect(page.get_by_role("button", name="Run")).to_have_count(0)


def test_earlier_cells_run_first_the_folded_one_too_and_those_left_out_do_not(reader: Page, own: str) -> None:
    reader.goto(own)
    expect(run(reader, 5)).to_have_text("0.2")  # 2 / 10: cell 1 is folded; cell 3 would make it 100
    expect(cell(reader, 2).get_by_role("log")).to_have_text("twice: 20\n")
    expect(cell(reader, 5).locator(".cell_output")).to_be_hidden()
    write(reader, 2, "factor = 5\nprint(f'{factor} times', end='')")
    expect(run(reader, 5)).to_have_text("0.5")
    expect(cell(reader, 2).get_by_role("log")).to_have_text("5 times")


def test_a_cell_that_has_run_does_not_run_again_with_a_later_one(reader: Page, own: str) -> None:
    reader.goto(own)
    expect(run(reader, 2, "factor = 3\nruns = globals().get('runs', 0) + 1\nruns")).to_have_text("1")
    expect(run(reader, 5, "runs, factor")).to_have_text("(1, 3)")
    expect(run(reader, 2)).to_have_text("2")


def test_output_comes_while_the_code_runs_and_stop_ends_an_endless_loop(reader: Page, own: str) -> None:
    reader.goto(own)
    output = run(
        reader, 5, "import sys\nprint('out')\nprint('err', file=sys.stderr)\nprint('more')\nwhile True: pass"
    )
    expect(output.locator("pre")).to_have_text(["out\n", "err\n", "more\n"])
    expect(status(reader, 5)).to_have_text("Running this cell …")
    expect(cell(reader, 2).get_by_role("button", name="Run")).to_have_attribute("aria-disabled", "true")
    press(reader, 5, "Stop")
    expect(status(reader, 5)).to_contain_text("Stopped.")
    expect(run(reader, 5, "base * factor")).to_have_text(
        "20"
    )  # a new Python, which has run cells 1 and 2 again


def test_a_loop_that_prints_for_ever_is_cut_and_leaves_the_page_alive(reader: Page, own: str) -> None:
    reader.goto(own)
    output = run(reader, 5, "while True: print('flood')")
    expect(output).to_contain_text("[The output is long; the rest is not shown.]")
    assert output.inner_text().count("flood") == 1_000
    press(reader, 5, "Stop")
    expect(status(reader, 5)).to_contain_text("Stopped.")


def test_an_error_is_told_with_the_readers_own_lines_only(reader: Page, own: str) -> None:
    reader.goto(own)
    run(reader, 5)
    output = run(reader, 5, "import json\n\ndef read(text):\n    return json.loads(text)\n\nread('{')")
    expect(status(reader, 5)).to_have_text("Stopped by an error.")
    told = output.inner_text()
    assert 'File "Cell 5", line 6, in <module>' in told
    assert 'File "Cell 5", line 4, in read' in told
    assert "JSONDecodeError: Expecting property name" in told
    assert told.count("File ") == 2


def test_an_error_in_an_earlier_cell_says_which(reader: Page, own: str) -> None:
    reader.goto(own)
    write(reader, 2, "factor = 1 / 0")
    run(reader, 5)
    expect(status(reader, 5)).to_have_text("Stopped by an error in cell 2, which comes first.")
    expect(cell(reader, 2).get_by_role("log")).to_contain_text("ZeroDivisionError")
    expect(cell(reader, 5).locator(".cell_output")).to_be_visible()
    status(reader, 5).get_by_role("link", name="cell 2").click()
    expect(cell(reader, 2)).to_be_in_viewport()


def test_a_package_comes_when_the_code_imports_it(reader: Page, own: str) -> None:
    reader.goto(own)
    expect(run(reader, 5, "import parcel\nparcel.content")).to_have_text("'from a package'")


def test_the_keyboard_alone_edits_indents_leaves_and_runs(reader: Page, own: str) -> None:
    reader.goto(own)
    cell(reader, 5).get_by_role("button", name="Edit").focus()
    reader.keyboard.press("Enter")
    area = reader.get_by_label("Code of cell 5")
    expect(area).to_be_focused()
    expect(area).to_have_accessible_description(
        "Ctrl+Enter (Cmd+Enter) runs. Tab indents; Escape and then Tab leaves the code."
    )
    reader.keyboard.press("Control+A")
    reader.keyboard.type("if factor:\n")
    reader.keyboard.press("Tab")
    reader.keyboard.type("print('typed')")
    expect(area).to_have_value("if factor:\n    print('typed')")
    reader.keyboard.press("Control+Enter")
    expect(cell(reader, 5).get_by_role("log")).to_have_text("typed\n")
    expect(area).to_be_focused()
    reader.keyboard.press("Escape")
    reader.keyboard.press("Tab")
    expect(cell(reader, 5).get_by_role("button", name="Run")).to_be_focused()


def test_the_code_box_is_as_high_as_its_code(reader: Page, own: str) -> None:
    reader.goto(own)
    before = cell(reader, 5).locator("pre").first.bounding_box()
    press(reader, 5, "Edit")
    area = reader.get_by_label("Code of cell 5")
    same = area.bounding_box()
    assert before is not None
    assert same is not None
    assert same["height"] == pytest.approx(before["height"], abs=3)
    area.fill("\n" * 40)
    higher = area.bounding_box()
    assert higher is not None
    assert higher["height"] > same["height"] + 400
    assert area.evaluate("area => area.scrollHeight <= area.clientHeight")


def test_an_edit_is_remembered_until_it_is_reset(reader: Page, own: str) -> None:
    reader.goto(own)
    expect(run(reader, 2, "print('mine')")).to_have_text("mine\n")
    reader.reload()
    expect(reader.get_by_label("Code of cell 2")).to_have_value("print('mine')")
    expect(cell(reader, 2)).to_contain_text("twice: 20")
    expect(run(reader, 2)).to_have_text("mine\n")
    press(reader, 2, "Reset")
    expect(reader.get_by_label("Code of cell 2")).to_have_count(0)
    expect(cell(reader, 2).locator(".live-output")).to_be_empty()
    expect(cell(reader, 2).locator(".cell_input")).to_contain_text("factor * base")
    expect(cell(reader, 2).locator(".cell_output")).to_be_visible()
    reader.reload()
    expect(reader.get_by_label("Code of cell 2")).to_have_count(0)


def test_an_edit_is_dropped_when_the_chapters_code_has_changed(
    reader: Page, own: str, own_site: Path
) -> None:
    reader.goto(own)
    write(reader, 2, "print('mine')")
    write(reader, 5, "print('mine too')")
    changed = (own_site / "index.html").read_text(encoding="utf-8").replace("twice:", "two times:")
    reader.route(own, lambda route: route.fulfill(body=changed, content_type="text/html"))
    reader.reload()
    expect(cell(reader, 2)).to_contain_text("two times:")
    expect(reader.get_by_label("Code of cell 2")).to_have_count(0)
    expect(reader.get_by_label("Code of cell 5")).to_have_value("print('mine too')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_before_during_and_after(browser: Browser, own: str, scheme: str) -> None:
    def violations() -> list[str]:
        found = page.evaluate("axe.run('.tag_live').then(result => result.violations)")
        return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]

    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.goto(own)
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    page.add_script_tag(path=package("axe-core") / "axe.min.js")
    assert violations() == []
    output = run(page, 5, "import sys\nprint('e', file=sys.stderr)\nwhile True: print('flood')")
    expect(output).to_contain_text("the rest is not shown", timeout=PATIENCE)
    assert violations() == []
    press(page, 5, "Stop")
    run(page, 2, "1 / 0")
    expect(status(page, 2)).to_have_text("Stopped by an error.", timeout=PATIENCE)
    assert violations() == []
    context.close()
