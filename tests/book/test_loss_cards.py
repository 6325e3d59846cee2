"""Every loss has a card, written from its record, and finds its way to the chapter that teaches it."""

from __future__ import annotations

import dataclasses
import pickle
import re
from pathlib import Path

import pytest
import yaml
from book_ext.loss_cards import card, comparison, displayed, guide, index, label, parts
from book_ext.loss_words import Vocabulary, Words, read_words
from book_ext.maths import mathml
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Page, expect

from solutions import LOSSES

from .conftest import ROOT, Build

WORDS_FILE = ROOT / "book" / "reference" / "loss-cards.yml"
CARDS = "book/reference/cards"


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return read_words(WORDS_FILE)


@pytest.fixture(scope="module")
def cards(built_book: Path) -> dict[str, Tag]:
    """The sections of the built pages that are cards, by the name of the loss."""
    pages = [
        BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted((built_book / CARDS).glob("*.html"))
    ]
    return {
        name: section
        for name in LOSSES
        for page in pages
        for section in page.select(f"section:has(> h2):is(#{label(name)}, :has(> #{label(name)}))")
    }


def pages_of_the_book() -> set[str]:
    text = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    return set(re.findall(r"(?:file|root): (\S+)", text))


def letters(text: str) -> str:
    """A formula's signs, without the spaces and punctuation that move between builds."""
    return re.sub(r"[\s,.;:\u2061-\u2064\u200a\u2009]", "", text)


def formula_text(tex: str) -> str:
    source = displayed(tex).strip("$ ")
    return letters(BeautifulSoup(mathml(source, display=True), "html.parser").get_text())


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_has_a_card_with_its_formula_and_gradient(cards: dict[str, Tag], name: str) -> None:
    card = cards[name]
    shown = [letters(formula.get_text()) for formula in card.select("div.math math")]
    assert formula_text(LOSSES[name].formula) in shown
    assert formula_text(LOSSES[name].gradient) in shown


@pytest.mark.parametrize("name", LOSSES)
def test_a_card_shows_all_that_the_record_knows(cards: dict[str, Tag], name: str) -> None:
    loss, text = LOSSES[name], cards[name].get_text()
    for framework, other in loss.frameworks.items():
        assert f"{framework}: {other.name}. " in text
    items = len(loss.frameworks) + len(loss.pitfalls) + len(loss.sources)
    assert len(cards[name].select(".loss-card li")) == items


def test_no_mark_of_the_source_is_left_in_a_card(cards: dict[str, Tag]) -> None:
    for name, section in cards.items():
        pieces = [piece for piece in section.find_all(string=True) if not piece.find_parent(["code", "math"])]
        assert not re.search(r"[$\\`]|\{|\*\*|:::|\]\(", "".join(pieces)), name


def test_the_table_links_every_card_and_no_formula_is_lost(built_book: Path) -> None:
    page = BeautifulSoup((built_book / "book/reference/loss-cards.html").read_text("utf-8"), "html.parser")
    rows = page.select("#i-need-the-formula-for tbody tr")
    assert len(rows) == len(LOSSES)
    linked = {str(row.a["href"]).split("#")[1]: row for row in rows if row.a is not None}
    assert linked.keys() == {label(name) for name in LOSSES}
    for name, loss in LOSSES.items():
        cell = letters(linked[label(name)].select("td")[1].get_text())
        in_table = [BeautifulSoup(mathml(part), "html.parser").get_text() for part in parts(loss.formula)]
        assert cell.replace("∥", "‖").replace("∣", "|") == letters("".join(in_table)).replace(
            "∥", "‖"
        ).replace("∣", "|")


def test_a_card_links_the_chapter_that_teaches_the_loss_if_there_is_one(
    cards: dict[str, Tag], vocabulary: Vocabulary
) -> None:
    pages = pages_of_the_book()
    assert vocabulary.losses["mse"].chapter in pages
    for name, words in vocabulary.losses.items():
        links = [link for link in cards[name].select("dd a") if "Taught in" in str(link.find_previous("dt"))]
        assert len(links) == (words.chapter in pages), name
        for link in links:
            assert str(link["href"]) == "../../" + words.chapter.removeprefix("book/") + ".html"


def test_the_chapters_that_are_to_come_have_the_names_of_parts(vocabulary: Vocabulary) -> None:
    parts_of_the_course = (
        "foundations|regression|classification|distributions|representation|structure|practice"
    )
    for words in vocabulary.losses.values():
        assert re.fullmatch(rf"(book/({parts_of_the_course})/[a-z-]+)?", words.chapter)


def test_two_clicks_lead_from_the_first_page_to_a_card(page: Page, served_book: str) -> None:
    page.goto(f"{served_book}/book/index.html")
    page.get_by_role("link", name="Find a formula").click()
    page.get_by_role("link", name="Huber loss", exact=True).first.click()
    expect(page.get_by_role("heading", name="Huber loss", exact=False).first).to_be_in_viewport()
    assert page.url.endswith("cards/regression.html#loss-huber")


@pytest.mark.parametrize(
    ("words", "family"),
    [("quantile loss", "regression"), ("SimCLR", "contrastive"), ("Kullback", "divergences")],
)
def test_a_search_for_another_name_finds_the_cards(
    page: Page, served_book: str, words: str, family: str
) -> None:
    page.goto(f"{served_book}/search.html?q={words}", wait_until="networkidle")
    expect(page.locator(f"ul.search li a[href*='cards/{family}']").first).to_be_visible()


