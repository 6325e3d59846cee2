"""All files of a handout: the released notebooks, their chapters, what to install, and the README."""

from __future__ import annotations

from pathlib import Path

from traitlets.config import Config

from autograder.feedback_page.book import book_address, chapter
from autograder.handout.chapters import Chapters
from autograder.handout.readme import FILE as README
from autograder.handout.readme import Contents, readme_text
from autograder.handout.requirements import FILE as REQUIREMENTS
from autograder.handout.requirements import requirements_text
from autograder.notebooks import parsed_notebook
from autograder.policy import course_policy
from autograder.roster import Roster
from autograder.settings import web_address

BROWSER_EXAMPLE = "https://example.org/losses-in-the-browser/"


def bundle(
    name: str, released: Path, chapters: Chapters, config: Config, roster: Roster | None = None
) -> dict[str, bytes]:
    """Gather the files of a handout, by path.

    Parameters
    ----------
    name
        The assignment.
    released
        The folder with the students' version of it. A requirements.txt in there is the author's own and
        stays.
    chapters
        The chapters that go with it.
    config
        The course's settings, for deadlines and addresses.
    roster
        The class list, if there is one.

    Raises
    ------
    AutograderError
        If a setting makes no sense.
    """
    own = {
        path.relative_to(released).as_posix(): path.read_bytes()
        for path in sorted(released.rglob("*"))
        if path.is_file()
    }
    notebooks = [path for path in own if path.endswith(".ipynb")]
    files = {place(chapter): content for chapter, content in chapters.notebooks.items()}
    about = Contents(
        name,
        notebooks,
        [path for path in own if path not in notebooks and path != REQUIREMENTS],
        "quiz.ipynb" in own and _asks_account(own["quiz.ipynb"]),
        [
            (chapter(one, book_address(config)), place(one) if one in chapters.notebooks else None)
            for one in chapters.names
        ],
        browser_address(config, name),
        roster,
    )
    readme = readme_text(about, course_policy(config))
    return {README: readme.encode(), REQUIREMENTS: requirements_text().encode()} | files | own


def place(chapter: str) -> str:
    """Give the path of a chapter's notebook in a handout.

    Examples
    --------
    >>> place("regression/squared-error")
    'chapters/regression/squared-error.ipynb'
    """
    return f"chapters/{chapter}.ipynb"


def browser_address(config: Config, name: str) -> str | None:
    """Read where the browser edition of an assignment is: `c.Autograder.browser_url`, then its name."""
    address = web_address(config, "browser_url", BROWSER_EXAMPLE)
    return f"{address}/{name}/" if address else None


def _asks_account(quiz: bytes) -> bool:
    """Whether a quiz has the cell for the account name, by which numbers are drawn."""
    cells = parsed_notebook(quiz).cells
    return any(cell.metadata.get("nbgrader", {}).get("grade_id") == "account" for cell in cells)
