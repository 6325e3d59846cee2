"""The command that looks whether a machine and a course are in order: `autograder doctor`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.cli_common import ATTENTION, DONE

if TYPE_CHECKING:
    from autograder.doctor.report import Found


def add_commands(steps: argparse._SubParsersAction[argparse.ArgumentParser], epilog: str) -> None:
    """Add `doctor`."""
    doctor = steps.add_parser(
        "doctor",
        help="check this machine, and a course, and say what to do about each red line",
        description=(
            "Check this machine: Python, packages, the jail, processors, memory, disks, clock. With "
            "--course, check a course too: its settings, permissions, gradebook, log and class list. "
            "Nothing is changed. Under each red line stands what to do about it."
        ),
        epilog=f"{epilog}. Here, 3 says that something is red.",
    )
    doctor.add_argument("--course", metavar="DIR", type=Path, help="check this course directory too")
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    doctor.set_defaults(run=_doctor)


def _doctor(options: argparse.Namespace) -> int:
    from autograder.doctor.report import examine, lines

    found: list[Found] = []

    def kept() -> Iterator[Found]:
        for one in examine(None if options.course is None else Path(os.path.abspath(options.course))):
            found.append(one)
            yield one

    if options.json:
        print(json.dumps([one.to_dict() for one in kept()], ensure_ascii=False, indent=1))
    else:
        for line in lines(kept(), colour=_colour()):
            print(line, flush=True)
    return ATTENTION if any(one.finding.level == "FAIL" for one in found) else DONE


def _colour() -> bool:
    """Whether to colour: only on a terminal that can, and not for who has asked for none (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
