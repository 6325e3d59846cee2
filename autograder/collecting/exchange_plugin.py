"""nbgrader's collector of its default exchange, made safe against links."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect  # type: ignore[import-untyped]

from autograder.errors import shortened
from autograder.submission import UnsafeFolder, read_files


class CarefulCollect(ExchangeCollect):  # type: ignore[misc]
    """Copies only what a submission may hold, and goes on with the next student when one can't be copied.

    nbgrader's own copy follows links with the instructor's rights: a link to the solution would be collected
    as a solution.
    """

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copy one student's folder."""
        try:
            files = read_files(Path(src))
        except UnsafeFolder as error:
            self.log.warning("%s in the exchange: set aside, %s", Path(src).name, shortened(error, 500))
            return
        for name, content in files.items():
            path = Path(dest, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
