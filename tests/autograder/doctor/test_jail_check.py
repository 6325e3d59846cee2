"""The jail: what keeps it from being the full one, and the commands that put that right."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.doctor.jail import Ground, jail, look_around, reasons, strongest

THERE = Ground("/usr/bin/bwrap", "bubblewrap 0.9.0", settings={"max_user_namespaces": 15000})


def test_the_full_jail_is_ok() -> None:
    found = jail()
    assert found.level == "ok"
    assert found.text.startswith("the full one (bubblewrap ")


def test_without_bubblewrap_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = jail()
    assert found.level == "FAIL"
    assert found.text.endswith("grading refuses: bubblewrap is not installed")
    assert found.do[0].startswith("sudo apt install bubblewrap")
    assert "--isolation process --i-trust-these-submissions" in found.do[-1]


def test_what_bubblewrap_says_is_quoted_where_nothing_else_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    level, said = strongest()
    assert level is None
    (why, _), *others = reasons(THERE, said)
    assert why == "bwrap: No permissions to create new namespace"
    assert others == []


@pytest.mark.parametrize(
    ("setting", "value", "why", "do"),
    [
        (
            "max_user_namespaces",
            0,
            "user namespaces are switched off",
            "echo user.max_user_namespaces=15000 | sudo tee /etc/sysctl.d/60-userns.conf",
        ),
        (
            "unprivileged_userns_clone",
            0,
            "only root may make user namespaces",
            "echo kernel.unprivileged_userns_clone=1 | sudo tee /etc/sysctl.d/60-userns.conf",
        ),
        (
            "apparmor_restrict_unprivileged_userns",
            1,
            "AppArmor keeps programs from using user namespaces, as Ubuntu does since 24.04",
            "profile bwrap /usr/bin/bwrap flags=(unconfined)",
        ),
    ],
)
def test_a_setting_of_the_kernel_that_forbids_it_is_named(
    setting: str, value: int, why: str, do: str
) -> None:
    ground = replace(THERE, settings={setting: value})
    found = jail(lambda: (None, "bwrap: setting up uid map: Permission denied"), lambda: ground)
    assert found.level == "FAIL"
    assert why in found.text
    assert do in found.do[0]


def test_the_apparmor_profile_is_written_as_it_is_meant_to_be(tmp_path: Path) -> None:
    ground = replace(THERE, settings={"apparmor_restrict_unprivileged_userns": 1})
    _, (write, reload) = next(reasons(ground, ""))
    shell = write.replace("sudo tee /etc/apparmor.d/bwrap", "cat")
    written = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout
    assert written.splitlines() == [
        "abi <abi/4.0>,",
        "include <tunables/global>",
        "profile bwrap /usr/bin/bwrap flags=(unconfined) {",
        "  userns,",
        "}",
    ]
    assert reload == "sudo systemctl reload apparmor"


def test_root_is_not_told_about_what_only_binds_others() -> None:
    settings = {"unprivileged_userns_clone": 0, "apparmor_restrict_unprivileged_userns": 1}
    (why, _), *others = reasons(replace(THERE, root=True, settings=settings), "something else")
    assert (why, others) == ("something else", [])


def test_in_a_container_its_options_are_told(tmp_path: Path) -> None:
    (tmp_path / ".dockerenv").touch()
    ground = look_around(tmp_path)
    assert ground.container == "Docker"
    said = "the jail did not start (bwrap: Can't mount proc on /newroot/proc: Operation not permitted)."
    found = jail(lambda: (None, said), lambda: replace(ground, bwrap="/usr/bin/bwrap"))
    assert "this is a container (Docker)" in found.text
    assert any("systempaths=unconfined" in line for line in found.do)
    assert any("procMount: Unmasked" in line for line in found.do)


def test_the_weaker_jail_is_a_note_that_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.engine.jail._works", lambda jail: jail.level == "jail-each")
    found = jail(around=lambda: THERE)
    assert found.level == "note"
    assert "each candidate gets a jail of its own (jail-each), which is much slower" in found.text
    assert found.text.endswith("a candidate could not make its own namespaces")
