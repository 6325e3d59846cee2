"""The secret of a course: made once, kept to its owner, and never replaced."""

from __future__ import annotations

import stat
import subprocess
import threading
from pathlib import Path

import pytest

from autograder.errors import AutograderError
from autograder.secret import course_secret, student_seed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".autograder" / "secret"


def test_it_is_made_on_first_use_and_stays(path: Path) -> None:
    secret = course_secret(path)
    assert len(secret) == 32
    assert course_secret(path) == secret
    assert path.read_text() == secret.hex() + "\n"


def test_only_the_owner_can_read_it_and_nothing_is_left_beside_it(path: Path) -> None:
    course_secret(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_two_courses_have_two_secrets(tmp_path: Path) -> None:
    assert course_secret(tmp_path / "one" / "secret") != course_secret(tmp_path / "other" / "secret")


def test_many_that_start_at_once_agree_on_one_secret(path: Path) -> None:
    path.parent.mkdir()
    start, seen = threading.Barrier(8), []

    def _first_use() -> None:
        start.wait()
        seen.append(course_secret(path))

    threads = [threading.Thread(target=_first_use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert set(seen) == {bytes.fromhex(path.read_text())}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "has 0 bytes and needs 32"),
        (b"00ff" * 15, "has 30 bytes and needs 32"),
        (b"my secret, of more than enough letters to be long", "not text in hexadecimal digits"),
        (b"\xff" * 64, "not text in hexadecimal digits"),
    ],
)
def test_a_spoiled_secret_is_refused_and_left_as_it_is(path: Path, content: bytes, says: str) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(AutograderError, match=says) as refusal:
        course_secret(path)
    assert str(path) in str(refusal.value)
    assert "Restore the file from a backup" in str(refusal.value)
    assert path.read_bytes() == content


def test_one_that_is_lost_after_marks_were_given_is_not_made_anew_in_silence(path: Path) -> None:
    first = course_secret(path)
    path.with_name("audit.jsonl").write_text("{}\n")
    path.unlink()
    with pytest.raises(AutograderError, match="is gone, and marks were given with it") as refusal:
        course_secret(path)
    assert not path.exists()
    command = str(refusal.value).rpartition(": ")[2]
    subprocess.run(command, shell=True, check=True)
    assert course_secret(path) != first


def test_a_secret_that_cannot_be_read_is_not_replaced(path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to("somewhere else")
    with pytest.raises(AutograderError, match=r"can't be read or made \(No such file"):
        course_secret(path)
    assert path.is_symlink()


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / ".autograder").write_text("")
    with pytest.raises(AutograderError, match=r"\.autograder: can't be made a folder"):
        course_secret(tmp_path / ".autograder" / "secret")


def test_a_seed_is_the_same_again_and_differs_in_everything_it_is_made_of() -> None:
    seed = student_seed(b"s" * 32, "ada", "u2", "practice")
    assert seed == student_seed(b"s" * 32, "ada", "u2", "practice")
    others = [
        student_seed(b"t" * 32, "ada", "u2", "practice"),
        student_seed(b"s" * 32, "bob", "u2", "practice"),
        student_seed(b"s" * 32, "ada", "u3", "practice"),
        student_seed(b"s" * 32, "ada", "u2", "quiz"),
        student_seed(b"s" * 32, "adau", "2", "practice"),
    ]
    assert len({seed, *others}) == 6
    digits, _, student = seed.partition(":")
    assert len(bytes.fromhex(digits)) == 32
    assert student == "ada"
