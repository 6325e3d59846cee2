"""What students get, and what keeps an assignment from being released."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.errors import AutograderError
from autograder.grade_class import grade
from autograder.release import release
from tests.autograder.conftest import RIGHT

FIXTURES = Path(__file__).parent / "fixtures"
HandIn = Callable[..., Path]
Snapshot = Callable[[Path], dict[str, bytes]]


@pytest.fixture
def unrun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take it for granted that the source's own solutions pass; to run them takes seconds."""
    monkeypatch.setattr("autograder.release.reference_failures", lambda *_: {})


def test_nothing_that_students_must_not_get_is_in_the_release(released: Course) -> None:
    folder = released.release / "tiny"
    assert sorted(path.name for path in folder.iterdir()) == ["practice.ipynb", "quiz.ipynb"]
    text = "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    secrets = [
        "secret_sum",
        "return x / 2",
        "-1013",
        "BEGIN ",
        "END ",
        "HIDDEN",
        "grade_answer",
        "tiny_",
        "3.625",
    ]
    secrets += [
        'answer_1 = \\"b\\"',
        '{\\"a\\", \\"c\\"}',
        'answer_4 = \\"negative\\"',
        "One and one",
        "Two is even",
    ]
    assert [secret for secret in secrets if secret in text] == []
    assert text.count("raise NotImplementedError('not attempted yet: put your code here')") == 6
    assert 'assert double(2) == 4, \\"double(2) should be 4\\"' in text


def test_a_deleted_source_notebook_is_named_and_the_release_stays(
    released: Course, snapshot: Snapshot
) -> None:
    (released.source / "tiny" / "quiz.ipynb").unlink()
    before = snapshot(released.root)
    with pytest.raises(AutograderError, match=r"source/tiny/quiz\.ipynb is missing; put it back"):
        release(released, "tiny", FIXTURES)
    assert snapshot(released.root) == before


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("### BEGIN HIDDEN TESTS", "### BEGIN HIDDEN TEST", r"cell 5: line 4 closes a region that no"),
        (
            "secret_sum = x + x",
            "secret_sum = x",
            r"its own solution fails double-values: double\(2\)",
        ),
        ('"cells"', '"sells"', r"practice\.ipynb: not a notebook"),
    ],
)
def test_a_spoilt_source_is_not_released(
    released: Course, old: str, new: str, message: str, snapshot: Snapshot
) -> None:
    path = released.source / "tiny" / "practice.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    before = snapshot(released.root)
    with pytest.raises(AutograderError, match=message):
        release(released, "tiny", FIXTURES)
    assert snapshot(released.root) == before


@pytest.mark.usefixtures("unrun")
def test_a_changed_test_counts_after_releasing_and_grading_again(released: Course, hand_in: HandIn) -> None:
    hand_in("ada", RIGHT | {"half-code": "def half(x):\n    return abs(x) / 2"})
    assert grade(released, "tiny").marks[0].total == 5
    path = released.source / "tiny" / "practice.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("assert half(3) == 1.5", "assert half(-3) == -1.5"), encoding="utf-8")
    shutil.rmtree(released.source.parent / "release")
    release(released, "tiny", FIXTURES)
    assert "half(-3)" in (released.release / "tiny" / "practice.ipynb").read_text(encoding="utf-8")
    assert grade(released, "tiny").marks[0].total == 2


@pytest.mark.usefixtures("unrun")
def test_cells_can_not_be_added_after_grading(released: Course, give_mark: Callable[[str], None]) -> None:
    give_mark("ada")
    path = released.source / "tiny" / "practice.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace('"setup"', '"prepare"'), encoding="utf-8")
    with pytest.raises(
        AutograderError, match="cells were added, removed or renamed after submissions were graded"
    ):
        release(released, "tiny", FIXTURES)
    assert "prepare" not in (released.release / "tiny" / "practice.ipynb").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("practice.md", "### BEGIN SOLUTION", "is neither data nor a picture"),
        ("practice.ipynb~", "{}", "is neither data nor a picture"),
        ("quiz.yml", "title: A tiny quiz", "is neither data nor a picture"),
        ("helper/solved.py", "def double(x): return 2 * x", "is neither data nor a picture"),
        (".practice.json", "{}", "is neither data nor a picture"),
        ("practice.txt", "def double(x): return 2 * x", "has the name of a notebook"),
        ("table.csv", "1,2\n### END HIDDEN TESTS", "holds a solution or a hidden test"),
        ("old.json", '{"cells": [], "nbformat": 4}', "is a notebook under another name"),
    ],
)
def test_a_file_beside_the_notebooks_that_could_give_something_away_is_refused(
    released: Course, name: str, content: str, reason: str, snapshot: Snapshot
) -> None:
    path = released.source / "tiny" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    before = snapshot(released.root)
    with pytest.raises(AutograderError, match=rf"{name}: not released, because .* it {reason}.*move it out"):
        release(released, "tiny", FIXTURES)
    assert snapshot(released.root) == before


@pytest.mark.usefixtures("unrun")
def test_data_is_released_and_what_jupyter_leaves_behind_is_not(released: Course) -> None:
    source = released.source / "tiny"
    (source / "data").mkdir()
    (source / "data" / "table.csv").write_text("1,2")
    (source / ".ipynb_checkpoints").mkdir()
    shutil.copy(source / "practice.ipynb", source / ".ipynb_checkpoints" / "practice-checkpoint.ipynb")
    folder = release(released, "tiny", FIXTURES).folder
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    assert names == {"data", "data/table.csv", "practice.ipynb", "quiz.ipynb"}


@pytest.mark.usefixtures("unrun")
@pytest.mark.parametrize("step", ["ClearSolutions", "ClearHiddenTests"])
def test_settings_that_would_give_solutions_away_stop_the_release(
    released: Course, step: str, snapshot: Snapshot
) -> None:
    config = released.root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + f"\nc.{step}.enabled = False\n")
    before = snapshot(released.release)
    with pytest.raises(AutograderError, match=r"practice\.ipynb would hold a solution or a hidden test"):
        release(released, "tiny", FIXTURES)
    assert snapshot(released.release) == before


@pytest.mark.usefixtures("unrun")
def test_a_file_that_nbgrader_adds_is_looked_at_too(
    released: Course, monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot
) -> None:
    monkeypatch.setattr("autograder.nbgrader_session.NbGraderSession.extra_files", lambda *_: [])
    (released.source / "tiny" / "practice.md").write_text("### BEGIN SOLUTION")
    before = snapshot(released.release)
    with pytest.raises(AutograderError, match=r"practice\.md is neither data nor a picture.*nothing was rel"):
        release(released, "tiny", FIXTURES)
    assert snapshot(released.release) == before


@pytest.mark.usefixtures("unrun")
def test_the_earlier_release_is_put_back_when_the_new_one_can_not_take_its_place(
    released: Course, monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot
) -> None:
    before = snapshot(released.release)
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if target == released.release / "tiny" and not self.name.startswith("earlier"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="No space left"):
        release(released, "tiny", FIXTURES)
    assert snapshot(released.release) == before
