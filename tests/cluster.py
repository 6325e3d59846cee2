"""A Dask cluster of the tests' own: a scheduler and workers as separate processes, all gone afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from distributed import Client


class Cluster:
    """A running scheduler; `add_worker()` starts a worker that has one thread.

    Parameters
    ----------
    folder
        An empty folder for what they write.
    environment
        Variables that the scheduler and the workers get besides our own.
    host
        The address at which the scheduler listens.
    inside
        A command that runs another one, such as `ip netns exec NAME`; the scheduler is started by it.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
        inside: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self._environment = os.environ | (environment or {})
        self.workers: list[subprocess.Popen[bytes]] = []
        place = folder / "scheduler.json"
        self.scheduler = self._start(
            "scheduler", ["--host", host, "--port", "0", "--no-show", "--scheduler-file", str(place)], inside
        )
        deadline = time.monotonic() + 60
        while not place.exists() or not place.read_text():
            assert self.scheduler.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)
        self.address: str = json.loads(place.read_text())["address"]

    def add_worker(
        self,
        *,
        restarts: bool = False,
        environment: Mapping[str, str] | None = None,
        inside: Sequence[str] = (),
        host: str = "127.0.0.1",
    ) -> subprocess.Popen[bytes]:
        """Start a worker; one that `restarts` has a nanny, which starts it anew when it dies."""
        number = len(self.workers)
        options = ["--nthreads", "1", "--host", host, "--nanny" if restarts else "--no-nanny"]
        options += ["--local-directory", str(self.folder / f"worker-{number}")]
        self.workers.append(self._start("worker", [self.address, *options], inside, environment))
        return self.workers[-1]

    def wait_for_workers(self, number: int) -> None:
        """Wait until the scheduler knows some number of workers."""
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(number, timeout=60)

    def _start(
        self,
        kind: str,
        options: Sequence[str],
        inside: Sequence[str],
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        program = [sys.executable, "-m", f"distributed.cli.dask_{kind}", "--no-dashboard", *options]
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(
                [
                    "setpriv",
                    "--pdeathsig",
                    "TERM",
                    *inside,
                    *program,
                ],  # it ends with the tests, whatever ends them
                env=self._environment | dict(environment or {}),
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def log(self) -> str:
        """Read what all of them have said."""
        return (self.folder / "log").read_text()

    def close(self) -> None:
        """End all of them; the scheduler last, because workers take leave of it."""
        for processes in (self.workers, [self.scheduler]):
            for process in processes:
                process.terminate()
            for process in processes:
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
