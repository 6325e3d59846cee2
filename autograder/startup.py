"""Makes the commands start faster."""

from __future__ import annotations

import sys


def skip_slow_imports() -> None:
    """Keep jsonschema from loading its checker of internationalised addresses.

    It takes longer to load than all of nbgrader, and no schema of a notebook has such an address in it.
    jsonschema does without where it can't be imported.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
