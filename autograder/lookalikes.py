"""Students of a class list who look new and are none: a spreadsheet makes 70100 of the id 070100.

Taken for new, they would be second people without work, and a gradebook file would clear their marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autograder.roster import Student

_SHOWN = 3  # by name; the others are counted


def lookalikes(listed: Iterable[Student], known: Mapping[str, str]) -> list[str]:
    """Say which unknown ids of a list look like known ones that it lacks, a clause for each.

    Parameters
    ----------
    listed
        The students of the list.
    known
        The e-mail address of each student whom the course knows, by id; empty where there is none.
    """
    listed = list(listed)
    missing = known.keys() - {student.id for student in listed}
    by_email = {known[id].casefold(): id for id in sorted(missing) if known[id]}
    by_end = {id.lstrip("0"): id for id in sorted(missing)}
    said = []
    for student in listed:
        if student.id in known:
            continue
        if (other := by_email.get(student.email.casefold())) is not None:
            said.append(f"{student.id} has the e-mail address of {other}")
        elif (other := by_end.get(student.id.lstrip("0"))) is not None:
            said.append(f"{student.id} is {other} but for leading zeros")
    return said


def asked(found: list[str]) -> str:
    """Ask what may have happened to a list with lookalikes, and say what to do."""
    more = f", and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return (
        f"{'; '.join(found[:_SHOWN])}{more}: was the file opened in a spreadsheet, or exported with other "
        "columns? Export it again, and give it unopened"
    )
