"""Who grades: workers of this machine, or those of a cluster. To whom gives them work, both are the same."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias, Union

from autograder.engine.pool import Pool
from autograder.engine.worker import Setting

if TYPE_CHECKING:
    from autograder.engine.cluster import ClusterPool

Workers: TypeAlias = Union[Pool, "ClusterPool"]


def workers(setting: Setting, students: int, jobs: int | None, scheduler: str | None) -> Workers:
    """Give the workers for a class.

    Parameters
    ----------
    setting
        What they grade, and how.
    students
        How many there are; no more workers are started here.
    jobs
        How many workers to start here; None takes one per core.
    scheduler
        The address of a Dask cluster's scheduler, whose workers are used instead.
    """
    if scheduler is None:
        return Pool(setting, min(jobs or len(os.sched_getaffinity(0)), max(1, students)))
    from autograder.engine.cluster import ClusterPool

    return ClusterPool(setting, scheduler)
