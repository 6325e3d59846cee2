"""With an address, the site has a sitemap, cards for links, and a page for wrong addresses."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from book_ext.cards import draw
from bs4 import BeautifulSoup
from sphinx.util.images import get_image_size

from tests.book.conftest import Build, copy_tiny_book

ADDRESS = "https://losses.example.org/course"


@pytest.fixture(scope="module")
def site_with_address(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny book, built for an address below the root of its host."""
    from tests.book.conftest import run_build

    folder = copy_tiny_book(tmp_path_factory.mktemp("addressed"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOOK_URL", ADDRESS)
        done = run_build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "_build" / "html"


def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_the_sitemap_lists_every_page(site_with_address: Path) -> None:
    tree = ElementTree.parse(site_with_address / "sitemap.xml")
    places = {place.text for place in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    assert places == {f"{ADDRESS}/book/index.html", f"{ADDRESS}/book/chapter.html"}


def test_a_card_takes_words_as_they_are(tmp_path: Path) -> None:
    draw(tmp_path / "card.png", "Losses", r"From $5 to \foo$", "A sum of $10")
    assert get_image_size(str(tmp_path / "card.png")) == (1200, 630)


def test_a_shared_link_shows_title_description_and_a_picture(site_with_address: Path) -> None:
    page = parsed(site_with_address / "book" / "chapter.html")
    card = {str(tag["property"]): str(tag["content"]) for tag in page.select("meta[property]")}
    description = page.select_one("meta[name=description]")
    assert description is not None
    assert card["og:title"] == "Chapter"
    assert card["og:description"] == description["content"]
    assert card["og:url"] == f"{ADDRESS}/book/chapter.html"
    picture = site_with_address / card["og:image"].removeprefix(f"{ADDRESS}/")
    assert get_image_size(str(picture)) == (1200, 630)


def test_the_page_for_wrong_addresses_finds_its_files_from_anywhere(site_with_address: Path) -> None:
    page = parsed(site_with_address / "404.html")
    sheets = [str(link["href"]) for link in page.select("link[rel=stylesheet]")]
    assert sheets
    for sheet in sheets:
        assert sheet.startswith("/course/_static/")
        assert (site_with_address / sheet.removeprefix("/course/").split("?")[0]).exists()
    home = page.select_one("article a")
    assert home is not None
    assert home["href"] == "/course/index.html"


def test_without_an_address_nothing_pretends_to_know_it(site: Path) -> None:
    assert not (site / "sitemap.xml").exists()
    assert "og:url" not in (site / "book" / "chapter.html").read_text(encoding="utf-8")
    assert (site / "404.html").exists()


def test_half_an_address_is_refused(
    tiny_book: Path, build_book: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOK_URL", "losses.example.org")
    done = build_book(tiny_book)
    assert done.returncode != 0
    assert "the address of the site, 'losses.example.org', must be whole" in done.stdout + done.stderr
