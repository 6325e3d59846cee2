"""What collecting leaves in attempts/ and submitted/: nothing lost, nothing twice, nothing half done."""

from __future__ import annotations

import os
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.attempts import ATTEMPTS
from autograder.collecting.attempts import Attempts
from autograder.collecting.collect import collect
from autograder.course import Course
from autograder.errors import AutograderError, UsageError
from tests.autograder.collecting.conftest import CANVAS_LIST, Zip, attempts, class_list, submitted

Work = Callable[..., bytes]
Snapshot = Callable[[Path], dict[str, bytes]]

ADA = "lovelaceada_1815_40001_practice.ipynb"


def test_collecting_the_same_again_changes_nothing(
    course: Course, make_zip: Zip, work: Work, snapshot: Snapshot
) -> None:
    class_list(course, CANVAS_LIST)
    first = make_zip({ADA: work("1")}, "2027-01-08 10:00:00", "a.zip")
    second = make_zip({ADA: work("2")}, "2027-01-09 10:00:00", "b.zip")
    collect(course, "tiny", [first, second])
    before = snapshot(course.root)
    for downloads in ([first, second], [second], [first], [second, second]):
        report = collect(course, "tiny", downloads)
        assert snapshot(course.root) == before
        assert report.handed_in[0].new == 0


def test_two_downloads_of_one_name_are_two_attempts(
    course: Course, make_zip: Zip, tmp_path: Path, work: Work
) -> None:
    # Canvas calls every one of them submissions.zip.
    (tmp_path / "first").mkdir()
    first = make_zip({ADA: work("1")}, "2027-01-08 10:00:00").rename(tmp_path / "first" / "submissions.zip")
    collect(course, "tiny", [first, make_zip({ADA: work("2")}, "2027-01-09 10:00:00")])
    assert attempts(course, "1815") == ["2027-01-08T10-00-00Z", "2027-01-09T10-00-00Z"]
    assert submitted(course, "1815") == work("2")


def test_a_later_download_of_the_same_work_is_no_new_attempt(
    course: Course, make_zip: Zip, work: Work
) -> None:
    collect(course, "tiny", [make_zip({ADA: work("1")}, "2027-01-08 10:00:00", "a.zip")])
    collect(course, "tiny", [make_zip({ADA: work("1")}, "2027-01-09 10:00:00", "b.zip")])
    assert attempts(course, "1815") == ["2027-01-08T10-00-00Z"]


def test_the_same_work_in_two_downloads_has_the_earlier_time_whatever_their_order(
    course: Course, make_zip: Zip, work: Work
) -> None:
    first = make_zip({ADA: work("1")}, "2027-01-08 10:00:00", "a.zip")
    second = make_zip({ADA: work("1")}, "2027-01-09 10:00:00", "b.zip")
    collect(course, "tiny", [second, first])
    assert attempts(course, "1815") == ["2027-01-08T10-00-00Z"]


def test_an_older_download_that_comes_later_does_not_count(course: Course, make_zip: Zip, work: Work) -> None:
    collect(course, "tiny", [make_zip({ADA: work("2")}, "2027-01-09 10:00:00", "b.zip")])
    collect(course, "tiny", [make_zip({ADA: work("1")}, "2027-01-08 10:00:00", "a.zip")])
    assert attempts(course, "1815") == ["2027-01-08T10-00-00Z", "2027-01-09T10-00-00Z"]
    assert submitted(course, "1815") == work("2")


def test_attempts_of_the_same_second_get_numbers(course: Course, make_zip: Zip, work: Work) -> None:
    for number in range(11):
        collect(course, "tiny", [make_zip({ADA: work(str(number))}, name=f"{number}.zip")])
    assert len(attempts(course, "1815")) == 11
    assert "2027-01-10T12-00-00Z-11" in attempts(course, "1815")
    assert submitted(course, "1815") == work("10")


def test_an_attempt_of_the_same_second_is_known_again(course: Course, make_zip: Zip, work: Work) -> None:
    first, second = (make_zip({ADA: work(text)}, name=f"{text}.zip") for text in "12")
    for download in (first, second, first):
        collect(course, "tiny", [download])
    assert attempts(course, "1815") == ["2027-01-10T12-00-00Z", "2027-01-10T12-00-00Z-2"]
    assert submitted(course, "1815") == work("2")


def test_going_back_to_earlier_work_is_a_new_attempt(course: Course, make_zip: Zip, work: Work) -> None:
    for day, text in enumerate("121", start=7):
        collect(course, "tiny", [make_zip({ADA: work(text)}, f"2027-01-{day:02} 10:00:00", f"{day}.zip")])
    assert len(attempts(course, "1815")) == 3
    assert submitted(course, "1815") == work("1")


