"""Writes the report to its file, or as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from autograder.class_report.page import Report
from autograder.class_report.render import render
from autograder.course import Course
from autograder.private import private_folder
from autograder.whole_file import whole_file

FOLDER = "report"


def default_path(course: Course, assignment: str) -> Path:
    """Name the page of an assignment; its folder is made, readable by its owner only."""
    return private_folder(course.root / FOLDER) / f"{assignment}.html"


def write_page(report: Report, to: Path) -> None:
    """Write the page, readable by its owner only.

    Raises
    ------
    AutograderError
        If it can't be written; an earlier page stays.
    """
    content = render(report).encode("utf-8", "replace")  # a student's text may have half of a surrogate pair
    with whole_file(to) as draft:
        draft.write_bytes(content)


def as_json(report: Report) -> str:
    """Write all numbers of the report as JSON."""
    text = json.dumps(asdict(report), ensure_ascii=False, indent=1)
    return text.encode("utf-8", "replace").decode("utf-8")
