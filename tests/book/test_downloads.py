"""Every chapter can be downloaded as a clean notebook: what the page shows, without the page."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbclient import NotebookClient
from nbformat import NotebookNode
from playwright.sync_api import Page, expect

from autograder.notebooks import new_cell, read_notebook
from tests.book.conftest import copy_tiny_book, run_build
from tests.book.test_chapters import chapter_names
from tests.leaks import dense, leaks, readings, secrets

DOWNLOAD_BOOK = Path(__file__).parent / "download_book"


class Run(NamedTuple):
    """A notebook with its outputs, and the files that it left behind."""

    notebook: NotebookNode
    left_behind: list[Path]


LEFT_OVERS = {
    "a role": r"\{[\w:-]+\}`",
    "a directive": r"```+ *\{|:::",
    "a label": r"^\([\w-]+\)=",
    "an attribute": r"\]\{[#.]",
}
"""What Jupyter does not understand of the language that the pages are written in."""

ALONE = """\
import sys

class Nothing:
    known = {*sys.stdlib_module_names, *(name.partition(".")[0] for name in sys.modules)}
    known |= {"numpy", "matplotlib", "matplotlib_inline"}
    # what matplotlib itself needs
    known |= {"PIL", "contourpy", "cycler", "dateutil", "fontTools", "kiwisolver", "mpl_toolkits"}
    known |= {"packaging", "pyparsing", "six"}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.known:
            raise ImportError(f"{name} is not installed where this notebook is read")

sys.meta_path.insert(0, Nothing())
"""
"""Put before a notebook, makes its kernel one that has numpy and matplotlib only."""


@pytest.fixture(params=chapter_names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def notebook(built_book: Path, name: str) -> NotebookNode:
    return read_notebook(built_book / "book" / f"{name}.ipynb")


def text_of(notebook: NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def code_of(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def left_overs(text: str) -> list[str]:
    return [what for what, pattern in LEFT_OVERS.items() if re.search(pattern, text, re.MULTILINE)]


def test_a_download_is_a_valid_notebook_that_holds_text_and_code_only(notebook: NotebookNode) -> None:
    nbformat.validate(notebook)
    assert {cell.cell_type for cell in notebook.cells} == {"markdown", "code"}
    assert all(cell.outputs == [] for cell in notebook.cells if cell.cell_type == "code")


def test_nothing_is_left_over_of_the_pages_own_language(notebook: NotebookNode) -> None:
    assert left_overs(text_of(notebook)) == []


def test_the_text_is_the_pages_with_its_headings_numbers_and_references(
    notebook: NotebookNode, built_book: Path, name: str
) -> None:
    text = text_of(notebook)
    page = BeautifulSoup((built_book / "book" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    headings = [
        re.sub(r"^\d+\. ", "", heading.get_text()).removesuffix("#")  # a chapter has a number in the page
        for heading in page.select("article section > :is(h1, h2, h3, h4)")
    ]
    numbers = [number.get_text().removesuffix("#") for number in page.select("article .eqno")]
    labels = [label.get_text().strip("[]") for label in page.select("article .citation .label")]
    written = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    assert len(written) == len(headings) > 10
    assert [heading for heading in headings if heading.isalpha()] == [w for w in written if w.isalpha()]
    assert [f"({number})" for number in re.findall(r"\\tag\{([\d.]+)\}", text)] == numbers
    assert len(numbers) > 0
    assert all(f"- **{label}.** " in text for label in labels)
    assert len(labels) > 0


def test_no_sentence_of_the_page_is_lost(notebook: NotebookNode, built_book: Path, name: str) -> None:
    page = BeautifulSoup((built_book / "book" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    for part in page.select("article :is(.cell, form, button, .admonition-title, .headerlink)"):
        part.decompose()
    for formula in page.select("article .math > math"):
        formula.replace_with("|")
    written = re.sub(r"\$\$.*?\$\$", "", text_of(notebook), flags=re.DOTALL)
    written = re.sub(r"\$[^$]+\$", "|", written)
    written = re.sub(r"^> ?", "", written, flags=re.MULTILINE)  # theorems are quotations
    sentences = [
        sentence
        for paragraph in page.select("article section > p")
        for sentence in re.split(r"(?<=[.:?]) ", " ".join(paragraph.get_text().split()))
    ]
    plain = unmarked(written)
    assert len(sentences) > 100
    assert [sentence for sentence in sentences if unmarked(sentence) not in plain] == []


def unmarked(text: str) -> str:
    text = re.sub(
        r"\[([^\]]+)\]\(https?:[^)]*\)", r"\1", text
    )  # a link elsewhere: its words stand in the page
    return " ".join(re.sub(r"[*`\\]", "", text).split())


def test_the_code_is_the_pages(notebook: NotebookNode, built_book: Path, name: str) -> None:
    page = BeautifulSoup((built_book / "book" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    shown = [pre.get_text().strip() for pre in page.select(".cell:not(.tag_movable) .cell_input pre")]
    assert code_of(notebook) == shown
    assert not re.search(r"import (solutions|book_ext)|from (solutions|book_ext)", "\n".join(shown))


@pytest.fixture(scope="module")
def runs(built_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Run]]]:
    """Every notebook being run, as many at once as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {
            name: pool.submit(
                run_alone, built_book / "book" / f"{name}.ipynb", tmp_path_factory.mktemp("run")
            )
            for name in chapter_names()
        }


