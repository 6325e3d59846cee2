"""Worker processes that know nothing of each other use different processors."""

from __future__ import annotations

import pytest

from autograder.engine.cores import Cores


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with four processors, of which this process may use three."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {7001, 7002, 7003})


def test_two_processes_take_different_ones() -> None:
    first, second = Cores(1), Cores(2)
    assert sorted(first.numbers + second.numbers) == [0, 1, 2]
    first.close()
    second.close()


def test_one_that_was_let_go_can_be_taken_again() -> None:
    first, rest = Cores(1), Cores(2)
    first.close()
    again = Cores(1)
    assert again.numbers == first.numbers
    again.close()
    rest.close()


def test_where_none_is_free_they_are_shared_evenly() -> None:
    everything, more = Cores(3), Cores(6)
    assert sorted(more.numbers) == [0, 0, 1, 1, 2, 2]
    everything.close()
    more.close()


def test_more_workers_than_processors_use_all_of_them_first() -> None:
    cores = Cores(4)
    assert set(cores.numbers) == {0, 1, 2}
    assert len(cores.numbers) == 4
    cores.close()
