"""The grading engine behind `nbgrader autograde` and formgrader's button, set up in nbgrader_config.py.

nbgrader takes each notebook through two lists of steps, between which it is written to autograded/. In the
first, `Quarantine` puts the rebuilt notebook in the place of the student's; in the second, `IsolatedExecute`
asks the engine to grade it, and `TrustedSaveAutoGrades` writes the marks. `SubmissionExporter` keeps nbgrader
from reading the student's file itself, because a file that it can't read costs it the whole submission.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode, from_dict, v4
from nbgrader.api import Gradebook  # type: ignore[import-untyped]
from nbgrader.converters import Autograde  # type: ignore[import-untyped]
from nbgrader.preprocessors import Execute, NbGraderPreprocessor  # type: ignore[import-untyped]
from traitlets.config import Config

from autograder.audit_log import AuditLog, scoring_event
from autograder.autograded import with_outputs
from autograder.course import Course
from autograder.engine.limits import Limits
from autograder.engine.quarantine import rebuild
from autograder.engine.verdict import GradedNotebook
from autograder.errors import AutograderError
from autograder.grade_one import grade_one
from autograder.handed_in import handed_in_digest
from autograder.intake import Intake, Work
from autograder.layout import read_layouts, require_released_notebooks
from autograder.marks import late_penalties, recorded_scores
from autograder.nbgrader_start import before_autograde
from autograder.policy import course_policy
from autograder.private import AUDIT, PRIVATE, VERDICTS
from autograder.record import Submission, late_penalty, record_marks
from autograder.repairs import Repair, find_repairs
from autograder.settings import cell_timeout
from autograder.source_changes import require_unchanged
from autograder.submission import handed_in_at
from autograder.verdict_cache import VerdictCache

Resources = dict[str, Any]
_NO_CELLS = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


class _Place(NamedTuple):
    """Which notebook nbgrader is at."""

    course: Course
    assignment: str
    student: str
    notebook: str


def _place(resources: Resources) -> _Place:
    """Read it off nbgrader's notes; the notebook's folder is ROOT/STEP/STUDENT/ASSIGNMENT."""
    at = resources["nbgrader"]
    root = Path(resources["metadata"]["path"]).parents[2]
    return _Place(Course(root), at["assignment"], at["student"], at["notebook"])


def _node(notebook: dict[str, Any]) -> NotebookNode:
    node: NotebookNode = from_dict(notebook)  # type: ignore[no-untyped-call]
    return node


def _coursedir(exporter: Any) -> Any:
    """Give nbgrader's `CourseDirectory`: an exporter's parent is the converter that has it."""
    return exporter.parent.coursedir


class SubmissionExporter(NotebookExporter):
    """nbgrader's exporter, which leaves what is in submitted/ unread for `Quarantine` to read.

    nbgrader makes one when it starts to grade, so that is also the time for what comes before.
    """

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)  # type: ignore[no-untyped-call]
        if isinstance(self.parent, Autograde):
            try:
                before_autograde(self.parent)
            except AutograderError as error:
                self.log.critical("%s", error)
                raise SystemExit(f"autograder: {error}") from error

    def from_filename(
        self, filename: str, resources: Resources | None = None, **settings: Any
    ) -> tuple[Any, Resources]:
        """Convert a notebook from a file, one in submitted/ as if it were empty."""
        path = Path(filename)
        coursedir = _coursedir(self)
        if path.parents[2] != Path(coursedir.root, coursedir.submitted_directory):
            return super().from_filename(filename, resources, **settings)
        given = dict(resources or {})
        given["metadata"] = {"name": path.stem, "path": str(path.parent)}
        empty = v4.new_notebook()  # type: ignore[no-untyped-call]
        converted: tuple[Any, Resources] = self.from_notebook_node(  # type: ignore[no-untyped-call]
            empty, given, **settings
        )
        return converted


class Quarantine(NbGraderPreprocessor):  # type: ignore[misc]
    """Puts the rebuilt notebook in the place of the student's; the first of the sanitising steps."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Leave nothing of `nb`, and in autograded/ nothing of the files that were handed in beside it."""
        place = _place(resources)
        with _instructor_is_told(self, place):
            intake = _intake(place, self.config)
            with Gradebook(resources["nbgrader"]["db_url"]) as gradebook:
                layouts = read_layouts(gradebook, place.assignment)
            folder = place.course.source / place.assignment
            require_released_notebooks(place.assignment, folder, layouts, intake.sources)
            require_unchanged(place.assignment, layouts, intake.sources)
            rebuilt = intake.look_at(place.student).rebuilt.get(place.notebook)
            if rebuilt is None:  # it is refused, which the marks will say
                rebuilt = rebuild(intake.sources[place.notebook], _NO_CELLS)
        _remove_handed_in(place)
        return _node(rebuilt.notebook), resources


