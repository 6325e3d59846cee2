"""The chapters' cells are executed before Sphinx reads the pages: side by side, and only where it matters.

What a chapter's cells gave is kept in `.executed`, beside the HTML folder, in one file per chapter. It is
used again as long as the code cells and their tags, the kernel, the versions in `EXECUTED_WITH` and the
source of every local module that was loaded are the same. Which modules those are is asked of the kernel
once the cells have run, so imports within imports count, and so do imports by computed names. Other files
that a cell opens are not watched.

This replaces jupyter-cache, which MyST-NB can use by itself. Its key is fixed to code and kernel: it sees
neither a changed module nor a tag such as `raises-exception`; its notebooks for download lack the outputs;
and two builds can write over each other's records. Here the function that MyST-NB executes a notebook with
is wrapped instead, so that a page can't tell a remembered chapter from one that ran now. Threads are enough
to run chapters side by side, since each kernel is a process of its own; one process handing out their ports
keeps two kernels from getting the same one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat
from jupyter_cache.executors.utils import (  # type: ignore[import-untyped]
    ExecutionResult,
    single_nb_execution,
)
from myst_nb.core.execute import create_client, direct  # type: ignore[import-untyped]
from myst_nb.core.read import create_nb_reader  # type: ignore[import-untyped]
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import SphinxError
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

FOLDER = ".executed"
LOCAL_FILES = "local_files"
"""Key in a page's metadata: the local modules that its cells loaded, with digests."""

EXECUTED_WITH = {
    "Python": sys.version,
    **{name: version(name) for name in ("numpy", "matplotlib", "ipykernel", "ipython")},
}

FROM_KERNEL = ("language_info", "widgets")
"""Metadata of a notebook that come from its execution."""

MIME = "application/x-local-files"
LIST_LOCAL_FILES = f"""\
import os, sys, sysconfig
from IPython.display import display

names = "stdlib", "platstdlib", "purelib", "platlib"
installed = tuple(sysconfig.get_path(name) + os.sep for name in names)
files = {{getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}}
display({{"{MIME}": sorted(file for file in files if file and not file.startswith(installed))}}, raw=True)
"""


class CellFailedError(SphinxError):
    """A cell of a chapter raised, took too long, or ended its kernel."""

    category = "A chapter does not run"


class Executions:
    """What the chapters of one build gave, remembered or run now."""

    def __init__(self, app: Sphinx) -> None:
        self._app = app
        self._folder = Path(app.outdir).parent / FOLDER

    def run(
        self, docname: str, notebook: NotebookNode, *, allow_errors: bool, **options: Any
    ) -> ExecutionResult:
        """Fill in the outputs of a notebook; raise a CellFailedError that says where it failed."""
        key = _key(notebook, allow_errors)
        path = self._folder / f"{docname}.json"
        record = _recall(path, key)
        if record is None:
            record = self._execute(docname, notebook, allow_errors=allow_errors, **options) | {"key": key}
            _write(path, record)
        code_cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for cell, executed in zip(code_cells, record["cells"], strict=True):
            cell.update(nbformat.from_dict(executed))  # type: ignore[no-untyped-call]
        notebook.metadata.update(record["metadata"])
        if docname == self._app.env.temp_data.get("docname"):
            self._app.env.metadata[docname][LOCAL_FILES] = record["files"]
        return ExecutionResult(notebook, options["cwd"], record["seconds"])

    def _execute(self, docname: str, notebook: NotebookNode, **options: Any) -> dict[str, Any]:
        """Run the cells, and then one more that lists the local modules that they loaded."""
        started = time.time()
        last_cell = -1

        def note(cell: NotebookNode, cell_index: int) -> None:
            nonlocal last_cell
            last_cell = cell_index

        probe = nbformat.v4.new_code_cell(LIST_LOCAL_FILES)  # type: ignore[no-untyped-call]
        notebook.cells.append(probe)
        try:
            result = single_nb_execution(notebook, on_cell_start=note, **options)
            error = result.err
        except Exception as raised:  # such as a kernel that died
            error = raised
        notebook.cells.remove(probe)
        if error is not None:
            path = Path(self._app.env.doc2path(docname))
            raise CellFailedError(_explain(path, notebook, last_cell, error)) from error
        logger.info("executed %s in %.1f s", docname, result.time)
        files = [Path(file) for output in probe.outputs for file in output.get("data", {}).get(MIME, [])]
        return {
            "cells": [
                {"execution_count": cell.execution_count, "outputs": cell.outputs}
                for cell in notebook.cells
                if cell.cell_type == "code"
            ],
            "metadata": {name: notebook.metadata[name] for name in FROM_KERNEL if name in notebook.metadata},
            # A file that was edited meanwhile may have been loaded as it was before: it gets no digest.
            "files": {
                str(file): "" if started <= file.stat().st_mtime <= time.time() else _digest(file)
                for file in files
                if file.exists()
            },
            "seconds": result.time,
        }

    def install(self, app: Sphinx) -> None:
        """Let MyST-NB execute notebooks through this object."""

        def execute(nb: NotebookNode, **options: Any) -> ExecutionResult:
            return self.run(app.env.docname, nb, **options)

        direct.single_nb_execution = execute

    def uninstall(self, app: Sphinx, error: Exception | None) -> None:
        """Let MyST-NB execute notebooks as it did before."""
        direct.single_nb_execution = single_nb_execution

    def run_all(self, app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
        """Execute the chapters among the pages that Sphinx is going to read; raise when one fails."""
        clients = {docname: client for docname in docnames if (client := _client(env, docname))}

        def run(docname: str) -> str:
            client = clients[docname]
            try:
                self.run(
                    docname,
                    client.notebook,
                    cwd=str(client.path.parent),
                    timeout=client.nb_config.execution_timeout,
                    allow_errors=client.nb_config.execution_allow_errors,
                )
            except CellFailedError as error:
                return str(error)
            return ""

        with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 1)) as pool:
            failures = [failure for failure in pool.map(run, clients) if failure]
        if failures:
            raise CellFailedError("\n\n".join(failures))


