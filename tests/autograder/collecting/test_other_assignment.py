"""A download of another assignment is refused before anything of it is filed."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from autograder.collecting.collect import collect
from autograder.course import Course
from autograder.errors import AutograderError
from tests.autograder.collecting.conftest import Zip, attempts

Work = Callable[..., bytes]


def renamed(content: bytes) -> bytes:
    """Give its tests the ids of another assignment."""
    return content.replace(b'"double-values"', b'"other-values"').replace(b'"half-values"', b'"else"')


@pytest.fixture
def two_assignments(course: Course) -> Course:
    """A course with the assignments `tiny` and `other`, which share no test."""
    other = shutil.copytree(course.source / "tiny", course.source / "other")
    (other / "quiz.ipynb").unlink()
    (other / "practice.ipynb").write_bytes(renamed((other / "practice.ipynb").read_bytes()))
    return course


def test_a_download_of_another_assignment_is_refused(
    two_assignments: Course, make_zip: Zip, work: Work
) -> None:
    of_another = {
        f"{name}_assignsubmission_file/practice.ipynb": renamed(work(name))
        for name in ("Ada Lovelace_1", "Charles Babbage_2")
    }
    mistaken = {"Grace Hopper_3_assignsubmission_file/practice.ipynb": work("grace")}
    with pytest.raises(AutograderError) as raised:
        collect(two_assignments, "tiny", [make_zip(of_another | mistaken)])
    assert str(raised.value) == (
        "this looks like other: 2 of 3 notebooks hold tests of it and none of tiny. Nothing was collected; "
        "name other, or the download of tiny"
    )
    assert attempts(two_assignments, "Ada Lovelace") == attempts(two_assignments, "Grace Hopper") == []
    assert not list(two_assignments.submitted.glob("*/tiny"))


def test_one_student_who_mistook_the_assignment_does_not_stop_the_others(
    two_assignments: Course, make_zip: Zip, work: Work
) -> None:
    files = {
        "Ada Lovelace_1_assignsubmission_file/practice.ipynb": renamed(work("ada")),
        "Charles Babbage_2_assignsubmission_file/practice.ipynb": work("charles"),
    }
    report = collect(two_assignments, "tiny", [make_zip(files)])
    assert len(report.handed_in) == 2
    assert "is it of another assignment?" in report.problems[0]
