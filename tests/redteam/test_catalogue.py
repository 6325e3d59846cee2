"""The catalogue is whole: its code is Python, its names are known, and its checks can fail."""

from __future__ import annotations

import ast
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.engine.source import python_source
from tests.redteam.attack import Attack, Scene, aimed
from tests.redteam.attacks import CATALOGUE, GROUPS
from tests.redteam.invariants import INVARIANTS, Evidence, broken, digests
from tests.redteam.scene import scene


def test_ids_are_unique() -> None:
    assert len(CATALOGUE) == sum(map(len, GROUPS.values()))
    students = [attack.who for attack in CATALOGUE.values()]
    assert len(set(students)) == len(students)


@pytest.mark.parametrize("attack", CATALOGUE.values(), ids=list(CATALOGUE))
def test_an_attack_is_well_formed(attack: Attack) -> None:
    assert set(attack.holds) <= set(INVARIANTS)
    assert attack.tries.endswith(".")
    here = Path("/nowhere")
    targets = Scene(here, here, here, "secret", pid=1, port=1, unix=here, abstract="name")
    for code in (attack.code, *attack.cells):
        ast.parse(python_source(aimed(code, attack, targets)))


def test_the_checks_notice_what_an_attack_does(tmp_path: Path) -> None:
    attack = Attack("an-attack", "", "")
    course = tmp_path / "course"
    graded = course / "autograded" / "an-attack" / "redteam"
    for folder in (graded, course / "source", tmp_path / "places"):
        folder.mkdir(parents=True)
    (course / "nbgrader_config.py").touch()
    with scene(course, tmp_path / "outside") as (targets, doors, process):
        evidence = Evidence(
            targets,
            digests(targets),
            doors.heard,
            process,
            "",
            {"ada": 3.0},
            {"ada": 3.0},
            0,
            (tmp_path / "places",),
        )
        names = [name for name in INVARIANTS if name not in ("named", "mark-stands")]
        assert broken(evidence, attack, names) == {}

        (course / "source" / "new.txt").touch()
        (tmp_path / "places" / f"{attack.sign}.txt").touch()
        with socket.create_connection(("127.0.0.1", targets.port)) as line:
            line.sendall(attack.sign.encode())
        process.kill()
        process.wait()
        survivor = subprocess.Popen([sys.executable, "-c", "input()", attack.sign], stdin=subprocess.PIPE)
        shown = [targets.secret, "zinnober-hidden-test", "\x1b[2J", "x" * 2_000_000]
        text = {"outputs": [{"text": shown}]}
        (graded / "problem.ipynb").write_text(json.dumps({"cells": [text]}), encoding="utf-8")
        page = course / "feedback" / "an-attack" / "redteam" / "problem.html"
        page.parent.mkdir(parents=True)
        page.write_text("<p>fine</p><script>alert(1)</script>", encoding="utf-8")
        doors.close()
        after = Evidence(
            targets,
            evidence.before,
            doors.heard,
            process,
            "\x1b[2J",
            {"ada": None},
            {"ada": 3.0},
            2**40,
            evidence.places,
        )
        assert set(broken(after, attack, INVARIANTS)) == set(INVARIANTS)
        survivor.communicate(b"\n")
