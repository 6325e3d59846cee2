"""Many notebooks on a cluster: the same results as on one machine, whatever happens to a worker."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.engine.cluster import ClusterPool
from autograder.engine.limits import Limits
from autograder.engine.pool import Job, Pool
from autograder.engine.worker import Setting
from autograder.errors import AutograderError
from tests.autograder.engine.conftest import Cell, hand_in, write_source
from tests.autograder.engine.test_pool import CODE, job, told
from tests.cluster import Cluster

pytestmark = pytest.mark.runs_in_ci
MakeCluster = Callable[..., Cluster]
SIMPLE: Cell = ("test", "test", "assert f() == 1")
# Ends the Dask worker: the process above the foreman, which is above the examiner that runs this.
KILLER: Cell = (
    "test",
    "test",
    """\
import os, pathlib, signal
if f() == 9:
    above = pathlib.Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()[1]
    os.kill(int(above), signal.SIGKILL)
""",
)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[MakeCluster]:
    """`cluster(2)` starts a scheduler and two workers, each a process of its own."""
    made: list[Cluster] = []

    def _cluster(workers: int, *, restarts: bool = False, **environment: str) -> Cluster:
        folder = tmp_path / f"cluster-{len(made)}"
        folder.mkdir()
        made.append(Cluster(folder, environment))
        for _ in range(workers):
            made[-1].add_worker(restarts=restarts)
        return made[-1]

    yield _cluster
    for one in made:
        one.close()


def setting(folder: Path, *tests: Cell) -> Setting:
    """A setting whose files are in a folder that the workers could not read if they had another disk."""
    folder.mkdir(exist_ok=True)
    (folder / "exam.ipynb").write_bytes(hand_in(write_source(CODE, *tests), {}))
    return Setting((folder / "exam.ipynb",), (folder,), "jail", Limits())


def test_two_workers_give_what_one_machine_gives(cluster: MakeCluster, tmp_path: Path) -> None:
    tests: list[Cell] = [
        ("test", "value", "assert f() == 1, f'f() is {f()}'"),
        ("test", "hidden", "from autograder import seeds\nassert f() != 3, str(seeds.fresh(1))"),
        ("test", "partial", "min(f(), 4)"),
        ("test", "file", "assert open('more/data.txt').read() == 'provided'"),
    ]
    made = setting(tmp_path / "source", *tests)
    (tmp_path / "source" / "more").mkdir()
    (tmp_path / "source" / "more" / "data.txt").write_text("provided")
    answers = [f"def f(): return {number}" for number in (0, 1, 2, 3, 1.5)]
    answers += ["def f(): return 1 / 0", "import os\nos._exit(1)", "nonsense("]
    answers += ["def f(): return open('mine.txt').read()"]
    jobs = [job(f"student-{number}", answer, *tests) for number, answer in enumerate(answers)]
    jobs = [Job(one.student, one.notebook, one.submitted, {"mine.txt": b"own"}, one.seed) for one in jobs]
    with Pool(made, 1) as pool:
        here = {done.student: (told(graded), graded.isolation) for done, graded in pool.grade(jobs)}
    with ClusterPool(made, cluster(2).address) as there:
        there.warm_up()
        (tmp_path / "source" / "exam.ipynb").unlink()  # they were sent the file, not its name
        found = {done.student: (told(graded), graded.isolation) for done, graded in there.grade(jobs)}
    assert found == here
    assert found["student-1"][1] == "jail"
    assert [outcome for outcome, *_ in found["student-1"][0]] == ["passed", "passed", "partial", "passed"]


def test_no_more_jobs_are_taken_than_the_cluster_needs(cluster: MakeCluster, tmp_path: Path) -> None:
    taken = []

    def jobs() -> Iterator[Job]:
        for number in range(60):
            taken.append(number)
            yield job(str(number), "def f(): return 1", SIMPLE)

    with ClusterPool(setting(tmp_path / "source", SIMPLE), cluster(1).address) as pool:
        results = pool.grade(jobs())
        next(results)
        assert len(taken) <= 12


# --- workers that die


def test_what_a_worker_had_when_it_was_killed_is_graded_by_another(
    cluster: MakeCluster, tmp_path: Path
) -> None:
    made = cluster(1)
    slow = "import time\ntime.sleep(0.5)\ndef f(): return 1"
    jobs = [job(str(number), slow, SIMPLE) for number in range(12)]
    with ClusterPool(setting(tmp_path / "source", SIMPLE), made.address) as pool:
        results = pool.grade(jobs)
        found = [next(results)]
        (victim,) = made.workers
        made.add_worker()
        victim.send_signal(signal.SIGKILL)
        found += results
    assert {done.student: told(graded)[0][0] for done, graded in found} == {
        str(number): "passed" for number in range(12)
    }
    assert len(found) == 12
    assert victim.wait() == -signal.SIGKILL


def test_a_notebook_that_ends_every_worker_is_given_up_and_no_other_is(
    cluster: MakeCluster, tmp_path: Path
) -> None:
    # After one death of a worker, and not after four, so that the test takes less time.
    made = cluster(2, restarts=True, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    jobs = [job(str(number), f"def f(): return {number}", KILLER) for number in (1, 2, 9, 3, 4, 5)]
    with ClusterPool(setting(tmp_path / "source", KILLER), made.address) as pool:
        found = {done.student: graded for done, graded in pool.grade(jobs)}
    reason = "Workers of the cluster died whenever they graded this notebook, also alone."
    assert told(found["9"]) == [("crashed", reason, 0.0)]
    assert found["9"].given_up
    assert {student: told(found[student])[0][0] for student in "12345"} == dict.fromkeys("12345", "passed")


# --- what stops everything


def message(pool: ClusterPool) -> str:
    """What it says when it can't grade."""
    with pool, pytest.raises(AutograderError) as raised:
        list(pool.grade([job("ada", "def f(): return 1", SIMPLE)]))
    return str(raised.value)


