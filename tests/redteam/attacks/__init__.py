"""The catalogue of attacks, by kind."""

from __future__ import annotations

from tests.redteam.attack import Attack
from tests.redteam.attacks import (
    beside,
    channel,
    database,
    exceptions,
    files,
    folders,
    ipython,
    metadata,
    network,
    objects,
    outputs,
    patching,
    processes,
    resources,
    timing,
)

GROUPS: dict[str, tuple[Attack, ...]] = {
    "What the notebook file says": metadata.ATTACKS,
    "The notebook's shell": ipython.ATTACKS,
    "Changing Python": patching.ATTACKS,
    "Answers that lie": objects.ATTACKS,
    "Errors": exceptions.ATTACKS,
    "Time and order": timing.ATTACKS,
    "Files that are handed in": beside.ATTACKS,
    "Files of others": files.ATTACKS,
    "Gradebook and records": database.ATTACKS,
    "Processes and the kernel": processes.ATTACKS,
    "Resources": resources.ATTACKS,
    "Network": network.ATTACKS,
    "The channel between tests and answers": channel.ATTACKS,
    "Outputs": outputs.ATTACKS,
    "Names of students": folders.ATTACKS,
}
CATALOGUE: dict[str, Attack] = {attack.id: attack for group in GROUPS.values() for attack in group}
