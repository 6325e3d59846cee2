"""What a course has recorded: damage and disagreement are found, and what to do is said."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from autograder.audit_log import AuditLog, Event
from autograder.course import Course
from autograder.doctor.check import Finding
from autograder.doctor.patient import Patient
from autograder.doctor.records import file_system, kind_of_mount
from autograder.enrolment import import_class_list
from autograder.verdict_cache import VerdictCache
from tests.autograder.doctor.conftest import Look
from tests.postgres import Postgres

Snapshot = Callable[[Path], dict[str, bytes]]


def red(found: list[Finding]) -> Finding:
    """The only finding, which is red and says what to do."""
    (one,) = found
    assert one.level == "FAIL"
    assert one.do
    return one


# --- the gradebook in a file


def test_a_gradebook_that_is_whole_is_ok(released: Course, look: Look) -> None:
    assert [(found.level, found.text) for found in look("gradebook", released)] == [
        ("ok", "whole; 0 students (gradebook.db, SQLite)")
    ]


def test_a_gradebook_with_a_spoilt_page_is_red_though_it_opens(released: Course, look: Look) -> None:
    with sqlite3.connect(released.gradebook) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE type = 'index' ORDER BY rootpage DESC LIMIT 1"
        ).fetchone()
    with released.gradebook.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    found = red(look("gradebook", released))
    assert "gradebook.db is damaged" in found.text
    assert "Put it back from a backup" in found.do[0]


def test_what_is_no_database_is_red(released: Course, look: Look) -> None:
    released.gradebook.write_text("marks: ada 10, bob 3" * 100)
    assert "file is not a database" in red(look("gradebook", released)).text
    (found,) = look("releases", released)
    assert found.text == "not checked: the gradebook can't be opened, as said above"


def test_a_gradebook_of_an_older_nbgrader_is_told_how_to_be_brought_up_to_date(
    released: Course, look: Look
) -> None:
    with sqlite3.connect(released.gradebook) as connection:
        connection.execute("ALTER TABLE student DROP COLUMN lms_user_id")
    found = red(look("gradebook", released))
    assert "no such column" in found.text
    assert "nbgrader db upgrade" in found.do[0]


def test_before_the_first_release_there_is_none_and_none_is_made(
    released: Course, look: Look, snapshot: Snapshot
) -> None:
    released.gradebook.unlink()
    before = snapshot(released.root)
    for name in ("gradebook", "log of marks", "kept verdicts", "releases"):
        assert [found.level for found in look(name, released)] == ["note"]
    assert snapshot(released.root) == before


def test_a_gradebook_on_a_network_disk_is_red(released: Course, tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    local = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    mounts.write_text(local)
    assert file_system(Patient(released.root), mounts).level == "ok"
    mounts.write_text(f"{local}40 22 0:50 / {tmp_path} rw shared:9 - nfs4 server:/home rw\n")
    found = file_system(Patient(released.root), mounts)
    assert found.level == "FAIL"
    assert f"{released.gradebook} is on a network file system (nfs4)" in found.text
    assert found.do[0].startswith("Move the course directory to a disk of this machine")


def test_of_two_mounts_the_inner_and_the_later_one_counts(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "40 22 0:50 / /my\\040home rw - cifs //server/home rw\n"
        "41 22 0:51 / /my\\040home/local rw - xfs /dev/sdb rw\n"
        "42 22 0:52 / /my\\040home/local rw - tmpfs none rw\n"
    )
    assert kind_of_mount(Path("/my home/course"), mounts) == "cifs"
    assert kind_of_mount(Path("/my home/local/course"), mounts) == "tmpfs"
    assert kind_of_mount(Path("/my homework"), mounts) == "ext4"


# --- the gradebook on a server


@pytest.fixture
def on_server(released: Course, postgres: Postgres) -> tuple[Course, str]:
    """A course whose gradebook is on PostgreSQL, and its URL."""
    url = postgres.new_database()
    use(released, url)
    return released, url


def use(course: Course, url: str) -> None:
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(f"c.CourseDirectory.db_url = {url!r}\n")


def test_a_server_is_reached_and_its_version_told(on_server: tuple[Course, str], look: Look) -> None:
    course, url = on_server
    (found,) = look("gradebook", course)
    assert (found.level, "no tables yet" in found.text) == ("note", True)
    with psycopg.connect(url) as connection:  # looking made no tables
        assert connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone() == (0,)
    (course.root / "list.csv").write_text("id,name\nada,Ada Lovelace\n")
    import_class_list(course, course.root / "list.csv")
    (found,) = look("gradebook", course)
    assert found.level == "ok"
    assert found.text.startswith("PostgreSQL ")
    assert found.text.endswith(", UTF8; 1 student")


def test_a_server_that_does_not_answer_is_red_and_the_password_stays_secret(
    released: Course, look: Look, tmp_path: Path
) -> None:
    use(released, f"postgresql+psycopg://ada:open-sesame@/marks?host={tmp_path}")
    found = red(look("gradebook", released))
    assert "can't be reached" in found.text
    assert "open-sesame" not in str(found)


def test_a_database_that_is_not_utf_8_is_red(released: Course, postgres: Postgres, look: Look) -> None:
    url = postgres.new_database()
    name = url.rpartition("@/")[2].partition("?")[0]
    latin = f"{name}_latin"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {latin} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    use(released, url.replace(name, latin))
    found = red(look("gradebook", released))
    assert "holds text as LATIN1" in found.text
    assert found.do[0].startswith("createdb --encoding=UTF8")


def test_a_user_who_may_not_write_is_red(on_server: tuple[Course, str], look: Look) -> None:
    course, url = on_server
    (course.root / "list.csv").write_text("id,name\nada,Ada Lovelace\n")
    import_class_list(course, course.root / "list.csv")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE ROLE assistant LOGIN")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO assistant")
    use(course, url.replace("postgres@", "assistant@"))
    found = red(look("gradebook", course))
    assert "assistant may not read and write all tables" in found.text
    assert found.do[1].endswith('IN SCHEMA public TO "assistant";')


# --- log and kept verdicts


def test_a_log_that_was_edited_is_red(released: Course, look: Look) -> None:
    path = released.root / ".autograder" / "audit.jsonl"
    event = Event("graded", "tiny", "ada", "practice", {"double": 0.0}, {"double": 2.0})
    AuditLog(path).append_many([event, event])
    (found,) = look("log of marks", released)
    assert (found.level, found.text.startswith("whole: 2 lines, the last one is ")) == ("ok", True)
    path.write_text(path.read_text().replace('"double": 0.0', '"double": 2.0', 1))
    found = red(look("log of marks", released))
    assert "audit.jsonl, line 1: event 1 was edited after it was written" in found.text
    assert found.do[0].startswith(f"autograder audit --course {released.root}")


def test_kept_verdicts_that_are_damaged_may_be_deleted(released: Course, look: Look) -> None:
    path = released.root / ".autograder" / "verdicts.db"
    VerdictCache(path).close()
    assert look("kept verdicts", released)[0].level == "ok"
    path.write_bytes(b"no database" * 1000)
    found = red(look("kept verdicts", released))
    assert found.do[0].startswith(f"rm {path}*")


def test_a_file_that_another_process_writes_to_is_not_called_damaged(
    released: Course, look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.doctor.records._WAIT", 0.1)
    with sqlite3.connect(released.gradebook, isolation_level=None) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        (found,) = look("gradebook", released)
    assert found.level == "note"
    assert "another process is writing to" in found.text


# --- the class list and the releases


def test_a_class_list_that_was_put_there_by_hand_is_compared(released: Course, look: Look) -> None:
    path = released.root / "class_list.csv"
    (found,) = look("class list", released)
    assert (found.level, found.do[0].startswith("autograder students --from ")) == ("note", True)
    path.write_text("id,name\nada,Ada Lovelace\nbob,Bob Moog\n")
    found = red(look("class list", released))
    assert "2 students of class_list.csv not in the gradebook: ada, bob" in found.text
    import_class_list(released, path)
    assert look("class list", released)[0].level == "ok"
    path.write_text("id,name\nada,Ada Lovelace\n")
    (found,) = look("class list", released)
    assert found.level == "note"
    assert "1 student of the gradebook not on the list: bob" in found.text


def test_a_class_list_that_can_not_be_read_is_red(released: Course, look: Look) -> None:
    (released.root / "class_list.csv").write_text("id,name\nada,Ada\nada,Ada\n")
    (found,) = look("class list", released)
    assert (found.level, "row 3: 'ada' is in row 2 already" in found.text) == ("FAIL", True)


def test_a_source_that_was_changed_since_the_release_is_red(released: Course, look: Look) -> None:
    (found,) = look("releases", released)
    assert (found.level, found.text) == ("ok", "tiny: the sources are those that were released")
    path = released.source / "tiny" / "practice.ipynb"
    path.write_text(path.read_text().replace("half(3) == 1.5", "half(3) == 2.5"))
    found = red(look("releases", released))
    assert found.text.startswith("tiny: 1 cell changed since the release: practice/")
    assert found.do[0].startswith("autograder regrade tiny --dry-run")


def test_a_source_that_is_gone_is_red(released: Course, look: Look) -> None:
    (released.source / "tiny" / "quiz.ipynb").unlink()
    (found,) = look("releases", released)
    assert (found.level, "quiz.ipynb is gone, but was released; put it back" in found.text) == ("FAIL", True)


def test_a_source_that_is_no_notebook_is_red(released: Course, look: Look) -> None:
    (released.source / "tiny" / "quiz.ipynb").write_text(json.dumps({"cells": "none"}))
    (found,) = look("releases", released)
    assert found.level == "FAIL"
    assert "quiz.ipynb" in found.text
