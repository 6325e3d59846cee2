"""What `autograder release` packs for students: the zip, its README, and what a failure leaves."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.errors import AutograderError
from autograder.handout.archive import unzipped
from autograder.release import release
from tests.autograder.handout.conftest import CHAPTER

FIXTURES = Path(__file__).parents[1] / "fixtures"
Snapshot = Callable[[Path], dict[str, bytes]]

pytestmark = pytest.mark.usefixtures("unrun")


def add_settings(course: Course, *lines: str) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text("\n".join([config.read_text(encoding="utf-8"), *lines, ""]), encoding="utf-8")


def readme(archive: Path) -> str:
    return unzipped(archive)["README.md"].decode()


def test_the_zip_holds_the_released_notebooks_their_chapter_and_how_to_start(
    released: Course, book: Path
) -> None:
    done = release(released, "tiny", FIXTURES, book)
    assert done.archive == released.root / "handout" / "tiny.zip"
    files = unzipped(done.archive)
    chapter = f"chapters/{CHAPTER}.ipynb"
    assert list(files) == ["README.md", chapter, "practice.ipynb", "quiz.ipynb", "requirements.txt"]
    for name in ("practice.ipynb", "quiz.ipynb"):
        assert files[name] == (done.folder / name).read_bytes()
    assert files[chapter] == (book / "book" / f"{CHAPTER}.ipynb").read_bytes()
    assert done.chapters.told == f"With the chapters {CHAPTER}."
    assert "- `chapters/regression/squared-error.ipynb`: the chapter *Squared error*\n" in readme(
        done.archive
    )


def test_students_install_what_their_work_is_graded_with(released: Course) -> None:
    lines = unzipped(release(released, "tiny", FIXTURES).archive)["requirements.txt"].decode().splitlines()
    pins = [line.partition("#")[0].strip() for line in lines]
    needed = ("numpy", "matplotlib", "jupyterlab", "nbgrader")
    assert [pin for pin in pins if pin] == [f"{name}=={version(name)}" for name in needed]


def test_the_authors_own_requirements_and_data_are_kept(released: Course) -> None:
    (released.source / "tiny" / "requirements.txt").write_text("numpy\nscipy\n")
    (released.source / "tiny" / "data").mkdir()
    (released.source / "tiny" / "data" / "table.csv").write_text("1,2")
    archive = release(released, "tiny", FIXTURES).archive
    assert unzipped(archive)["requirements.txt"] == b"numpy\nscipy\n"
    assert unzipped(archive)["data/table.csv"] == b"1,2"
    assert "- `data/table.csv`: belongs to it\n" in readme(archive)


def test_the_readme_says_what_to_hand_in_by_when_and_what_counts(released: Course) -> None:
    text = readme(release(released, "tiny", FIXTURES).archive)
    assert "When it is due, your instructor says." in text
    assert "Hand in `practice.ipynb` and `quiz.ipynb`, under these names" in text
    assert "of several attempts, the last one counts" in text
    assert "in your browser" not in text
    assert "account name" not in text  # the tiny quiz draws no numbers
    add_settings(
        released,
        'c.Autograder.deadlines = {"tiny": "2027-01-15 23:59 Europe/Berlin"}',
        'c.Autograder.late_policy = {"percent_per_day": 10}',
        'c.Autograder.attempts = "best"',
        'c.Autograder.browser_url = "https://example.org/lab/"',
        'c.Autograder.book_url = "https://example.org/losses/"',
    )
    text = readme(release(released, "tiny", FIXTURES).archive)
    assert "**Due 2027-01-15 23:59 Europe/Berlin (2027-01-15 22:59 UTC).**" in text
    assert "For late work: 10% off per started day." in text
    assert "of several attempts, the one with the most points counts" in text
    assert "<https://example.org/lab/tiny/> has the same notebooks in your browser" in text
    assert "[Squared error](https://example.org/losses/book/regression/squared-error.html)" in text


@pytest.mark.parametrize(
    ("class_list", "which"),
    [
        (None, ", the one that you hand in with:"),
        ("id\nada\n", ", which is your id in the instructor's class list:"),
        (
            "First name,Last name,ID number,Email address\nAda,Ng,0815,a@b.org\nBo,Ng,,b@b.org\n",
            ", which is your *ID number*, or if you have none your *Email address* in Moodle:",
        ),
    ],
)
def test_the_readme_says_which_account_name_the_quiz_asks_for(
    released: Course, class_list: str | None, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.handout.bundle._asks_account", lambda _: True)
    if class_list is not None:
        (released.root / "class_list.csv").write_text(class_list, encoding="utf-8")
    text = readme(release(released, "tiny", FIXTURES).archive)
    assert f"write your account name into the first cell of `quiz.ipynb`{which}" in text


def test_an_address_that_is_none_is_refused_before_anything_is_written(
    released: Course, snapshot: Snapshot
) -> None:
    add_settings(released, 'c.Autograder.browser_url = "example.org"')
    before = snapshot(released.release)
    with pytest.raises(AutograderError, match=r"browser_url must be an address such as 'https://"):
        release(released, "tiny", FIXTURES)
    assert snapshot(released.release) == before


def test_a_release_of_the_same_gives_the_same_bytes(released: Course, book: Path, snapshot: Snapshot) -> None:
    first = release(released, "tiny", FIXTURES, book).archive.read_bytes()
    assert release(released, "tiny", FIXTURES, book).archive.read_bytes() == first
    assert sorted(path.name for path in released.root.glob(".release-*")) == []


def test_without_a_built_book_the_chapters_are_named_and_left_out(released: Course, no_book: Path) -> None:
    done = release(released, "tiny", FIXTURES)
    assert f"Without the chapters {CHAPTER}: {no_book} holds no built book" in done.chapters.told
    assert "make book" in done.chapters.told
    assert [name for name in unzipped(done.archive) if name.startswith("chapters/")] == []
    assert "- read first: *Squared error*, in the book\n" in readme(done.archive)


def test_a_book_that_was_named_must_have_the_chapters(
    released: Course, tmp_path: Path, snapshot: Snapshot
) -> None:
    before = snapshot(released.root)
    with pytest.raises(
        AutograderError, match=r"squared-error\.ipynb: the notebook of a chapter can't be read"
    ):
        release(released, "tiny", FIXTURES, tmp_path)
    assert snapshot(released.root) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"outputs": []', '"outputs": [{"name": "stdout", "output_type": "stream", "text": "2"}]'),
        ("1 + 1", "### BEGIN SOLUTION"),
        ('"id": "sum",\n   "metadata": {}', '"id": "sum", "metadata": {"nbgrader": {"grade": true}}'),
    ],
)
def test_a_notebook_that_is_no_clean_chapter_is_not_packed(
    released: Course, book: Path, old: str, new: str, snapshot: Snapshot
) -> None:
    path = book / "book" / f"{CHAPTER}.ipynb"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    before = snapshot(released.root)
    with pytest.raises(AutograderError, match="not the clean notebook of a chapter"):
        release(released, "tiny", FIXTURES, book)
    assert snapshot(released.root) == before


def test_an_assignment_of_the_instructors_own_is_packed_without_chapters(released: Course) -> None:
    (released.source / "tiny").rename(released.source / "mine")
    done = release(released, "mine", FIXTURES)
    assert done.chapters.told == "No chapters of the book belong to it."
    with zipfile.ZipFile(done.archive) as archive:
        assert {name.partition("/")[0] for name in archive.namelist()} == {"mine"}


@pytest.mark.parametrize("place", ["release/tiny", "handout/tiny.zip"])
def test_a_release_that_can_not_take_its_place_leaves_the_notebooks_and_the_zip(
    released: Course, place: str, monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot
) -> None:
    release(released, "tiny", FIXTURES)
    path = released.source / "tiny" / "practice.ipynb"
    path.write_text(path.read_text(encoding="utf-8").replace("should be 4", "must be 4"), encoding="utf-8")
    before = [snapshot(released.release), snapshot(released.handout)]
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if target == released.root / place and not self.name.startswith("earlier"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="No space left"):
        release(released, "tiny", FIXTURES)
    assert [snapshot(released.release), snapshot(released.handout)] == before
    monkeypatch.undo()
    monkeypatch.setattr("autograder.release.reference_failures", lambda *_: {})
    release(released, "tiny", FIXTURES)
    assert snapshot(released.release) != before[0]


def test_a_first_release_that_fails_leaves_nothing(released: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    (released.source / "tiny").rename(released.source / "mine")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if target == released.handout / "mine.zip":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="No space left"):
        release(released, "mine", FIXTURES)
    assert not (released.release / "mine").exists()
