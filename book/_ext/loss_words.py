"""What pages say about losses beyond their records: titles, other names, the chapters that teach them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from solutions import LOSSES
from solutions.loss import Loss


@dataclass(frozen=True)
class Words:
    """What a page says about a loss besides its record.

    Attributes
    ----------
    title
        Its name in the text.
    output
        What the last layer of the model gives to it.
    also
        Other names, which the search and the index then find.
    chapter
        The page that teaches it, which need not exist yet; empty if none will.
    """

    title: str
    output: str
    also: tuple[str, ...] = ()
    chapter: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """The titles of the families, and the words for each loss."""

    families: Mapping[str, str]
    losses: Mapping[str, Words]


def read_words(path: Path, losses: Mapping[str, Loss] = LOSSES) -> Vocabulary:
    """Read the words; raise a ValueError that names the losses which lack them or don't exist."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    if unequal := sorted(data["losses"].keys() ^ losses.keys()):
        raise ValueError(f"{path.name} and solutions.LOSSES differ in {', '.join(unequal)}")
    words = {
        name: Words(
            entry["title"],
            entry.get("output", data["families"][losses[name].family]["output"]),
            tuple(entry.get("also", ())),
            entry.get("chapter", ""),
        )
        for name, entry in data["losses"].items()
    }
    return Vocabulary({name: entry["title"] for name, entry in data["families"].items()}, words)
