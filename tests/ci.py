"""What continuous integration must run: there, a test marked `runs_in_ci` that is skipped has failed.

On a machine that lacks what such a test needs it is skipped, and the reason stands at the end of the output.
One that is marked `runs_in_ci(if_possible=True)` may be skipped anywhere: not every service allows it.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skipping of a marked test into a failure, where the variable CI is set as services set it."""
    report = yield
    marker = item.get_closest_marker("runs_in_ci")
    if report.skipped and _in_ci() and marker and not marker.kwargs.get("if_possible"):
        report.outcome = "failed"
        report.longrepr = f"this must run where CI is set, and was to be skipped: {report.longreprtext}"
    return report


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")
