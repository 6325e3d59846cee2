"""The chapters that an assignment builds on, as the clean notebooks of the built book."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import load_assignment
from autograder.errors import AutograderError, shortened
from autograder.notebooks import parsed_notebook
from autograder.regions import HIDDEN_TESTS, SOLUTION

BUILT = Path(__file__).parents[2] / "_build" / "html"
"""Where `make book` leaves the book, in the project's folder."""

_MARKERS = tuple(marker.encode() for marker in SOLUTION + HIDDEN_TESTS)


@dataclass(frozen=True)
class Chapters:
    """The chapters of an assignment.

    Attributes
    ----------
    names
        Such as "regression/squared-error", in the order in which the quiz asks about them.
    notebooks
        Their notebooks, by name; without those that no built book has.
    book
        Where they were looked for.
    """

    names: tuple[str, ...]
    notebooks: dict[str, bytes]
    book: Path

    @property
    def told(self) -> str:
        """Say what students get of the book, and how they would get more."""
        if not self.names:
            return "No chapters of the book belong to it."
        if missing := [name for name in self.names if name not in self.notebooks]:
            return (
                f"Without the chapters {', '.join(missing)}: {self.book} holds no built book with them. "
                "Build it with `make book`, or name a built one with --book DIR, and release again."
            )
        return f"With the chapters {', '.join(self.names)}."


def chapter_names(assignment: str, assignments: Path) -> tuple[str, ...]:
    """Name the chapters that an authored assignment builds on: those that its quiz sends its readers to.

    Each objective of a problem has a question too, so these are the chapters of the problems as well.
    """
    quiz = load_assignment(assignment, assignments).quiz
    return tuple(dict.fromkeys(question.read for question in quiz if question.read))


def find_chapters(names: tuple[str, ...], book: Path | None) -> Chapters:
    """Read the clean notebooks of chapters from a built book.

    Parameters
    ----------
    names
        The chapters.
    book
        The folder with the built site; None looks where `make book` leaves it, and does without what is not
        there: a release must not depend on a build that takes minutes.

    Raises
    ------
    AutograderError
        If the named book lacks a chapter, or what is there is not its clean notebook.
    """
    folder = BUILT if book is None else book
    if book is not None and not book.is_dir():
        raise AutograderError(f"{book} is not a folder; name that of a built book with --book")
    paths = {name: folder / "book" / f"{name}.ipynb" for name in names}
    if book is None:
        paths = {name: path for name, path in paths.items() if path.is_file()}
    return Chapters(names, {name: _read(path) for name, path in paths.items()}, folder)


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AutograderError(
            f"{path}: the notebook of a chapter can't be read ({error.strerror}); name with --book the "
            "folder of a built book, such as the _build/html that `make book` makes"
        ) from error
    try:
        cells = parsed_notebook(content).cells
    except Exception as error:  # nbformat raises many kinds for a broken file
        raise AutograderError(f"{path}: not a notebook: {shortened(error)}") from error
    graded = any("nbgrader" in cell.metadata for cell in cells)
    if graded or any(cell.get("outputs") for cell in cells) or any(marker in content for marker in _MARKERS):
        raise AutograderError(
            f"{path}: not the clean notebook of a chapter, but one with outputs, solutions or graded cells; "
            "name the folder of the built book with --book DIR"
        )
    return content