def test_a_notebook_that_only_an_earlier_attempt_holds_is_pointed_out(
    course: Course, make_zip: Zip, work: Work
) -> None:
    both = {ADA: work("1"), "lovelaceada_1815_40002_quiz.ipynb": work("1", "quiz")}
    collect(course, "tiny", [make_zip(both, "2027-01-08 10:00:00", "a.zip")])
    report = collect(course, "tiny", [make_zip({ADA: work("2")}, "2027-01-09 10:00:00", "b.zip")])
    assert report.problems == ["1815: the last attempt holds no quiz.ipynb; an earlier one does"]


def test_what_was_in_submitted_is_kept_as_an_attempt(course: Course, make_zip: Zip, work: Work) -> None:
    by_hand = course.submitted / "1815" / "tiny"
    by_hand.mkdir(parents=True)
    (by_hand / "practice.ipynb").write_bytes(work("by hand"))
    (by_hand / "timestamp.txt").write_text("2027-01-07 09:00:00 UTC\n")
    report = collect(course, "tiny", [make_zip({ADA: work("1")})])
    assert attempts(course, "1815") == ["2027-01-07T09-00-00Z", "2027-01-10T12-00-00Z"]
    assert submitted(course, "1815") == work("1")
    assert "1815: what was in submitted/ is kept as an attempt" in report.notes


def test_what_somebody_put_into_submitted_without_a_time_is_not_made_late(
    course: Course, make_zip: Zip, work: Work
) -> None:
    by_hand = course.submitted / "ada" / "tiny"
    by_hand.mkdir(parents=True)
    (by_hand / "practice.ipynb").write_bytes(work("by hand"))
    os.utime(by_hand / "practice.ipynb", (1_800_000_000, 1_800_000_000))
    collect(course, "tiny", [make_zip({ADA: work("1")})])
    assert attempts(course, "ada") == ["2027-01-15T08-00-00Z"]
    assert os.listdir(by_hand) == ["practice.ipynb"]


@pytest.mark.parametrize("attempts_that_count", ["last", "best"])
def test_what_somebody_put_into_submitted_does_not_hide_when_the_same_work_was_handed_in(
    attempts_that_count: str, course: Course, make_zip: Zip, work: Work
) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(f'{config.read_text()}\nc.Autograder.attempts = "{attempts_that_count}"\n')
    by_hand = course.submitted / "1815" / "tiny"
    by_hand.mkdir(parents=True)
    (by_hand / "practice.ipynb").write_bytes(work("1"))
    os.utime(by_hand / "practice.ipynb", (1_800_000_000, 1_800_000_000))  # five days after the download
    for again in (1, 0):
        if again == 0:  # as a run that was killed would leave it
            undated = course.root / "attempts" / "1815" / "tiny" / "2027-01-15T08-00-00Z"
            shutil.copytree(by_hand, undated, ignore=shutil.ignore_patterns("timestamp.txt"))
        report = collect(course, "tiny", [make_zip({ADA: work("1")})])
        assert attempts(course, "1815") == ["2027-01-10T12-00-00Z"]
        assert report.handed_in[0].new == again
    kept = course.root / "attempts" / "1815" / "tiny" / "2027-01-10T12-00-00Z"
    assert (kept / "timestamp.txt").read_text() == "2027-01-10 12:00:00 UTC\n"
    assert submitted(course, "1815", "timestamp.txt") == b"2027-01-10 12:00:00 UTC\n"


def test_other_work_that_somebody_put_into_submitted_later_stays(
    course: Course, make_zip: Zip, work: Work
) -> None:
    by_hand = course.submitted / "1815" / "tiny"
    by_hand.mkdir(parents=True)
    (by_hand / "practice.ipynb").write_bytes(work("by hand"))
    os.utime(by_hand / "practice.ipynb", (1_800_000_000, 1_800_000_000))
    first, later = make_zip({ADA: work("1")}), make_zip({ADA: work("2")}, "2027-01-20 12:00:00", "b.zip")
    collect(course, "tiny", [first])
    assert attempts(course, "1815") == ["2027-01-10T12-00-00Z", "2027-01-15T08-00-00Z"]
    assert submitted(course, "1815") == work("by hand")
    for download in (later, first):
        collect(course, "tiny", [download])
        assert len(attempts(course, "1815")) == 3


