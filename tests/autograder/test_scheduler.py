"""`autograder grade --scheduler`: the class gets the marks of a run on one machine, to the letter."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from autograder.cli import main
from autograder.course import Course
from autograder.engine.limits import Limits
from autograder.engine.parcel import pack_jobs, pack_setting
from autograder.intake import Intake
from autograder.sample_class import make_sample_class
from tests.autograder.conftest import RIGHT
from tests.cluster import Cluster
from tests.conftest import autograder

pytestmark = pytest.mark.runs_in_ci
FIXTURES = Path(__file__).parent / "fixtures"
HandIn = Callable[..., Path]
# Long enough that a worker can be killed while it is at work.
SLOW = "import time\ntime.sleep(0.3)\ndef double(x):\n    return 2 * x"


@pytest.fixture
def cluster(tmp_path: Path, package_with_fixtures: str) -> Iterator[Cluster]:
    """A scheduler whose workers have the same code as the command."""
    (tmp_path / "cluster").mkdir()
    made = Cluster(tmp_path / "cluster", {"PYTHONPATH": package_with_fixtures})
    yield made
    made.close()


@pytest.fixture
def klass(released: Course, hand_in: HandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """The sample class, twelve who are slow, and one whose notebook is no notebook."""
    make_sample_class(released, "tiny", FIXTURES)
    for number in range(12):
        hand_in(f"slow-{number}", {"double-code": SLOW})
    hand_in("eve", {}).write_text("{")
    monkeypatch.chdir(tmp_path)  # where Python finds no other package first
    return released


def copy(course: Course, name: str) -> Course:
    return Course(Path(shutil.copytree(course.root, course.root.parent / name)))


def command(course: Course, *options: str) -> list[str]:
    return [sys.executable, "-m", "autograder", "grade", "tiny", "--course", str(course.root), *options]


def grade(course: Course, *options: str, inside: Sequence[str] = ()) -> Any:
    """Grade, and give the report without what depends on when it was made."""
    done = subprocess.run([*inside, *command(course, "--json", *options)], capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    return json.loads(done.stdout)


def messages(course: Course) -> dict[str, Any]:
    """What each graded notebook tells, by its place."""
    return {
        str(path.relative_to(course.autograded)): [
            cell.get("outputs") for cell in json.loads(path.read_text())["cells"]
        ]
        for path in sorted(course.autograded.glob("*/tiny/*.ipynb"))
    }


def grade_while_one_is_killed(
    course: Course, cluster: Cluster, victim: subprocess.Popen[bytes], inside: Sequence[str] = ()
) -> Any:
    """Grade on a cluster, one of whose workers is killed in the middle; give the report."""
    grading = subprocess.Popen(
        [*inside, *command(course, "--json", "--progress", "--scheduler", cluster.address)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert grading.stderr is not None
    line = ""
    while "slow" not in line:  # both are at work
        line = grading.stderr.readline()
        assert line, "it ended before a worker was killed"
    victim.send_signal(signal.SIGKILL)
    output, said = grading.communicate(timeout=120)
    assert grading.returncode == 3, said
    assert victim.wait() == -signal.SIGKILL
    return json.loads(output)


def test_a_class_gets_the_marks_of_a_local_run_though_a_worker_is_killed(
    klass: Course, cluster: Cluster
) -> None:
    here = copy(klass, "here")
    local = grade(here)
    victim, _ = cluster.add_worker(), cluster.add_worker()
    cluster.wait_for_workers(2)
    assert grade_while_one_is_killed(klass, cluster, victim) == local
    assert {mark["student"]: mark["total"] for mark in local["marks"]} == {
        "ada": 10, "bob": 3, "cyd": 8, "dan": 3, "eve": 0, **{f"slow-{n}": 2 for n in range(12)}
    }  # fmt: skip
    assert messages(klass) == messages(here)
    assert autograder("audit", "--course", klass.root).returncode == 0


def test_nothing_runs_again_on_one_machine_that_a_cluster_has_graded(klass: Course, cluster: Cluster) -> None:
    cluster.add_worker()
    there = grade(klass, "--scheduler", cluster.address, "--timeout", "20")
    before = time.time()
    assert grade(klass, "--timeout", "20") == there
    assert all(path.stat().st_mtime < before for path in klass.autograded.glob("*/tiny/*.ipynb"))


def test_a_changed_test_moves_the_same_marks(klass: Course, cluster: Cluster) -> None:
    cluster.add_worker()
    grade(klass)
    source = klass.source / "tiny" / "practice.ipynb"
    source.write_text(source.read_text().replace("half(3) == 1.5", "half(3) == 2.5"))
    step = ["regrade", "tiny", "--dry-run", "--course"]
    here = autograder(*step, copy(klass, "here").root)
    there = autograder(*step, klass.root, "--scheduler", cluster.address)
    assert there.returncode == 0, there.stderr
    assert there.stdout == here.stdout
    assert "4 notebooks would move (0 up, 4 down)" in there.stdout


def test_the_best_attempt_is_the_one_of_a_local_run(klass: Course, cluster: Cluster, hand_in: HandIn) -> None:
    with (klass.root / "nbgrader_config.py").open("a") as config:
        config.write('c.Autograder.attempts = "best"\n')
        config.write('c.Autograder.deadlines = {"tiny": "2027-01-10 12:00 UTC"}\n')
        config.write('c.Autograder.late_policy = {"percent_per_day": 50}\n')
    for student, attempts in {
        "fay": [("2027-01-08 10:00:00", RIGHT), ("2027-01-09 10:00:00", {})],  # the first one
        "gus": [("2027-01-08 10:00:00", {}), ("2027-01-09 10:00:00", RIGHT)],  # the second one
        "hal": [("2027-01-09 10:00:00", {"double-code": SLOW}), ("2027-01-11 12:00:01", RIGHT)],  # too late
    }.items():
        for when, answers in attempts:
            submitted = hand_in(student, answers).parent
            (submitted / "timestamp.txt").write_text(f"{when} UTC")
            name = when.replace(" ", "T").replace(":", "-") + "Z"
            shutil.copytree(submitted, klass.root / "attempts" / student / "tiny" / name)
    here = copy(klass, "here")
    cluster.add_worker(), cluster.add_worker()
    there = grade(klass, "--scheduler", cluster.address)
    assert there == grade(here)
    best = {
        mark["student"]: mark["total"] for mark in there["marks"] if mark["student"] in ("fay", "gus", "hal")
    }
    assert best == {"fay": 5, "gus": 5, "hal": 2}
    for student, when in {"fay": "08", "gus": "09", "hal": "09"}.items():
        for course in (klass, here):
            chosen = course.submitted / student / "tiny" / "timestamp.txt"
            assert chosen.read_text() == f"2027-01-{when} 10:00:00 UTC"
    assert messages(klass) == messages(here)
    assert autograder("audit", "--course", klass.root).returncode == 0


def test_the_secret_of_the_course_stays_here(klass: Course) -> None:
    intake = Intake(klass, "tiny", "jail", Limits())
    job = intake.job(intake.look_at("slow-3"), "practice")
    parcels = pack_setting(intake.setting, {}) + pack_jobs([job])
    secret = (klass.root / ".autograder" / "secret").read_bytes().strip()
    assert len(secret) >= 32
    assert job.seed.encode() in parcels
    assert secret not in parcels
    assert secret.decode() not in job.seed


def test_the_number_of_jobs_is_the_clusters_to_decide(
    released: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    course = ["--course", str(released.root)]
    assert main(["grade", "tiny", *course, "--scheduler", "tcp://127.0.0.1:9", "--jobs", "2"]) == 2
    assert "--jobs is for this machine" in capsys.readouterr().err


# --- two machines, as far as their networks go


@pytest.fixture
def two_networks() -> Iterator[tuple[list[str], list[str]]]:
    """Commands that run another one in each of two network namespaces, 10.77.0.1 and 10.77.0.2."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("network namespaces need root and the command ip")
    names = [f"autograder-{os.getpid()}-{side}" for side in "ab"]
    links = [f"ag{os.getpid()}{side}" for side in "ab"]
    try:
        for name in names:
            made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True)
            if made.returncode:
                pytest.skip(f"this machine gives no network namespaces: {made.stderr.strip()}")
        ip("link", "add", links[0], "netns", names[0], "type", "veth", "peer", links[1], "netns", names[1])
        for number, (name, link) in enumerate(zip(names, links, strict=True), start=1):
            ip("-n", name, "address", "add", f"10.77.0.{number}/24", "dev", link)
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", name, "link", "set", link, "up")
        yield ["ip", "netns", "exec", names[0]], ["ip", "netns", "exec", names[1]]
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


def ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this machine can't connect network namespaces: {done.stderr.strip()}")


@pytest.mark.runs_in_ci(if_possible=True)
def test_a_worker_in_another_network_grades_too_and_may_be_killed(
    klass: Course, tmp_path: Path, package_with_fixtures: str, two_networks: tuple[list[str], list[str]]
) -> None:
    here, there = two_networks
    local = grade(copy(klass, "here"))
    (tmp_path / "cluster").mkdir()
    cluster = Cluster(
        tmp_path / "cluster", {"PYTHONPATH": package_with_fixtures}, host="10.77.0.1", inside=here
    )
    try:
        assert cluster.address.startswith("tcp://10.77.0.1:")
        cluster.add_worker(inside=there, host="10.77.0.2")
        alone = copy(klass, "alone")  # with that worker only
        assert grade(alone, "--scheduler", cluster.address, inside=here) == local
        victim = cluster.add_worker(inside=there, host="10.77.0.2")
        cluster.add_worker(inside=here, host="10.77.0.1")
        wait = "import sys; from distributed import Client; Client(sys.argv[1]).wait_for_workers(3, 60)"
        subprocess.run([*here, sys.executable, "-c", wait, cluster.address], check=True, timeout=120)
        assert grade_while_one_is_killed(klass, cluster, victim, inside=here) == local
    finally:
        cluster.close()
