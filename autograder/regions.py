"""nbgrader's marked regions in a cell: the solution, which students never get, and the hidden tests."""

from __future__ import annotations

SOLUTION = ("BEGIN SOLUTION", "END SOLUTION")
HIDDEN_TESTS = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS")


def region_error(source: str) -> str | None:
    """Say what is wrong with the region markers of a cell; None when every region is opened and closed.

    nbgrader drops an unmatched END line without a word, so a misspelt BEGIN would release what it hides.

    Examples
    --------
    >>> region_error("### BEGIN SOLUTON\\nreturn 1\\n### END SOLUTION")
    "line 3 closes a region that no 'BEGIN SOLUTION' opened"
    """
    open_since: tuple[int, str] | None = None
    for number, line in enumerate(source.splitlines(), start=1):
        for begin, end in (SOLUTION, HIDDEN_TESTS):
            if begin in line:
                if open_since is not None:
                    return f"line {number} opens a region inside the one that line {open_since[0]} opened"
                open_since = (number, end)
            elif end in line:
                if open_since is None or open_since[1] != end:
                    return f"line {number} closes a region that no {begin!r} opened"
                open_since = None
    if open_since is not None:
        return f"line {open_since[0]} opens a region that no {open_since[1]!r} closes"
    return None


def has_region(source: str, region: tuple[str, str]) -> bool:
    """Whether a cell holds a region of this kind."""
    return region[0] in source


def without_markers(source: str) -> str:
    """Drop the marker lines and keep what is between them.

    Examples
    --------
    >>> without_markers("a = 0\\n### BEGIN SOLUTION\\na = 1\\n### END SOLUTION")
    'a = 0\\na = 1'
    """
    markers = SOLUTION + HIDDEN_TESTS
    return "\n".join(line for line in source.splitlines() if not any(marker in line for marker in markers))
