"""What becomes of a student's notebook before it is run: examples, attacks and a thousand spoilt files."""

from __future__ import annotations

import copy

import pytest
from nbgrader.preprocessors import ClearSolutions, ComputeChecksums  # type: ignore[import-untyped]

from autograder.assignment import load_assignment
from autograder.convert import source_notebooks
from autograder.engine.quarantine import Refused, rebuild
from autograder.engine.source import source_notebook
from autograder.notebooks import new_cell, new_notebook, notebook_text
from tests.autograder.engine.fuzz import fuzzed
from tests.autograder.engine.handed_in import (
    SMALL,
    Content,
    at,
    delete,
    handed_in,
    insert,
    marked,
    released,
    require_valid,
    small,
    texts,
    write,
)

SOURCES = {"small": SMALL, **source_notebooks(load_assignment("u2-regression"))}


# --- honest work


def test_an_untouched_notebook_gets_its_hidden_tests_back_and_no_solution() -> None:
    practice = SOURCES["practice"]
    source = source_notebook("practice", practice)
    rebuilt = rebuild(source, handed_in(practice))
    require_valid(rebuilt, source)
    assert rebuilt.remarks == ()
    assert [cell.id for cell in rebuilt.cells if cell.grade_id] == [
        cell.id for cell in source.cells if cell.grade_id
    ]
    stubs = {cell.id: cell.source for cell in released(practice).cells}
    for cell in source.cells:
        if cell.grade_id is not None:
            expected = stubs[cell.id] if cell.kind == "solution" else cell.source
            assert texts(rebuilt)[cell.id] == expected


def test_answers_are_the_students_and_everything_locked_is_the_sources() -> None:
    rebuilt = small(
        write("double", "def double(x): ..."),
        write("sketch", "my_sketch = 1"),
        write("essay", "My essay"),
        write("setup", "import os"),
        write("double-test", ""),
        write("statement", "Write nothing."),
        write("task", "No task."),
    )
    assert [(cell.id, cell.kind, cell.source) for cell in rebuilt.cells] == [
        ("submitted-1", "text", "# Welcome"),
        ("setup", "locked", "import math"),
        ("submitted-3", "student", "scratch = 1"),
        ("double", "student", "def double(x): ..."),
        ("double-test", "test", SMALL.cells[4].source),
        ("sketch", "student", "my_sketch = 1"),
        ("essay", "text", "My essay"),
        ("statement", "text", "Write an essay."),
        ("task", "text", "Do as you like."),
    ]
    assert rebuilt.remarks == ()
    require_valid(rebuilt, source_notebook("small", SMALL))


def test_a_task_that_is_not_locked_is_the_students() -> None:
    notebook = new_notebook([marked("markdown", "free", "Choose a task.", task=True, points=1)], {})
    rebuilt = rebuild(source_notebook("free", notebook), handed_in(notebook, write("free", "I choose this.")))
    assert texts(rebuilt) == {"free": "I choose this."}


def test_own_cells_stay_behind_the_cell_that_they_follow() -> None:
    rebuilt = small(
        insert(0, "first = 1"),
        insert(5, "helper = 1", metadata={"tags": ["raises-exception"], "nbgrader": {"grade_id": "mine"}}),
        insert(6, "A note", cell_type="markdown"),
        insert(12, "last = 1", id="double"),
    )
    assert list(texts(rebuilt)) == [
        "submitted-1", "submitted-2", "setup", "submitted-4", "double", "submitted-6", "submitted-7",
        "double-test", "sketch", "essay", "statement", "task", "submitted-13",
    ]  # fmt: skip
    assert texts(rebuilt)["submitted-6"] == "helper = 1"
    assert texts(rebuilt)["submitted-13"] == "last = 1"
    assert {cell["id"]: cell["metadata"] for cell in rebuilt.notebook["cells"]}["submitted-6"] == {}
    assert rebuilt.remarks == ()


def test_plain_cells_of_the_source_belong_to_the_student() -> None:
    rebuilt = small(delete("scratch"), write("welcome", "# My notebook"))
    assert "scratch = 1" not in texts(rebuilt).values()
    assert texts(rebuilt)["submitted-1"] == "# My notebook"
    assert rebuilt.remarks == ()


def test_nbgraders_ids_without_a_flag_lock_nothing() -> None:
    notebook = new_notebook(
        [marked("code", "cell-0a1b", "free = 1"), marked("markdown", "cell-2c3d", "Hi")], {}
    )
    rebuilt = rebuild(source_notebook("plain", notebook), handed_in(notebook, write("cell-0a1b", "free = 2")))
    assert [(cell.kind, cell.source) for cell in rebuilt.cells] == [("student", "free = 2"), ("text", "Hi")]
    assert rebuild(source_notebook("plain", notebook), handed_in(notebook, delete("cell-0a1b"))).remarks == ()


