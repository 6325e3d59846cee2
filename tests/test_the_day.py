"""An instructor's whole day, once with each system: every mark of a class of 60 is the one of the key.

Among the 60 are people with odd names, ten hostile ones, and those who hand in again, late, in an odd way or
not at all. All is done by the commands, in the course directory; what is marked by hand, as formgrader does.
"""

from __future__ import annotations

import csv
import json
import os
import re
import statistics
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from bs4 import BeautifulSoup

from autograder.engine.source import load_source
from autograder.feedback_page.outline import shown_to_students
from autograder.notebooks import read_notebook
from autograder.private import PRIVATE, SECRET, private_folder
from tests.autograder.conftest import package_with_fixtures  # noqa: F401
from tests.conftest import ROOT
from tests.day.desk import Desk
from tests.day.downloads import Upload, packed, zip_trap
from tests.day.people import STRANGER, people
from tests.day.plan import FIRST_DOWNLOAD, Student, plan
from tests.day.systems import BLACKBOARD, CANVAS, MOODLE, System
from tests.day.work import Unit, add_essay
from tests.redteam.scene import scene

_AFTER_ALL = 30 * 24 * 3600  # seconds after the deadline
_CELL_SECONDS = "10"


@pytest.mark.parametrize("lms", [CANVAS, MOODLE, BLACKBOARD], ids=lambda lms: str(lms.name))
def test_the_day(lms: System, package_with_fixtures: str, tmp_path: Path) -> None:  # noqa: F811
    unit, everyone = lms.unit.name, people()
    assert len(everyone) == 60
    desk = Desk(tmp_path, package_with_fixtures if lms is not CANVAS else str(ROOT), unit)

    # Set up, with the class list of the system and the rules of the course.
    class_list = desk.folder / "class_list"
    class_list.write_bytes(lms.class_list(everyone, unit, lms.points))
    rules = ("--deadline", f"{unit}={lms.deadline} {lms.zone}", "--late", lms.rule, "--attempts", lms.policy)
    said = desk.does("init", "course", "--assignment", unit, "--class-list", class_list, *rules)
    assert f"60 students from the class list ({lms.name})." in said

    # Hidden inputs are drawn from the secret of the course: here, the same in every run.
    secret = private_folder(desk.root / PRIVATE) / SECRET
    secret.write_text("5e" * 32)
    secret.chmod(0o600)

    # Hand out, with a question of the instructor's own that will be marked by hand.
    add_essay(desk.root / "source" / unit / "practice.ipynb")
    desk.does("release", unit, "--course", "course")
    hidden = hidden_lines(desk.root / "source" / unit)
    assert shown(hidden, *notebooks_below(desk.root / "source" / unit)) == hidden != set()
    assert shown(hidden, *notebooks_below(desk.root / "release" / unit)) == set()
    with zipfile.ZipFile(desk.root / "handout" / f"{unit}.zip") as handout:
        handout.extractall(tmp_path / "student")
    assert (tmp_path / "student" / unit / "README.md").exists()
    assert shown(hidden, *notebooks_below(tmp_path / "student")) == set()

    with scene(desk.root, tmp_path / "outside") as (targets, doors, process):
        students = plan(everyone, Unit(desk.root, lms.unit), lms.costs, targets, Random(lms.name))

        # Collect what is there an hour before the deadline; somebody sent a broken zip along.
        collect(desk, lms, students, FIRST_DOWNLOAD)
        # Grade. Canvas's machine stops in the middle, and the same command is given again.
        if lms is CANVAS:
            desk.is_interrupted_while_grading(after=15)
        grade(desk)
        assert desk.marks() == pytest.approx(key(students, lms, FIRST_DOWNLOAD, by_hand=False))
        # Mark the essays by hand, which moves nobody's mark but by what the essay is worth.
        assert desk.marks_essays() > 20
        assert desk.marks() == pytest.approx(key(students, lms, FIRST_DOWNLOAD))

        # Collect again after the closing: some handed in late, some once more.
        collect(desk, lms, students, _AFTER_ALL)
        grade(desk)
        assert desk.marks_essays() > 0
        grade(desk)  # what lateness costs of the essays
        assert process.poll() is None
        assert doors.heard == []
    final = key(students, lms, _AFTER_ALL)
    assert desk.marks() == pytest.approx(final, rel=1e-9)
    assert len(final) == 55

    # Hand back.
    said = desk.does("feedback", unit, "--course", "course", "--zip", lms.takes_back)
    assert "Packed the pages of 55 students" in said
    pages = handed_back(desk, lms, students)
    assert pages.keys() == final.keys()
    assert all(shown(hidden, *texts) == set() for texts in pages.values())
    assert all(targets.secret not in text for texts in pages.values() for text in texts)

    # Look how the class did.
    assert "Report on 55 students" in desk.does("report", unit, "--course", "course")
    report = (desk.root / "report" / f"{unit}.html").read_text(encoding="utf-8")
    assert shown(hidden, BeautifulSoup(report, "html.parser").get_text()) == set()

    # Give the marks to the system, as its own file, and take them along as tables.
    said = desk.does("export", "--course", "course", "--format", lms.name.lower(), "--to", "marks")
    assert said.startswith("Wrote 55 marks to")
    imported = lms.read_back(desk.folder / "marks", unit)
    assert imported == {lms.knows(one.person): cell(final.get(one.person.id), lms) for one in students}
    desk.does("export", "--course", "course")
    nothing = {one.person.id: 0.0 for one in students}
    assert totals(desk.root / "marks.csv") == pytest.approx(nothing | final)
    desk.does("export", "--course", "course", "--format", "csv")
    assert tidy_totals(desk.root / "tests.csv") == pytest.approx(final)

    # See what to teach again: the report is on the same people, and its numbers are those of their marks.
    report = json.loads(desk.does("report", unit, "--course", "course", "--json"))
    assert (report["head"]["listed"], report["head"]["graded"], report["head"]["missing"]) == (60, 55, 5)
    assert report["head"]["totals"]["mean"] == pytest.approx(statistics.fmean(map(float, final.values())))
    assert report["head"]["totals"]["median"] == pytest.approx(statistics.median(map(float, final.values())))
    assert (report["head"]["waiting"], report["head"]["ungraded"]) == (0, 0)
    desk.does("report", unit, "--course", "course", "--anonymous", "--to", "report.html")
    read = BeautifulSoup((desk.folder / "report.html").read_text(encoding="utf-8"), "html.parser").get_text()
    assert [one.id for one in everyone if one.id in read.split()] == []
    assert shown(hidden, read) == set()

    # Nobody has changed a mark behind the back of grading.
    assert "finding" not in desk.does("audit", "--course", "course")
    assert desk.red_lines() == []


