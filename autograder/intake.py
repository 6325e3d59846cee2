"""From what a student handed in to jobs for the engine: inspected, rebuilt, known by a key."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from autograder.course import Course
from autograder.engine.jail import Isolation
from autograder.engine.limits import Limits
from autograder.engine.pool import Job
from autograder.engine.quarantine import Rebuilt, Refused, rebuild
from autograder.engine.source import SourceNotebook, load_source, provided_files
from autograder.engine.verdict import GradedNotebook, refused_notebook
from autograder.engine.worker import Setting
from autograder.errors import AutograderError, shortened
from autograder.private import PRIVATE, SECRET
from autograder.repairs import Repair
from autograder.secret import course_secret, student_seed
from autograder.submission import Inspection, inspect_submission
from autograder.verdict_cache import content_digest, verdict_key, verdicts_digest


@dataclass
class Work:
    """One student's submission on its way: notebooks by name, those that must run in `waiting`.

    `keys` holds the key of the verdicts of each notebook that can run; `graded` what is known of the others
    from the start, and of all in the end. `repairs` holds, by notebook, where the gradebook does not have
    what grading had put there.
    """

    student: str
    found: Inspection
    keys: dict[str, str] = field(default_factory=dict)
    rebuilt: dict[str, Rebuilt] = field(default_factory=dict)
    graded: dict[str, GradedNotebook] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    repairs: dict[str, Repair] = field(default_factory=dict)

    @property
    def unrun(self) -> dict[str, GradedNotebook]:
        """The verdicts that no run of the student's code gave, by notebook."""
        return {
            name: graded for name, graded in self.graded.items() if name not in self.keys or graded.given_up
        }

    @property
    def origins(self) -> dict[str, str]:
        """The key under which the verdicts of each notebook are kept once they are recorded.

        Without a run they depend on nothing but themselves.
        """
        return self.keys | {name: verdicts_digest(graded) for name, graded in self.unrun.items()}


class Intake:
    """Takes in the submissions of one assignment.

    Parameters
    ----------
    course, name
        The assignment.
    isolation, limits
        How its submissions are run.

    Raises
    ------
    AutograderError
        If the source notebooks can't be read; later, if the secret of the course can't.
    """

    def __init__(self, course: Course, name: str, isolation: Isolation, limits: Limits) -> None:
        self._course = course
        self._name = name
        self._isolation = isolation
        self._limits = limits
        self.sources = _load_sources(course.source / name)
        self.provided = provided_files(course.source / name)
        self.chosen: dict[str, Path] = {}  # by student, what counts instead of what is in submitted/

    @property
    def setting(self) -> Setting:
        """What workers need to know."""
        folder = self._course.source / self._name
        return Setting(
            sources=tuple(folder / f"{name}.ipynb" for name in self.sources),
            hidden=(self._course.root,),
            isolation=self._isolation,
            limits=self._limits,
        )

    def folder(self, student: str) -> Path:
        """Say where the submission of a student that counts lies."""
        return self.chosen.get(student, self._course.submitted / student / self._name)

    def look_at(self, student: str, folder: Path | None = None) -> Work:
        """Inspect a submission and rebuild its notebooks; what can't be run gets its verdicts at once.

        It is the one in `folder`, or else the one that counts.
        """
        _ = self._secret  # made before anything is recorded, so that one that is missing later is a lost one
        try:
            found = inspect_submission(folder or self.folder(student), list(self.sources))
        except Exception as error:  # the files are a student's
            found = Inspection(refused=f"it can't be looked at ({shortened(repr(error))})")
        work = Work(student, found)
        for notebook, source in self.sources.items():
            if found.refused is not None:
                reason = f"refused: {found.refused}"
            elif notebook in found.notebooks:
                reason = found.notebooks[notebook]
            else:
                try:
                    work.rebuilt[notebook] = rebuild(source, found.files[f"{notebook}.ipynb"])
                    work.keys[notebook] = self._key(work, notebook)
                    continue
                except Refused as refusal:
                    reason = f"{notebook}.ipynb was refused: {refusal}"
            work.graded[notebook] = refused_notebook(notebook, source.max_points, reason)
        return work

    def job(self, work: Work, notebook: str) -> Job:
        """Write the job that grades a notebook."""
        submitted = work.found.files[f"{notebook}.ipynb"]
        return Job(work.student, notebook, submitted, self._files(work), self._seed(work.student, notebook))

    def _files(self, work: Work) -> dict[str, bytes]:
        """Give what lies beside the notebooks; a file that comes with the assignment is as it came."""
        handed_in = {
            name: content
            for name, content in work.found.files.items()
            if not name.endswith(".ipynb") and name != "timestamp.txt" and not self._in_the_way(name)
        }
        return handed_in | self.provided

    def _in_the_way(self, name: str) -> bool:
        """Whether it lies in a folder that has the name of a file that comes with the assignment."""
        return any(str(parent) in self.provided for parent in PurePosixPath(name).parents)

    @cached_property
    def _secret(self) -> bytes:
        return course_secret(self._course.root / PRIVATE / SECRET)

    def _seed(self, student: str, notebook: str) -> str:
        return student_seed(self._secret, student, self._name, notebook)

    def _key(self, work: Work, notebook: str) -> str:
        return verdict_key(
            self.sources[notebook],
            work.rebuilt[notebook].notebook,
            files={name: content_digest(content) for name, content in self._files(work).items()},
            limits=asdict(self._limits),
            seed=self._seed(work.student, notebook),
            isolation=self._isolation,
        )


def _load_sources(folder: Path) -> dict[str, SourceNotebook]:
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        raise AutograderError(f"{folder} holds no notebook")
    return {path.stem: load_source(path) for path in paths}
