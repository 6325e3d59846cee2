"""A course directory: what makes a line red, and what the line says to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.audit_log import AuditLog, Event
from autograder.course import Course
from autograder.doctor.course import course_checks
from autograder.doctor.patient import Patient
from autograder.secret import course_secret
from tests.autograder.doctor.conftest import Look

# What `autograder init` wrote before there was a grading engine of our own.
OLD = """\
c = get_config()
c.CourseDirectory.course_id = "losses"
c.Execute.timeout = 30
c.HTMLExporter.sanitize_html = True
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
]
"""


def configure(course: Course, text: str) -> None:
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(text)


def test_a_course_in_order_has_no_red_line(released: Course, look: Look) -> None:
    for check in course_checks(Patient(released.root)):
        (found,) = look(check.name, released)
        assert found.level == ("note" if check.name == "secret" else "ok"), found


def test_a_config_that_can_not_be_run_is_red_and_the_rest_goes_on(released: Course, look: Look) -> None:
    configure(released, "c.Autograder.attempts = 'best\n")
    (found,) = look("settings", released)
    assert found.level == "FAIL"
    assert "nbgrader_config.py: can't be loaded: line " in found.text
    assert found.do[0].startswith("python -m py_compile ")
    (found,) = look("rules", released)
    assert (found.level, found.text) == ("note", "not checked: the settings can't be read, as said above")
    assert look("who may read it", released)[0].level == "ok"


def test_a_folder_that_is_no_course_is_red(tmp_path: Path, look: Look) -> None:
    (found,) = look("settings", Course(tmp_path))
    assert found.level == "FAIL"
    assert "is not a course directory" in found.text
    assert "not checked" in look("secret", Course(tmp_path))[0].text


def test_an_old_course_is_told_exactly_which_lines_to_add(released: Course, look: Look) -> None:
    config = released.root / "nbgrader_config.py"
    config.write_text(OLD)
    cheating, feedback = look("needed lines", released)
    assert cheating.level == feedback.level == "FAIL"
    assert "a submission can cheat" in cheating.text
    lines = [line for found in (cheating, feedback) for line in found.do]
    assert lines[0] == 'c.Autograde.exporter_class = "autograder.nbgrader_plugin.SubmissionExporter"'
    assert lines[1].startswith('c.Autograde.sanitize_preprocessors = [\n    "autograder.nbgrader_plugin.Quar')
    assert "c.HTMLExporter.sanitize_html = True" not in lines  # it has that one
    config.write_text(OLD + "\n".join(lines) + "\n")
    assert [found.level for found in look("needed lines", released)] == ["ok"]


def test_a_preprocessor_more_does_no_harm(released: Course, look: Look) -> None:
    configure(released, "c.Autograde.autograde_preprocessors.append('mine.Own')\n")
    assert look("needed lines", released)[0].level == "ok"
    configure(released, "c.Autograde.autograde_preprocessors = ['nbgrader.preprocessors.Execute']\n")
    (found,) = look("needed lines", released)
    assert found.level == "FAIL"
    assert found.do[0].startswith("c.Autograde.autograde_preprocessors = [\n")


def test_a_deadline_that_is_no_time_is_red_and_one_of_no_assignment_is_noted(
    released: Course, look: Look
) -> None:
    configure(released, 'c.Autograder.deadlines = {"tinny": "2027-01-15 23:59 Europe/Berlin"}\n')
    (found,) = look("rules", released)
    assert (found.level, "did you mean 'tiny'?" in found.text) == ("note", True)
    configure(released, 'c.Autograder.deadlines = {"tiny": "tomorrow"}\n')
    (found,) = look("rules", released)
    assert found.level == "FAIL"
    assert "'tomorrow' is no date and time with a time zone" in found.text
    configure(released, 'c.Autograder.deadlines = {"tiny": "2027-01-15 23:59 Europe/Berlin"}\n')
    assert look("rules", released)[0].text.startswith("1 deadline; ")


# --- who may write, and who may read


def test_a_folder_that_can_not_be_written_to_is_named(released: Course) -> None:
    ada = released.autograded / "ada"
    ada.mkdir(parents=True)
    for folder in (ada, released.release):
        folder.chmod(0o555)
    # Root may write anywhere, unless that right is taken from it.
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    code = "import sys, pathlib; from autograder.doctor import course, patient\n"
    code += "print(course.folders(patient.Patient(pathlib.Path(sys.argv[1]))))"
    command = [*drop, sys.executable, "-c", code, str(released.root)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "level='FAIL', text='no permission to write to release, autograded/ada'" in said
    assert f"chmod u+w {ada}" in said
    assert 'sudo chown -R "$USER" ' in said


def test_a_file_in_the_place_of_a_folder_is_red(released: Course, look: Look) -> None:
    (released.root / "feedback").write_text("")
    (found,) = look("folders", released)
    assert found.level == "FAIL"
    assert found.text == "feedback is a file and should be a folder"
    assert found.do[0].startswith("mv ")


def test_packed_feedback_beside_the_students_folders_is_as_it_should_be(released: Course, look: Look) -> None:
    released.feedback.mkdir(exist_ok=True)
    (released.feedback / "tiny-moodle.zip").write_bytes(b"")
    assert look("folders", released)[0].level == "ok"
    (released.feedback / "ada").write_text("")
    assert look("folders", released)[0].text == "feedback/ada is a file and should be a folder"


def test_a_course_that_everybody_may_read_is_red_and_its_group_is_noted(released: Course, look: Look) -> None:
    released.root.chmod(0o755)
    (found,) = look("who may read it", released)
    assert found.level == "FAIL"
    assert found.do == (f"chmod o-rwx {released.root}",)
    released.root.chmod(0o770)
    assert look("who may read it", released)[0].level == "note"


# --- the secret


@pytest.fixture
def secret(released: Course) -> Path:
    path = released.root / ".autograder" / "secret"
    course_secret(path)
    return path


@pytest.mark.parametrize(
    ("which", "mode", "right"), [("secret", 0o644, "600"), (".autograder", 0o750, "700")]
)
def test_a_secret_that_others_may_read_is_red(
    released: Course, look: Look, secret: Path, which: str, mode: int, right: str
) -> None:
    assert look("secret", released)[0].level == "ok"
    place = secret if which == "secret" else secret.parent
    place.chmod(mode)
    (found,) = look("secret", released)
    assert found.level == "FAIL"
    assert found.do == (f"chmod {right} {place}",)


def test_a_spoilt_secret_is_red(released: Course, look: Look, secret: Path) -> None:
    secret.write_text("open sesame")
    (found,) = look("secret", released)
    assert found.level == "FAIL"
    assert "Restore the file from a backup" in found.text


def test_a_secret_that_is_gone_after_marks_were_given_is_red(
    released: Course, look: Look, secret: Path
) -> None:
    log = AuditLog(secret.with_name("audit.jsonl"))
    log.append_many([Event("graded", "tiny", "ada", "practice", {"double": 2.0}, {"double": 2.0})])
    secret.unlink()
    (found,) = look("secret", released)
    assert found.level == "FAIL"
    assert found.do[0].startswith("Put it back from a backup. If there is none, ")
    assert not secret.exists()


# --- the exchange


def test_the_exchange_must_be_there_and_open_to_students(
    released: Course, look: Look, tmp_path: Path
) -> None:
    folder = tmp_path / "exchange"
    configure(released, f"c.Exchange.root = {str(folder)!r}\n")
    (found,) = look("exchange", released)
    assert found.level == "FAIL"
    assert found.do == (f"sudo mkdir -p {folder} && sudo chmod 777 {folder}",)
    folder.mkdir(mode=0o755)
    assert "students can't hand in" in look("exchange", released)[0].text
    folder.chmod(0o777)
    assert look("exchange", released)[0].level == "ok"