@pytest.mark.parametrize("attempts_that_count", ["last", "best"])
def test_a_time_that_was_corrected_in_the_wrong_place_is_not_undone_in_silence(
    attempts_that_count: str, course: Course, make_zip: Zip, work: Work
) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(f'{config.read_text()}\nc.Autograder.attempts = "{attempts_that_count}"\n')
    download = make_zip({ADA: work("1")})
    collect(course, "tiny", [download])
    (course.submitted / "1815" / "tiny" / "timestamp.txt").write_text("2027-01-09 12:00:00 UTC\n")
    report = collect(course, "tiny", [download])
    assert report.problems == [
        "1815: submitted/ said '2027-01-09 12:00:00 UTC'; 2027-01-10 12:00:00 UTC counts, as its attempt "
        "says. Correct the timestamp.txt in attempts/1815/tiny/2027-01-10T12-00-00Z/ and collect again, if "
        "that is wrong"
    ]


def test_what_must_not_be_read_in_submitted_stays_and_is_named(
    course: Course, make_zip: Zip, work: Work
) -> None:
    by_hand = course.submitted / "1815" / "tiny"
    by_hand.mkdir(parents=True)
    (by_hand / "practice.ipynb").symlink_to("/etc/hostname")
    report = collect(course, "tiny", [make_zip({ADA: work("1")})])
    assert (by_hand / "practice.ipynb").is_symlink()
    assert attempts(course, "1815") == ["2027-01-10T12-00-00Z"]
    assert report.problems == [
        "submitted/1815/tiny: left as it is, 'practice.ipynb' is a symbolic link; replace it by the file "
        "itself"
    ]


def test_an_attempt_that_can_t_be_read_any_more_costs_nobody_else_anything(
    course: Course, make_zip: Zip, work: Work
) -> None:
    collect(course, "tiny", [make_zip({ADA: work("1")}, "2027-01-08 10:00:00", "a.zip")])
    (broken,) = (course.root / "attempts" / "1815" / "tiny").glob("*Z")
    os.link(broken / "practice.ipynb", course.root / "backup.ipynb")
    files = {ADA: work("2"), "babbagecharles_1791_40009_practice.ipynb": work("3")}
    report = collect(course, "tiny", [make_zip(files, "2027-01-09 10:00:00", "b.zip")])
    assert submitted(course, "1791") == work("3")
    assert submitted(course, "1815") == work("1")
    assert report.problems[0].startswith(f"1815: not collected, {broken}: 'practice.ipynb' is a hard link")


def test_with_the_policy_best_only_an_empty_place_is_filled(
    course: Course, make_zip: Zip, work: Work
) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.Autograder.attempts = "best"\n')
    collect(course, "tiny", [make_zip({ADA: work("1")}, "2027-01-08 10:00:00", "a.zip")])
    collect(course, "tiny", [make_zip({ADA: work("2")}, "2027-01-09 10:00:00", "b.zip")])
    assert len(attempts(course, "1815")) == 2
    assert submitted(course, "1815") == work("1")


def test_with_the_policy_best_a_time_that_was_corrected_is_carried_over(
    course: Course, make_zip: Zip, work: Work
) -> None:
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.Autograder.attempts = "best"\n')
    first = make_zip({ADA: work("1")}, "2027-01-08 10:00:00", "a.zip")
    later = make_zip({ADA: work("2")}, "2027-01-09 10:00:00", "b.zip")
    collect(course, "tiny", [first, later])
    assert submitted(course, "1815") == work("2")
    times = {name: course.root / "attempts" / "1815" / "tiny" / name for name in attempts(course, "1815")}
    for name, corrected in {
        "2027-01-09T10-00-00Z": "2027-01-15 15:00:00 UTC\n",
        "2027-01-08T10-00-00Z": "2027-01-15 16:00:00 UTC\n",
    }.items():
        (times[name] / "timestamp.txt").write_text(corrected)
        assert collect(course, "tiny", [first, later]).problems == []
    assert submitted(course, "1815", "timestamp.txt") == b"2027-01-15 15:00:00 UTC\n"  # of these bytes
    assert len(attempts(course, "1815")) == 2


