"""Print the built book as one PDF: `python -m tools.pdf _build/html _build/pdf/book.pdf`.

The articles of the HTML pages are joined into one page, which Chromium prints: what stands on paper is what
stands on the screen, with the same numbers. Sphinx's own way to one page, `singlehtml`, would be a second
book: it numbers formulas and figures by other rules, knows no styles per page, and fails on the cards of
sphinx-design. LaTeX would need gigabytes, and could show neither quick checks nor movable figures.

Chromium prints twice, because the table of contents can show page numbers only once they are known.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import yaml
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import sync_playwright
from pypdf import PdfReader
from sphinx_external_toc.parsing import parse_toc_yaml

from tests.chromium import executable

ROOT = Path(__file__).resolve().parents[1]
REFERRING = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
"""Attributes that hold ids of other elements."""


class PdfError(Exception):
    """The book can't be printed; the message says why and what to do."""


@dataclass(frozen=True)
class Entry:
    """A line of the table of contents, and of the outline: a part, a page, or a section of a page."""

    level: int
    text: str
    target: str


class Book:
    """The HTML pages of a book, to be joined in the order of its table of contents."""

    def __init__(self, html: Path, source: Path) -> None:
        self.html = html.resolve()
        self.source = source
        self.config = yaml.safe_load((source / "_config.yml").read_text(encoding="utf-8"))
        self.parts = list(_parts(source / "_toc.yml"))
        self.docnames = [docname for _, docnames in self.parts for docname in docnames]
        self.entries: list[Entry] = []
        self.styles: list[str] = []

    def joined(self) -> BeautifulSoup:
        """Join the pages; fills in `entries` and `styles`."""
        joined = BeautifulSoup("<div></div>", "html.parser")
        body = joined.div
        assert body is not None
        for number, (caption, docnames) in enumerate(self.parts):
            if caption:
                body.append(self._part(joined, number, caption))
            for docname in docnames:
                body.append(self._page(docname, level=2 if caption else 1))
        return joined

    def _part(self, joined: BeautifulSoup, number: int, caption: str) -> Tag:
        part = joined.new_tag("div", attrs={"class": "pdf-part", "id": f"part-{number}"})
        heading = joined.new_tag("h1")
        heading.string = caption
        part.append(heading)
        self.entries.append(Entry(1, caption, f"part-{number}"))
        return part

    def _page(self, docname: str, level: int) -> Tag:
        """Take the article of a page, with ids and links that hold in the joined page."""
        path = self.html / f"{docname}.html"
        if not path.exists():
            raise PdfError(f"{path} is missing: build the book first, with `make book`")
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for link in soup.select("head link[rel=stylesheet]"):
            style = _address(path, str(link["href"]))
            if style not in self.styles:
                self.styles.append(style)
        article = soup.select_one("article.bd-article")
        if article is None:
            raise PdfError(f"{path} has no article: was it built with another theme?")
        for node in article.select("script, template, .headerlink"):
            node.decompose()
        for node in article.find_all(True):
            self._adapt(node, docname, path, level)
        article.name = "section"
        article["class"] = "pdf-page"
        article["id"] = _target(docname)
        article["style"] = f"page: {_page_name(docname)}"
        return article

    def _adapt(self, node: Tag, docname: str, path: Path, level: int) -> None:
        """Make an element fit into the joined page."""
        if re.fullmatch("h[1-5]", node.name):
            depth = int(node.name[1]) + level - 1
            node.name = f"h{depth}"
            section = node.find_parent("section")
            if depth <= level + 1:
                anchor = str(section["id"]) if section and depth > level else _target(docname)
                self.entries.append(Entry(depth, " ".join(node.get_text().split()), anchor))
        for name, value in list(node.attrs.items()):
            if name == "id":
                node["id"] = _target(docname, str(value))
            elif name in REFERRING:
                names = value if isinstance(value, list) else str(value).split()
                node[name] = " ".join(_target(docname, part) for part in names)
            elif name == "src" and not str(value).startswith("data:"):
                node["src"] = _address(path, str(value))
            elif name == "href" and node.name == "a":
                self._relink(node, docname)
            elif isinstance(value, str) and "url(#" in value:
                node[name] = re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{_target(docname, m[1])})", value)

    def _relink(self, link: Tag, docname: str) -> None:
        """Point a link into the joined page; a file of the site, such as a notebook, is no target here."""
        address = urlsplit(urljoin(f"{docname}.html", str(link["href"])))
        if address.scheme or address.netloc:
            return
        target = address.path.removesuffix(".html")
        if target in self.docnames:
            link["href"] = "#" + _target(target, address.fragment)
        else:
            del link["href"]

    def html_text(self, joined: BeautifulSoup, numbers: Mapping[str, int]) -> str:
        """Write the joined page, with page numbers in the table of contents as far as they are known."""
        title = escape(str(self.config["title"]))
        styles = [*self.styles, (ROOT / "tools" / "pdf.css").as_uri()]
        links = "".join(f'<link rel="stylesheet" href="{escape(style)}">' for style in styles)
        logo = (self.source / str(self.config["logo"])).resolve().as_uri()
        return (
            '<!DOCTYPE html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
            f"<title>{title}</title>{links}<style>{self._running_heads()}</style></head>"
            '<body><div class="bd-main"><div class="bd-content"><div class="bd-article-container">'
            f'<article class="bd-article"><div class="pdf-title"><img src="{logo}" alt="">'
            f'<p class="pdf-name">{title}</p><p>{escape(str(self.config["author"]))}</p>'
            f"{self.config['html']['extra_footer']}</div>"
            f'<div class="pdf-contents"><h1 id="contents">Contents</h1>{self._contents(numbers)}</div>'
            f"{joined}</article></div></div></div></body></html>"
        )

    def _contents(self, numbers: Mapping[str, int]) -> str:
        lines = []
        for entry in self.entries:
            number = numbers.get(entry.target, "")
            lines.append(
                f'<li class="pdf-level-{entry.level}"><a href="#{entry.target}">'
                f'<span>{escape(entry.text)}</span><span class="pdf-number">{number}</span></a></li>'
            )
        return f"<ul>{''.join(lines)}</ul>"

    def _running_heads(self) -> str:
        """A named page for each page of the book, with its title at the top."""
        rules = []
        titles = {entry.target: entry.text for entry in self.entries}
        for docname in self.docnames:
            title = titles[_target(docname)].replace("\\", "\\\\").replace('"', '\\"')
            rules.append(
                f'@page {_page_name(docname)} {{ @top-right {{ content: "{title}"; font: 9pt sans-serif; '
                "color: #444; } }"
            )
        return "".join(rules)


