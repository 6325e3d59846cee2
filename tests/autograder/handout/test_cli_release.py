"""What `autograder release` prints, and what it looks at before it writes anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course import Course
from tests.autograder.handout.test_handout import add_settings

Snapshot = Callable[[Path], dict[str, bytes]]

pytestmark = pytest.mark.usefixtures("unrun")


@pytest.fixture
def mine(released: Course) -> Course:
    """A course with an assignment of the instructor's own, which no chapter belongs to."""
    (released.source / "tiny").rename(released.source / "mine")
    add_settings(released, 'c.Autograder.deadlines = {"mine": "2027-01-15 12:00 UTC"}')
    return released


def test_it_names_the_zip_and_what_to_do_next(mine: Course, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", "mine", "--course", str(mine.root)]) == 0
    said = capsys.readouterr().out
    assert f"Released mine: practice.ipynb, quiz.ipynb in {mine.release / 'mine'}.\n" in said
    assert "\nWorth 5 + 5 = 10 points.\n" in said
    assert f"For students: {mine.root}/handout/mine.zip. No chapters of the book belong to it.\n" in said
    assert "Due 2027-01-15 12:00 UTC; late work: nothing off.\n" in said
    assert f"Next: give students {mine.root}/handout/mine.zip; then autograder collect mine --from" in said


def test_it_says_whether_the_exchange_held_it_before(
    mine: Course, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "exchange").mkdir()
    add_settings(mine, f"c.Exchange.root = {str(tmp_path / 'exchange')!r}")
    command = ["release", "mine", "--exchange", "--course", str(mine.root)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "Published in the exchange of course.\n" in said
    assert "or have them fetch it from the exchange" in said
    assert main(command) == 0
    assert "The exchange of course holds this already.\n" in capsys.readouterr().out
    add_settings(mine, 'c.Autograder.attempts = "best"')
    assert main(command) == 0
    assert "Replaced what the exchange of course held. Who has fetched it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--exchange"], "there is no exchange at"),
        (["--browser", "{folder}"], "holds something else than the browser edition of mine"),
        (["--book", "{folder}/book"], "is not a folder; name that of a built book"),
    ],
)
def test_what_can_not_be_done_is_said_before_anything_is_written(
    mine: Course,
    options: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    snapshot: Snapshot,
) -> None:
    add_settings(mine, f"c.Exchange.root = {str(tmp_path / 'nowhere')!r}")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("Welcome")
    before = snapshot(mine.root)
    options = [option.format(folder=tmp_path / "web") for option in options]
    assert main(["release", "mine", *options, "--course", str(mine.root)]) == 1
    assert message in capsys.readouterr().err
    assert snapshot(mine.root) == before


def test_the_browser_edition_is_written_where_it_was_asked_for(
    mine: Course,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    written: list[tuple[Path, str, Path]] = []
    monkeypatch.setattr("autograder.handout.browser.write_edition", lambda *given: written.append(given))
    place = tmp_path / "my lab"
    assert main(["release", "mine", "--browser", str(place), "--course", str(mine.root)]) == 0
    assert written == [(mine.handout / "mine.zip", "mine", place)]
    assert f"python -m http.server --directory '{place}'" in capsys.readouterr().out
