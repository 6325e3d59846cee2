"""Reference lists whose labels read like the citations in the text: Huber, 1964."""

from __future__ import annotations

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.alpha import Style as AlphaStyle
from pybtex.style.labels.alpha import LabelStyle as AlphaLabels
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata


class AuthorYearLabels(AlphaLabels):  # type: ignore[misc]
    """Family names and year; entries that would share a label get a letter each."""

    def format_label(self, entry: Entry) -> str:
        """Write the label of one entry."""
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        names = [" ".join([*person.prelast_names, *person.last_names]) for person in people]
        if not names:
            who = entry.fields.get("key", entry.key)
        elif len(names) <= 2:
            who = " and ".join(names)
        else:
            who = f"{names[0]} et al."
        return f"{who}, {entry.fields.get('year', 'no year')}"


class AuthorYearStyle(AlphaStyle):  # type: ignore[misc]
    """The entries as in pybtex's alpha style, under author-year labels."""

    default_label_style = AuthorYearLabels


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the style under the name that _config.yml uses."""
    register_plugin("pybtex.style.formatting", "author_year", AuthorYearStyle)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
