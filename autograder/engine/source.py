"""The source notebook as the engine sees it: which cells are tests, and which names a student must define.

Nothing here comes from a student.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import json
import symtable
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from IPython.core.inputtransformer2 import TransformerManager

from autograder.errors import AutograderError

_AUTOTEST = ("### AUTOTEST", "### HASHED AUTOTEST")
# The magics that a test may use, because it is the same test without them.
_SETTINGS = {"matplotlib", "config", "load_ext", "reload_ext", "autoreload", "precision"}
Kind = Literal["test", "locked", "solution", "manual", "plain", "text"]


@dataclass(frozen=True)
class SourceCell:
    """One cell of the source notebook.

    `kind` is "test" (locked, graded by running), "locked" (code that students can't change), "solution" (code
    that students write), "manual" (code that is marked by hand), "plain" (code without nbgrader metadata) or
    "text" (markdown and raw). `grade_id` is None without nbgrader metadata.
    """

    id: str
    kind: Kind
    source: str
    grade_id: str | None
    max_points: float
    cell: Mapping[str, Any]


@dataclass(frozen=True)
class SourceNotebook:
    """A source notebook: `name`, its cells, and its own text as JSON (`digest` tells versions apart)."""

    name: str
    cells: tuple[SourceCell, ...]
    metadata: Mapping[str, Any]
    digest: str

    @cached_property
    def max_points(self) -> dict[str, float]:
        """The test cells by grade id, in order, each with the most it can be worth."""
        return {
            cell.grade_id: cell.max_points
            for cell in self.cells
            if cell.kind == "test" and cell.grade_id is not None
        }

    @cached_property
    def exports(self) -> tuple[str, ...]:
        """The names that the student's code may give to the tests, and no other name.

        They are what the reference solution binds at the top level of its cells, by anything but an import,
        and what the problem statements declare (`defines`).
        """
        names: dict[str, None] = {}
        for cell in self.cells:
            declared = cell.cell.get("metadata", {}).get("problem", {}).get("defines", ())
            names.update(dict.fromkeys(declared))
            if cell.kind in ("solution", "manual"):
                names.update(dict.fromkeys(sorted(_bound_names(python_source(cell.source)))))
        return tuple(name for name in names if not name.startswith("__"))

    @cached_property
    def preparation(self) -> tuple[tuple[str, str], ...]:
        """What the examiner runs besides the tests: cell ids and Python texts, in order.

        They are the locked and plain cells whose names a test needs, and the imports of the reference
        solution, which tests may rely on under nbgrader.
        """
        needed: set[str] = set()
        for cell in self.cells:
            if cell.kind == "test":
                needed |= _free_names(python_source(cell.source))
        chosen: list[tuple[str, str]] = []
        for cell in reversed(self.cells):
            text = _prepared(cell)
            if text is not None and _bound_names(text, imports=True) & needed:
                needed |= _free_names(text)
                chosen.append((cell.id, text))
        return tuple(reversed(chosen))

    @cached_property
    def modules(self) -> tuple[str, ...]:
        """The modules that every student's notebook imports, in cells around the student's own."""
        texts = [_prepared(cell) for cell in self.cells if cell.kind in ("locked", "plain")]
        return tuple(dict.fromkeys(name for text in texts if text for name in imported_modules(text)))


def imported_modules(text: str) -> list[str]:
    """Name the modules that a Python text imports, also in its functions, and what may be one."""
    names: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def _prepared(cell: SourceCell) -> str | None:
    """Give what of a cell the examiner may need, as Python; None if nothing."""
    if cell.kind in ("test", "text"):
        return None
    text = python_source(cell.source)
    if cell.kind == "plain":  # such a cell may hold anything
        try:
            compile(text, cell.id, "exec")
        except (SyntaxError, ValueError):
            return None
    return text if cell.kind in ("locked", "plain") else _imports_only(text)


def load_source(path: Path) -> SourceNotebook:
    """Read a source notebook.

    Raises
    ------
    AutograderError
        If the file can't be read, or a test cell in it is not Python.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        if notebook["nbformat"] != 4:
            notebook = _converted(path)
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
    except Exception as error:  # nbformat raises many kinds
        raise AutograderError(f"{path}: can't be read as a notebook: {error}") from error
    return source_notebook(path.stem, notebook)


