"""The pool of workers: grades many notebooks on all cores, replaces a worker that dies, and loses nothing."""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.engine.inside import wire
from autograder.engine.inside.wire import Channel, Closed
from autograder.engine.source import load_source
from autograder.engine.verdict import GradedNotebook, Verdict
from autograder.engine.worker import Setting
from autograder.errors import AutograderError, shortened

_ATTEMPTS = 2
_SLACK = 60.0  # seconds beyond its own limits after which a worker counts as stuck


@dataclass(frozen=True)
class Job:
    """One notebook to grade: the bytes handed in, the files beside it, the seed of its hidden inputs."""

    student: str
    notebook: str
    submitted: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)
    seed: str = ""


class WorkerDied(Exception):
    """A worker ended before it answered."""


class _Worker:
    """A worker process, started when it is first needed."""

    def __init__(self, setting: Setting, folder: Path) -> None:
        self._setting = setting
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (what a process says; closed with the worker)
        self._lock = threading.Lock()
        self._closed = False

    def start(self) -> None:
        """Start the process.

        Raises
        ------
        AutograderError
            If it can't work: it does not start, also when tried again, or says itself why not.
        """
        for _ in range(_ATTEMPTS):
            try:
                return self._start()
            except WorkerDied:
                if self._closed:
                    raise
        self._errors.seek(0)
        said = self._errors.read(100_000).decode(errors="replace").strip().splitlines()
        raise AutograderError(
            f"the grading process can't be started ({shortened(said[-1]) if said else 'it said nothing'})"
        )

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with self._lock:
            if self._closed:
                raise WorkerDied
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "autograder.engine.worker", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                cwd=self._folder,
                env=os.environ | {"TMPDIR": str(self._folder)},
            )
        theirs.close()
        self._connection = ours
        ours.settimeout(_SLACK)
        self._channel = Channel(ours, largest=wire.MAX_TRUSTED, largest_sent=wire.MAX_TRUSTED)
        self._exchange(self._setting.to_json())

    def grade(self, job: Job) -> GradedNotebook:
        if self._process is None or self._process.poll() is not None:
            self.start()
        reply = self._exchange(
            {
                "notebook": job.notebook,
                "submitted": wire.encode(job.submitted),
                "files": {name: wire.encode(content) for name, content in job.files.items()},
                "seed": job.seed,
            }
        )
        if "trouble" in reply:
            self.stop()
            raise WorkerDied(reply["trouble"])
        if reply["last"]:
            self.stop()
        return GradedNotebook.from_json(reply["graded"])

    def _exchange(self, message: Mapping[str, Any]) -> dict[str, Any]:
        deadline = time.monotonic() + self._setting.limits.notebook_seconds + _SLACK
        try:
            self._channel.send(message, deadline)
            reply: dict[str, Any] = self._channel.receive(deadline)
        except (Closed, OSError, wire.NotData) as error:
            self.stop()
            raise WorkerDied from error
        if "error" in reply:
            self.stop()
            raise AutograderError(reply["error"])
        return reply

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._connection.close()
            self._process = None

    def close(self) -> None:
        """Stop it for good, also from another thread than the one that uses it."""
        with self._lock:
            self._closed = True
            process = self._process
        if process is not None:
            process.kill()
            process.wait()
        self._errors.close()


class Pool:
    """Workers that grade in parallel; used in a `with` block.

    Parameters
    ----------
    setting
        What they grade, and how.
    size
        How many workers.
    """

    def __init__(self, setting: Setting, size: int) -> None:
        if size < 1:
            raise ValueError(f"a pool needs 1 worker or more, not {size}")
        self._max_points = {path.stem: load_source(path).max_points for path in setting.sources}
        # Workers are killed when they are done, so what they leave behind is removed here.
        self._folder = tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True)
        self._workers = [_Worker(setting, self._new_folder(number)) for number in range(size)]
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="worker")

    def _new_folder(self, number: int) -> Path:
        folder = Path(self._folder.name, str(number))
        folder.mkdir()
        return folder

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers, whatever they are doing."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.close()
        self._threads.shutdown()
        self._folder.cleanup()

    def warm_up(self) -> None:
        """Start the workers now, in the background, so that they are ready when the first job comes."""
        for _ in self._workers:
            self._threads.submit(self._start_one)

    def _start_one(self) -> None:
        worker = self._idle.get()
        try:
            worker.start()
        except (WorkerDied, AutograderError):
            pass  # the first job meets it again, and reports it
        finally:
            self._idle.put(worker)

    def grade(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, GradedNotebook]]:
        """Grade all jobs; give each with its result as soon as it is there.

        No more jobs are taken than the workers are about to need, so that memory stays flat.

        Raises
        ------
        AutograderError
            If no worker can work at all: no jail, or no readable source.
        """
        waiting = iter(jobs)
        running: dict[Future[GradedNotebook], Job] = {}
        ahead = 2 * len(self._workers)
        while True:
            while len(running) < ahead and (job := next(waiting, None)) is not None:
                running[self._threads.submit(self._grade, job)] = job
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield running.pop(future), future.result()

    def _grade(self, job: Job) -> GradedNotebook:
        worker = self._idle.get()
        try:
            trouble = ""
            for _ in range(_ATTEMPTS):
                try:
                    return worker.grade(job)
                except WorkerDied as error:
                    trouble = str(error)
            return self._given_up(job, trouble)
        finally:
            self._idle.put(worker)

    def _given_up(self, job: Job, trouble: str) -> GradedNotebook:
        reason = f"The grading process ended while it graded this notebook, {_ATTEMPTS} times"
        reason += f" ({shortened(trouble)})." if trouble else "."
        verdicts = tuple(
            Verdict(grade_id, "crashed", 0.0, most, reason)
            for grade_id, most in self._max_points[job.notebook].items()
        )
        return GradedNotebook(job.notebook, verdicts, remarks=(reason,))