def test_every_name_of_a_loss_stands_in_the_index(built_book: Path, vocabulary: Vocabulary) -> None:
    page = BeautifulSoup((built_book / "genindex.html").read_text(encoding="utf-8"), "html.parser")
    entries = {link.get_text() for link in page.select(".indextable a")}
    for words in vocabulary.losses.values():
        for name in (words.title, *words.also):
            assert name.split(",")[0].replace("'", "’") in {entry.replace("'", "’") for entry in entries}


def test_a_changed_record_changes_its_card_and_the_tables(vocabulary: Vocabulary) -> None:
    words = vocabulary.losses["huber"]
    before = card(LOSSES["huber"], words, lambda page: False)
    changes: dict[str, object] = {
        "formula": "r^{77}",
        "gradient": "77 r",
        "domain": "77 kinds of numbers",
        "noise_model": "the 77th density",
        "minimiser": "the 77 per cent quantile",
        "convex": False,
        "lipschitz": None,
        "stable_form": "77 + r",
        "frameworks": {},
        "pitfalls": ("There are 77.",),
        "sources": ("Seventy-Seven (1977)",),
    }
    for field, value in changes.items():
        changed = dataclasses.replace(LOSSES["huber"], **{field: value})  # type: ignore[arg-type]
        assert card(changed, words, lambda page: False) != before, field
    changed = dataclasses.replace(LOSSES["huber"], formula="r^{77}")
    assert "$r^{77}$" in index({**LOSSES, "huber": changed}, vocabulary)
    assert "$r^{77}$" in comparison([changed], vocabulary)


def test_a_guide_says_when_to_take_a_loss_and_what_it_estimates(vocabulary: Vocabulary) -> None:
    lines = ["huber: a few targets are wild", ""]
    table = guide(lines, LOSSES, vocabulary)
    assert "| a few targets are wild | {ref}`Huber loss <loss-huber>` | a centre of its own" in table
    changed = dataclasses.replace(LOSSES["huber"], minimiser="the 77 per cent quantile")
    assert "the 77 per cent quantile" in guide(lines, {"huber": changed}, vocabulary)
    for wrong in ("hubert: it is wild", "huber", "huber:"):
        with pytest.raises(ValueError, match=f"'{wrong}'"):
            guide([wrong], LOSSES, vocabulary)


def test_the_guide_of_the_book_offers_losses_of_every_family(vocabulary: Vocabulary) -> None:
    text = (ROOT / "book" / "practice" / "choosing-a-loss.md").read_text(encoding="utf-8")
    tables = re.findall(r"^```\{loss-guide\}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    names = [line.split(":")[0] for table in tables for line in table.splitlines()]
    assert len(names) == len(set(names)) >= 40
    assert {LOSSES[name].family for name in names} == set(vocabulary.families) - {"numerics"}


def test_a_card_links_only_a_chapter_that_exists() -> None:
    words = Words(title="Huber loss", output="a number", chapter="book/regression/robust-losses")
    assert "robust-losses" not in card(LOSSES["huber"], words, lambda page: False)
    assert "{doc}`/book/regression/robust-losses`" in card(LOSSES["huber"], words, lambda page: True)


def test_words_for_a_loss_that_does_not_exist_and_missing_ones_are_named(tmp_path: Path) -> None:
    data = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    data["losses"]["hubert"] = data["losses"].pop("huber")
    changed = tmp_path / "words.yml"
    changed.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(ValueError, match=r"words\.yml and solutions\.LOSSES differ in huber, hubert"):
        read_words(changed)


def test_a_page_of_cards_is_written_again_when_what_it_is_written_from_changes(
    tiny_book: Path, build_book: Build
) -> None:
    reference = tiny_book / "book" / "reference"
    reference.mkdir()
    (reference / "loss-cards.yml").write_bytes(WORDS_FILE.read_bytes())
    (tiny_book / "book" / "cards.md").write_text(
        "# Cards\n\n```{loss-cards} ranking\n```\n", encoding="utf-8"
    )
    toc = tiny_book / "_toc.yml"
    toc.write_text(toc.read_text(encoding="utf-8").rstrip() + "\n  - file: book/cards\n", encoding="utf-8")
    done = build_book(tiny_book)
    assert done.returncode == 0, done.stdout + done.stderr
    page = tiny_book / "_build" / "html" / "book" / "cards.html"
    assert "ListNet loss" in page.read_text(encoding="utf-8")
    memory = tiny_book / "_build" / ".doctrees" / "environment.pickle"
    watched = pickle.loads(memory.read_bytes()).dependencies["book/cards"]
    for file in ("_toc.yml", "book/reference/loss-cards.yml", "solutions/records/ranking.py"):
        assert any(path.endswith(file) for path in watched), file

    words = reference / "loss-cards.yml"
    words.write_text(words.read_text(encoding="utf-8").replace("ListNet loss", "Loss of ListNet"), "utf-8")
    done = build_book(tiny_book)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Loss of ListNet" in page.read_text(encoding="utf-8")

    (tiny_book / "book" / "cards.md").write_text("# Cards\n\n```{loss-cards} rank\n```\n", encoding="utf-8")
    done = build_book(tiny_book)
    assert done.returncode != 0
    assert "loss-cards does not know rank, only regression" in done.stdout + done.stderr


@pytest.mark.parametrize("name", LOSSES)
def test_the_chapter_of_a_loss_names_it(vocabulary: Vocabulary, name: str) -> None:
    chapter = vocabulary.losses[name].chapter
    assert chapter in pages_of_the_book()
    assert re.search(rf"\b{name}\b", (ROOT / f"{chapter}.md").read_text(encoding="utf-8"))