def provided_files(folder: Path) -> dict[str, bytes]:
    """Read the files that come with an assignment beside its notebooks, by their names in its folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".ipynb" and not path.name.startswith(".")
    }


def _converted(path: Path) -> Mapping[str, Any]:
    from autograder.notebooks import read_notebook  # slow to load, and hardly ever needed

    return read_notebook(path)


def source_notebook(name: str, notebook: Mapping[str, Any]) -> SourceNotebook:
    """Look at a notebook of nbformat 4 as the source of an assignment."""
    cells = []
    for number, cell in enumerate(notebook["cells"], start=1):
        about = cell["metadata"].get("nbgrader", {})
        text = cell["source"]
        kind = _kind(cell["cell_type"], about)
        if kind in ("test", "locked", "solution", "manual"):
            _require_python(name, about.get("grade_id", f"cell {number}"), text)
            if any(line.lstrip().startswith(_AUTOTEST) for line in text.splitlines()):
                raise AutograderError(
                    f"{name}.ipynb, {about.get('grade_id')}: nbgrader's AUTOTEST lines are not supported "
                    "and would pass without testing anything; write the test out"
                )
        if kind == "test":
            _require_no_magics(name, about.get("grade_id", f"cell {number}"), text)
        cells.append(
            SourceCell(
                id=cell.get("id") or f"cell-{number}",
                kind=kind,
                source=text,
                grade_id=about.get("grade_id"),
                max_points=float(about.get("points", 0) or 0),
                cell=cell,
            )
        )
    about = [
        [
            cell.id,
            cell.grade_id,
            cell.kind,
            cell.source,
            cell.max_points,
            cell.cell["metadata"].get("problem"),
        ]
        for cell in cells
    ]
    bare = {"metadata": notebook["metadata"], "cells": about}
    digest = hashlib.sha256(json.dumps(bare, sort_keys=True, default=str).encode()).hexdigest()
    return SourceNotebook(name, tuple(cells), notebook["metadata"], digest)


def _kind(cell_type: str, about: Mapping[str, Any]) -> Kind:
    if cell_type != "code":
        return "text"
    if about.get("grade"):
        return "manual" if about.get("solution") else "test"
    if about.get("solution"):
        return "solution"
    return "locked" if about.get("locked") else "plain"


def python_source(text: str) -> str:
    """Turn IPython's additions (magics, `!`, `?`) into plain Python calls of `get_ipython()`."""
    return TransformerManager().transform_cell(text)  # type: ignore[no-untyped-call]


def _require_python(name: str, cell: str, text: str) -> None:
    try:
        compile(python_source(text), name, "exec")
    except SyntaxError as error:
        raise AutograderError(
            f"{name}.ipynb, {cell}: line {error.lineno} is not Python: {error.msg}"
        ) from None


def _require_no_magics(name: str, cell: str, text: str) -> None:
    """Refuse a test with code that only IPython could run: it would be dropped, and the test would pass."""
    for node in ast.parse(python_source(text)).body:
        if _speaks_to_ipython(node) and not _is_setting(node):
            raise AutograderError(
                f"{name}.ipynb, {cell}: tests run without IPython, so a test can't use a magic such as "
                "%%time, `!` or `?`; write it in Python"
            )


def _speaks_to_ipython(node: ast.AST) -> bool:
    return "get_ipython" in {name.id for name in _names(node)}


def _is_setting(node: ast.AST) -> bool:
    match node:
        case ast.Expr(ast.Call(ast.Attribute(attr="run_line_magic"), [ast.Constant(magic), *_])):
            return magic in _SETTINGS
    return False


def without_magics(tree: ast.Module) -> ast.Module:
    """Drop top-level statements that only speak to IPython, such as `%matplotlib inline`."""
    tree.body = [node for node in tree.body if not (isinstance(node, ast.Expr) and _speaks_to_ipython(node))]
    return tree


def _names(node: ast.AST) -> Iterable[ast.Name]:
    return (part for part in ast.walk(node) if isinstance(part, ast.Name))


def _bound_names(text: str, *, imports: bool = False) -> set[str]:
    """Name what a text binds at its top level; what it imports only if asked."""
    table = symtable.symtable(text, "<cell>", "exec")
    return {
        symbol.get_name()
        for symbol in table.get_symbols()
        if (symbol.is_assigned() and (imports or not symbol.is_imported()))
        or (imports and symbol.is_imported())
    }


def _free_names(text: str) -> set[str]:
    """Name what a text reads from its surroundings, functions in it included."""
    loaded = {name.id for name in _names(ast.parse(text)) if isinstance(name.ctx, ast.Load)}
    return loaded - set(dir(builtins))


def _imports_only(text: str) -> str:
    body: list[ast.stmt] = [
        node for node in ast.parse(text).body if isinstance(node, (ast.Import, ast.ImportFrom))
    ]
    return ast.unparse(ast.Module(body, []))
