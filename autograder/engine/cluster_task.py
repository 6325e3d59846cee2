"""What runs on the workers of a Dask cluster: a pure function from a setting and jobs to results.

Each worker process keeps an engine (jail, zygote, examiners) for the settings it was given last, so that only
the first batch waits for one to start.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from distributed import get_worker

from autograder.engine.cores import Cores
from autograder.engine.parcel import (
    pack_error,
    pack_results,
    packed_identity,
    unpack_jobs,
    unpack_setting,
)
from autograder.engine.pool import Pool
from autograder.errors import AutograderError
from autograder.verdict_cache import code_digest, installed_packages

_KEPT = 2  # engines of one process: two assignments may be graded at the same time


class _Engine:
    """A pool in this process for one setting; `users` counts the batches that are in it."""

    def __init__(self, setting: bytes, threads: int) -> None:
        self.users = 0
        self._folder = tempfile.TemporaryDirectory(prefix="setting-", ignore_cleanup_errors=True)
        self._cores = Cores(threads)
        try:
            unpacked = unpack_setting(setting, Path(self._folder.name))
            self.pool = Pool(unpacked, threads, self._cores.numbers)
        except BaseException:
            self._cores.close()
            self._folder.cleanup()
            raise

    def close(self) -> None:
        self.pool.close()
        self._cores.close()
        self._folder.cleanup()


class _Engines:
    """The engines of this process, the one that was used last at the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engines: dict[str, _Engine] = {}

    @contextlib.contextmanager
    def use(self, setting: bytes, threads: int) -> Iterator[Pool]:
        """Give the pool for a setting, and keep it at least while the block runs."""
        name = hashlib.sha256(setting).hexdigest()
        with self._lock:
            engine = self._engines.pop(name, None)
            if engine is None:
                _require_same(packed_identity(setting))
                self._make_room()
                engine = _Engine(setting, threads)
            self._engines[name] = engine
            engine.users += 1
        try:
            yield engine.pool
        finally:
            with self._lock:
                engine.users -= 1

    def _make_room(self) -> None:
        for name in [name for name, engine in self._engines.items() if not engine.users]:
            if len(self._engines) >= _KEPT:
                self._engines.pop(name).close()


_engines = _Engines()


def grade_batch(setting: bytes, jobs: bytes) -> bytes:
    """Grade a batch of jobs; all three are parcels of `autograder.engine.parcel`.

    What keeps this worker from grading anything, such as the lack of a jail, is a result, not an exception,
    which would come back pickled.
    """
    batch = unpack_jobs(jobs)
    worker = get_worker()
    try:
        with _engines.use(setting, worker.state.nthreads) as pool:
            graded = {int(job.student): result for job, result in pool.grade(batch)}
    except (AutograderError, OSError) as error:
        return pack_error(f"worker {worker.address}: {error}")
    return pack_results([graded[number] for number in range(len(batch))])


async def warm_up(setting: bytes, dask_worker: Any) -> None:
    """Have an engine start in the background, on the worker in whose process this runs.

    It does not wait for anything; Dask lets nobody go on at once unless it is asynchronous.
    """
    with (
        contextlib.suppress(AutograderError, OSError),  # the first batch meets it again, and reports it
        _engines.use(setting, dask_worker.state.nthreads) as pool,
    ):
        pool.warm_up()


@functools.cache
def identity() -> dict[str, Any]:
    """Tell which code and packages grading has here; verdicts depend on all of them."""
    return {"code": code_digest(), "Python": sys.version, "packages": installed_packages()}


def difference(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Say how a worker's identity differs from the coordinator's; empty if it does not.

    Examples
    --------
    >>> difference({"code": "1", "Python": "3.12", "packages": ["numpy 2", "pytest 9"]},
    ...            {"code": "1", "Python": "3.12", "packages": ["numpy 1", "pytest 9"]})
    'numpy 2 here, numpy 1 there'
    """
    if ours["Python"] != theirs["Python"]:
        return f"Python {ours['Python'].split()[0]} here, {theirs['Python'].split()[0]} there"
    here, there = ({line.split()[0]: line for line in each["packages"]} for each in (ours, theirs))
    for name in sorted(here | there):
        if here.get(name) != there.get(name):
            return f"{here.get(name, f'no {name}')} here, {there.get(name, f'no {name}')} there"
    return "" if ours["code"] == theirs["code"] else "the code of this project is another version"


def _require_same(ours: dict[str, Any]) -> None:
    if differs := difference(ours, identity()):
        raise AutograderError(f"it has another installation than the coordinator: {differs}")
