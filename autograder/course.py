"""A course directory: a normal nbgrader one, made by `init_course` and the instructor's from then on."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import list_assignments, load_assignment, unknown_name
from autograder.authored import ASSIGNMENTS
from autograder.convert import source_notebooks
from autograder.course_config import config_text
from autograder.errors import AutograderError, UsageError
from autograder.notebooks import notebook_text
from autograder.policy import Policy

CONFIG = "nbgrader_config.py"
FOLDERS = ("source", "release", "submitted", "autograded", "feedback")

_GITIGNORE_TEXT = """\
# Solutions, hidden tests and marks: inside a repository, `git add .` would publish them all.
*
"""

_README_TEXT = """\
# {course_id}

A course directory for nbgrader. From inside it:

1. `autograder release ASSIGNMENT` writes what students get to `release/ASSIGNMENT/`, without solutions and
   hidden tests, and all that they need, with the chapters, to `handout/ASSIGNMENT.zip`: give them this. With
   `--exchange` it also goes to nbgrader's exchange, with `--browser DIR` to a folder for a web server. The
   solutions are run first, and an assignment that fails its own tests is refused.
2. `autograder collect ASSIGNMENT --from FILE.zip` files what Canvas, Moodle or Blackboard let you download,
   with `--exchange` what nbgrader's exchange holds: every attempt below `attempts/`, and what counts in
   `submitted/STUDENT/ASSIGNMENT/`. You may put it there yourself. To try things out first,
   `autograder sample-class ASSIGNMENT` makes up a class.
3. `autograder grade ASSIGNMENT` runs and marks it all, and names each submission that needs your attention.
4. `autograder feedback ASSIGNMENT` writes a page per student and notebook to `feedback/`; with
   `--zip canvas`, `moodle` or `files` it packs them, to be handed back.
5. `autograder export` writes all marks to `marks.csv`; with `--format canvas`, `moodle` or `blackboard` it
   writes the file that the gradebook there takes.
6. `autograder report ASSIGNMENT` writes a page to `report/`: what to teach again, and who may need help.

`autograder students --from FILE` takes over a class list of Canvas, Moodle or Blackboard, and again a newer
one. Deadlines, the rule for late work and which attempt counts are in `{config}`;
`autograder extend ASSIGNMENT STUDENT --days 2` gives one student more time.

`autograder doctor --course .` looks whether the machine and this directory are as they should be.
After a change of a test, `autograder regrade ASSIGNMENT --dry-run` shows whose marks would move.
`autograder audit` compares the gradebook with the log of all grading, which is in `.autograder/`; note the
hash that it prints somewhere else. The file `secret` in that folder decides every student's hidden inputs:
back it up with the course, and keep it to yourself.

Assignments here: {assignments}.

`source/` holds the notebooks with solutions and hidden tests; edit them and release again when you want a
change. Marks are in {gradebook}, nbgrader's own gradebook, so `nbgrader` and its formgrader work here as
ever. Settings are in `{config}`. Nobody but you can read this directory, and that is how it should stay: it
holds the solutions, the hidden tests and the marks. That is also why `.gitignore` hides it all from git.
"""


@dataclass(frozen=True)
class Course:
    """Where the parts of a course directory are."""

    root: Path

    @property
    def source(self) -> Path:
        """The notebooks with solutions and hidden tests, by assignment."""
        return self.root / "source"

    @property
    def release(self) -> Path:
        """What students get, by assignment."""
        return self.root / "release"

    @property
    def handout(self) -> Path:
        """What students get, as a zip for each assignment."""
        return self.root / "handout"

    @property
    def submitted(self) -> Path:
        """What students handed in, by student and assignment."""
        return self.root / "submitted"

    @property
    def autograded(self) -> Path:
        """The notebooks as they ran, by student and assignment."""
        return self.root / "autograded"

    @property
    def feedback(self) -> Path:
        """The feedback pages, by student and assignment."""
        return self.root / "feedback"

    @property
    def gradebook(self) -> Path:
        """nbgrader's database, unless the configuration names another (`CourseDirectory.db_url`)."""
        return self.root / "gradebook.db"

    def assignments(self) -> list[str]:
        """Name the assignments in source/."""
        if not self.source.is_dir():
            return []
        return sorted(path.name for path in self.source.iterdir() if path.is_dir() and path.name[0] != ".")

    def require_assignment(self, name: str) -> None:
        """Raise an error that suggests near names when source/ has no such assignment."""
        known = self.assignments()
        if name not in known:
            raise UsageError(unknown_name("assignment", name, known, self.source))

    def require_writable(self) -> None:
        """Raise an error naming the first part of the course that the commands could not write to."""
        for path in (self.root, self.handout, *(self.root / folder for folder in FOLDERS[1:])):
            _require_folder(path)
        _require_permission(self.gradebook)

    def require_writable_for(self, student: str, assignment: str) -> None:
        """Raise an error naming the first folder that the graded notebooks of a student could not go to."""
        for path in (self.autograded / student, self.autograded / student / assignment):
            _require_folder(path)


