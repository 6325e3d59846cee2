"""The command `autograder release`: what students get, as a zip, through the exchange, and in the browser."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.cli_common import DONE, course_option, shown
from autograder.errors import AutograderError

if TYPE_CHECKING:
    from autograder.handout.exchange import ExchangeRelease

_PUBLISHED = {
    "new": "Published in the exchange of {course}.",
    "replaced": (
        "Replaced what the exchange of {course} held. Who has fetched it already keeps the earlier version."
    ),
    "unchanged": "The exchange of {course} holds this already.",
}


def add_commands(steps: argparse._SubParsersAction[argparse.ArgumentParser], epilog: str) -> None:
    """Add the command."""
    release = steps.add_parser(
        "release",
        help="write the students' version of an assignment",
        description=(
            "Write the students' version of an assignment to release/, and pack it with the chapters that it "
            "builds on, a requirements.txt and a README into handout/ASSIGNMENT.zip. Its solutions are run "
            "first: an assignment that fails its own tests is not released, and an earlier release stays."
        ),
        epilog=epilog,
    )
    release.add_argument("assignment", metavar="ASSIGNMENT", help="its name, such as u2-regression")
    release.add_argument(
        "--exchange",
        action="store_true",
        help="also publish it in nbgrader's exchange, in place of an earlier one",
    )
    release.add_argument(
        "--browser",
        metavar="DIR",
        type=Path,
        help="also write the browser edition: a folder for any web server, whose notebooks run in the page",
    )
    release.add_argument(
        "--book",
        metavar="DIR",
        type=Path,
        help="the folder of the built book, for the chapters (default: where `make book` leaves it)",
    )
    course_option(release)
    release.set_defaults(run=_release)


def _release(options: argparse.Namespace) -> int:
    from autograder.course import open_course
    from autograder.handout.browser import require_place, write_edition
    from autograder.policy import course_policy
    from autograder.release import release
    from autograder.settings import load_config

    course, name = open_course(options.course), options.assignment
    course.require_assignment(name)
    exchange = None
    if options.exchange:
        from autograder.handout.exchange import ExchangeRelease

        exchange = ExchangeRelease(course, name)
    if options.browser is not None:
        require_place(options.browser, name)
    released = release(course, name, book=options.book)
    notebooks = ", ".join(sorted(path.name for path in released.folder.glob("*.ipynb")))
    print(f"Released {name}: {notebooks} in {shown(released.folder)}.")
    print(f"Worth {released.worth}.")
    print(f"For students: {shown(released.archive)}. {released.chapters.told}")
    policy = course_policy(load_config(course))
    print("\n".join([policy.told(name), *policy.unknown(course.assignments())]))
    if exchange is not None:
        print(_publish(exchange, released.archive))
    if options.browser is not None:
        write_edition(released.archive, name, options.browser)
        place = shown(options.browser)
        print(
            f"For the browser: {place}, for any web server; the address of its parent folder is what "
            f"c.Autograder.browser_url names. Try it: python -m http.server --directory {shlex.quote(place)}"
        )
    print(
        f"Next: give students {shown(released.archive)}"
        + (", or have them fetch it from the exchange" if exchange is not None else "")
        + f"; then autograder collect {name} --from DOWNLOAD.zip"
        + (" or --exchange" if exchange is not None else "")
        + "."
    )
    return DONE


def _publish(exchange: ExchangeRelease, archive: Path) -> str:
    try:
        published = exchange.publish(archive)
    except AutograderError as error:
        raise AutograderError(f"{error} ({shown(archive)} is written)") from error
    return _PUBLISHED[published].format(course=exchange.course_id)
