"""The comparison page of the book: each attack, what stock nbgrader gives for it, and what ours gives.

`python -m tests.redteam.page` has our engine grade the catalogue, writes the marks to `our_marks.json`, and
writes the page from them and from `stock_marks.json`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.redteam.attack import Attack
from tests.redteam.attacks import CATALOGUE, GROUPS
from tests.redteam.course import MAXIMUM
from tests.redteam.invariants import ALWAYS, Evidence, broken
from tests.redteam.ours import graded_class, honest_class
from tests.redteam.stock import StockResult, load_results, stock_version

PAGE = Path(__file__).parents[2] / "book" / "instructor" / "red-team.md"
RESULTS = Path(__file__).with_name("our_marks.json")

# What it means, in a table, that an invariant did not hold.
_HARM = {
    "batch-completed": "others were not graded",
    "others-untouched": "marks of others changed",
    "file-untouched": "files of the course or of others changed",
    "nothing-left": "files stayed behind",
    "no-survivor": "a process went on",
    "no-connection": "a message got out",
    "process-alive": "another process was ended",
    "secret-unseen": "private text was read",
    "tests-unseen": "hidden tests were read",
    "small-record": "a graded notebook of several megabytes",
    "clean-terminal": "control codes reached the terminal",
    "clean-record": "control codes reached the feedback",
    "named": "passed over in silence",
    "mark-stands": "the gradebook was changed",
    "memory-bounded": "the grader ran out of memory",
    "no-script": "script in the feedback page",
}

_INTRODUCTION = """\
---
myst:
  html_meta:
    description: >-
      Attacks on automatic grading, tried on stock nbgrader and on this course's grader, with the marks that
      each of them got.
---

# Attacks on the grader

This page is for instructors. It lists {count} attacks on the automatic marking of notebooks, with what each
of them gets from nbgrader as it is installed and from this course's grader. The tables are written by the
test suite (`tests/redteam/`), which hands every attack in as a student and runs again with every change of
the grader. It tells what is tried, not how.

All attacks are tried on one notebook worth {maximum:g} points. Their answers are wrong: unless a row says
otherwise, the honest mark is 0.

## How the grader defends itself

- **Quarantine.** What is run is rebuilt from the instructor's notebook. Only the text of the student's
  cells is taken from the file that was handed in. What can't be read is set aside with a reason, and the
  next student is graded.
- **Candidate.** The student's cells run in a jail: no network, no files but a small folder of their own,
  limits on time, memory, processes and output. Tests, solutions, gradebook and other students' work are not
  there.
- **Examiner.** The tests run in another process. To them, the student's functions are stand-ins: arguments
  go to the candidate, and data come back, never objects with code of their own.
- **Verdict.** A point is given only because the examiner saw a test pass. Silence, a crash or a message
  that makes no sense is worth 0.

[How a mark comes about](grading.md) says more on each of them.

## What no grader can prevent

- **A function may answer only what it is asked.** A test sees answers, not thoughts: a table of the right
  numbers passes a test that asks for these numbers. The visible tests are no secret, so hidden tests ask
  for others. Their inputs can be made anew for each student, from a seed that is derived with a secret key
  of the course; then nothing is gained by handing on what the hidden tests asked.
- **What a test asks can be read by the function that it asks.** It may print it, and the print is in the
  feedback.
- **A test accepts what its author's comparison accepts.** numpy finds an empty array close to any number:
  compare the shape first. A function may change an array that it is given: work the expected value out
  before the call, not after.
- **Copied work is right work.** The grader does not look for copies.
"""


def our_results(evidence: Evidence) -> dict[str, dict[str, object]]:
    """Say what each attack got from our engine, and which invariants did not hold."""
    return {
        name: {
            "mark": evidence.marks[attack.who],
            "broken": sorted(broken(evidence, attack, (*ALWAYS, *attack.holds))),
        }
        for name, attack in CATALOGUE.items()
    }


def render(stock: Mapping[str, StockResult], ours: Mapping[str, Mapping[str, object]], version: str) -> str:
    """Write the page."""
    parts = [_INTRODUCTION.format(count=len(CATALOGUE), maximum=MAXIMUM), _summary(stock, ours, version)]
    for title, attacks in GROUPS.items():
        rows = [_row(attack, stock[attack.id], ours[attack.id]) for attack in attacks]
        head = ["| attack | what it tries | stock nbgrader | this grader |", "|---|---|---|---|"]
        parts.append("\n".join([f"## {title}", "", *head, *rows, ""]))
    return "\n".join(parts)


def _summary(stock: Mapping[str, StockResult], ours: Mapping[str, Mapping[str, object]], version: str) -> str:
    run = {name: result for name, result in stock.items() if not result.not_run}
    gained = sum((run[name].mark or 0.0) > (CATALOGUE[name].mark or 0.0) for name in run)
    harmed = sum(bool(result.broken) for result in run.values())
    our_gain = sum(ours[name]["mark"] != attack.mark for name, attack in CATALOGUE.items())
    our_harm = sum(bool(result["broken"]) for result in ours.values())
    return (
        "## The result\n\n"
        "| grader | attacks tried | got points that they had not earned | did harm |\n"
        "|---|---|---|---|\n"
        f"| stock nbgrader {version}, default settings | {len(run)} | {gained} | {harmed} |\n"
        f"| this grader | {len(CATALOGUE)} | {our_gain} | {our_harm} |\n\n"
        "What could hurt the machine, or waits for minutes, was not run on stock nbgrader, which runs\n"
        "students' code as the user who calls it. Its own commands graded the rest, each between two right\n"
        "submissions. Harm is whatever the tables name besides the mark.\n"
    )


def _row(attack: Attack, stock: StockResult, ours: Mapping[str, object]) -> str:
    tries = attack.tries if not attack.mark else f"{attack.tries} Its answers are worth {attack.mark:g}."
    mark = ours["mark"]
    assert mark is None or isinstance(mark, float)
    told = ours["broken"]
    assert isinstance(told, list)
    theirs = f"not run: {stock.not_run}" if stock.not_run else _result(stock.mark, stock.broken, "not graded")
    mine = _result(
        mark, tuple(told), "no student, named to the instructor" if attack.mark is None else "not graded"
    )
    cells = (attack.title, tries, theirs, mine)
    return f"| {' | '.join(cell.replace('|', '∣') for cell in cells)} |"


def _result(mark: float | None, wrong: tuple[str, ...], none: str) -> str:
    harm = [_HARM[name] for name in wrong]
    if "batch-completed" in wrong and "others-untouched" in wrong:
        harm.remove(_HARM["others-untouched"])
    return "; ".join([none if mark is None else f"{mark:g}", *harm])


def written_results() -> dict[str, dict[str, object]]:
    """Read what the last run of `main` wrote."""
    results: dict[str, dict[str, object]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return results


def main() -> None:
    """Measure our marks and write the page."""
    with (
        tempfile.TemporaryDirectory(prefix="siege-", ignore_cleanup_errors=True) as folder,
        graded_class(Path(folder) / "class", CATALOGUE.values(), honest_class(2)) as evidence,
    ):
        ours = our_results(evidence)
    lines = [f"{json.dumps(name)}: {json.dumps(result)}" for name, result in ours.items()]
    RESULTS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(render(load_results(), ours, stock_version()), encoding="utf-8")


if __name__ == "__main__":
    main()
