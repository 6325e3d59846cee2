"""The check of the jail: what isolation there would be, and why it is not stronger."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.doctor.check import Check, Finding, fail, note, ok
from autograder.engine.jail import Jail, Level, strongest_jail
from autograder.engine.limits import Limits
from autograder.errors import AutograderError, shortened

_LAST_RESORT = (
    "Only for submissions that you trust: autograder grade … --isolation process --i-trust-these-submissions"
)
# A profile that lets this one program make user namespaces, and the processes in it too. The one that Ubuntu
# ships, bwrap-userns-restrict, takes that right from the processes inside.
_APPARMOR = (
    "printf 'abi <abi/4.0>,\\ninclude <tunables/global>\\nprofile bwrap {bwrap} flags=(unconfined) "
    "{{\\n  userns,\\n}}\\n' | sudo tee /etc/apparmor.d/bwrap",
    "sudo systemctl reload apparmor",
)
_CONTAINER = (
    "Docker: docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined …",
    "Podman: podman run --security-opt seccomp=unconfined --security-opt unmask=ALL …",
    "Kubernetes: hostUsers: false, and in the securityContext procMount: Unmasked and seccompProfile: "
    "{type: Unconfined}",
)


@dataclass(frozen=True)
class Ground:
    """What decides whether a jail can be made here.

    Attributes
    ----------
    bwrap
        Where bubblewrap is; None if it is not installed.
    version
        Of bubblewrap.
    root
        Whether we are root, who needs no user namespace for the outer jail.
    container
        What kind of container we are in; empty if none.
    settings
        The kernel's, by name, as far as this kernel has them.
    """

    bwrap: str | None
    version: str = ""
    root: bool = False
    container: str = ""
    settings: dict[str, int] | None = None

    def setting(self, name: str) -> int | None:
        """Give a setting of the kernel; None if it has none of that name."""
        return (self.settings or {}).get(name)


def jail_checks() -> list[Check]:
    """List the checks of the jail."""
    return [Check("jail", jail)]


def look_around(root: Path = Path("/")) -> Ground:
    """See what decides whether a jail can be made here; `root` is where /proc and /run are looked for."""
    bwrap = shutil.which("bwrap")
    settings = {}
    for name in (
        "user/max_user_namespaces",
        "kernel/unprivileged_userns_clone",
        "kernel/apparmor_restrict_unprivileged_userns",
    ):
        with contextlib.suppress(OSError, ValueError):
            settings[name.partition("/")[2]] = int((root / "proc/sys" / name).read_text())
    return Ground(bwrap, _version(bwrap), os.geteuid() == 0, _container(root), settings)


def _version(bwrap: str | None) -> str:
    if bwrap is None:
        return ""
    done = subprocess.run([bwrap, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _container(root: Path) -> str:
    if (root / ".dockerenv").exists():
        return "Docker"
    if (root / "run/.containerenv").exists():
        return "Podman"
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return "Kubernetes"
    with contextlib.suppress(OSError):
        return (root / "run/systemd/container").read_text().strip()
    return ""


def strongest() -> tuple[Level | None, str]:
    """Start the jail that grading would use; give its level, and why it is not stronger, as it is said."""
    try:
        with contextlib.closing(strongest_jail(Limits())) as best:
            level = best.level
    except AutograderError as error:
        return None, str(error)
    if level == "jail":
        return level, ""
    try:
        Jail("jail", Limits()).close()
    except AutograderError as error:
        return level, str(error)
    return level, "a candidate could not make its own namespaces"


def jail(
    tried: Callable[[], tuple[Level | None, str]] = strongest, around: Callable[[], Ground] = look_around
) -> Finding:
    """Try the jail, and explain what keeps it from being the full one."""
    level, said = tried()
    ground = around()
    if level == "jail":
        return ok(f"the full one ({ground.version})")
    why, do = next(reasons(ground, said))
    if level is None:
        return fail(f"students' code can't be isolated, and grading refuses: {why}", *do, _LAST_RESORT)
    return note(
        f"each candidate gets a jail of its own ({level}), which is much slower than the full one: {why}", *do
    )


def reasons(ground: Ground, said: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give what may keep a jail from being made, with what to do about it; the likeliest comes first.

    Parameters
    ----------
    ground
        What there is.
    said
        What the jail said when it did not start.
    """
    if ground.bwrap is None:
        yield (
            "bubblewrap is not installed",
            ("sudo apt install bubblewrap         (Fedora: sudo dnf install bubblewrap)",),
        )
    if ground.setting("max_user_namespaces") == 0:
        yield (
            "user namespaces are switched off (user.max_user_namespaces is 0)",
            (
                "echo user.max_user_namespaces=15000 | sudo tee /etc/sysctl.d/60-userns.conf",
                "sudo sysctl --system",
            ),
        )
    if ground.setting("unprivileged_userns_clone") == 0 and not ground.root:
        yield (
            "only root may make user namespaces (kernel.unprivileged_userns_clone is 0)",
            (
                "echo kernel.unprivileged_userns_clone=1 | sudo tee /etc/sysctl.d/60-userns.conf",
                "sudo sysctl --system",
            ),
        )
    if ground.setting("apparmor_restrict_unprivileged_userns") == 1 and not ground.root:
        yield (
            "AppArmor keeps programs from using user namespaces, as Ubuntu does since 24.04; bubblewrap "
            "needs a profile",
            tuple(line.format(bwrap=ground.bwrap) for line in _APPARMOR),
        )
    if ground.container:
        yield (
            f"this is a container ({ground.container}) that may not make namespaces or mount /proc "
            f"({_quoted(said)})",
            _CONTAINER,
        )
    yield (
        _quoted(said),
        (
            "Ask whoever runs this machine to allow user namespaces and, inside a container, to leave /proc "
            "unmasked.",
            "python -m autograder.engine.jail    (tries again, and says the level)",
        ),
    )


def _quoted(said: str) -> str:
    """Take what bubblewrap said out of the engine's message, which says what to do in other words."""
    own = re.search(r"did not start \((.*?)\)\. Install bubblewrap", said)
    return shortened(own[1] if own else said.partition(" Install bubblewrap")[0], 300)
