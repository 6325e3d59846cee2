"""Deadlines, what lateness costs, and how these are set."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from traitlets.config import Config

from autograder.errors import AutograderError, UsageError
from autograder.policy import PLUGIN, LatePolicy, Policy, PolicyError, course_policy, parse_deadline
from autograder.policy_text import parse_deadlines, parse_late
from autograder.record import late_penalty

DAY = 24 * 60 * 60
RULE = {"grace_minutes": 10, "percent_per_day": 10, "closes_after_days": 7}


def config(**settings: Any) -> Config:
    return Config(Autograder=settings, AssignLatePenalties={"plugin_class": PLUGIN})


@pytest.mark.parametrize(
    ("seconds", "points"),
    [
        (0, 0), (1, 0), (600, 0), (600.9, 0), (601, 2),  # the end of grace
        (DAY, 2), (DAY + 0.5, 2), (DAY + 1, 4), (2 * DAY, 4), (2 * DAY + 1, 6),
        (7 * DAY, 14), (7 * DAY + 1, 20), (365 * DAY, 20),
    ],
)  # fmt: skip
def test_each_started_day_costs_a_share_until_nothing_counts(seconds: float, points: float) -> None:
    assert late_penalty(config(late_policy=RULE))("ada", 20.0, seconds) == (points or None)


def test_parts_of_a_rule_hold_alone() -> None:
    assert LatePolicy(percent_per_day=40).taken_off(10, 4 * DAY) == 10  # never more than all
    closed = LatePolicy(closes_after_days=0)
    assert (closed.taken_off(10, 0), closed.taken_off(10, 1)) == (0, 10)
    patient = LatePolicy(grace_minutes=2 * 24 * 60, closes_after_days=1)
    assert (patient.taken_off(10, 2 * DAY), patient.taken_off(10, 2 * DAY + 1)) == (0, 10)
    assert late_penalty(config())("ada", 10.0, 100 * DAY) is None


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2027-01-15 23:59 Europe/Berlin", datetime(2027, 1, 15, 22, 59)),
        ("2027-07-15 23:59 Europe/Berlin", datetime(2027, 7, 15, 21, 59)),  # summer time
        ("2027-03-14 23:59:59 America/New_York", datetime(2027, 3, 15, 3, 59, 59)),  # its first day
        ("2027-01-15T23:59  Asia/Kathmandu", datetime(2027, 1, 15, 18, 14)),
        ("2027-01-15 23:59 UTC", datetime(2027, 1, 15, 23, 59)),
        ("2026-10-25 02:30 +01:00", datetime(2026, 10, 25, 1, 30)),
        ("2026-10-25 02:30 +0200", datetime(2026, 10, 25, 0, 30)),
        ("2027-01-15 23:59 -05:30", datetime(2027, 1, 16, 5, 29)),
    ],
)
def test_deadlines_are_moments_wherever_one_is(text: str, utc: datetime) -> None:
    assert parse_deadline(text).utc == utc


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2027-01-15 23:59", "no date and time with a time zone"),
        (20270115, "no date and time with a time zone"),
        ("2027-02-30 23:59 UTC", "is no date and time: day"),
        ("2027-01-15 24:30 UTC", "is no date and time: hour"),
        ("2027-01-15 23:59 Berlin", "'Berlin' is no time zone"),
        ("2027-01-15 23:59 ../etc/passwd", "is no time zone"),
        ("2027-01-15 23:59 +99:00", "is no time zone"),
        ("2027-01-15 23:59 +00:75", "is no time zone"),
        ("0001-01-01 00:00 +14:00", "is no date and time: in UTC, it is in no year"),
        ("2027-03-28 02:30 Europe/Berlin", "does not exist: the clocks are put forward"),
        ("2026-10-25 02:30 Europe/Berlin", r"is there twice.*'2026-10-25 02:30 \+01:00' for the later one"),
    ],
)
def test_other_moments_are_refused(text: object, message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        parse_deadline(text)


def test_a_course_without_rules_has_no_deadline_and_counts_the_last_attempt() -> None:
    assert course_policy(Config()) == Policy({}, LatePolicy(), "last")
    assert course_policy(config(book_url="https://example.org/losses/")) == Policy()  # no rule, but known
    assert Policy().told("u1") == "No deadline is set for u1 (c.Autograder.deadlines in nbgrader_config.py)."


def test_the_rules_are_told_in_words() -> None:
    policy = course_policy(config(deadlines={"u1": "2027-01-15 23:59 Europe/Berlin"}, late_policy=RULE))
    assert policy.told("u1") == (
        "Due 2027-01-15 23:59 Europe/Berlin (2027-01-15 22:59 UTC); late work: 10% off per started day, "
        "10 minutes of grace, nothing after 7 days."
    )
    assert policy.unknown(["u1"]) == []
    assert policy.unknown(["u10", "v"]) == [
        "c.Autograder.deadlines: the course has no assignment 'u1' (yet); did you mean 'u10'?"
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"deadline": {}}, "there is no setting c.Autograder.deadline. Did you mean 'deadlines'?"),
        ({"deadlines": "soon"}, "c.Autograder.deadlines: must be a dict"),
        ({"deadlines": {"u1": "soon"}}, "c.Autograder.deadlines: 'u1': 'soon' is no date"),
        ({"late_policy": 10}, "c.Autograder.late_policy: must be a dict"),
        (
            {"late_policy": {"percent": 10}},
            "late_policy: there is no 'percent'; did you mean 'percent_per_day'?",
        ),
        ({"late_policy": {"grace_minutes": "10"}}, "'grace_minutes' must be a number, 0 or more; it is '10'"),
        ({"late_policy": {"grace_minutes": -1}}, "'grace_minutes' must be a number, 0 or more; it is -1"),
        ({"late_policy": {"grace_minutes": True}}, "'grace_minutes' must be a number"),
        ({"late_policy": {"grace_minutes": float("nan")}}, "'grace_minutes' must be a number"),
        ({"late_policy": {"percent_per_day": 101}}, "'percent_per_day' must be 100 or less; it is 101"),
        ({"attempts": "first"}, "c.Autograder.attempts: must be 'last' or 'best'; it is 'first'"),
    ],
)
def test_a_bad_setting_is_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(AutograderError) as error:
        course_policy(config(**settings))
    assert str(error.value).startswith("nbgrader_config.py: ")
    assert message in str(error.value)


def test_a_rule_that_nothing_would_apply_is_refused() -> None:
    with pytest.raises(AutograderError, match=r"late_policy has no effect without the line c\.AssignLate"):
        course_policy(Config(Autograder={"late_policy": RULE}))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("10% per day, grace 10 minutes, closes after 7 days", LatePolicy(10, 10, 7)),
        ("Closes after 1 week,2.5 %  per day", LatePolicy(0, 2.5, 7)),
        ("grace 1 hour", LatePolicy(60)),
        ("grace 1 minute, closes after 0 days", LatePolicy(1, 0, 0)),
    ],
)
def test_a_rule_is_written_in_words(text: str, rule: LatePolicy) -> None:
    assert parse_late(text) == rule


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "'' is not understood. Write parts such as '10% per day'"),
        ("10% per day and grace 10 minutes", "'10% per day and grace 10 minutes' is not understood"),
        ("10% per day, 20% per day", "'20% per day' says a second time"),
        ("-10% per day", "'-10% per day' is not understood"),
        ("200% per day", "'percent_per_day' must be 100 or less"),
    ],
)
def test_other_words_are_not_understood(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_late(text)
    assert message in str(error.value)


def test_deadlines_are_of_assignments_that_exist() -> None:
    moment = "2027-01-15 23:59 UTC"
    assert parse_deadlines([f"u1={moment}"], ["u1"])["u1"].text == moment
    for wrong, message in [
        ([moment], "is not of the form"),
        ([f"u2={moment}"], "there is no assignment 'u2'"),
        ([f"u1={moment}", f"u1={moment}"], "u1 is given two deadlines"),
        (["u1=soon"], "--deadline u1: 'soon' is no date"),
    ]:
        with pytest.raises(UsageError, match=message):
            parse_deadlines(wrong, ["u1"])