def find_outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Name the pages whose cells loaded a local module that is another now."""
    known = env.found_docs - added - changed
    return [name for name in known if not _are_unchanged(env.metadata.get(name, {}).get(LOCAL_FILES, {}))]


def _client(env: Any, docname: str) -> direct.NotebookClientDirect | None:
    """What MyST-NB would execute a page with, or None where it would not execute anything."""
    path = env.doc2path(docname)
    text = Path(path).read_text(encoding="utf-8")
    reader = create_nb_reader(path, env.myst_config, env.mystnb_config, text)
    if reader is None:
        return None
    notebook = reader.read(text)
    config = env.mystnb_config.copy(**notebook.metadata.get(env.mystnb_config.metadata_key, {}))
    client = create_client(notebook, path, config, logger)
    return client if isinstance(client, direct.NotebookClientDirect) else None


def _key(notebook: NotebookNode, allow_errors: bool) -> str:
    """Digest of all that decides, local modules aside, what the cells give."""
    parts = {
        "cells": [
            (cell.source, cell.metadata.get("tags", []))
            for cell in notebook.cells
            if cell.cell_type == "code"
        ],
        "kernel": notebook.metadata.get("kernelspec", {}).get("name"),
        "options": [notebook.metadata.get("execution"), allow_errors],
        "executed with": EXECUTED_WITH,
        "listing": LIST_LOCAL_FILES,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _recall(path: Path, key: str) -> dict[str, Any] | None:
    """Return what is remembered, if it was made from the same code and the same modules."""
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return record if record["key"] == key and _are_unchanged(record["files"]) else None


def _write(path: Path, record: Mapping[str, Any]) -> None:
    """Replace a record as a whole, so that a build at the same time reads the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        json.dump(record, file)
    os.replace(file.name, path)


def _are_unchanged(files: Mapping[str, str]) -> bool:
    return all(Path(file).exists() and _digest(Path(file)) == digest for file, digest in files.items())


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _explain(path: Path, notebook: NotebookNode, index: int, error: Exception) -> str:
    """Say which cell of which file failed, on which line, and how."""
    text = error.traceback if isinstance(error, CellExecutionError) else str(error)
    text = re.sub(r"\x1b\[[0-9;]*m", "", text).strip()  # without colours
    code_cells = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    if index not in code_cells:
        return f"{path}: {text}"
    # The outermost frame is the failing cell's, even when the error was raised in a function of another cell.
    frame = re.search(r"Cell In\[\d+\], line (\d+)", text)
    line = _line(path, notebook, index, int(frame[1]) if frame else 1)
    where = f"{path}:{line}" if line else str(path)
    return f"{where}: code cell {code_cells.index(index) + 1} of {len(code_cells)} failed\n\n{text}"


def _line(path: Path, notebook: NotebookNode, index: int, line_in_cell: int) -> int | None:
    """Find the line of a text notebook at which a line of a cell stands."""
    starts: Collection[int] | None = notebook.metadata.get("source_map")
    if starts is None:
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    code = notebook.cells[index].source.splitlines()
    for first in range(
        list(starts)[index], len(lines)
    ):  # the cell's options stand between its start and its code
        if lines[first : first + len(code)] == code:
            return first + line_in_cell
    return None


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    executions = Executions(app)
    app.connect("builder-inited", executions.install)
    app.connect("env-get-outdated", find_outdated)
    app.connect("env-before-read-docs", executions.run_all)
    app.connect("build-finished", executions.uninstall)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