# --- the key --------------------------------------------------------------------------------------


def key(students: Sequence[Student], lms: System, until: int, *, by_hand: bool = True) -> dict[str, float]:
    """Give the mark that everyone must have who has handed in so far."""
    counting = {student.person.id: student.counts(lms.policy, until) for student in students}
    return {
        who: float(attempt.mark if by_hand else attempt.points)
        for who, attempt in counting.items()
        if attempt is not None
    }


def cell(mark: float | None, lms: System) -> str:
    """Write a mark as it must stand in the system's file: five digits at most, and no zeros at the end."""
    return lms.no_mark if mark is None else f"{round(mark, 5):.5f}".rstrip("0").rstrip(".")


# --- what the instructor does ---------------------------------------------------------------------


def grade(desk: Desk) -> None:
    desk.does("grade", desk.assignment, "--course", "course", "--timeout", _CELL_SECONDS, status=3)


def collect(desk: Desk, lms: System, students: Sequence[Student], until: int) -> None:
    """Download what was handed in so far, collect it, and see to what the command says."""
    deadline = datetime.fromisoformat(lms.deadline).replace(tzinfo=ZoneInfo(lms.zone))
    zip_file = download(desk.folder, lms, students, deadline, until)
    broken = desk.folder / "broken.zip"
    broken.write_bytes(b"PK\x03\x04, and nothing else")
    command = ("collect", desk.assignment, "--course", "course", "--from")
    said = desk.does(*command, zip_file, "--from", broken, status=3)
    assert "broken.zip: set aside, it can't be read as a zip" in said
    assert "'../../../gradebook.db': set aside, its path leads out of the download" in said
    assert "'backup.zip': set aside, it is a zip in a zip" in said
    assert "'practice-2.ipynb' was taken as practice.ipynb, and not 'practice-1.ipynb'" in said
    assert lms.stranger in said
    if lms is MOODLE and until == FIRST_DOWNLOAD:  # which names folders by what two students have in common
        assert "the class list has several with this name (grace1, grace2)" in said
        said = desk.does(*command, named_by_id(zip_file, students), status=3)
    assert "several with this name" not in said  # from then on, Moodle's numbers tell who is who
    late = [one for one in students if one.attempts and FIRST_DOWNLOAD < one.attempts[-1].late <= until]
    if lms is CANVAS:
        late = [one for one in late if one.attempts[-1].late > 0]
    if lms is not BLACKBOARD and late:  # its page shows the times, its download does not
        (listed,) = re.findall(r"(?:calls|when) \d+ students? \(([^)]*)\)", said)
        assert sorted(listed.split(", ")) == sorted(one.person.id for one in late)
        for one in late:
            desk.corrects_time(one.person.id, after(deadline, one.attempts[-1].late))
        said = desk.does(*command, zip_file, status=3)
        assert "correct their timestamp.txt" not in said
    missing = {one.person.id for one in students if one.counts(lms.policy, until) is None}
    _, _, below = said.partition(f"Nothing from {len(missing)} students of the class list:\n")
    assert {line.split()[0] for line in below.splitlines()[: len(missing)]} == missing


