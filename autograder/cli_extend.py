"""The command `autograder extend`: more time for one student."""

from __future__ import annotations

import argparse
import math
from datetime import timedelta
from typing import TYPE_CHECKING

from autograder.cli_common import DONE, course_option
from autograder.errors import UsageError
from autograder.wording import counted

if TYPE_CHECKING:
    from autograder.policy import Deadline


def add_commands(steps: argparse._SubParsersAction[argparse.ArgumentParser], epilog: str) -> None:
    """Add `extend`."""
    extend = steps.add_parser(
        "extend",
        help="give one student more time",
        description=(
            "Give one student more time for an assignment, before or after anything is handed in. It "
            "replaces what was given before, and moves with the deadline of the others."
        ),
        epilog=epilog,
    )
    extend.add_argument("assignment", metavar="ASSIGNMENT", help="its name, such as u2-regression")
    extend.add_argument("student", metavar="STUDENT", help="the id of the student")
    more = extend.add_mutually_exclusive_group(required=True)
    more.add_argument(
        "--days", metavar="N", type=_number, help="so many days, of 24 hours, after the deadline"
    )
    more.add_argument("--hours", metavar="N", type=_number, help="so many hours after the deadline")
    more.add_argument("--until", metavar="TIME", help="until then, such as '2027-01-20 23:59 Europe/Berlin'")
    more.add_argument("--none", action="store_true", help="take the extension back")
    course_option(extend)
    extend.set_defaults(run=_extend)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number <= 10_000:
        raise argparse.ArgumentTypeError(f"a number above 0 is needed; not {text!r}")
    return number


def _extend(options: argparse.Namespace) -> int:
    from autograder.course import open_course
    from autograder.extension import extend

    name, student = options.assignment, options.student
    given = extend(open_course(options.course), name, student, _more(options))
    before = f"; before, it was {_told(given.before)}" if given.before else ""
    if given.now is None:
        print(f"{student} has no extension for {name}{before}.")
    else:
        print(
            f"{student} has until {given.until} for {name}, {_told(given.now)} more than the others{before}."
        )
    if given.has_work and given.now != given.before:
        print(f"Work of {student} is graded already. Next: autograder grade {name}")
    return DONE


def _more(options: argparse.Namespace) -> timedelta | Deadline | None:
    from autograder.policy import PolicyError, parse_deadline

    if options.none:
        return None
    if options.until is None:
        return timedelta(days=options.days or 0, hours=options.hours or 0)
    try:
        return parse_deadline(options.until)
    except PolicyError as error:
        raise UsageError(f"--until: {error}") from None


def _told(more: timedelta) -> str:
    """Say how much time it is, in days if they are whole."""
    hours = more.total_seconds() / 3600
    return counted(hours / 24, "day") if hours % 24 == 0 else counted(round(hours, 2), "hour")
