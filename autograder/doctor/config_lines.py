"""The lines of nbgrader_config.py that must be there, as `autograder init` writes them today.

A course that an earlier version made, or in whose settings a line was lost, is told exactly what to add.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from traitlets.config import Config

from autograder.course import CONFIG
from autograder.course_config import config_text
from autograder.doctor.check import Finding, fail, ok
from autograder.policy import Policy

_JAIL = (
    "`nbgrader autograde` and formgrader's button run students' code beside the tests and without a jail: "
    "a submission can cheat"
)
# Why each must be there.
_NEEDED: Mapping[str, str] = {
    "Autograde.exporter_class": _JAIL,
    "Autograde.sanitize_preprocessors": _JAIL,
    "Autograde.autograde_preprocessors": _JAIL,
    "HTMLExporter.sanitize_html": "scripts that students wrote can run in formgrader, in your browser",
    "GenerateFeedback.exporter_class": (
        "`nbgrader generate_feedback` and formgrader's button write nbgrader's pages, not those of "
        "`autograder feedback`"
    ),
}


@dataclass(frozen=True)
class _Line:
    """A setting: what it is set to, and the line, or lines, that set it."""

    value: Any
    text: str


def config_lines(config: Config) -> Iterator[Finding]:
    """Compare the settings of a course with the lines that must be there."""
    wanted = _written()
    missing: dict[str, list[str]] = {}
    for name, why in _NEEDED.items():
        section, _, setting = name.partition(".")
        given = config.get(section, {}).get(setting)
        if not _does(given, wanted[name].value):
            missing.setdefault(why, []).append(wanted[name].text)
    for why, lines in missing.items():
        yield fail(f"{CONFIG} lacks what is below: {why}", *lines)
    if not missing:
        yield ok("the lines that must be there are there")


def _does(given: Any, wanted: Any) -> bool:
    """Whether a setting does what it must; a list may hold more."""
    if isinstance(wanted, list):
        return isinstance(given, (list, tuple)) and all(part in given for part in wanted)
    return bool(given == wanted)


def _written() -> dict[str, _Line]:
    """Read the settings that a new course gets, each with its text."""
    text = config_text("course", Policy())
    lines = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
            name = ast.unparse(statement.targets[0]).removeprefix("c.")
            source = ast.get_source_segment(text, statement) or ""
            lines[name] = _Line(ast.literal_eval(statement.value), source)
    return lines