@pytest.mark.parametrize("late", [False, True], ids=["there from the start", "comes later"])
def test_a_worker_with_another_version_of_the_project_is_refused(
    cluster: MakeCluster, tmp_path: Path, package_with_fixtures: str, late: bool
) -> None:
    made = cluster(0)
    pool = ClusterPool(setting(tmp_path / "source", SIMPLE), made.address)
    if late:
        pool.warm_up()
    made.add_worker(environment={"PYTHONPATH": package_with_fixtures})
    if not late:
        made.wait_for_workers(1)
    said = message(pool)
    assert said.startswith("worker tcp://127.0.0.1:")
    assert "another installation" in said
    assert "the code of this project is another version" in said


def test_a_worker_without_a_jail_is_named(cluster: MakeCluster, tmp_path: Path) -> None:
    made = cluster(0)
    (tmp_path / "bin").mkdir()
    os.symlink("/usr/bin/setpriv", tmp_path / "bin" / "setpriv")
    made.add_worker(environment={"PATH": str(tmp_path / "bin")})
    said = message(ClusterPool(setting(tmp_path / "source", SIMPLE), made.address))
    assert said.startswith("worker tcp://127.0.0.1:")
    assert "bubblewrap (bwrap) is not installed" in said
    assert said.endswith("What was graded is kept: give the same command again.")


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.engine.cluster._CONNECT", 1.0)
    said = message(ClusterPool(setting(tmp_path / "source", SIMPLE), "tcp://127.0.0.1:9"))
    assert said.startswith("no Dask scheduler answers at tcp://127.0.0.1:9")


def test_what_is_no_address_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.engine.cluster._CONNECT", 1.0)
    said = message(ClusterPool(setting(tmp_path / "source", SIMPLE), "carrier-pigeon://coop"))
    assert said.startswith("no Dask scheduler answers at carrier-pigeon://coop")


def test_a_cluster_that_stays_without_workers_is_left(
    cluster: MakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("autograder.engine.cluster._PATIENCE", 1.0)
    said = message(ClusterPool(setting(tmp_path / "source", SIMPLE), cluster(0).address))
    assert "has had no worker for" in said
    assert "Start some with `dask worker" in said


def test_the_end_of_the_scheduler_ends_the_waiting(cluster: MakeCluster, tmp_path: Path) -> None:
    made = cluster(1)
    slow = "import time\ntime.sleep(1)\ndef f(): return 1"
    with ClusterPool(setting(tmp_path / "source", SIMPLE), made.address) as pool:
        results = pool.grade(job(str(number), slow, SIMPLE) for number in range(40))
        next(results)
        made.scheduler.send_signal(signal.SIGKILL)
        with pytest.raises(AutograderError, match="What was graded is kept: give the same command again"):
            list(results)


def test_without_dask_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(AutograderError, match=r"needs the package `distributed`: .* its extra `scale`"):
        ClusterPool(setting(tmp_path / "source", SIMPLE), "tcp://127.0.0.1:9")
