"""What is recorded when something is wrong, or in the way, or breaks off in the middle."""

from __future__ import annotations

import json
import pkgutil
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook  # type: ignore[import-untyped]

from autograder.course import Course
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.errors import AutograderError
from autograder.nbgrader_session import NbGraderSession
from autograder.record import record
from tests.autograder.record.conftest import ADA, BOB, CLASS, CYD, record_all, rows, submission


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            Verdict("tset", "failed", 0, 2),
            "the gradebook knows no test cell 'tset'; run `autograder release a1`",
        ),
        (Verdict("essay", "passed", 4, 4), "the gradebook knows no test cell 'essay'"),
        (Verdict("test", "passed", 9, 9), r"p1\.ipynb, test: worth 9 in source/ but 2 in the gradebook"),
    ],
)
def test_verdicts_of_another_version_of_the_assignment_are_not_recorded(
    ours: Course, gradebook: Gradebook, changed: Verdict, message: str
) -> None:
    odd = replace(submission(ours, BOB), notebooks={"p1": GradedNotebook("p1", (changed,))})
    with pytest.raises(AutograderError, match=message):
        record(gradebook, ours.autograded, "a1", [submission(ours, ADA), odd], lambda *_: None)
    assert rows(gradebook) == []
    with pytest.raises(AutograderError, match="a2 is not released yet"):
        record(gradebook, ours.autograded, "a2", [], lambda *_: None)


@pytest.mark.parametrize("answer", [float("nan"), "much"])
def test_a_rule_for_late_work_that_fails_is_reported_and_nothing_is_recorded(
    ours: Course, gradebook: Gradebook, answer: Any
) -> None:
    with pytest.raises(AutograderError, match=r"the rule for late submissions .* for bob"):
        record(gradebook, ours.autograded, "a1", [submission(ours, w) for w in CLASS], lambda *_: answer)
    assert rows(gradebook) == []


def test_of_a_batch_that_breaks_off_nothing_is_seen(
    ours: Course, gradebook: Gradebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_all(gradebook, ours, ADA)
    before = rows(gradebook)
    monkeypatch.setattr("autograder.record.insert", _killed_at(4, "autograder.record.insert"))
    with pytest.raises(KeyboardInterrupt):
        record_all(gradebook, ours, *CLASS)
    assert rows(gradebook) == before
    assert [path.name for path in ours.autograded.iterdir()] == ["ada"]


def test_killed_anywhere_a_rerun_ends_with_the_same_gradebook_and_files(
    ours: Course, gradebook: Gradebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every call that writes something is where it is broken off once."""
    record_all(gradebook, ours, *CLASS)
    wanted = rows(gradebook), files(ours)
    steps = ["autograder.record.insert", "autograder.record.update", "autograder.autograded.os.replace",
             "autograder.autograded.os.unlink", "autograder.record.write_autograded"]  # fmt: skip
    broken_off = 0
    for step in steps:
        for call in range(1, 20):
            course = Course(Path(shutil.copytree(tmp_path / "ours", tmp_path / f"{step}-{call}")))
            shutil.rmtree(course.autograded / "ada")
            with NbGraderSession(course).gradebook() as opened:
                opened.remove_student("ada")
                record_all(
                    opened, course, replace(BOB, answers={}, points={}), replace(CYD, notebooks=("p2",))
                )
                with monkeypatch.context() as patch:
                    patch.setattr(step, _killed_at(call, step))
                    try:
                        record_all(opened, course, *CLASS)
                    except KeyboardInterrupt:
                        broken_off += 1
                    else:
                        break
            with NbGraderSession(course).gradebook() as opened:
                record_all(opened, course, *CLASS)
                assert (rows(opened), files(course)) == wanted, (step, call)
    assert broken_off > 15


def _killed_at(number: int, step: str) -> Any:
    original = pkgutil.resolve_name(step)
    calls = iter(range(1, 1000))

    def step_once(*given: Any, **named: Any) -> Any:
        if next(calls) == number:
            raise KeyboardInterrupt
        return original(*given, **named)

    return step_once


def files(course: Course) -> dict[str, bytes]:
    return {
        str(path.relative_to(course.root)): path.read_bytes()
        for path in course.autograded.rglob("*")
        if path.is_file()
    }


def test_a_student_whose_folder_can_not_be_written_is_named_and_the_others_are_written(
    ours: Course, gradebook: Gradebook
) -> None:
    ours.autograded.mkdir()
    (ours.autograded / "ada").write_text("a file")
    problems = record(
        gradebook, ours.autograded, "a1", [submission(ours, ADA), submission(ours, BOB)], lambda *_: None
    )
    assert list(problems) == ["ada"]
    assert "can't be written (Not a directory)" in problems["ada"]
    assert gradebook.find_submission("a1", "ada").score == 6
    assert json.loads((ours.autograded / "bob" / "a1" / "p1.ipynb").read_text("utf-8"))["nbformat"] == 4
