"""`look("folders", course)` makes one check of a course."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograder.course import Course
from autograder.doctor.check import Finding, findings
from autograder.doctor.course import course_checks
from autograder.doctor.patient import Patient
from autograder.doctor.records import record_checks

Look = Callable[[str, Course], list[Finding]]


@pytest.fixture
def look() -> Look:
    def _look(name: str, course: Course) -> list[Finding]:
        patient = Patient(course.root)
        (check,) = [
            check for check in (*course_checks(patient), *record_checks(patient)) if check.name == name
        ]
        return list(findings(check))

    return _look
