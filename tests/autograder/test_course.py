"""Making a course directory, and what is said where there is none."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course import init_course, open_course
from autograder.errors import AutograderError
from autograder.notebooks import read_notebook
from autograder.settings import load_config

FIXTURES = Path(__file__).parent / "fixtures"
Snapshot = Callable[[Path], dict[str, bytes]]


@contextmanager
def without_permission(folder: Path) -> Iterator[None]:
    """As someone who may not write: root becomes nobody, others take the permission from the folder."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(0o755)


@pytest.fixture
def readable() -> Iterator[Path]:
    """A folder that everyone can enter, unlike pytest's own temporary ones."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_new_course_is_an_nbgrader_course_that_only_its_owner_reads(
    tmp_path: Path, snapshot: Snapshot
) -> None:
    course = init_course(tmp_path / "losses 2031", ["tiny"], FIXTURES)
    assert sorted(snapshot(course.root)) == [
        ".gitignore", "README.md", "nbgrader_config.py", "source", "source/tiny",
        "source/tiny/practice.ipynb", "source/tiny/quiz.ipynb",
    ]  # fmt: skip
    assert len(read_notebook(course.source / "tiny" / "practice.ipynb").cells) == 8
    config = load_config(course)
    assert config.CourseDirectory.course_id == "losses-2031"
    assert config.HTMLExporter.sanitize_html is True
    assert course.root.stat().st_mode & 0o077 == 0
    assert open_course(course.root) == course


def test_git_is_told_to_leave_a_course_alone(tmp_path: Path) -> None:
    root = init_course(tmp_path / "course", ["tiny"], FIXTURES).root
    patterns = [
        line for line in (root / ".gitignore").read_text(encoding="utf-8").splitlines() if line[:1] != "#"
    ]
    assert patterns == ["*"]


def test_nbgraders_own_commands_grade_with_the_engine(tmp_path: Path) -> None:
    config = load_config(init_course(tmp_path / "course", ["tiny"], FIXTURES))
    assert config.Autograde.sanitize_preprocessors[0] == "autograder.nbgrader_plugin.Quarantine"
    assert config.Autograde.autograde_preprocessors[:2] == [
        "autograder.nbgrader_plugin.IsolatedExecute",
        "autograder.nbgrader_plugin.TrustedSaveAutoGrades",
    ]


@pytest.mark.parametrize("kind", ["directory", "file", "dangling link"])
def test_an_existing_path_is_left_alone(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str], snapshot: Snapshot
) -> None:
    target = tmp_path / "course"
    if kind == "directory":
        (target / "mine").mkdir(parents=True)
    elif kind == "file":
        target.write_text("mine")
    else:
        target.symlink_to(tmp_path / "nowhere")
    before = snapshot(tmp_path)
    assert main(["init", str(target)]) == 1
    assert (
        capsys.readouterr().err
        == f"autograder: {target} exists already; name a new directory, nothing was changed\n"
    )
    assert snapshot(tmp_path) == before


def test_an_unknown_assignment_makes_no_course(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], snapshot: Snapshot
) -> None:
    assert main(["init", str(tmp_path / "course"), "--assignment", "u2-regresion"]) == 2
    assert "there is no assignment 'u2-regresion'. Did you mean 'u2-regression'?" in capsys.readouterr().err
    assert snapshot(tmp_path) == {}


def test_a_failure_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot
) -> None:
    def full_disk(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograder.course.notebook_text", full_disk)
    with pytest.raises(OSError, match="No space left"):
        init_course(tmp_path / "course", ["tiny"], FIXTURES)
    assert snapshot(tmp_path) == {}


def test_a_missing_parent_is_named(tmp_path: Path) -> None:
    with pytest.raises(AutograderError, match=r"nowhere does not exist; make it first"):
        init_course(tmp_path / "nowhere" / "course", ["tiny"], FIXTURES)


def test_no_permission_to_write_is_said_before_anything_is_tried(readable: Path, snapshot: Snapshot) -> None:
    with (
        without_permission(readable),
        pytest.raises(AutograderError, match="no permission to write; choose another"),
    ):
        init_course(readable / "course", ["tiny"], FIXTURES)
    assert snapshot(readable) == {}


def test_a_course_of_someone_else_is_not_written_to(readable: Path) -> None:
    course = init_course(readable / "course", ["tiny"], FIXTURES)
    course.root.chmod(0o755)
    with (
        without_permission(course.root),
        pytest.raises(AutograderError, match="course: no permission to write"),
    ):
        course.require_writable()


@pytest.mark.parametrize(
    "command", [["release", "tiny"], ["grade", "tiny"], ["feedback", "tiny"], ["export"]]
)
def test_outside_a_course_the_way_in_is_named(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str], snapshot: Snapshot
) -> None:
    assert main([*command, "--course", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith(
        f"autograder: {tmp_path} is not a course directory (it has no nbgrader_config.py)."
    )
    assert "`autograder init DIR`" in error
    assert len(error.splitlines()) == 1
    assert snapshot(tmp_path) == {}


def test_one_level_above_a_course_the_course_is_suggested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    init_course(tmp_path / "my course", ["tiny"], FIXTURES)
    monkeypatch.chdir(tmp_path)
    assert main(["export"]) == 1
    assert "Did you mean --course 'my course'? " in capsys.readouterr().err


@pytest.mark.parametrize("command", ["release", "grade", "feedback"])
def test_the_start_of_an_assignment_s_name_brings_the_whole(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    course = init_course(tmp_path / "course", ["u2-regression"])
    assert main([command, "u2", "--course", str(course.root)]) == 2
    said = (
        f"autograder: there is no assignment 'u2' in {course.source}. Did you mean 'u2-regression'? Known: "
    )
    assert capsys.readouterr().err.startswith(said)


def test_a_broken_configuration_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    course = init_course(tmp_path / "course", ["tiny"], FIXTURES)
    config = course.root / "nbgrader_config.py"
    config.write_text("c = get_config()\nc.Autograder.attempts = 'best\n")
    assert main(["export", "--course", str(course.root)]) == 1
    assert capsys.readouterr().err == (
        f"autograder: {config}: can't be loaded: line 2: SyntaxError: unterminated string literal "
        "(detected at line 2)\n"
    )


def test_from_a_folder_within_a_course_the_course_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    course = init_course(tmp_path / "course", ["tiny"], FIXTURES)
    for folder in (course.source, course.source / "tiny"):
        monkeypatch.chdir(folder)
        assert main(["export"]) == 1
        up = os.path.relpath(course.root)
        assert f"(it has no nbgrader_config.py). Did you mean --course {up}? " in capsys.readouterr().err


def test_folders_that_were_renamed_in_the_configuration_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    course = init_course(tmp_path / "course", ["tiny"], FIXTURES)
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text().replace('"submitted"', '"handed-in"'))
    assert main(["export", "--course", str(course.root)]) == 1
    assert capsys.readouterr().err == (
        f"autograder: {config}: submitted_directory must stay 'submitted'; it is 'handed-in'\n"
    )


def test_the_next_step_can_be_pasted_whatever_the_folder_is_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init", str(tmp_path / "my course; rm x")])
    line = capsys.readouterr().out.splitlines()[-1]
    words = shlex.split(line.removeprefix("Next: "))
    assert words[:4] == ["autograder", "release", "u1-foundations", "--course"]
    assert [Path(word).resolve() for word in words[4:]] == [tmp_path / "my course; rm x"]
