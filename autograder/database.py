"""The gradebook on a database server: its URL, and what is checked before a course keeps its marks there."""

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
    shown = shown_url(url)
    try:
        engine = create_engine(url, poolclass=NullPool)
        tables = set(inspect(engine).get_table_names())
    except ImportError as error:
        raise no_driver(url, error) from error
    except SQLAlchemyError as error:
        raise AutograderError(f"{shown}: the database can't be used: {shortened(error)}") from error
    if taken := sorted(tables & set(Base.metadata.tables)):
        raise AutograderError(
            f"{shown} holds a gradebook already (a table {taken[0]}); give each course a database of its "
            "own. To go on with that gradebook, set c.CourseDirectory.db_url in nbgrader_config.py by hand."
        )


def gradebook_url(text: str) -> URL:
    """Read the URL of a gradebook, as `c.CourseDirectory.db_url` gives it.

    Raises
    ------
    AutograderError
        If it is none. It is not quoted: it may hold a password.
    """
    try:
        return make_url(text)
    except (ArgumentError, ValueError) as error:  # ValueError for a port that is no number
        raise AutograderError(
            "c.CourseDirectory.db_url in nbgrader_config.py is not the URL of a database; write it as "
            f"{_EXAMPLE}, or take the line out to keep the gradebook in a file of the course directory"
        ) from error


def no_driver(url: URL, error: ImportError) -> AutograderError:
    """Say what to install for a database."""
    return AutograderError(
        f"the driver for {url.drivername} is not installed ({error}): install the project with its extra "
        "`scale` (`pip install -e '.[scale]'` in its folder), and write the URL as " + _EXAMPLE
    )


def shown_url(url: URL) -> str:
    """Write a URL for people to read, without any password: its options can hold one too.

    Examples
    --------
    >>> shown_url(make_url("postgresql://ada:secret@db.example.org/losses?sslmode=require&sslpassword=secret"))
    'postgresql://ada:***@db.example.org/losses?sslmode=require'
    """
    kept = {option: value for option, value in url.query.items() if "pass" not in option.casefold()}
    return url.set(query=kept).render_as_string(hide_password=True)


def _postgresql(text: str) -> URL:
    try:
        url = make_url(text)
        if url.get_backend_name() == "postgresql":
            return url
    except (ArgumentError, NoSuchModuleError, ValueError):
        pass
    raise UsageError(
        f"--db needs the URL of a PostgreSQL database, such as {_EXAMPLE}; without --db, the gradebook is a "
        "file in the course directory"
    )
