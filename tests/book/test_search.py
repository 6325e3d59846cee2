"""The search works from a server and from a folder, and knows the other names of things."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect


@pytest.mark.parametrize(
    ("words", "page_title"), [("huber", "Squared error"), ("log loss", "Glossary"), ("MSE", "Squared error")]
)
@pytest.mark.parametrize("way", ["http", "file"])
def test_a_search_finds_the_page(
    page: Page, built_book: Path, served_book: str, way: str, words: str, page_title: str
) -> None:
    page.goto(f"{served_book if way == 'http' else built_book.as_uri()}/book/index.html")
    page.keyboard.press("Control+k")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    results = page.locator("ul.search li")
    expect(results.filter(has_text=page_title).first).to_be_visible()