def test_checksums_are_those_by_which_nbgrader_tells_an_untouched_answer() -> None:
    for notebook in SOURCES.values():
        expected = copy.deepcopy(notebook)
        for step in (ClearSolutions, ComputeChecksums):  # then nbgrader saves them to its gradebook
            expected, _ = step().preprocess(expected, {})
        rebuilt = rebuild(source_notebook("any", notebook), handed_in(notebook))
        found = {cell["id"]: cell["metadata"].get("nbgrader", {}) for cell in rebuilt.notebook["cells"]}
        checked = 0
        for cell in expected.cells:
            if "checksum" in cell.metadata.get("nbgrader", {}):
                assert found[cell.id] == cell.metadata.nbgrader, cell.id
                checked += 1
        assert checked > 0


def test_what_is_done_to_a_rebuilt_notebook_changes_no_other() -> None:
    source = source_notebook("small", SMALL)
    one, other = rebuild(source, handed_in(SMALL)), rebuild(source, handed_in(SMALL))
    before = copy.deepcopy((source, other))
    one.notebook["metadata"]["kernelspec"]["name"] = "changed"
    for row in one.notebook["cells"]:
        row["metadata"].setdefault("nbgrader", {})["points"] = 99
        row.setdefault("outputs", []).append("changed")
    assert (source, other) == before


# --- repairs


def test_deleted_cells_are_put_back_and_deleted_answers_are_empty() -> None:
    rebuilt = small(delete("setup", "double", "double-test", "sketch", "essay"))
    assert texts(rebuilt) == {
        "submitted-1": "# Welcome",
        "setup": "import math",
        "double": "# This cell was deleted.",
        "double-test": SMALL.cells[4].source,
        "sketch": "# This cell was deleted.",
        "essay": "*This cell was deleted.*",
        "statement": "Write an essay.",
        "task": "Do as you like.",
    } | {"submitted-2": "scratch = 1"}
    assert rebuilt.remarks == (
        "cells for answers were deleted and count as empty: 'double', 'sketch', 'essay'",
        "locked cells were deleted and put back: 'setup', 'double-test'",
    )
    require_valid(rebuilt, source_notebook("small", SMALL))


def test_of_several_copies_of_an_answer_the_last_counts_and_the_others_still_run() -> None:
    def copied(content: Content) -> None:
        content["cells"].insert(1, at(content, "double") | {"source": "helper = 1", "id": "other"})
        content["cells"].append(at(content, "double") | {"source": "double = helper"})
        content["cells"].append(at(content, "double-test") | {"source": "print('mine')"})

    rebuilt = small(copied)
    assert [cell.source for cell in rebuilt.cells[:6]] == [
        "# Welcome", "helper = 1", "import math", "scratch = 1",
        "# YOUR CODE HERE\nraise NotImplementedError()", "double = helper",
    ]  # fmt: skip
    assert "print('mine')" not in texts(rebuilt).values()
    assert rebuilt.remarks == (
        "cell 2 is an earlier copy of 'double'; the last copy counts as the answer",
        "cell 5 is an earlier copy of 'double'; the last copy counts as the answer",
        "cell 12 is a copy of the locked cell 'double-test' and was left out",
    )
    require_valid(rebuilt, source_notebook("small", SMALL))


def test_a_copied_test_without_its_metadata_is_a_cell_like_any_other() -> None:
    rebuilt = small(insert(9, "assert double"))
    assert [cell.kind for cell in rebuilt.cells if cell.source == "assert double"] == ["student"]


def test_moved_cells_are_moved_back_and_take_along_what_follows_them() -> None:
    def move(content: Content) -> None:
        content["cells"].sort(key=lambda moved: moved.get("id") == "setup")  # to the end

    rebuilt = small(insert(4, "mine = double"), move, insert(10, "last = math"))
    assert [cell.source for cell in rebuilt.cells[:6]] == [
        "# Welcome", "scratch = 1", "import math", "last = math",
        "# YOUR CODE HERE\nraise NotImplementedError()", "mine = double",
    ]  # fmt: skip
    assert rebuilt.remarks == ()


@pytest.mark.parametrize("turned", ["markdown", "raw", "alien", None, 3])
def test_an_answer_of_another_type_is_turned_back(turned: object) -> None:
    rebuilt = small(lambda content: at(content, "double").update(cell_type=turned, source="two = 2"))
    assert texts(rebuilt)["double"] == "two = 2"
    assert next(row for row in rebuilt.notebook["cells"] if row["id"] == "double")["cell_type"] == "code"
    assert len(rebuilt.remarks) == 1
    assert rebuilt.remarks[0].startswith("'double' was turned from code into ")
    require_valid(rebuilt, source_notebook("small", SMALL))


def test_a_notebook_without_metadata_is_read_by_its_cell_ids() -> None:
    def strip(content: Content) -> None:
        for stripped in content["cells"]:
            stripped["metadata"] = {}

    rebuilt = small(write("double", "two = 2"), write("setup", "locked = 0"), strip)
    assert texts(rebuilt)["double"] == "two = 2"
    assert texts(rebuilt)["setup"] == "import math"
    assert rebuilt.remarks == ("its nbgrader metadata are lost; its cells were told by their cell ids",)


