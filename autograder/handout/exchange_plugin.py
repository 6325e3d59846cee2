"""nbgrader's release to its default exchange, made to replace an earlier one only when it is complete."""

from __future__ import annotations

import tempfile
from pathlib import Path

from nbgrader.exchange.default import ExchangeReleaseAssignment  # type: ignore[import-untyped]


class WholeRelease(ExchangeReleaseAssignment):  # type: ignore[misc]
    """Copies beside the place, and moves there what is complete.

    nbgrader's own step removes what students could fetch, and then copies: when that fails, nothing is left.
    """

    def copy_files(self) -> None:
        """Copy the assignment, and put it in the place of an earlier one."""
        final = Path(self.outbound_path, self.coursedir.assignment_id)
        with tempfile.TemporaryDirectory(prefix=".release-", dir=final.parent) as drafts:
            made = Path(drafts, final.name)
            self.dest_path = str(made)
            super().copy_files()
            earlier = Path(drafts, "earlier")
            if final.exists():
                final.rename(earlier)
            try:
                made.rename(final)
            except BaseException:
                if earlier.exists():
                    earlier.rename(final)
                raise
        self.dest_path = str(final)
