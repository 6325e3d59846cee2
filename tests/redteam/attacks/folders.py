"""Attacks by the name of the folder in which the work is handed in, which is the student's id."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.redteam.attack import Attack, Scene
from tests.redteam.course import ASSIGNMENT, NOTEBOOK

_NOT_RUN = "nbgrader can't be given such an id, or takes it for an option"


def _named(
    id: str, student: str, what: str, tries: str, *, refused: bool = False, unsafe: str = ""
) -> Attack:
    return Attack(
        id,
        what,
        tries,
        student=student,
        mark=None if refused else 0.0,
        holds=("batch-completed", "others-untouched", "clean-terminal", *(("named",) if refused else ())),
        unsafe_on_stock=unsafe,
    )


def _folder_is_a_file(folder: Path, _: Scene) -> None:
    shutil.rmtree(folder.parent)
    folder.parent.write_text("a file", encoding="ascii")


def _folder_is_a_link(folder: Path, scene: Scene) -> None:
    shutil.rmtree(folder.parent)
    folder.parent.symlink_to(scene.outside, target_is_directory=True)


def _assignment_is_a_link(folder: Path, scene: Scene) -> None:
    shutil.rmtree(folder)
    folder.symlink_to(scene.course / "source" / ASSIGNMENT, target_is_directory=True)


def _empty(folder: Path, _: Scene) -> None:
    (folder / f"{NOTEBOOK}.ipynb").unlink()


def _other_name(folder: Path, _: Scene) -> None:
    (folder / f"{NOTEBOOK}.ipynb").rename(folder / f"{NOTEBOOK}.ipynb.exe")


def _closed(folder: Path, _: Scene) -> None:
    os.chmod(folder, 0)


ATTACKS = (
    _named("id-formula", "=cmd_A1", "A formula as an id", "Has an id that a spreadsheet runs as a formula."),
    _named(
        "id-option",
        "--force",
        "An option as an id",
        "Has an id that programs take for an option.",
        unsafe=_NOT_RUN,
    ),
    _named(
        "id-sql",
        "x'; drop table grade; --",
        "SQL as an id",
        "Has an id that ends a database query and begins another.",
    ),
    _named("id-shell", "$(touch id-was-run)", "A command as an id", "Has an id that a shell runs."),
    _named(
        "id-format",
        "%s{0.__class__}{}",
        "A template as an id",
        "Has an id that fills itself in as a template.",
    ),
    _named("id-script", "<script>alert(1)<", "Script as an id", "Has an id that a page runs."),
    _named("id-dots", "a..b", "Dots in an id", "Has an id with dots, which paths give a meaning."),
    _named("id-look-alike", "right\u0456", "A look-alike", "Has an id that looks like another student's."),
    _named(
        "id-star",
        "*",
        "A pattern as an id",
        "Has an id that stands for all students.",
        refused=True,
        unsafe=_NOT_RUN,
    ),
    _named(
        "id-class",
        "r[i]ght",
        "A pattern that fits another",
        "Has an id that fits another student's as a pattern.",
        refused=True,
        unsafe=_NOT_RUN,
    ),
    _named(
        "id-backslash",
        "x\\..\\..\\y",
        "A path as an id",
        "Has an id that is a path on other systems.",
        refused=True,
        unsafe=_NOT_RUN,
    ),
    _named(
        "id-newline",
        "a\nright: 15",
        "Two lines as an id",
        "Has an id that continues as a line of its own.",
        refused=True,
        unsafe=_NOT_RUN,
    ),
    _named(
        "id-terminal",
        "\x1b[2Jx",
        "Terminal codes as an id",
        "Has an id that clears the terminal.",
        refused=True,
        unsafe=_NOT_RUN,
    ),
    _named(
        "id-direction",
        "\u202egnp.x",
        "A turned id",
        "Has an id that is shown from right to left.",
        refused=True,
        unsafe=_NOT_RUN,
    ),
    _named(
        "id-space",
        " right",
        "A space before an id",
        "Has another student's id after a space.",
        refused=True,
        unsafe=_NOT_RUN,
    ),
    _named(
        "id-long",
        "x" * 250,
        "An id without end",
        "Has an id of 250 characters.",
        refused=True,
        unsafe=_NOT_RUN,
    ),
    Attack(
        "student-is-file",
        "A file as a student",
        "Is a file where a student's folder should be.",
        beside=_folder_is_a_file,
        mark=None,
        holds=("batch-completed", "named"),
    ),
    Attack(
        "student-is-link",
        "A link as a student",
        "Is a link to a folder of the instructor.",
        beside=_folder_is_a_link,
        mark=None,
        holds=("batch-completed", "file-untouched"),
    ),
    Attack(
        "assignment-is-link",
        "A link as the work",
        "Hands in a link to the folder with the solutions.",
        beside=_assignment_is_a_link,
        holds=("batch-completed", "file-untouched"),
    ),
    Attack("empty-folder", "Nothing", "Hands in an empty folder.", beside=_empty, holds=("batch-completed",)),
    Attack(
        "other-ending",
        "Another ending",
        "Hands the notebook in under the name of a program.",
        beside=_other_name,
        holds=("batch-completed",),
    ),
    Attack(
        "closed-work",
        "A closed folder",
        "Hands in a folder that can't be opened.",
        beside=_closed,
        holds=("batch-completed",),
    ),
)
