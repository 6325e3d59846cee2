"""The course in JupyterLite: a folder `lite` of the site, where its notebooks run in the reader's browser.

It holds the chapters' clean notebooks and the assignments as students get them, released by the autograder
itself. Nothing is fetched from another host until a reader selects a kernel: the notebooks name none, so
JupyterLite asks instead of starting one. Then Python comes from where live cells take it from.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from hashlib import sha256
from importlib.metadata import distribution, version
from importlib.resources import files
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

from autograder.assignment import list_assignments
from autograder.authored import ASSIGNMENTS
from autograder.notebooks import notebook_text, read_notebook

from . import live, pyodide
from .downloads import notebook_path

logger = logging.getLogger(__name__)

FOLDER = "lite"
APPS = ("notebooks", "tree")
KERNEL = "@jupyterlite/pyodide-kernel-extension"
NEVER_LOADED = ("fa-*.eot", "fa-*.svg", "fa-*.ttf", "fa-*.woff")
"""Fonts in formats for browsers that can't run the rest."""

RELEASED_FROM = (".json", ".md", ".py", ".yml")
"""Files of an assignment and of the programs that release it; others, such as caches, change nothing."""

NO_KERNEL = {"language_info": {"name": "", "codemirror_mode": "ipython", "mimetype": "text/x-python"}}
"""Metadata with which code is coloured as Python and no kernel is preferred."""


class EditionError(Exception):
    """A program that makes a part of the edition failed."""


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
        settings = _settings(app)
        made_of = _digest(
            [Path(__file__).read_text(encoding="utf-8"), json.dumps(settings), json.dumps(sorted(contents))]
        )
        if folder.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == made_of:
            _update(folder / "files", contents)
            return
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        _make(folder, contents, settings)
        stamp.write_text(made_of, encoding="utf-8")
    except EditionError as reason:
        logger.warning("the browser edition can't be made: %s", reason, type="browser_edition")


def _contents(app: Sphinx, released: Path) -> dict[str, str]:
    """All notebooks of the edition, by path."""
    paths = {place(docname): notebook_path(app, docname) for docname in sorted(app.env.found_docs)}
    for unit in list_assignments():
        for path in sorted(_release(unit, released).glob("*.ipynb")):
            paths[f"assignments/{unit}/{path.name}"] = path
    return {
        name: notebook_text(_without_kernel(read_notebook(path)))
        for name, path in paths.items()
        if path.exists()
    }


def _without_kernel(notebook: NotebookNode) -> NotebookNode:
    notebook.metadata.pop("kernelspec", None)
    notebook.metadata.update(NO_KERNEL)
    return notebook


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
            _run([*autograder, "init", str(course), "--assignment", unit])
            _run([*autograder, "release", unit, "--course", str(course)])
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


def _settings(app: Sphinx) -> dict[str, Any]:
    """Settings of the site that JupyterLite makes, with the versions of what makes it."""
    kernel = {"pyodideUrl": f"{python_source(app)}pyodide.mjs", "disablePyPIFallback": True}
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": app.config.html_title,
            "appVersion": f"{version('jupyterlite-core')}, kernel {version('jupyterlite-pyodide-kernel')}",
            "appUrl": "./tree",
            "faviconUrl": "./tree/favicon.ico",
            "litePluginSettings": {f"{KERNEL}:kernel": kernel},
        },
    }


def _update(files: Path, contents: dict[str, str]) -> None:
    """Replace the notebooks that changed; the listings keep the size and time of the first ones."""
    for name, text in contents.items():
        path = files / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def _make(folder: Path, contents: dict[str, str], settings: dict[str, Any]) -> None:
    """Run `jupyter lite build` away from the book's sources, in which it would leave files."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        for name, text in contents.items():
            path = work / "contents" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        build = {
            "LiteBuildConfig": {
                "output_dir": str(work / FOLDER),
                "contents": ["contents"],
                "apps": APPS,
                "no_sourcemaps": True,
                "no_unused_shared_packages": True,
                # Of all JupyterLab extensions that happen to be installed, the kernel only.
                "ignore_sys_prefix": ["federated_extensions"],
                "federated_extensions": [str(Path(sys.prefix, "share", "jupyter", "labextensions", KERNEL))],
            },
            "PipliteAddon": {"piplite_urls": [str(_wheel("comm", work))]},
        }
        overrides = {"@jupyterlab/apputils-extension:themes": {"adaptive-theme": True}}
        for name, data in {
            "jupyter_lite_config.json": build,
            "jupyter-lite.json": settings,
            "overrides.json": overrides,
        }.items():
            (work / name).write_text(json.dumps(data), encoding="utf-8")
        _run([str(Path(sys.executable).parent / "jupyter-lite"), "build"], cwd=work)
        for pattern in NEVER_LOADED:
            for path in (work / FOLDER / "build").glob(pattern):
                path.unlink()
        shutil.move(work / FOLDER, folder)


def _wheel(name: str, folder: Path) -> Path:
    """Pack an installed package of plain Python, which the kernel would otherwise ask PyPI for."""
    package = distribution(name)
    path = folder / f"{name}-{package.version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for file in package.files or ():
            if file.suffix != ".pyc" and file.parts[0].startswith(name):
                wheel.write(file.locate(), str(file))
    return path


def _run(command: list[str], cwd: Path | None = None) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EditionError(f"`{' '.join(command)}` failed: {done.stderr.strip()[-2000:]}")


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
