"""nbgrader's settings of a course, read without loading nbgrader, which takes seconds."""

from __future__ import annotations

import re

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.course import CONFIG, FOLDERS, Course
from autograder.errors import AutograderError

DEFAULT_TIMEOUT = 30  # nbgrader's own, in seconds


def load_config(course: Course) -> Config:
    """Run the course's configuration file, and check that it leaves the folders where the commands look.

    Raises
    ------
    AutograderError
        If it can't be run, or moves a folder.
    """
    path = course.root / CONFIG
    try:
        config: Config = PyFileConfigLoader(CONFIG, path=str(course.root)).load_config()
    except SyntaxError as error:
        line = f"line {error.lineno}: " if error.lineno else ""
        raise AutograderError(
            f"{path}: can't be loaded: {line}{type(error).__name__}: {error.msg}"
        ) from error
    except Exception as error:  # the file is Python: it can raise anything
        raise AutograderError(f"{path}: can't be loaded: {error!r}") from error
    for folder in FOLDERS:
        given = config.CourseDirectory.get(f"{folder}_directory", folder)
        if given != folder:
            raise AutograderError(f"{path}: {folder}_directory must stay {folder!r}; it is {given!r}")
    return config


def web_address(config: Config, setting: str, example: str) -> str | None:
    """Read a setting of `c.Autograder` that is the address of a web page, without a slash at its end.

    None if the course does not say.

    Raises
    ------
    AutograderError
        If it is no such address.
    """
    given = config.Autograder.get(setting, None)
    if given is None or given == "":
        return None
    if not isinstance(given, str) or not re.match(r"https?://[^\s\"'<>]+$", given):
        raise AutograderError(
            f"{CONFIG}: c.Autograder.{setting} must be an address such as {example!r}, not {given!r}"
        )
    return given.rstrip("/")


def cell_timeout(config: Config) -> float:
    """Give the seconds that a cell may run: `c.Execute.timeout`."""
    given = config.Execute.get("timeout", DEFAULT_TIMEOUT)
    return float(given) if isinstance(given, (int, float)) and given > 0 else float(DEFAULT_TIMEOUT)
