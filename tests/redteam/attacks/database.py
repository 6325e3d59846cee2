"""Attacks on the gradebook and the engine's own records."""

from __future__ import annotations

from tests.redteam.attack import Attack


def _sql(*statements: str, last: str = "db.commit(); db.close()") -> str:
    """Write code that changes the gradebook, wherever it finds it."""
    return f"""
import os, sqlite3
for path in ("../../../gradebook.db", @COURSE@ + "/gradebook.db"):
    if os.path.exists(path):
        db = sqlite3.connect(path, timeout=1)
        for statement in {statements!r}:
            try:
                db.execute(statement)
            except sqlite3.Error:
                pass
        {last}
        break
"""


def _of(student: str) -> str:
    return (
        "(select g.id from grade g join submitted_notebook n on g.notebook_id = n.id "
        f"join submitted_assignment a on n.assignment_id = a.id where a.student_id = '{student}')"
    )


ATTACKS = (
    Attack(
        "extra-credit",
        "Extra credit",
        "Writes extra credit for itself into the gradebook.",
        code=_sql(f"update grade set extra_credit = 5 where id in {_of('extra-credit')}"),
        holds=("mark-stands",),
    ),
    Attack(
        "manual-score",
        "A mark by hand",
        "Writes marks into the gradebook as if they were given by hand.",
        code=_sql(f"update grade set manual_score = 20 where id in {_of('manual-score')}"),
        holds=("mark-stands",),
    ),
    Attack(
        "auto-score",
        "A mark by machine",
        "Writes automatic marks into the gradebook.",
        code=_sql(f"update grade set auto_score = 20 where id in {_of('auto-score')}"),
        holds=("mark-stands",),
    ),
    Attack(
        "rival-to-zero",
        "A rival's mark",
        "Sets all other students' marks to 0.",
        code=_sql("update grade set manual_score = 0"),
        holds=("others-untouched",),
    ),
    Attack(
        "fewer-points",
        "What a test is worth",
        "Changes in the gradebook what the tests are worth.",
        code=_sql("update grade_cell set max_score = 100", "update base_cell set type = 'SolutionCell'"),
        holds=("others-untouched",),
    ),
    Attack(
        "new-tests",
        "The tests in the gradebook",
        "Replaces the tests' text that nbgrader keeps in the gradebook and puts back into notebooks.",
        code=_sql("update source_cell set source = 'pass'"),
        holds=("others-untouched",),
    ),
    Attack(
        "drops-tables",
        "A gradebook without tables",
        "Deletes the gradebook's tables.",
        code=_sql("drop table grade", "drop table submitted_assignment"),
        holds=("others-untouched", "batch-completed"),
    ),
    Attack(
        "locks-gradebook",
        "A locked gradebook",
        "Locks the gradebook for as long as its process lives.",
        code=_sql("begin exclusive", last="pass"),
        holds=("others-untouched", "batch-completed"),
    ),
    Attack(
        "spoils-gradebook",
        "A spoilt gradebook",
        "Overwrites the gradebook with text.",
        code="for path in ('../../../gradebook.db', @COURSE@ + '/gradebook.db'):\n    try:\n"
        "        open(path, 'r+').write('spoilt' * 2000)\n    except OSError:\n        pass\n",
        holds=("others-untouched", "batch-completed"),
    ),
    Attack(
        "poisoned-records",
        "The engine's memory",
        "Writes verdicts of its own into the engine's store, and rewrites its log.",
        code="import glob, sqlite3\nfor path in glob.glob(@COURSE@ + '/.autograder/*'):\n    try:\n"
        "        open(path, 'r+').write('spoilt' * 2000)\n    except OSError:\n        pass\n",
        holds=("others-untouched", "batch-completed"),
    ),
)
