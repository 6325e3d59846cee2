"""Buttons that run a page's notebook on Colab and Binder, once the settings name a repository."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from bs4 import BeautifulSoup

from tests.book.conftest import run_build


def launched(html: Path) -> dict[str, str]:
    """Where the launch buttons of the tiny book's chapter lead, by their text."""
    soup = BeautifulSoup((html / "book" / "chapter.html").read_text(encoding="utf-8"), "html.parser")
    links = soup.select(".dropdown-launch-buttons a")
    return {link.get_text().strip(): str(link["href"]) for link in links}


def test_with_a_repository_they_lead_to_the_notebook_in_the_branch_of_the_site(tiny_book: Path) -> None:
    config = tiny_book / "_config.yml"
    settings = config.read_text(encoding="utf-8")
    settings = settings.replace(
        'launch_repository: ""', "launch_repository: https://github.com/someone/losses"
    )
    config.write_text(settings, encoding="utf-8")
    done = run_build(tiny_book)
    assert done.returncode == 0, done.stdout + done.stderr
    html = tiny_book / "_build" / "html"
    assert launched(html) == {
        "Colab": "https://colab.research.google.com/github/someone/losses/blob/gh-pages/book/chapter.ipynb",
        "Binder": "https://mybinder.org/v2/gh/someone/losses/gh-pages?urlpath=lab%2Ftree%2Fbook%2Fchapter.ipynb",
    }
    assert (html / "book" / "chapter.ipynb").exists()
    needed = (html / "binder" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert needed[0] == f"numpy=={np.__version__}"
    assert [line.partition("==")[0] for line in needed] == ["numpy", "matplotlib"]


def test_without_one_there_are_none(site: Path) -> None:
    assert launched(site) == {}
    assert not (site / "binder").exists()
