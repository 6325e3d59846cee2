"""Blackboard: `Practice 2_alovelace_attempt_2027-01-15-21-04-59_practice.ipynb`.

The parts: the column of the gradebook; the user name; when the attempt was handed in, by the server's clock;
the student's file. Each attempt has a receipt of the same name that ends with `.txt` right after the time:
its first line is `Name: Ada Lovelace (alovelace)`. A download may hold all attempts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime, tzinfo

from autograder.collecting.entry import Aside, Entry, Refused
from autograder.collecting.naming import Named, Sorted, System, find_part
from autograder.collecting.people import People
from autograder.submission import id_error

_NAME = re.compile(
    r"(?P<who>.+?)_attempt_(?P<time>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|(?P<receipt>\.txt))", re.DOTALL
)
_RECEIPT = re.compile(r"\ufeff?\s*Name:[^\n]*\(([^()\n]+)\)\s*?$", re.MULTILINE)
_NO_COMMENT = "There are no student comments for this assignment"


def _is_named(path: str) -> bool:
    return find_part(_NAME, path) is not None


def _sort(entries: list[Entry], people: People, zone: tzinfo) -> Sorted:
    done = Sorted()
    found: defaultdict[tuple[str, str], list[tuple[Entry, re.Match[str], str]]] = defaultdict(list)
    receipts: dict[tuple[str, str], str] = {}
    for entry in entries:
        part = find_part(_NAME, entry.name)
        if part is None:
            done.put_aside([entry], "it is not named as Blackboard names what was handed in")
            continue
        match, below = part
        whose = (entry.source, match["who"])
        if match["receipt"]:
            try:
                receipt = entry.read().decode("utf-8", errors="replace")
            except Refused as refusal:
                done.asides.append(Aside(entry.shown, str(refusal)))
                continue
            if (name := _RECEIPT.match(receipt)) is not None:
                receipts[whose] = name[1].strip()
            if "Comments:" in receipt and _NO_COMMENT not in receipt:
                done.notes.append(f"{entry.shown} holds a comment of the student")
        else:
            found[whose].append((entry, match, below))
    for whose, files in found.items():
        student, reason = _find(whose[1], receipts.get(whose), people)
        for entry, match, below in files:
            time = _time(match["time"], zone)
            if student is None or time is None:
                done.put_aside([entry], reason or f"there is no time {match['time']}")
            else:
                file = below or match["file"]
                done.files.append(Named(entry, student, file, attempt=match["time"], time=time))
    return done


def _find(who: str, receipt: str | None, people: People) -> tuple[str | None, str]:
    """Find the id of a student from the column with the user name, both of which may hold underscores."""
    parts = who.split("_")
    possible = ["_".join(parts[at:]) for at in range(1, len(parts))]
    if receipt in possible:
        possible = [receipt]
    if people.listed:
        found = {user.id for name in possible if (user := people.with_id(name)) is not None}
        if len(found) == 1:
            return found.pop(), ""
        return None, _not_one(found, possible)
    if len(possible) != 1:
        return None, f"its user name may be {' or '.join(possible) or who}; import a class list"
    if (wrong := id_error(possible[0])) is not None:
        return None, f"{possible[0]!r} can't be a student id: {wrong}"
    return possible[0], ""


def _not_one(found: Collection[str], possible: Collection[str]) -> str:
    if found:
        return f"its user name may be {' or '.join(sorted(found))}, and it has no receipt"
    return f"no user name of the class list is in it ({' or '.join(possible)})"


def _time(text: str, zone: tzinfo) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d-%H-%M-%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


BLACKBOARD = System("Blackboard", _is_named, _sort)
