"""`autograder doctor` as it is used: what it prints, in which colours, and how it ends."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course import Course
from autograder.doctor.check import Check, Finding, fail, findings, note, ok
from autograder.doctor.packages import formgrader, nbgrader, packages
from autograder.doctor.report import Found, lines

Snapshot = Callable[[Path], dict[str, bytes]]


def test_this_machine_and_a_course_in_order_end_with_0(
    released: Course, capsys: pytest.CaptureFixture[str], snapshot: Snapshot
) -> None:
    before = snapshot(released.root)
    status = main(["doctor", "--course", str(released.root)])
    said = capsys.readouterr().out
    assert status == 0, said
    assert "\n  ok    jail              the full one (bubblewrap " in said
    assert "\n  ok    releases          tiny: the sources are those that were released\n" in said
    assert said.splitlines()[-1].startswith("Nothing is red; ")
    assert "\033" not in said  # no colours where it is not a terminal
    assert snapshot(released.root) == before


def test_something_red_ends_with_3_and_json_has_it_all(
    released: Course, capsys: pytest.CaptureFixture[str]
) -> None:
    released.root.chmod(0o755)
    assert main(["doctor", "--course", str(released.root), "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert [one for one in told if one["level"] == "FAIL"] == [
        {
            "topic": "the course",
            "check": "who may read it",
            "level": "FAIL",
            "text": "it is open to everybody (its mode is 755): solutions, hidden tests and marks",
            "do": [f"chmod o-rwx {released.root}"],
        }
    ]
    assert {one["topic"] for one in told} == {
        "this machine", "what is installed", "the course", "marks and records"
    }  # fmt: skip


def test_lines_are_aligned_and_what_to_do_stands_below() -> None:
    found = [
        Found("this machine", "Python", ok("3.12")),
        Found("this machine", "processors", note("few", "more --jobs")),
        Found("the course", "secret", fail("open", "chmod 600 secret", "c.Lists = [\n    1,\n]")),
    ]
    assert list(lines(found, colour=False)) == [
        "This machine",
        "  ok    Python            3.12",
        "  note  processors        few",
        "                          → more --jobs",
        "\nThe course",
        "  FAIL  secret            open",
        "                          → chmod 600 secret",
        "                          → c.Lists = [\n"
        "                                1,\n"
        "                            ]",
        "\n1 red line: put these right first; 1 note, 1 ok.",
    ]


def on_a_terminal(**environment: str) -> str:
    """What the command prints on a terminal."""
    ours, theirs = pty.openpty()
    variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM")}
    command = [sys.executable, "-m", "autograder", "doctor"]
    with subprocess.Popen(command, stdout=theirs, env=variables | {"TERM": "xterm"} | environment) as doctor:
        os.close(theirs)
        said = b""
        while part := _read(ours):
            said += part
        assert doctor.wait() == 0
    os.close(ours)
    return said.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 10_000)
    except OSError:  # how a terminal says that the other end is closed
        return b""


def test_a_terminal_gets_colours_unless_it_is_asked_for_none() -> None:
    coloured = on_a_terminal()
    assert "  \033[32mok  \033[0m  Python " in coloured
    plain = on_a_terminal(NO_COLOR="1")
    assert "  ok    Python " in plain
    assert "\033" not in plain
    words = re.findall(r"(?m)^  (?:\033\[[\d;]+m)?(ok|note|FAIL)", coloured)
    assert words == re.findall(r"(?m)^  (ok|note|FAIL)", plain)  # never colour alone


# --- checks that break


def test_a_check_that_breaks_is_a_red_line(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> Iterator[Finding]:
        yield ok("so far")
        raise KeyError("surprise")

    found = list(findings(Check("broken", broken)))
    assert [one.level for one in found] == ["ok", "FAIL"]
    assert found[1].text == "the check itself broke: KeyError: 'surprise'"
    assert "please report" in found[1].do[0]


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    def missing() -> Finding:
        return ok((tmp_path / "gone").read_text())

    (found,) = findings(Check("file", missing))
    assert found.level == "FAIL"
    assert found.text == f"can't be looked at: {tmp_path / 'gone'}: No such file or directory"


def test_without_nbgrader_the_other_checks_go_on(released: Course) -> None:
    code = "import sys; sys.modules['nbgrader'] = None\n"
    code += "from autograder.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "doctor", "--course", str(released.root)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (3, "")
    assert "  ok    jail " in done.stdout
    assert "  FAIL  nbgrader          can't be loaded: " in done.stdout
    assert "  FAIL  packages          nothing of this can be checked: " in done.stdout
    assert done.stdout.count("→ python -m pip install -r requirements.txt") == 3


# --- packages and JupyterLab


def test_packages_are_compared_with_their_pins(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        "# read\nnumpy==2.4.6\nfonttools[woff]==4.68.0\nPyYAML==6.0.3\n"
    )
    (tmp_path / "constraints.txt").write_text(
        "numpy==2.4.6\nidna==3.20\nappnope==1.0.0 ; sys_platform == 'darwin'\nattrs==26.1.0\n"
    )
    there = {"numpy": "2.4.6", "fonttools": "4.68.0", "pyyaml": "6.0.3", "idna": "3.20"}
    assert list(packages(tmp_path, there)) == [ok("3 packages as pinned")]
    missing, wrong, further = packages(tmp_path, {"numpy": "1.26.4", "fonttools": "4.68.0", "idna": "2.0"})
    assert missing.text == "1 package not installed: pyyaml"
    assert wrong.text == "1 package in another version: numpy 1.26.4 (pinned: 2.4.6)"
    assert (missing.level, wrong.level, further.level) == ("FAIL", "FAIL", "note")
    assert "idna 2.0 (pinned: 3.20)" in further.text
    assert wrong.do[0].startswith("python -m pip install -r requirements.txt -c constraints.txt")


def test_an_nbgrader_whose_helper_is_missing_is_red(tmp_path: Path) -> None:
    found = nbgrader(tmp_path)
    assert (found.level, "`alembic`" in found.text) == ("FAIL", True)


def test_a_formgrader_that_jupyterlab_does_not_show_is_red(tmp_path: Path) -> None:
    from jupyter_core.paths import jupyter_config_path, jupyter_path

    settings, extensions = jupyter_config_path(), jupyter_path("labextensions")
    assert formgrader().level == "ok"
    found = formgrader(([str(tmp_path)], extensions))
    assert found.level == "FAIL"
    assert found.do[0] == (
        "jupyter server extension enable --sys-prefix nbgrader.server_extensions.formgrader"
    )
    found = formgrader((settings, [str(tmp_path)]))
    assert (found.level, "does not find @jupyter/nbgrader" in found.text) == ("FAIL", True)
