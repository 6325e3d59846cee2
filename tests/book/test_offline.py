"""The built site asks no other host for anything, and its formulas are drawn all the same."""

from __future__ import annotations

import re
from pathlib import Path

from bs4 import BeautifulSoup
from playwright.sync_api import Page, expect

LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


def test_no_page_names_another_host_to_load_from(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    foreign = []
    for path in pages:
        soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for tag, attribute in LOADS.items():
            sources = [str(node.get(attribute, "")) for node in soup.find_all(tag)]
            foreign += [(path.name, source) for source in sources if re.match(r"(https?:)?//", source)]
    assert site / "book" / "chapter.html" in pages
    assert foreign == []


def test_formulas_are_drawn_by_the_sites_own_mathjax(page: Page, address: str) -> None:
    page.goto(address)
    formula = page.locator("mjx-container").first
    expect(formula).to_be_visible()
    expect(formula.locator("mjx-assistive-mml math")).to_have_count(1)
    tab_stops = page.locator("mjx-container[tabindex='0']")
    expect(tab_stops).to_have_count(0)


def test_every_file_that_mathjax_may_load_is_in_the_site(site: Path) -> None:
    mathjax = site / "_static" / "mathjax"
    assert (mathjax / "output" / "chtml" / "fonts" / "woff-v2" / "MathJax_Main-Regular.woff").exists()
    assert (mathjax / "input" / "tex" / "extensions" / "cancel.js").exists()
    assert sum(path.stat().st_size for path in mathjax.rglob("*") if path.is_file()) < 3_000_000


def test_a_rarely_used_tex_command_finds_its_extension(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("mjx-container").first).to_be_visible()
    page.evaluate(
        r"""() => {
          const p = document.createElement("p");
          p.id = "rare";
          p.className = "math";
          p.textContent = "\\(\\cancel{x} + \\boldsymbol{y}\\)";
          document.querySelector("article").append(p);
          return MathJax.typesetPromise([p]);
        }"""
    )
    expect(page.locator("#rare mjx-menclose")).to_have_count(1)
    expect(page.locator("#rare mjx-merror")).to_have_count(0)


def test_the_launcher_of_remote_kernels_is_left_out(site: Path) -> None:
    text = (site / "book" / "chapter.html").read_text(encoding="utf-8")
    assert "THEBE_JS_URL" not in text
    assert "sphinx-thebe.js" not in text


def test_scripts_go_only_to_the_pages_that_use_them(site: Path) -> None:
    chapter = (site / "book" / "chapter.html").read_text(encoding="utf-8")
    index = (site / "book" / "index.html").read_text(encoding="utf-8")
    for name in ("quick-check", "movable-figure"):
        assert f"{name}.js" in chapter
        assert f"{name}.css" in chapter
        assert name not in index


def test_references_carry_the_label_of_the_citation(chapter: BeautifulSoup) -> None:
    cited = chapter.select_one("p .citation, p a.internal[href='#huber1964'], p a[href^='#id']")
    assert cited is not None
    label = chapter.select_one(".citation .label, dt.label")
    assert label is not None
    assert "Huber, 1964" in cited.get_text()
    assert "Huber, 1964" in label.get_text()
