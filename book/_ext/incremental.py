"""When a build may start from the pages that the last one has read: only if nothing is lost by it.

Sphinx remembers pages, but not the warnings that they gave: an incremental build after one that warned, or
that was interrupted, would skip those pages, say nothing and succeed. Nor does it see that the book's own
directives or the installed packages have changed. In all these cases every page is read again, which is
quick, since `execution.py` remembers what the cells gave.
"""

from __future__ import annotations

import fcntl
import sys
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path
from typing import IO

from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.config import Config
from sphinx.util import logging
from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

MARKER = "unfinished"
"""File beside what Sphinx remembers: locked during a build, and empty only if the last one ended well."""


class Marker:
    """The file that says whether a build is under way or did not end well."""

    def __init__(self) -> None:
        self._file: IO[str] | None = None

    def begin(self, app: Sphinx, config: Config) -> None:
        """Wait for another build into the same folder; after one that did not end well, forget its pages."""
        folder = Path(app.doctreedir)
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / MARKER).open("a+", encoding="utf-8")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("waiting for another build into the same folder")
            fcntl.flock(self._file, fcntl.LOCK_EX)
        self._file.seek(0)
        if self._file.read():
            (folder / ENV_PICKLE_FILENAME).unlink(missing_ok=True)
        self._file.write("A build is under way, or the last one did not end well.\n")
        self._file.flush()

    def end(self, app: Sphinx, error: Exception | None) -> None:
        """Note that the build ended well, if it did."""
        assert self._file is not None
        if error is None and app._warncount == 0:
            self._file.truncate(0)
        self._file.close()


def made_with() -> str:
    """Digest of the book's directives, of Python's version and of those of all installed packages."""
    digest = sha256(sys.version.encode())
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.is_file():
            digest.update(path.read_bytes())
    for name in sorted(f"{package.name} {package.version}" for package in distributions()):
        digest.update(name.encode())
    return digest.hexdigest()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect to Sphinx."""
    marker = Marker()
    app.add_config_value("book_made_with", made_with(), "env")  # Sphinx reads all pages when it changes
    app.connect("config-inited", marker.begin)
    app.connect("build-finished", marker.end, priority=999)  # after the last that may warn
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
