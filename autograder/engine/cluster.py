"""Grades on a Dask cluster: what a pool of local workers does, done by as many machines as there are.

Only this process writes anything; workers get bytes and give bytes (`autograder.engine.parcel`). Dask sends
the batches of a worker that dies to others. A batch with which every worker died is tried again notebook by
notebook, at the end and alone on the cluster, so that the one to blame is found and no other is blamed.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import queue
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autograder.engine.parcel import pack_jobs, pack_setting, unpack_results
from autograder.engine.pool import Job
from autograder.engine.source import load_source
from autograder.engine.verdict import GradedNotebook, given_up_notebook
from autograder.engine.worker import Setting
from autograder.errors import AutograderError, shortened

if TYPE_CHECKING:
    from distributed import Client, Future

_BATCH = 4  # notebooks: as little as possible is lost with a worker, and Dask's own work is still small
_AHEAD = 2  # batches per thread of the cluster, so that none waits for the network
_CONNECT = 30.0  # seconds
_LOOK = 2.0  # seconds between looks at the cluster while nothing comes from it
_PATIENCE = 300.0  # seconds that the cluster may be without workers; a queue may have to grant them first
_KEEP_GOING = "What was graded is kept: give the same command again."


@dataclass(frozen=True)
class _Sent:
    """A batch on its way; `alone` when it is tried again because a worker died with it."""

    jobs: list[Job]
    alone: bool


class ClusterPool:
    """The workers of a Dask cluster; used as `autograder.engine.pool.Pool` is.

    Parameters
    ----------
    setting
        What they grade, and how.
    address
        Of Dask's scheduler, such as `tcp://10.0.0.1:8786` or, with Dask's own settings for TLS, `tls://…`.

    Raises
    ------
    AutograderError
        If the packages for it are not installed, or a source can't be read.
    """

    def __init__(self, setting: Setting, address: str) -> None:
        _require_distributed()
        from autograder.engine.cluster_task import identity

        self._max_points = {path.stem: load_source(path).max_points for path in setting.sources}
        self._identity = identity()
        self._setting = pack_setting(setting, self._identity)
        self._address = address
        self._client: Client | None = None
        self._threads = 0
        self._looked = self._last_seen = time.monotonic()

    def __enter__(self) -> ClusterPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster; Dask drops what it has not done of our jobs."""
        if self._client is not None:
            with contextlib.suppress(OSError, TimeoutError):
                self._client.close(timeout=_LOOK)
            self._client = None

    def warm_up(self) -> None:
        """Have the workers start their engines, in the background.

        Raises
        ------
        AutograderError
            If there is no scheduler, or a worker has another installation.
        """
        from autograder.engine.cluster_task import warm_up

        # Without waiting, and whatever comes of it: the first batch meets a trouble again, and reports it.
        self._connected().run(warm_up, self._setting, wait=False, on_error="ignore")

    def grade(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, GradedNotebook]]:
        """Grade all jobs; give each with its result as soon as it is there.

        Raises
        ------
        AutograderError
            If there is no scheduler, or no worker for minutes; or if one can't work: it has no jail, or
            another installation.
        """
        waiting = iter(jobs)
        suspects: list[Job] = []
        running: dict[Future[bytes], _Sent] = {}
        finished: queue.SimpleQueue[Future[bytes]] = queue.SimpleQueue()

        def send(sent: _Sent) -> None:
            future = self._submit(sent.jobs)
            running[future] = sent
            future.add_done_callback(finished.put)

        while True:
            while len(running) < max(1, _AHEAD * self._threads_now()) and (
                batch := list(itertools.islice(waiting, _BATCH))
            ):
                send(_Sent(batch, alone=False))
            if not running and suspects:
                send(_Sent([suspects.pop()], alone=True))
            if not running:
                return
            try:
                future = finished.get(timeout=_LOOK)
            except queue.Empty:  # time to look at the cluster
                continue
            sent = running[future]
            try:
                results = self._results(future)
            except TimeoutError:  # its worker died with the result; it comes again from another
                future.add_done_callback(finished.put)
                continue
            del running[future]
            if results is not None:
                yield from zip(sent.jobs, results, strict=True)
            elif sent.alone:
                yield from ((job, self._given_up(job)) for job in sent.jobs)
            else:
                suspects += sent.jobs

    def _submit(self, jobs: list[Job]) -> Future[bytes]:
        from autograder.engine.cluster_task import grade_batch

        return self._connected().submit(grade_batch, self._setting, pack_jobs(jobs), pure=False)

    def _results(self, future: Future[bytes]) -> list[GradedNotebook] | None:
        """Read what came of a batch; None if every worker that tried it has died."""
        from distributed import KilledWorker

        try:
            results = unpack_results(future.result(timeout=_LOOK))
        except KilledWorker:
            return None
        except TimeoutError:
            raise
        except Exception as error:  # of the cluster: the connection, or an installation that lacks something
            raise AutograderError(
                f"the cluster at {self._address} can't grade: {type(error).__name__}: {shortened(error)}. "
                f"{_KEEP_GOING}"
            ) from error
        if isinstance(results, str):
            raise AutograderError(f"{results} {_KEEP_GOING}")
        return results

    def _given_up(self, job: Job) -> GradedNotebook:
        reason = "Workers of the cluster died whenever they graded this notebook, also alone."
        return given_up_notebook(job.notebook, self._max_points[job.notebook], reason)

    def _threads_now(self) -> int:
        """Ask how many threads the cluster has, now and then; it may grow and shrink.

        Raises
        ------
        AutograderError
            If there has been no worker for a long time.
        """
        client = self._connected()
        now = time.monotonic()
        if now - self._looked >= _LOOK or not self._threads:
            self._looked = now
            self._threads = self._ask(client)
            if self._threads:
                self._last_seen = now
            elif now - self._last_seen > _PATIENCE:
                raise AutograderError(
                    f"the scheduler at {self._address} has had no worker for {_PATIENCE / 60:.0f} minutes. "
                    f"Start some with `dask worker {self._address}`. {_KEEP_GOING}"
                )
        return self._threads

    def _ask(self, client: Client) -> int:
        try:
            return sum(client.nthreads().values())
        except Exception as error:  # Dask raises many kinds when a connection ends
            raise AutograderError(
                f"the scheduler at {self._address} is gone ({shortened(error)}). {_KEEP_GOING}"
            ) from error

    def _connected(self) -> Client:
        if self._client is None:
            self._client = _connect(self._address)
            self._last_seen = time.monotonic()
            self._require_same()
        return self._client

    def _require_same(self) -> None:
        """Compare the workers that are there with this process; those that come later compare themselves."""
        from autograder.engine.cluster_task import difference, identity

        assert self._client is not None
        answers: dict[str, Any] = self._client.run(identity, on_error="return")
        for worker, theirs in answers.items():
            if isinstance(theirs, Exception):
                raise AutograderError(
                    f"worker {worker} does not have this project: {shortened(theirs)}. Install the same "
                    "version everywhere, with the extra `scale`."
                )
            if differs := difference(self._identity, theirs):
                raise AutograderError(
                    f"worker {worker} has another installation: {differs}. Verdicts depend on it: use the "
                    "same image or environment everywhere."
                )


def _require_distributed() -> None:
    try:
        import distributed  # noqa: F401  (it takes a second, so only who asks for a cluster pays)
    except ImportError as error:
        raise AutograderError(
            "--scheduler needs the package `distributed`: install the project with its extra `scale` "
            "(`pip install -e '.[scale]'` in its folder)"
        ) from error


def _connect(address: str) -> Client:
    import dask
    from distributed import Client

    # A lost worker is no news for who grades; and batches are sent as they are, however large.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
    try:
        return Client(address, timeout=_CONNECT, set_as_default=False, name="autograder")
    except (OSError, TimeoutError, ValueError) as error:
        raise AutograderError(
            f"no Dask scheduler answers at {address} ({shortened(error)}). Start one with `dask scheduler`; "
            "it prints its address."
        ) from error
