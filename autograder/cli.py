"""The command `autograder`: what it is asked, what it prints, and how it ends.

nbgrader takes seconds to import, so each step imports its own part only when it runs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from autograder import (
    cli_class,
    cli_collect,
    cli_doctor,
    cli_export,
    cli_extend,
    cli_feedback,
    cli_learner,
    cli_release,
    cli_report,
)
from autograder.arguments import count, whole_seconds
from autograder.cli_common import (
    ATTENTION,
    DONE,
    FAILED,
    STOPPED,
    WRONG,
    attention,
    complain,
    course_option,
    shown,
)
from autograder.errors import AutograderError, UsageError
from autograder.startup import skip_slow_imports
from autograder.wording import counted

if TYPE_CHECKING:
    from autograder.grade_class import Options
    from autograder.marks import Report

_STEPS = """\
Six steps take an assignment from its authored text to marks that are handed back:

  autograder init mycourse                 make a course directory; then `cd mycourse`
  autograder release u2-regression         write what students get: handout/u2-regression.zip
  autograder collect u2-regression --from submissions.zip
                                           file what they handed in; or put it into
                                           submitted/STUDENT/u2-regression/ yourself
  autograder grade u2-regression           run and mark it
  autograder feedback u2-regression        write a page per student to feedback/; --zip packs them
  autograder export                        write all marks to marks.csv; --format canvas, moodle, …

