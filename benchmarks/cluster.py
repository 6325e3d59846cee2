"""What it costs to send notebooks to a Dask cluster: one worker, two, and a cluster of two, on one machine.

The cluster is there before the clock runs, as a cluster is; the command connects to it, and its workers start
their engines, while the clock runs.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]
from distributed import LocalCluster

from benchmarks.grading import Run, descendants, seconds_of

if TYPE_CHECKING:
    from benchmarks.grading import Classes

ROUNDS = 3


def compare_cluster(classes: Classes, size: int) -> None:
    """Print how long each takes for one class; the best of some rounds, taken in turns."""
    best: dict[str, Run] = {}

    def take(name: str, *options: str) -> None:
        course = classes.make("class", size)
        before = _spent()
        run = classes.grade(course, *options)
        shutil.rmtree(course)
        run.cpu += _spent() - before  # of the workers, which are not below the command
        if name not in best or run.seconds < best[name].seconds:
            best[name] = run

    for _ in range(ROUNDS):
        take("one worker", "--jobs", "1")
        take("two workers", "--jobs", "2")
        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
            take("Dask, two workers", "--scheduler", cluster.scheduler_address)
            take("Dask, again", "--scheduler", cluster.scheduler_address)

    slowest = best["one worker"].seconds
    print(f"\ngrading a class of {size}, best of {ROUNDS} rounds")
    print(f"{'':20}{'seconds':>10}{'per second':>12}{'ratio':>8}{'CPU ms each':>13}{'coordinator':>13}")
    for name, run in best.items():
        each, own = run.cpu / size * 1e3, run.parts["itself"] / size * 1e3
        print(
            f"{name:20}{run.seconds:10.2f}{size / run.seconds:12.2f}{slowest / run.seconds:8.2f}"
            f"{each:13.1f}{own:13.1f}"
        )
    print("'again': the workers have their engines from the run before, for the same assignment")


def _spent() -> float:
    """Give the processor time of this process and all below it, among them the cluster."""
    itself = psutil.Process()
    below = descendants(itself)
    # Of the children that ended only those of the workers count: ours are the commands, which are known.
    return sum(seconds_of(itself)[:2]) + sum(sum(seconds_of(process)) for process in below)
