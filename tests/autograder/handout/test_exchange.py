"""Publishing through nbgrader's exchange, from which students fetch with nbgrader's own command."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.course import Course
from autograder.errors import AutograderError
from autograder.handout.archive import unzipped
from autograder.handout.exchange import ExchangeRelease
from autograder.release import release
from tests.autograder.handout.test_handout import FIXTURES, add_settings

pytestmark = pytest.mark.usefixtures("unrun")


@pytest.fixture
def exchange(released: Course, tmp_path: Path) -> Path:
    """The folder of an exchange that the course uses."""
    path = tmp_path / "exchange"
    path.mkdir(mode=0o777)
    path.chmod(0o777)
    add_settings(released, f"c.Exchange.root = {str(path)!r}", 'c.CourseDirectory.course_id = "losses"')
    return path


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def publish(course: Course) -> str:
    archive = release(course, "tiny", FIXTURES).archive
    return ExchangeRelease(course, "tiny").publish(archive)


def test_students_can_fetch_all_that_is_in_the_zip(released: Course, exchange: Path) -> None:
    assert publish(released) == "new"
    outbound = exchange / "losses" / "outbound"
    assert files(outbound / "tiny") == unzipped(released.handout / "tiny.zip")
    assert [path.name for path in outbound.iterdir()] == ["tiny"]
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in outbound.rglob("*"))


def test_the_same_again_changes_nothing_and_another_version_replaces_it(
    released: Course, exchange: Path
) -> None:
    publish(released)
    place = exchange / "losses" / "outbound" / "tiny"
    number = place.stat().st_ino
    assert publish(released) == "unchanged"
    assert place.stat().st_ino == number
    add_settings(released, 'c.Autograder.attempts = "best"')  # which the README says
    assert publish(released) == "replaced"
    assert b"the one with the most points" in (place / "README.md").read_bytes()


def test_when_the_exchange_fails_students_can_still_fetch_the_earlier_version(
    released: Course, exchange: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(released)
    place = exchange / "losses" / "outbound" / "tiny"
    before = files(place)
    add_settings(released, "c.CourseDirectory.max_dir_size = 1")  # kilobytes; nbgrader refuses more
    add_settings(released, 'c.Autograder.attempts = "best"')
    with pytest.raises(AutograderError, match=r"nothing was published in the exchange: .*too big"):
        publish(released)
    assert files(place) == before
    assert [path.name for path in place.parent.iterdir()] == ["tiny"]


def test_a_missing_exchange_is_named_and_not_made(released: Course, tmp_path: Path) -> None:
    add_settings(released, f"c.Exchange.root = {str(tmp_path / 'nowhere')!r}")
    with pytest.raises(AutograderError, match=r"there is no exchange at .*nowhere.*c\.Exchange\.root"):
        ExchangeRelease(released, "tiny")
    assert not (tmp_path / "nowhere").exists()


def test_without_the_name_of_the_course_nothing_is_published(released: Course, exchange: Path) -> None:
    add_settings(released, 'c.CourseDirectory.course_id = ""')
    with pytest.raises(AutograderError, match=r"set c\.CourseDirectory\.course_id"):
        ExchangeRelease(released, "tiny")
    assert list(exchange.iterdir()) == []


def test_an_exchange_of_another_kind_is_left_to_its_own_release(
    released: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plugin = tmp_path / "own_exchange.py"
    plugin.write_text(
        "from pathlib import Path\n"
        "from nbgrader.exchange.abc import ExchangeReleaseAssignment\n"
        "class Own(ExchangeReleaseAssignment):\n"
        "    def start(self):\n"
        "        folder = self.coursedir.format_path(self.coursedir.release_directory, '.',\n"
        "            self.coursedir.assignment_id)\n"
        f"        Path({str(tmp_path / 'seen')!r}).write_text(\n"
        "            ' '.join(sorted(p.name for p in Path(folder).iterdir())))\n"
        "    def init_src(self): pass\n"
        "    def init_dest(self): pass\n"
        "    def copy_files(self): pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    add_settings(released, 'c.ExchangeFactory.release_assignment = "own_exchange.Own"')
    assert publish(released) == "new"
    assert "README.md" in (tmp_path / "seen").read_text()
