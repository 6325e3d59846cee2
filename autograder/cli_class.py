"""The commands that set a course up: `autograder init` and `autograder students`."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.cli_common import DONE, course_option, shown
from autograder.wording import counted

if TYPE_CHECKING:
    from autograder.enrolment import Enrolment

_SHOWN = 20  # students by name in a list of those that a class list adds


def add_commands(steps: argparse._SubParsersAction[argparse.ArgumentParser], epilog: str) -> None:
    """Add the commands that set a course up."""
    init = steps.add_parser(
        "init",
        help="make a course directory",
        description=(
            "Make a course directory for nbgrader. All that the options say can be changed later, in its "
            "nbgrader_config.py and with `autograder students`."
        ),
        epilog=epilog,
    )
    init.add_argument("directory", metavar="DIR", type=Path, help="the new directory; it must not exist yet")
    init.add_argument(
        "--assignment",
        metavar="NAME",
        action="append",
        default=[],
        help="put in this assignment only; repeat for several (default: all)",
    )
    init.add_argument(
        "--class-list",
        metavar="FILE",
        type=Path,
        help="the gradebook that Canvas, Moodle or Blackboard exports as CSV, or a table with the headings "
        "id, first_name, last_name, email",
    )
    init.add_argument(
        "--deadline",
        metavar="NAME=TIME",
        action="append",
        default=[],
        help="when an assignment is due, with the time zone, such as "
        "u1-foundations='2027-01-15 23:59 Europe/Berlin'; repeat for several",
    )
    init.add_argument(
        "--late",
        metavar="RULE",
        default=None,
        help="what late work loses, such as '10%% per day, grace 10 minutes, closes after 7 days' "
        "(default: nothing)",
    )
    init.add_argument(
        "--attempts",
        choices=("last", "best"),
        default="last",
        help="which of several attempts counts (default: last)",
    )
    init.add_argument(
        "--db",
        metavar="URL",
        help="keep the gradebook in this empty PostgreSQL database (default: in a file of the directory)",
    )
    init.set_defaults(run=_init)

    students = steps.add_parser(
        "students",
        help="take over a class list, or a newer one",
        description=(
            "Take over a class list, or a newer one: new students are added, names and e-mail brought up to "
            "date. Who is gone from the list stays, if there is work of theirs."
        ),
        epilog=epilog,
    )
    students.add_argument(
        "--from", metavar="FILE", dest="file", type=Path, required=True, help="the class list, as for init"
    )
    students.add_argument(
        "--as-new",
        action="store_true",
        help="add students who look like known ones that are gone: with the same e-mail address, or an id "
        "that differs in leading zeros (default: refuse the list)",
    )
    course_option(students)
    students.set_defaults(run=_students)


def _init(options: argparse.Namespace) -> int:
    from autograder.assignment import list_assignments
    from autograder.authored import ASSIGNMENTS
    from autograder.course import init_course
    from autograder.policy import LatePolicy, Policy
    from autograder.policy_text import parse_deadlines, parse_late
    from autograder.roster import read_roster

    names = options.assignment or list_assignments(ASSIGNMENTS)
    policy = Policy(
        parse_deadlines(options.deadline, names),
        parse_late(options.late) if options.late is not None else LatePolicy(),
        options.attempts,
    )
    if options.class_list is not None:
        read_roster(options.class_list)  # before anything is made
    course = init_course(options.directory, options.assignment, policy=policy, database=options.db)
    names = course.assignments()
    root = shown(course.root)
    print(f"Made {root} with {', '.join(names)}.")
    for name in policy.deadlines:
        print(f"{name}: {policy.told(name)}")
    if options.class_list is not None:
        from autograder.enrolment import import_class_list

        roster = import_class_list(course, options.class_list).roster
        print(f"{counted(len(roster.students), 'student')} from the class list ({roster.system}).")
        print(roster.about_ids)
    print(f"Next: autograder release {names[0]} --course {shlex.quote(root)}")
    return DONE


def _students(options: argparse.Namespace) -> int:
    from autograder.course import open_course
    from autograder.enrolment import import_class_list

    enrolment = import_class_list(open_course(options.course), options.file, as_new=options.as_new)
    for line in _told(enrolment):
        print(line)
    return DONE


def _told(enrolment: Enrolment) -> list[str]:
    """Say what changed, a line for each student; of a whole new class only the first ones."""
    roster = enrolment.roster
    added = [f"added    {student.id}: {student.name}" for student in enrolment.added]
    if len(added) == len(roster.students) > _SHOWN:
        added[_SHOWN:] = [f"added    … and {len(added) - _SHOWN} more"]
    return [
        *added,
        *[f"changed  {change}" for change in enrolment.changed],
        *[f"gone     {student.id}: {student.name}" for student in enrolment.gone],
        *[
            f"kept     {student}: gone from the list, but there is work of theirs"
            for student in enrolment.kept
        ],
        f"{counted(len(roster.students), 'student')} in the class list ({roster.system}): "
        f"{len(enrolment.added)} added, {len(enrolment.changed)} changed, {len(enrolment.gone)} gone"
        + (f", {len(enrolment.kept)} kept" if enrolment.kept else "")
        + ".",
        roster.about_ids,
    ]
