"""A clean notebook of every page with code: what the page shows, to run wherever numpy and matplotlib are.

It is written beside the page (`book/regression/squared-error.ipynb`) from the page as Sphinx resolved it, and
holds no output: whoever opens it runs it. Cells tagged `movable` stay in the page, where the sliders are.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from docutils import nodes
from myst_nb.core.read import create_nb_reader  # type: ignore[import-untyped]
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from autograder.notebooks import new_cell, new_notebook, notebook_text

from . import markdown
from .notebook_writer import PageWriter, is_code_cell

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
MOVABLE = "movable"
HIDDEN_TAGS = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
PAGE_TAGS = HIDDEN_TAGS | {"hide-output", "remove-output", "scroll-output", "live", "no-live"}
"""Tags that say how the page shows a cell, which means nothing to a notebook."""

Parts = tuple[str, str, dict[str, Any]]
"""Type, source and metadata of a cell."""


def notebook_path(app: Sphinx, docname: str) -> Path:
    """Where the notebook of a page is: beside the page."""
    return Path(app.outdir) / f"{docname}.ipynb"


def has_notebook(page: nodes.document) -> bool:
    """Whether a page has code cells, and so a notebook."""
    return next(page.findall(is_code_cell), None) is not None


def clean_notebook(app: Sphinx, docname: str, page: nodes.document) -> NotebookNode:
    """Make the notebook of a page."""
    writer = PageWriter(
        app.env.toc_fignumbers.get(docname, {}),
        app.config.numfig_format,
        _address(app, docname),
        Path(app.srcdir),
    )
    parts = list(_parts(writer, page, _code_cells(app, docname), _address(app, docname)))
    cells = [
        new_cell(kind, source, f"cell-{number}", metadata)
        for number, (kind, source, metadata) in enumerate(parts, start=1)
    ]
    for name, data in writer.attachments.items():
        for cell in cells:
            if f"(attachment:{name})" in cell.source:
                cell.setdefault("attachments", {})[name] = data
    return new_notebook(cells, METADATA)


def _address(app: Sphinx, docname: str) -> str | None:
    """Absolute address of a page, if html_baseurl says where the site is."""
    base = app.config.html_baseurl
    return urljoin(base.rstrip("/") + "/", app.builder.get_target_uri(docname)) if base else None


def _code_cells(app: Sphinx, docname: str) -> dict[int, NotebookNode]:
    """Read the code cells of a page's source, under the positions that the page knows them by."""
    path = app.env.doc2path(docname)
    text = Path(path).read_text(encoding="utf-8")
    settings: Any = app.env  # where MyST keeps them
    reader = create_nb_reader(path, settings.myst_config, settings.mystnb_config, text)
    return {i: cell for i, cell in enumerate(reader.read(text).cells) if cell.cell_type == "code"}


def _parts(
    writer: PageWriter, page: nodes.document, code: dict[int, NotebookNode], address: str | None
) -> Iterator[Parts]:
    place = "the page" if address is None else markdown.link("the page", address)
    for piece in writer.pieces(page):
        if isinstance(piece, str):
            yield "markdown", piece, {}
            continue
        movable = _is_movable(code[piece["cell_index"]])
        yield from _code_up_to(code, piece["cell_index"])
        for figure in piece.findall(nodes.figure):
            lead = f"*Movable figure: see {place}.* " if movable else ""
            yield "markdown", lead + writer.caption(figure), {}
    yield from _code_up_to(code, max(code, default=0))


def _code_up_to(code: dict[int, NotebookNode], position: int) -> Iterator[Parts]:
    """Take what is due; a cell that the page does not show is due too, because later ones may need it."""
    for i in [i for i in code if i <= position]:
        cell = code.pop(i)
        if not _is_movable(cell):
            yield "code", cell.source, _metadata(cell)


def _is_movable(cell: NotebookNode) -> bool:
    return MOVABLE in cell.metadata.get("tags", [])


def _metadata(cell: NotebookNode) -> dict[str, Any]:
    tags = cell.metadata.get("tags", [])
    kept = [tag for tag in tags if tag not in PAGE_TAGS]
    folded = not HIDDEN_TAGS.isdisjoint(tags)
    return ({"tags": kept} if kept else {}) | ({"jupyter": {"source_hidden": True}} if folded else {})


def write_notebook(app: Sphinx, page: nodes.document, docname: str) -> None:
    """Write the notebook of a page that has code, and remove that of a page that has none any more."""
    if app.builder.format != "html":
        return
    path = notebook_path(app, docname)
    if not has_notebook(page):
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook_text(clean_notebook(app, docname, page)), encoding="utf-8")


def add_buttons(
    app: Sphinx, docname: str, template: str, context: dict[str, Any], page: nodes.document | None
) -> None:
    """Offer the notebook and the print in the header of a page, where the theme would offer its source."""
    if page is None:
        return
    buttons = [
        {
            "type": "javascript",
            "javascript": "window.print()",
            "text": ".pdf",
            "tooltip": "Print to PDF",
            "icon": "fas fa-file-pdf",
            "label": "download-pdf-button",
        }
    ]
    if has_notebook(page):
        buttons.insert(
            0,
            {
                "type": "link",
                "url": f"{Path(docname).name}.ipynb",
                "text": ".ipynb",
                "tooltip": "Download notebook",
                "icon": "fas fa-code",
                "label": "download-notebook-button",
            },
        )
    group = {
        "type": "group",
        "tooltip": "Download this page",
        "icon": "fas fa-download",
        "buttons": buttons,
        "label": "download-buttons",
    }
    context["header_buttons"].insert(0, group)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.connect("doctree-resolved", write_notebook, priority=900)  # after whatever else changes the page
    app.connect("html-page-context", add_buttons, priority=600)  # after the theme's own buttons
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