def named_by_id(zip_file: Path, students: Sequence[Student]) -> Path:
    """Unpack Moodle's zip, and put the ids in the place of the name that two students share."""
    folder = zip_file.with_suffix("")
    same = [one.person for one in students if one.person.last == "Hopper"]
    with zipfile.ZipFile(zip_file) as archive:
        for info in archive.infolist():
            name = info.filename
            for person in same:
                name = name.replace(f"Grace Hopper_{person.number}", f"{person.id}_{person.number}")
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(info))
            changed = datetime(*info.date_time).replace(tzinfo=ZoneInfo(MOODLE.zone)).timestamp()
            os.utime(path, (changed, changed))  # as programs that unpack do
    return folder


def download(folder: Path, lms: System, students: Sequence[Student], deadline: datetime, until: int) -> Path:
    """Have the system make the zip of what was handed in until so many seconds after the deadline."""
    early = after(deadline, FIRST_DOWNLOAD)
    uploads = [Upload(STRANGER, (("practice.ipynb", b"{}"),), early, late=False, attempt=1)]
    uploads += [upload for student in students for upload in uploads_of(student, deadline, until)]
    return lms.download(folder / f"{until}.zip", uploads, after(deadline, until))


def uploads_of(student: Student, deadline: datetime, until: int) -> list[Upload]:
    times = [(attempt.late, attempt) for attempt in student.attempts]
    if student.again is not None:
        times.append((student.again, student.attempts[-1]))
    if student.trap:
        files = (("practice.zip", zip_trap()),)
        return [Upload(student.person, files, after(deadline, FIRST_DOWNLOAD), late=False, attempt=1)]
    return [
        Upload(
            student.person,
            packed(attempt.how, attempt.work.notebooks, attempt.older),
            after(deadline, late),
            late=late > 0,
            attempt=number,
        )
        for number, (late, attempt) in enumerate(times, start=1)
        if late <= until
    ]


def after(deadline: datetime, seconds: int) -> datetime:
    """Give the moment so many seconds after the deadline, in its zone, whatever the clocks do that night."""
    return (deadline.astimezone(ZoneInfo("UTC")) + timedelta(seconds=seconds)).astimezone(deadline.tzinfo)


# --- what comes out -------------------------------------------------------------------------------


def hidden_lines(source: Path) -> set[str]:
    """Find the lines of hidden tests that are long enough not to stand anywhere by chance."""
    lines = set()
    for path in source.glob("*.ipynb"):
        for cell in load_source(path).cells:
            if cell.kind == "test":
                seen = shown_to_students(cell).splitlines()
                lines |= {line.strip() for line in cell.source.splitlines() if line not in seen}
    return {line for line in lines if len(line) > 25}


def notebooks_below(folder: Path) -> list[str]:
    """Read the texts of the notebooks in a folder."""
    return ["\n".join(cell.source for cell in read_notebook(path).cells) for path in folder.rglob("*.ipynb")]


def shown(lines: set[str], *texts: str) -> set[str]:
    return {line for line in lines for text in texts if line in text}


def handed_back(desk: Desk, lms: System, students: Sequence[Student]) -> dict[str, list[str]]:
    """Read the texts of the pages in the zip, by the student to whom the system gives them."""
    by_number = {str(student.person.number): student.person.id for student in students}
    found = defaultdict(list)
    with zipfile.ZipFile(desk.root / "feedback" / f"{desk.assignment}-{lms.takes_back}.zip") as archive:
        for name in archive.namelist():
            page = BeautifulSoup(archive.read(name).decode(), "html.parser")
            for own in page.select("pre.code[aria-label='your code']"):
                own.decompose()  # a right answer can have a line in common with the test of it
            if lms.takes_back == "files":
                who = name.partition("/")[0]
            else:  # the first number between underscores
                number = re.search(r"_(\d+)_", name)
                assert number is not None, name
                who = by_number[number[1]]
            found[who].append(page.get_text())
    return found


def totals(path: Path) -> dict[str, float]:
    with path.open(newline="", encoding="utf-8") as file:
        return {row["student"]: float(row["total"]) for row in csv.DictReader(file)}


def tidy_totals(path: Path) -> dict[str, float]:
    """Add up the points of all tests, less what each notebook loses for being late."""
    points: defaultdict[str, float] = defaultdict(float)
    penalties: dict[tuple[str, str], float] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["outcome"] != "nothing handed in":
                points[row["student"]] += float(row["points"])
                penalties[row["student"], row["notebook"]] = float(row["penalty"])
    for (student, _), penalty in penalties.items():
        points[student] -= penalty
    return points
