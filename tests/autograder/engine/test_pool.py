"""Many notebooks at once: the same results, whatever happens to a worker."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.engine.limits import Limits
from autograder.engine.pool import Job, Pool
from autograder.engine.verdict import GradedNotebook
from autograder.engine.worker import Setting
from autograder.errors import AutograderError
from tests.autograder.engine.conftest import Cell, hand_in, write_source

MakeSetting = Callable[..., Setting]
CODE: Cell = ("solution", "code", "def f(): return 1")


@pytest.fixture
def setting(tmp_path: Path) -> MakeSetting:
    """`setting(*cells)` saves a source notebook and gives the setting in which it is graded."""

    def _setting(*cells: Cell) -> Setting:
        path = tmp_path / "exam.ipynb"
        path.write_bytes(hand_in(write_source(*cells), {}))
        return Setting((path,), (tmp_path,), "jail", Limits())

    return _setting


def job(student: str, answer: str, *tests: Cell) -> Job:
    """What a student hands in for the notebook of `CODE` and some tests."""
    return Job(student, "exam", hand_in(write_source(CODE, *tests), {"code": answer}), seed=student)


def told(graded: GradedNotebook) -> list[tuple[str, str, float]]:
    """The outcome, message and points of each test."""
    return [(verdict.outcome, verdict.message, verdict.points) for verdict in graded.verdicts]


def test_parallel_and_serial_grading_give_the_same(setting: MakeSetting) -> None:
    tests: list[Cell] = [
        ("test", "value", "assert f() == 1, f'f() is {f()}'"),
        ("test", "hidden", "from autograder import seeds\nassert f() != 3, str(seeds.fresh(1))"),
        ("test", "partial", "min(f(), 4)"),
    ]
    answers = [f"def f(): return {number}" for number in (0, 1, 2, 3, 1.5)]
    answers += ["def f(): return 1 / 0", "import os\nos._exit(1)", "nonsense("]
    jobs = [job(f"student-{number}", answer, *tests) for number, answer in enumerate(answers)]
    found = []
    for size in (1, 3):
        with Pool(setting(CODE, *tests), size) as pool:
            found.append({done.student: told(graded) for done, graded in pool.grade(jobs)})
    one_by_one, all_at_once = found
    assert one_by_one == all_at_once
    assert len(one_by_one) == len(jobs)
    assert [outcome for outcome, *_ in one_by_one["student-1"]] == ["passed", "passed", "partial"]


def test_jobs_are_taken_as_they_are_needed(setting: MakeSetting) -> None:
    taken = []

    def jobs() -> Iterator[Job]:
        for number in range(20):
            taken.append(number)
            yield job(str(number), "def f(): return 1", test)

    test: Cell = ("test", "test", "assert f() == 1")
    with Pool(setting(CODE, test), 1) as pool:
        results = pool.grade(jobs())
        next(results)
        assert len(taken) <= 3


# --- workers that die


def test_a_worker_that_dies_is_replaced_and_the_notebook_tried_again(
    setting: MakeSetting, tmp_path: Path
) -> None:
    # The first test that runs ends its worker, as the system does when memory runs out.
    once = f"""\
import os, pathlib, signal
try:
    pathlib.Path({str(tmp_path / "happened")!r}).touch(exist_ok=False)
except FileExistsError:
    assert f() == 1
else:
    os.kill(os.getpid(), signal.SIGKILL)