def test_ids_tell_nothing_while_there_are_grade_ids() -> None:
    rebuilt = small(insert(9, "mine = 1", id="essay"))
    assert texts(rebuilt)["essay"] == "YOUR ANSWER HERE"


def test_the_notebook_of_another_assignment_is_said_to_be_one_and_its_cells_are_not_listed() -> None:
    about = {"solution": True, "grade": False, "locked": False, "schema_version": 3}
    theirs = new_cell("code", "y = 1", "theirs", {"nbgrader": {**about, "grade_id": "theirs"}})
    setup = {"solution": False, "grade": False, "locked": True, "schema_version": 3, "grade_id": "setup"}
    shared = new_cell("code", "import math", "setup", {"nbgrader": setup})
    for cells, said in (
        (
            [shared, theirs],
            "this looks like the notebook of another assignment: none of the cells for answers",
        ),
        ([theirs], "none of its cells is a cell of this assignment's notebook"),
    ):
        other = notebook_text(new_notebook(cells, {})).encode()
        (remark,) = rebuild(source_notebook("small", SMALL), other).remarks
        assert remark.startswith(said)


def test_another_notebook_is_said_to_be_one() -> None:
    other = notebook_text(new_notebook([new_cell("code", "x = 1", "x", {})], {})).encode()
    rebuilt = rebuild(source_notebook("small", SMALL), other)
    assert rebuilt.cells[0].source == "x = 1"
    assert rebuilt.remarks[0] == (
        "none of its cells is a cell of this assignment's notebook; is it the right file?"
    )
    require_valid(rebuilt, source_notebook("small", SMALL))


@pytest.mark.parametrize(
    "flags",
    [
        {"schema_version": 99},
        {"schema_version": "new", "grade": "yes"},
        {"grade": False, "locked": False, "solution": True},
        {"points": 500, "checksum": "0" * 32, "extra": 1},
    ],
)
def test_flags_and_tags_of_a_student_count_nothing(flags: Content) -> None:
    def change(content: Content) -> None:
        test = at(content, "double-test")
        test["metadata"]["nbgrader"].update(flags)
        test["metadata"]["tags"] = ["skip-execution"]
        test["source"] = "pass"
        content["metadata"] = {"kernelspec": {"name": "evil", "display_name": "Evil"}}

    assert small(change) == small()


def test_an_id_of_the_source_is_never_an_own_cells() -> None:
    notebook = new_notebook([marked("code", "submitted-1", "x = 1", locked=True)], {})
    rebuilt = rebuild(source_notebook("any", notebook), handed_in(notebook, insert(0, "mine = 1")))
    assert list(texts(rebuilt)) == ["submitted-1-", "submitted-1"]


# --- nothing gets out


def secrets(name: str) -> set[str]:
    """List the lines that nbgrader takes out of the students' version, but for the markers."""
    public = {line.strip() for cell in released(SOURCES[name]).cells for line in cell.source.splitlines()}
    every = {line.strip() for cell in SOURCES[name].cells for line in cell.source.splitlines()}
    return {line for line in every - public if not line.startswith("### ")}


@pytest.mark.parametrize("name", SOURCES)
def test_only_test_cells_hold_what_students_must_not_see(name: str) -> None:
    source = source_notebook(name, SOURCES[name])
    hidden = secrets(name)
    assert len(hidden) >= 3
    blank = handed_in(SOURCES[name])
    empty = b'{"cells": [], "nbformat": 4}'
    for submitted in (blank, empty, *(fuzzed(seed, blank) for seed in range(1, 50))):
        try:
            rebuilt = rebuild(source, submitted)
        except Refused:
            continue
        shown = [cell.source for cell in rebuilt.cells if cell.kind != "test"]
        assert not hidden & {line.strip() for text in shown for line in text.splitlines()}


def test_a_locked_cell_gives_no_region_to_the_candidate() -> None:
    text = "a = 1\n### BEGIN SOLUTION\nb = 2\n### END SOLUTION\n# BEGIN HIDDEN TESTS\nc = 3"
    notebook = new_notebook([marked("code", "setup", text, locked=True)], {})
    rebuilt = rebuild(source_notebook("any", notebook), b'{"cells": [], "nbformat": 4}')
    assert texts(rebuilt) == {"setup": "a = 1"}


# --- a thousand spoilt notebooks


@pytest.mark.parametrize("hundred", range(10))
def test_a_spoilt_notebook_is_repaired_or_refused_with_a_reason(hundred: int) -> None:
    source = source_notebook("practice", SOURCES["practice"])
    whole = handed_in(SOURCES["practice"])
    reasons = []
    for seed in range(100 * hundred, 100 * hundred + 100):
        spoilt = fuzzed(seed, whole)
        assert spoilt == fuzzed(seed, whole)
        try:
            rebuilt = rebuild(source, spoilt)
        except Refused as error:
            reasons.append(error.reason)
        else:
            require_valid(rebuilt, source)
    assert all(reason.isprintable() and 20 < len(reason) < 250 for reason in reasons)
    assert 2 <= len(reasons) <= 60
