"""Pyodide, the Python that runs in the page: its files, their hashes, and a folder with all of them.

`make pyodide` runs this module as a program. It fills a folder from the installed npm package (the core) and
from Pyodide's own server (the packages); with that folder in place, the book's pages need no other host.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import shutil
import sys
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .node import package

CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
PACKAGES = ("numpy", "matplotlib")
"""What a chapter's cells may import, besides the standard library."""

KERNEL_PACKAGES = ("ipython", "jedi", "micropip")
"""What JupyterLite's kernel imports, besides what it brings itself."""

LOCK = "pyodide-lock.json"
SERVER = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"
Lock = dict[str, Any]


class WrongFileError(Exception):
    """A file is not the one that the lock names."""


def server() -> str:
    """Address of the installed version on Pyodide's own server."""
    about = json.loads((package("pyodide") / "package.json").read_text(encoding="utf-8"))
    return SERVER.format(version=about["version"])


def core() -> list[Path]:
    """The files that Python itself consists of."""
    return [package("pyodide") / name for name in CORE]


def lock_for(names: Iterable[str] = PACKAGES) -> Lock:
    """The part of the npm package's lock that holds these packages and all that they depend on.

    >>> sorted(lock_for(["cycler"])["packages"])
    ['cycler', 'six']
    """
    lock: Lock = json.loads((package("pyodide") / LOCK).read_text(encoding="utf-8"))
    known, wanted, found = lock["packages"], list(names), {}
    while wanted:
        name = wanted.pop().lower().replace("_", "-")  # keys are spelled so, dependencies not always
        if name not in found:
            found[name] = known[name]
            wanted += known[name]["depends"]
    return {**lock, "packages": dict(sorted(found.items()))}


def wheels(lock: Lock) -> dict[str, str]:
    """File name and SHA-256 of each package."""
    return {entry["file_name"]: entry["sha256"] for entry in lock["packages"].values()}


def integrity(lock: Lock) -> dict[str, str]:
    """What a browser needs to check each file of the core and of the packages."""
    digests = {path.name: _sha256(path.read_bytes()) for path in core()} | wheels(lock)
    return {
        name: "sha256-" + base64.b64encode(bytes.fromhex(digest)).decode() for name, digest in digests.items()
    }


def fill(folder: Path, lock: Lock, source: str) -> list[str]:
    """Put the core and the packages of the lock into a folder; name the packages that can't be had.

    The lock itself is written last, and only when nothing is missing: it marks the folder as complete.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LOCK).unlink(missing_ok=True)
    for path in core():
        shutil.copyfile(path, folder / path.name)
    missing = []
    for name, digest in wheels(lock).items():
        path = folder / name
        if path.exists() and _sha256(path.read_bytes()) == digest:
            continue
        try:
            with urllib.request.urlopen(source + name, timeout=20) as answer:
                content = answer.read()
        except OSError as error:
            missing.append(f"{name} ({error})")
            continue
        if _sha256(content) != digest:
            raise WrongFileError(
                f"{source}{name} is not the file that Pyodide's lock names; nothing was kept of it"
            )
        path.write_bytes(content)
    if not missing:
        (folder / LOCK).write_text(json.dumps(lock), encoding="utf-8")
    return missing


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main(arguments: list[str] | None = None) -> int:
    """Fill the folder and say what came of it."""
    parser = argparse.ArgumentParser(prog="make pyodide", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--wheels", type=Path, help="take the packages from this folder, not from the network"
    )
    parser.add_argument("--core-only", action="store_true", help="leave all packages out")
    given = parser.parse_args(arguments)
    source = given.wheels.resolve().as_uri() + "/" if given.wheels else server()
    lock = lock_for(() if given.core_only else PACKAGES + KERNEL_PACKAGES)
    try:
        missing = fill(given.folder, lock, source)
    except WrongFileError as error:
        print(error, file=sys.stderr)
        return 1
    if missing:
        print(f"Not to be had from {source}:", *missing, sep="\n  ", file=sys.stderr)
        print(
            "The pages go on fetching Python from Pyodide's server when a reader presses Run.\n"
            f"To host it here, repeat with a network, or put these files (from {server()}\n"
            "or from Pyodide's release) into a folder: make pyodide PYODIDE_WHEELS=<folder>",
            file=sys.stderr,
        )
        return 1
    print(f"Python for the pages is in {given.folder}; `make book` puts it into the site.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