"""
    test: Cell = ("test", "test", once)
    jobs = [job(str(number), "def f(): return 1", test) for number in range(4)]
    with Pool(setting(CODE, test), 2) as pool:
        outcomes = {done.student: told(graded)[0][0] for done, graded in pool.grade(jobs)}
    assert outcomes == dict.fromkeys("0123", "passed")
    assert (tmp_path / "happened").exists()


def test_a_notebook_that_ends_its_worker_twice_is_given_up_and_the_others_go_on(
    setting: MakeSetting,
) -> None:
    test: Cell = ("test", "test", "import os, signal\nif f() == 9:\n    os.kill(os.getpid(), signal.SIGKILL)")
    jobs = [job(str(number), f"def f(): return {number}", test) for number in (1, 9, 2)]
    with Pool(setting(CODE, test), 2) as pool:
        found = {done.student: graded for done, graded in pool.grade(jobs)}
    reason = "The grading process ended while it graded this notebook, 2 times."
    assert told(found["9"]) == [("crashed", reason, 0.0)]
    assert found["9"].remarks == (reason,)
    assert found["9"].given_up
    assert {told(found[student])[0][0] for student in "12"} == {"passed"}


def test_what_a_student_raises_where_a_locked_cell_calls_it_ends_that_cell_only(setting: MakeSetting) -> None:
    cells: list[Cell] = [
        ("locked", "fixed", "value = f()"),
        ("test", "needs", "assert value == 1"),
        ("test", "free", "assert True"),
    ]
    source = setting(CODE, *cells)
    answer = hand_in(write_source(CODE, *cells), {"code": "import sys\ndef f(): sys.exit(0)"})
    with Pool(source, 1) as pool:
        ((_, graded),) = pool.grade([Job("ada", "exam", answer)])
    assert not graded.given_up
    assert [outcome for outcome, *_ in told(graded)] == ["failed", "passed"]


def test_a_notebook_whose_code_ends_late_is_not_given_up_while_it_is_tried_again(tmp_path: Path) -> None:
    cells: list[Cell] = [("solution", "late", "pass"), ("test", "one", "assert f() == 1")]
    path = tmp_path / "exam.ipynb"
    path.write_bytes(hand_in(write_source(CODE, cells[1], cells[0]), {}))
    setting = Setting((path,), (tmp_path,), "jail", Limits(cell_seconds=4, notebook_seconds=4))
    answers = {"code": "def f(): return 1", "late": "import os, time\ntime.sleep(3)\nos._exit(1)"}
    answer = hand_in(write_source(CODE, cells[1], cells[0]), answers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("autograder.engine.pool._SLACK", 1.5)
        with Pool(setting, 1) as pool:
            pool.warm_up()
            ((_, graded),) = pool.grade([Job("ada", "exam", answer)])
    assert not graded.given_up
    assert [outcome for outcome, *_ in told(graded)] == ["passed"]


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def descendants(pid: int, holding: str) -> list[int]:
    """The processes below a process whose command holds a text."""
    found = []
    for child in children(pid):
        with contextlib.suppress(OSError):
            if holding in Path(f"/proc/{child}/cmdline").read_text():
                found.append(child)
        found += descendants(child, holding)
    return found


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while left := [pid for pid in pids if Path(f"/proc/{pid}/cmdline").exists() and not is_dead(pid)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def is_dead(pid: int) -> bool:
    """Whether a process has ended, though its parent may not have taken note."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("busy", [True, False], ids=["at work", "idle"])
def test_jails_that_die_cost_nobody_a_mark(setting: MakeSetting, busy: bool) -> None:
    test: Cell = ("test", "test", "assert f() == 1")
    slow = "import time\ntime.sleep(1)\ndef f(): return 1"
    jobs = [job(str(number), slow if busy else "def f(): return 1", test) for number in range(6)]
    others = descendants(os.getpid(), "inside.zygote")

    def jails() -> list[int]:
        return [
            pid for pid in descendants(os.getpid(), "inside.zygote") if pid not in others and not is_dead(pid)
        ]

    with Pool(setting(CODE, test), 1) as pool:
        results = pool.grade(jobs if busy else jobs[:1])
        found = [next(results)]
        for _ in range(3 if busy else 1):  # more often than a submission may be tried again
            wait_for(jails)
            ended = jails()
            for pid in ended:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            wait_until_gone(ended)
        found += results if busy else pool.grade(jobs[1:])
    assert {done.student: told(graded)[0][0] for done, graded in found} == dict.fromkeys("012345", "passed")


