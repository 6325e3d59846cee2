"""The notebooks in autograded/: outputs, what each test says, and which files are there."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.utils import parse_utc  # type: ignore[import-untyped]

from autograder.autograded import notebook_json, verdict_outputs, with_outputs, write_autograded
from autograder.engine.verdict import GradedNotebook, Outcome, Verdict
from autograder.notebooks import new_cell, new_notebook, notebook_text


def notebook(source: str = "x = 1\ny = 'é'\n") -> dict[str, Any]:
    def about(grade_id: str) -> dict[str, Any]:
        return {"nbgrader": {"grade_id": grade_id, "schema_version": 3}}

    cells = [
        new_cell("markdown", "# Title\n\nText", "title", {}),
        new_cell("code", source, "code", about("code")),
        new_cell("code", "assert x == 1", "test", about("test")),
    ]
    built: dict[str, Any] = json.loads(
        notebook_text(new_notebook(cells, {"language_info": {"name": "python"}}))
    )
    for one in built["cells"]:
        one["source"] = "".join(one["source"])
    return built


def graded(outcome: Outcome = "passed", message: str = "", **outputs: list[dict[str, Any]]) -> GradedNotebook:
    points = {"passed": 2.0, "partial": 0.5}.get(outcome, 0.0)
    return GradedNotebook("p1", (Verdict("test", outcome, points, 2.0, message),), outputs)


PRINTED = {"output_type": "stream", "name": "stdout", "text": "1\n2\n"}
SHOWN = {
    "output_type": "execute_result",
    "data": {"text/html": "<b>x</b>\n<i>y</i>", "text/plain": "x\ny", "image/jpeg": "/9j/"},
    "metadata": {},
    "execution_count": 7,
}
FAILED = {"output_type": "error", "ename": "NameError", "evalue": "x", "traceback": ["NameError: x"]}


def test_the_text_is_a_notebook_with_a_line_for_each_cell() -> None:
    shown = with_outputs(notebook(), graded("failed", "no", code=[PRINTED, SHOWN, FAILED]))
    text = notebook_json(shown)
    node = nbformat.from_dict(shown)  # type: ignore[no-untyped-call]
    nbformat.validate(node)
    assert len(text.splitlines()) == len(node.cells) + 3
    assert nbformat.reads(text, as_version=4) == node  # type: ignore[no-untyped-call]


def test_cells_are_numbered_and_the_rebuilt_notebook_is_not_changed() -> None:
    rebuilt = notebook()
    before = json.dumps(rebuilt)
    cells = with_outputs(rebuilt, graded(code=[SHOWN]))["cells"]
    assert [cell.get("execution_count") for cell in cells] == [None, 1, 2]
    assert cells[1]["outputs"][0]["execution_count"] == 1
    assert cells[2]["outputs"] == []
    assert json.dumps(rebuilt) == before


def test_outputs_are_cleaned_once_more_before_they_are_written() -> None:
    script = {"output_type": "display_data", "data": {"application/javascript": "a()"}, "metadata": {}}
    cells = with_outputs(notebook(), graded(code=[script]))["cells"]
    assert [output["output_type"] for output in cells[1]["outputs"]] == ["stream"]


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("failed", "\x1b[0;31mFailed\x1b[0m: x should be 1"),
        ("timeout", "\x1b[0;31mOut of time\x1b[0m: x should be 1"),
        ("crashed", "\x1b[0;31mCrashed\x1b[0m: x should be 1"),
        ("not attempted", "\x1b[0;31mNot attempted\x1b[0m: x should be 1"),
        ("refused", "\x1b[0;31mRefused\x1b[0m: x should be 1"),
    ],
)
def test_a_test_that_failed_shows_why(outcome: Outcome, said: str) -> None:
    cells = with_outputs(notebook(), graded(outcome, "x\0 should be 1", test=[PRINTED]))["cells"]
    printed, error = cells[2]["outputs"]
    assert printed["text"] == "1\n2\n"
    assert (error["output_type"], error["traceback"]) == ("error", [said])


def test_an_error_that_is_shown_already_is_not_said_twice() -> None:
    assert with_outputs(notebook(), graded("failed", "no", test=[FAILED]))["cells"][2]["outputs"] == [FAILED]


def test_a_test_that_gave_part_of_its_points_says_how_many() -> None:
    (verdict,) = graded("partial", "two of four").verdicts
    assert verdict_outputs(verdict, []) == [
        {"output_type": "stream", "name": "stdout", "text": "0.5 of 2 points: two of four\n"}
    ]


WHEN = datetime(2030, 5, 1, 11, 0, 0, 250)


def test_a_new_grading_replaces_the_files_of_an_earlier_one(tmp_path: Path) -> None:
    folder = tmp_path / "ada" / "a1"
    (folder / "old").mkdir(parents=True)
    (folder / "old" / "data.csv").write_text("1")
    (folder / "p2.ipynb").write_text("{}")
    (folder / ".p1.ipynb-x7").write_text("half of a noteb")
    (folder / "link").symlink_to(tmp_path)
    write_autograded(folder, {"p1": notebook(), "p3": notebook()}, {"p1": graded()}, WHEN)
    assert sorted(path.name for path in folder.iterdir()) == ["p1.ipynb", "timestamp.txt"]
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o444}
    assert parse_utc((folder / "timestamp.txt").read_text().strip()) == WHEN
    assert tmp_path.is_dir()


def test_only_what_changed_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replaced: list[str] = []
    replace = os.replace

    def noted(draft: str, path: Path) -> None:
        replaced.append(path.name)
        replace(draft, path)

    monkeypatch.setattr("autograder.autograded.os.replace", noted)
    both = {"p1": notebook(), "p2": notebook()}
    write_autograded(tmp_path / "a1", both, {"p1": graded(), "p2": graded()}, WHEN)
    assert replaced == ["p1.ipynb", "p2.ipynb", "timestamp.txt"]
    write_autograded(tmp_path / "a1", both, {"p1": graded(), "p2": graded("failed")}, WHEN)
    assert replaced[3:] == ["p2.ipynb"]


def test_a_file_that_can_not_be_put_in_place_leaves_the_earlier_one_and_no_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_autograded(tmp_path / "a1", {"p1": notebook()}, {"p1": graded()}, None)
    before = (tmp_path / "a1" / "p1.ipynb").read_bytes()

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograder.autograded.os.replace", refuse)
    with pytest.raises(OSError, match="No space left"):
        write_autograded(tmp_path / "a1", {"p1": notebook()}, {"p1": graded("failed")}, None)
    assert [path.read_bytes() for path in (tmp_path / "a1").iterdir()] == [before]
