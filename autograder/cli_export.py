"""The command `autograder export`: all marks as a table, for an LMS, or every test in a table."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.cli_common import DONE, attention, course_option, shown
from autograder.errors import UsageError
from autograder.wording import counted

if TYPE_CHECKING:
    from autograder.course import Course
    from autograder.marks import Report

_SYSTEMS = ("canvas", "moodle", "blackboard")
_ABOUT = """\
Without --format: marks.csv, a row per student and assignment. With it:

  canvas, moodle, blackboard   its gradebook file, made from the class list that came from there; older marks
                               in the class list are left out, so that none is put back
  nbgrader                     what `nbgrader export` writes
  csv, parquet                 everything: a row per student, assignment, notebook and test
"""


def add_commands(steps: argparse._SubParsersAction[argparse.ArgumentParser], epilog: str) -> None:
    """Add the command."""
    export = steps.add_parser(
        "export",
        help="write all marks to a file: CSV, an LMS's gradebook, a table of every test",
        description=_ABOUT,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    export.add_argument("--format", choices=(*_SYSTEMS, "nbgrader", "csv", "parquet"), help="see above")
    export.add_argument(
        "--assignment",
        metavar="NAME",
        action="append",
        default=[],
        help="export this assignment only; repeat for several (default: all)",
    )
    export.add_argument(
        "--to",
        metavar="FILE",
        type=Path,
        help="the file to write (default: marks.csv, canvas.csv and so on in the course directory)",
    )
    systems = export.add_argument_group("for Canvas, Moodle and Blackboard")
    systems.add_argument(
        "--class-list",
        metavar="FILE",
        type=Path,
        help="a newer download of the gradebook (default: the course's class list)",
    )
    systems.add_argument(
        "--column",
        metavar="NAME=HEADING",
        action="append",
        default=[],
        help="the column of an assignment that has another title there; repeat for several",
    )
    systems.add_argument(
        "--missing",
        choices=("blank", "zero"),
        default="blank",
        help="what those get who handed in nothing (default: blank, no mark)",
    )
    course_option(export)
    export.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> int:
    from autograder.course import open_course

    course = open_course(options.course)
    if options.format not in _SYSTEMS and (
        options.class_list or options.column or options.missing != "blank"
    ):
        raise UsageError("--class-list, --column and --missing go with --format canvas, moodle or blackboard")
    if options.format in _SYSTEMS:
        return _export_to_lms(course, options)
    ways: dict[str | None, tuple[str, Callable[[Course, Path, list[str]], int]]] = {
        None: ("marks.csv", _export_marks),
        "nbgrader": ("grades.csv", _export_as_nbgrader),
        "csv": ("tests.csv", _export_tests_csv),
        "parquet": ("tests.parquet", _export_tests_parquet),
    }
    name, way = ways[options.format]
    return way(course, _target(course, options.to, name), options.assignment)


def _export_marks(course: Course, to: Path, names: list[str]) -> int:
    from autograder.export import export

    report = export(course, to, names)
    return _told(course, report, f"Wrote {counted(len(report.marks), 'row')} to {shown(to)}.")


def _export_to_lms(course: Course, options: argparse.Namespace) -> int:
    from autograder.lms_export import Options, export_to_lms, open_class_table
    from autograder.lms_formats import FORMATS, form_for, suffix_for

    lms = options.format
    form = form_for(lms, open_class_table(course, lms, options.class_list).form)
    to = _target(course, options.to, f"{lms}{suffix_for(lms, form)}")
    report = export_to_lms(
        course,
        lms,
        to,
        options.assignment,
        Options(options.class_list, _columns(options.column), options.missing == "zero"),
    )
    marks = counted(len(report.marks), "mark")
    return _told(
        course, report, f"Wrote {marks} to {shown(to)}. Give it to {FORMATS[lms].name} as it is, unopened."
    )


def _columns(given: Iterable[str]) -> dict[str, str]:
    columns = {}
    for text in given:
        name, equals, heading = text.partition("=")
        if not (name and equals and heading):
            raise UsageError(
                f"--column takes NAME=HEADING, such as u2-regression='Unit 2 (1234)'; not {text!r}"
            )
        columns[name] = heading
    return columns


def _export_as_nbgrader(course: Course, to: Path, names: list[str]) -> int:
    from autograder.nbgrader_export import export_as_nbgrader

    problems = export_as_nbgrader(course, to, names)
    print(f"Wrote nbgrader's table to {shown(to)}.")
    return attention(problems)


def _export_tests_csv(course: Course, to: Path, names: list[str]) -> int:
    from autograder.tidy import tidy_rows
    from autograder.tidy_files import write_tidy_csv

    number = write_tidy_csv(tidy_rows(course, names), to)
    print(f"Wrote {counted(number, 'row')} to {shown(to)}.")
    return DONE


def _export_tests_parquet(course: Course, to: Path, names: list[str]) -> int:
    from autograder.tidy import tidy_rows
    from autograder.tidy_files import write_tidy_parquet

    number = write_tidy_parquet(tidy_rows(course, names), to)
    print(f"Wrote {counted(number, 'row')} to {shown(to)}.")
    return DONE


def _target(course: Course, given: Path | None, name: str) -> Path:
    return Path(os.path.abspath(given)) if given else course.root / name


def _told(course: Course, report: Report, line: str) -> int:
    from autograder.feedback import outdated_pages
    from autograder.lateness import told_owed

    print(line)
    names = dict.fromkeys(mark.assignment for mark in report.marks)
    for note in [*report.notes, *outdated_pages(course, names)]:
        print(note)
    return attention([*report.problems, *told_owed(course, names)])