Then `autograder report u2-regression` tells on one page what to teach again, and who may need help.
`init` takes a class list, deadlines, and the rule for late work; `autograder students` a newer class list.
`autograder extend u2-regression STUDENT --days 2` gives one student more time.
Learning on your own? `autograder check practice.ipynb`, or `watch`, tests a notebook with everything.
Nothing handed in yet? `autograder sample-class u2-regression` makes up a class, after `release`.
Something does not work? `autograder doctor` checks the machine, with --course a course too.
The course directory is an nbgrader one: nbgrader's own commands and its formgrader work in it.
"""
_ENDS = (
    "exit status: 0 done; 1 stopped by an error, which is named; 2 wrong usage, or a name "
    "that does not exist; "
    "3 done, but submissions need attention; 130 interrupted"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = _parser().parse_args(arguments)
    skip_slow_imports()
    try:
        status: int = options.run(options)
        return status
    except UsageError as error:
        complain(str(error))
        return WRONG
    except AutograderError as error:
        complain(str(error))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        complain(f"{place}{error.strerror or error}")
    except KeyboardInterrupt as stop:
        complain(f"stopped; {str(stop) or 'give the same command again'}")
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

    cli_class.add_commands(steps, _ENDS)

    cli_release.add_commands(steps, _ENDS)

    cli_collect.add_commands(steps, _ENDS)

    cli_extend.add_commands(steps, _ENDS)

    grade = _step(steps, "grade", "run and mark what students handed in")
    _grading_arguments(grade)
    grade.set_defaults(run=_grade)

    regrade = _step(steps, "regrade", "grade again after a test was changed, and show whose marks move")
    regrade.add_argument("--dry-run", action="store_true", help="show what would move, and write nothing")
    _grading_arguments(regrade)
    regrade.set_defaults(run=_regrade)

    audit = _step(steps, "audit", "compare the gradebook with the log of grading", takes_assignment=False)
    audit.set_defaults(run=_audit)

    cli_feedback.add_commands(steps, _ENDS)

    cli_export.add_commands(steps, _ENDS)

    cli_report.add_commands(steps, _ENDS)

    sample = _step(steps, "sample-class", "fill submitted/ with a made-up class, to try the steps")
    sample.set_defaults(run=_sample_class)

    cli_learner.add_commands(steps, _ENDS)

    cli_doctor.add_commands(steps, _ENDS)
    return parser


def _grading_arguments(step: argparse.ArgumentParser) -> None:
    step.add_argument("--student", metavar="ID", help="grade this student only")
    step.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=whole_seconds,
        help="how long one cell may run (default: the course's setting)",
    )
    step.add_argument("--progress", action="store_true", help="say which student was graded, in any case")
    step.add_argument("--json", action="store_true", help="print the result as JSON")
    step.add_argument("--force", action="store_true", help="run everything again, what has not changed too")
    step.add_argument(
        "--jobs", metavar="N", type=count, help="how many notebooks to grade at once (default: one per core)"
    )
    step.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="grade on the workers of the Dask cluster with its scheduler here, such as tcp://10.0.0.1:8786",
    )
    step.add_argument(
        "--isolation",
        choices=("jail", "process"),
        default="jail",
        help="how students' code is kept apart (default: jail, the strongest that the machine offers)",
    )
    step.add_argument(
        "--i-trust-these-submissions",
        action="store_true",
        help="needed for --isolation process, which keeps nothing from a hostile submission",
    )


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
    course_option(parser)
    return parser


class _GradingBar:
    """A bar with the rate and the time that is left; without a terminal, a line per student if asked for."""

    def __init__(self, lines: bool) -> None:
        from tqdm import tqdm

        self._lines = lines and not sys.stderr.isatty()
        self._bar = tqdm(unit="student", disable=None)

    def __call__(self, student: str, done: int, total: int) -> None:
        if self._lines:
            print(f"[{done}/{total}] {student}", file=sys.stderr, flush=True)
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        self._bar.close()


def _grade(options: argparse.Namespace) -> int:
    from autograder.course import open_course
    from autograder.grade_class import Options, grade

    course = open_course(options.course)
    bar = _GradingBar(options.progress)
    try:
        report = grade(course, options.assignment, _grading_options(options, Options), progress=bar)
    finally:
        bar.close()
    if options.json:
        print(json.dumps(asdict(report), ensure_ascii=False, indent=1))
    else:
        _print_marks(report)
    return attention(report.problems)


def _regrade(options: argparse.Namespace) -> int:
    from autograder.course import open_course
    from autograder.grade_class import Options
    from autograder.regrade_class import regrade

    course = open_course(options.course)
    bar = _GradingBar(options.progress)
    try:
        moves, report = regrade(
            course,
            options.assignment,
            _grading_options(options, Options),
            dry_run=options.dry_run,
            progress=bar,
        )
    finally:
        bar.close()
    print(moves.to_json() if options.json else moves.to_text())
    if report is None:
        print("Nothing was written. Without --dry-run, these marks are recorded.", file=sys.stderr)
        return DONE
    if options.json:
        for note in report.notes:
            complain(note)
    else:
        _print_marks(report)
    return attention(report.problems)


def _print_marks(report: Report) -> None:
    from autograder.export import table

    print(table(report.marks))
    for note in report.notes:
        print(note)


def _audit(options: argparse.Namespace) -> int:
    from autograder.audit import audit
    from autograder.course import open_course

    report = audit(open_course(options.course))
    for finding in report.findings:
        print(finding)
    end = f"; the log ends with {report.head.hash[:16]}" if report.head else ""
    compared = f"{counted(report.marks, 'mark')} compared with {counted(report.events, 'scoring event')}"
    print(f"{compared}{end}")
    wrong = [finding for finding in report.findings if not finding.by_hand]
    if not wrong:
        return DONE
    found = counted(len(wrong), "finding")
    complain(f"{found}: marks or the log were changed behind the back of grading")
    return ATTENTION


def _grading_options(options: argparse.Namespace, kind: type[Options]) -> Options:
    if options.isolation == "process" and not options.i_trust_these_submissions:
        raise UsageError(
            "without a jail a submission can read and change whatever you can: solutions, other students' "
            "work, the gradebook. If you trust all of them, add --i-trust-these-submissions; the "
            "marks and the graded notebooks will say so."
        )
    if options.scheduler is not None and options.jobs is not None:
        raise UsageError("--jobs is for this machine; with --scheduler, the workers' --nthreads decides")
    return kind(
        student=options.student,
        timeout=options.timeout,
        jobs=options.jobs,
        scheduler=options.scheduler,
        force=options.force,
        isolation=options.isolation,
    )


def _sample_class(options: argparse.Namespace) -> int:
    from autograder.course import open_course
    from autograder.sample_class import make_sample_class

    course = open_course(options.course)
    students = make_sample_class(course, options.assignment)
    print(f"Filled {shown(course.submitted)} with {counted(len(students), 'made-up student')}:")
    for student in students:
        print(f"  {student.id:12} {student.note}")
    return DONE
