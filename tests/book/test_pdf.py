"""The book as one PDF, and a single page as the browser prints it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page
from pypdf import PdfReader

from tools.pdf import Book

from .conftest import ROOT, copy_tiny_book


def print_book(html: Path, pdf: Path, source: Path) -> subprocess.CompletedProcess[str]:
    """Print as `make pdf` does: in a process of its own, since the tests' browser holds this one's loop."""
    command = [sys.executable, "-m", "tools.pdf", str(html), str(pdf), "--source", str(source)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.fixture(scope="session")
def pdf(site: Path, tmp_path_factory: pytest.TempPathFactory) -> PdfReader:
    """The tiny book, printed."""
    path = tmp_path_factory.mktemp("pdf") / "book.pdf"
    done = print_book(site, path, site.parents[1])
    assert done.returncode == 0, done.stderr
    assert [file.name for file in path.parent.iterdir()] == ["book.pdf"]
    return PdfReader(path)


@pytest.fixture
def book(site: Path) -> Book:
    """The tiny book, to be joined."""
    return Book(site, site.parents[1])


def outline(entries: list[Any], depth: int = 0) -> Iterator[tuple[int, str]]:
    """The entries of an outline, each with its depth."""
    for entry in entries:
        if isinstance(entry, list):
            yield from outline(entry, depth + 1)
        else:
            yield depth, entry.title


def words(pdf: PdfReader) -> str:
    """All text, with ligatures taken apart and single spaces."""
    text = " ".join(page.extract_text() for page in pdf.pages)
    return " ".join(text.replace("ﬁ", "fi").replace("ﬂ", "fl").split())


def page_of(pdf: PdfReader, words: str) -> int:
    """Number of the first page after title and contents on which the words stand."""
    return min(i for i, page in enumerate(pdf.pages, start=1) if i > 2 and words in page.extract_text())


def test_each_page_of_the_book_starts_a_page_after_title_and_contents(pdf: PdfReader) -> None:
    texts = [page.extract_text() for page in pdf.pages]
    assert "Loss Functions: derived, plotted, checked" in " ".join(texts[0].split())
    assert texts[1].lstrip("0123456789\n ").startswith("Contents")
    assert "A tiny book" in texts[2]
    assert "Chapter" in texts[3]
    assert len(texts) >= 5


def test_all_pages_are_a4(pdf: PdfReader) -> None:
    sizes = {
        (round(page.mediabox.width / 72 * 25.4), round(page.mediabox.height / 72 * 25.4))
        for page in pdf.pages
    }
    assert sizes == {(210, 297)}


def test_the_outline_shows_chapters_and_their_sections(pdf: PdfReader) -> None:
    assert list(outline(pdf.outline)) == [
        (0, "Contents"),
        (0, "A tiny book"),
        (0, "1. Chapter"),
        (1, "Quick check"),
        (1, "References"),
    ]


def test_the_contents_name_the_page_of_each_heading(pdf: PdfReader) -> None:
    contents = " ".join(pdf.pages[1].extract_text().split())
    for heading in ("A tiny book", "1. Chapter", "Quick check", "References"):
        assert f"{heading} {page_of(pdf, heading)}" in contents


def test_the_pages_are_numbered_but_for_the_title(pdf: PdfReader) -> None:
    for number, page in enumerate(pdf.pages, start=1):
        assert (str(number) in page.extract_text().split()) == (number > 1)


def test_the_text_is_that_of_the_page(pdf: PdfReader) -> None:
    text = words(pdf)
    assert "The squared error is" in text
    assert "Huber, 1964" in text
    assert "Question 1." in text
    assert "(1.1)" in text


def test_the_pdf_is_tagged_and_says_its_language(pdf: PdfReader) -> None:
    assert pdf.root_object["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert str(pdf.root_object["/Lang"]) == "en"
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Loss Functions: derived, plotted, checked"


def test_all_fonts_are_embedded(pdf: PdfReader) -> None:
    fonts = [font.get_object() for page in pdf.pages for font in page["/Resources"].get("/Font", {}).values()]  # type: ignore[attr-defined]
    assert fonts
    for font in fonts:
        if font["/Subtype"] == "/Type3":  # its glyphs are drawings in the file
            continue
        descriptor = font.get("/DescendantFonts", [font])[0].get_object()["/FontDescriptor"].get_object()
        assert any(key.startswith("/FontFile") for key in descriptor), font


def test_links_within_the_book_lead_into_the_pdf(pdf: PdfReader) -> None:
    names = pdf.named_destinations
    inner, outer = set(), set()
    for page in pdf.pages:
        for annotation in page.get("/Annots", []):
            link = annotation.get_object()
            if "/Dest" in link:
                inner.add(str(link["/Dest"]))
            elif "/A" in link:
                outer.add(str(link["/A"].get("/URI", "")))
    assert {"/book-chapter", "/book-chapter--fig-parabola"} <= {
        name if name[0] == "/" else f"/{name}" for name in inner
    }
    assert inner <= {*names, *(f"/{name}" for name in names)}
    assert all(address.startswith("https://") for address in outer)


def test_each_id_is_there_once_and_each_reference_finds_it(book: Book) -> None:
    soup = BeautifulSoup(book.html_text(book.joined(), {}), "html.parser")
    ids = [str(node["id"]) for node in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    targets = {str(link["href"])[1:] for link in soup.select("a[href^='#']")}
    assert targets <= set(ids)
    labelled = {
        name for node in soup.select("[aria-labelledby]") for name in str(node["aria-labelledby"]).split()
    }
    assert labelled
    assert labelled <= set(ids)
    assert f"url(#{soup.select_one('clipPath, clippath')['id']})" in str(soup)  # type: ignore[index]


def test_parts_come_before_their_chapters(site: Path, tmp_path: Path) -> None:
    source = copy_tiny_book(tmp_path / "source")
    toc = source / "_toc.yml"
    text = toc.read_text(encoding="utf-8")
    part = "parts:\n  - caption: Basics\n    chapters:\n      - file: book/chapter\n"
    toc.write_text(text.replace("chapters:\n  - file: book/chapter\n", part), encoding="utf-8")
    book = Book(site, source)
    book.joined()
    assert [(entry.level, entry.text) for entry in book.entries] == [
        (1, "A tiny book"),
        (1, "Basics"),
        (2, "1. Chapter"),
        (3, "Quick check"),
        (3, "References"),
    ]


def test_a_book_that_is_not_built_is_named(site: Path, tmp_path: Path) -> None:
    done = print_book(tmp_path, tmp_path / "book.pdf", site.parents[1])
    assert done.returncode == 1
    assert "book/index.html is missing: build the book first" in done.stderr


@pytest.fixture
def dark_page(browser: Browser, site: Path) -> Iterator[Page]:
    """The chapter on a dark screen, as the browser shows it to the printer."""
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto((site / "book" / "chapter.html").as_uri())
    yield page
    context.close()


def test_a_page_prints_in_light_colours_and_is_dark_again_afterwards(dark_page: Page) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    dark = dark_page.evaluate(background)
    dark_page.evaluate(
        f"addEventListener('beforeprint', () => {{ document.body.dataset.printed = {background}; }})"
    )
    dark_page.pdf()
    assert dark_page.evaluate("document.body.dataset.printed") == "rgb(255, 255, 255)"
    assert dark_page.evaluate(background) == dark != "rgb(255, 255, 255)"


def test_a_printed_page_has_no_bars_and_nothing_beyond_its_right_edge(dark_page: Page) -> None:
    dark_page.evaluate(
        """() => {
          const code = document.createElement("pre");
          code.textContent = "a long line of code; ".repeat(20);
          document.querySelector(".bd-article").append(code);
        }"""
    )
    dark_page.set_viewport_size({"width": 660, "height": 980})  # the width of A4 without its margins
    dark_page.emulate_media(media="print")
    for bar in (".bd-sidebar-primary", ".bd-header-article", ".bd-footer-article", ".headerlink", ".copybtn"):
        assert dark_page.locator(f"{bar} >> visible=true").count() == 0, bar
    wide = dark_page.evaluate(
        """() => [...document.querySelectorAll(".bd-article *:not(svg *, math *)")]
          .filter((node) => node.getBoundingClientRect().left + node.scrollWidth > 661)
          .map((node) => node.outerHTML.slice(0, 80))"""
    )
    assert wide == []


def test_the_code_of_a_movable_figure_is_left_out_and_the_figure_stays(dark_page: Page) -> None:
    dark_page.emulate_media(media="print")
    assert not dark_page.locator(".cell.tag_movable .cell_input").is_visible()
    assert dark_page.locator("movable-figure svg").first.is_visible()
