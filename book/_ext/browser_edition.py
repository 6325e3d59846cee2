"""The course in JupyterLite: a folder `lite` of the site, where its notebooks run in the reader's browser.

It holds the chapters' clean notebooks and the assignments as students get them, released by the autograder
itself. Nothing is fetched from another host until a reader selects a kernel: the notebooks name none, so
JupyterLite asks instead of starting one. Then Python comes from where live cells take it from.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterable
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from autograder.assignment import list_assignments
from autograder.authored import ASSIGNMENTS

from . import jupyterlite, live, pyodide
from .downloads import notebook_path
from .jupyterlite import EditionError, run, without_kernel

logger = logging.getLogger(__name__)

FOLDER = "lite"

RELEASED_FROM = (".json", ".md", ".py", ".yml")
"""Files of an assignment and of the programs that release it; others, such as caches, change nothing."""


def place(docname: str) -> str:
    """Path of a chapter's notebook within the edition.

    Examples
    --------
    >>> place("book/regression/squared-error")
    'regression/squared-error.ipynb'
    """
    return f"{docname.removeprefix('book/')}.ipynb"


def write(app: Sphinx, error: Exception | None) -> None:
    """Put the edition into the finished site, or only new notebooks into one that is there."""
    if error is not None or app.builder.format != "html" or not app.config.browser_edition:
        return
    beside = Path(app.doctreedir).parent
    folder, stamp = Path(app.outdir) / FOLDER, beside / ".browser-edition"
    try:
        contents = _contents(app, beside / ".released")
        settings = jupyterlite.settings(app.config.html_title, python_source(app))
        programs = [Path(module).read_text(encoding="utf-8") for module in (__file__, jupyterlite.__file__)]
        made_of = _digest([*programs, json.dumps(settings), json.dumps(sorted(contents))])
        if folder.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == made_of:
            _update(folder / "files", contents)
            return
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        jupyterlite.make(folder, contents, settings)
        stamp.write_text(made_of, encoding="utf-8")
    except EditionError as reason:
        logger.warning("the browser edition can't be made: %s", reason, type="browser_edition")


def _contents(app: Sphinx, released: Path) -> dict[str, bytes]:
    """All notebooks of the edition, by path."""
    paths = {place(docname): notebook_path(app, docname) for docname in sorted(app.env.found_docs)}
    for unit in list_assignments():
        for path in sorted(_release(unit, released).glob("*.ipynb")):
            paths[f"assignments/{unit}/{path.name}"] = path
    return {name: without_kernel(path.read_bytes()) for name, path in paths.items() if path.exists()}


def _release(unit: str, cache: Path) -> Path:
    """Have an assignment released, once for the same sources; return the folder that students get."""
    sources = [*(ASSIGNMENTS / unit).rglob("*")]
    for package in ("autograder", "solutions"):
        sources += Path(str(files(package))).glob("**/*.py")
    sources += [Path(str(files("autograder"))) / "quiz.schema.json"]
    digest = _digest(path.read_bytes().hex() for path in sorted(sources) if path.suffix in RELEASED_FROM)
    ready = cache / f"{unit}-{digest[:16]}"
    if not ready.exists():
        with tempfile.TemporaryDirectory() as temporary:
            course = Path(temporary) / "course"
            autograder = [sys.executable, "-m", "autograder"]
            run([*autograder, "init", str(course), "--assignment", unit])
            run([*autograder, "release", unit, "--course", str(course)])
            for old in cache.glob(f"{unit}-*"):
                shutil.rmtree(old)
            shutil.copytree(course / "release" / unit, ready)
    return ready


def python_source(app: Sphinx) -> str:
    """Where Python comes from: the site if its copy has what the kernel needs, otherwise Pyodide's server."""
    own = Path(app.srcdir) / "_build" / "pyodide" / pyodide.LOCK  # as `make pyodide` leaves it
    if app.config.live_source == live.OWN:
        packages = json.loads(own.read_text(encoding="utf-8"))["packages"]
        if set(pyodide.KERNEL_PACKAGES) <= set(packages):
            return f"./../_static/{live.OWN}"  # JupyterLite takes addresses that begin with a dot as its own
    return pyodide.server()


def _update(files: Path, contents: dict[str, bytes]) -> None:
    """Replace the notebooks that changed; the listings keep the size and time of the first ones."""
    for name, content in contents.items():
        path = files / name
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _digest(texts: Iterable[str]) -> str:
    digest = sha256()
    for text in texts:
        digest.update(sha256(text.encode()).digest())
    return digest.hexdigest()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    app.add_config_value("browser_edition", False, "html", bool)
    app.connect("build-finished", write, priority=700)  # once Python itself is in the site, if it is to be
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
