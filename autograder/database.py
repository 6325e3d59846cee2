"""The gradebook on a database server: what is checked before a course is told to keep its marks there."""

from __future__ import annotations

from nbgrader.api import Base  # type: ignore[import-untyped]
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from autograder.errors import AutograderError, UsageError, shortened

_EXAMPLE = "postgresql://USER@HOST/DATABASE"


def require_empty_database(text: str) -> None:
    """Make sure that a new course can have its gradebook at a URL, such as postgresql://ada@db.example.org/losses.

    Raises
    ------
    UsageError
        If it is no URL of a PostgreSQL database.
    AutograderError
        If the driver is missing, the database can't be reached, or it holds a gradebook already: nbgrader's
        tables do not keep the assignments of two courses apart.
    """
    url = _postgresql(text)
    shown = url.render_as_string(hide_password=True)
    try:
        engine = create_engine(url, poolclass=NullPool)
        tables = set(inspect(engine).get_table_names())
    except ImportError as error:
        raise AutograderError(
            f"the driver for {url.drivername} is not installed ({error}): install the project with its extra "
            "`scale` (`pip install -e '.[scale]'` in its folder), and write the URL as " + _EXAMPLE
        ) from error
    except SQLAlchemyError as error:
        raise AutograderError(f"{shown}: the database can't be used: {shortened(error)}") from error
    if taken := sorted(tables & set(Base.metadata.tables)):
        raise AutograderError(
            f"{shown} holds a gradebook already (a table {taken[0]}); give each course a database of its "
            "own. To go on with that gradebook, set c.CourseDirectory.db_url in nbgrader_config.py by hand."
        )


def _postgresql(text: str) -> URL:
    try:
        url = make_url(text)
        if url.get_backend_name() == "postgresql":
            return url
    except (ArgumentError, NoSuchModuleError):
        pass
    raise UsageError(
        f"--db needs the URL of a PostgreSQL database, such as {_EXAMPLE}; without --db, the gradebook is a "
        "file in the course directory"
    )
