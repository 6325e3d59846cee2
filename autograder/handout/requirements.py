"""The packages that students install: those that their work is graded with, in the same versions."""

from __future__ import annotations

from importlib.metadata import version

FILE = "requirements.txt"
_NEEDED = {
    "numpy": "the assignment and the chapters",
    "matplotlib": "the figures of the chapters",
    "jupyterlab": "where you work",
    "nbgrader": "the button Validate",
}


def requirements_text() -> str:
    """Write the file: what is installed here, which is what grading uses."""
    lines = [f"{f'{name}=={version(name)}':<20} # {purpose}" for name, purpose in _NEEDED.items()]
    return "\n".join(["# For Python 3.11, 3.12 or 3.13: pip install -r requirements.txt", *lines, ""])