@pytest.mark.parametrize("step", range(1, 9))
def test_a_run_that_is_killed_leaves_nothing_half_done(
    step: int, course: Course, make_zip: Zip, work: Work, monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot
) -> None:
    old = {ADA: work("old"), "lovelaceada_1815_40002_quiz.ipynb": work("old", "quiz")}
    new = {ADA: work("new"), "lovelaceada_1815_40002_quiz.ipynb": work("new", "quiz")}
    collect(course, "tiny", [make_zip(old, "2027-01-08 10:00:00", "a.zip")])
    before = snapshot(course.submitted)
    download = make_zip(new, "2027-01-09 10:00:00", "b.zip")

    class Killed(BaseException):
        pass

    left = [step]

    def counted(method: Callable[..., object]) -> Callable[..., object]:
        def called(*arguments: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return method(*arguments)

        return called

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", counted(Path.write_bytes))
        patch.setattr(Path, "rename", counted(Path.rename))
        patch.setattr(Attempts, "_clear", lambda self: None)  # a killed process clears nothing away
        with pytest.raises(Killed):
            collect(course, "tiny", [download])
    for name in attempts(course, "1815"):
        folder = course.root / "attempts" / "1815" / "tiny" / name
        assert {path.name for path in folder.iterdir()} == {"practice.ipynb", "quiz.ipynb", "timestamp.txt"}
    assert snapshot(course.submitted) in (before, {"1815": b""})
    collect(course, "tiny", [download])
    assert submitted(course, "1815") == work("new")
    assert len(attempts(course, "1815")) == 2
    assert list((course.root / ".collecting").iterdir()) == []


def test_two_runs_at_once_are_refused(course: Course, make_zip: Zip, work: Work) -> None:
    download = make_zip({ADA: work("1")})
    with (
        Attempts(course, "tiny"),
        pytest.raises(AutograderError, match="another `autograder collect` is at work"),
    ):
        collect(course, "tiny", [download])
    assert not (course.root / ATTEMPTS).exists()


def test_files_that_need_each_other_s_place_do_not_stop_the_rest(
    course: Course, make_zip: Zip, work: Work
) -> None:
    files = {
        ADA: work("1"),
        "lovelaceada_1815_40002_timestamp.txt": b"1999-01-01 00:00:00 UTC",
        "lovelaceada_1815_40003_data": b"1",
        "lovelaceada_1815_40004_DATA": b"2",
    }
    report = collect(course, "tiny", [make_zip(files)])
    assert submitted(course, "1815", "timestamp.txt") == b"2027-01-10 12:00:00 UTC\n"
    assert submitted(course, "1815", "data") == b"1"
    assert report.problems == [
        "1815: a timestamp.txt of the student's own was left out",
        "1815: 'DATA' was left out: there is another of that name",
    ]


def test_a_missing_download_stops_the_command_before_anything_is_written(
    course: Course, make_zip: Zip, tmp_path: Path, work: Work
) -> None:
    with pytest.raises(AutograderError, match=r"gone\.zip does not exist"):
        collect(course, "tiny", [make_zip({ADA: work("1")}), tmp_path / "gone.zip"])
    assert attempts(course, "1815") == []


def test_names_of_no_system_are_an_error_that_says_so(course: Course, make_zip: Zip, work: Work) -> None:
    with pytest.raises(AutograderError, match="no file in it is named as Canvas, Moodle or Blackboard name"):
        collect(course, "tiny", [make_zip({"ada/practice.ipynb": work("1")})])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"zone": "Mars/Base"}, "--zone: 'Mars/Base' is no time zone"),
        ({"by": "tomorrow"}, "'tomorrow' is no date and time with a time zone"),
        ({"by": "2027-01-15 23:59"}, "'2027-01-15 23:59' is no date and time with"),
    ],
)
def test_times_that_can_t_be_read_are_wrong_usage(
    options: dict[str, str], message: str, course: Course, make_zip: Zip, work: Work
) -> None:
    with pytest.raises(UsageError, match=message):
        collect(course, "tiny", [make_zip({ADA: work("1")})], **options)


def test_the_time_of_a_file_in_a_folder_is_exact_whatever_the_zone(
    course: Course, tmp_path: Path, work: Work
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / ADA).write_bytes(work("1"))
    os.utime(folder / ADA, (1_800_000_000, 1_800_000_000))
    collect(course, "tiny", [folder], zone="America/New_York")
    assert attempts(course, "1815") == ["2027-01-15T08-00-00Z"]


def test_a_zip_s_exact_time_goes_before_its_clock_on_the_wall(
    course: Course, tmp_path: Path, work: Work
) -> None:
    info = zipfile.ZipInfo(ADA, (2001, 1, 1, 0, 0, 0))
    info.extra = struct.pack("<HHBL", 0x5455, 5, 1, 1_800_000_000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(info, work("1"))
    collect(course, "tiny", [tmp_path / "a.zip"], zone="America/New_York")
    assert attempts(course, "1815") == ["2027-01-15T08-00-00Z"]