def _parts(toc: Path) -> Iterator[tuple[str, list[str]]]:
    """The parts of the book, each with its pages in order; the first holds what stands before all parts."""
    site = parse_toc_yaml(toc)
    yield "", [site.root.docname]

    def below(docname: str) -> Iterator[str]:
        for tree in site[docname].subtrees:
            for item in tree.items:
                if isinstance(item, str) and item in site:
                    yield item
                    yield from below(item)

    for tree in site.root.subtrees:
        docnames = [
            d for item in tree.items if isinstance(item, str) and item in site for d in (item, *below(item))
        ]
        yield tree.caption or "", docnames


def _target(docname: str, fragment: str = "") -> str:
    """The id in the joined page of an element of one page, or of the page."""
    name = docname.replace("/", "-")
    return f"{name}--{fragment}" if fragment else name


def _page_name(docname: str) -> str:
    return "page-" + re.sub(r"\W", "-", docname)


def _address(page: Path, reference: str) -> str:
    """Absolute address of a file that a page refers to."""
    return urljoin(page.as_uri(), reference)


def _page_numbers(pdf: Path) -> dict[str, int]:
    reader = PdfReader(pdf)
    return {
        name.removeprefix("/"): number + 1
        for name, destination in reader.named_destinations.items()
        if (number := reader.get_destination_page_number(destination)) is not None
    }


@contextlib.contextmanager
def _removed_afterwards(file: Path) -> Iterator[None]:
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def make_pdf(html: Path, source: Path, pdf: Path) -> None:
    """Print the pages in the folder `html`, built from `source`, to the file `pdf`."""
    chromium = executable()
    if chromium is None:
        raise PdfError("no Chromium to print with: run `make browser` first")
    book = Book(html, source)
    joined = book.joined()
    pdf.parent.mkdir(parents=True, exist_ok=True)
    page_file = pdf.with_suffix(".html").resolve()
    numbers: dict[str, int] = {}
    with _removed_afterwards(page_file), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(java_script_enabled=False)
        for _ in range(2):
            page_file.write_text(book.html_text(joined, numbers), encoding="utf-8")
            page.goto(page_file.as_uri())
            page.pdf(path=pdf, prefer_css_page_size=True, print_background=True, outline=True, tagged=True)
            numbers = _page_numbers(pdf)
        browser.close()


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Print the built book as one PDF.")
    parser.add_argument("html", type=Path, help="folder of the built pages, such as _build/html")
    parser.add_argument("pdf", type=Path, help="file to write, such as _build/pdf/book.pdf")
    parser.add_argument("--source", type=Path, default=ROOT, help="folder of _config.yml and _toc.yml")
    arguments = parser.parse_args()
    try:
        make_pdf(arguments.html, arguments.source, arguments.pdf)
    except PdfError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
