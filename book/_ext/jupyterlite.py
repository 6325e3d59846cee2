"""JupyterLite, made as a folder that any web server serves: notebooks that run in the reader's browser.

The book has one with everything, and `autograder release --browser` makes one for a single assignment.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Any

from autograder.notebooks import notebook_text, parsed_notebook

APPS = ("notebooks", "tree")
KERNEL = "@jupyterlite/pyodide-kernel-extension"
NEVER_LOADED = ("fa-*.eot", "fa-*.svg", "fa-*.ttf", "fa-*.woff")
"""Fonts in formats for browsers that can't run the rest."""

NO_KERNEL = {"language_info": {"name": "", "codemirror_mode": "ipython", "mimetype": "text/x-python"}}
"""Metadata with which code is coloured as Python and no kernel is preferred."""


class EditionError(Exception):
    """A program that makes a part of the edition failed."""


def without_kernel(notebook: bytes) -> bytes:
    """Have a notebook name no kernel: JupyterLite then asks, before it fetches Python for one."""
    node = parsed_notebook(notebook)
    node.metadata.pop("kernelspec", None)
    node.metadata.update(NO_KERNEL)
    return notebook_text(node).encode()


def settings(title: str, python: str) -> dict[str, Any]:
    """Write the settings of JupyterLite, with the versions of what makes it.

    Parameters
    ----------
    title
        How the page is called.
    python
        Where Python comes from when a kernel is selected: an address that ends in a slash.
    """
    kernel = {"pyodideUrl": f"{python}pyodide.mjs", "disablePyPIFallback": True}
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": title,
            "appVersion": f"{version('jupyterlite-core')}, kernel {version('jupyterlite-pyodide-kernel')}",
            "appUrl": "./tree",
            "faviconUrl": "./tree/favicon.ico",
            "litePluginSettings": {f"{KERNEL}:kernel": kernel},
        },
    }


def make(folder: Path, contents: Mapping[str, bytes], settings: Mapping[str, Any]) -> None:
    """Make the folder, which must not exist yet, with these files in it.

    `jupyter lite build` runs in a place of its own: it leaves files where it works.

    Raises
    ------
    EditionError
        If it fails.
    """
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        for name, content in contents.items():
            path = work / "contents" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        build = {
            "LiteBuildConfig": {
                "output_dir": str(work / "made"),
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
        run([str(Path(sys.executable).parent / "jupyter-lite"), "build"], cwd=work)
        for pattern in NEVER_LOADED:
            for path in (work / "made" / "build").glob(pattern):
                path.unlink()
        shutil.move(work / "made", folder)


def _wheel(name: str, folder: Path) -> Path:
    """Pack an installed package of plain Python, which the kernel would otherwise ask PyPI for."""
    package = distribution(name)
    path = folder / f"{name}-{package.version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for file in package.files or ():
            if file.suffix != ".pyc" and file.parts[0].startswith(name):
                wheel.write(file.locate(), str(file))
    return path


def run(command: list[str], cwd: Path | None = None) -> None:
    """Run a program; raise an EditionError with the end of what it said if it fails."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise EditionError(f"`{' '.join(command)}` failed: {done.stderr.strip()[-2000:]}")
