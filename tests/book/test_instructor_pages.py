"""What the instructors' pages tell to type exists, and the first assignment goes as its page shows it."""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from nbgrader.apps import NbGraderApp  # type: ignore[import-untyped]

from autograder.cli import _parser

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "book" / "instructor").glob("*.md"))
TELLING = [*PAGES, ROOT / "README.md"]
WALK = ROOT / "book" / "instructor" / "first-assignment.md"
NOT_PLAYED = ("make ", ". .venv/", "jupyter lab")
"""How the lines begin that set the machine up, or open a window."""

BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
IN_TEXT = re.compile(r"`((?:autograder|nbgrader) [^`]+)`")
HERE_DOCUMENT = re.compile(r"<<'END'\n.*?^END$", re.MULTILINE | re.DOTALL)

END = "The end of a step, with status"


class Block(NamedTuple):
    """A block of a page between two rows of backquotes."""

    language: str
    text: str


def blocks(page: str) -> list[Block]:
    return [
        Block(found[2], re.sub(rf"^{found[1]}", "", found[3], flags=re.MULTILINE))
        for found in BLOCK.finditer(page)
    ]


def command_lines(script: str) -> list[str]:
    """The lines of a shell block; one that goes on after a backslash counts as one."""
    whole = HERE_DOCUMENT.sub("", script).replace("\\\n", " ")
    return [line.strip() for line in whole.splitlines() if line.strip()]


def typed() -> Iterator[tuple[str, list[str]]]:
    """Every command of `autograder` and `nbgrader` in a shell block, with the page that tells it."""
    for page in TELLING:
        for block in blocks(page.read_text(encoding="utf-8")):
            for line in command_lines(block.text) if block.language == "sh" else ():
                words = shlex.split(line.partition(" > ")[0], comments=True)
                if words and words[0] in ("autograder", "nbgrader"):
                    yield page.name, words


def named() -> Iterator[tuple[str, list[str]]]:
    """Every command within a sentence or a table; parts of it may be left out there."""
    for page in TELLING:
        text = BLOCK.sub("", page.read_text(encoding="utf-8"))
        for found in IN_TEXT.finditer(text):
            yield page.name, shlex.split(found[1])


def steps(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of the commands, by name."""
    subparsers = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return dict(subparsers.choices)


def unknown_words(words: list[str]) -> set[str]:
    """The parts of a command that do not exist: its name, and options."""
    options = {word.partition("=")[0] for word in words if word.startswith("--")}
    if words[0] == "nbgrader":
        if words[1] not in NbGraderApp.subcommands:
            return {words[1]}
        step = NbGraderApp.subcommands[words[1]][0]
        return options - {f"--{name}" for name in [*step.flags, *step.aliases]}
    known = steps(_parser())
    if words[1] not in known:
        return {words[1]}
    return options - set(re.findall(r"--[a-z-]+", known[words[1]].format_help()))


def test_every_page_is_in_the_table_of_contents() -> None:
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    listed = [chapter["file"] for part in parts for chapter in part["chapters"]]
    assert {f"book/instructor/{page.stem}" for page in PAGES} <= set(listed)


def test_every_command_can_be_typed_as_it_stands() -> None:
    commands = list(typed())
    assert len({page for page, _ in commands}) >= 9
    for page, words in commands:
        if words[0] == "nbgrader":
            assert unknown_words(words) == set(), f"{page}: {shlex.join(words)}"
            continue
        try:
            _parser().parse_args(words[1:])
        except SystemExit:
            pytest.fail(f"{page}: {shlex.join(words)}")


def test_every_command_that_a_sentence_names_exists() -> None:
    commands = list(named())
    assert len(commands) >= 30
    wrong = {f"{page}: {shlex.join(words)}" for page, words in commands if unknown_words(words)}
    assert wrong == set()


class Step(NamedTuple):
    """What the walk-through tells to type, and the lines that it then shows."""

    script: str
    shown: tuple[str, ...]


def walk_through() -> list[Step]:
    found = blocks(WALK.read_text(encoding="utf-8"))
    walked = []
    for place, block in enumerate(found):
        if block.language != "sh" or block.text.startswith(NOT_PLAYED):
            continue
        after = found[place + 1] if place + 1 < len(found) else None
        shown = after.text.splitlines() if after is not None and after.language == "text" else []
        walked.append(Step(block.text, tuple(" ".join(line.split()) for line in shown if line.strip())))
    return walked


def play(scripts: list[str], home: Path) -> list[tuple[str, int]]:
    """Type scripts into one shell, one after the other; give what each shows, and its last exit status."""
    programs = home / "programs"
    programs.mkdir()
    for name, module in {"autograder": "-m autograder", "python": ""}.items():
        text = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {module} "$@"\n'
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o755)
    typed_in = "".join(f'{script}echo "{END} $?"\n' for script in scripts)
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{typed_in}"],
        cwd=home,
        env={**os.environ, "HOME": str(home), "PATH": f"{programs}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    parts = re.split(rf"{END} (\d+)\n", done.stdout)
    return list(zip(parts[0::2], map(int, parts[1::2]), strict=False))


def shows(line: str, output: str) -> bool:
    """Whether an output has a line; a line that ends with … stands for any that begins so."""
    lines = [" ".join(said.split()) for said in output.splitlines()]
    if line.endswith("…"):
        return any(said.startswith(line[:-1].rstrip()) for said in lines)
    return line in lines


def test_the_first_assignment_goes_as_its_page_shows_it(tmp_path: Path) -> None:
    walked = walk_through()
    assert len(walked) >= 9
    for step, (output, status) in zip(walked, play([step.script for step in walked], tmp_path), strict=True):
        assert status in (0, 3), f"{step.script}\n{output}"
        missing = [line for line in step.shown if not shows(line, output)]
        assert missing == [], f"{step.script}\n{output}"


def test_more_time_for_a_student_is_given_as_the_page_on_the_class_tells(tmp_path: Path) -> None:
    """It is given before and after the work was graded late; what lateness cost comes back then."""
    page = (ROOT / "book" / "instructor" / "class.md").read_text(encoding="utf-8")
    found = blocks(page)
    place = next(n for n, block in enumerate(found) if block.text.startswith("autograder extend"))
    lines, said = found[place].text, found[place + 1].text
    unit = "u2-regression"
    before = f"""\
autograder init course --assignment {unit} --late "10% per day" \\
  --deadline {unit}="2027-01-15 23:59 Europe/Berlin"
cd course
autograder release {unit}
autograder sample-class {unit}
echo "2027-01-16 12:00:00 UTC" > submitted/ada/{unit}/timestamp.txt
"""
    grade = f"autograder grade {unit} --student ada\n"
    back = f"autograder extend {unit} ada --none\n"
    _, first, _, late, given, again = play([before, lines, back, grade, lines, grade], tmp_path)
    assert first == (said, 0)
    assert given == (f"{said}Work of ada is graded already. Next: autograder grade {unit}\n", 0)
    total, most = (float(number) for number in total_of("ada", again[0]))
    assert total == most
    assert total_of("ada", late[0])[0] == f"{0.9 * most:g}"


def total_of(student: str, table: str) -> tuple[str, str]:
    """The last two columns of a student's row: the total, and what there was to get."""
    row = next(line.split() for line in table.splitlines() if line.startswith(f"{student} "))
    return row[-2], row[-1]
