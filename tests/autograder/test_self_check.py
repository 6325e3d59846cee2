"""A learner on their own: `autograder check` and `autograder watch` on one notebook."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from autograder.assignment import load_assignment
from autograder.convert import source_notebooks
from autograder.mistakes import mistakes_of
from autograder.notebooks import notebook_text
from autograder.quiz import load_quiz
from autograder.regions import without_markers
from tests.autograder.test_invariants import as_seen, grade_id, is_solution, stubbed
from tests.conftest import UNIT, autograder

ASSIGNMENT = load_assignment(UNIT)


def hand_made(path: Path, notebook: str, answers: Mapping[str, str]) -> Path:
    """Write a notebook as students get it, with some of its blanks filled in."""
    written = source_notebooks(ASSIGNMENT)[notebook]
    for cell in written.cells:
        right = without_markers(cell.source)
        stubbed(cell)
        as_seen(cell)
        if is_solution(cell) and (answer := answers.get(grade_id(cell))) is not None:
            cell.source = right if answer == "reference" else answer
    path.write_text(notebook_text(written), encoding="utf-8")
    return path


@pytest.fixture
def practice(tmp_path: Path) -> Path:
    """The first problem is right, the second shows a named mistake, the others are blank."""
    wrong = next(m for m in mistakes_of("u2-weighted-mse-grad") if m.name == "sign")
    answers = {"weighted-mse": "reference", "weighted-mse-grad": wrong.code}
    return hand_made(tmp_path / "my work.ipynb", "practice", answers)


def test_each_problem_is_correct_incorrect_or_not_attempted(practice: Path) -> None:
    done = autograder("check", practice)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    most = sum(problem.points for problem in ASSIGNMENT.problems)
    assert lines[0] == f"{UNIT}, practice: 3 of {most:g} points"
    assert lines[2] == "✓  1  Errors that count for more  (3 of 3)"
    assert lines[3] == "✗  2  Which way, and how far?  (0 of 3)"
    assert "·  3  A root that survives  (0 of 4)" in lines


def test_what_is_wrong_is_named_and_the_next_step_and_its_chapter_too(practice: Path) -> None:
    said = " ".join(autograder("check", practice).stdout.split())
    assert "This looks like 'sign'" in said
    assert "Next: go on with 2, “Which way, and how far?” (chapter regression/squared-error" in said
    assert "Add --hints 1 for a hint" in said


def test_hints_come_in_steps_and_the_solution_on_request_only(practice: Path) -> None:
    plain, one, two = (
        autograder("check", practice, *hints).stdout for hints in ([], ["--hints", "1"], ["--hints", "2"])
    )
    assert [text.count("of 2) Hint") for text in (plain, one, two)] == [0, 1, 2]
    line = "return 2 * weights * (y_pred - y_true) / np.sum(weights)"
    assert not any(line in text for text in (plain, one, two))
    assert line in autograder("check", practice, "--solution", "2").stdout
    assert line in autograder("check", practice, "--solution", "u2-weighted-mse-grad").stdout


def test_a_problem_that_does_not_exist_is_named(practice: Path) -> None:
    done = autograder("check", practice, "--solution", "99")
    assert done.returncode == 2
    assert "there is no problem or question '99' here; known: u2-weighted-mse, " in done.stderr


def test_a_quiz_is_checked_for_the_account_in_it(tmp_path: Path) -> None:
    right = {
        question.id: f"answer_{number} = {question.key!r}".replace("frozenset", "set")
        for number, question in enumerate(load_quiz(ASSIGNMENT.folder / "quiz.yml", "Zoë"), start=1)
    }
    path = hand_made(tmp_path / "quiz.ipynb", "quiz", {"account": 'account = "Zoë"  # me'} | right)
    done = autograder("check", path)
    assert "Everything is right" in done.stdout, done.stdout
    own = next(i for i, question in enumerate(ASSIGNMENT.quiz, start=1) if question.draw)
    key = load_quiz(ASSIGNMENT.folder / "quiz.yml", "Zoë").questions[own - 1].key
    assert f"The answer is {key:.6g}." in autograder("check", path, "--solution", str(own)).stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("no notebook", "not a notebook"),
        (
            '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
            "is no notebook of this course",
        ),
        (None, "No such file"),
    ],
)
def test_a_file_that_is_no_notebook_of_the_course_is_refused(
    tmp_path: Path, content: str | None, said: str
) -> None:
    path = tmp_path / "odd.ipynb"
    if content is not None:
        path.write_text(content)
    done = autograder("check", path)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "cell", ['account = None\naccount = "a#b"', 'account = (\n    "a#b"  # me\n)', "account = 'a#b'; x = 1"]
)
def test_the_account_is_read_however_it_is_written(tmp_path: Path, cell: str) -> None:
    path = hand_made(tmp_path / "quiz.ipynb", "quiz", {"account": cell})
    own = next(i for i, question in enumerate(ASSIGNMENT.quiz, start=1) if question.draw)
    key = load_quiz(ASSIGNMENT.folder / "quiz.yml", "a#b").questions[own - 1].key
    assert f"The answer is {key:.6g}." in autograder("check", path, "--solution", str(own)).stdout


@pytest.mark.parametrize("option", [["--timeout", "0"], ["--timeout", "nan"], ["--hints", "-1"]])
def test_numbers_that_make_no_sense_are_refused(practice: Path, option: list[str]) -> None:
    done = autograder("check", practice, *option)
    assert done.returncode == 2
    assert "1 or more, is needed" in done.stderr


class Watched:
    """`autograder watch` in a process of its own, with what it has said so far."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-m", "autograder", "watch", str(path)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self.said = ""

    def until(self, pattern: str) -> str:
        """Wait until it has said something; return all that it has said since the last time."""
        assert self.process.stdout is not None
        end = time.monotonic() + 60
        while not re.search(pattern, self.said):
            assert time.monotonic() < end, (pattern, self.said)
            assert self.process.poll() is None, self.said
            self.said += (self.process.stdout.read() or b"").decode()
            time.sleep(0.05)
        said, self.said = self.said, ""
        return said

    def type(self, keys: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(keys.encode())
        self.process.stdin.flush()


def test_watch_checks_again_after_each_save_and_helps_when_asked(practice: Path) -> None:
    watched = Watched(practice)
    try:
        watched.until(r"3 of .* points(.|\n)*q \+ Enter")
        watched.type("h\n")
        watched.until(r"\(1 of 2\) Hint 1: ")
        watched.type("h\nh\n")  # there is no third
        assert "1 of 2" not in watched.until(r"(\(2 of 2\) Hint 2: (.|\n)*){2}")
        watched.type("s\n")
        watched.until(r"return 2 \* weights")

        practice.write_text("{ half of a notebo")
        watched.until("refused|notebook")
        practice.unlink()
        hand_made(practice, "practice", dict.fromkeys(("weighted-mse", "weighted-mse-grad"), "reference"))
        assert "Next: begin with 3" in watched.until(r"6 of .* points(.|\n)*q \+ Enter")
        watched.type("q\n")
        assert watched.process.wait(10) == 0
    finally:
        watched.process.kill()
        watched.process.communicate()
