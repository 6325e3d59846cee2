"""Checks of what is installed: the pinned packages, nbgrader's programs, and what JupyterLab shows."""

from __future__ import annotations

import importlib
import shutil
import sysconfig
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.doctor.check import INSTALL, Check, Finding, fail, note, ok
from autograder.verdict_cache import installed_packages
from autograder.wording import counted

_PROJECT = "loss-functions-course"
_SHOWN = 5
_SERVER = ("nbgrader.server_extensions.formgrader", "nbgrader.server_extensions.validate_assignment")
_LAB = "@jupyter/nbgrader"


def package_checks() -> list[Check]:
    """List the checks of what is installed."""
    return [
        Check("packages", packages),
        Check("nbgrader", nbgrader),
        Check("formgrader", formgrader),
    ]


def packages(folder: Path | None = None, installed: dict[str, str] | None = None) -> Iterator[Finding]:
    """Compare what is installed with the pins: verdicts depend on all packages.

    Parameters
    ----------
    folder
        Where requirements.txt and constraints.txt are; without them the pins that the project was installed
        with are taken.
    installed
        Versions by name; None looks.
    """
    folder = folder or Path(__file__).parents[2]
    if installed is None:
        lines = (line.split() for line in installed_packages())
        installed = {canonicalize_name(name): version for name, version in lines}
    direct = _pins(_lines(folder / "requirements.txt") or metadata.requires(_PROJECT) or ())
    others = {
        name: pin for name, pin in _pins(_lines(folder / "constraints.txt")).items() if name not in direct
    }
    missing = sorted(name for name in direct if name not in installed)
    wrong = [*_other_versions(direct, installed)]
    if missing:
        yield fail(f"{counted(len(missing), 'package')} not installed: {_some(missing)}", INSTALL)
    if wrong:
        yield fail(f"{counted(len(wrong), 'package')} in another version: {_some(wrong)}", INSTALL)
    if further := [*_other_versions(others, installed)]:
        yield note(
            f"{counted(len(further), 'package')} that others need in another version than tested: "
            f"{_some(further)}",
            INSTALL,
        )
    elif not missing and not wrong:
        yield ok(f"{counted(len(direct), 'package')} as pinned")


def _lines(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _pins(lines: Iterable[str]) -> dict[str, Requirement]:
    """Read pins by name, without those of other systems."""
    pins = [Requirement(line) for line in lines]
    return {
        canonicalize_name(pin.name): pin
        for pin in pins
        if pin.marker is None or pin.marker.evaluate({"extra": ""})
    }


def _other_versions(pins: dict[str, Requirement], installed: dict[str, str]) -> Iterator[str]:
    for name, pin in sorted(pins.items()):
        if name in installed and not pin.specifier.contains(installed[name], prereleases=True):
            yield f"{name} {installed[name]} (pinned: {str(pin.specifier).removeprefix('==')})"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def nbgrader(scripts: Path | None = None) -> Finding:
    """Load nbgrader, and look for the program that it starts to set up a gradebook."""
    try:
        version = importlib.import_module("nbgrader").__version__
        importlib.import_module("nbgrader.apps.api")
    except ImportError as error:
        return fail(f"can't be loaded: {error}", INSTALL)
    folder = scripts or Path(sysconfig.get_path("scripts"))
    if shutil.which("alembic", path=str(folder)) is None:
        return fail(
            f"{version}, but `alembic`, with which it sets gradebooks up, is not in {folder}",
            "python -m pip install --force-reinstall -c constraints.txt alembic",
        )
    return ok(str(version))


def formgrader(paths: tuple[list[str], list[str]] | None = None) -> Finding:
    """Look whether JupyterLab has nbgrader's pages: formgrader to mark by hand, and Validate for students.

    Parameters
    ----------
    paths
        Where Jupyter's settings and JupyterLab's extensions are; None asks Jupyter.
    """
    from jupyter_core.paths import jupyter_config_path, jupyter_path
    from jupyter_server.extension.config import ExtensionConfigManager
    from jupyterlab_server.config import get_federated_extensions, get_page_config

    settings, extensions = paths or (jupyter_config_path(), jupyter_path("labextensions"))
    manager: Any = ExtensionConfigManager(read_config_path=settings)  # its methods have no types
    served = manager.get_jpserver_extensions()
    if off := [name for name in _SERVER if not served.get(name)]:
        return fail(
            f"JupyterLab's server does not load {' and '.join(off)}",
            *[f"jupyter server extension enable --sys-prefix {name}" for name in off],
        )
    if _LAB not in get_federated_extensions(extensions):
        return fail(
            f"JupyterLab does not find {_LAB}, which comes with nbgrader",
            "python -m pip install --force-reinstall -c constraints.txt nbgrader",
        )
    disabled = get_page_config(extensions).get("disabledExtensions", {})
    if any(str(name).split(":")[0] == _LAB for name in disabled):
        return fail(f"{_LAB} is switched off in JupyterLab", f"jupyter labextension enable {_LAB}")
    return ok("in JupyterLab, for marks by hand")
