"""A worker: a process that grades one notebook after the other for the coordinator."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.engine.grading import Grader
from autograder.engine.inside import wire
from autograder.engine.inside.wire import Channel, Closed
from autograder.engine.jail import Isolation, JailEnded
from autograder.engine.limits import Limits
from autograder.errors import AutograderError


@dataclass(frozen=True)
class Setting:
    """What a worker grades, and how.

    Attributes
    ----------
    sources
        The source notebooks' files.
    hidden
        Folders that candidates must not see.
    isolation
        Which isolation is asked for.
    limits
        What a notebook may use.
    """

    sources: tuple[Path, ...]
    hidden: tuple[Path, ...]
    isolation: Isolation
    limits: Limits

    def to_json(self) -> dict[str, Any]:
        """Write it as JSON data."""
        return {
            "sources": [str(path) for path in self.sources],
            "hidden": [str(path) for path in self.hidden],
            "isolation": self.isolation,
            "limits": asdict(self.limits),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Setting:
        """Read what `to_json` wrote."""
        return cls(
            sources=tuple(map(Path, data["sources"])),
            hidden=tuple(map(Path, data["hidden"])),
            isolation=data["isolation"],
            limits=Limits(**data["limits"]),
        )


def serve(channel: Channel, grader: Grader) -> None:
    """Grade what comes over the channel, until its other end closes or another process should go on."""
    try:
        channel.send({"ready": True, "process": os.getpid()})
        while not grader.spent:
            job = channel.receive()
            try:
                graded = grader.grade(
                    job["notebook"],
                    wire.decode(job["submitted"]),
                    {name: wire.decode(content) for name, content in job["files"].items()},
                    job["seed"],
                )
            except AutograderError as error:  # of the jail: every other worker will meet it too
                channel.send({"error": str(error)})
                return
            except JailEnded as error:  # with the next one, another process may do better
                channel.send({"trouble": f"the jail: {error}", "mishap": True})
                return
            except Exception as error:  # of ours: another process may do better, once
                channel.send({"trouble": repr(error)})
                return
            channel.send({"graded": graded.to_json(), "last": grader.spent})
    except Closed:
        pass
