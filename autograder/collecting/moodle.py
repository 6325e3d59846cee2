"""Moodle: `Ada Lovelace_40213_assignsubmission_file/practice.ipynb`.

The parts: the full name, with spaces for underscores; a number that Moodle gives each participant of an
assignment; what kind of submission it is; below, or in flat downloads behind an underscore, the student's
file. Before Moodle 4.1, the names of folders end with an underscore too. With blind marking, `Participant`
stands for every name; where groups hand in, the group and a hyphen come before it, as in
`Team 1-Ada Lovelace`. A download holds the last attempt only and no time: those in the zip are mostly of the
download.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import tzinfo

from autograder.collecting.entry import Aside, Entry
from autograder.collecting.naming import Named, Sorted, System, find_part
from autograder.collecting.people import People
from autograder.submission import id_error

_NAME = re.compile(
    r"(?P<name>[^_/]+)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL
)
_BLIND = "Participant"


def _is_named(path: str) -> bool:
    return find_part(_NAME, path) is not None


def _sort(entries: list[Entry], people: People, zone: tzinfo) -> Sorted:
    done = Sorted()
    found: defaultdict[tuple[str, str], list[tuple[Entry, str]]] = defaultdict(list)
    typed: list[tuple[Entry, tuple[str, str]]] = []
    for entry in entries:
        part = find_part(_NAME, entry.name)
        if part is None:
            done.put_aside([entry], "it is not named as Moodle names what was handed in")
            continue
        match, below = part
        if match["kind"] != "file":
            typed.append((entry, (match["name"], match["number"])))
        else:
            found[match["name"], match["number"]].append((entry, below or match["file"] or ""))
    for entry, person in typed:
        if person in found:
            done.notes.append(
                f"{entry.shown}: text that was typed into Moodle, besides the files; left there"
            )
        else:
            done.put_aside([entry], "it is text that was typed into Moodle, not a file")
    # Only where all names have one: `Jean-Marie Dupont` alone is nobody of a group `Jean`.
    in_groups = len(found) > 1 and all("-" in name and not _called(name, people) for name, _ in found)
    folders = {
        person: f"{person[1]}_assignsubmission_file{_end(files[0][0].name)}"
        for person, files in found.items()
    }
    whose = {person: _find(*person, folders[person], people, in_groups=in_groups) for person in found}
    claimed = defaultdict(set)
    for person, (student, _) in whose.items():
        if student is not None:
            claimed[student].add(person[1])
    for person, files in found.items():
        student, reason = whose[person]
        if student is not None and len(claimed[student]) > 1:
            numbers = ", ".join(sorted(claimed[student], key=int))
            way_out = _way_out(folders[person], [student])
            reason = f"several participants ({numbers}) have the name of {student}; {way_out}"
            student = None
        if student is None:  # one line for all that is of one person
            more = f" and {len(files) - 1} more" if len(files) > 1 else ""
            done.asides.append(Aside(f"{files[0][0].shown}{more}", reason))
        else:
            prefix = f"{person[0]}_{person[1]}_assignsubmission_file"
            done.files += [
                Named(entry, student, file, prefix=f"{prefix}{_end(entry.name)}") for entry, file in files
            ]
    return done


def _end(path: str) -> str:
    """Give what ends the name of a folder that this Moodle takes back.

    Where a flat download does not tell which Moodle it is of, that is an underscore: every Moodle takes it.
    """
    part = find_part(_NAME, path)
    return "" if part is not None and part[0]["file"] is None else "_"


def _way_out(folder: str, students: Iterable[str] = ()) -> str:
    """Say how the instructor can tell whose it is, with the new name for each who it may be.

    Parameters
    ----------
    folder
        The name, from the participant's number on.
    students
        Whose it may be, by id.
    """
    names = [f"\n  {student}_{folder} if it is of {student}" for student in students]
    return (
        "open the quiz in it: the account name there tells whose it is. Then unpack the zip, put the "
        f"student's id in place of the name (ID_{folder}), and collect that folder"
        f"{''.join([':', *names] if names else [])}"
    )


def _find(name: str, number: str, folder: str, people: People, *, in_groups: bool) -> tuple[str | None, str]:
    """Find the id of a participant; otherwise, why it can't be found."""
    if not people.listed:
        student = f"{name} {number}" if name == _BLIND else name
        if (wrong := id_error(student)) is not None:
            return None, f"{student!r} can't be a student id: {wrong}"
        return student, ""
    # The number, where the grading worksheet of the assignment was imported: it lists "Participant 40213".
    if numbered := people.with_cell("Identifier", f"{_BLIND} {number}"):
        return numbered[0].id, ""
    if name == _BLIND or name.endswith(f"-{_BLIND}"):
        return None, "Moodle hides who it is; reveal the students' identities there and download again"
    found = _called(name, people)
    if in_groups:
        found = {id for part in _without_group(name) for id in _called(part, people)}
    if len(found) == 1:
        return found.pop(), ""
    known = people.with_number(number)
    if known is not None and (not found or known in found):
        return known, ""
    if found:
        several = sorted(found)
        return None, (
            f"the class list has several with this name ({', '.join(several)}); {_way_out(folder, several)}"
        )
    return None, f"{name!r} is not in the class list; {_way_out(folder)}"


def _called(name: str, people: People) -> set[str]:
    """Find the ids of those who have a name, or have it for their id."""
    by_id = people.with_id(name)
    return {student.id for student in [*people.named(name), *([by_id] if by_id else ())]}


def _without_group(name: str) -> list[str]:
    """Give what may be left of a name without its group: both may hold hyphens."""
    parts = name.split("-")
    return ["-".join(parts[at:]) for at in range(1, len(parts))]


MOODLE = System("Moodle", _is_named, _sort)