def run_alone(path: Path, folder: Path) -> Run:
    notebook = read_notebook(path)
    notebook.cells.insert(0, new_cell("code", ALONE, "alone", {}))
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": folder}}).execute()
    return Run(notebook, list(folder.iterdir()))


def test_it_runs_in_an_empty_folder_with_numpy_and_matplotlib_alone(
    runs: dict[str, Future[Run]], name: str
) -> None:
    run = runs[name].result()
    assert any(cell.get("outputs") for cell in run.notebook.cells[1:])
    assert run.left_behind == []


def test_a_kernel_that_has_nothing_else_refuses_the_reference(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    notebook.cells = [new_cell("code", ALONE, "alone", {}), new_cell("code", "import solutions", "not", {})]
    with pytest.raises(Exception, match="solutions is not installed"):
        NotebookClient(notebook, timeout=60, resources={"metadata": {"path": tmp_path}}).execute()


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    """The download of a page that holds one of each."""
    folder = make_download_book(tmp_path_factory.mktemp("downloads"))
    done = run_build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return read_notebook(folder / "_build" / "html" / "book" / "chapter.ipynb")


def make_download_book(folder: Path) -> Path:
    shutil.copytree(DOWNLOAD_BOOK, copy_tiny_book(folder), dirs_exist_ok=True)
    return folder


def test_what_a_page_may_hold_becomes_plain_markdown(everything: NotebookNode) -> None:
    text = text_of(everything)
    assert left_overs(text) == []
    for written in (
        "# All that a page may hold\n\n",
        r"It costs \$5 or \$6, 2 \* 3, `x | y`, fit_line, a < b, \<tag>.",
        "Huber [1964] was cited [Huber, 1964].<sup>1</sup>",
        "\n1986\\. A great year.",
        "See A section with emphasis, A tiny book, (1.1), Fig. 1.1, Table 1.1, Theorem 1.1, Exercise 1.1,",
        "loss, [the web](<https://example.org/a_(b)>) and MSE, x<sup>2</sup>.",
        "$$\n\\ell = r^2 \\tag{1.1}\n$$",
        "## A section with *emphasis*",
        "| left | right |\n| --- | --: |\n| `a \\| b` | $\\lvert x \\rvert$ |",
        "**Table 1.1.** Values of $x$\n\n| name | value |",
        "![A logo.](attachment:picture-1.svg)\n\n**Fig. 1.1.** The logo.",
        "> **Theorem 1.1 (Squares)**\n>\n> For all $x$\n>\n"
        "> $$ \\begin{aligned} x^2 &\\ge 0 \\\\ x &= x \\end{aligned} \\tag{1.2} $$",
        "> Proof. See (1.2). ∎",
        "> **Note**\n>\n> Mind **this**.",
        "<details>\n<summary>Why $r^2 \\lt  1$</summary>\n\nBecause.\n\n</details>",
        "- **Residual**: Prediction minus target.",
        "- **loss, cost**: What is minimised.",
        "1. First\n\n   ```python\n   x = 1\n   ```\n\n2. Second\n\n   - nested",
        "**Exercise 1.1 (Do it)**\n\nCompute $1 + 1$.",
        "<summary>Solution</summary>\n\nIt is two.\n\n```python\nassert 1 + 1 == 2\n```\n\n</details>",
        "*Movable figure: see the page.* **Fig. 1.2.** The squared error.",
        "**Fig. 1.3.** A *line*.",
        "**Question 1.** Choose one.",
        "- (a) $0.36$",
        "<details>\n<summary>Answer",
        "- **Huber, 1964.** Peter",
        "<sup>1</sup> A footnote with $a_1$.",
    ):
        assert written in text


def test_code_keeps_what_runs_and_loses_what_says_how_the_page_shows_it(everything: NotebookNode) -> None:
    assert code_of(everything) == [
        "import numpy as np",
        "assert np.sum([1, 2]) == 3",
        "import matplotlib.pyplot as plt\n\nplt.plot([0, 1])\nplt.show()",
    ]
    assert [cell.metadata for cell in everything.cells if cell.cell_type == "code"] == [
        {"jupyter": {"source_hidden": True}},
        {"tags": ["check"], "jupyter": {"source_hidden": True}},
        {},
    ]


def test_pictures_are_in_the_notebook_itself(everything: NotebookNode) -> None:
    logo, question = [cell for cell in everything.cells if "attachments" in cell]
    assert [list(kinds) for kinds in logo.attachments.values()] == [["image/svg+xml"]]
    (name,) = question.attachments
    assert list(question.attachments[name]) == ["image/png"]
    assert "![Curve (a) is a parabola with its lowest point at 0." in question.source
    assert f"](attachment:{name})" in question.source


def test_with_an_address_of_the_site_the_notebook_links_back_to_it(tiny_book: Path) -> None:
    config = tiny_book / "_config.yml"
    address = "    html_baseurl: https://example.org/course\n"
    config.write_text(
        config.read_text(encoding="utf-8").replace("  config:\n", "  config:\n" + address), encoding="utf-8"
    )
    done = run_build(tiny_book)
    assert done.returncode == 0, done.stdout + done.stderr
    text = text_of(read_notebook(tiny_book / "_build" / "html" / "book" / "chapter.ipynb"))
    assert "see [the page](https://example.org/course/book/chapter.html)" in text
    assert "Read again: [A tiny book](https://example.org/course/book/index.html)" in text


def test_what_a_notebook_can_not_hold_stops_the_build_and_is_named(tiny_book: Path) -> None:
    refused = {
        "a tab-set": "````{tab-set}\n```{tab-item} One\nText.\n```\n````",
        "a list or another block in a table cell": "```{list-table}\n* - - nested\n```",
        "'attribution'": "```{epigraph}\nWords.\n\n-- Someone\n```",
    }
    chapter = tiny_book / "book" / "chapter.md"
    text = chapter.read_text(encoding="utf-8")
    chapter.write_text("\n\n".join([text, *refused.values()]), encoding="utf-8")
    done = run_build(tiny_book)
    assert done.returncode != 0
    for what in refused:
        assert re.search(rf"chapter.md.*can't hold {what} here", done.stderr)


def test_the_page_offers_its_notebook_and_its_print_and_no_source(
    built_book: Path, name: str, page: Page
) -> None:
    path = built_book / "book" / f"{name}.html"
    page.goto(path.as_uri())
    page.get_by_role("button", name="Download this page").focus()
    page.keyboard.press("Enter")
    download = page.get_by_role("link", name=".ipynb")
    expect(download).to_be_visible()
    assert (path.parent / str(download.get_attribute("href"))).exists()
    expect(page.get_by_role("button", name=".pdf")).to_be_visible()
    expect(page.locator(".btn-download-source-button")).to_have_count(0)
    assert not (built_book / "_sources").exists()


def test_a_page_without_code_offers_its_print_only(built_book: Path) -> None:
    soup = BeautifulSoup((built_book / "book" / "index.html").read_text(encoding="utf-8"), "html.parser")
    offered = soup.select(".dropdown-download-buttons .dropdown-item")
    assert [item.get_text().strip() for item in offered] == [".pdf"]
    assert not (built_book / "book" / "index.ipynb").exists()


def test_no_file_of_the_site_holds_an_answer_of_a_graded_exercise(built_book: Path) -> None:
    hidden = {dense(text): where for where, text in secrets()}
    assert len(hidden) > 50
    files = [path for path in sorted(built_book.rglob("*")) if path.is_file()]
    assert len(files) > 50
    found = [
        (path, where, text)
        for path in files
        for reading in readings(path.name, path.read_bytes())
        for where, text in leaks(reading, hidden)
    ]
    assert found == []
