"""The command `autograder feedback`: write the pages, and pack them for the system that they go back to."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.cli_common import attention, course_option, shown
from autograder.errors import UsageError
from autograder.wording import counted


def add_commands(steps: argparse._SubParsersAction[argparse.ArgumentParser], epilog: str) -> None:
    """Add the command."""
    feedback = steps.add_parser(
        "feedback",
        help="write a feedback page per student and notebook, and pack them to hand them back",
        description=(
            "Write a feedback page per student and notebook to feedback/STUDENT/ASSIGNMENT/. The pages show "
            "no source of hidden tests; they do show on which input an answer failed."
        ),
        epilog=epilog,
    )
    feedback.add_argument("assignment", metavar="ASSIGNMENT", help="its name, such as u2-regression")
    course_option(feedback)
    feedback.add_argument(
        "--zip",
        choices=("canvas", "moodle", "files"),
        help="also write a zip that Canvas or Moodle takes back, or one with a folder per student",
    )
    feedback.add_argument(
        "--download",
        metavar="PATH",
        type=Path,
        help="the zip or folder of submissions that was downloaded: the names in it say whose is what",
    )
    feedback.add_argument(
        "--to", metavar="FILE", type=Path, help="the zip to write (default: feedback/ASSIGNMENT-KIND.zip)"
    )
    feedback.set_defaults(run=_feedback)


def _feedback(options: argparse.Namespace) -> int:
    from autograder.course import open_course
    from autograder.feedback import feedback
    from autograder.feedback_page.hand_back import hand_back

    if (options.download or options.to) and not options.zip:
        raise UsageError(
            "--download and --to are about the zip: say which with --zip canvas, moodle or files"
        )
    course = open_course(options.course)
    report = feedback(course, options.assignment, progress=_bar)
    print(f"Feedback for {counted(len(report.marks), 'student')} in {shown(course.feedback)}.")
    problems = list(report.problems)
    if options.zip and report.marks:
        packed = hand_back(
            course,
            options.assignment,
            options.zip,
            [mark.student for mark in report.marks],
            to=Path(os.path.abspath(options.to)) if options.to else None,
            download=options.download,
        )
        print(f"Packed the pages of {counted(packed.students, 'student')} into {shown(packed.path)}.")
        problems += packed.problems
    return attention(problems)


def _bar(items: Sequence[str]) -> Iterable[str]:
    from tqdm import tqdm

    return tqdm(items, unit="student", disable=None)  # None: only where stderr is a terminal
