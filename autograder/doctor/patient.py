"""The course that is examined: each part is read once, and a check that needs what can't be read says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from traitlets.config import Config

from autograder.course import Course, open_course
from autograder.database import gradebook_url
from autograder.doctor.check import NotChecked
from autograder.errors import AutograderError
from autograder.layout import Layout, read_layouts
from autograder.nbgrader_session import NbGraderSession
from autograder.settings import load_config


@dataclass(frozen=True)
class Held:
    """What the gradebook knows: the students, and the notebooks of each released assignment."""

    students: tuple[str, ...]
    layouts: Mapping[str, Mapping[str, Layout]]


class Patient:
    """A course directory, or what is taken for one.

    Parameters
    ----------
    root
        Where it is.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def settings(self) -> Config:
        """Find the course and read its settings.

        Raises
        ------
        AutograderError
            If there is no course, or the settings can't be read.
        """
        return load_config(open_course(self.root))

    @property
    def course(self) -> Course:
        """The course.

        Raises
        ------
        NotChecked
            If the folder is none.
        """
        try:
            return open_course(self.root)
        except AutograderError:
            raise NotChecked("there is no course directory, as said above") from None

    @cached_property
    def config(self) -> Config:
        """The settings.

        Raises
        ------
        NotChecked
            If they can't be read.
        """
        try:
            return self.settings()
        except AutograderError:
            raise NotChecked("the settings can't be read, as said above") from None

    @property
    def database(self) -> URL:
        """Where the gradebook is.

        Raises
        ------
        AutograderError
            If the settings give no URL.
        """
        return gradebook_url(self.config.CourseDirectory.get("db_url", f"sqlite:///{self.course.gradebook}"))

    @property
    def gradebook_file(self) -> Path | None:
        """The file of the gradebook; None if it is on a server."""
        url = self.database
        if url.get_backend_name() != "sqlite" or not url.database:
            return None
        return self.course.root / url.database

    @cached_property
    def _held(self) -> Held | None:
        if (file := self.gradebook_file) is not None and not file.exists():
            return None
        engine = create_engine(self.database, poolclass=NullPool)
        if not inspect(engine).has_table("student"):  # nbgrader would make the tables
            return None
        with NbGraderSession(self.course).gradebook() as gradebook:
            students = tuple(student.id for student in gradebook.students)
            names = [assignment.name for assignment in gradebook.assignments if assignment.notebooks]
            return Held(students, {name: read_layouts(gradebook, name) for name in names})

    @property
    def held(self) -> Held | None:
        """What the gradebook knows; None if there is no gradebook yet.

        Raises
        ------
        NotChecked
            If it can't be opened.
        """
        try:
            return self._held
        except (AutograderError, SQLAlchemyError, ImportError):
            raise NotChecked("the gradebook can't be opened, as said above") from None
