"""The students' version of an assignment: made by nbgrader, checked to give nothing away, and packed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from autograder.assignment import list_assignments
from autograder.authored import ASSIGNMENTS
from autograder.convert import NOTEBOOKS
from autograder.course import Course
from autograder.engine.limits import Limits
from autograder.engine.pool import Job, Pool
from autograder.errors import AutograderError, shortened
from autograder.handout.archive import zipped
from autograder.handout.bundle import bundle
from autograder.handout.chapters import Chapters, chapter_names, find_chapters
from autograder.intake import Intake
from autograder.lateness import write_deadline
from autograder.nbgrader_session import NbGraderSession
from autograder.notebooks import read_notebook
from autograder.policy import course_policy
from autograder.regions import HIDDEN_TESTS, SOLUTION, region_error
from autograder.replace import replace_all
from autograder.roster import course_roster
from autograder.settings import cell_timeout, load_config
from autograder.wording import counted

_MARKERS = tuple(marker.encode() for marker in SOLUTION + HIDDEN_TESTS)
# What students may get beside the notebooks. Text, code and notebooks under other names are too often copies
# with the solutions in them.
_DATA = (".csv", ".tsv", ".txt", ".json", ".npy", ".npz")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".pdf")


@dataclass(frozen=True)
class Released:
    """What a release wrote.

    Attributes
    ----------
    folder
        The students' version of the notebooks.
    archive
        The zip with all that students need.
    chapters
        The chapters that belong to the assignment, and whether they are in it.
    points
        What each notebook is worth, in the order of their names.
    """

    folder: Path
    archive: Path
    chapters: Chapters
    points: tuple[float, ...]

    @property
    def worth(self) -> str:
        """Say what all is worth; the assignment in the learning system has to count as much."""
        total = counted(sum(self.points), "point")
        return " + ".join(f"{each:g}" for each in self.points) + f" = {total}" if self.points[1:] else total


def release(course: Course, name: str, assignments: Path = ASSIGNMENTS, book: Path | None = None) -> Released:
    """Write the students' version of an assignment, in place of an earlier one only when it is complete.

    The source notebooks are run first: an assignment whose own solutions fail its tests is not released.

    Parameters
    ----------
    course, name
        The assignment.
    assignments
        The folder with the authored assignments, which know the chapters that they build on.
    book
        The folder of a built book, for these chapters; None takes the one that `make book` made, if it did.

    Raises
    ------
    AutograderError
        If a source notebook is missing, broken or fails, nbgrader refuses it, a chapter is missing in the
        book, or the class list can't be read; the earlier version stays.
    """
    course.require_assignment(name)
    course.require_writable()
    config = load_config(course)
    policy = course_policy(config)
    roster = course_roster(course)
    authored = name in list_assignments(assignments)
    expected = _check_sources(course.source / name, NOTEBOOKS if authored else ())
    chapters = find_chapters(chapter_names(name, assignments) if authored else (), book)
    session = NbGraderSession(course)
    for path in session.extra_files(name):
        if (reason := _extra_error(path, expected)) is not None:
            raise AutograderError(
                f"{path}: not released, because students would get this file too, and it {reason}; "
                f"move it out of {course.source / name}"
            )
    for notebook, failures in reference_failures(course, name).items():
        if failures:
            raise AutograderError(
                f"{course.source / name / notebook}.ipynb: not released, because its own solution fails "
                f"{'; '.join(failures)}"
            )
    draft = Path(tempfile.mkdtemp(prefix=".release-", dir=course.root))
    try:
        if (reason := session.generate_assignment(name, draft.name)) is not None:
            raise AutograderError(
                f"{course.source / name}: not released, the earlier version stays: {_hint(name, reason)}"
            )
        _check_release(draft / name, expected)
        packed = draft / f"{name}.zip"
        packed.write_bytes(zipped(name, bundle(name, draft / name, chapters, config, roster)))
        folder, archive = course.release / name, course.handout / packed.name
        replace_all([(draft / name, folder), (packed, archive)], draft)
        with session.gradebook() as gradebook:
            write_deadline(gradebook, name, policy)
            worth = {one.name: one.max_score for one in gradebook.find_assignment(name).notebooks}
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Released(folder, archive, chapters, tuple(worth[notebook] for notebook in sorted(worth)))


def reference_failures(course: Course, name: str) -> dict[str, list[str]]:
    """Grade the source notebooks as if they were handed in; list, by notebook, the tests that they fail.

    Their code is the instructor's own and needs no jail.
    """
    limits = Limits.for_timeout(cell_timeout(load_config(course)))
    intake = Intake(course, name, "process", limits)
    jobs = [
        Job("", notebook, (course.source / name / f"{notebook}.ipynb").read_bytes(), intake.provided)
        for notebook in intake.sources
    ]
    failures = {}
    with Pool(intake.setting, 1) as pool:
        for job, graded in pool.grade(jobs):
            failures[job.notebook] = (
                [graded.refused]
                if graded.refused is not None
                else [
                    f"{verdict.grade_id}: {shortened(verdict.message)}"
                    for verdict in graded.verdicts
                    if verdict.points != verdict.max_points
                ]
            )
    return failures


def _check_sources(folder: Path, required: Collection[str]) -> list[str]:
    found = sorted(path.stem for path in folder.glob("*.ipynb"))
    for notebook in required:
        if notebook not in found:
            raise AutograderError(
                f"{folder / notebook}.ipynb is missing; put it back "
                "(`autograder init` in a new directory makes a fresh copy) and release again"
            )
    if not found:
        raise AutograderError(f"{folder} holds no notebook")
    for notebook in found:
        path = folder / f"{notebook}.ipynb"
        try:
            cells = read_notebook(path).cells
        except Exception as error:  # nbformat raises many kinds for a broken file
            raise AutograderError(f"{path}: not a notebook: {error!r}") from error
        for number, cell in enumerate(cells, start=1):
            if (wrong := region_error(cell.source)) is not None:
                raise AutograderError(f"{path}, cell {number}: {wrong}")
    return found


def _extra_error(path: Path, notebooks: Collection[str]) -> str | None:
    """Say why a file beside the notebooks must not be released; None when it may be."""
    if path.suffix.lower() not in _DATA + _PICTURES or path.name.startswith("."):
        return f"is neither data nor a picture ({' '.join(_DATA + _PICTURES)})"
    if path.name.partition(".")[0] in notebooks:
        return "has the name of a notebook"
    content = path.read_bytes()
    if any(marker in content for marker in _MARKERS):
        return "holds a solution or a hidden test"
    if b'"nbformat"' in content:
        return "is a notebook under another name"
    return None


def _check_release(folder: Path, expected: Collection[str]) -> None:
    """Look once more, at every byte, for what students must not get, whatever nbgrader's settings are."""
    notebooks = {folder / f"{notebook}.ipynb" for notebook in expected}
    for path in sorted(notebooks):
        if not path.exists():
            raise AutograderError(f"nbgrader wrote no {path.name}; nothing was released")
    for path in sorted(folder.rglob("*")):
        if path in notebooks:
            leak = any(marker in path.read_bytes() for marker in _MARKERS)
            reason = "would hold a solution or a hidden test" if leak else None
        else:
            reason = _extra_error(path, expected) if path.is_file() else None
        if reason is not None:
            raise AutograderError(f"{path.relative_to(folder)} {reason}; nothing was released")


def _hint(name: str, reason: str) -> str:
    if "submissions associated" in reason:
        return (
            "cells were added, removed or renamed after submissions were graded, which nbgrader does not "
            f"allow. If a test was changed or added, `autograder regrade {name}` takes it over and grades "
            f"again; otherwise undo that, or forget all marks: `nbgrader db assignment remove {name} --force`"
        )
    return reason
