"""The command `autograder`: what it is asked, what it prints, and how it ends.

nbgrader takes seconds to import, so each step imports its own part only when it runs.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from autograder.errors import AutograderError

DONE, FAILED, ATTENTION, STOPPED = 0, 1, 3, 130

_STEPS = """\
Five steps take an assignment from its authored text to marks:

  autograder init mycourse                 make a course directory; then `cd mycourse`
  autograder release u2-regression         write what students get to release/
  autograder grade u2-regression           mark what is in submitted/STUDENT/u2-regression/
  autograder feedback u2-regression        write a page per student to feedback/
  autograder export                        write all marks to marks.csv

Nothing handed in yet? `autograder sample-class u2-regression` makes up a class, after `release`.
The course directory is an nbgrader one: nbgrader's own commands and its formgrader work in it.
"""
_ENDS = (
    "exit status: 0 done; 1 stopped by an error, which is named; 2 wrong usage; "
    "3 done, but submissions need attention; 130 interrupted"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        return status
    except AutograderError as error:
        _complain(str(error))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _complain(f"{place}{error.strerror or error}")
    except KeyboardInterrupt as stop:
        _complain(f"stopped; {str(stop) or 'give the same command again'}")
        return STOPPED
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="autograder",
        description=_STEPS,
        epilog=_ENDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    steps = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    init = steps.add_parser(
        "init",
        help="make a course directory",
        description="Make a course directory for nbgrader.",
        epilog=_ENDS,
    )
    init.add_argument("directory", metavar="DIR", type=Path, help="the new directory; it must not exist yet")
    init.add_argument(
        "--assignment",
        metavar="NAME",
        action="append",
        default=[],
        help="put in this assignment only; repeat for several (default: all)",
    )
    init.set_defaults(run=_init)

    release = _step(steps, "release", "write the students' version of an assignment")
    release.set_defaults(run=_release)

    grade = _step(steps, "grade", "run and mark what students handed in")
    grade.add_argument("--student", metavar="ID", help="grade this student only")
    grade.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=_seconds,
        help="how long one cell may run (default: the course's setting)",
    )
    grade.add_argument(
        "--progress", action="store_true", help="say which student is being graded, in any case"
    )
    grade.set_defaults(run=_grade)

    feedback = _step(steps, "feedback", "write a feedback page per student and notebook")
    feedback.set_defaults(run=_feedback)

    export = _step(steps, "export", "write all marks to a CSV file", takes_assignment=False)
    export.add_argument(
        "--to",
        metavar="FILE",
        type=Path,
        help="the file to write (default: marks.csv in the course directory)",
    )
    export.set_defaults(run=_export)

    sample = _step(steps, "sample-class", "fill submitted/ with a made-up class, to try the steps")
    sample.set_defaults(run=_sample_class)
    return parser


def _step(
    steps: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    text: str,
    *,
    takes_assignment: bool = True,
) -> argparse.ArgumentParser:
    parser = steps.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=_ENDS)
    if takes_assignment:
        parser.add_argument("assignment", metavar="ASSIGNMENT", help="its name, such as u2-regression")
    parser.add_argument(
        "--course",
        metavar="DIR",
        type=Path,
        default=Path(),
        help="the course directory (default: the current one)",
    )
    return parser


def _seconds(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"a whole number of seconds, 1 or more, is needed; not {text!r}")
    return int(text)


def _complain(text: str) -> None:
    print(f"autograder: {text}", file=sys.stderr)


def _shown(path: Path) -> str:
    """Give the shorter of a path's absolute and relative forms."""
    return min(str(path), os.path.relpath(path), key=len)


def _progress(items: Sequence[str]) -> Iterable[str]:
    from tqdm import tqdm

    return tqdm(items, unit="student", disable=None)  # None: only where stderr is a terminal


def _progress_lines(items: Sequence[str]) -> Iterator[str]:
    for number, item in enumerate(items, start=1):
        print(f"[{number}/{len(items)}] {item}", file=sys.stderr, flush=True)
        yield item


def _init(options: argparse.Namespace) -> int:
    from autograder.course import init_course

    course = init_course(options.directory, options.assignment)
    names = course.assignments()
    print(f"Made {_shown(course.root)} with {', '.join(names)}.")
    print(f"Next: autograder release {names[0]} --course {shlex.quote(_shown(course.root))}")
    return DONE


def _release(options: argparse.Namespace) -> int:
    from autograder.course import open_course
    from autograder.release import release

    folder = release(open_course(options.course), options.assignment)
    notebooks = ", ".join(sorted(path.name for path in folder.glob("*.ipynb")))
    print(f"Released {options.assignment}: {notebooks} in {_shown(folder)}.")
    return DONE


def _grade(options: argparse.Namespace) -> int:
    from autograder.course import open_course
    from autograder.export import table
    from autograder.workflow import grade

    course = open_course(options.course)
    progress = _progress_lines if options.progress and not sys.stderr.isatty() else _progress
    report = grade(
        course, options.assignment, student=options.student, timeout=options.timeout, progress=progress
    )
    print(table(report.marks))
    return _attention(report.problems)


def _feedback(options: argparse.Namespace) -> int:
    from autograder.course import open_course
    from autograder.workflow import feedback

    course = open_course(options.course)
    report = feedback(course, options.assignment, progress=_progress)
    print(f"Feedback for {len(report.marks)} students in {_shown(course.feedback)}.")
    return _attention(report.problems)


def _export(options: argparse.Namespace) -> int:
    from autograder.course import open_course
    from autograder.export import export

    course = open_course(options.course)
    to = Path(os.path.abspath(options.to)) if options.to else course.root / "marks.csv"
    report = export(course, to)
    print(f"Wrote {len(report.marks)} rows to {_shown(to)}.")
    return _attention(report.problems)


def _sample_class(options: argparse.Namespace) -> int:
    from autograder.course import open_course
    from autograder.sample_class import make_sample_class

    course = open_course(options.course)
    students = make_sample_class(course, options.assignment)
    print(f"Filled {_shown(course.submitted)} with {len(students)} made-up students:")
    for student in students:
        print(f"  {student.id:12} {student.note}")
    return DONE


def _attention(problems: Iterable[str]) -> int:
    status = DONE
    for problem in problems:
        _complain(problem)
        status = ATTENTION
    return status