def test_the_end_of_a_foreman_costs_nobody_a_mark_not_even_twice(setting: MakeSetting) -> None:
    test: Cell = ("test", "test", "assert f() == 1")
    slow = "import time\ntime.sleep(1)\ndef f(): return 1"
    jobs = [job(str(number), slow, test) for number in range(4)]
    with Pool(setting(CODE, test), 2) as pool:
        results = pool.grade(jobs)
        found = [next(results)]
        for _ in range(2):
            (foreman,) = foremen()
            os.kill(foreman, signal.SIGKILL)
            wait_until_gone([foreman])
            wait_for(foremen)
        found += results
    assert {done.student: told(graded)[0][0] for done, graded in found} == dict.fromkeys("0123", "passed")


def foremen() -> list[int]:
    return [pid for pid in children(os.getpid()) if not is_dead(pid) and "foreman" in command(pid)]


def command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def wait_for(found: Callable[[], list[int]]) -> None:
    deadline = time.monotonic() + 20
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# --- the end


_ENDLESS = "def f():\n    while True:\n        pass"


def test_all_processes_end_with_the_pool_whatever_they_are_doing(setting: MakeSetting) -> None:
    test: Cell = ("test", "test", "f()")
    others = descendants(os.getpid(), "inside.zygote")
    pool = Pool(setting(CODE, test), 2)
    results = pool.grade(
        [job("ada", "def f(): return 1", test)] + [job(str(n), _ENDLESS, test) for n in range(4)]
    )
    assert next(results)[0].student == "ada"
    started = descendants(os.getpid(), "autograder.engine") + descendants(os.getpid(), "inside.zygote")
    assert len(started) > 2
    pool.close()
    wait_until_gone([pid for pid in started if pid not in others])


def test_workers_end_with_the_coordinator(setting: MakeSetting) -> None:
    test: Cell = ("test", "test", "f()")
    made = setting(CODE, test)
    jobs = [job("ada", "def f(): return 1", test), job("bob", _ENDLESS, test)]
    read, write = os.pipe()
    coordinator = os.fork()
    if coordinator == 0:  # a coordinator of its own, which is killed while its worker is at work
        try:
            next(Pool(made, 1).grade(jobs))
            os.write(write, b".")
            signal.pause()
        finally:
            os._exit(1)
    os.close(write)
    try:
        assert os.read(read, 1) == b"."
        started = descendants(coordinator, "autograder.engine") + descendants(coordinator, "inside.zygote")
        assert len(started) >= 2
    finally:
        os.close(read)
        os.kill(coordinator, signal.SIGKILL)
        os.waitpid(coordinator, 0)
    wait_until_gone(started)


# --- what stops everything


def test_a_source_that_can_not_be_read_stops_everything(setting: MakeSetting, tmp_path: Path) -> None:
    made = setting(CODE)
    (tmp_path / "exam.ipynb").write_text("{")
    with pytest.raises(AutograderError, match=r"exam\.ipynb: can't be read as a notebook"):
        Pool(made, 1)


def test_a_machine_without_a_jail_stops_everything(
    setting: MakeSetting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test: Cell = ("test", "test", "assert f() == 1")
    made = setting(CODE, test)
    monkeypatch.setenv("PATH", str(tmp_path))  # no bubblewrap there
    with Pool(made, 2) as pool:
        pool.warm_up()
        with pytest.raises(AutograderError, match=r"bubblewrap \(bwrap\) is not installed"):
            list(pool.grade([job("ada", "def f(): return 1", test), job("bob", "def f(): return 1", test)]))


def test_an_error_of_who_gives_the_jobs_stops_everything(setting: MakeSetting) -> None:
    def jobs() -> Iterator[Job]:
        yield job("ada", "def f(): return 1", test)
        raise KeyboardInterrupt

    test: Cell = ("test", "test", "assert f() == 1")
    with Pool(setting(CODE, test), 1) as pool, pytest.raises(KeyboardInterrupt):
        list(pool.grade(jobs()))


@pytest.mark.parametrize("size", [0, -1])
def test_a_pool_without_workers_is_refused(setting: MakeSetting, size: int) -> None:
    with pytest.raises(ValueError, match="a pool needs 1 worker or more"):
        Pool(setting(CODE), size)
