"""Tells a download of another assignment from one of this, before anything of it is filed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from autograder.collecting.entry import Refused
from autograder.collecting.naming import Named
from autograder.collecting.recognise import Notebooks, ids_of_tests
from autograder.course import Course
from autograder.errors import AutograderError


def require_this_assignment(
    course: Course, assignment: str, notebooks: Notebooks, files: Iterable[Named]
) -> None:
    """Refuse a download of which most notebooks hold tests of another assignment and none of this.

    Raises
    ------
    AutograderError
        It names the other assignment.
    """
    others = _others(course, assignment)
    found: Counter[str] = Counter()
    all_of_them = 0
    for file in files:
        if not others or not file.file.casefold().endswith(".ipynb"):
            continue
        try:
            theirs = ids_of_tests(file.entry.read())
        except Refused:  # it is reported when the file is collected
            continue
        all_of_them += bool(theirs)
        if not notebooks.has_any(theirs):
            found.update(name for name, other in others.items() if other.has_any(theirs))
    for name, number in found.most_common(1):
        if 2 * number > all_of_them:
            raise AutograderError(
                f"this looks like {name}: {number} of {all_of_them} notebooks hold tests of it and none of "
                f"{assignment}. Nothing was collected; name {name}, or the download of {assignment}"
            )


def _others(course: Course, assignment: str) -> dict[str, Notebooks]:
    found = {}
    for name in course.assignments():
        if name != assignment:
            try:
                found[name] = Notebooks(course.source / name)
            except AutograderError:  # without its notebooks, nothing can be told
                continue
    return found
