"""The browser edition of an assignment: a folder that any web server serves, where its notebooks run.

Made with the book's JupyterLite, from the same files as the zip. Python is fetched from Pyodide's server when
a reader selects a kernel, and nothing before.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from autograder.errors import AutograderError, shortened
from autograder.handout.archive import unzipped
from autograder.handout.requirements import FILE as REQUIREMENTS

_SETTINGS = "jupyter-lite.json"
_SAID = 500  # characters of what a program said


def require_place(folder: Path, name: str) -> None:
    """Raise an error unless the edition of an assignment may be written to a folder.

    It may replace an earlier edition of the same assignment, and fill what is empty or not there.
    """
    if Path.cwd().is_relative_to(folder.resolve()):
        raise AutograderError(
            f"{folder}: you are in this folder, which would be replaced as a whole; name another one, such "
            f"as {folder / name}"
        )
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() and not ((folder / _SETTINGS).is_file() and (folder / "files" / name).is_dir()):
        raise AutograderError(
            f"{folder}: holds something else than the browser edition of {name}; name a new folder, such as "
            f"{folder / name}"
        )
    if not folder.parent.is_dir():
        raise AutograderError(f"{folder.parent} does not exist; make it first")


def write_edition(archive: Path, name: str, folder: Path) -> None:
    """Write the browser edition of a handout, in place of an earlier one when it is complete.

    Raises
    ------
    AutograderError
        If the folder holds something else, or JupyterLite can't be made here; an earlier edition stays.
    """
    from book_ext import jupyterlite, pyodide
    from book_ext.node import MissingPackageError

    require_place(folder, name)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        settings = jupyterlite.settings(name, pyodide.server())
        jupyterlite.make(draft / "new", edition_files(archive, name), settings)
        _make_readable(draft / "new")
        if folder.exists():
            folder.rename(draft / "earlier")
        try:
            (draft / "new").rename(folder)
        except BaseException:
            if (draft / "earlier").exists():
                (draft / "earlier").rename(folder)
            raise
    except (jupyterlite.EditionError, MissingPackageError) as error:
        said = str(error)[-_SAID:]  # the reason stands at the end
        raise AutograderError(
            f"{folder}: the browser edition can't be made: {shortened(said, _SAID)}"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def edition_files(archive: Path, name: str) -> dict[str, bytes]:
    """Give the files that the edition of a handout holds, by path: all but what is for installing."""
    from book_ext import jupyterlite

    return {
        f"{name}/{path}": jupyterlite.without_kernel(content) if path.endswith(".ipynb") else content
        for path, content in unzipped(archive).items()
        if path != REQUIREMENTS
    }


def _make_readable(folder: Path) -> None:
    """Let a web server read it all, whoever it runs as."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
