"""A tiny assignment (fixtures/tiny), and a course directory in which it is released."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.course import Course, init_course
from autograder.engine.quarantine import rebuild
from autograder.engine.source import load_source
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.nbgrader_session import NbGraderSession
from autograder.notebooks import notebook_text, read_notebook
from autograder.record import Submission, late_penalty, record
from autograder.release import release
from autograder.settings import load_config
from tests.postgres import Postgres

ROOT = Path(__file__).parents[2]
FIXTURES = Path(__file__).parent / "fixtures"

HandIn = Callable[..., Path]
# What solves the practice notebook of the tiny assignment, by grade id.
RIGHT = {"double-code": "def double(x):\n    return 2 * x", "half-code": "def half(x):\n    return x / 2"}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A copy of the authored assignment that a test may spoil; its parent is the assignments folder."""
    return Path(shutil.copytree(FIXTURES / "tiny", tmp_path / "assignments" / "tiny"))


@pytest.fixture(scope="session")
def package_with_fixtures(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where kernels and workers import an `autograder` from whose assignments are the fixtures."""
    path = tmp_path_factory.mktemp("package")
    package = ROOT / "autograder"
    shutil.copytree(package, path / "autograder", ignore=shutil.ignore_patterns("assignments", "__pycache__"))
    shutil.copytree(FIXTURES, path / "autograder" / "assignments")
    return os.pathsep.join([str(path), str(ROOT)])


@pytest.fixture(scope="session")
def released_once(package_with_fixtures: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = init_course(tmp_path_factory.mktemp("released") / "course", ["tiny"], FIXTURES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", package_with_fixtures)
        release(course, "tiny", FIXTURES)
    return course.root


@pytest.fixture
def released(
    released_once: Path, package_with_fixtures: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Course:
    """A course directory with `tiny` released and nothing handed in."""
    monkeypatch.setenv("PYTHONPATH", package_with_fixtures)
    return Course(Path(shutil.copytree(released_once, tmp_path / "course")))


@pytest.fixture
def hand_in(released: Course) -> HandIn:
    """`hand_in("ada", {"double-code": "def double(x): …"})` hands in a notebook filled in by grade id."""

    def _hand_in(student: str, answers: dict[str, str], notebook: str = "practice") -> Path:
        released_notebook = read_notebook(released.release / "tiny" / f"{notebook}.ipynb")
        for cell in released_notebook.cells:
            cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
        path = released.submitted / student / "tiny" / f"{notebook}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(notebook_text(released_notebook), encoding="utf-8")
        return path

    return _hand_in


@pytest.fixture
def give_mark(released: Course) -> Callable[[str], None]:
    """`give_mark("ada")` leaves full marks for the practice notebook, as an earlier grading would."""

    def _give_mark(student: str) -> None:
        source = load_source(released.source / "tiny" / "practice.ipynb")
        rebuilt = rebuild(source, (released.release / "tiny" / "practice.ipynb").read_bytes())
        verdicts = tuple(Verdict(test, "passed", most, most) for test, most in source.max_points.items())
        submission = Submission(
            student,
            notebooks={"practice": GradedNotebook("practice", verdicts)},
            rebuilt={"practice": rebuilt.notebook},
        )
        no_penalty = late_penalty(load_config(released))
        with NbGraderSession(released).gradebook() as gradebook:
            assert record(gradebook, released.autograded, "tiny", [submission], no_penalty) == {}

    return _give_mark


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server."""
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(scope="session")
def snapshot() -> Callable[[Path], dict[str, bytes]]:
    """`snapshot(folder)` reads every file, to see that a refused command changed nothing."""

    def _snapshot(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
            for path in sorted(folder.rglob("*"))
            if not path.is_symlink()
        }

    return _snapshot
