"""The text of nbgrader_config.py in a new course: nbgrader's settings, and the rules of the course."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.policy import PLUGIN, LatePolicy, Policy

_TEXT = '''\
"""nbgrader's settings for this course. All but the names of the folders is yours to change."""

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.course_id = "{course_id}"
{database}
# These five lines must stay as they are: the commands of `autograder` look for the folders under these names.
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.release_directory = "release"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"

# Seconds that one cell of a submission may run.
c.Execute.timeout = 30

# `nbgrader autograde` and formgrader's button grade as `autograder grade` does: students' code runs in a
# jail, the tests elsewhere. Without these lines they would run both together, and a submission could cheat.
c.Autograde.exporter_class = "autograder.nbgrader_plugin.SubmissionExporter"
c.Autograde.sanitize_preprocessors = [
    "autograder.nbgrader_plugin.Quarantine",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_plugin.IsolatedExecute",
    "autograder.nbgrader_plugin.TrustedSaveAutoGrades",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# `nbgrader generate_feedback` and formgrader's button write the pages that `autograder feedback` writes.
c.GenerateFeedback.exporter_class = "autograder.feedback_page.nbgrader.FeedbackExporter"

# Where students read the book: feedback links to its chapters then, and only names them otherwise.
# c.Autograder.book_url = "https://example.org/losses/"

# Where students find what `autograder release --browser` writes: below this address each assignment has a
# folder of its name. The README of a handout names it then.
# c.Autograder.browser_url = "https://example.org/losses-in-the-browser/"

# Students' text and output are cleaned of scripts before they appear in formgrader.
c.HTMLExporter.sanitize_html = True

# What stands in place of a solution in the students' version.
c.ClearSolutions.code_stub = {{
    "python": "# YOUR CODE HERE\\nraise NotImplementedError('not attempted yet: put your code here')"
}}

# When work is due: assignment, date, time and time zone. Work handed in at this very second is in time.
# The time goes to the gradebook as its due date; one that formgrader sets for another assignment stays there.
c.Autograder.deadlines = {deadlines}

# What late work loses. A day has 24 hours and begins at the deadline; each that has begun costs so many
# percent of what a notebook scored. Within the minutes of grace nothing is lost, after the last day all:
#   {{"grace_minutes": 10, "percent_per_day": 10, "closes_after_days": 7}}
# Ten minutes late costs nothing then, eleven minutes a tenth, 25 hours two tenths, 8 days everything.
# `autograder extend` gives one student more time. After changes, `autograder grade` again.
c.Autograder.late_policy = {late}

# Of several attempts, "last" counts the last one, even if it came after closing and gets nothing; grading
# then names each student of whom an earlier attempt would have counted. "best" counts the one with most
# points after what lateness costs, so that handing in again costs nobody anything.
c.Autograder.attempts = "{attempts}"

# nbgrader's own commands apply the rule for late work through this.
c.AssignLatePenalties.plugin_class = "{plugin}"
'''

_DATABASE = """
# The database that holds the marks. Back it up with this directory: neither is complete without the other.
c.CourseDirectory.db_url = {url!r}
"""


def config_text(course_id: str, policy: Policy, database: str | None = None) -> str:
    """Write the configuration file of a course, whose gradebook may be in a database at a URL."""
    return _TEXT.format(
        course_id=course_id,
        database="" if database is None else _DATABASE.format(url=database),
        deadlines=_dict_text({name: f'"{deadline.text}"' for name, deadline in policy.deadlines.items()}),
        late=_late_text(policy.late),
        attempts=policy.attempts,
        plugin=PLUGIN,
    )


def _late_text(late: LatePolicy) -> str:
    """Leave out what costs nothing, to be read more easily."""
    settings = {
        "grace_minutes": late.grace_minutes or None,
        "percent_per_day": late.percent_per_day or None,
        "closes_after_days": late.closes_after_days,
    }
    return _dict_text({name: f"{value:g}" for name, value in settings.items() if value is not None})


def _dict_text(entries: Mapping[str, str]) -> str:
    lines = [f'    "{name}": {value},\n' for name, value in entries.items()]
    return "{\n" + "".join(lines) + "}" if lines else "{}"