def _require_folder(path: Path) -> None:
    _require_permission(path)
    if os.path.lexists(path) and not path.is_dir():
        raise AutograderError(f"{path} is not a folder; move it away")


def _require_permission(path: Path) -> None:
    if path.exists() and not may_write(path):
        raise AutograderError(f"{path}: no permission to write; ask its owner, or run as its owner")


def may_write(path: Path) -> bool:
    """Whether this process may write to an existing file or folder."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def open_course(root: Path) -> Course:
    """Find the course directory at a path.

    Raises
    ------
    AutograderError
        If the path holds no course directory.
    """
    root = Path(os.path.abspath(root))
    if not (root / CONFIG).is_file():
        raise AutograderError(
            f"{root} is not a course directory (it has no {CONFIG}). {_courses_near(root)}"
            "Name one with --course DIR, or make one with `autograder init DIR`."
        )
    return Course(root)


def _courses_near(root: Path) -> str:
    """Ask whether the course directory around `root` or right below was meant; empty if there is none."""
    around = [folder for folder in root.parents if (folder / CONFIG).is_file()][:1]
    folders = around or sorted(path.parent for path in root.glob(f"*/{CONFIG}"))
    shown = [shlex.quote(min(str(path), os.path.relpath(path), key=len)) for path in folders]
    return f"Did you mean {' or '.join(f'--course {path}' for path in shown)}? " if shown else ""


def init_course(
    directory: Path,
    names: Sequence[str] = (),
    assignments: Path = ASSIGNMENTS,
    policy: Policy | None = None,
    database: str | None = None,
) -> Course:
    """Make a course directory with the named assignments, or with all of them, and its rules.

    Everything is written next to `directory` first and moved into place at the end.

    Parameters
    ----------
    directory, names, assignments
        What is made, from the assignments in which folder.
    policy
        The rules of the course; None has none.
    database
        The URL of an empty PostgreSQL database for the gradebook; None keeps it in a file of the directory.

    Raises
    ------
    AutograderError
        If `directory` exists, its parent can't be written to, an assignment can't be read, or the database
        can't be used.
    """
    directory = Path(os.path.abspath(directory))
    if os.path.lexists(directory):
        raise AutograderError(f"{directory} exists already; name a new directory, nothing was changed")
    if not directory.parent.is_dir():
        raise AutograderError(f"{directory.parent} does not exist; make it first")
    if not may_write(directory.parent):
        raise AutograderError(f"{directory.parent}: no permission to write; choose another place")
    names = list(dict.fromkeys(names)) or list_assignments(assignments)
    if not names:
        raise AutograderError(f"{assignments} holds no assignment")
    if database is not None:
        from autograder.database import require_empty_database

        require_empty_database(database)
    sources = {name: source_notebooks(load_assignment(name, assignments)) for name in names}

    draft = Path(
        tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent)
    )  # readable by its owner only
    try:
        for name, notebooks in sources.items():
            folder = draft / "source" / name
            folder.mkdir(parents=True)
            for notebook, content in notebooks.items():
                (folder / f"{notebook}.ipynb").write_text(notebook_text(content), encoding="utf-8")
        course_id = re.sub(r"[^A-Za-z0-9_-]+", "-", directory.name).strip("-") or "course"
        (draft / CONFIG).write_text(config_text(course_id, policy or Policy(), database), encoding="utf-8")
        (draft / ".gitignore").write_text(_GITIGNORE_TEXT, encoding="utf-8")
        readme = _README_TEXT.format(
            course_id=course_id,
            assignments=", ".join(names),
            config=CONFIG,
            gradebook="`gradebook.db`" if database is None else f"the database that `{CONFIG}` names",
        )
        (draft / "README.md").write_text(readme, encoding="utf-8")
        draft.rename(directory)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Course(directory)
