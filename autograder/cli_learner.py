"""The commands for a learner without an instructor: `autograder check` and `autograder watch`."""

from __future__ import annotations

import argparse
from pathlib import Path

from autograder.arguments import count, whole_seconds


def add_commands(steps: argparse._SubParsersAction[argparse.ArgumentParser], epilog: str) -> None:
    """Add the learner's commands."""
    check = steps.add_parser(
        "check",
        help="check one notebook of your own with all tests, and say what to do next",
        description=(
            "Check one notebook with everything that grading would, hidden tests included. It runs as you, "
            "without a jail: check your own work only."
        ),
        epilog=epilog,
    )
    _notebook(check)
    check.add_argument(
        "--hints", metavar="N", type=count, default=0, help="show the first N hints on the next problem"
    )
    check.add_argument(
        "--solution", metavar="NUMBER", help="show the reference solution of a problem or question"
    )
    check.set_defaults(run=_check)

    watch = steps.add_parser(
        "watch",
        help="check a notebook whenever you save it; hints and solutions on request",
        description="Check a notebook whenever it is saved. Stop with q or Ctrl-C.",
        epilog=epilog,
    )
    _notebook(watch)
    watch.set_defaults(run=_watch)


def _notebook(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", metavar="NOTEBOOK", type=Path, help="such as practice.ipynb")
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=whole_seconds,
        default=30,
        help="how long one cell may run (default: 30)",
    )


def _check(options: argparse.Namespace) -> int:
    from autograder.self_check import SelfCheck
    from autograder.self_check_text import advice, hint_text, overview, solution_text

    with SelfCheck(options.notebook, options.timeout) as check:
        checked = check.check()
    if options.solution is not None:
        print(solution_text(checked.part(options.solution)))
        return 0
    print(overview(checked))
    print()
    part = checked.next
    print(advice(checked))
    if part is None:
        print("Compare with the reference: --solution NUMBER shows it.")
    elif options.hints:
        print()
        print("\n".join(hint_text(part, number) for number in range(1, options.hints + 1)))
    elif part.hints:
        print("Stuck? Add --hints 1 for a hint, --hints 2 for two.")
    return 0


def _watch(options: argparse.Namespace) -> int:
    from autograder.self_check import SelfCheck
    from autograder.watch import watch

    with SelfCheck(options.notebook, options.timeout) as check:
        watch(check)
    return 0
