"""A worker: a process that grades one notebook after the other, in a jail of its own, for the coordinator.

It ends when the coordinator does, and every candidate ends with it.
"""

from __future__ import annotations

import contextlib
import resource
import signal
import socket
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.engine.grading import Grader
from autograder.engine.inside import confine, wire
from autograder.engine.inside.wire import Channel, Closed
from autograder.engine.jail import Isolation, Jail, strongest_jail
from autograder.engine.limits import Limits
from autograder.engine.source import load_source, provided_files
from autograder.errors import AutograderError

_MEMORY = 2 * 2**30  # bytes of address space


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


def _jail(setting: Setting) -> Jail:
    if setting.isolation == "process":
        return Jail("process", setting.limits, setting.hidden)
    return strongest_jail(setting.limits, setting.hidden)


def serve(channel: Channel) -> None:
    """Grade what comes over the channel, until its other end closes."""
    try:
        setting = Setting.from_json(channel.receive())
        sources = {path.stem: load_source(path) for path in setting.sources}
        for name, content in provided_files(setting.sources[0].parent).items():  # tests may read them
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content)
        with contextlib.closing(_jail(setting)) as jail:
            grader = Grader(sources, jail, setting.limits)
            channel.send({"ready": True})
            while True:
                job = channel.receive()
                try:
                    graded = grader.grade(
                        job["notebook"],
                        wire.decode(job["submitted"]),
                        {name: wire.decode(content) for name, content in job["files"].items()},
                        job["seed"],
                    )
                except AutograderError:
                    raise
                except Exception as error:  # of ours: another process may do better, once
                    channel.send({"trouble": repr(error)})
                    return
                channel.send({"graded": graded.to_json(), "last": grader.spent})
                if grader.spent:
                    return
    except AutograderError as error:  # of the jail or the source: every other worker will meet it too
        channel.send({"error": str(error)})
    except Closed:
        pass


def _bound_memory() -> None:
    """Let a test that a hostile answer sends into endless arrays fail, rather than the machine."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def main() -> None:
    """Start a worker; the number of its socket comes as an argument."""
    confine.die_with_parent()
    _bound_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the coordinator to handle
    connection, most = socket.socket(fileno=int(sys.argv[1])), wire.MAX_TRUSTED
    serve(Channel(connection, largest=most, largest_sent=most))


if __name__ == "__main__":
    main()
