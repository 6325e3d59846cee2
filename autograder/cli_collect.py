"""The command `autograder collect`: from the downloads of a learning management system, or the exchange."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from autograder.cli_common import attention, course_option
from autograder.errors import UsageError


def add_commands(steps: argparse._SubParsersAction[argparse.ArgumentParser], epilog: str) -> None:
    """Add the command."""
    collect = steps.add_parser(
        "collect",
        help="file what students handed in through Canvas, Moodle, Blackboard or nbgrader's exchange",
        description=(
            "Keep every attempt below attempts/, put each student's last one into submitted/, and say who is "
            "missing and what was set aside. Collecting the same again changes nothing."
        ),
        epilog=epilog,
    )
    collect.add_argument("assignment", metavar="ASSIGNMENT", help="its name, such as u2-regression")
    where = collect.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--from",
        dest="downloads",
        metavar="PATH",
        type=Path,
        action="append",
        help="the zip with all submissions of the assignment, or a folder of its files; repeat for several",
    )
    where.add_argument("--exchange", action="store_true", help="collect from nbgrader's exchange")
    collect.add_argument(
        "--lms",
        choices=("canvas", "moodle", "blackboard"),
        help="whose names the files have (default: recognised)",
    )
    collect.add_argument(
        "--zone",
        metavar="ZONE",
        help=(
            "the zone of times that name none, such as Europe/Berlin (default: that of the deadline, or the "
            "one that the course's other deadlines share, else UTC)"
        ),
    )
    collect.add_argument(
        "--handed-in-by",
        metavar="TIME",
        help=(
            "all that came without a time of its own was handed in by this one, such as '2027-01-15 23:59 "
            "Europe/Berlin' (files that Canvas marks LATE excepted)"
        ),
    )
    collect.add_argument("--json", action="store_true", help="print the result as JSON")
    course_option(collect)
    collect.set_defaults(run=_collect)


def _collect(options: argparse.Namespace) -> int:
    from autograder.course import open_course

    course = open_course(options.course)
    if options.exchange:
        from autograder.collecting.exchange import collect_from_exchange

        if options.lms or options.zone or options.handed_in_by:
            raise UsageError(
                "--lms, --zone and --handed-in-by go with --from; the exchange has its own times"
            )
        report = collect_from_exchange(course, options.assignment)
    else:
        from autograder.collecting.collect import collect

        report = collect(
            course,
            options.assignment,
            options.downloads,
            lms=options.lms,
            zone=options.zone,
            by=options.handed_in_by,
        )
    if options.json:
        print(json.dumps(asdict(report), ensure_ascii=False, indent=1))
    else:
        print(report.to_text())
    return attention(report.problems)
