"""The pool of workers: grades many notebooks on all cores, replaces a worker that dies, and loses nothing."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.engine.inside import wire
from autograder.engine.inside.wire import Channel, Closed
from autograder.engine.jail import ONE_THREAD
from autograder.engine.source import load_source
from autograder.engine.verdict import GradedNotebook, given_up_notebook
from autograder.engine.worker import Setting
from autograder.errors import AutograderError, shortened

_ATTEMPTS = 2
_MISHAPS = 5  # attempts to start, and attempts that the end of a foreman may cost
_MOMENT = 0.2  # seconds
_LAST_WORDS = 10_000  # bytes
_TEAM = 4  # workers of one foreman: as many as one zygote can keep supplied with candidates
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
    """A worker ended before it answered.

    Attributes
    ----------
    mishap
        Whether it was the machine's or our doing for certain, and no submission's.
    """

    def __init__(self, trouble: str = "", *, mishap: bool = False) -> None:
        super().__init__(trouble)
        self.mishap = mishap


class _Foreman:
    """A process that forks workers, started when the first one is needed."""

    def __init__(self, setting: Setting, folder: Path) -> None:
        self._setting = setting
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (what its processes say; closed with it)
        self._lock = threading.Lock()
        self.closed = False

    def worker(self, folder: Path, number: int) -> tuple[socket.socket, subprocess.Popen[bytes]]:
        """Have it fork a worker that may write to a folder; return the connection to it, and its parent."""
        ours, theirs = socket.socketpair()
        request = {"setting": self._setting.to_json(), "folder": str(folder), "number": number}
        with self._lock, theirs:
            if self.closed:
                raise WorkerDied
            if self._process is None or self._process.poll() is not None:
                self._process = self._start()
            assert self._control is not None
            try:
                socket.send_fds(self._control, [json.dumps(request).encode()], [theirs.fileno()])
            except OSError as error:  # it is at its end
                self._process.kill()
                self._process.wait()
                raise WorkerDied from error
            return ours, self._process

    def _start(self) -> subprocess.Popen[bytes]:
        if self._control is not None:
            self._control.close()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "autograder.engine.foreman", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                cwd=self._folder,
                env=os.environ | ONE_THREAD | {"TMPDIR": str(self._folder)},
            )

    def last_words(self) -> str:
        """Give the last line that it, or a worker, has printed."""
        # Not read as a file is: the offset is shared with who writes.
        size = os.fstat(self._errors.fileno()).st_size
        said = os.pread(self._errors.fileno(), _LAST_WORDS, max(0, size - _LAST_WORDS))
        lines = said.decode(errors="replace").strip().splitlines()
        return shortened(lines[-1]) if lines else "it said nothing"

    def close(self) -> None:
        """End it and its workers for good, also from another thread than those that use it."""
        with self._lock:
            self.closed = True
            if self._process is not None:
                self._process.kill()
                self._process.wait()
            if self._control is not None:
                self._control.close()
        self._errors.close()


class _Worker:
    """A worker process, started when it is first needed."""

    def __init__(self, foreman: _Foreman, folder: Path, number: int, patience: float) -> None:
        self._foreman = foreman
        self._folder = folder
        self._number = number
        self._patience = patience
        self._process: int | None = None  # its pidfd, while it runs
        self._connection: socket.socket | None = None
        self._parent: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process.

        Raises
        ------
        AutograderError
            If it can't work: it does not start, also when tried again, or says itself why not.
        """
        for attempt in range(_MISHAPS):
            try:
                return self._start()
            except WorkerDied:
                if self._foreman.closed:
                    raise
                time.sleep(_MOMENT * attempt**2)  # the machine may be short of something for a moment
        raise AutograderError(f"the grading process can't be started ({self._foreman.last_words()})")

    def _start(self) -> None:
        try:
            self._connection, self._parent = self._foreman.worker(self._folder, self._number)
        except OSError as error:
            raise WorkerDied(repr(error), mishap=True) from error
        self._channel = Channel(self._connection, largest=wire.MAX_TRUSTED, largest_sent=wire.MAX_TRUSTED)
        ready = self._answer()
        try:
            self._process = os.pidfd_open(ready["process"])
        except OSError as error:  # it is gone, or no descriptor is left
            self.stop()
            raise WorkerDied(repr(error), mishap=True) from error

    @property
    def is_orphan(self) -> bool:
        """Whether the process that it was forked from has ended, and it with that."""
        try:
            return self._parent is not None and self._parent.wait(_MOMENT) is not None
        except subprocess.TimeoutExpired:
            return False

    @property
    def _alive(self) -> bool:
        """Whether it runs: unasked it says nothing, so that only its end can be heard."""
        return self._process is not None and not select.select([self._process], [], [], 0)[0]

    def grade(self, job: Job) -> GradedNotebook:
        """Have it grade a notebook.

        Raises
        ------
        WorkerDied
            If it ends before it answers.
        """
        if not self._alive:
            self.stop()
            self.start()
        message = {
            "notebook": job.notebook,
            "submitted": wire.encode(job.submitted),
            "files": {name: wire.encode(content) for name, content in job.files.items()},
            "seed": job.seed,
        }
        reply = self._answer(message)
        if reply["last"]:
            self.stop()
        return GradedNotebook.from_json(reply["graded"])

    def _answer(self, message: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Wait for what it says, to a message if there is one."""
        deadline = time.monotonic() + self._patience
        try:
            if message is not None:
                self._channel.send(message, deadline)
            reply: dict[str, Any] = self._channel.receive(deadline)
        except (Closed, OSError, wire.NotData) as error:
            self.stop()
            raise WorkerDied from error
        if "error" in reply or "trouble" in reply:
            self.stop()
        if "error" in reply:
            raise AutograderError(reply["error"])
        if "trouble" in reply:
            raise WorkerDied(reply["trouble"], mishap=reply.get("mishap", False))
        return reply

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, signal.SIGKILL)
            os.close(self._process)
            self._process = None
        if self._connection is not None:
            self._connection.close()


class Pool:
    """Workers that grade in parallel; used in a `with` block.

    Parameters
    ----------
    setting
        What they grade, and how.
    size
        How many workers.
    numbers
        A number for each worker, which decides on which processor its candidates run; None counts from 0.
    """

    def __init__(self, setting: Setting, size: int, numbers: Sequence[int] | None = None) -> None:
        if size < 1:
            raise ValueError(f"a pool needs 1 worker or more, not {size}")
        self._max_points = {path.stem: load_source(path).max_points for path in setting.sources}
        # Workers are killed when they are done, so what they leave behind is removed here.
        self._folder = tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True)
        self._foremen = [
            _Foreman(setting, self._new_folder(f"foreman-{number}")) for number in range(0, size, _TEAM)
        ]
        patience = 2 * setting.limits.notebook_seconds + _SLACK  # a candidate that died is given another try
        self._workers = [
            _Worker(self._foremen[place // _TEAM], self._new_folder(f"worker-{place}"), number, patience)
            for place, number in enumerate(range(size) if numbers is None else numbers)
        ]
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="worker")

    def _new_folder(self, name: str) -> Path:
        folder = Path(self._folder.name, name)
        folder.mkdir()
        return folder

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers, whatever they are doing."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for foreman in self._foremen:
            foreman.close()
        self._threads.shutdown()
        for worker in self._workers:
            worker.stop()
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
            attempts = mishaps = 0
            while attempts < _ATTEMPTS and mishaps < _MISHAPS:
                try:
                    return worker.grade(job)
                except WorkerDied as error:
                    trouble = str(error)
                    # The end of a foreman is the end of all its workers, whatever they were doing.
                    ours = error.mishap or worker.is_orphan
                    attempts, mishaps = attempts + (not ours), mishaps + ours
            return self._given_up(job, trouble, attempts + mishaps)
        finally:
            self._idle.put(worker)

    def _given_up(self, job: Job, trouble: str, times: int) -> GradedNotebook:
        reason = f"The grading process ended while it graded this notebook, {times} times"
        reason += f" ({shortened(trouble)})." if trouble else "."
        return given_up_notebook(job.notebook, self._max_points[job.notebook], reason)
