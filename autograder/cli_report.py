"""The command `autograder report`: one page about how a class did in an assignment."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from autograder.cli_common import DONE, course_option, shown
from autograder.wording import counted


def add_commands(steps: argparse._SubParsersAction[argparse.ArgumentParser], epilog: str) -> None:
    """Add the command."""
    report = steps.add_parser(
        "report",
        help="write a page on how the class did: points, problems, mistakes, who may need help",
        description=(
            "Write one HTML page on how the class did in an assignment to report/ASSIGNMENT.html. It shows "
            "no source of hidden tests, and examples of students' code without names. Only the section on "
            "students who may need help names anybody."
        ),
        epilog=epilog,
    )
    report.add_argument("assignment", metavar="ASSIGNMENT", help="its name, such as u2-regression")
    course_option(report)
    report.add_argument(
        "--to", metavar="FILE", type=Path, help="the page to write (default: report/ASSIGNMENT.html)"
    )
    report.add_argument(
        "--anonymous",
        action="store_true",
        help="leave out the students who may need help, so that the page can be shared",
    )
    report.add_argument("--json", action="store_true", help="print the same numbers as JSON")
    report.set_defaults(run=_report)


def _report(options: argparse.Namespace) -> int:
    from autograder.class_report.build import build_report
    from autograder.class_report.writer import as_json, default_path, write_page
    from autograder.course import open_course

    course = open_course(options.course)
    report = build_report(course, options.assignment, anonymous=options.anonymous)
    if options.json:
        print(as_json(report))
    if options.json and options.to is None:
        return DONE
    to = Path(os.path.abspath(options.to)) if options.to else default_path(course, options.assignment)
    write_page(report, to)
    if not options.json:
        about = counted(report.head.graded, "student")
        print(f"Report on {about} in {shown(to)}{_of_whom(report.help is not None)}.")
        for note in report.notes:
            print(note)
    return DONE


def _of_whom(names: bool) -> str:
    return "; it names students who may need help" if names else "; it names nobody"