class IsolatedExecute(Execute):  # type: ignore[misc]
    """Has the engine grade the notebook instead of running it in a kernel; `c.Execute` sets it up."""

    def preprocess(
        self, nb: NotebookNode, resources: Resources, km: object = None
    ) -> tuple[NotebookNode, Resources]:
        """Put what the cells showed into the notebook, and the verdicts into `resources`."""
        place = _place(resources)
        with _instructor_is_told(self, place):
            _, graded = grade_one(
                place.course.root,
                place.assignment,
                place.student,
                place.notebook,
                cell_timeout(self.config),
            )
        resources["autograder"] = graded
        return _node(with_outputs(nb, graded)), resources


class TrustedSaveAutoGrades(NbGraderPreprocessor):  # type: ignore[misc]
    """Records the verdicts; a test without one gets nothing."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Write the marks of this notebook and of those that can't be run, with penalties, and log them."""
        place = _place(resources)
        with _instructor_is_told(self, place):
            work = _intake(place, self.config).look_at(place.student)
            notebooks = work.graded  # what can't be run is known at once
            if "autograder" in resources:
                notebooks[place.notebook] = resources["autograder"]
            else:
                notebooks[place.notebook] = GradedNotebook(place.notebook, (), remarks=("it was not run",))
                work.keys.pop(place.notebook, None)  # so that `autograder grade` makes up for it
            submission = Submission(
                place.student, handed_in_at(work.found), notebooks, rebuilt={place.notebook: nb}
            )
            with VerdictCache(place.course.root / PRIVATE / VERDICTS) as kept:
                kept.put_many((work.origins[name], graded) for name, graded in work.unrun.items())
            with Gradebook(resources["nbgrader"]["db_url"]) as gradebook:
                repairs = _repairs(place, work, gradebook)
                penalty = late_penalty(self.config)
                record_marks(gradebook, place.assignment, [submission], penalty, only=notebooks)
                taken_off = late_penalties(gradebook, place.assignment, [place.student])
            AuditLog(place.course.root / PRIVATE / AUDIT).append_many(
                scoring_event(
                    place.assignment,
                    place.student,
                    graded,
                    key=work.keys.get(name, ""),
                    late_penalty=taken_off.get((place.student, name), 0.0),
                    changed=repairs[name].held if name in repairs else None,
                )
                for name, graded in notebooks.items()
            )
            with VerdictCache(place.course.root / PRIVATE / VERDICTS) as kept:
                kept.mark_recorded_many(
                    place.assignment, {(place.student, name): work.origins[name] for name in notebooks}
                )
                policy = course_policy(self.config)
                digest = handed_in_digest(place.course, place.assignment, place.student, policy)
                kept.note_graded_work(place.assignment, {place.student: digest})
        for repair in repairs.values():
            self.log.warning("%s: %s", place.student, repair)
        return nb, resources


def _repairs(place: _Place, work: Work, gradebook: Gradebook) -> dict[str, Repair]:
    """Find the marks that were changed since they were recorded, of the notebooks that are graded now."""
    handed_in = place.course.submitted / place.student / place.assignment
    held = recorded_scores(gradebook, place.assignment, place.student)
    with VerdictCache(place.course.root / PRIVATE / VERDICTS) as kept:
        recorded = {
            name: key
            for (_, name), key in kept.recorded(place.assignment, place.student).items()
            # Of one that was not handed in, nbgrader itself has taken the points before.
            if name in work.graded and (handed_in / f"{name}.ipynb").exists()
        }
        verdicts = kept.get_many([*recorded.values(), *work.origins.values()])
    return find_repairs(
        recorded, work.origins, verdicts, {name: scores for (_, name), scores in held.items()}
    )


def _intake(place: _Place, config: Config) -> Intake:
    return Intake(place.course, place.assignment, "jail", Limits.for_timeout(cell_timeout(config)))


@contextmanager
def _instructor_is_told(step: Any, place: _Place) -> Iterator[None]:
    """End nbgrader's whole run with the message when something is wrong that the instructor must put right.

    nbgrader takes any ordinary exception for the fault of one submission and goes on with the next.
    """
    try:
        yield
    except AutograderError as error:
        graded = place.course.autograded / place.student / place.assignment
        # What is left there would count as graded.
        if _coursedir(step.parent).notebook_id == "*":
            shutil.rmtree(graded, ignore_errors=True)
        else:
            (graded / f"{place.notebook}.ipynb").unlink(missing_ok=True)
        step.log.critical("%s", error)
        raise SystemExit(f"autograder: {error}") from error


def _remove_handed_in(place: _Place) -> None:
    """Remove the copies that nbgrader made of files beside the notebooks: it follows links.

    The files that come with the assignment stay.
    """
    source = place.course.source / place.assignment
    graded = place.course.autograded / place.student / place.assignment
    for path in [path for path in graded.rglob("*") if not path.is_dir()]:
        inside = path.relative_to(graded)
        ours = inside.name == str(inside) and (path.suffix == ".ipynb" or path.name == "timestamp.txt")
        if not ours and not (source / inside).is_file():
            path.unlink()
