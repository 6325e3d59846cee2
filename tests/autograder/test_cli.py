"""What `autograder` says when it is asked for help, and when it is asked wrongly."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autograder.cli import main


def test_help_shows_the_six_steps_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    steps = ("init", "release", "collect", "grade", "feedback", "export")
    places = [text.index(f"autograder {step} ") for step in steps]
    assert places == sorted(places)


def test_help_needs_no_nbgrader() -> None:
    code = "import sys\nfrom autograder.cli import main\n"
    code += "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
    code += "print('nbgrader' in sys.modules or 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.parametrize(
    "command",
    ["init", "students", "release", "collect", "grade", "feedback", "export", "sample-class", "doctor"],
)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    ends = " ".join(capsys.readouterr().out.split())
    assert (
        "1 stopped by an error, which is named; 2 wrong usage, or a name that does not exist; 3 done" in ends
    )
    assert "nothing done" not in ends


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["mark"], "invalid choice: 'mark'"),
        (["grade"], "the following arguments are required: ASSIGNMENT"),
        (["grade", "u2", "--timeout", "0"], "a whole number of seconds, 1 or more, is needed; not '0'"),
        (["grade", "u2", "--timeout", "soon"], "a whole number of seconds, 1 or more, is needed; not 'soon'"),
        (["grade", "u2", "--jobs", "0"], "a whole number, 1 or more, is needed; not '0'"),
        (["grade", "u2", "--isolation", "none"], "invalid choice: 'none'"),
    ],
)
def test_wrong_usage_ends_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert message in capsys.readouterr().err
